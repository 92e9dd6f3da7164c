"""JSON values of any type, taken kindly: what can be understood is taken, None is given for the rest. Nothing raises.

Stations send numbers as text and objects where arrays belong: see the vendor quirks that ``profiles/chargers`` lists. The
violations are kept beside the exchange, so nothing is hidden by reading kindly.
"""

from __future__ import annotations

import math
from typing import Any, Final

INT64: Final = 2**63 - 1  # what the journal and JSON readers can hold
_KINDS = (int, float)
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
    return made if -INT64 <= made <= INT64 else None


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
