"""The sampled values of one moment, read when somebody looks at them.

A message of eight values is the commonest there is, and of the eight three or four are looked at for each message: power,
energy, state of charge. The others are for a person who looks at the station now and then, and for the journal, which
keeps them as they were sent. Reading all of them cost a quarter of a message (docs/decisions/0012-samples-unread.md).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import repeat
from typing import Any, overload

import orjson

from console.engine.fleet.events import MeterSample
from console.engine.fleet.meter import TELLING, Measured, measured, sampled, spelt

_LONGEST = 64  # characters of a name in a list that is remembered
_MOST_NAMES = 128  # of a list that is remembered
_MOST_LISTS = 4096

_get = dict.get
_MEASURAND, _PHASE, _VALUE = repeat("measurand"), repeat("phase"), repeat("value")


class Shape:
    """What the values of a list are called. Two lists of the same shape are of the same names in the same order.

    ``telling``: where those stand that a session is followed by, with measurand and phase.
    """

    __slots__ = ("telling",)

    def __init__(self, values: list[dict[str, Any]]) -> None:
        names = (spelt(one.get("measurand"), None, one.get("phase")) for one in values)
        self.telling = [(place, name, phase) for place, (name, _, phase) in enumerate(names) if name in TELLING]


# Stations say the same list again and again; the bound keeps one that invents names from growing it.
_known: dict[tuple[tuple[Any, ...], tuple[Any, ...]], Shape] = {}


class Moment(Sequence[MeterSample]):
    """Sampled values as they were sent: JSON objects, each with a value. As a sequence it gives them read."""

    __slots__ = ("_telling", "shape", "values")

    def __init__(self, values: list[dict[str, Any]], shape: Shape) -> None:
        self.values = values
        self.shape = shape
        self._telling: list[Measured] | None = None

    @property
    def telling(self) -> list[Measured]:
        """Those of power, of the energy register and of the state of charge, in their order."""
        found = self._telling
        if found is None:
            values = self.values
            found = self._telling = [measured(values[place], name, phase) for place, name, phase in self.shape.telling]
        return found

    def json(self) -> bytes:
        """The values as they were sent, in JSON."""
        try:
            return orjson.dumps(self.values)
        except TypeError:  # a number beyond 64 bits, or half of a surrogate pair
            return json.dumps(self.values, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")

    def __len__(self) -> int:
        return len(self.values)

    def __iter__(self) -> Iterator[MeterSample]:
        return map(sampled, self.values)

    @overload
    def __getitem__(self, index: int) -> MeterSample: ...
    @overload
    def __getitem__(self, index: slice) -> list[MeterSample]: ...
    def __getitem__(self, index: int | slice) -> MeterSample | list[MeterSample]:
        found = self.values[index]
        return [sampled(one) for one in found] if isinstance(found, list) else sampled(found)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Moment | tuple | list):
            return list(self) == list(other)
        return NotImplemented

    def __repr__(self) -> str:
        return f"Moment({list(self)!r})"


def moment(values: list[Any]) -> Moment | None:
    """The values of a moment, out of whatever JSON list was sent; None where none of them is a value."""
    try:
        named = tuple(map(_get, values, _MEASURAND)), tuple(map(_get, values, _PHASE))
        shape = _known[named]
        if None not in map(_get, values, _VALUE):
            return Moment(values, shape)
    except (KeyError, TypeError):
        pass  # never heard, or something among them is no object
    sound = [one for one in values if type(one) is dict and one.get("value") is not None]
    if not sound:
        return None
    shape = Shape(sound)
    _remember(sound, shape)
    return Moment(sound, shape)


def _remember(values: list[dict[str, Any]], shape: Shape) -> None:
    named = tuple(map(_get, values, _MEASURAND)), tuple(map(_get, values, _PHASE))
    short = all(name is None or (type(name) is str and len(name) <= _LONGEST) for names in named for name in names)
    if short and len(values) <= _MOST_NAMES and len(_known) < _MOST_LISTS:
        _known.setdefault(named, shape)
