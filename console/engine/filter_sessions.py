"""The filter language over sessions: what the Sessions screen, ``chargehand transactions``, exports and the API can ask for.

``station:CP-0* tag:04A2* is:active evse:1 kwh:>10 reason:EVDisconnected since:1d "word"``
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from console.engine.filter_rows import RowField, RowFilter, numbers, texts, times, words
from console.engine.fleet.model import Station, Transaction
from console.engine.silence import doing, silence

Stations = Callable[[str], Station | None]
Named = Callable[[str], tuple[str, str]]


class Seen(NamedTuple):
    """A session as a filter looks at it: its station as it is now, the time (UTC ns), name and site by the profile."""

    session: Transaction
    station: Station | None
    now: int
    named: tuple[str, str] = ("", "")


STATES: Final = (
    "active",
    "ended",
    "inferred",
    "orphan",
    "closed",
    "charging",
    "suspended",
    "silent",
    "offline",
    "gaps",
    "odd",
)
_MEANING: Final = (
    "active, ended, inferred, orphan; closed: by hand; charging, suspended; silent: nobody knows how it stands; "
    "offline: reported later; gaps: messages are missing; odd: has a note"
)


def states(seen: Seen) -> Iterable[str]:
    """The words of ``is:`` that hold."""
    one = seen.session
    yield one.state
    if one.state == "inferred" and one.closed_by is not None:
        yield "closed"
    if one.offline:
        yield "offline"
    if one.seq_gaps:
        yield "gaps"
    if one.flags:
        yield "odd"
    if one.state != "active":
        return
    if silence(one, seen.station, seen.now) is not None:
        yield "silent"
        return
    word = doing(one, seen.station) or ""
    if word == "Charging":
        yield "charging"
    elif word.startswith("Suspended"):
        yield "suspended"


def facts(seen: Seen) -> Iterable[str | None]:
    """What a bare word is looked for in."""
    one = seen.session
    yield from (one.station, one.wire, one.id_tag, one.stop_tag, one.stop_reason)
    if one.state == "active":
        old = silence(one, seen.station, seen.now)
        yield doing(one, seen.station) if old is None else old.kind
    yield from one.flags
    yield from seen.named
    yield from states(seen)


def _begun(seen: Seen) -> int:
    return seen.session.started or seen.session.received


_TIMES: Final = times(_begun, _begun)

FIELDS: Final[dict[str, RowField[Seen]]] = {
    "station": texts(lambda one: (one.session.station,), "station:CP-0*", "the station's identity"),
    "tx": texts(lambda one: (one.session.wire,), "tx:41", "the transaction's id on the wire"),
    "tag": texts(lambda one: (one.session.id_tag, one.session.stop_tag), "tag:04A2*", "the id tag, at start or stop"),
    "is": words(states, STATES, "is:active", _MEANING),
    "evse": numbers(lambda one: one.session.evse, "evse:1", "the EVSE; on 1.6 the connector"),
    "connector": numbers(lambda one: one.session.connector, "connector:2", "the connector of the EVSE"),
    "kwh": numbers(lambda one: one.session.energy_wh, "kwh:>10", "the energy", unit=1000),
    "reason": texts(lambda one: (one.session.stop_reason,), "reason:EVDisconnected", "why it ended"),
    "since": _TIMES["since"]._replace(meaning="begun not earlier than: 5m, 2h, 1d, 12:04 or an ISO time (UTC)"),
    "until": _TIMES["until"]._replace(meaning="begun not later than, written like since"),
    "name": texts(lambda one: one.named[:1], "name:entrance*", "what the profile calls its station"),
    "site": texts(lambda one: one.named[1:], "site:north", "its site, by the profile"),
    "version": texts(lambda one: (one.station.version if one.station else None,), "version:2.*", "the OCPP version"),
    "id": numbers(lambda one: one.session.id, "id:1207", "our number of it"),
}
"""What the filter of sessions can ask for. ``since`` and ``until`` ask when it began: two periods share no session."""

ALIASES: Final = {"transaction": "tx", "id_tag": "tag", "state": "is", "energy": "kwh", "stop_reason": "reason"}


class SessionFilter:
    """A filter line over sessions that was understood. ``stations`` gives one by its identity, ``named`` what the profile
    calls it."""

    def __init__(self, text: str, stations: Stations, named: Named | None = None, *, now_ns: int | None = None) -> None:
        """Raises FilterError with a sentence and the column."""
        self._now = time.time_ns() if now_ns is None else now_ns
        self._rows: RowFilter[Seen] = RowFilter(text, FIELDS, facts, now_ns=self._now, aliases=ALIASES)
        self._stations = stations
        self._named = named
        self.text = self._rows.text

    def __bool__(self) -> bool:
        return bool(self._rows)

    def matches(self, session: Transaction, now_ns: int | None = None) -> bool:
        """Whether it passes, at that time (None: when the line was read)."""
        named = self._named(session.station) if self._named is not None else ("", "")
        now = self._now if now_ns is None else now_ns
        return self._rows.matches(Seen(session, self._stations(session.station), now, named))
