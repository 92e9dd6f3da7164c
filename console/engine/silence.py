"""What a running session does, and why what it says may be old: no link, no car at its connector, no word for long."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from console.engine.fleet.model import Connector, Station, Transaction

QUIET_NS: Final = 3_600 * 1_000_000_000
"""Without a word on a link that is alive: longer than stations pause between readings."""

_CHARGES: Final = frozenset(("Charging", "SuspendedEV", "SuspendedEVSE"))  # what a connector says of its session


class Silence(NamedTuple):
    """What is silent, and since how many nanoseconds."""

    kind: Literal["no link", "available", "no word"]
    ns: int


def silence(transaction: Transaction, station: Station | None, now_ns: int) -> Silence | None:
    """Why nobody knows how a running session stands; None where it is told, or where the session is over.

    ``station``: where it runs, as it is now. ``available``: its connector says since then that no car is there.
    """
    if transaction.state != "active":
        return None
    if station is not None and not station.connected:
        return Silence("no link", now_ns - (station.link_closed or station.last_seen))
    connector = _connector(transaction, station)
    if connector is not None and connector.status == "Available" and (connector.since or 0) > transaction.last_update:
        return Silence("available", now_ns - (connector.since or 0))
    quiet = now_ns - transaction.last_update
    return Silence("no word", quiet) if quiet > QUIET_NS else None


def doing(transaction: Transaction, station: Station | None) -> str | None:
    """What a session that runs does: as its station says of it, or of its connector where it says nothing of sessions."""
    if transaction.charging_state:
        return transaction.charging_state
    connector = _connector(transaction, station)
    if connector is None or connector.transaction != transaction.id or connector.status not in _CHARGES:
        return None
    return connector.status


def _connector(transaction: Transaction, station: Station | None) -> Connector | None:
    if station is None or transaction.evse is None:
        return None
    return station.connector(transaction.evse, transaction.connector or 1)
