"""Fields of OCPP 1.6 payloads, read the same way wherever they are needed: answering, reading, retried starts."""

from __future__ import annotations

from typing import Any, Final

from console.engine.dialects.reading import has_zone, integer, items, text, when
from console.engine.fleet.events import Sampled
from console.engine.fleet.moment import moment

MAX_CONNECTOR: Final = 9999  # more than any station has; a number beyond it is an error, not a connector


def place(connector_id: Any) -> tuple[int | None, int | None]:
    """EVSE and connector of a connectorId: n is EVSE n, connector 1; 0 is the station; None where it is none."""
    number = integer(connector_id)
    if number is None or not 0 <= number <= MAX_CONNECTOR:
        return None, None
    return (number, 1) if number else (0, 0)


def wire_id(transaction_id: Any) -> str | None:
    """A transactionId as text, whatever type it was sent in; None where there was none."""
    number = integer(transaction_id)
    return text(transaction_id) or None if number is None else str(number)


def known_id(transaction_id: Any) -> str | None:
    """A transactionId that can belong to a transaction; 0, negative ones and null mean none (errata 3.18)."""
    number = integer(transaction_id)
    if number is None:
        return text(transaction_id) or None
    return str(number) if number > 0 else None


def readings(meter_values: Any, evse: int, connector: int | None, transaction: str | None) -> tuple[Sampled, ...]:
    """Every moment of a meterValue list that has samples. Neighbours of the same time are one moment (Zaptec)."""
    found: list[Sampled] = []
    together: list[Any] = []
    stamp: Any = None
    for entry in items(meter_values):
        if type(entry) is not dict:
            continue
        said = entry.get("timestamp")
        values = items(entry.get("sampledValue"))
        if not together:
            together, stamp = values, said
        elif said == stamp:
            together = [*together, *values]
        else:
            _add(found, together, evse, connector, transaction, stamp)
            together, stamp = values, said
    if together:
        _add(found, together, evse, connector, transaction, stamp)
    return tuple(found)


def odd_time(stamp: Any, path: str) -> str | None:
    """What is odd about a timestamp that was sent; None where it is as it should be, or absent."""
    if stamp is None or (type(stamp) is str and stamp[-1:] == "Z" and len(stamp) < 31):
        return None
    if when(stamp) is None:
        return f"{path} is no time that can be read; the receive time counts"
    return None if has_zone(stamp) else f"{path} names no zone; it is taken as UTC"


def _add(
    found: list[Sampled], values: list[Any], evse: int, connector: int | None, transaction: str | None, stamp: Any
) -> None:
    samples = moment(values)
    if samples is not None:
        found.append(Sampled(evse, connector, samples, transaction, when(stamp)))
