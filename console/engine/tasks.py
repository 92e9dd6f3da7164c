"""Tasks with a name and an owner. ``asyncio.create_task`` is banned by lint everywhere else."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

log = logging.getLogger("chargehand.tasks")

Owner = set["asyncio.Task[Any]"]


def spawn(coro: Coroutine[Any, Any, Any], *, name: str, owner: Owner) -> asyncio.Task[Any]:
    """Run ``coro`` as a named task that ``owner`` holds until it ends; an escaped exception is logged, never lost."""
    task = asyncio.create_task(coro, name=name)  # noqa: TID251
    owner.add(task)
    task.add_done_callback(owner.discard)
    task.add_done_callback(_report)
    return task


def _report(task: asyncio.Task[Any]) -> None:
    if task.cancelled():
        return
    error = task.exception()
    if error is not None:
        log.error("task %s failed", task.get_name(), exc_info=error)


async def cancel_all(owner: Owner) -> None:
    """Cancel every task of ``owner`` and wait until they have ended."""
    tasks = list(owner)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def quietly(step: Callable[[], Awaitable[None]]) -> None:
    """Take a step on the way out; where it fails, that is logged, so that the next step can be taken."""
    try:
        await step()
    except Exception:
        log.exception("stopping: %s failed", getattr(step, "__qualname__", step))
