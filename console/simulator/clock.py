"""Where a station's time comes from, so that a test can turn the hands."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Two views of one time: seconds that never jump, and the date."""

    def monotonic(self) -> float:
        """Seconds since some fixed moment."""

    def now(self) -> datetime:
        """The present moment in UTC."""


class SystemClock:
    """The computer's clocks."""

    def monotonic(self) -> float:
        """Seconds since some fixed moment."""
        return time.monotonic()

    def now(self) -> datetime:
        """The present moment in UTC."""
        return datetime.now(UTC)


def stamp(moment: datetime) -> str:
    """The moment as OCPP writes it: UTC, milliseconds, ``Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def parse(text: str) -> datetime | None:
    """The moment that an RFC 3339 text names (UTC where it has no zone), or None."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
