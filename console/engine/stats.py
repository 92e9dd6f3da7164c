"""The figures in the header: made once a second at most, and only where the fleet has changed."""

from __future__ import annotations

import msgspec

from console.engine.fleet.fleet import Fleet
from console.engine.fleet.fold import IDLE


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

    def refresh(self, fleet: Fleet) -> None:
        """Count again where something has changed."""
        if self.changed == fleet.changed:
            return
        self.changed = fleet.changed
        online = pending = charging = faulted = 0
        power = 0.0
        for station in fleet.stations.values():
            if not station.connected:
                continue
            online += 1
            pending += station.registration == "Pending"
            for evse in station.evses.values():
                for connector in evse.connectors.values():
                    faulted += connector.status == "Faulted"
                    charging += connector.transaction is not None and connector.status not in IDLE
                    if connector.power_w is not None and evse.evse > 0:
                        power += connector.power_w
        self.stations = len(fleet.stations)
        self.online, self.pending, self.charging, self.faulted = online, pending, charging, faulted
        self.power_w = power
        self.alarms = sum(1 for alarm in fleet.alarms.values() if alarm.cleared is None and alarm.acknowledged is None)
