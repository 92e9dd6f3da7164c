"""Transactions and connections of a journal of many pages are listed whole, in order, and without holding up the loop."""

from __future__ import annotations

import asyncio

import pytest

from console.engine.api import views
from console.engine.filter_attempts import attempt_filter
from console.engine.filter_sessions import SessionFilter
from console.engine.fleet.fleet import Fleet
from console.engine.fleet.model import Transaction
from console.engine.journal import Snapshot
from console.engine.journal.rows import Row, transaction_row
from console.engine.wire.exchange import Happening
from tests.engine.journal.making import NOON, Running

COUNT = 1730


def session(number: int, state: str = "ended") -> Transaction:
    return Transaction(
        id=number, station=f"cp-{number % 10}", wire=f"{number}", state=state, received=NOON, started=NOON
    )


@pytest.fixture
async def fleet(running: Running) -> Fleet:
    """Of the sessions 1 to 1730 in the journal, the fleet has the very first, some of the middle, and newer ones too."""
    stored = [session(number) for number in range(1, COUNT + 1)]
    assert await running.save(Snapshot(cursor=0, transactions=stored)) is None
    fleet = Fleet()
    for number in (1, 2, 700, 1229, 1230, 1231, COUNT, COUNT + 1, COUNT + 2):
        fleet.transactions[number] = session(number, "active")
    return fleet


async def test_every_session_comes_once_and_as_the_fleet_has_it(running: Running, fleet: Fleet) -> None:
    rows = await views.transactions(fleet, running.journal, None)
    assert [row["id"] for row in rows] == list(range(1, COUNT + 3))
    assert {row["id"] for row in rows if row["state"] == "active"} == set(fleet.transactions)


@pytest.mark.parametrize("limit", [0, 1, 2, 499, 500, 501, 502, 503, 505, 506, 600, 1100, COUNT + 1, COUNT + 2, 9000])
async def test_the_newest_so_many_sessions_are_the_newest(running: Running, fleet: Fleet, limit: int) -> None:
    rows = await views.transactions(fleet, running.journal, None, limit)
    every = list(range(1, COUNT + 3))
    assert [row["id"] for row in rows] == every[max(0, len(every) - limit) :]


@pytest.mark.parametrize("limit", [None, 3, 120])
async def test_a_filter_and_a_limit_give_the_newest_that_match(
    running: Running, fleet: Fleet, limit: int | None
) -> None:
    rows = await views.transactions(fleet, running.journal, SessionFilter("station:CP-7", fleet.station), limit)
    every = [number for number in range(1, COUNT + 3) if number % 10 == 7]
    assert [row["id"] for row in rows] == (every if limit is None else every[-limit:])


async def test_a_small_limit_does_not_read_the_whole_journal(
    running: Running, fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, pages = running.journal.transactions, []

    async def transactions(*, limit: int, before: int | None) -> list[Transaction]:
        pages.append(before)
        return await read(limit=limit, before=before)

    monkeypatch.setattr(running.journal, "transactions", transactions)
    await views.transactions(fleet, running.journal, SessionFilter("station:cp-7", fleet.station), 3)
    assert pages == [None]


async def test_others_have_their_turn_while_sessions_are_listed(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    fleet = Fleet()
    fleet.transactions = {number: session(number) for number in range(1, 5001)}
    made, most = 0, 0

    def counted(one: Transaction) -> Row:
        nonlocal made
        made += 1
        return transaction_row(one)

    async def other() -> None:
        nonlocal most
        while True:
            before = made
            await asyncio.sleep(0)
            most = max(most, made - before)

    monkeypatch.setattr(views, "transaction_row", counted)
    task = asyncio.create_task(other())  # noqa: TID251
    assert len(await views.transactions(fleet, running.journal, None)) == 5000
    await asyncio.sleep(0)
    task.cancel()
    assert 0 < most <= 200


@pytest.mark.parametrize("limit", [None, 0, 1, 499, 500, 501, 1001, 4000])
async def test_connections_of_many_pages_come_whole_and_in_order(running: Running, limit: int | None) -> None:
    kinds = ("link.opened", "bookmark", "link.closed", "link.refused")
    made = [Happening(time=NOON, kind=kinds[n % 4], link=n, data={}) for n in range(2003)]
    await running.write(*made)
    rows = await views.connections(Fleet(), running.journal, None, limit)
    every = [one.id for one in made if one.kind != "bookmark"]
    assert [row["id"] for row in rows] == (every if limit is None else every[max(0, len(every) - limit) :])


@pytest.mark.parametrize("limit", [None, 0, 1, 2, 3, 500, 4000])
async def test_of_attempts_that_pass_both_ends_are_told_however_far_apart(running: Running, limit: int | None) -> None:
    long = Happening(time=NOON, kind="link.opened", station="CP-1", link=1, data={"peer": "10.0.0.9:1"})
    others = [
        Happening(time=NOON, kind=kind, station=f"CP-{n}", link=n, data={"peer": "10.0.0.1:1"})
        for n in range(2, 802)
        for kind in ("link.opened", "link.closed")
    ]
    end = Happening(time=NOON, kind="link.closed", station="CP-1", link=1, data={"code": 1006})
    last = Happening(time=NOON, kind="link.refused", link=900, data={"peer": "10.0.0.9:2", "status": 404})
    await running.write(long, *others, end, last)

    async def told(words: str) -> list[int]:
        rows = await views.connections(Fleet(), running.journal, attempt_filter(words), limit)
        return [row["id"] for row in rows]

    def newest(*every: Happening) -> list[int]:
        return [one.id for one in every][max(0, len(every) - limit) if limit is not None else 0 :]

    assert await told("peer:10.0.0.9") == newest(long, end, last)
    assert await told("code:1006") == newest(long, end)
    assert await told("is:refused") == newest(last)
    assert await told("!peer:10.0.0.9 station:CP-77") == newest(*(one for one in others if one.station == "CP-77"))
