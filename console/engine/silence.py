"""Why what a running session says is old: no link, a connector that says that no car is there, or no word for long."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from console.engine.fleet.model import Connector, Station, Transaction

QUIET_NS: Final = (
    3_600 * 1_000_000_000
)  # without a word on a link that is alive: longer than stations pause between readings


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
    connector = connector_of(transaction, station)
    if connector is not None and connector.status == "Available" and (connector.since or 0) > transaction.last_update:
        return Silence("available", now_ns - (connector.since or 0))
    quiet = now_ns - transaction.last_update
    return Silence("no word", quiet) if quiet > QUIET_NS else None


def connector_of(transaction: Transaction, station: Station | None) -> Connector | None:
    """The connector that a session runs at, as far as it is known."""
    if station is None or transaction.evse is None:
        return None
    return station.connector(transaction.evse, transaction.connector or 1)
