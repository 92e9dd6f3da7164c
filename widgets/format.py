"""How numbers, times and states are written on the screen: one place, so that every screen says them alike.

Energy comes in Wh, power in W, time in seconds or in UTC nanoseconds, sizes in bytes. Every function takes ``None`` and
numbers that are none (NaN, infinity) and answers ``—``: a station may send anything. Thousands are parted by a plain
space, which is what a thin space becomes in a terminal cell and what every font has.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from typing import Final

from rich.cells import cell_len

from widgets.safe import wrap

Number = float | int | None

NOTHING: Final = "—"
_HUGE = 1e15


def _known(value: Number) -> bool:
    return value is not None and not (isinstance(value, float) and not math.isfinite(value))


def thousands(value: Number, digits: int = 0) -> str:
    """``4211`` → ``4 211``; with ``digits`` decimals. Beyond 10¹⁵ in powers of ten, so that it stays short."""
    if value is None or not _known(value):
        return NOTHING
    if abs(value) >= _HUGE:
        # Decimal: an integer of 400 digits has no float.
        return f"{value:.2e}" if isinstance(value, float) else _short_integer(value)
    return f"{value:,.{digits}f}".replace(",", " ")


def _short_integer(value: int) -> str:
    # Powers of two tell the size without writing thousands of digits out (CPython refuses beyond 4 300).
    magnitude = int(abs(value).bit_length() * math.log10(2))
    return f"{'-' if value < 0 else ''}~1e+{magnitude}"


def _scaled(value: Number, units: tuple[str, ...], step: float = 1000.0) -> str:
    if value is None or not _known(value):
        return NOTHING
    if abs(value) >= _HUGE * 1000:
        return f"{thousands(value)} {units[0]}"
    size = float(value)
    index = 0
    while abs(size) >= step and index < len(units) - 1:
        size /= step
        index += 1
    if index == 0:
        return f"{thousands(size, 0 if size == int(size) else 1)} {units[0]}"
    return f"{thousands(size, 2 if abs(size) < 10 and step != 1000 else 1)} {units[index]}"


def power(watts: Number) -> str:
    """``11000`` → ``11.0 kW``; below a kilowatt in W, except nothing, which is ``0.0 kW``."""
    if watts is None or not _known(watts):
        return NOTHING
    if watts == 0:
        return "0.0 kW"
    return _scaled(watts, ("W", "kW", "MW", "GW"))


def energy(watt_hours: Number) -> str:
    """``4211`` → ``4.2 kWh``; below a kilowatt hour in Wh."""
    return _scaled(watt_hours, ("Wh", "kWh", "MWh", "GWh"))


def energy_exact(watt_hours: Number) -> str:
    """``4211`` → ``4 211 Wh``: the register as it stands, for details and summaries."""
    if watt_hours is None or not _known(watt_hours):
        return NOTHING
    whole = isinstance(watt_hours, int) or abs(watt_hours) >= _HUGE or watt_hours == int(watt_hours)
    return f"{thousands(watt_hours, 0 if whole else 1)} Wh"


def current(amperes: Number) -> str:
    """``16`` → ``16.0 A``."""
    return f"{thousands(amperes, 1)} A" if _known(amperes) else NOTHING


def voltage(volts: Number) -> str:
    """``230.1`` → ``230.1 V``."""
    return f"{thousands(volts, 1)} V" if _known(volts) else NOTHING


def percent(share: Number) -> str:
    """A value already in per cent: ``84`` → ``84 %``."""
    return f"{thousands(share)} %" if _known(share) else NOTHING


def bytes_(size: Number) -> str:
    """``1536`` → ``1.50 KiB``."""
    return _scaled(size, ("B", "KiB", "MiB", "GiB", "TiB"), 1024.0)


def rate(per_second: Number, unit: str = "msg") -> str:
    """``38`` → ``38 msg/s``; ``unit`` is ours, never a station's text."""
    if per_second is None or not _known(per_second):
        return NOTHING
    digits = 1 if 0 < abs(per_second) < 9.95 and per_second != int(per_second) else 0
    return f"{thousands(per_second, digits)} {unit}/s"


def byte_rate(per_second: Number) -> str:
    """``1048576`` → ``1.00 MiB/s``."""
    return f"{bytes_(per_second)}/s" if _known(per_second) else NOTHING


def age(seconds: Number) -> str:
    """How long ago, in one unit: ``2 s``, ``4 min``, ``3 h``, ``5 d``. Less than nothing (a clock set back) is 0 s."""
    if seconds is None or not _known(seconds):
        return NOTHING
    if seconds < 60:
        return f"{max(0, int(seconds))} s"
    if seconds < 3600:
        return f"{int(seconds // 60)} min"
    if seconds < 48 * 3600:
        return f"{int(seconds // 3600)} h"
    return f"{thousands(seconds // 86400)} d"


def duration(seconds: Number) -> str:
    """A length of time as a clock: ``0:42``, ``12:07``, ``1:02:03``, ``3 d 04:05:06``."""
    if seconds is None or not _known(seconds) or abs(seconds) >= _HUGE:
        return NOTHING
    sign = "-" if seconds < 0 else ""
    minutes, second = divmod(int(abs(seconds)), 60)
    hours, minute = divmod(minutes, 60)
    if hours >= 24:
        days, hour = divmod(hours, 24)
        return f"{sign}{thousands(days)} d {hour:02d}:{minute:02d}:{second:02d}"
    return f"{sign}{hours}:{minute:02d}:{second:02d}" if hours else f"{sign}{minute}:{second:02d}"


def skew(seconds: Number) -> str:
    """A clock's error, always signed: ``+00:06:12``; from a day on in days: ``-2 d``."""
    if seconds is None or not _known(seconds):
        return NOTHING
    sign = "-" if seconds < 0 else "+"
    size = abs(seconds)
    if size >= 86400:
        return f"{sign}{thousands(size // 86400)} d"
    minutes, second = divmod(int(size), 60)
    return f"{sign}{minutes // 60:02d}:{minutes % 60:02d}:{second:02d}"


def latency(milliseconds: Number) -> str:
    """``12`` → ``12 ms``; from ten seconds on in seconds."""
    if milliseconds is None or not _known(milliseconds):
        return NOTHING
    if abs(milliseconds) >= _HUGE:
        return f"{thousands(milliseconds)} ms"
    if milliseconds >= 10_000:
        return f"{thousands(milliseconds / 1000, 1)} s"
    return f"{milliseconds:.0f} ms"


# Between digits, and between a number and its unit: a line is not to be broken there.
_GLUE = re.compile(
    r"(?<=\d) (?=\d{3}(?!\d))|(?<=\d) (?=(?:[kMG]?Wh?|[kMG]?VAh?|m?A|V|ms|s|min|h|d|%|Hz|°C|[KMGT]?i?B)(?![\w]))"
)
_HELD = "\u00a0"  # never in safe text, and a cell wide


def wrap_words(text: str, width: int) -> list[str]:
    """Safe text broken between words into lines of at most ``width`` cells; numbers stay whole, with their unit.

    At least one line. Within a word a line is broken only where the word is longer than a line.
    """
    lines: list[str] = []
    line, used = "", 0
    for word in _GLUE.sub(_HELD, text).split(" "):
        size = cell_len(word)
        if used and used + 1 + size <= width:
            line, used = f"{line} {word}", used + 1 + size
            continue
        if line:
            lines.append(line.rstrip())
        *whole, line = wrap(word, width) if size > width else [word]
        lines += whole
        used = cell_len(line)
    return [one.replace(_HELD, " ") for one in (*lines, line.rstrip())]


def _moment(time_ns: int | None) -> datetime | None:
    if time_ns is None:
        return None
    try:
        return datetime.fromtimestamp(time_ns // 1_000_000_000, UTC)
    except (OverflowError, ValueError, OSError):
        return None


def clock(time_ns: int | None, *, millis: bool = False) -> str:
    """UTC nanoseconds as ``12:04:29`` or, with ``millis``, ``12:04:29.118``."""
    moment = _moment(time_ns)
    if moment is None or time_ns is None:
        return NOTHING
    text = moment.strftime("%H:%M:%S")
    return f"{text}.{time_ns // 1_000_000 % 1000:03d}" if millis else text


def date_clock(time_ns: int | None) -> str:
    """UTC nanoseconds as ``2026-03-14 12:04:29``."""
    moment = _moment(time_ns)
    return NOTHING if moment is None else f"{moment:%Y-%m-%d %H:%M:%S}"
