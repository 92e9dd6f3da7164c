"""What the file server keeps of a file on the move, and of one that lies still."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Literal

import msgspec

from console.engine.wire.exchange import Happening

TransferState = Literal["waiting", "moving", "done", "failed", "closed"]

_RATE_SECONDS = 0.5  # over how long a rate is taken
_STALE_SECONDS = 3.0  # without a byte for so long the rate is 0


class StoredFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file of the library. ``name`` is its name on our disk, ``modified`` UTC nanoseconds, ``size`` bytes.

    ``station`` is the folder an upload came into (the identity made safe), None for an image.
    """

    name: str
    path: Path
    size: int
    modified: int
    station: str | None = None


class Transfer:
    """A file offered to a station, or an upload awaited from it.

    ``name`` is what a person reads (for an upload the name that the station gave: display text, never a path);
    ``path`` is on our disk; ``size`` bytes, None where it is not known; ``done`` bytes moved; ``started`` and ``ended``
    UTC nanoseconds; ``error`` why the last attempt failed; ``changed`` the file server's counter at the last change.

    ``waiting``: nobody has come yet, or the connection broke and may come again; ``failed``: it cannot succeed as it
    stands (too large, disk full); ``closed``: the order is over and the path is gone.
    """

    __slots__ = (
        "_ended",
        "_mark_bytes",
        "_mark_time",
        "_moved",
        "_rate",
        "changed",
        "done",
        "ended",
        "error",
        "id",
        "kind",
        "name",
        "order",
        "path",
        "peer",
        "purpose",
        "size",
        "spans",
        "started",
        "state",
        "station",
        "token",
        "uploads",
    )

    def __init__(
        self,
        *,
        id: int,
        kind: Literal["offer", "upload"],
        station: str,
        order: int,
        name: str,
        token: str,
        path: Path | None = None,
        size: int | None = None,
        purpose: str = "",
    ) -> None:
        self.id = id
        self.kind = kind
        self.station = station
        self.order = order
        self.name = name
        self.token = token
        self.path = path
        self.size = size
        self.purpose = purpose
        self.done = 0
        self.state: TransferState = "waiting"
        self.started: int | None = None
        self.ended: int | None = None
        self.error: str | None = None
        self.peer: str | None = None
        self.changed = 0
        self.spans = Spans()
        self.uploads = 0
        self._ended = asyncio.Event()
        self._rate = 0.0
        self._moved = self._mark_time = time.monotonic()
        self._mark_bytes = 0

    @property
    def rate(self) -> float:
        """Bytes a second just now; 0 where nothing moves."""
        if self.state != "moving" or time.monotonic() - self._moved > _STALE_SECONDS:
            return 0.0
        return self._rate

    @property
    def progress(self) -> float | None:
        """0 to 1; None where the size is not known."""
        if self.state == "done":
            return 1.0
        return None if not self.size else min(1.0, self.done / self.size)

    async def wait_done(self) -> TransferState:
        """Wait until it is ``done``, ``failed`` or ``closed``; returns which. Safe to await many times."""
        await self._ended.wait()
        return self.state

    def told(self, now: int) -> Happening | None:
        """What the journal keeps of it once it is ``done`` or has ``failed``; None before. ``now`` in UTC ns."""
        if self.state not in ("done", "failed"):
            return None
        return Happening(
            time=now,
            kind="file.received" if self.kind == "upload" else "file.offered",
            station=self.station or None,
            data={
                "name": self.name,
                "bytes": self.done,
                "order": self.order,
                "state": self.state,
                "path": self.path.name if self.path is not None else None,
            },
        )

    # For the file server.

    def begin(self, peer: str | None) -> None:
        """A client has come for it."""
        self.peer = peer
        if self.started is None:
            self.started = time.time_ns()
        if self.kind == "upload" or self.state != "done":  # an image may be fetched again after it was done
            self.state = "moving"
            self.ended = None
            self.error = None
            self._ended.clear()
        self._mark_bytes = self.done
        self._mark_time = self._moved = time.monotonic()

    def move(self, done: int) -> None:
        """So many bytes have moved in all."""
        self.done = done
        now = self._moved = time.monotonic()
        passed = now - self._mark_time
        if passed >= _RATE_SECONDS or (not self._rate and passed > 0.01):
            self._rate = max(0.0, (done - self._mark_bytes) / passed)
            self._mark_bytes, self._mark_time = done, now

    def end(self, state: TransferState, error: str | None = None) -> None:
        """It came to rest: ``waiting`` where the station may come again."""
        if self.kind == "upload" and self.path is not None:
            state = "done"  # a file has arrived; what failed was one more
        self.state = state
        self.error = error
        if state != "waiting":
            self.ended = time.time_ns()
            self._ended.set()


class Spans:
    """Which bytes of a file have been sent, as merged half-open ranges: a download may come in pieces, in any order."""

    def __init__(self) -> None:
        self._spans: list[tuple[int, int]] = []

    def add(self, start: int, end: int) -> None:
        """Bytes from ``start`` up to but not with ``end``."""
        spans = [*self._spans, (start, end)]
        spans.sort()
        merged: list[tuple[int, int]] = []
        for low, high in spans:
            if merged and low <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(merged[-1][1], high))
            else:
                merged.append((low, high))
        self._spans = merged

    def total(self) -> int:
        """How many bytes."""
        return sum(high - low for low, high in self._spans)
