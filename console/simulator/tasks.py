"""Tasks with a name and an owner: the simulator never starts one that nobody would cancel."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

log = logging.getLogger("chargehand.simulator")

Owner = set["asyncio.Task[Any]"]


def spawn(coro: Coroutine[Any, Any, Any], *, name: str, owner: Owner) -> asyncio.Task[Any]:
    """Run ``coro`` as a task kept in ``owner`` until it ends; an exception is logged as one line."""
    task = asyncio.get_running_loop().create_task(coro, name=name)
    owner.add(task)
    task.add_done_callback(owner.discard)
    task.add_done_callback(_report)
    return task


async def cancel_all(owner: Owner) -> None:
    """Cancel every task of ``owner`` but the calling one, and wait until they are gone."""
    while tasks := [task for task in owner if task is not asyncio.current_task()]:
        for task in tasks:
            task.cancel()
        # a library may have swallowed the first request, so ask again
        await asyncio.wait(tasks, timeout=1)


def _report(task: asyncio.Task[Any]) -> None:
    if not task.cancelled() and (error := task.exception()):
        log.error("%s failed: %s: %s", task.get_name(), type(error).__name__, error, exc_info=log.isEnabledFor(10))
