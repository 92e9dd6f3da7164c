"""The engine begins, goes on and ends as it should, also where one of its parts fails on the way."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from console.engine import upkeep
from console.engine.engine import Engine
from console.engine.errors import JournalFull
from console.engine.fleet.model import Transaction
from console.engine.journal import FILE, Journal
from profiles import load_profile

Make = Callable[[Path], Engine]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    monkeypatch.setenv("CHARGEHAND_RUNTIME_DIR", str(tmp_path / "runtime"))

    def made(data: Path) -> Engine:
        return Engine(load_profile("bench"), data, listen=["127.0.0.1:0"], api="127.0.0.1:0", files="127.0.0.1:0")

    return made


async def link_number(engine: Engine, identity: str = "CP-1") -> int:
    """Connect and go; the number that the journal has of that link."""
    async with connect(engine.listen_urls[0] + identity, subprotocols=[Subprotocol("ocpp1.6")], proxy=None):
        pass
    async with asyncio.timeout(10):
        while not (closed := await engine.journal.happenings(limit=1, kinds=["link.closed"])):
            await asyncio.sleep(0.01)
    assert closed[0].link is not None
    return closed[0].link


async def test_whatever_fails_while_stopping_the_journal_and_its_lock_are_let_go(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    engine = make(tmp_path / "data")
    await engine.start()
    listener = engine.listeners[0]
    stop_listener, stop_files = listener.stop, engine.files.stop

    async def fail() -> None:
        raise ValueError("a fault of ours")

    for part, name in ((engine.desk, "close"), (listener, "stop"), (engine.api, "stop"), (engine.files, "stop")):
        monkeypatch.setattr(part, name, fail)
    await engine.stop()
    assert caplog.text.count("ValueError: a fault of ours") == 4
    journal = Journal.open(tmp_path / "data")
    assert [record.kind for record in journal.tail(0)] == ["console.started", "console.stopped"]  # type: ignore[union-attr]
    journal.release()

    monkeypatch.undo()
    await stop_listener()
    await stop_files()
    assert engine.api is None


async def test_a_stop_that_is_called_off_lets_the_journal_go_all_the_same(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = make(tmp_path / "data")
    await engine.start()
    begun = asyncio.Event()

    async def hang() -> None:
        begun.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(engine.desk, "close", hang)
    stopping = asyncio.create_task(engine.stop())  # noqa: TID251
    await begun.wait()
    stopping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await stopping
    Journal.open(tmp_path / "data").release()


async def test_an_engine_stops_twice_and_at_once(make: Make, tmp_path: Path) -> None:
    quickest = 9.0
    for _ in range(4):
        engine = make(tmp_path / "data")
        await engine.start()
        began = time.monotonic()
        await engine.stop()
        quickest = min(quickest, time.monotonic() - began)
        await engine.stop()
    assert quickest < 0.1, "nobody is connected, so there is nothing to wait for"


async def test_retention_begins_soon_and_goes_on_after_a_disk_that_refused(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(upkeep, "RETENTION_S", 0.01)
    monkeypatch.setattr(upkeep, "RETENTION_FIRST_S", 0.0)
    engine = make(tmp_path / "data")
    await engine.start()
    asked: list[int] = []
    enough = asyncio.Event()

    async def prune(before: int) -> int:
        asked.append(before)
        if len(asked) == 1:
            raise JournalFull("The disk is full.")
        if len(asked) == 2:
            raise ValueError("a fault of ours")
        enough.set()
        return 0

    monkeypatch.setattr(engine.journal, "prune", prune)
    async with asyncio.timeout(10):
        await enough.wait()
    await engine.stop()
    assert "The disk is full." in caplog.text
    days = engine.profile.journal.retention_days
    assert engine.clock() - asked[0] - days * 86_400 * 10**9 < 60 * 10**9


def test_what_is_old_is_forgotten_within_minutes_of_a_start() -> None:
    assert upkeep.RETENTION_FIRST_S <= 600


async def test_a_link_number_never_comes_twice(make: Make, tmp_path: Path) -> None:
    engine = make(tmp_path / "data")
    await engine.start()
    for _ in range(100):
        next(engine.listeners[0]._numbers)  # attempts that leave nothing in the journal
    first = await link_number(engine)
    # A console that is killed now has written no snapshot.
    (tmp_path / "killed").mkdir()
    for name in (FILE, f"{FILE}-wal"):
        shutil.copy(tmp_path / "data" / name, tmp_path / "killed" / name)
    await engine.stop()

    for data in (tmp_path / "data", tmp_path / "killed"):
        engine = make(data)
        await engine.start()
        assert next(engine.listeners[0]._numbers) > first
        await engine.stop()
        # Whatever comes between, the number is not forgotten.
        engine = make(data)
        await engine.start()
        assert next(engine.listeners[0]._numbers) > first
        await engine.stop()


@pytest.mark.parametrize(
    ("start", "end", "energy"),
    [(1000.1, 1114.4, 114.3), (0.0, 114.30000000004657, 114.3), (100, 4311, 4211), (5.0, 5.0, 0.0), (None, 7.0, None)],
)
def test_energy_is_told_without_the_noise_of_floating_point(
    start: float | None, end: float, energy: float | None
) -> None:
    told = Transaction(id=1, station="cp-1", wire="1", start_wh=start, stop_wh=end).energy_wh
    assert (told, type(told)) == (energy, type(energy))
