"""What a link needs of the engine around it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from console.engine.dialects.base import Policy
from console.engine.fleet.fleet import Fleet
from console.engine.wire.exchange import Record

Then = Callable[[Exception | None], None]


class Hub(Protocol):
    """The engine, as a link sees it. All of it is called in the event loop."""

    fleet: Fleet
    clock: Callable[[], int]

    def keep(self, record: Record, then: Then | None = None) -> int:
        """Append a record to the journal. Once it is committed it is folded, then ``then(None)`` is called;
        ``then(error)`` where the disk refused, and nothing is folded."""

    def policy(self, station: str, registration: str) -> Policy:
        """What the profile says for a station that admission let in with that registration."""

    def next_transaction(self) -> int:
        """A transaction id that was never handed out: a positive int32."""
