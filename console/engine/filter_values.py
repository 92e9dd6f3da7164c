"""What the values of a filter's terms mean: one word of a few, numbers and ranges, times."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from console.engine.errors import FilterError
from console.engine.filter_terms import Value

Range = tuple[int | None, int | None]
"""From and to, both included; None: without an end."""


def one_of(what: str, choices: Sequence[str], value: Value) -> str:
    """The word of that spelling, compared without case. Raises FilterError, which names them all."""
    text = value.text.lower()
    if text not in choices:
        raise FilterError(f"unknown {what} “{value.text}”: one of {', '.join(choices)}", column=value.column)
    return text


_NUMBER = re.compile(r"(>=|<=|>|<|=)?(\d{1,15}(?:\.\d{1,6})?)$")
_BETWEEN = re.compile(r"(\d{1,15}(?:\.\d{1,6})?)\.\.(\d{1,15}(?:\.\d{1,6})?)$")


def range_of(value: Value, unit: int) -> Range:
    """``>5``, ``<=5``, ``5`` or ``1..5`` as a closed range of whole units; ``unit`` is what 1 stands for.

    Raises FilterError with the column.
    """
    between = _BETWEEN.match(value.text)
    if between:
        return _scaled(between[1], unit), _scaled(between[2], unit) + (unit - 1 if "." not in between[2] else 0)
    number = _NUMBER.match(value.text)
    if number is None:
        raise FilterError(f"“{value.text}” is no number: write 500, >500, <=500 or 100..500", column=value.column)
    scaled = _scaled(number[2], unit)
    match number[1]:
        case ">":
            return scaled + 1, None
        case ">=":
            return scaled, None
        case "<":
            return None, scaled - 1
        case "<=":
            return None, scaled
        case _:
            return scaled, scaled + (unit - 1 if "." not in number[2] else 0)


def _scaled(text: str, unit: int) -> int:
    whole, _, part = text.partition(".")
    return int(whole) * unit + int(part.ljust(9, "0")) * unit // 1_000_000_000 if part else int(whole) * unit


SPANS: Final = ("5m", "1h", "1d")
"""What is offered where a time is wanted."""

_AGO = re.compile(r"(\d{1,9}(?:\.\d{1,3})?)\s*(ms|s|m|min|h|d|w)$", re.IGNORECASE)
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?$")
_UNITS = {"ms": 1, "s": 1_000, "m": 60_000, "min": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment(text: str, now_ns: int) -> int | None:
    """A time as people write it, as UTC nanoseconds: ``5m`` ago, ``12:04`` (the last one), or ISO 8601; else None."""
    ago = _AGO.match(text)
    if ago:
        return now_ns - int(float(ago[1]) * _UNITS[ago[2].lower()]) * 1_000_000
    try:
        clock = _CLOCK.match(text)
        if clock:
            now = _EPOCH + timedelta(microseconds=now_ns // 1000)
            part = int((clock[4] or "0").ljust(6, "0"))
            then = now.replace(hour=int(clock[1]), minute=int(clock[2]), second=int(clock[3] or 0), microsecond=part)
            return _nanoseconds(then if then <= now else then - timedelta(days=1))
        parsed = datetime.fromisoformat(text)
        return _nanoseconds(parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        return None


def _nanoseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1) * 1000


def _moment(value: Value, now: int) -> int:
    found = moment(value.text, now)
    if found is None:
        message = f"“{value.text}” is no time: write 5m, 2h, 1d, 12:04 or 2026-01-15T18:23:00Z"
        raise FilterError(message, column=value.column)
    return found


def earliest(values: Sequence[Value], now: int) -> int:
    """The first of several times, UTC ns. Raises FilterError with the column."""
    return min(_moment(value, now) for value in values)


def latest(values: Sequence[Value], now: int) -> int:
    """The last of several times, UTC ns. Raises FilterError with the column."""
    return max(_moment(value, now) for value in values)
