"""Small pictures made of text: a sparkline of the last numbers, a bar for a share."""

from __future__ import annotations

import math
from collections.abc import Sequence

from widgets.safe import fit

_STEPS = "▁▂▃▄▅▆▇█"
_EIGHTHS = " ▏▎▍▌▋▊▉"


def _size(value: float | None) -> float | None:
    if value is None:
        return None
    try:
        size = abs(float(value))
    except OverflowError:
        return None
    return size if math.isfinite(size) else None


def sparkline(values: Sequence[float | None], width: int, *, top: float | None = None) -> str:
    """The last ``width`` numbers as a line of blocks, oldest first; exactly ``width`` cells, padded on the left.

    ``None``, NaN, infinity and integers beyond a float are gaps and stay empty. The scale runs from 0 to ``top``, or to
    the largest number given. A number below nothing (a station that discharges) is drawn at its size: the line shows
    how much, not which way.
    """
    if width <= 0:
        return ""
    shown = [_size(value) for value in values[-width:]]
    peak = top if top is not None else max((value for value in shown if value is not None), default=0.0)
    out: list[str] = []
    for value in shown:
        if value is None:
            out.append(" ")
        elif peak <= 0 or value <= 0:
            out.append(_STEPS[0])
        else:
            # A peak of 1e308 must not overflow: divide first.
            out.append(_STEPS[min(len(_STEPS) - 1, int(min(value / peak, 1.0) * (len(_STEPS) - 1) + 0.5))])
    return "".join(out).rjust(width)


def bar(share: float | None, width: int, *, label: str = "") -> str:
    """A progress bar of exactly ``width`` cells for a share of 0 to 1; ``None`` (size unknown) is a dotted line.

    ``label`` (already safe) is put behind the bar inside the width, for example ``"42 %"``.
    """
    if width <= 0:
        return ""
    room = width - len(label) - 1 if label else width
    if room < 3:
        return fit(label, width)
    if share is None or share != share:
        body = "┄" * room
    else:
        eighths = int(max(0.0, min(1.0, share)) * room * 8)
        full, rest = divmod(eighths, 8)
        body = ("█" * full + (_EIGHTHS[rest] if rest else "")).ljust(room, "░")
    return f"{body} {label}" if label else body
