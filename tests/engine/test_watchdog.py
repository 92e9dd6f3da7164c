"""A loop that stands still is noticed while it does, and the code that it stands in is named."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from console.engine import watchdog
from console.engine.watchdog import Watchdog

Until = Callable[..., Awaitable[Any]]


@pytest.fixture(name="dog")
async def _dog(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Watchdog]:
    monkeypatch.setattr(watchdog, "BEAT_S", 0.05)
    monkeypatch.setattr(watchdog, "STALL_S", 0.1)
    dog = Watchdog(lambda: 7)
    dog.start()
    yield dog
    dog.stop()


def a_culprit(seconds: float) -> None:
    time.sleep(seconds)


def a_busy_one(seconds: float) -> None:
    """One call that lets no other thread run."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        sum(range(3_000_000))


@pytest.mark.parametrize("culprit", [a_culprit, a_busy_one])
async def test_the_code_that_held_the_loop_is_named_with_its_callers(
    dog: Watchdog, until: Until, caplog: pytest.LogCaptureFixture, culprit: Callable[[float], None]
) -> None:
    said = ""
    for _ in range(50):  # on a busy machine the thread may have no processor either
        dog.stalls.clear()
        asyncio.get_running_loop().call_soon(culprit, 0.4)
        await until(lambda: dog.stalls)
        said = caplog.records[-1].getMessage()
        if culprit.__name__ in said:
            break
    assert dog.stalls[-1][0] == 7
    assert 0.1 < dog.stalls[-1][1] < 5
    assert said.startswith("the event loop stood still for ")
    assert f"{culprit.__name__} (tests/engine/test_watchdog.py:" in said
    assert " < Handle._run (asyncio/events.py:" in said
    assert "\n" not in said


async def test_a_loop_that_hangs_is_told_while_it_hangs(
    dog: Watchdog, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watchdog, "HANGS_S", 0.3)
    seen: list[str] = []

    def hang() -> None:
        end = time.monotonic() + 10
        while time.monotonic() < end and not seen:
            time.sleep(0.02)
            seen.extend(one.getMessage() for one in caplog.records if one.levelno == logging.ERROR)

    await asyncio.sleep(0)
    hang()
    assert "still does: " in seen[0]
    assert "test_watchdog.py:" in seen[0]


async def test_a_loop_that_only_works_is_let_alone(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(watchdog, "BEAT_S", 0.02)
    monkeypatch.setattr(watchdog, "STALL_S", 3.0)
    dog = Watchdog(lambda: 7)
    monkeypatch.setattr(dog, "_where", lambda: pytest.fail("nothing was late"))
    dog.start()
    for _ in range(30):
        await asyncio.sleep(0.01)
    dog.stop()
    assert not dog.stalls
    assert not caplog.records


async def test_it_ends_with_its_thread(dog: Watchdog) -> None:
    thread = dog._thread
    assert thread is not None
    dog.stop()
    assert not thread.is_alive()
    Watchdog(lambda: 0).stop()


async def test_to_begin_twice_is_to_begin_once_and_after_the_end_it_begins_anew(dog: Watchdog) -> None:
    thread, threads = dog._thread, threading.active_count()
    dog.start()
    assert dog._thread is thread
    assert threading.active_count() == threads
    dog.stop()
    dog.start()
    assert dog._thread is not thread
