"""Where the axes of charts are marked: at round numbers, and at round moments of the clock."""

from __future__ import annotations

import math

from widgets import format as f

MOST = 7  # marks on an axis of time
MARK_CELLS = 12  # that a mark of the time axis needs
_MINUTES = (1, 2, 5, 10, 15, 30, 60, 120, 240, 480, 720, 1440)
_SECONDS = (1, 2, 5, 10, 15, 30, *(minutes * 60 for minutes in _MINUTES))
_DAY = 86_400


def room_for(cells: int, most: int = MOST) -> int:
    """How many marks a time axis of so many cells has room for. Of marks that touch, plotext leaves out one by chance."""
    return min(most, max(2, cells // MARK_CELLS))


def duration_ticks(minutes: float, most: int = MOST) -> tuple[list[float], list[str]]:
    """Marks (in minutes) at round lengths of time since the beginning, and what stands there; about ``most``."""
    seconds = minutes * 60
    step = next((step for step in _SECONDS if seconds / step < most), None)
    if step is None:
        step = math.ceil(seconds / most / _DAY) * _DAY
    marks = [at * step for at in range(int(seconds // step) + 1)]
    labels = [f"{f.thousands(mark // _DAY)} d" if step >= _DAY else f.duration(mark) for mark in marks]
    return [mark / 60 for mark in marks], labels


def clock_ticks(begin_ns: int, seconds: float, most: int = MOST) -> tuple[list[float], list[str]]:
    """Marks (in seconds since ``begin_ns``) at round times of the clock, UTC: to the second, the minute or the day."""
    step = next((step for step in _SECONDS if seconds / step < most), None)
    if step is None:
        step = math.ceil(seconds / most / _DAY) * _DAY
    begin = begin_ns / 1e9
    first = math.ceil(begin / step) * step
    moments = [first + at * step for at in range(int((begin + seconds - first) // step) + 1)]
    written = [f.date_clock(int(moment * 1_000_000_000)) for moment in moments]
    cut = slice(11, 19) if step < 60 else slice(11, 16) if step < _DAY else slice(5, 10)
    return [moment - begin for moment in moments], [text[cut] for text in written]


def round_step(span: float, most: int) -> float:
    """The least of 1, 2, 2.5 and 5 times a power of ten that divides a span into at most so many steps."""
    if not 1e-12 < span < math.inf or most < 1:
        return 1.0
    power = 10.0 ** math.floor(math.log10(span / most))
    return next((power * factor for factor in (1, 2, 2.5, 5, 10) if span / (power * factor) <= most), power * 10)


def value_ticks(low: float, high: float, most: int = 5) -> tuple[list[float], list[str]]:
    """Marks of a value axis at round numbers, from one below ``low`` to one that ``high`` does not pass, and their texts."""
    low, high = min(low, 0.0), max(high, 0.0)
    step = round_step(high - low, most)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    marks = [at * step for at in range(first, max(last, first + 1) + 1)]
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    if round(step, digits) != round(step, digits + 2):
        digits += 1  # steps of 2.5
    return marks, [f.thousands(mark, min(digits, 6)) for mark in marks]
