"""Nothing is released before it is on the disk; what the disk refuses is told, and the next batch tries again."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import subprocess
import sys
import threading
from pathlib import Path

import apsw
import pytest

from console.engine.errors import JournalError, JournalFull
from console.engine.fleet.model import Station
from console.engine.journal import FILE, Journal, Reader, Snapshot
from console.engine.journal.schema import connect
from console.engine.journal.writer import refused
from console.engine.wire.exchange import Record
from tests.engine.journal.making import Running, exchange, happening


def test_the_writer_commits_to_the_disk_and_not_only_to_the_system(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path)
    assert journal._connection.pragma("synchronous") == 2
    assert journal._connection.pragma("journal_mode") == "wal"
    assert journal._connection.pragma("fullfsync") == 1
    journal.release()


async def test_records_are_released_in_order_and_numbered_from_one_sequence(running: Running) -> None:
    records: list[Record] = [exchange(n) if n % 3 else happening() for n in range(1, 1001)]
    await running.write(*records)
    assert [record.id for record in running.released] == list(range(1, 1001))
    assert running.released == records
    assert running.errors == []
    assert all(len(batch) <= 256 for batch, _ in running.batches)


async def test_what_is_released_can_be_read_by_everybody(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path)
    other = connect(tmp_path / FILE, read_only=True)
    seen: list[tuple[list[int], list[int]]] = []
    everything = asyncio.Event()

    def released(records: list[Record], _error: Exception | None) -> None:
        stored = [int(str(row[0])) for row in other.execute("SELECT id FROM exchange ORDER BY id")]
        seen.append(([record.id for record in records], stored))
        if stored[-1] == 50:
            everything.set()

    journal.start(asyncio.get_running_loop(), released)
    for number in range(1, 51):
        journal.append(exchange(number))
        await asyncio.sleep(0)
    async with asyncio.timeout(20):
        await everything.wait()
    assert all(set(batch) <= set(stored) for batch, stored in seen)
    other.close()
    await journal.close()


async def test_what_was_appended_before_the_start_is_written_too(tmp_path: Path) -> None:
    running = Running(tmp_path, lambda journal: journal.append(exchange(1)))
    await running.write(exchange(2))
    assert [record.id for record in running.released] == [1, 2]
    await running.journal.close()


async def test_closing_writes_what_is_queued(tmp_path: Path) -> None:
    running = Running(tmp_path)
    for number in range(1, 600):
        running.journal.append(exchange(number))
    await running.journal.close()
    await running.journal.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["chargehand.db", "chargehand.lock"]
    journal = Journal.open(tmp_path)
    assert journal.last_id == 599
    assert len(list(journal.tail(0))) == 599
    journal.release()


async def test_a_full_disk_refuses_whole_batches_and_is_left_behind_once_there_is_room(tmp_path: Path) -> None:
    running = Running(tmp_path, lambda journal: journal._connection.execute("PRAGMA max_page_count=60"))
    bulky = "x" * 3000
    while not running.errors:
        await running.write(*(exchange(n, request={"data": bulky}) for n in range(1, 40)))
    refusal = running.errors[0]
    assert isinstance(refusal, JournalFull)
    assert running.journal.failure == refusal.sentence
    assert "full" in refusal.sentence
    assert isinstance(await running.save(Snapshot(cursor=1, stations=[Station(key=bulky * 90, id="CP")])), JournalFull)

    running.journal._connection.execute("PRAGMA max_page_count=1000000")
    await running.write(exchange(99))
    assert running.batches[-1][1] is None
    assert running.journal.failure is None
    assert await running.save(Snapshot(cursor=1)) is None
    kept = {record.id for records, error in running.batches if error is None for record in records}
    assert {record.id for record in running.journal.tail(0)} == kept
    await running.journal.close()


FILL = """
import asyncio, resource, signal, sys
from pathlib import Path
from console.engine.journal import Journal
from tests.engine.journal.making import Running, exchange

async def main():
    running = Running(Path(sys.argv[1]))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, hard))
    number = 0
    while not running.errors:
        number += 1
        await running.write(*(exchange(n, request={"data": "x" * 500}) for n in range(50)))
    failure = running.journal.failure
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    await running.write(exchange(1))
    kept = sorted(r.id for records, error in running.batches if error is None for r in records)
    await running.journal.close()
    print(failure, "|", running.journal.failure, "|", kept)

asyncio.run(main())
"""


@pytest.mark.skipif(not hasattr(signal, "SIGXFSZ"), reason="no such limit here")
def test_a_file_that_may_not_grow_is_the_same_as_a_full_disk(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FILL, str(tmp_path)], capture_output=True, text=True, timeout=60, cwd=Path.cwd()
    )
    assert done.returncode == 0, done.stderr
    failure, later, kept = (part.strip() for part in done.stdout.split("|"))
    assert failure != "None"
    assert later == "None"
    journal = Journal.open(tmp_path)
    assert str([record.id for record in journal.tail(0)]) == kept
    journal.release()
    assert resource.RLIMIT_FSIZE is not None


async def test_a_journal_that_was_deleted_under_us_acknowledges_nothing_more(
    running: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await running.write(exchange(1))
    (tmp_path / FILE).unlink()
    assert running.journal._writer is not None
    monkeypatch.setattr(running.journal._writer, "_looked", 0.0)
    await running.write(exchange(2))
    assert isinstance(running.errors[0], JournalFull)
    assert "deleted" in str(running.journal.failure)


async def test_a_record_that_cannot_be_written_takes_no_other_with_it(running: Running) -> None:
    await running.write(exchange(1), exchange(2, link=1 << 80), exchange(3), happening())
    assert [(record.id, error is None) for records, error in running.batches for record in records] == [
        (1, True),
        (2, False),
        (3, True),
        (4, True),
    ]
    assert running.journal.failure is None
    assert [record.id for record in running.journal.tail(0)] == [1, 3, 4]


@pytest.mark.parametrize("poison", [{"time": 1 << 63}, {"latency_ns": -(1 << 64)}])
async def test_a_record_that_cannot_be_written_does_not_end_the_writing(
    running: Running, poison: dict[str, int]
) -> None:
    await running.write(*(exchange(n, **(poison if n == 77 else {})) for n in range(1, 201)))
    assert [record.id for record in running.released] == list(range(1, 201))
    assert [record.id for records, error in running.batches if error is not None for record in records] == [77]
    assert running.journal.pending == 0
    await running.write(exchange(201))
    await running.write(happening(), exchange(203, **poison), exchange(204))
    await running.write(exchange(205))
    assert [record.id for record in running.journal.tail(200)] == [201, 202, 204, 205]
    assert running.journal.pending == 0


async def test_whatever_follows_a_commit_may_fail_and_the_next_is_written(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    journal = Journal.open(tmp_path)
    second = asyncio.Event()

    def released(records: list[Record], _error: Exception | None) -> None:
        if records[0].id == 1:
            raise ValueError("a fault of ours")
        second.set()

    journal.start(asyncio.get_running_loop(), released)
    journal.append(exchange(1))
    while journal.pending:
        await asyncio.sleep(0)
    journal.append(exchange(2))
    async with asyncio.timeout(20):
        await second.wait()
    assert "a fault of ours" in caplog.text
    await journal.close()


@pytest.mark.parametrize(
    "error",
    [
        apsw.FullError("database or disk is full"),
        apsw.IOError("disk I/O error"),
        apsw.ReadOnlyError("attempt to write a readonly database"),
        apsw.BusyError("database is locked"),
        apsw.CantOpenError("unable to open database file"),
    ],
)
def test_trouble_with_the_disk_is_a_sentence_that_says_what_to_do(error: apsw.Error, tmp_path: Path) -> None:
    told = refused(error, tmp_path / FILE)
    assert isinstance(told, JournalFull)
    assert str(tmp_path) in told.sentence
    assert told.sentence.endswith(".")


async def test_names_of_a_refused_batch_are_numbered_again(tmp_path: Path) -> None:
    running = Running(tmp_path, lambda journal: journal._connection.execute("PRAGMA max_page_count=45"))
    big = {"data": "x" * 300_000}
    await running.write(exchange(1, station="new", action="Fresh", request=big))
    assert isinstance(running.errors[0], JournalFull)
    await running.write(exchange(2, station="new", action="Fresh"))
    assert running.batches[-1][1] is None
    (found,) = running.journal.tail(0)
    assert (found.station, getattr(found, "action", None)) == ("new", "Fresh")
    await running.journal.close()


KILLED = """
import asyncio, os, sys
from pathlib import Path
from console.engine.journal import Journal
from tests.engine.journal.making import exchange, happening

async def main():
    journal = Journal.open(Path(sys.argv[1]))
    said = sys.stdout.fileno()

    def released(records, error):
        assert error is None
        os.write(said, "".join(f"{record.id}\\n" for record in records).encode())

    journal.start(asyncio.get_running_loop(), released)
    number = 0
    while True:
        for _ in range(20):
            number += 1
            journal.append(exchange(number) if number % 7 else happening())
        await asyncio.sleep(0.0005)

asyncio.run(main())
"""


@pytest.mark.parametrize("lines", [1, 150, 900])
def test_a_killed_console_loses_nothing_it_acknowledged(tmp_path: Path, lines: int) -> None:
    child = subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path)], stdout=subprocess.PIPE)
    assert child.stdout is not None
    said = [child.stdout.readline() for _ in range(lines)]
    os.kill(child.pid, signal.SIGKILL)
    said += child.stdout.readlines()
    child.wait()
    child.stdout.close()
    acknowledged = {int(line) for line in said if line.endswith(b"\n")}
    journal = Journal.open(tmp_path)
    stored = [record.id for record in journal.tail(0)]
    assert acknowledged <= set(stored)
    assert len(acknowledged) >= lines
    # The sequence goes on behind what was written, whether acknowledged or not.
    assert journal.last_id == stored[-1]
    assert stored == list(range(1, stored[-1] + 1))
    journal.release()


async def test_a_snapshot_cannot_be_saved_before_the_start(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path)
    with pytest.raises(JournalError, match="not running"):
        journal.save(Snapshot(cursor=0), lambda _error: None)
    journal.release()


async def test_what_comes_while_the_journal_closes_is_written_and_what_comes_later_is_refused(tmp_path: Path) -> None:
    running = Running(tmp_path)
    await running.write(exchange(1))
    closing = asyncio.create_task(running.journal.close())  # noqa: TID251
    await asyncio.sleep(0)
    await running.write(exchange(2))
    assert running.errors == []
    await closing
    await running.write(exchange(3))
    assert [error is None for _, error in running.batches] == [True, True, False]
    assert isinstance(running.errors[0], JournalError)
    with pytest.raises(JournalError, match="not running"):
        running.journal.save(Snapshot(cursor=0), lambda _error: None)
    reader = Reader.read(tmp_path)
    assert [record.id for record in reader.tail(0)] == [1, 2]


async def test_while_the_disk_stands_still_the_loop_goes_on_and_answers_come_late_but_in_order(
    running: Running,
) -> None:
    stalled = threading.Event()
    let_go = threading.Event()

    def stall(_connection: apsw.Connection) -> None:
        stalled.set()
        assert let_go.wait(20)

    waiting = asyncio.create_task(running.journal._work(stall))  # noqa: TID251
    async with asyncio.timeout(20):
        while not stalled.is_set():
            await asyncio.sleep(0)
    for number in range(1, 700):
        running.journal.append(exchange(number))
    for _ in range(100):
        await asyncio.sleep(0)
    assert running.released == [], "nothing is acknowledged while the disk has not taken it"
    let_go.set()
    await waiting
    await running.write(exchange(700))
    async with asyncio.timeout(20):
        while len(running.released) < 700:
            await asyncio.sleep(0)
    assert [record.id for record in running.released] == list(range(1, 701))
