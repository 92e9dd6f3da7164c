"""The filter of the fleet, on the screen, in ``chargehand stations`` and the API: plain words, and ``field:value`` with the
fields below; ``!`` negates.

CP-0*   model:alfen   ocpp:2.*   site:north   is:offline|faulted   !is:charging
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from typing import Final

import msgspec

from console.engine.errors import FilterError
from console.engine.fleet.fleet import Fleet
from console.engine.fleet.model import Alarm, Station

STATES: Final = ("online", "offline", "charging", "faulted", "pending", "alarm", "idle")
FIELDS: Final = {
    "station": ("station:CP-0*", "the station's identity"),
    "model": ("model:alfen", "vendor and model"),
    "firmware": ("firmware:6.5*", "the firmware's version"),
    "ocpp": ("ocpp:2.*", "the OCPP version"),
    "serial": ("serial:123*", "the serial number"),
    "name": ("name:entrance", "what the profile calls it"),
    "site": ("site:north", "its site, by the profile"),
    "is": ("is:offline|faulted", ", ".join(STATES)),
}
"""Each field with an example and what it means, for the help."""


class FleetTerm(msgspec.Struct, frozen=True):
    """One term: its field (empty: a word), what may stand there, whether it is negated."""

    field: str
    values: tuple[str, ...]
    negated: bool


def parse_fleet_filter(text: str) -> tuple[FleetTerm, ...]:
    """Understand a line; all terms must hold. Raises FilterError with the column."""
    terms: list[FleetTerm] = []
    column = 0
    for word in text.split(" "):
        begin, column = column, column + len(word) + 1
        bare = word.lstrip("!")
        if not bare:
            if word:
                raise FilterError("! needs something behind it", column=begin)
            continue
        name, colon, value = bare.partition(":")
        field = name.casefold() if colon and name.casefold() in FIELDS else ""
        if colon and not field and name.isalpha():
            raise FilterError(f"unknown field “{name}”: one of {', '.join(FIELDS)}", column=begin)
        values = tuple(one.casefold() for one in (value if field else bare).split("|") if one)
        if not values:
            raise FilterError(f"“{name}:” needs a value", column=column - 1)
        if field == "is":
            unknown = next((one for one in values if one not in STATES), None)
            if unknown is not None:
                raise FilterError(f"is: one of {', '.join(STATES)}, not “{unknown}”", column=begin)
        terms.append(FleetTerm(field, values, (len(word) - len(bare)) % 2 == 1))
    return tuple(terms)


def matches(
    terms: Sequence[FleetTerm],
    station: Station,
    alarms: Sequence[Alarm],
    named: tuple[str, str] = ("", ""),
    text: str | None = None,
) -> bool:
    """Whether a station passes; ``named``: what people call it, and its site, by the profile; ``text``: its ``all_text``."""
    told = all_text(station, named) if text is None else text
    return all(_holds(term, station, alarms, named, told) is not term.negated for term in terms)


def all_text(station: Station, named: tuple[str, str] = ("", "")) -> str:
    """Everything that a plain word may stand in, one thing a line, casefolded."""
    texts = [read(station) for read in _FIELDS.values()]
    texts += named
    for evse in station.evses.values():
        if evse.evse > 0:
            texts += [f"{one.status or ''} {one.error_code or ''} {one.info or ''}" for one in evse.connectors.values()]
    return "\n".join(texts).casefold()


def passing(
    text: str, fleet: Fleet, named: Callable[[str], tuple[str, str]] | None = None
) -> Callable[[Station], bool]:
    """Whether stations pass a line; ``named``: what they are called, and their site. Raises FilterError."""
    terms = parse_fleet_filter(text)
    standing: defaultdict[str, list[Alarm]] = defaultdict(list)
    for alarm in fleet.alarms.values():
        if alarm.cleared is None:
            standing[(alarm.station or "").casefold()].append(alarm)

    def passes(station: Station) -> bool:
        return matches(terms, station, standing.get(station.key, ()), named(station.id) if named else ("", ""))

    return passes


def faulted(station: Station) -> bool:
    """Whether a connector (or the station itself) says Faulted."""
    return any(
        connector.status == "Faulted" for evse in station.evses.values() for connector in evse.connectors.values()
    )


def _holds(term: FleetTerm, station: Station, alarms: Sequence[Alarm], named: tuple[str, str], told: str) -> bool:
    if term.field == "is":
        return any(_is(state, station, alarms) for state in term.values)
    if term.field in ("name", "site"):
        text = named[term.field == "site"].casefold()
        return any(_like(value, text, loose=True) for value in term.values)
    if term.field:
        text = _FIELDS[term.field](station).casefold()
        loose = term.field != "ocpp"
        return any(_like(value, text, loose=loose) for value in term.values)
    return any(
        any(_like(value, line, loose=True) for line in told.split("\n")) if "*" in value else value in told
        for value in term.values
    )


def _like(value: str, text: str, *, loose: bool) -> bool:
    if "*" in value:
        # Brackets and question marks are letters here: only the star is special.
        pattern = "".join(letter if letter == "*" else f"[{letter}]" if letter in "[?" else letter for letter in value)
        return fnmatchcase(text, pattern)
    return value in text if loose else text == value


def _is(state: str, station: Station, alarms: Sequence[Alarm]) -> bool:
    if state == "online":
        return station.connected
    if state == "offline":
        return not station.connected
    if state == "charging":
        return station.connected and bool(station.active)
    if state == "faulted":
        return faulted(station)
    if state == "pending":
        return station.registration == "Pending" and station.connected
    if state == "alarm":
        return any(alarm.acknowledged is None for alarm in alarms)
    return station.connected and not station.active


_FIELDS: dict[str, Callable[[Station], str]] = {
    "station": lambda one: one.id,
    "model": lambda one: f"{one.vendor or ''} {one.model or ''}",
    "firmware": lambda one: one.firmware or "",
    "ocpp": lambda one: one.version or "",
    "serial": lambda one: one.serial or "",
}
