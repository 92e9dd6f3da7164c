"""Completion of a `:` command: orders, stations, arguments and what their values can be on that station."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from console.engine.dialects import VERSIONS, dialect
from console.engine.errors import ChargehandError
from console.engine.fleet.fleet import Fleet
from console.engine.fleet.model import Station
from console.engine.orders.argument import Argument
from console.engine.orders.grammar import Word, words
from console.engine.orders.places import places
from console.engine.orders.table import ORDERS, OrderKind, order_kind

MOST = 50  # more are no help to anybody


class Completion(msgspec.Struct, frozen=True):
    """One way to go on: ``text`` stands in for what is between ``start`` and the cursor; ``meta`` says what it is."""

    text: str
    meta: str
    start: int


def complete(
    text: str, cursor: int, fleet: Fleet, *, station: str | None = None, images: Sequence[str] = ()
) -> list[Completion]:
    """What can stand at the cursor. ``station``: the one that the screen shows; ``images``: names of stored images."""
    skip = 1 if text.startswith(":") else 0
    line = (" " * skip + text[skip:])[: max(cursor, skip)]
    found = words(line)
    fresh = not found or (line[-1:].isspace() and found[-1].closed)
    current = Word("", len(line), len(line), None, len(line)) if fresh else found[-1]
    before = found if fresh else found[:-1]
    if not before:
        return _pick(((one.id, one.gist) for one in ORDERS), current.value, current.start)
    try:
        kind = order_kind(before[0].value)
    except ChargehandError:
        return []
    named = next((one.value for one in before[1:2] if one.key is None), None)
    about = fleet.station(named or station or "")
    if kind.id == "raw":
        return _raw(before, current, fleet, about)
    if current.key is not None:
        argument = kind.argument(current.key, about.version if about else None)
        if argument is None:
            return []
        said = {one.key: one.value for one in before if one.key is not None}
        return _pick(_values(argument, about, fleet, images, said), current.value, current.value_start, True)
    offers: list[Completion] = []
    if len(before) == 1:
        offers += _pick(_stations(fleet), current.value, current.start)
    if named is not None or station is not None:
        names = _names(kind, about, {one.key for one in before if one.key is not None})
        offers += _pick(names, current.value, current.start, bare=True)
    return offers[:MOST]


def _pick(
    offers: Iterable[tuple[str, str]], begun: str, start: int, inside: bool = False, bare: bool = False
) -> list[Completion]:
    """Those that begin as written; for values, then also those that hold it. ``bare``: never in quotes."""
    folded = begun.casefold()
    rows = list(dict.fromkeys(offers))
    first = [row for row in rows if row[0].casefold().startswith(folded)]
    later = [row for row in rows if inside and folded in row[0].casefold() and row not in first]
    return [Completion(text if bare else _quote(text), meta, start) for text, meta in (*first, *later)][:MOST]


def _quote(text: str) -> str:
    if text and text[0] not in "{[" and not any(letter.isspace() or letter in '"\\=' for letter in text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _stations(fleet: Fleet) -> list[tuple[str, str]]:
    rows = sorted(fleet.stations.values(), key=lambda one: (not one.connected, one.key))
    return [(one.id, _about(one)) for one in rows if not one.removed]


def _about(station: Station) -> str:
    model = " ".join(word for word in (station.vendor, station.model) if word)
    return f"{'online' if station.connected else 'offline'} {model}".strip()


def _names(kind: OrderKind, station: Station | None, said: set[str]) -> list[tuple[str, str]]:
    version = station.version if station else None
    arguments = kind.arguments_for(version)
    rows = sorted((one for one in arguments if one.name not in said), key=lambda one: not one.required)
    return [(f"{one.name}=", one.hint_for(version) or ", ".join(one.choices_for(version))) for one in rows]


def _values(
    argument: Argument, station: Station | None, fleet: Fleet, images: Sequence[str], said: Mapping[str, str]
) -> list[tuple[str, str]]:
    version = station.version if station else None
    if argument.kind == "bool":
        return [("true", ""), ("false", "")]
    choices = argument.choices_for(version)
    if choices:
        return [(one, "") for one in choices]
    if argument.kind == "file":
        return [(name, "stored image") for name in images]
    if station is None:
        return []
    name = argument.name
    if name in ("connector", "evse"):
        return places(station, name, said.get("evse"))
    if name == "transaction":
        running = [fleet.transactions[one] for one in station.active if one in fleet.transactions]
        return [(one.wire, f"EVSE {one.evse} {one.id_tag or ''}".strip()) for one in running if one.wire]
    if name == "tag":
        return [(station.last_tag, "last shown here")] if station.last_tag else []
    if name == "key":
        return [(one.variable, _value(one.values)) for one in station.variables.values() if not one.component]
    if name == "component":
        return [(one.component, "") for one in station.variables.values() if one.component]
    if name == "variable":
        return [(one.variable, one.component) for one in station.variables.values() if one.component]
    return []


def _value(values: dict[str, str | None]) -> str:
    return (values.get("Actual") or "")[:40]


def _raw(before: list[Word], current: Word, fleet: Fleet, about: Station | None) -> list[Completion]:
    if current.value[:1] in ("{", "["):
        return []
    offers: list[Completion] = []
    if len(before) == 1:
        offers += _pick(_stations(fleet), current.value, current.start)
    if len(before) == 2 or about is not None:
        version = about.version if about is not None and about.version else VERSIONS[-1]
        actions = sorted(dialect(version).callable)
        offers += _pick(((name, f"OCPP {version}") for name in actions), current.value, current.start)
    return offers[:MOST]
