"""Row 77: readers without end do not make the WAL grow without end, and do not hold up what is written."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw
import pytest

from console.engine.journal import FILE, journal, wal
from console.engine.journal.schema import connect
from console.engine.journal.wal import Wal
from tests.engine.journal.making import Running, exchange

PAYLOAD = {"data": "x" * 8000}
MB = 1024 * 1024


@contextmanager
def without_a_gap(path: Path) -> Iterator[list[int]]:
    """Two programs that read in turns, so that one of them always reads; how many turns there were."""
    over = threading.Event()
    turns: list[int] = []

    def read() -> None:
        connections = [connect(path, read_only=True) for _ in range(2)]
        while not over.wait(0.005):
            reader = connections[len(turns) % 2]
            if reader.in_transaction:
                reader.execute("COMMIT")
            reader.execute("BEGIN")
            turns.append(int(str(reader.execute("SELECT count(*) FROM exchange").fetchall()[0][0])))
        for one in connections:
            one.close()

    thread = threading.Thread(target=read)
    thread.start()
    try:
        yield turns
    finally:
        over.set()
        thread.join()


async def test_row_77_readers_without_a_gap_do_not_keep_the_wal_from_being_used_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "TIDY_SECONDS", 0.05)
    monkeypatch.setattr(wal, "LIMIT", 10 * MB)
    monkeypatch.setattr(wal, "_WAIT_MS", 5000)  # on a busy machine a turn takes as long as it takes
    running = Running(tmp_path)
    await running.write(exchange(0))
    first = times_begun(tmp_path)
    with without_a_gap(tmp_path / FILE) as turns:
        for _ in range(2000):
            await running.write(*(exchange(n, request=PAYLOAD) for n in range(100)))
            if times_begun(tmp_path) >= first + 3 and len(turns) > 10:
                break
    assert turns[-1] > turns[0]
    assert times_begun(tmp_path) >= first + 3
    await running.journal.close()


def times_begun(folder: Path) -> int:
    """How often the WAL was begun anew: a number in its header that SQLite counts up (file format 4.1)."""
    with (folder / f"{FILE}-wal").open("rb") as file:
        return int.from_bytes(file.read(16)[12:])


async def test_row_77_one_that_reads_for_ever_is_waited_for_ever_more_seldom_and_told(
    running: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(wal, "LIMIT", 1)
    monkeypatch.setattr(wal, "LARGE", 2 * MB)
    monkeypatch.setattr(wal, "_WAIT_MS", 20)
    await running.write(exchange(0))
    reader = connect(tmp_path / FILE, read_only=True)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM exchange").fetchall()
    for _ in range(8):
        await running.write(*(exchange(n, request=PAYLOAD) for n in range(100)))
    watched = Wal(tmp_path / FILE)
    pauses = []
    for _ in range(9):
        monkeypatch.setattr(watched, "_due", 0.0)
        assert watched.long()
        assert await running.journal._work(watched.fold) is False
        assert not watched.long()
        pauses.append(watched._pause)
    assert pauses == [2, 4, 8, 16, 32, 60, 60, 60, 60]
    assert [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING] == [
        f"{tmp_path / FILE}-wal has {(tmp_path / f'{FILE}-wal').stat().st_size // 1_000_000} MB, because another program "
        "reads the journal without end. End that program."
    ]
    reader.close()
    assert await running.journal._work(watched.fold) is True
    await running.write(exchange(9))
    checked = apsw.Connection(str(tmp_path / FILE))
    assert checked.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)[0] < 20, "the WAL was not begun anew"
    checked.close()
