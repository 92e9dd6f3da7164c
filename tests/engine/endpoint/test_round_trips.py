"""When a round trip is measured: soon and often at first, then once a minute, however much the station says."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from console.engine.endpoint import deadlines
from console.engine.endpoint.deadlines import overdue
from console.engine.endpoint.socket import Socket
from console.engine.engine import Engine
from profiles import Listen

Dial = Callable[..., Awaitable[Any]]


async def pings(engine: Engine, dial: Dial, monkeypatch: pytest.MonkeyPatch, *, silent: bool, until: int) -> list[int]:
    """The seconds after its opening at which a station that answers every ping was pinged."""
    await dial(engine)
    link = engine.links.get("CP-001")
    assert link is not None
    socket, at = link.socket, [0]
    asked: list[int] = []

    def ping(one: Socket, _now: float) -> None:
        asked.append(at[0])
        one.rtt_ns = 1_000_000
        one.heard = one.opened + at[0]

    monkeypatch.setattr(Socket, "ping", ping)
    socket.rtt_ns = socket.asked = socket.pinged = None
    socket.heard = socket.opened
    listen = Listen(address="127.0.0.1:0", ping_interval=20, ping_timeout=20)
    for at[0] in range(1, until):
        if not silent:
            socket.heard = socket.opened + at[0]
        assert overdue(socket, listen, socket.opened + at[0]) is None
    return asked


async def test_a_station_that_talks_all_the_time_is_measured_at_doubling_pauses_and_then_every_minute(
    engine: Engine, dial: Dial, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await pings(engine, dial, monkeypatch, silent=False, until=260) == [1, 2, 4, 8, 16, 32, 64, 124, 184, 244]


async def test_a_silent_station_is_pinged_every_interval_as_well(
    engine: Engine, dial: Dial, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await pings(engine, dial, monkeypatch, silent=True, until=90) == [1, 2, 4, 8, 16, 32, 52, 72]


async def test_where_many_links_are_there_no_sweep_measures_them_all_again(
    make_engine: Callable[..., Awaitable[Engine]], dial: Dial, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadlines, "MEASURES", 2)
    monkeypatch.setattr(deadlines, "SWEEP_S", 0.2)
    engine = await make_engine()
    asked: list[float] = []
    monkeypatch.setattr(Socket, "ping", lambda _socket, now: asked.append(now))
    for number in range(6):
        await dial(engine, f"CP-{number}")
    links = list(engine.links)
    assert len(links) == 6
    async with asyncio.timeout(10):
        while len(asked) < 30:
            for link in links:
                link.socket.rtt_ns = 1
                link.socket.asked = link.socket.asked and link.socket.opened - 100.0
            await asyncio.sleep(0.05)
    swept = Counter(asked)
    assert len(swept) > 8
    assert all(count <= 2 for count in list(swept.values())[6:])
