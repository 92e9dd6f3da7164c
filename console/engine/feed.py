"""The newest exchanges in memory: what live views and followers of the API pull from."""

from __future__ import annotations

from collections import deque
from itertools import islice

from console.engine.wire.exchange import Exchange

KEPT = 2000
KEPT_CHARACTERS = 16 * 1024 * 1024  # of frames as text; decoded they take ten times as much


class Feed:
    """A ring of the newest committed exchanges, oldest first. ``total`` counts all since the start."""

    def __init__(self) -> None:
        self.rows: deque[Exchange] = deque()
        self.total = 0
        self._characters = 0

    @property
    def last_id(self) -> int:
        """The id of the newest exchange; 0 before the first."""
        return self.rows[-1].id if self.rows else 0

    def add(self, exchange: Exchange) -> None:
        """Take in a committed exchange."""
        self.fill(exchange)
        self.total += 1

    def fill(self, exchange: Exchange) -> None:
        """Take in an exchange of before the start."""
        rows = self.rows
        rows.append(exchange)
        self._characters += size(exchange)
        while len(rows) > KEPT or (self._characters > KEPT_CHARACTERS and len(rows) > 1):
            self._characters -= size(rows.popleft())

    def since(self, number: int) -> list[Exchange]:
        """The exchanges with an id above ``number``, oldest first, as far as the ring reaches."""
        newer = 0
        for exchange in reversed(self.rows):
            if exchange.id <= number:
                break
            newer += 1
        return list(islice(self.rows, len(self.rows) - newer, None))


def size(exchange: Exchange) -> int:
    """Characters of its frames."""
    return len(exchange.raw_request or "") + len(exchange.raw_response or "")
