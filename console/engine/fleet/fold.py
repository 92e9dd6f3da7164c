"""How each record changes the fleet. The only code that writes the read model.

Deterministic by construction: no clock, no randomness, no hash order. ``fold_exchange`` takes an exchange and the
events that its dialect read from it; ``fold_happening`` (``happenings.py``) what befell the endpoint or was decided.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from console.engine.fleet.alarms import DANGER, ERROR, NOTICE, WARNING, clear_alarm, raise_alarm
from console.engine.fleet.entities import ensure_connector, ensure_station, forget_strangers, quieten, suspend
from console.engine.fleet.events import (
    Authorized,
    Booted,
    Event,
    FirmwareStage,
    HeartbeatSeen,
    LogStage,
    Noticed,
    OrderSaid,
    ProfileLimit,
    Sampled,
    SecurityEventSeen,
    StatusChanged,
    TransactionSeen,
    VariableSeen,
)
from console.engine.fleet.fleet import Fleet
from console.engine.fleet.happenings import fold_happening
from console.engine.fleet.model import ATTRIBUTES, CONNECTORS, STAGES, VARIABLES, Connector, Stage, Station, Variable
from console.engine.fleet.readings import fold_sampled, fold_skew
from console.engine.fleet.sessions import fold_transaction
from console.engine.masking import masked_text
from console.engine.wire.exchange import Exchange

SKEW_LIMIT_S = 300.0
IDLE = frozenset(("Available", "Unavailable", "Faulted"))  # a connector at which nothing flows

# Security events that every sound station sends now and then: kept, not an alarm.
ROUTINE = frozenset(
    {
        "FirmwareUpdated",
        "ResetOrReboot",
        "SettingSystemTime",
        "StartupOfTheDevice",
        "ReconfigurationOfSecurityParameters",
        "RenewalOfCertificates",
    }
)


def fold_exchange(fleet: Fleet, exchange: Exchange, events: Sequence[Event]) -> None:
    """Fold an exchange and what it means. A repeated call, answered from the stored answer, changes nothing but counts."""
    station = ensure_station(fleet, exchange.station, exchange.time)
    station.messages += 1
    if exchange.violations:
        station.violations += 1
    outcome = exchange.outcome
    if exchange.direction == "in":
        if exchange.time > station.last_seen:
            station.last_seen = exchange.time
        if outcome == "error" or outcome == "malformed":
            station.errors += 1
    else:
        _fold_outgoing(fleet, station, exchange)
    if not exchange.repeat:
        for event in events:
            handler = _HANDLERS.get(type(event))
            if handler is not None:
                handler(fleet, station, event, exchange)
    fleet.touch(station)
    if not station.connected:
        forget_strangers(fleet, station, exchange.time)
    fleet.cursor = exchange.id


def _fold_outgoing(fleet: Fleet, station: Station, exchange: Exchange) -> None:
    action = exchange.action or "call"
    if exchange.outcome == "timeout":
        station.errors += 1
        raise_alarm(
            fleet,
            station,
            "unanswered",
            action,
            f"{action} was not answered in time",
            WARNING,
            exchange.time,
            exchange.id,
        )
    elif exchange.outcome in ("result", "error", "late", "malformed"):
        ended = exchange.time + (exchange.latency_ns or 0)
        station.last_seen = max(station.last_seen, ended)
        if exchange.outcome in ("error", "malformed"):
            station.errors += 1
        clear_alarm(fleet, station, "unanswered", action, ended)


def _booted(fleet: Fleet, station: Station, event: Booted, exchange: Exchange) -> None:
    station.vendor = event.vendor if event.vendor is not None else station.vendor
    station.model = event.model if event.model is not None else station.model
    station.serial = event.serial if event.serial is not None else station.serial
    station.firmware = event.firmware if event.firmware is not None else station.firmware
    station.iccid = event.iccid if event.iccid is not None else station.iccid
    station.imsi = event.imsi if event.imsi is not None else station.imsi
    station.boot_reason = event.reason
    station.booted = exchange.time
    station.boots += 1
    if event.status is not None:
        station.registration = event.status


def _heartbeat(_fleet: Fleet, station: Station, _event: HeartbeatSeen, exchange: Exchange) -> None:
    station.last_heartbeat = exchange.time


def _status(fleet: Fleet, station: Station, event: StatusChanged, exchange: Exchange) -> None:
    connector = ensure_connector(station, event.evse, event.connector)
    if station.connector(event.evse, event.connector) is not connector:
        text = f"speaks of connector {event.connector} of EVSE {event.evse}"
        raise_alarm(
            fleet,
            station,
            "connectors",
            "many",
            f"{text}: more than {CONNECTORS} connectors, or a negative number; it is not shown",
            WARNING,
            exchange.time,
            exchange.id,
        )
        return
    if connector.status != event.status or connector.error_code != event.error_code:
        connector.since = exchange.time
    connector.status = event.status
    connector.error_code = event.error_code
    connector.vendor_error = None if event.vendor_error is None else masked_text(event.vendor_error)
    connector.info = None if event.info is None else masked_text(event.info)
    connector.reported = event.at
    _flow(fleet, station, connector, event.status)
    if event.at is not None:
        fold_skew(station, event.at, exchange.time, queued=False)
        _judge_skew(fleet, station, exchange)
    cause = f"{event.evse}.{event.connector}"
    faulted = event.status == "Faulted" or event.error_code is not None
    fleet.touch(station)
    connector.changed = station.changed
    if faulted:
        where = "the station" if event.evse == 0 else f"connector {event.evse}"
        words = " ".join(word for word in (event.error_code, connector.vendor_error, connector.info) if word)
        text = f"{where}: {event.status or 'no status'} {words}".strip()
        severity = DANGER + 2 if event.status == "Faulted" else WARNING
        standing = fleet.alarm_keys.get((station.id, "fault", cause))
        if standing is None or fleet.alarms[standing].text != text:
            raise_alarm(fleet, station, "fault", cause, text, severity, exchange.time, exchange.id)
    else:
        clear_alarm(fleet, station, "fault", cause, exchange.time)


def _flow(fleet: Fleet, station: Station, connector: Connector, status: str | None) -> None:
    """What a status says of the values that were measured before it."""
    if status in IDLE:
        quieten(station, connector)
    elif status in ("SuspendedEV", "SuspendedEVSE"):
        suspend(station, connector)
    else:
        return
    running = fleet.transactions.get(connector.transaction or 0)
    if running is not None and running.power_w:
        running.power_w = None if status in IDLE else 0.0
        fleet.touch_transaction(running)


def _sampled(fleet: Fleet, station: Station, event: Sampled, exchange: Exchange) -> None:
    fold_sampled(fleet, station, event, exchange, None)
    _judge_skew(fleet, station, exchange)


def _transaction(fleet: Fleet, station: Station, event: TransactionSeen, exchange: Exchange) -> None:
    fold_transaction(fleet, station, event, exchange)
    _judge_skew(fleet, station, exchange)


def _judge_skew(fleet: Fleet, station: Station, exchange: Exchange) -> None:
    skew = station.clock_skew_s
    if skew is not None and abs(skew) > SKEW_LIMIT_S and (skew > 0 or len(station.skews) >= 3):
        if (station.id, "clock", "skew") not in fleet.alarm_keys:
            words = "ahead" if skew > 0 else "behind"
            text = f"the station's clock is {abs(skew):.0f} s {words}"
            raise_alarm(fleet, station, "clock", "skew", text, WARNING, exchange.time, exchange.id)
    else:
        clear_alarm(fleet, station, "clock", "skew", exchange.time)


def _authorized(_fleet: Fleet, station: Station, event: Authorized, _exchange: Exchange) -> None:
    station.last_tag = event.id_tag


def _order_said(_fleet: Fleet, _station: Station, _event: OrderSaid, _exchange: Exchange) -> None:
    """Nothing to keep: followers look at the event itself."""


def _firmware(fleet: Fleet, station: Station, event: FirmwareStage, exchange: Exchange) -> None:
    station.firmware_stages = [
        *station.firmware_stages[-STAGES + 1 :],
        Stage(event.status, exchange.time, event.request),
    ]
    if "Fail" in event.status or event.status in ("InvalidSignature", "RevokedCertificate", "InvalidCertificate"):
        raise_alarm(
            fleet, station, "firmware", "update", f"firmware: {event.status}", ERROR, exchange.time, exchange.id
        )
    elif event.status in ("Installed", "Downloading"):
        clear_alarm(fleet, station, "firmware", "update", exchange.time)


def _log(fleet: Fleet, station: Station, event: LogStage, exchange: Exchange) -> None:
    station.log_stages = [*station.log_stages[-STAGES + 1 :], Stage(event.status, exchange.time, event.request)]
    if event.status in ("Uploaded", "Uploading"):
        clear_alarm(fleet, station, "upload", "log", exchange.time)
    elif "Fail" in event.status or event.status in ("BadMessage", "NotSupportedOperation", "PermissionDenied"):
        raise_alarm(fleet, station, "upload", "log", f"upload: {event.status}", WARNING, exchange.time, exchange.id)


def _security(fleet: Fleet, station: Station, event: SecurityEventSeen, exchange: Exchange) -> None:
    if event.type not in ROUTINE:
        text = f"security event {event.type}" + (f": {event.info}" if event.info else "")
        raise_alarm(fleet, station, "security", event.type, text, ERROR, exchange.time, exchange.id)


def _noticed(fleet: Fleet, station: Station, event: Noticed, exchange: Exchange) -> None:
    if event.cleared:
        clear_alarm(fleet, station, "event", event.cause, exchange.time)
    elif event.severity <= NOTICE - 1:
        raise_alarm(fleet, station, "event", event.cause, event.text, event.severity, exchange.time, exchange.id)


def _variable(_fleet: Fleet, station: Station, event: VariableSeen, exchange: Exchange) -> None:
    key = variable_key(event.component, event.variable, event.evse, event.instance)
    variable = station.variables.get(key)
    if variable is None:
        if len(station.variables) >= VARIABLES:
            return
        variable = Variable(
            component=event.component, variable=event.variable, evse=event.evse, instance=event.instance
        )
        station.variables[key] = variable
    if event.attribute in variable.values or len(variable.values) < ATTRIBUTES:
        variable.values[event.attribute] = event.value
    variable.mutability = event.mutability or variable.mutability
    variable.unit = event.unit or variable.unit
    variable.data_type = event.data_type or variable.data_type
    variable.choices = event.values or variable.choices
    variable.seen = exchange.time


def variable_key(component: str, variable: str, evse: int | None = None, instance: str | None = None) -> str:
    """The key of a variable on its station: configuration keys compare case-insensitively."""
    parts = [component, variable, instance or "", "" if evse is None else str(evse)]
    return "/".join(parts).casefold()


def _limit(_fleet: Fleet, station: Station, event: ProfileLimit, _exchange: Exchange) -> None:
    owners = [station.evses[event.evse]] if event.evse in station.evses else []
    if event.evse == 0:
        owners = list(station.evses.values())
    for owner in owners:
        for connector in owner.connectors.values():
            connector.limit = event.limit
            connector.limit_unit = event.unit


_HANDLERS: dict[type, Callable[[Fleet, Station, Any, Exchange], None]] = {
    Booted: _booted,
    HeartbeatSeen: _heartbeat,
    StatusChanged: _status,
    Sampled: _sampled,
    TransactionSeen: _transaction,
    Authorized: _authorized,
    FirmwareStage: _firmware,
    LogStage: _log,
    SecurityEventSeen: _security,
    Noticed: _noticed,
    VariableSeen: _variable,
    ProfileLimit: _limit,
    OrderSaid: _order_said,
}


__all__ = ["IDLE", "fold_exchange", "fold_happening", "variable_key"]
