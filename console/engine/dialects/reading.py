"""Careful reading of payloads: every getter takes what can be understood and gives None for the rest. Nothing raises.

Stations send numbers as text, objects where arrays belong, local times without a zone: see the vendor quirks that
``profiles/chargers`` lists. The violations are kept beside the exchange, so nothing is hidden by reading kindly.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

_KINDS = (int, float)
_INT64 = 2**63 - 1  # what the journal and JSON readers can hold
_STEP_NS = 60 * 1_000_000_000
_LONGEST = 10_000  # characters of a text that are taken; the frame keeps all of it
_MOST = 1e30  # beyond it a sum or a product leaves the floats; no meter counts so far


def obj(value: Any) -> dict[str, Any]:
    """The value where it is an object, else an empty one."""
    return value if type(value) is dict else {}


def items(value: Any) -> list[Any]:
    """A list: the value itself, or alone in a list where a station left out the brackets (Huawei)."""
    if type(value) is list:
        return value
    return [] if value is None else [value]


def text(value: Any) -> str | None:
    """Text as sent, cut after 10,000 characters; a number or boolean as its JSON text; None for the rest."""
    if type(value) is str:
        return value if len(value) <= _LONGEST else value[:_LONGEST] + "…"
    if value is None or type(value) in (dict, list):
        return None
    if type(value) is bool:
        return "true" if value else "false"
    return str(value)


def integer(value: Any) -> int | None:
    """An integer of 64 bits; also a float without a fraction or digits in a string; None for the rest."""
    if type(value) is int:
        made = value
    elif type(value) is float:
        if not math.isfinite(value) or value != int(value):
            return None
        made = int(value)
    elif type(value) is str and len(value) <= 24 and "_" not in value:
        try:
            made = int(value)
        except ValueError:
            return None
    else:
        return None
    return made if -_INT64 <= made <= _INT64 else None


def number(value: Any) -> float | None:
    """A number below 1e30; also digits in a string (``2e+01``, `` 16.0``); None for ``""``, ``NaN`` and the rest."""
    kind = type(value)
    if kind is str:
        if len(value) > 64 or "_" in value:
            return None
    elif kind not in _KINDS:
        return None
    try:
        made = float(value)
    except (ValueError, OverflowError):
        return None
    return made if -_MOST < made < _MOST else None


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
    try:
        at = math.floor(made.timestamp()) * 1_000_000_000 + made.microsecond * 1000
    except (OverflowError, ValueError, OSError):
        return None
    return at if -_INT64 <= at <= _INT64 else None


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
