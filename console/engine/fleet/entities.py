"""Getting an entity of the fleet, made where it was never seen."""

from __future__ import annotations

from console.engine.fleet.alarms import clear_all
from console.engine.fleet.fleet import Fleet
from console.engine.fleet.model import (
    ACTIVE,
    CONNECTORS,
    FLAGS,
    PAST,
    RECENT,
    STATIONS,
    STRANGERS,
    Connector,
    Evse,
    Past,
    Station,
    Transaction,
)

_FLOWS = ("Power.Active", "Power.Reactive", "Current.Import", "Current.Export")


def ensure_station(fleet: Fleet, identity: str, time: int) -> Station:
    """The station of that identity; a new one where it was never seen."""
    key = identity.casefold()
    station = fleet.stations.get(key)
    if station is None:
        station = Station(key=key, id=identity, first_seen=time, last_seen=time)
        fleet.stations[key] = station
    return station


def forget_strangers(fleet: Fleet, station: Station, time: int) -> None:
    """Remember only so many stations that came and went without being accepted, and only so many at all.

    Those longest gone are forgotten first, a tenth at a time, so that no message pays for looking through all of them.
    """
    if station.stranger:
        fleet.strangers.add(station.key)
        if len(fleet.strangers) > STRANGERS + STRANGERS // 10:
            strangers = [fleet.stations[key] for key in fleet.strangers]
            _forget(fleet, [one for one in strangers if one.stranger], STRANGERS, time)
            fleet.strangers = {key for key in fleet.strangers if fleet.stations[key].stranger}
    if len(fleet.stations) > STATIONS + STATIONS // 10:
        idle = [one for one in fleet.stations.values() if not (one.connected or one.approved or one.active)]
        _forget(fleet, idle, STATIONS - (len(fleet.stations) - len(idle)), time)


def _forget(fleet: Fleet, stations: list[Station], kept: int, time: int) -> None:
    stations.sort(key=lambda one: (max(one.last_seen, one.link_closed or 0), one.key))
    for station in stations[: max(0, len(stations) - max(kept, 0))]:
        for number in station.recent:
            drop(fleet, station, number)
        clear_all(fleet, station.id, time)
        fleet.forget(station)


def ensure_connector(station: Station, evse: int, connector: int) -> Connector:
    """That connector; a new one where the station never spoke of it.

    Beyond 128, or for a number below 0, one that belongs to nothing: a station that invents connectors gets no more.
    """
    owner = station.evses.get(evse)
    found = None if owner is None else owner.connectors.get(connector)
    if found is not None:
        return found
    made = Connector(evse=evse, connector=connector)
    known = sum(len(one.connectors) for one in station.evses.values())
    if known < CONNECTORS and evse >= 0 and connector >= 0:
        if owner is None:
            owner = station.evses[evse] = Evse(evse=evse)
        owner.connectors[connector] = made
    return made


def flag(transaction: Transaction, text: str) -> None:
    """Note something odd about a transaction, once."""
    flags = transaction.flags
    if text not in flags and len(flags) < FLAGS:
        flags.append(text if len(flags) < FLAGS - 1 else "more was odd than is listed here")


def begin(fleet: Fleet, station: Station, transaction: Transaction) -> None:
    """Take in a new transaction as one that runs. Of more than 64 at once the longest silent one is put aside."""
    fleet.transactions[transaction.id] = transaction
    if transaction.wire is not None:
        fleet.wires[station.key, transaction.wire] = transaction.id
    station.active.append(transaction.id)
    if len(station.active) > ACTIVE:
        running = [fleet.transactions[number] for number in station.active[:-1] if number in fleet.transactions]
        oldest = min(running, key=lambda one: (one.last_update, one.id))
        flag(oldest, f"put aside: the station has more than {ACTIVE} transactions at once")
        if oldest.state == "active":
            oldest.state = "inferred"
            oldest.stopped = oldest.last_update
        retire(fleet, station, oldest)
        fleet.touch_transaction(oldest)


def retire(fleet: Fleet, station: Station, transaction: Transaction) -> None:
    """A transaction runs no more; the oldest of those at hand makes room for it."""
    if transaction.id in station.active:
        station.active.remove(transaction.id)
        station.recent.append(transaction.id)
    for connector in station.connectors():
        if connector.transaction == transaction.id:
            # An older one out of an offline queue may have stood in the place of the one that runs.
            running = fleet.active_on(station.key, connector.evse, connector.connector)
            connector.transaction = None if running is None else running.id
            if running is None:
                quieten(station, connector)
            connector.changed = station.changed + 1
    while len(station.recent) > RECENT:
        drop(fleet, station, station.recent.pop(0))


def resume(station: Station, transaction: Transaction, at: int) -> None:
    """A session that a person has closed goes on: the station's own word, told after that end, counts for more."""
    if transaction.closed_by is None or transaction.state != "inferred" or at <= (transaction.stopped or 0):
        return
    flag(transaction, f"was closed by hand ({transaction.closed_by}), but goes on")
    transaction.state, transaction.stopped, transaction.closed_by = "active", None, None
    if transaction.id in station.recent:
        station.recent.remove(transaction.id)
        station.active.append(transaction.id)


def drop(fleet: Fleet, station: Station, number: int) -> None:
    """Let a transaction go that is not at hand any more; the journal has it."""
    gone = fleet.transactions.pop(number, None)
    if gone is None or gone.wire is None:
        return
    if fleet.wires.get((station.key, gone.wire)) == gone.id:
        del fleet.wires[station.key, gone.wire]
    if not unnumbered(gone.wire):
        station.past.append(Past(gone.wire, gone.id, gone.started, gone.evse, gone.stopped))
        del station.past[:-PAST]


def quieten(station: Station, connector: Connector) -> None:
    """What flowed flows no more: its last values would pretend. The energy registers stand as they are."""
    connector.power_w = None
    connector.soc = None
    connector.powers.clear()
    for name in [name for name in connector.meter if ".Register" not in name]:
        del connector.meter[name]
    connector.changed = station.changed + 1


def suspend(station: Station, connector: Connector) -> None:
    """Car or station takes a break: no power, whatever was measured last; the next reading tells again."""
    if connector.power_w:
        connector.power_w = 0.0
    for name in [name for name in connector.meter if name.startswith(_FLOWS)]:
        del connector.meter[name]
    connector.changed = station.changed + 1


def unnumbered(wire: str | None) -> bool:
    """Whether that is no transaction's id: none was given, or the station never got one (0, −1: errata 3.18)."""
    return wire is None or wire == "0" or wire.startswith("-")
