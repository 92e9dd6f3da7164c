"""Getting an entity of the fleet, made where it was never seen."""

from __future__ import annotations

from console.engine.fleet.fleet import Fleet
from console.engine.fleet.model import Connector, Evse, Station


def ensure_station(fleet: Fleet, identity: str, time: int) -> Station:
    """The station of that identity; a new one where it was never seen."""
    key = identity.casefold()
    station = fleet.stations.get(key)
    if station is None:
        station = Station(key=key, id=identity, first_seen=time, last_seen=time)
        fleet.stations[key] = station
    return station


def ensure_connector(station: Station, evse: int, connector: int) -> Connector:
    """That connector; a new one where the station never spoke of it."""
    owner = station.evses.get(evse)
    if owner is None:
        owner = station.evses[evse] = Evse(evse=evse)
    found = owner.connectors.get(connector)
    if found is None:
        found = owner.connectors[connector] = Connector(evse=evse, connector=connector)
    return found
