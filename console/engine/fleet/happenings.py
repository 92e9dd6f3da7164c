"""How what befell the endpoint, or what an operator decided, changes the fleet. As deterministic as ``fold.py``."""

from __future__ import annotations

from collections.abc import Callable

from console.engine.fleet.alarms import ERROR, WARNING, clear_alarm, raise_alarm
from console.engine.fleet.entities import ensure_station, forget_strangers
from console.engine.fleet.fleet import Fleet
from console.engine.fleet.model import OPENS, Station
from console.engine.fleet.sessions import close_by_hand
from console.engine.wire.exchange import Happening

NS = 1_000_000_000
LOOP_OPENS = 5
LOOP_WINDOW_NS = 60 * NS


OF_NO_STATION = frozenset(("link.refused", "console.clock"))
"""Happenings that name no station by themselves, and raise alarms: of none, or of the one that ``owner`` tells."""


def owner(fleet: Fleet, happening: Happening) -> str:
    """The key under which an alarm of a happening ``OF_NO_STATION`` stands: ``""`` where it belongs to no station."""
    identity = happening.data.get("identity") if happening.data.get("revoked") else None
    key = str(identity).casefold()
    return key if identity and (key in fleet.stations or key in fleet.ahead) else ""


def fold_happening(fleet: Fleet, happening: Happening) -> None:
    """Fold what befell the endpoint or what an operator decided."""
    handler = _KINDS.get(happening.kind)
    if handler is not None:
        handler(fleet, happening)
    fleet.cursor = happening.id


def _console_started(fleet: Fleet, happening: Happening) -> None:
    # A killed console wrote no link.closed: whatever was connected then is not now.
    # In an order that a restored fleet has too: alarms of one record are numbered by it.
    for station in sorted(fleet.stations.values(), key=lambda one: one.key):
        if station.connected and fleet.ahead.get(station.key, 0) < happening.id:
            _close(fleet, station, happening)


def _opened(fleet: Fleet, happening: Happening) -> None:
    if happening.station is None:
        return
    station = ensure_station(fleet, happening.station, happening.time)
    data = happening.data
    station.connected = True
    station.link = happening.link
    station.peer = data.get("peer")
    station.local = data.get("local")
    station.path = data.get("path")
    station.version = data.get("version", station.version)
    station.security = data.get("security", 0)
    station.link_opened = happening.time
    station.last_seen = max(station.last_seen, happening.time)
    station.opens = [*station.opens[-OPENS + 1 :], happening.time]
    lately = sum(1 for time in station.opens if happening.time - time < LOOP_WINDOW_NS)
    if lately >= LOOP_OPENS:
        text = f"connected {lately} times within a minute"
        raise_alarm(fleet, station, "reconnect", "loop", text, WARNING, happening.time, happening.id)
    else:
        clear_alarm(fleet, station, "reconnect", "loop", happening.time)
    clear_alarm(fleet, station, "offline", "session", happening.time)
    clear_alarm(fleet, station, "security", "revoked", happening.time)
    if data.get("replaced_alive"):
        text = f"two links claimed this identity at once; the newer one, from {data.get('peer')}, was kept"
        raise_alarm(fleet, station, "identity", "double", text, ERROR, happening.time, happening.id)
    fleet.touch(station)


def _closed(fleet: Fleet, happening: Happening) -> None:
    station = fleet.stations.get((happening.station or "").casefold())
    # The end of an older link never unregisters a newer one.
    if station is not None and station.link == happening.link:
        _close(fleet, station, happening)


def _refused(fleet: Fleet, happening: Happening) -> None:
    data = happening.data
    if data.get("revoked"):
        station = fleet.station(str(data.get("identity")))
        text = f"{data.get('peer')} came as {data.get('identity')}, and {data.get('reason')}"
        raise_alarm(fleet, station, "security", "revoked", text, ERROR, happening.time, happening.id)
        return
    if not data.get("guessing"):
        return
    address, identity = str(data.get("peer") or "?").rsplit(":", 1)[0], data.get("identity")
    cause = f"guessing {address}"
    text = f"{address} keeps sending wrong passwords, last for {identity}; they are not looked at any more"
    if data["guessing"] == "identity":
        cause = f"guessing {str(identity).casefold()}"
        text = f"many addresses keep sending wrong passwords for {identity}, last {address}; most are not looked at any more"
    raise_alarm(fleet, None, "security", cause, text, ERROR, happening.time, happening.id)


def _clock_set(fleet: Fleet, happening: Happening) -> None:
    seconds = float(happening.data.get("seconds", 0))
    way = "ahead" if seconds > 0 else "back"
    text = f"this computer's clock was set {way} by {abs(seconds):.0f} s; times before and after do not compare"
    raise_alarm(fleet, None, "clock", "console", text, WARNING, happening.time, happening.id)


def _close(fleet: Fleet, station: Station, happening: Happening) -> None:
    station.connected = False
    station.link = None
    station.link_closed = happening.time
    for evse in station.evses.values():
        for connector in evse.connectors.values():
            connector.power_w = None
    if station.active:
        text = f"offline with {len(station.active)} running session{'s' if len(station.active) > 1 else ''}"
        raise_alarm(fleet, station, "offline", "session", text, ERROR, happening.time, happening.id)
    fleet.touch(station)
    forget_strangers(fleet, station, happening.time)


def _approved(fleet: Fleet, happening: Happening) -> None:
    if happening.station is None:
        return
    station = ensure_station(fleet, happening.station, happening.time)
    station.approved = happening.kind == "station.accepted"
    if not station.approved and station.registration == "Accepted":
        station.registration = "Rejected"
    fleet.touch(station)


def _closed_by_hand(fleet: Fleet, happening: Happening) -> None:
    transaction = fleet.transactions.get(happening.data.get("transaction", 0))
    station = None if transaction is None else fleet.station(transaction.station)
    if transaction is not None and station is not None:
        close_by_hand(fleet, station, transaction, str(happening.data.get("by") or "operator"), happening.time)


def _acknowledged(fleet: Fleet, happening: Happening) -> None:
    alarm = fleet.alarms.get(happening.data.get("alarm", 0))
    if alarm is not None:
        alarm.acknowledged = happening.time
        alarm.acknowledged_by = happening.data.get("by")
        alarm.note = happening.data.get("note") or alarm.note
        fleet.touch_alarm(alarm)


_KINDS: dict[str, Callable[[Fleet, Happening], None]] = {
    "console.started": _console_started,
    "link.opened": _opened,
    "link.closed": _closed,
    "link.refused": _refused,
    "console.clock": _clock_set,
    "station.accepted": _approved,
    "station.refused": _approved,
    "alarm.acknowledged": _acknowledged,
    "transaction.closed": _closed_by_hand,
}
