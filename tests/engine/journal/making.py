"""Exchanges to write, and a journal that runs in the test's loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from console.engine.fleet.events import MeterSample
from console.engine.fleet.model import Reading
from console.engine.journal import Journal, Snapshot
from console.engine.wire import frame
from console.engine.wire.exchange import Exchange, Happening, Record

NOON = 1_768_478_400_000_000_000  # 2026-01-15T12:00:00Z
SECOND = 1_000_000_000


def exchange(number: int = 1, **changed: Any) -> Exchange:
    """A Heartbeat of CP-001, ``number`` seconds after noon, answered in 3 ms."""
    uid = str(changed.pop("unique_id", number))
    action = changed.pop("action", "Heartbeat")
    request, response = changed.pop("request", {}), changed.pop("response", {"currentTime": "2026-01-15T12:00:00Z"})
    facts: dict[str, Any] = {
        "time": NOON + number * SECOND,
        "station": "CP-001",
        "version": "1.6",
        "link": 7,
        "direction": "in",
        "action": action,
        "unique_id": uid,
        "request": request,
        "response": response,
        "outcome": "result",
        "latency_ns": 3_000_000,
    }
    if "raw_request" not in changed:
        facts["raw_request"] = frame.call(uid, action, request) if action else None
    if "raw_response" not in changed:
        facts["raw_response"] = frame.result(uid, response)
    return Exchange(**(facts | changed))


def happening(kind: str = "link.opened", station: str | None = "CP-001", **data: Any) -> Happening:
    """Something that befell at noon."""
    return Happening(time=NOON, kind=kind, station=station, data=data)


def reading(transaction: int, at: int, *samples: MeterSample) -> Reading:
    """What a meter of station ``cp-001`` told at ``at``, as the fold leaves it for the journal."""
    return Reading(transaction, "cp-001", at, msgspec.json.encode([1, 1, at, samples]))


class Running:
    """A started journal and what it released, in order."""

    def __init__(self, directory: Path, prepare: Callable[[Journal], object] | None = None) -> None:
        self.journal = Journal.open(directory)
        self.batches: list[tuple[list[Record], Exception | None]] = []
        self._arrived = asyncio.Event()
        self._appended = 0
        if prepare is not None:
            prepare(self.journal)
        self.journal.start(asyncio.get_running_loop(), self._released)

    def _released(self, records: list[Record], error: Exception | None) -> None:
        self.batches.append((records, error))
        self._arrived.set()

    @property
    def released(self) -> list[Record]:
        return [record for records, _ in self.batches for record in records]

    @property
    def errors(self) -> list[Exception]:
        return [error for _, error in self.batches if error is not None]

    async def write(self, *records: Record) -> None:
        """Append and wait until all that was ever appended here has been released."""
        for record in records:
            self.journal.append(record)
        self._appended += len(records)
        async with asyncio.timeout(20):
            while len(self.released) < self._appended:
                self._arrived.clear()
                await self._arrived.wait()

    async def save(self, snapshot: Snapshot) -> Exception | None:
        """Save and wait for the outcome."""
        done: asyncio.Future[Exception | None] = asyncio.get_running_loop().create_future()
        self.journal.save(snapshot, done.set_result)
        async with asyncio.timeout(20):
            return await done
