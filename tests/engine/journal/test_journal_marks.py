"""Marked messages are found by their marks, however many others there are."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from console.engine.errors import JournalError
from console.engine.filter import parse_filter
from console.engine.filter_sql import MARKED_KIND
from console.engine.journal import FILE, Journal, Reader, Snapshot
from console.engine.journal.schema import INDEX_RUN, MIGRATIONS
from console.engine.journal.search import value
from tests.engine.journal.making import NOON, SECOND, Running, exchange, happening

LISTED = f"SELECT json_group_array(id) FROM by_trouble WHERE kind = {MARKED_KIND}"


async def mark(running: Running, *numbers: int, on: bool = True) -> None:
    for number in numbers:
        await running.write(happening("bookmark", None, exchange=number, on=on))


async def test_marks_among_many_are_found_without_a_look_at_the_others(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.engine.journal.search._SLICE", 16)
    monkeypatch.setattr("console.engine.journal.reader._BUDGET", 0.0)
    ours = {"direction": "out"}
    every = [
        exchange(n, outcome="late" if n == 70 else "result", **(ours if n in (100, 1901) else {}))
        for n in range(INDEX_RUN)
    ]
    await running.write(*every)
    await mark(running, 5, 1900, 7, 6, 2000)
    await mark(running, 6, on=False)
    await mark(running, 7, on=False)
    await mark(running, 7)
    journal = running.journal
    for line, found in {
        "is:marked": [5, 7, 1900, 2000],
        "is:marked|late": [5, 7, 71, 1900, 2000],
        "is:marked station:CP-001": [5, 7, 1900, 2000],
        "is:marked is:late": [],
        "is:marked until:1s": [5, 7],
        "dir:out": [101, 1902],
        "is:out|late": [71, 101, 1902],
        "dir:out is:late": [],
    }.items():
        where = parse_filter(line, now_ns=NOON + 11 * SECOND)
        page = await journal.page(where, limit=100, before=INDEX_RUN + 1)
        assert ([one.id for one in page.rows], page.next) == (found, None), line
        page = await journal.page(where, limit=100, after=0)
        assert [one.id for one in page.rows] == found, line


async def test_a_mark_goes_with_its_message(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("console.engine.journal.retention._STALE", 100)
    await running.write(*(exchange(n) for n in range(INDEX_RUN)))
    await mark(running, 5, 1000)
    await running.save(Snapshot(cursor=INDEX_RUN + 2))
    await running.journal.prune(NOON + 500 * SECOND)
    assert value(running.journal._connection, LISTED) == "[1000]"
    where = parse_filter("is:marked")
    assert [one.id for one in await running.journal.messages(where, limit=10)] == [1000]


async def test_what_is_no_mark_is_kept_and_marks_nothing(running: Running) -> None:
    await running.write(exchange(1))
    for data in ({}, {"exchange": None, "on": True}, {"exchange": "1", "on": True}, {"exchange": 1 << 70, "on": True}):
        await running.write(happening("bookmark", None, **data))
    await mark(running, 1)
    await mark(running, 1)
    assert running.errors == []
    assert value(running.journal._connection, LISTED) == "[1]"


@pytest.mark.parametrize("version", range(1, 4))
async def test_marks_of_an_older_journal_are_found_after_its_update(tmp_path: Path, version: int) -> None:
    Journal.open(tmp_path, migrations=MIGRATIONS[:version]).release()
    with sqlite3.connect(tmp_path / FILE) as database:
        database.execute("INSERT INTO name VALUES (1, 'CP-001', 'cp-001')")
        sql = "INSERT INTO exchange(id, time, station, version, bits) VALUES (?, 1, 1, 1, 0)"
        database.executemany(sql, [(1,), (2,), (3,)])
        database.execute("INSERT INTO exchange(id, time, station, version, bits) VALUES (9, 1, 1, 1, 16)")
        sql = "INSERT INTO happening(id, time, kind, data) VALUES (?, 1, 'bookmark', ?)"
        marks = [(4, 1, "true"), (5, 2, "true"), (6, 3, "true"), (7, 2, "false"), (8, 99, "true")]
        database.execute("UPDATE state SET indexed = 9")
        database.executemany(sql, [(id_, f'{{"exchange":{number},"on":{on}}}') for id_, number, on in marks])
    database.close()
    with pytest.raises(JournalError, match="older chargehand"):
        Reader.read(tmp_path)
    running = Running(tmp_path)
    assert [one.id for one in await running.journal.messages(parse_filter("is:marked"), limit=9)] == [1, 3]
    assert [one.id for one in await running.journal.messages(parse_filter("dir:out"), limit=9)] == [9]
    await mark(running, 2)
    await mark(running, 3, on=False)
    assert [one.id for one in await running.journal.messages(parse_filter("is:marked"), limit=9)] == [1, 2]
    await running.journal.close()
    reader = Reader.read(tmp_path)
    assert [one.id for one in await reader.messages(parse_filter("is:marked"), limit=9)] == [1, 2]
    reader.shut()
