"""What can be asked of a fleet and its journal, as rows for programs. The API and ``--data`` both read through here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TypeVar

import orjson

from console.engine.filter import Filter
from console.engine.fleet.fleet import Fleet
from console.engine.fleet.model import Alarm, Transaction
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


def stations(fleet: Fleet) -> list[Row]:
    """Every station, by identity."""
    every = sorted(fleet.stations.values(), key=lambda one: one.key)
    return [station_row(one, fleet.transactions) for one in every if not one.removed]


def connectors(fleet: Fleet) -> list[Row]:
    """Every connector of every station."""
    return [
        connector_row(station, connector, fleet.transactions)
        for station in sorted(fleet.stations.values(), key=lambda one: one.key)
        if not station.removed
        for connector in station.connectors()
    ]


def alarms(fleet: Fleet, limit: int | None = None) -> list[Row]:
    """Every alarm, oldest first; the newest ``limit``."""
    return [alarm_row(one) for one in _newest(sorted(fleet.alarms.values(), key=lambda one: one.id), limit)]


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
        for exchange in await journal.messages(where, limit=limit) if limit > 0 else ():
            yield as_row(exchange, secrets=secrets)
        return
    after: int | None = 0
    while after is not None:
        page = await journal.page(where, limit=_PAGE, after=after)
        for exchange in page.rows:
            yield as_row(exchange, secrets=secrets)
        after = page.next


async def transactions(fleet: Fleet, journal: Reader, where: Filter | None, limit: int | None = None) -> list[Row]:
    """Transactions that match, oldest first; with ``limit`` the newest so many. Others have their turn meanwhile."""
    rows: list[Row] = []
    async for one in _newest_first(fleet, journal):
        if limit is not None and len(rows) >= limit:
            break
        if where is None or where.empty or where.matches(_as_exchange(one, fleet)):
            rows.append(transaction_row(one))
    return rows[::-1]


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


async def connections(journal: Reader, limit: int | None = None) -> list[Row]:
    """Every attempt to reach the endpoint and every link that ended, oldest first; the newest ``limit``."""
    rows: list[Row] = []
    before: int | None = None
    while limit is None or len(rows) < limit:
        size = _PAGE if limit is None else min(_PAGE, limit - len(rows))
        page = await journal.happenings(limit=size, before=before, kinds=_LINKS)
        rows += [connection_row(one) for one in reversed(page)]
        if len(page) < size:
            break
        before = page[0].id
    return rows[::-1]


def _as_exchange(one: Transaction, fleet: Fleet) -> Exchange:
    """A transaction in the shape that filters judge: station, tx, since, until, version and words mean what they say."""
    station = fleet.station(one.station)
    return Exchange(
        id=one.id,
        time=one.started or one.received,
        station=one.station,
        version=(station.version if station is not None else None) or "",
        direction="in",
        action=None,
        unique_id=None,
        outcome="result",
        transaction=one.wire,
        raw_request=orjson.dumps(transaction_row(one)).decode(),
    )


def _newest(rows: list[T], limit: int | None) -> list[T]:
    if limit is None:
        return rows
    return rows[max(0, len(rows) - limit) :] if limit > 0 else []
