"""The queue of transaction messages: in order, none lost, sent again after the link was gone.

OCPP 1.6 section 3.7 and OCPP 2.x use case E12/E13: messages of transactions wait while the station is offline and go
out in the order in which they came to be. A message that the central system cannot process is tried again and given
up after ``attempts`` (TransactionMessageAttempts).
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from console.simulator.wire import CallFailed, LinkLost

log = logging.getLogger("chargehand.simulator")


@dataclass(slots=True)
class Entry:
    """A message that waits. ``build`` makes the payload when it is sent: in 1.6 the transaction id comes late."""

    action: str
    build: Callable[[], dict[str, Any]]
    answered: Callable[[Any], None] | None = None
    uid: str = field(default_factory=lambda: str(uuid.uuid4()))
    attempts: int = 0
    settled: asyncio.Event = field(default_factory=asyncio.Event)


class Outbox:
    """Messages of transactions on their way. ``ready`` is set while the station is online and registered."""

    def __init__(self, ready: asyncio.Event) -> None:
        self.attempts = 3
        self.retry_seconds = 10.0
        self._ready = ready
        self._queue: deque[Entry] = deque()
        self._filled = asyncio.Event()

    def __len__(self) -> int:
        return len(self._queue)

    def put(
        self, action: str, build: Callable[[], dict[str, Any]], answered: Callable[[Any], None] | None = None
    ) -> Entry:
        """Append a message; ``answered`` gets the central system's answer."""
        entry = Entry(action, build, answered)
        self._queue.append(entry)
        self._filled.set()
        return entry

    def holds(self, transaction: str) -> bool:
        """Whether a message of this transaction (its own id in ``transactionInfo``) still waits."""
        return any(e.build().get("transaction_info", {}).get("transactionId") == transaction for e in self._queue)

    async def drained(self) -> None:
        """Wait until nothing is queued."""
        while self._queue:
            await self._queue[-1].settled.wait()

    async def pump(self, call: Callable[..., Awaitable[Any]]) -> None:
        """Send one after the other, for ever. ``call(action, payload, uid=…)`` raises LinkLost or CallFailed."""
        while True:
            await self._filled.wait()
            await self._ready.wait()
            if not self._queue:
                self._filled.clear()
                continue
            entry = self._queue[0]
            try:
                answer = await call(entry.action, entry.build(), uid=entry.uid)
            except LinkLost:
                # `ready` may still be set for the moment in which the loss is noticed
                await asyncio.sleep(0.05)
                continue
            except CallFailed as failure:
                if await self._again(entry, failure):
                    continue
                answer = None
            if self._queue and self._queue[0] is entry:
                self._queue.popleft()
            if entry.answered and answer is not None:
                entry.answered(answer)
            entry.settled.set()

    async def _again(self, entry: Entry, failure: CallFailed) -> bool:
        entry.attempts += 1
        if entry.attempts >= self.attempts or failure.final:
            log.warning("%s given up after %d attempts: %s", entry.action, entry.attempts, failure)
            return False
        await asyncio.sleep(self.retry_seconds * entry.attempts)
        return True
