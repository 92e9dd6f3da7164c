"""What a start takes from the journal: the fleet of the stored snapshot, what came after it, and the answers given."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from console.engine.dialects import dialect
from console.engine.endpoint.answers import KEPT_NS
from console.engine.endpoint.answers import Stored as StoredAnswer
from console.engine.feed import KEPT_CHARACTERS, size
from console.engine.fleet.fleet import Fleet
from console.engine.journal import Journal, Stored
from console.engine.wire.exchange import Exchange

if TYPE_CHECKING:
    from console.engine.endpoint.links import Links
    from console.engine.road import Road

RECENT = 500  # exchanges that live views begin with
TURN = 500  # records folded before others have their turn


def restore(fleet: Fleet, stored: Stored) -> None:
    """Put what is stored into an empty fleet."""
    fleet.restore(
        cursor=stored.cursor,
        last_transaction=stored.counters.get("transaction", 0),
        stations=stored.stations,
        transactions=stored.transactions,
        alarms=stored.alarms,
        ahead=stored.ahead,
    )


async def recall_fleet(road: Road) -> None:
    """Fold the journal into the road's empty fleet, and fill its feed with the newest exchanges. Raises JournalError."""
    stored = road.journal.load()
    restore(road.fleet, stored)
    road.last_link = stored.counters.get("link", 0)
    for exchange in await _recent(road.journal, stored.cursor + 1):
        road.feed.fill(exchange)
    for count, record in enumerate(road.journal.tail(stored.cursor)):
        road.fold(record)
        if isinstance(record, Exchange):
            road.feed.fill(record)
        if count % TURN == TURN - 1:
            await asyncio.sleep(0)
    road.fleet.ahead = {}


async def _recent(journal: Journal, before: int | None) -> list[Exchange]:
    """The newest exchanges below ``before``, oldest first, as far as live views keep them."""
    pages: list[list[Exchange]] = []
    missing, characters = RECENT, 0
    while missing > 0 and characters < KEPT_CHARACTERS and before is not None:
        page = await journal.page(None, limit=missing, before=before, late=True)
        pages.append(page.rows)
        missing -= len(page.rows)
        characters += sum(map(size, page.rows))
        before = page.next
    return [row for rows in reversed(pages) for row in rows]


async def recall_answers(road: Road, links: Links) -> None:
    """Give the stations the answers back that a repeated transaction message gets (docs/decisions/0005-repeated-calls.md).

    Raises JournalError.
    """
    now = road.clock()
    for station in road.fleet.stations.values():
        if station.version is None or not (station.active or station.recent):
            continue
        actions = dialect(station.version).replayed
        book = links.book(station.key)
        for one in reversed(await road.journal.recent_answers(station.key, actions, now - KEPT_NS)):
            stored = StoredAnswer(hash(one.raw_request), 0, now, one.action, one.raw_response, one.transaction)
            book.add_older(one.unique_id, stored)
