"""What the engine does now and then: figures for the header, snapshots of the fleet, the clock, forgetting what is old."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque

from console.engine.collector import Collector
from console.engine.errors import EngineError
from console.engine.fleet.fleet import Dirty, Fleet
from console.engine.fleet.model import StoredSample
from console.engine.journal import Snapshot
from console.engine.road import Road
from console.engine.sample_rows import samples_among
from console.engine.stats import Stats
from console.engine.wire.exchange import Happening

log = logging.getLogger("chargehand.engine")

SNAPSHOT_S = 5.0  # a round of snapshots begins no sooner than that,
SHARE = 20  # than so many times what the last one cost,
NEWS = 8  # and than so many messages for each station that is to be written,
LONGEST_S = 30.0  # but for these no longer than that,
SNAPSHOT_READINGS = 20_000  # or than so many readings of meters wait for it
SLICE_S = 0.002  # of the loop's time, about, for some stations
BREATH_S = 0.02  # between two slices
MOST = 512  # stations in a slice
TICK_S = 0.5
CLOCK_JUMP_NS = 5_000_000_000
RETENTION_S = 3600.0
RETENTION_FIRST_S = 180.0  # a console that is never left running for an hour forgets too
NS = 1_000_000_000
# Linux calls it BOOTTIME. The BSDs and macOS have none, but there MONOTONIC counts sleep, unlike Python's own clock.
_STEADY: int | None = getattr(time, "CLOCK_BOOTTIME", getattr(time, "CLOCK_MONOTONIC", None))


class Upkeep:
    """The housekeeping of one engine."""

    def __init__(self, road: Road) -> None:
        self.stats = Stats()
        self._road = road
        self.collector = Collector()
        self._taken: Dirty | None = None
        self._written: asyncio.Future[bool] | None = None
        self._clocks = (road.clock(), steady_ns())
        self._rates: deque[tuple[float, int]] = deque(maxlen=11)

    async def tick(self) -> None:
        """Go on for ever, twice a second."""
        while True:
            await asyncio.sleep(TICK_S)
            try:
                self._turn(time.monotonic())
            except Exception:
                log.exception("the engine's own housekeeping failed")

    def _turn(self, now: float) -> None:
        self._watch_clock()
        fleet = self._road.fleet
        self.stats.refresh(fleet)
        self._rates.append((now, self._road.feed.total))
        first, last = self._rates[0], self._rates[-1]
        elapsed = last[0] - first[0]
        self.stats.messages_per_second = (last[1] - first[1]) / elapsed if elapsed > 0 else 0.0
        self.collector.turn(now, self.stats.messages_per_second)

    def _watch_clock(self) -> None:
        """Whether somebody has set this computer's clock; sleep of the computer is no such thing."""
        wall, steady = self._road.clock(), steady_ns()
        jumped = (wall - self._clocks[0]) - (steady - self._clocks[1])
        self._clocks = (wall, steady)
        if abs(jumped) > CLOCK_JUMP_NS:
            log.warning("this computer's clock was set by %.1f s", jumped / NS)
            self._road.keep(Happening(time=wall, kind="console.clock", data={"seconds": round(jumped / NS, 1)}))

    async def save(self) -> None:
        """Hand what changes in the fleet to the journal, round by round for ever, a few stations at a time."""
        began, start, spent = time.monotonic(), self._road.fleet.cursor, 0.0
        while True:
            await asyncio.sleep(TICK_S)
            if not self._due(time.monotonic() - began, self._road.fleet.cursor - start, spent):
                continue
            try:
                spent = await self._round()
            except Exception:
                log.exception("the fleet could not be handed to the journal")
            began, start = time.monotonic(), self._road.fleet.cursor

    def _due(self, waited: float, news: int, spent: float) -> bool:
        """Whether a round begins: after so many seconds and records, the last one having cost ``spent`` seconds.

        Where every message is of another station, each would pay for a station written; so a round waits for more.
        """
        dirty = self._road.fleet.dirty
        if waited >= SNAPSHOT_S and dirty.waiting > SNAPSHOT_READINGS:
            return True
        enough = waited >= LONGEST_S or news >= NEWS * len(dirty.stations)
        return enough and waited >= max(SNAPSHOT_S, spent * SHARE)

    async def _round(self) -> float:
        """Hand over all that has changed up to now; the seconds that this cost the loop. In the order of the keys, so
        that stations that are neighbours in the file are written together."""
        fleet = self._road.fleet
        start, waiting = fleet.cursor, sorted(fleet.dirty.keys())
        spent, size = 0.0, 8
        while waiting:
            keys, waiting = waiting[:size], waiting[size:]
            began = time.perf_counter()
            self._hand_over(keys, 0 if waiting else start)
            cost = time.perf_counter() - began
            spent += cost
            size = max(1, min(4 * size, round(len(keys) * SLICE_S / max(cost, 1e-6)), MOST))
            if not await self._settled():
                break  # the disk refuses; what was given back is due in the next round
            await asyncio.sleep(BREATH_S)
        return spent

    def snapshot(self) -> None:
        """Hand everything that has changed to the journal at once; what cannot be saved is given back."""
        if self._road.fleet.dirty:
            self._hand_over(None, self._road.fleet.cursor)

    async def finish(self) -> None:
        """The last snapshot, after any that is under way: what that gives back must be in this one."""
        await self._settled()
        self.snapshot()

    def samples_due(self, transaction: int) -> list[StoredSample]:
        """The samples of a transaction that the journal may not have yet."""
        parts = [self._road.fleet.dirty] if self._taken is None else [self._taken, self._road.fleet.dirty]
        return samples_among(parts, transaction)

    def _hand_over(self, keys: list[str] | None, cursor: int) -> None:
        fleet, journal = self._road.fleet, self._road.journal
        taken = fleet.take_dirty(keys)
        self._taken, self._written = taken, asyncio.get_running_loop().create_future()

        def saved(error: Exception | None, written: asyncio.Future[bool] = self._written) -> None:
            if error is not None:
                fleet.give_back(taken)
            if self._taken is taken:
                self._taken = None
            if not written.done():
                written.set_result(error is None)

        try:
            journal.save(snapshot_of(fleet, taken, cursor, self._road.last_link), saved)
        except Exception as error:
            saved(error)
            raise

    async def _settled(self) -> bool:
        """Wait for the snapshot that is under way; whether the last one was written."""
        return True if self._written is None else await asyncio.shield(self._written)

    async def retain(self, days: int) -> None:
        """Forget what is older than ``days``, once an hour for ever; 0 forgets nothing and returns."""
        pause = RETENTION_FIRST_S
        while days > 0:
            await asyncio.sleep(pause)
            pause = RETENTION_S
            try:
                await self._road.journal.prune(self._road.clock() - days * 86_400 * NS)
            except EngineError as error:
                log.warning("what is older than %d days could not be forgotten: %s", days, error)
            except Exception:
                log.exception("what is older than %d days could not be forgotten", days)


def steady_ns() -> int:
    """A clock that nobody sets and that goes on while the computer sleeps, where the system has such a one."""
    return time.monotonic_ns() if _STEADY is None else time.clock_gettime_ns(_STEADY)


def snapshot_of(fleet: Fleet, taken: Dirty, cursor: int, last_link: int) -> Snapshot:
    """What was taken of a fleet, as the journal stores it; ``cursor`` as in ``Snapshot``."""
    return Snapshot(
        cursor=cursor,
        at=fleet.cursor,
        stations=list(taken.stations.values()),
        transactions=[one for mine in taken.transactions.values() for one in mine.values()],
        alarms=[one for mine in taken.alarms.values() for one in mine.values()],
        samples=[one for mine in taken.samples.values() for one in mine],
        gone=sorted(taken.gone),
        counters={"transaction": fleet.last_transaction, "link": last_link},
    )
