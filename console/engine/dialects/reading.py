"""Careful reading of payloads: every getter takes what can be understood and gives None for the rest. Nothing raises.

Values of any type are read in ``wire/values.py``; here are times, which stations also send without a zone.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from console.engine.wire.values import INT64, integer, items, number, obj, text

__all__ = [
    "Clock",
    "has_zone",
    "integer",
    "items",
    "number",
    "obj",
    "pruned",
    "stamp",
    "text",
    "when",
]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_STEP_NS = 60 * 1_000_000_000


def when(value: Any) -> int | None:
    """UTC nanoseconds of an RFC 3339 text; a time without a zone is taken as UTC (Growatt); None where it is no time.

    Also None before 1678 and after 2261: such a time does not fit into 64 bits of nanoseconds.
    """
    if type(value) is not str or not 10 <= len(value) <= 40:
        return None
    try:
        made = datetime.fromisoformat(value)
    except ValueError:
        try:
            made = datetime.fromisoformat(value.strip().upper())
        except ValueError:
            return None
    if made.tzinfo is None:
        made = made.replace(tzinfo=UTC)
    since = made - _EPOCH
    at = (since.days * 86_400 + since.seconds) * 1_000_000_000 + since.microseconds * 1000
    return at if -INT64 <= at <= INT64 else None


def has_zone(value: Any) -> bool:
    """Whether a time's text names its zone."""
    return type(value) is str and (value[-1:] in "zZ" or "+" in value[10:] or "-" in value[10:])


def stamp(now_ns: int) -> str:
    """A time as OCPP wants it: UTC, milliseconds, ``Z``."""
    seconds, rest = divmod(now_ns, 1_000_000_000)
    return f"{_to_the_second(seconds)}.{rest // 1_000_000:03d}Z"


@lru_cache(maxsize=8)
def _to_the_second(seconds: int) -> str:
    # Every heartbeat of one second is told the same: formatting a date costs more than answering.
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}"


def pruned(payload: dict[str, Any]) -> dict[str, Any]:
    """A payload without its None values (an optional field is left out, never null: OCPP-J 4.1.5)."""
    return {key: value for key, value in payload.items() if value is not None}


class Clock:
    """The time as stations are told it: it never runs backwards by a little.

    Where our clock is set back by less than a minute the last time is told again until it is reached; a greater step is
    a correction of a clock that was wrong, and stations must follow it.
    """

    __slots__ = ("_last",)

    def __init__(self) -> None:
        self._last = 0

    def stamp(self, now_ns: int) -> str:
        """``now_ns`` (UTC nanoseconds) as ``currentTime``."""
        if now_ns >= self._last or self._last - now_ns > _STEP_NS:
            self._last = now_ns
        return stamp(self._last)
