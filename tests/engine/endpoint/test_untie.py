"""A connection that has ended leaves nothing to the garbage collector."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Awaitable, Callable
from typing import Any

from console.engine.engine import Engine


async def test_the_transport_of_a_link_that_ended_is_free_at_once(
    engine: Engine, dial: Callable[..., Awaitable[Any]], until: Callable[..., Awaitable[Any]]
) -> None:
    station = await dial(engine, "CP-001")
    await station.boot()
    link = engine.links.get("CP-001")
    assert link is not None
    transport = weakref.ref(link.socket.transport)
    assert transport() is not None
    del link
    gc.disable()
    try:
        await station.close()
        await until(lambda: transport() is None)
    finally:
        gc.enable()
