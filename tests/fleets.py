"""What a fleet knows, as plain values that can be compared."""

from __future__ import annotations

from typing import Any

import msgspec

from console.engine.fleet.fleet import Fleet


def facts(fleet: Fleet) -> Any:
    """Everything: stations, transactions, alarms, and up to which record."""
    for station in fleet.stations.values():
        station.settle()
    known = {
        "stations": fleet.stations,
        "transactions": fleet.transactions,
        "alarms": fleet.alarms,
        "cursor": fleet.cursor,
        "last": fleet.last_transaction,
    }
    return msgspec.to_builtins(known, str_keys=True)
