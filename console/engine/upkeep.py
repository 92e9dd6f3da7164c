"""What the engine does now and then: figures for the header, snapshots of the fleet, the clock, forgetting what is old."""

from __future__ import annotations

import asyncio
import gc
import logging
import time
from collections import deque

from console.engine.errors import EngineError
from console.engine.fleet.fleet import Dirty, Fleet
from console.engine.journal import Snapshot
from console.engine.road import Road
from console.engine.stats import Stats
from console.engine.wire.exchange import Happening

log = logging.getLogger("chargehand.engine")

SNAPSHOT_S = 5.0
SNAPSHOT_SAMPLES = 150_000  # or as soon as so many samples wait for it
TICK_S = 0.5
CLOCK_JUMP_NS = 5_000_000_000
RETENTION_S = 3600.0
RETENTION_FIRST_S = 180.0  # a console that is never left running for an hour forgets too
NS = 1_000_000_000


class Upkeep:
    """The housekeeping of one engine."""

    def __init__(self, road: Road) -> None:
        self.stats = Stats()
        self._road = road
        self._last_snapshot = time.monotonic()
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
        if now - self._last_snapshot >= SNAPSHOT_S or len(fleet.dirty.samples) > SNAPSHOT_SAMPLES:
            self._last_snapshot = now
            self.snapshot()

    def _watch_clock(self) -> None:
        """Whether somebody has set this computer's clock; sleep of the computer is no such thing."""
        wall, steady = self._road.clock(), steady_ns()
        jumped = (wall - self._clocks[0]) - (steady - self._clocks[1])
        self._clocks = (wall, steady)
        if abs(jumped) > CLOCK_JUMP_NS:
            log.warning("this computer's clock was set by %.1f s", jumped / NS)
            self._road.keep(Happening(time=wall, kind="console.clock", data={"seconds": round(jumped / NS, 1)}))

    def snapshot(self) -> None:
        """Hand what has changed in the fleet to the journal; what cannot be saved is given back, for the next time."""
        fleet, journal = self._road.fleet, self._road.journal
        if not fleet.dirty:
            return
        taken = fleet.take_dirty()

        def saved(error: Exception | None) -> None:
            if error is not None:
                fleet.give_back(taken)

        try:
            journal.save(_snapshot_of(fleet, taken, self._road.last_link), saved)
        except Exception:
            fleet.give_back(taken)
            raise

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
    boot = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic_ns() if boot is None else time.clock_gettime_ns(boot)


def calm_collector() -> None:
    """Keep what lives as long as the console out of the garbage collector's way: its pauses are felt in the keys."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 25, 100)


def _snapshot_of(fleet: Fleet, taken: Dirty, last_link: int) -> Snapshot:
    return Snapshot(
        cursor=fleet.cursor,
        stations=list(taken.stations.values()),
        transactions=list(taken.transactions.values()),
        alarms=list(taken.alarms.values()),
        samples=taken.samples,
        gone=sorted(taken.gone),
        counters={"transaction": fleet.last_transaction, "link": last_link},
    )
