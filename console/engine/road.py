"""The road of a record: it is kept, folded once its commit has returned, and then whoever waits for it goes on."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from console.engine.endpoint.hub import Then
from console.engine.errors import JournalFull
from console.engine.feed import Feed
from console.engine.fleet.events import Event
from console.engine.fleet.fleet import Fleet
from console.engine.journal import Journal
from console.engine.reading import fold_record
from console.engine.wire.exchange import Exchange, Happening, Record

log = logging.getLogger("chargehand.engine")

Watcher = Callable[[Record, tuple[Event, ...]], None]


class Road:
    """What of the engine every message passes. A class to inherit from, so that no message pays for one call more.

    ``clock`` gives UTC ns; ``journal`` is set before the first record; ``last_link`` is the highest link number of any.
    """

    journal: Journal

    def __init__(self, clock: Callable[[], int]) -> None:
        self.clock = clock
        self.fleet = Fleet()
        self.feed = Feed()
        self.last_link = 0
        self._thens: dict[int, Then] = {}
        self._watchers: list[Watcher] = []

    def keep(self, record: Record, then: Then | None = None) -> int:
        """Append a record; once it is committed it is folded, and ``then`` runs with None, or with the disk's error."""
        number = self.journal.append(record)
        if then is not None:
            self._thens[number] = then
        return number

    def _released(self, batch: list[Record], error: Exception | None) -> None:
        """What the journal calls in the loop: these records are committed, or (``error``) the disk refused them."""
        thens, watchers = self._thens, self._watchers
        for record in batch:
            then = thens.pop(record.id, None) if thens else None
            if error is None:
                events = self.fold(record)
                if type(record) is Exchange:
                    self.feed.add(record)
                for watcher in watchers:
                    try:
                        watcher(record, events)
                    except Exception:
                        log.exception("what watches failed on record %d", record.id)
            if then is not None:
                try:
                    then(error)
                except Exception:
                    log.exception("what follows record %d failed", record.id)

    def fold(self, record: Record) -> tuple[Event, ...]:
        if record.link is not None and record.link > self.last_link:
            self.last_link = record.link
        return fold_record(self.fleet, record)

    def watch(self, callback: Watcher) -> Callable[[], None]:
        """Have ``callback`` called in the loop after each fold, in order. Returns how to end that."""
        self._watchers = [*self._watchers, callback]

        def unwatch() -> None:
            self._watchers = [one for one in self._watchers if one is not callback]

        return unwatch

    async def happen(self, kind: str, *, station: str | None = None, link: int | None = None, **data: Any) -> Happening:
        """Keep a happening; it is committed and folded when this returns. Raises JournalFull where the disk refuses."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def then(error: Exception | None) -> None:
            if done.done():
                return
            if error is None:
                done.set_result(None)
            else:
                done.set_exception(JournalFull(f"Nothing was done, because it could not be recorded: {error}"))

        happening = Happening(time=self.clock(), kind=kind, station=station, link=link, data=data)
        self.keep(happening, then)
        await done
        return happening
