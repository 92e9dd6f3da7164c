"""OCPP 1.6: what an exchange means. Pure, and total: no payload that a station can send makes it raise.

Only calls that were answered with a result mean something. A stored answer that went out again means nothing new.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from console.engine.dialects.reading import has_zone, integer, items, number, obj, text, when
from console.engine.dialects.v16_fields import known_id, place, readings, wire_id
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
    SecurityEventSeen,
    StatusChanged,
    TransactionSeen,
    VariableSeen,
)
from console.engine.wire.exchange import Exchange

# Texts by which stations say that there is nothing to say (ABB sends the word "null").
_NOTHING: Final = frozenset(("", "null", "none", "noerror", "no error"))
_CERTIFICATE_SEVERITY: Final = 5

_Request = dict[str, Any]
_Reader = Callable[[_Request, dict[str, Any]], tuple[Event, ...]]


def read(exchange: Exchange) -> tuple[Event, ...]:
    """The events of one exchange, in the order in which they are to be folded."""
    if exchange.outcome != "result" or exchange.repeat or exchange.action is None:
        return ()
    if exchange.direction == "in":
        reader = _FROM_STATION.get(exchange.action)
        return () if reader is None else reader(obj(exchange.request), obj(exchange.response))
    reader = _FROM_US.get(exchange.action)
    response = obj(exchange.response)
    said = OrderSaid(action=exchange.action, status=text(response.get("status")))
    return (said,) if reader is None else (said, *reader(obj(exchange.request), response))


def _boot(request: _Request, response: dict[str, Any]) -> tuple[Event, ...]:
    get = request.get
    return (
        Booted(
            vendor=text(get("chargePointVendor")) or None,
            model=text(get("chargePointModel")) or None,
            serial=text(get("chargePointSerialNumber")) or text(get("chargeBoxSerialNumber")) or None,
            firmware=text(get("firmwareVersion")) or None,
            iccid=text(get("iccid")) or None,
            imsi=text(get("imsi")) or None,
            status=text(response.get("status")),
            interval=integer(response.get("interval")),
        ),
    )


def _heartbeat(_request: _Request, _response: dict[str, Any]) -> tuple[Event, ...]:
    return (HeartbeatSeen(),)


def _status(request: _Request, _response: dict[str, Any]) -> tuple[Event, ...]:
    evse, connector = place(request.get("connectorId"))
    if evse is None or connector is None:
        return ()
    return (
        StatusChanged(
            evse=evse,
            connector=connector,
            status=text(request.get("status")) or None,
            error_code=_something(request.get("errorCode")),
            vendor_error=_vendor_error(request.get("vendorErrorCode")),
            info=_something(request.get("info")),
            at=when(request.get("timestamp")),
        ),
    )


def _something(value: Any) -> str | None:
    said = text(value)
    return None if said is None or said.strip().casefold() in _NOTHING else said


def _vendor_error(value: Any) -> str | None:
    """A vendor's error code; codes that are all zeros (``0x0000``) say that there is none."""
    said = _something(value)
    if said is None:
        return None
    return said if said.strip().casefold().removeprefix("0x").strip("0") else None


def _authorize(request: _Request, response: dict[str, Any]) -> tuple[Event, ...]:
    tag = text(request.get("idTag"))
    if not tag:
        return ()
    return (Authorized(id_tag=tag, status=text(obj(response.get("idTagInfo")).get("status"))),)


def _start(request: _Request, response: dict[str, Any]) -> tuple[Event, ...]:
    evse, connector = place(request.get("connectorId"))
    meter = number(request.get("meterStart"))
    status = text(obj(response.get("idTagInfo")).get("status"))
    suspect = _suspect(request, meter, "meterStart")
    if status not in (None, "Accepted"):
        suspect = (*suspect, f"its id tag was answered {status}")
    return (
        TransactionSeen(
            phase="started",
            transaction=wire_id(response.get("transactionId")),
            evse=evse,
            connector=connector,
            id_tag=text(request.get("idTag")),
            at=when(request.get("timestamp")),
            meter_wh=meter,
            reservation=integer(request.get("reservationId")) or None,
            suspect=suspect,
        ),
    )


def _stop(request: _Request, _response: dict[str, Any]) -> tuple[Event, ...]:
    # The message does not name a connector; whose readings these are is known by the transaction alone.
    meter = number(request.get("meterStop"))
    transaction = wire_id(request.get("transactionId"))
    return (
        TransactionSeen(
            phase="ended",
            transaction=transaction,
            id_tag=text(request.get("idTag")) or None,
            at=when(request.get("timestamp")),
            meter_wh=meter,
            reason=text(request.get("reason")) or "Local",  # 1.6 section 4.10: no reason means Local
            suspect=_suspect(request, meter, "meterStop"),
            readings=readings(request.get("transactionData"), 0, None, transaction),
        ),
    )


def _suspect(request: _Request, meter: float | None, field: str) -> tuple[str, ...]:
    stamp = request.get("timestamp")
    found: list[str] = []
    if when(stamp) is not None and not has_zone(stamp):
        found.append("a time without a zone was taken as UTC")
    if meter is None:
        found.append(f"{field} cannot be read")
    elif meter < 0:
        found.append(f"{field} is negative")
    return tuple(found)


def _meter_values(request: _Request, _response: dict[str, Any]) -> tuple[Event, ...]:
    get = request.get
    evse, connector = place(get("connectorId"))
    return readings(get("meterValue"), evse or 0, connector, known_id(get("transactionId")))


def _firmware(request: _Request, _response: dict[str, Any]) -> tuple[Event, ...]:
    status = text(request.get("status"))
    return (FirmwareStage(status=status, request=integer(request.get("requestId"))),) if status else ()


def _log(request: _Request, _response: dict[str, Any]) -> tuple[Event, ...]:
    status = text(request.get("status"))
    return (LogStage(status=status, request=integer(request.get("requestId"))),) if status else ()


def _security_event(request: _Request, _response: dict[str, Any]) -> tuple[Event, ...]:
    kind = text(request.get("type"))
    if not kind:
        return ()
    info = _something(request.get("techInfo"))
    return (SecurityEventSeen(type=kind, at=when(request.get("timestamp")), info=info),)


def _sign_certificate(_request: _Request, response: dict[str, Any]) -> tuple[Event, ...]:
    status = text(response.get("status"))
    said = f"asks for a certificate to be signed; answered {status}"
    return (Noticed(cause="SignCertificate", text=said, severity=_CERTIFICATE_SEVERITY),)


# What the station answered to us.


def _configuration(_request: _Request, response: dict[str, Any]) -> tuple[Event, ...]:
    found: list[Event] = []
    for entry in items(response.get("configurationKey")):
        if type(entry) is not dict:
            continue
        key = text(entry.get("key"))
        if key:
            mutability = _mutability(entry.get("readonly"))
            found.append(
                VariableSeen(component="", variable=key, value=text(entry.get("value")), mutability=mutability)
            )
    return tuple(found)


def _mutability(readonly: Any) -> str | None:
    said = text(readonly)
    return None if said is None else {"true": "ReadOnly", "false": "ReadWrite"}.get(said.strip().casefold())


def _set_profile(request: _Request, response: dict[str, Any]) -> tuple[Event, ...]:
    """The limit of a profile that never changes; of any other only the composite schedule can tell what counts now."""
    evse, _connector = place(request.get("connectorId"))
    profile = obj(request.get("csChargingProfiles"))
    schedule = obj(profile.get("chargingSchedule"))
    periods = items(schedule.get("chargingSchedulePeriod"))
    if evse is None or response.get("status") != "Accepted" or len(periods) != 1 or schedule.get("startSchedule"):
        return ()
    return _limit(evse, schedule, text(profile.get("chargingProfilePurpose")))


def _composite(request: _Request, response: dict[str, Any]) -> tuple[Event, ...]:
    evse, _connector = place(response.get("connectorId", request.get("connectorId")))
    if evse is None or response.get("status") != "Accepted":
        return ()
    return _limit(evse, obj(response.get("chargingSchedule")), "composite schedule")


def _limit(evse: int, schedule: dict[str, Any], source: str | None) -> tuple[Event, ...]:
    periods = items(schedule.get("chargingSchedulePeriod"))
    limit = number(obj(periods[0]).get("limit")) if periods else None
    if limit is None:
        return ()
    return (ProfileLimit(evse=evse, limit=limit, unit=text(schedule.get("chargingRateUnit")), source=source),)


def _clear_profile(request: _Request, response: dict[str, Any]) -> tuple[Event, ...]:
    """The end of every limit of a connector, where the request was about all of its profiles."""
    narrowed = any(request.get(name) is not None for name in ("id", "chargingProfilePurpose", "stackLevel"))
    evse, _connector = place(request.get("connectorId", 0))
    if narrowed or evse is None or response.get("status") != "Accepted":
        return ()
    return (ProfileLimit(evse=evse, limit=None),)


_FROM_STATION: Final[dict[str, _Reader]] = {
    "Authorize": _authorize,
    "BootNotification": _boot,
    "DiagnosticsStatusNotification": _log,
    "FirmwareStatusNotification": _firmware,
    "Heartbeat": _heartbeat,
    "LogStatusNotification": _log,
    "MeterValues": _meter_values,
    "SecurityEventNotification": _security_event,
    "SignCertificate": _sign_certificate,
    "SignedFirmwareStatusNotification": _firmware,
    "StartTransaction": _start,
    "StatusNotification": _status,
    "StopTransaction": _stop,
}

_FROM_US: Final[dict[str, _Reader]] = {
    "ClearChargingProfile": _clear_profile,
    "GetCompositeSchedule": _composite,
    "GetConfiguration": _configuration,
    "SetChargingProfile": _set_profile,
}
