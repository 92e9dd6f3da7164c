"""TransactionEvent and MeterValues of 2.x as events: the busiest road of a station, so no copying and no regex."""

from __future__ import annotations

from typing import Any, Final

from console.engine.dialects.reading import integer, items, text, when
from console.engine.fleet.events import Event, Sampled, TransactionSeen
from console.engine.fleet.meter import energy_register_wh
from console.engine.fleet.moment import moment
from console.engine.wire.exchange import Exchange

MASKED: Final = "keyCode ••••"

_PHASES: Final = {"Started": "started", "Updated": "updated", "Ended": "ended"}


def token_text(token: Any) -> str | None:
    """A token as it may be shown: a key code never (C04.FR.04)."""
    if type(token) is not dict:
        return text(token)
    kind = token.get("type")
    if type(kind) is str and kind.casefold() == "keycode":
        return MASKED
    return text(token.get("idToken"))


def readings_of(
    values: Any, evse: int, connector: int | None, transaction: str | None, stamped: Any, at: int | None
) -> tuple[Sampled, ...]:
    """MeterValueType entries as readings; an entry without a time has that of its message (``stamped``, as ``at``)."""
    if type(values) is not list:
        values = items(values)
    made: list[Sampled] = []
    for entry in values:
        if type(entry) is not dict:
            continue
        told = entry.get("sampledValue")
        samples = moment(told if type(told) is list else items(told))
        if samples is not None:
            said = entry.get("timestamp")
            taken = None if said == stamped else when(said)  # mostly the very time of the message: read once
            made.append(Sampled(evse, connector, samples, transaction, at if taken is None else taken))
    return tuple(made)


def read_meter_values(request: dict[str, Any], _exchange: Exchange) -> tuple[Event, ...]:
    """MeterValues: readings outside a transaction. EVSE 0 is the station's own meter."""
    return readings_of(request.get("meterValue"), integer(request.get("evseId")) or 0, None, None, None, None)


def read_transaction_event(request: dict[str, Any], _exchange: Exchange) -> tuple[Event, ...]:
    """TransactionEvent: one event that holds everything, readings included."""
    get = request.get
    info = get("transactionInfo")
    if type(info) is not dict:
        info = {}
    wire = text(info.get("transactionId"))
    stamped = get("timestamp")
    at = when(stamped)
    said = get("eventType")
    phase = _PHASES.get(said) if type(said) is str else None
    evse: int | None = None
    connector: int | None = None
    place = get("evse")
    if type(place) is dict:
        evse = integer(place.get("id"))
        connector = integer(place.get("connectorId"))
    readings: tuple[Sampled, ...] = ()
    values = get("meterValue")
    if values is not None:
        readings = readings_of(values, evse or 0, connector, wire, stamped, at)
    sequence = integer(get("seqNo"))
    suspect: tuple[str, ...] = ()
    if phase is None or wire is None or at is None or sequence is None:
        suspect = _suspect(phase, wire, at, sequence)
    token = get("idToken")
    reason = text(info.get("stoppedReason"))
    if phase == "ended" and reason is None:
        reason = "Local"  # the only reason that may be left out (TransactionType.stoppedReason)
    return (
        # By position: so many keywords cost a microsecond.
        TransactionSeen(
            phase or "updated",
            wire,
            evse,
            connector,
            None if token is None else token_text(token),
            at,
            _register(readings, phase) if readings else None,
            reason,
            text(get("triggerReason")),
            text(info.get("chargingState")),
            sequence,
            integer(info.get("remoteStartId")),
            integer(get("reservationId")) or None,
            get("offline") is True,
            suspect,
            readings,
        ),
    )


def _register(readings: tuple[Sampled, ...], phase: str | None) -> float | None:
    """The register at the moment of the event: the first reading of a start, the last one of everything else.

    An Ended event may carry every reading since the start again (SampledDataCtrlr.TxEndedInterval): what was read at
    Transaction.Begin is not its end.
    """
    if phase != "ended" and len(readings) == 1:
        return energy_register_wh(readings[0].samples.telling)
    if phase == "started":
        begin = _first([[one for one in r.samples.telling if one.context == "Transaction.Begin"] for r in readings])
        return begin if begin is not None else _first([r.samples.telling for r in readings])
    later = [[one for one in r.samples.telling if one.context != "Transaction.Begin"] for r in reversed(readings)]
    end = _first([[one for one in samples if one.context == "Transaction.End"] for samples in later])
    return end if end is not None else _first(later)


def _first(candidates: list[Any]) -> float | None:
    for samples in candidates:
        register = energy_register_wh(samples)
        if register is not None:
            return register
    return None


def _suspect(phase: str | None, wire: str | None, at: int | None, sequence: int | None) -> tuple[str, ...]:
    words = (
        (phase, "the event type is none of Started, Updated, Ended"),
        (wire, "no transaction id"),
        (at, "the time cannot be read"),
        (sequence, "no sequence number"),
    )
    return tuple(word for value, word in words if value is None)
