"""What the exchanges of 2.x mean, action by action; the busiest ones are in ``v2_transactions.py``.

``read`` picks the reader by direction and action. Every reader takes a payload of any shape and raises nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from console.engine.dialects.reading import integer, items, number, obj, text, when
from console.engine.dialects.v2_notices import NOTICES, NOTICES_21
from console.engine.dialects.v2_places import spelt
from console.engine.dialects.v2_transactions import read_meter_values, read_transaction_event, token_text
from console.engine.fleet.events import (
    Authorized,
    Booted,
    Event,
    FirmwareStage,
    HeartbeatSeen,
    LogStage,
    OrderSaid,
    ProfileLimit,
    Reported,
    SecurityEventSeen,
    StatusChanged,
    VariableSeen,
)
from console.engine.wire.exchange import Exchange

Reading = Callable[[dict[str, Any], Exchange], tuple[Event, ...]]

# A call that was refused, or that is no call, has not told anything: a sound station keeps it and says it again.
_UNTOLD: Final = frozenset(("error", "malformed", "unsolicited"))
_ANSWERED: Final = frozenset(("result", "late"))


def read(exchange: Exchange, incoming: Mapping[str, Reading], sends: frozenset[str]) -> tuple[Event, ...]:
    """The events of an exchange, by the readers of one version; ``sends`` are its SEND actions."""
    if exchange.direction == "in":
        reader = incoming.get(exchange.action or "")
        outcome = exchange.outcome
        if reader is None or outcome in _UNTOLD or (outcome == "send" and exchange.action not in sends):
            return ()
        request = exchange.request
        return reader(request if type(request) is dict else {}, exchange)
    if exchange.outcome not in _ANSWERED or exchange.action is None:
        return ()
    response = obj(exchange.response)
    said = OrderSaid(action=exchange.action, status=text(response.get("status")))
    told = _OUTGOING.get(exchange.action)
    return (said,) if told is None else (*told(response, exchange), said)


# Calls of the station.


def _booted(request: dict[str, Any], exchange: Exchange) -> tuple[Event, ...]:
    station = obj(request.get("chargingStation"))
    modem = obj(station.get("modem"))
    answer = obj(exchange.response)
    return (
        Booted(
            vendor=text(station.get("vendorName")),
            model=text(station.get("model")),
            serial=text(station.get("serialNumber")),
            firmware=text(station.get("firmwareVersion")),
            reason=text(request.get("reason")),
            iccid=text(modem.get("iccid")),
            imsi=text(modem.get("imsi")),
            status=text(answer.get("status")),
            interval=integer(answer.get("interval")),
        ),
    )


def _heartbeat(_request: dict[str, Any], _exchange: Exchange) -> tuple[Event, ...]:
    return (HeartbeatSeen(),)


def _status(request: dict[str, Any], _exchange: Exchange) -> tuple[Event, ...]:
    evse, connector = integer(request.get("evseId")), integer(request.get("connectorId"))
    if evse is None:
        if connector is None:
            return ()
        # Without its EVSE a connector is read as 1.6 counts: number n is EVSE n, connector 1.
        evse, connector = connector, min(connector, 1)
    return (
        StatusChanged(
            evse=evse,
            connector=min(evse, 1) if connector is None else connector,
            status=text(request.get("connectorStatus")),
            at=when(request.get("timestamp")),
        ),
    )


def _authorized(request: dict[str, Any], exchange: Exchange) -> tuple[Event, ...]:
    tag = token_text(request.get("idToken"))
    if tag is None:
        return ()
    info = obj(obj(exchange.response).get("idTokenInfo"))
    return (Authorized(id_tag=tag, status=text(info.get("status"))),)


def _firmware(request: dict[str, Any], _exchange: Exchange) -> tuple[Event, ...]:
    status = text(request.get("status"))
    return () if status is None else (FirmwareStage(status=status, request=integer(request.get("requestId"))),)


def _log(request: dict[str, Any], _exchange: Exchange) -> tuple[Event, ...]:
    status = text(request.get("status"))
    return () if status is None else (LogStage(status=status, request=integer(request.get("requestId"))),)


def _security(request: dict[str, Any], _exchange: Exchange) -> tuple[Event, ...]:
    kind = text(request.get("type"))
    if kind is None:
        return ()
    at, info = when(request.get("timestamp")), text(request.get("techInfo"))
    return (SecurityEventSeen(type=kind, at=at, info=info),)


def _charging_limit(request: dict[str, Any], _exchange: Exchange) -> tuple[Event, ...]:
    limit, unit = schedule_limit(request.get("chargingSchedule"))
    if limit is None:
        return ()  # a limit is in force, but not told: None would mean that it has ended
    source = text(obj(request.get("chargingLimit")).get("chargingLimitSource"))
    return (ProfileLimit(evse=integer(request.get("evseId")) or 0, limit=limit, unit=unit, source=source),)


def _cleared_limit(request: dict[str, Any], _exchange: Exchange) -> tuple[Event, ...]:
    source = text(request.get("chargingLimitSource"))
    return (ProfileLimit(evse=integer(request.get("evseId")) or 0, limit=None, source=source),)


def schedule_limit(schedule: Any) -> tuple[float | None, str | None]:
    """The limit with which a ChargingScheduleType begins, and its unit (A or W)."""
    first = obj(next(iter(items(schedule)), None))
    period = obj(next(iter(items(first.get("chargingSchedulePeriod"))), None))
    return number(period.get("limit")), text(first.get("chargingRateUnit"))


# Reports to our requests. ``Reported.kind`` says which.


def _reported(kind: str) -> Reading:
    def reading(request: dict[str, Any], _exchange: Exchange) -> tuple[Event, ...]:
        return (_part(kind, request),)

    return reading


def _part(kind: str, request: dict[str, Any]) -> Reported:
    return Reported(
        kind=kind,
        request=integer(request.get("requestId")),
        sequence=integer(request.get("seqNo")),
        more=request.get("tbc") is True,
    )


def _report(request: dict[str, Any], _exchange: Exchange) -> tuple[Event, ...]:
    made: list[Event] = []
    for entry in items(request.get("reportData")):
        if type(entry) is dict:
            made.extend(_variables(entry))
    made.append(_part("report", request))
    return tuple(made)


def _variables(entry: dict[str, Any]) -> Iterator[VariableSeen]:
    component, evse, _connector = spelt(entry.get("component"))
    variable = obj(entry.get("variable"))
    name = text(variable.get("name"))
    if not component or not name:
        return
    facts = obj(entry.get("variableCharacteristics"))
    for attribute in items(entry.get("variableAttribute")):
        told = obj(attribute)
        yield VariableSeen(
            component=component,
            variable=name,
            value=text(told.get("value")),
            attribute=text(told.get("type")) or "Actual",
            evse=evse,
            instance=text(variable.get("instance")),
            mutability=text(told.get("mutability")),
            unit=text(facts.get("unit")),
            data_type=text(facts.get("dataType")),
            values=text(facts.get("valuesList")),
        )


# Answers of the station to our calls.


def _variables_got(response: dict[str, Any], _exchange: Exchange) -> tuple[Event, ...]:
    made: list[Event] = []
    for entry in items(response.get("getVariableResult")):
        told = obj(entry)
        component, evse, _connector = spelt(told.get("component"))
        variable = obj(told.get("variable"))
        name = text(variable.get("name"))
        if told.get("attributeStatus") == "Accepted" and component and name:
            made.append(
                VariableSeen(
                    component=component,
                    variable=name,
                    value=text(told.get("attributeValue")),
                    attribute=text(told.get("attributeType")) or "Actual",
                    evse=evse,
                    instance=text(variable.get("instance")),
                )
            )
    return tuple(made)


def _composite(response: dict[str, Any], _exchange: Exchange) -> tuple[Event, ...]:
    schedule = obj(response.get("schedule"))
    limit, unit = schedule_limit(schedule)
    if limit is None:
        return ()
    return (ProfileLimit(evse=integer(schedule.get("evseId")) or 0, limit=limit, unit=unit, source="composite"),)


_OUTGOING: Final[dict[str, Reading]] = {
    "GetCompositeSchedule": _composite,
    "GetVariables": _variables_got,
}

INCOMING: Final[dict[str, Reading]] = {
    "Authorize": _authorized,
    "BootNotification": _booted,
    "ClearedChargingLimit": _cleared_limit,
    "FirmwareStatusNotification": _firmware,
    "Heartbeat": _heartbeat,
    "LogStatusNotification": _log,
    "MeterValues": read_meter_values,
    "NotifyChargingLimit": _charging_limit,
    "NotifyCustomerInformation": _reported("customer information"),
    "NotifyDisplayMessages": _reported("display messages"),
    "NotifyMonitoringReport": _reported("monitoring report"),
    "NotifyReport": _report,
    "PublishFirmwareStatusNotification": _firmware,
    "ReportChargingProfiles": _reported("charging profiles"),
    "SecurityEventNotification": _security,
    "StatusNotification": _status,
    "TransactionEvent": read_transaction_event,
    **NOTICES,
}

INCOMING_21: Final[dict[str, Reading]] = {
    **INCOMING,
    "ReportDERControl": _reported("DER controls"),
    **NOTICES_21,
}
