"""The figures in the header: made once a second at most, and only where the fleet has changed."""

from __future__ import annotations

from typing import Any

import msgspec

from console.engine.fleet.fleet import Fleet
from console.engine.fleet.fold import IDLE
from console.engine.fleet.model import Station

Counted = tuple[int, int, int, int, float]
"""Online, pending, charging, faulted, W."""


class Stats(msgspec.Struct):
    """The fleet in a few numbers. ``charging`` and ``power_w`` count what is connected: of others nobody knows.

    ``alarms``: those not acknowledged.
    """

    stations: int = 0
    online: int = 0
    pending: int = 0
    charging: int = 0
    faulted: int = 0
    power_w: float = 0.0
    alarms: int = 0
    messages_per_second: float = 0.0
    changed: int = -1
    _counted: dict[str, Counted] = msgspec.field(default_factory=dict)

    def refresh(self, fleet: Fleet) -> None:
        """Count again where something has changed: only stations that did, so that thousands of others cost little."""
        if self.changed == fleet.changed:
            return
        since, self.changed = self.changed, fleet.changed
        stations, counted = fleet.stations, self._counted
        for key, station in stations.items():
            if station.changed > since:
                counted[key] = _count(station)
        if len(counted) > len(stations):
            for key in counted.keys() - stations.keys():
                del counted[key]
        self.stations = len(stations)
        nothing: tuple[Any, ...] = (0, 0, 0, 0, 0.0)
        sums = tuple(map(sum, zip(*counted.values(), strict=True))) or nothing
        self.online, self.pending, self.charging, self.faulted, self.power_w = sums
        self.alarms = sum(1 for alarm in fleet.alarms.values() if alarm.cleared is None and alarm.acknowledged is None)


def _count(station: Station) -> Counted:
    """What one station adds to the figures."""
    if not station.connected:
        return 0, 0, 0, 0, 0.0
    charging = faulted = 0
    power = 0.0
    for evse in station.evses.values():
        for connector in evse.connectors.values():
            faulted += connector.status == "Faulted"
            charging += connector.transaction is not None and connector.status not in IDLE
            if connector.power_w is not None and evse.evse > 0:
                power += connector.power_w
    return 1, int(station.registration == "Pending"), charging, faulted, power
