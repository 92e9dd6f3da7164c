"""What can be asked of a fleet and its journal, as rows for programs. The API and ``--data`` both read through here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import TypeVar

from console.engine.endpoint.attempts import Attempt
from console.engine.errors import NoSuchSession
from console.engine.filter import Filter
from console.engine.filter_attempts import attempt_of, close
from console.engine.filter_rows import RowFilter
from console.engine.filter_sessions import SessionFilter
from console.engine.fleet.fleet import Fleet
from console.engine.fleet.model import Alarm, Station, Transaction
from console.engine.journal import Reader
from console.engine.journal.rows import (
    Row,
    alarm_row,
    as_row,
    connection_row,
    connector_row,
    happening_row,
    station_row,
    transaction_row,
)
from console.engine.wire.exchange import Exchange, Happening

T = TypeVar("T")

_PAGE = 500
_TURN = 100  # rows that are made in one turn of the loop
_LINKS = ("link.opened", "link.refused", "link.closed")


Passes = Callable[[Station], bool]


def stations(fleet: Fleet, passes: Passes | None = None) -> list[Row]:
    """Every station that passes, by identity."""
    return [station_row(one, fleet.transactions) for one in _stations(fleet, passes)]


def connectors(fleet: Fleet, passes: Passes | None = None) -> list[Row]:
    """Every connector of every station that passes."""
    return [
        connector_row(station, connector, fleet.transactions)
        for station in _stations(fleet, passes)
        for connector in station.connectors()
    ]


def _stations(fleet: Fleet, passes: Passes | None) -> list[Station]:
    every = sorted(fleet.stations.values(), key=lambda one: one.key)
    return [one for one in every if not one.removed and (passes is None or passes(one))]


def alarms(fleet: Fleet, where: RowFilter[Alarm] | None = None, limit: int | None = None) -> list[Row]:
    """Every alarm that matches, oldest first; the newest ``limit``."""
    every = sorted(fleet.alarms.values(), key=lambda one: one.id)
    found = [one for one in every if where.matches(one)] if where else every
    return [alarm_row(one) for one in _newest(found, limit)]


def alarm(one: Alarm) -> Row:
    """One alarm."""
    return alarm_row(one)


def message(exchange: Exchange, *, secrets: bool = False) -> Row:
    """One exchange; its passwords, keys and PIN codes only where ``secrets`` are asked for."""
    return as_row(exchange, secrets=secrets)


def happening(one: Happening, *, secrets: bool = False) -> Row:
    """One happening: who or what, when, and what was noted."""
    return happening_row(one, secrets=secrets)


async def messages(
    journal: Reader, where: Filter | None, limit: int | None = None, *, secrets: bool = False
) -> AsyncIterator[Row]:
    """Every exchange that matches, oldest first; with ``limit`` the newest so many of them, still oldest first."""
    if limit is not None:
        async for exchange in journal.newest(where, limit):
            yield as_row(exchange, secrets=secrets)
        return
    after: int | None = 0
    while after is not None:
        page = await journal.page(where, limit=_PAGE, after=after)
        for exchange in page.rows:
            yield as_row(exchange, secrets=secrets)
        after = page.next


async def transactions(
    fleet: Fleet, journal: Reader, where: SessionFilter | None = None, limit: int | None = None
) -> list[Row]:
    """Transactions that match, oldest first; with ``limit`` the newest so many. Others have their turn meanwhile."""
    rows: list[Row] = []
    async for one in _newest_first(fleet, journal):
        if limit is not None and len(rows) >= limit:
            break
        if not where or where.matches(one):
            rows.append(transaction_row(one))
    return rows[::-1]


async def transaction(fleet: Fleet, journal: Reader, number: int) -> Transaction:
    """The transaction of that number (our id). Raises NoSuchSession."""
    found = fleet.transactions.get(number) or next(iter(await journal.transactions(ids=[number])), None)
    if found is None:
        raise NoSuchSession(f"There is no session {number} here.")
    return found


async def _newest_first(fleet: Fleet, journal: Reader) -> AsyncIterator[Transaction]:
    """Every transaction: as the fleet has it where it does, else as the journal has."""
    held = dict(fleet.transactions)
    waiting = sorted(held)
    before: int | None = None
    more = True
    while more:
        page = {one.id: one for one in await journal.transactions(limit=_PAGE, before=before)}
        more = len(page) == _PAGE
        before = min(page, default=0)
        while waiting and (waiting[-1] >= before or not more):
            number = waiting.pop()
            page[number] = held[number]
        for count, number in enumerate(sorted(page, reverse=True)):
            if count % _TURN == _TURN - 1:
                await asyncio.sleep(0)
            yield page[number]


async def connections(
    fleet: Fleet, journal: Reader, where: RowFilter[Attempt] | None = None, limit: int | None = None
) -> list[Row]:
    """Every attempt to reach the endpoint and every link that ended, oldest first; the newest ``limit``.

    ``where`` chooses attempts: of those that pass, what opened, refused or closed them is given.
    """
    if not where:
        return [connection_row(one) for one in await _link_events(journal, limit)]
    ends: dict[int | None, Happening] = {}
    found: list[Happening] = []
    before: int | None = None
    more = limit is None or limit > 0
    while more:
        page = await journal.happenings(limit=_PAGE, before=before, kinds=_LINKS)
        more = len(page) == _PAGE
        before = page[0].id if page else 0
        for one in reversed(page):
            if one.kind == "link.closed":
                ends[one.link] = one  # what opened it comes later, being older
                continue
            end = ends.pop(one.link, None)
            attempt = attempt_of(one)
            if attempt is not None and where.matches(_as_it_stands(attempt, end, fleet)):
                found += [one] if end is None else [end, one]
        if limit is not None and len(found) >= limit:
            found.sort(key=lambda one: -one.id)
            # An end whose beginning was not met yet may still be among the newest.
            more = more and any(one.id > found[limit - 1].id for one in ends.values())
    found.sort(key=lambda one: one.id)
    return [connection_row(one) for one in _newest(found, limit)]


def _as_it_stands(attempt: Attempt, end: Happening | None, fleet: Fleet) -> Attempt:
    """An attempt as the journal tells of it, with its end, or open where its station still has that link."""
    if end is not None:
        close(attempt, end)
    elif attempt.verdict == "closed":
        station = fleet.station(attempt.station or "")
        if station is not None and station.connected and station.link == attempt.link:
            attempt.verdict, attempt.reason = "open", None
    return attempt


async def _link_events(journal: Reader, limit: int | None) -> list[Happening]:
    found: list[Happening] = []
    before: int | None = None
    while limit is None or len(found) < limit:
        size = _PAGE if limit is None else min(_PAGE, limit - len(found))
        page = await journal.happenings(limit=size, before=before, kinds=_LINKS)
        found += reversed(page)
        if len(page) < size:
            break
        before = page[0].id
    return found[::-1]


def _newest(rows: list[T], limit: int | None) -> list[T]:
    if limit is None:
        return rows
    return rows[max(0, len(rows) - limit) :] if limit > 0 else []
