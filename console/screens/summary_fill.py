"""Filling a line of the summary table with what a payload holds (see ``summary_table`` for how lines are written)."""

from __future__ import annotations

import re
from functools import cache
from typing import Any, Final, NamedTuple

from console.engine.dialects.reading import number, obj, text, when
from console.screens.summary_table import COUNTED_ONCE
from widgets.format import clock, energy_exact

_LONGEST_VALUE: Final = 64
_LONGEST_ID: Final = 16
_ID_SHOWN: Final = 8
_TELLING: Final = ("idToken", "id", "name", "value", "status")
_FIELD = re.compile(r"\{([^}:]+)(?::(\w+))?\}")


class _Field(NamedTuple):
    path: str
    form: str


_Piece = tuple[str | _Field, ...]
_SEPARATORS: Final = ("/", ".", "=")


@cache
def _parts(line: str) -> tuple[tuple[_Piece, ...], ...]:
    """A line of the table as parts, each as pieces (parted by a comma) of literal text and fields."""
    return tuple(tuple(_split(piece.strip()) for piece in part.split(", ")) for part in line.split("|"))


def _split(piece: str) -> _Piece:
    found: list[str | _Field] = []
    end = 0
    for field in _FIELD.finditer(piece):
        found += [piece[end : field.start()], _Field(field[1], field[2] or "")]
        end = field.end()
    return tuple(one for one in (*found, piece[end:]) if one != "")


def filled(line: str, payload: Any) -> str:
    """A line of the table with its fields filled in, parts parted by a middle dot."""
    return joined([", ".join(filter(None, (_piece(piece, payload) for piece in part))) for part in _parts(line)])


def _piece(piece: _Piece, payload: Any) -> str:
    """A piece with its fields filled in; empty where none of them is there. A separator needs both its neighbours."""
    values = [one if isinstance(one, str) else _formed(one.path, one.form, payload) for one in piece]
    if not any(value for one, value in zip(piece, values, strict=True) if isinstance(one, _Field)):
        return ""
    last = piece[-1]
    if isinstance(last, str) and last.strip() in COUNTED_ONCE and values[-2] == "1":
        return ""
    said = ""
    for at, value in enumerate(values):
        literal = isinstance(piece[at], str)
        if literal and value.strip() in _SEPARATORS and not (values[at - 1] and values[at + 1]):
            continue
        said += value
    return said.strip()


def _formed(path: str, form: str, payload: Any) -> str:
    if path == "connector.word":
        return _where(obj(payload))
    value = _at(path, payload)
    if value is None:
        return ""
    if path == "currentTime":
        return clock(when(value)) if when(value) is not None else told(value)
    if form == "Wh":
        wh = number(value)
        return told(value) if wh is None else energy_exact(wh)
    if form == "id":
        return identifier(value)
    if form == "error":
        return _error_code(value)
    return told(value)


def _error_code(value: Any) -> str:
    """An error code of a StatusNotification; quoted where OCPP does not know it, so that it stands out."""
    if value == "NoError":
        return ""
    return told(value) if isinstance(value, str) and value in _ERROR_CODES else f'errorCode "{told(value)}"'


_ERROR_CODES: Final = frozenset(
    (
        "ConnectorLockFailure",
        "EVCommunicationError",
        "GroundFailure",
        "HighTemperature",
        "InternalError",
        "LocalListConflict",
        "OtherError",
        "OverCurrentFailure",
        "OverVoltage",
        "PowerMeterFailure",
        "PowerSwitchFailure",
        "ReaderFailure",
        "ResetFailure",
        "UnderVoltage",
        "WeakSignal",
    )
)


def _where(payload: dict[str, Any]) -> str:
    """``connector 1``, ``EVSE 1``, ``EVSE 1 connector 2``; 0 is the station."""
    evse = obj(payload.get("evse"))
    numbers = [
        (word, told(value))
        for word, value in (
            ("EVSE", evse.get("id", payload.get("evseId"))),
            ("connector", payload.get("connectorId", evse.get("connectorId"))),
        )
        if value is not None
    ]
    if len(numbers) == 1 and numbers[0][1] == "0":
        return "station"
    return " ".join(f"{word} {value}" for word, value in numbers)


def _at(path: str, payload: Any) -> Any:
    value = payload
    for step in path.split("."):
        if step == "#":
            return len(value) if isinstance(value, list) and value else None
        if step.isdigit():
            value = value[int(step)] if isinstance(value, list) and len(value) > int(step) else None
        elif isinstance(value, dict):
            value = value.get(step)
        else:
            return None
    return value


def told(value: Any) -> str:
    """A JSON value in a few words; an object by its one telling field."""
    if isinstance(value, dict):
        telling = next((value[name] for name in _TELLING if name in value), None)
        return told(telling) if not isinstance(telling, dict) else "{…}"
    if isinstance(value, list):
        return _shortened(", ".join(told(one) for one in value[:3]) + (f" +{len(value) - 3}" if len(value) > 3 else ""))
    return _shortened(text(value) or "")


def identifier(value: Any) -> str:
    """An id; of one that no person reads to its end (a UUID), the beginning."""
    said = told(value)
    return said if len(said) <= _LONGEST_ID else f"{said[:_ID_SHOWN]}…"


def _shortened(value: str) -> str:
    return value if len(value) <= _LONGEST_VALUE else value[: _LONGEST_VALUE - 1] + "…"


def joined(parts: list[str]) -> str:
    """What there is, parted by a middle dot."""
    return " · ".join(part for part in parts if part)
