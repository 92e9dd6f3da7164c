"""Events of the device model (NotifyEvent) and other notices of 2.x, as events that may want a person.

Severities are those of OCPP 2.x: 0 danger … 4 error, 5 alert, 6 warning, 7 notice, 8 informational, 9 debug. 2.0.1
sends none with an event, so it is read from the trigger and the variable.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from console.engine.dialects.reading import integer, items, obj, text, when
from console.engine.dialects.v2_places import spelt
from console.engine.fleet.events import Event, Noticed, StatusChanged, VariableSeen
from console.engine.wire.exchange import Exchange

ERROR: Final = 4
ALERT: Final = 5
WARNING: Final = 6
INFORMATION: Final = 8
DEBUG: Final = 9

# Variables that are true exactly while something is wrong (2.0.1 Part 2, appendices).
_TROUBLE: Final = frozenset(("problem", "tripped", "overload"))


def _notify_event(request: dict[str, Any], _exchange: Exchange) -> tuple[Event, ...]:
    made: list[Event] = []
    for entry in items(request.get("eventData")):
        if type(entry) is dict:
            made.extend(_event(entry))
    return tuple(made)


def _event(data: dict[str, Any]) -> list[Event]:
    component, evse, connector = spelt(data.get("component"))
    variable = obj(data.get("variable"))
    name = text(variable.get("name")) or ""
    instance = text(variable.get("instance"))
    if not component and not name:
        return []
    actual = text(data.get("actualValue"))
    made: list[Event] = []
    if actual and component and name:  # a write-only variable is told without a value
        made.append(VariableSeen(component=component, variable=name, value=actual, evse=evse, instance=instance))
    if name.casefold() == "availabilitystate" and actual:
        status = _status(component, evse, connector, actual, data)
        if status is not None:
            return [*made, status]
    cause = f"{component}/{name}" + (f"[{instance}]" if instance else "") + ("" if evse is None else f"@{evse}")
    severity, cleared = _weigh(name, actual, data)
    monitor = integer(data.get("variableMonitoringId"))
    if monitor is not None and name.casefold() not in _TROUBLE:
        cause = f"{cause} monitor {monitor}"  # a variable may have several, each with its own end
    words = [component, f"{name}[{instance}]" if instance else name]
    if actual:
        words += ["=", actual]
    told = ": ".join(word for word in (text(data.get("techCode")), text(data.get("techInfo"))) if word)
    line = ("" if evse is None else f"EVSE {evse}: ") + " ".join(words) + (f" ({told})" if told else "")
    made.append(Noticed(cause=cause, text=line, severity=severity, cleared=cleared, evse=evse))
    return made


def _status(
    component: str, evse: int | None, connector: int | None, actual: str, data: dict[str, Any]
) -> StatusChanged | None:
    """AvailabilityState is a status where it is a connector's, with its EVSE, or the station's."""
    kind = component.partition("#")[0].partition("[")[0]
    if kind == "Connector" and evse is not None:
        place = evse, 1 if connector is None else connector
    elif kind == "ChargingStation":
        place = 0, 0
    else:
        return None
    faulted = actual == "Faulted"
    return StatusChanged(
        evse=place[0],
        connector=place[1],
        status=actual,
        error_code=text(data.get("techCode")) if faulted else None,
        info=text(data.get("techInfo")),
        at=when(data.get("timestamp")),
    )


def _weigh(variable: str, actual: str | None, data: dict[str, Any]) -> tuple[int, bool]:
    """Severity of an event, and whether its cause is gone."""
    cleared = data.get("cleared") is True
    said = integer(data.get("severity"))
    if said is not None and not 0 <= said <= DEBUG:
        said = None
    name = variable.casefold()
    if name in _TROUBLE and actual is not None:
        return ERROR if said is None else said, cleared or actual.casefold() in ("false", "0")
    if name == "availabilitystate":
        return (ERROR, cleared) if actual == "Faulted" else (INFORMATION, True)
    trigger = data.get("trigger")
    if trigger == "Alerting":
        return ALERT if said is None else said, cleared
    if trigger == "Periodic":
        return max(WARNING, INFORMATION if said is None else said), cleared  # a reading at its time is no alarm
    return INFORMATION if said is None else said, cleared


def _reservation(request: dict[str, Any], _exchange: Exchange) -> tuple[Event, ...]:
    number, status = integer(request.get("reservationId")), text(request.get("reservationUpdateStatus"))
    if number is None:
        return ()
    line = f"reservation {number}: {status or 'no status'}"
    return (Noticed(cause=f"reservation {number}", text=line, severity=INFORMATION),)


# OCPP 2.1 only.


def _der_alarm(request: dict[str, Any], _exchange: Exchange) -> tuple[Event, ...]:
    control = text(request.get("controlType"))
    if control is None:
        return ()
    fault, more = text(request.get("gridEventFault")), text(request.get("extraInfo"))
    line = f"DER control {control}" + (f": {fault}" if fault else "") + (f" ({more})" if more else "")
    ended = request.get("alarmEnded") is True
    return (Noticed(cause=f"DER {control}", text=line, severity=ERROR, cleared=ended),)


def _der_start_stop(request: dict[str, Any], _exchange: Exchange) -> tuple[Event, ...]:
    control = text(request.get("controlId"))
    if control is None:
        return ()
    state = "started" if request.get("started") is True else "stopped"
    line = f"DER control {control} {state}"
    return (Noticed(cause=f"DER control {control}", text=line, severity=INFORMATION),)


def _priority(request: dict[str, Any], _exchange: Exchange) -> tuple[Event, ...]:
    transaction = text(request.get("transactionId"))
    if transaction is None:
        return ()
    state = "on" if request.get("activated") is True else "off"
    line = f"priority charging {state} for transaction {transaction}"
    return (Noticed(cause=f"priority charging {transaction}", text=line, severity=INFORMATION),)


def _settlement(request: dict[str, Any], _exchange: Exchange) -> tuple[Event, ...]:
    reference, status = text(request.get("pspRef")), text(request.get("status"))
    if reference is None:
        return ()
    sound = status in ("Settled", "Canceled")
    why = text(request.get("statusInfo"))
    line = f"settlement {reference}: {status or 'no status'}" + (f" ({why})" if why else "")
    severity = INFORMATION if sound else ALERT
    return (Noticed(cause=f"settlement {reference}", text=line, severity=severity, cleared=sound),)


def _battery_swap(request: dict[str, Any], _exchange: Exchange) -> tuple[Event, ...]:
    said = text(request.get("eventType"))
    if said is None:
        return ()
    number = integer(request.get("requestId"))
    severity = ALERT if said == "BatteryOutTimeout" else INFORMATION
    return (Noticed(cause=f"battery swap {number}", text=f"battery swap {number}: {said}", severity=severity),)


def _stream(request: dict[str, Any], _exchange: Exchange) -> tuple[Event, ...]:
    number = integer(request.get("id"))
    values = items(request.get("data"))
    last = text(obj(values[-1]).get("v")) if values else None
    line = f"event stream {number}: {len(values)} value{'' if len(values) == 1 else 's'}, last {last}"
    return (Noticed(cause=f"event stream {number}", text=line, severity=DEBUG),)


Reading = Callable[[dict[str, Any], Exchange], tuple[Event, ...]]

NOTICES: Final[dict[str, Reading]] = {
    "NotifyEvent": _notify_event,
    "ReservationStatusUpdate": _reservation,
}

NOTICES_21: Final[dict[str, Reading]] = {
    "BatterySwap": _battery_swap,
    "NotifyDERAlarm": _der_alarm,
    "NotifyDERStartStop": _der_start_stop,
    "NotifyPeriodicEventStream": _stream,
    "NotifyPriorityCharging": _priority,
    "NotifySettlement": _settlement,
}
