"""Every attempt to reach the endpoint, including those that never became a link: the newest in memory, bounded."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterator
from typing import Any

import msgspec

KEPT = 2000
FOLDED_NS = 60 * 1_000_000_000  # the same refusal again within this time is counted on its row
FOLDS = 1024


class Attempt(msgspec.Struct, kw_only=True):
    """One TCP connection to the endpoint and what became of it.

    ``verdict``: ``trying`` (no request yet), ``open``, ``closed`` (was a link), ``refused``. ``status`` the HTTP status
    sent; ``tls`` version and cipher suite agreed, ``offer`` what the peer offered where none could be, ``certificate``
    the subject and ``serial`` the number (hex) of the certificate that it showed; ``reason`` why, ``advice`` what to
    change on the charger, both in words; times in UTC ns. ``count``: how often the same refusal came within a minute of
    the last one.
    """

    id: int
    time: int
    peer: str
    local: str
    path: str | None = None
    identity: str | None = None
    station: str | None = None
    subprotocols: tuple[str, ...] = ()
    subprotocol: str | None = None
    version: str | None = None
    user: str | None = None
    agent: str | None = None
    tls: str | None = None
    offer: str | None = None
    certificate: str | None = None
    serial: str | None = None
    security: int = 0
    verdict: str = "trying"
    status: int | None = None
    close_code: int | None = None
    reason: str | None = None
    advice: str | None = None
    badges: tuple[str, ...] = ()
    link: int | None = None
    closed: int | None = None
    count: int = 1
    changed: int = 0

    def told(self) -> dict[str, Any]:
        """What the journal keeps of it (see ``Happening``)."""
        return {
            "peer": self.peer,
            "local": self.local,
            "path": self.path,
            "identity": self.identity,
            "subprotocols": list(self.subprotocols),
            "subprotocol": self.subprotocol,
            "version": self.version,
            "user": self.user,
            "agent": self.agent,
            "tls": self.tls,
            "offer": self.offer,
            "certificate": self.certificate,
            "serial": self.serial,
            "security": self.security,
            "badges": list(self.badges),
        }


class Attempts:
    """The newest attempts, oldest first. ``total`` counts all, ``changed`` counts changes, for views that pull."""

    def __init__(self) -> None:
        self.rows: deque[Attempt] = deque(maxlen=KEPT)
        self._refusals: OrderedDict[tuple[str | None, ...], Attempt] = OrderedDict()
        self.total = 0
        self.refused = 0
        self.changed = 0

    def __iter__(self) -> Iterator[Attempt]:
        return iter(self.rows)

    def add(self, attempt: Attempt) -> None:
        """Keep a new attempt."""
        self.total += 1
        self.rows.append(attempt)
        self.touch(attempt)

    def fold(self, attempt: Attempt, now: int) -> bool:
        """Count a refusal on the row of the same one from the same address within a minute, if there is such a row.

        Then the attempt has no row of its own. ``now`` UTC ns; ``closed`` of the row is the time of the last one.
        """
        self.refused += 1
        key = (attempt.peer.rsplit(":", 1)[0], attempt.local, attempt.identity, str(attempt.status), attempt.reason)
        first = self._refusals.get(key)
        if first is None or first.id < self.rows[0].id or not 0 <= now - (first.closed or first.time) < FOLDED_NS:
            attempt.closed = now
            self._refusals[key] = attempt
            self._refusals.move_to_end(key)
            if len(self._refusals) > FOLDS:
                self._refusals.popitem(last=False)
            self.touch(attempt)
            return False
        first.count += 1
        first.closed = now
        self.touch(first)
        for index in range(len(self.rows) - 1, -1, -1):
            if self.rows[index] is attempt:
                del self.rows[index]
                break
        return True

    def touch(self, attempt: Attempt) -> None:
        """Note that an attempt's row has changed."""
        self.changed += 1
        attempt.changed = self.changed
