"""What is as large as it can be: filters of many words, frames of a megabyte."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path

import apsw
import pytest

from console.engine.engine import Engine
from console.engine.filter import parse_filter
from console.engine.journal import fetching, packs
from console.engine.journal.packs import pack_some
from console.engine.journal.schema import connect
from console.engine.wire.exchange import Exchange, Record
from tests.engine.journal.making import Running, exchange, happening

MakeEngine = Callable[..., Awaitable[Engine]]

WORDS = [f"w{number}" for number in range(99)]


@pytest.mark.parametrize("line", ["|".join(WORDS), " ".join(WORDS)])
@pytest.mark.parametrize("field", ["", "station:", "action:", "tx:", "uid:", "error:"])
async def test_the_longest_filter_can_be_searched_for(running: Running, field: str, line: str) -> None:
    await running.write(*(exchange(number) for number in range(1, 33)))
    await running.journal._work(partial(pack_some, keep=16))
    where = parse_filter(f"{field}{line.replace(' ', f' {field}')} !zzz")
    assert await running.journal.messages(where, limit=10) == []


ODD = "\x01" * 3000  # each of them six characters of JSON


def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite with limits a thousandth of what they are, and frames read at once likewise."""

    def narrow(path: Path, *, read_only: bool = False) -> apsw.Connection:
        connection = connect(path, read_only=read_only)
        connection.limit(apsw.SQLITE_LIMIT_LENGTH, 400_000)
        return connection

    for module in ("reader", "journal"):
        monkeypatch.setattr(f"console.engine.journal.{module}.connect", narrow)
    monkeypatch.setattr(fetching, "ROOM", 20_000)
    monkeypatch.setattr(packs, "_ROOM", 20_000)


def huge(count: int) -> list[Exchange]:
    made = (
        exchange(n, outcome="malformed", action=None, raw_request=ODD, raw_response=None) for n in range(1, count + 1)
    )
    return list(made)


@pytest.mark.parametrize("packed", [False, True])
async def test_messages_of_any_size_are_read_in_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packed: bool
) -> None:
    small(monkeypatch)
    running = Running(tmp_path)
    sent: list[Record] = [*huge(100), happening(), *huge(60)]
    await running.write(*sent)
    journal = running.journal
    while packed and await journal._work(partial(pack_some, keep=0)):
        pass
    every = [number for number in range(1, 162) if number != 101]
    assert [one.id for one in await journal.messages(None, limit=500)] == every
    assert [one.id for one in await journal.messages(None, limit=500, late=True)] == every
    assert [one.id for one in await journal.messages(None, limit=500, after=0)] == every
    assert [one.id for one in await journal.messages(None, limit=70, before=100)] == list(range(30, 100))
    assert [one.id for one in journal.tail(0)] == list(range(1, 162))
    assert {one.raw_request for one in journal.tail(101) if isinstance(one, Exchange)} == {ODD}
    await journal.close()


async def test_the_newest_of_many_are_at_hand_a_part_at_a_time(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    await running.write(*huge(100))
    monkeypatch.setattr(fetching, "ROOM", 20_000)
    read: list[int] = []
    whole = fetching.exchanges

    def counted(connection: apsw.Connection, ids: Sequence[int]) -> list[Exchange]:
        read.append(len(ids))
        return whole(connection, ids)

    monkeypatch.setattr(fetching, "exchanges", counted)
    assert [one.id async for one in running.journal.newest(None, 80)] == list(range(21, 101))
    assert max(read) == 20_000 // len(ODD)
    assert [one.id async for one in running.journal.newest(parse_filter("id:7|9"), 9)] == [7, 9]
    assert [one.id async for one in running.journal.newest(None, 0)] == []


async def test_answers_of_any_size_are_found_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small(monkeypatch)
    running = Running(tmp_path)
    calls = [exchange(n, action="StartTransaction", request={"extra": ODD}) for n in range(1, 61)]
    await running.write(*calls)
    found = await running.journal.recent_answers("cp-001", ["StartTransaction"], 0)
    assert [one.unique_id for one in found] == [one.unique_id for one in calls]
    await running.journal.close()


def test_what_is_read_at_once_is_far_from_what_sqlite_takes() -> None:
    assert 6 * fetching.ROOM < 200_000_000
    assert 6 * packs._ROOM < 200_000_000


async def test_a_console_starts_on_messages_of_any_size(
    make_engine: MakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    small(monkeypatch)
    monkeypatch.setattr("console.engine.recall.KEPT_CHARACTERS", 100_000)
    engine = await make_engine()
    done = asyncio.Event()
    for number, one in enumerate(huge(200), start=1):
        engine.keep(one, (lambda _error: done.set()) if number == 200 else None)
    async with asyncio.timeout(20):
        await done.wait()
    data = engine.data
    await engine.stop()
    again = await make_engine(data=data)
    assert 30 <= len(again.feed.rows) < 60  # as many as live views may keep
    assert again.fleet.stations["cp-001"].messages == 200
