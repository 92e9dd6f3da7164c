"""A data directory is opened by one console only, and a file that cannot be used is left as it is."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import apsw
import msgspec
import pytest

from console.engine.errors import JournalBusy, JournalError
from console.engine.fleet.model import Transaction
from console.engine.journal import FILE, Journal, Reader, Snapshot
from console.engine.journal.schema import MIGRATIONS
from tests.engine.journal.making import NOON, Running, exchange

HOLD = """
import sys
from pathlib import Path
from console.engine.journal import Journal
journal = Journal.open(Path(sys.argv[1]))
print("open", flush=True)
sys.stdin.read()
"""


def hold(directory: Path) -> subprocess.Popen[str]:
    child = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(directory)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "open\n"
    return child


def end(child: subprocess.Popen[str]) -> None:
    child.kill()
    child.communicate()


def test_a_second_console_is_refused_and_told_the_pid_of_the_first(tmp_path: Path) -> None:
    child = hold(tmp_path)
    try:
        with pytest.raises(JournalBusy, match=f"process {child.pid}.*--data"):
            Journal.open(tmp_path)
    finally:
        end(child)


def test_a_lock_that_a_killed_console_left_is_no_obstacle(tmp_path: Path) -> None:
    end(hold(tmp_path))
    assert (tmp_path / "chargehand.lock").exists()
    Journal.open(tmp_path).release()


def test_a_reader_needs_no_lock(tmp_path: Path) -> None:
    child = hold(tmp_path)
    try:
        Reader.read(tmp_path).shut()
    finally:
        end(child)


def test_the_directory_is_made_and_can_be_opened_again(tmp_path: Path) -> None:
    place = tmp_path / "new" / "place"
    Journal.open(place).release()
    journal = Journal.open(place)
    assert journal.last_id == 0
    assert journal.load().stations == []
    journal.release()


def test_a_newer_schema_is_refused_and_not_touched(tmp_path: Path) -> None:
    Journal.open(tmp_path).release()
    with sqlite3.connect(tmp_path / FILE) as database:
        database.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    database.close()
    before = (tmp_path / FILE).read_bytes()
    with pytest.raises(JournalError, match="newer chargehand"):
        Journal.open(tmp_path)
    with pytest.raises(JournalError, match="newer chargehand"):
        Reader.read(tmp_path)
    assert (tmp_path / FILE).read_bytes() == before


def test_a_file_that_is_no_database_is_refused_and_not_touched(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"holiday photos" * 1000)
    with pytest.raises(JournalError, match=r"damaged.*recover"):
        Journal.open(tmp_path)
    assert (tmp_path / FILE).read_bytes() == b"holiday photos" * 1000


@pytest.mark.parametrize("page", [0, 1, 2])
async def test_a_damaged_file_is_refused_with_a_way_to_rescue_it(tmp_path: Path, page: int) -> None:
    running = Running(tmp_path)
    await running.write(*(exchange(number) for number in range(1, 200)))
    await running.journal.close()
    data = bytearray((tmp_path / FILE).read_bytes())
    start = page * 8192 + 100
    data[start : start + 60] = bytes(byte ^ 0x5A for byte in data[start : start + 60])
    (tmp_path / FILE).write_bytes(data)
    try:
        journal = Journal.open(tmp_path)
    except JournalError as error:
        assert "recover" in error.sentence  # noqa: PT017
    else:
        journal.load()
        journal.release()
        assert page != 0
    assert (tmp_path / FILE).read_bytes() == data


def test_somebody_elses_database_is_refused_and_not_touched(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / FILE) as database:
        database.execute("CREATE TABLE recipes(name)")
    database.close()
    before = (tmp_path / FILE).read_bytes()
    with pytest.raises(JournalError, match="no journal of chargehand"):
        Journal.open(tmp_path)
    assert (tmp_path / FILE).read_bytes() == before


def test_a_place_that_cannot_be_a_directory_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(JournalError, match="--data"):
        Journal.open(tmp_path / "file" / "data")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_directory_without_write_permission_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(JournalError, match="--data"):
            Journal.open(tmp_path)
    finally:
        tmp_path.chmod(0o700)


def test_reading_where_there_is_no_journal_is_told(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="no journal in"):
        Reader.read(tmp_path)


def test_an_update_copies_the_old_file_and_happens_whole_or_not_at_all(tmp_path: Path) -> None:
    Journal.open(tmp_path).release()
    broken = (*MIGRATIONS, "CREATE TABLE extra(id); INSERT INTO nowhere VALUES (1);")
    with pytest.raises(JournalError, match="nowhere"):
        Journal.open(tmp_path, migrations=broken)
    tables = "SELECT count(*) FROM sqlite_schema WHERE name = 'extra'"
    with sqlite3.connect(tmp_path / FILE) as database:
        assert database.execute(tables).fetchone() == (0,)
        assert database.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
    database.close()

    Journal.open(tmp_path, migrations=(*MIGRATIONS, "CREATE TABLE extra(id);")).release()
    with sqlite3.connect(tmp_path / FILE) as database:
        assert database.execute(tables).fetchone() == (1,)
        assert database.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS) + 1,)
    database.close()
    with sqlite3.connect(tmp_path / f"{FILE}.version-{len(MIGRATIONS)}") as copy:
        assert copy.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
    copy.close()


def test_a_first_start_that_was_interrupted_starts_again(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"")
    Journal.open(tmp_path).release()
    assert apsw.Connection(str(tmp_path / FILE)).pragma("user_version") == len(MIGRATIONS)


async def test_a_journal_of_the_first_schema_is_brought_up_to_date(tmp_path: Path) -> None:
    Journal.open(tmp_path, migrations=MIGRATIONS[:1]).release()
    over = Transaction(id=4, station="cp-001", wire="4", state="ended", started=0, stopped=0, last_update=NOON)
    with sqlite3.connect(tmp_path / FILE) as database:
        row = (4, "cp-001", "4", "ended", 0, 0, msgspec.json.encode(over).decode())
        database.execute("INSERT INTO txn VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        database.execute("INSERT INTO happening(id, time, kind, link, data) VALUES (1, 1, 'link.opened', 12, '{}')")
        database.execute("""UPDATE state SET counters = '{"transaction":5}'""")
    database.close()

    running = Running(tmp_path)
    assert (tmp_path / f"{FILE}.version-1").exists()
    assert running.journal.load().counters == {"transaction": 5, "link": 12}
    await running.journal.prune(NOON)
    assert await running.journal.transactions() == [over]
    await running.save(Snapshot(cursor=0, transactions=[Transaction(id=5, station="cp-001", wire="5", state="ended")]))
    await running.journal.prune(NOON + 1)
    assert await running.journal.transactions() == []
    await running.journal.close()
