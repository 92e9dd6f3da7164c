"""What the fleet has at hand of transactions and their samples, and what the journal holds beyond that, as one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from console.engine.fleet.fleet import Fleet
from console.engine.fleet.model import StoredSample, Transaction
from console.engine.journal import Journal, Reader
from console.engine.sample_rows import samples_among
from console.engine.upkeep import Upkeep


async def transactions(fleet: Fleet, journal: Journal, station: str | None, limit: int) -> list[Transaction]:
    """Transactions of one station, or of all (None), newest first. Raises JournalError."""
    key = None if station is None else station.casefold()
    found = {one.id: one for one in fleet.transactions.values() if key is None or one.station.casefold() == key}
    for one in await journal.transactions(station=key, limit=limit):
        found.setdefault(one.id, one)
    return sorted(found.values(), key=lambda one: -one.id)[:limit]


async def samples(upkeep: Upkeep, journal: Journal, transaction: int) -> list[StoredSample]:
    """Every sample of a transaction (our id), in order. Raises JournalError."""
    return together(upkeep.samples_due(transaction), await journal.samples(transaction))


async def samples_of(fleet: Fleet, journal: Reader, transaction: int) -> list[StoredSample]:
    """The same of a data directory: what was stored, and what came after that. Raises JournalError."""
    return together(samples_among((fleet.dirty,), transaction), await journal.samples(transaction))


def together(due: Iterable[StoredSample], stored: Sequence[StoredSample]) -> list[StoredSample]:
    """What is stored, then what is due to be, each once."""
    known = set(stored)  # some may have been written meanwhile
    return [*stored, *(one for one in due if one not in known)]
