"""OCPP 1.6: an order as a call. Every payload made here is valid by its schema; what cannot be said is an OrderError.

``given`` holds what the engine fills in: ``url`` of the file or of the upload directory, ``transaction`` (the wire's id
of the transaction that is meant), ``now`` (UTC ns; without it the clock is asked).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

import orjson

from console.engine.dialects.reading import integer, stamp, text, when
from console.engine.dialects.v16_blocks import BLOCKS
from console.engine.errors import OrderError
from console.engine.fleet.model import Station
from console.engine.fleet.order import Order, Saying

_TRIGGERS: Final = (
    "BootNotification",
    "DiagnosticsStatusNotification",
    "FirmwareStatusNotification",
    "Heartbeat",
    "MeterValues",
    "StatusNotification",
)
_EXTENDED_TRIGGERS: Final = ("LogStatusNotification", "SignChargePointCertificate")
_BY_NAME: Final = {name.casefold(): name for name in (*_TRIGGERS, *_EXTENDED_TRIGGERS)}
_OF_A_CONNECTOR: Final = frozenset(("MeterValues", "StatusNotification"))

_Given = dict[str, Any]
_Speaker = Callable[[Order, Station, _Given], Saying]


def say(order: Order, station: Station, given: _Given) -> Saying:
    """The call that gives this order. Raises OrderError with a sentence where 1.6 has no words for it."""
    speaker = _SPEAKERS.get(order.name)
    if speaker is None:
        raise OrderError(f"OCPP 1.6 has no call for the order {order.name}; raw sends any call.")
    return speaker(order, station, given)


def _reset(order: Order, _station: Station, _given: _Given) -> Saying:
    # 1.6 can only reset the whole station; the order's effect says so before it is sent.
    kind = str(order.arguments.get("type") or "soft").casefold()
    if kind not in ("soft", "hard"):
        raise OrderError(f"A reset is soft or hard, not {kind}.")
    return Saying(action="Reset", payload={"type": kind.capitalize()})


def _unlock(order: Order, station: Station, _given: _Given) -> Saying:
    connector = _connector(order, 1)
    if connector is None:
        known = station.connectors()
        if len(known) != 1:
            raise OrderError("Say which connector to unlock: connector=1, for example.")
        connector = known[0].evse
    return Saying(action="UnlockConnector", payload={"connectorId": connector})


def _start(order: Order, _station: Station, _given: _Given) -> Saying:
    tag = _text(order, "tag", 20)
    connector = _connector(order, 1)
    payload: dict[str, Any] = {"idTag": tag}
    if connector is not None:
        payload = {"connectorId": connector, **payload}
    return Saying(action="RemoteStartTransaction", payload=payload)


def _stop(order: Order, _station: Station, given: _Given) -> Saying:
    wanted = given.get("transaction")
    if wanted is None:
        wanted = order.arguments.get("transaction")
    if wanted is None:
        raise OrderError("No transaction runs there that could be stopped; say which one: transaction=41, for example.")
    transaction = integer(wanted)
    if transaction is None:
        raise OrderError(f"A transaction id of OCPP 1.6 is an integer; “{text(wanted)}” cannot be sent.")
    return Saying(action="RemoteStopTransaction", payload={"transactionId": transaction})


def _firmware(order: Order, _station: Station, given: _Given) -> Saying:
    retrieve = _time(order, "retrieve")
    payload: dict[str, Any] = {
        "location": _url(order, given, "the firmware image"),
        "retrieveDate": retrieve if retrieve is not None else stamp(_now(given)),
    }
    return Saying(action="UpdateFirmware", payload=_retries(order, payload))


def _diagnostics(order: Order, _station: Station, given: _Given) -> Saying:
    log = str(order.arguments.get("log") or "diagnostics").casefold()
    url = _url(order, given, "the upload")
    since, until = _time(order, "since"), _time(order, "until")
    if since is not None and until is not None and since > until:
        raise OrderError("The log cannot end before it begins: until is earlier than since.")
    if log == "diagnostics":
        payload = _optional({"location": url}, startTime=since, stopTime=until)
        return Saying(action="GetDiagnostics", payload=_retries(order, payload))
    if log != "security":
        raise OrderError(f"OCPP 1.6 has a diagnostics log and a security log, none called {log}.")
    if len(url) > 512:
        raise OrderError(f"The location of a security log may have 512 characters; this one has {len(url)}.")
    where = _optional({"remoteLocation": url}, oldestTimestamp=since, latestTimestamp=until)
    payload = {"logType": "SecurityLog", "requestId": order.id, "log": where}
    return Saying(action="GetLog", payload=_retries(order, payload))


def _trigger(order: Order, _station: Station, _given: _Given) -> Saying:
    said = text(order.arguments.get("message")) or ""
    name = _BY_NAME.get(said.casefold())
    if name is None:
        known = ", ".join((*_TRIGGERS, *_EXTENDED_TRIGGERS))
        raise OrderError(f"OCPP 1.6 cannot ask for {said or 'no message'}. It can ask for {known}.")
    payload: dict[str, Any] = {"requestedMessage": name}
    connector = _connector(order, 0)
    if connector is not None and name in _OF_A_CONNECTOR:
        payload["connectorId"] = connector
    return Saying(action="TriggerMessage" if name in _TRIGGERS else "ExtendedTriggerMessage", payload=payload)


def _availability(order: Order, _station: Station, _given: _Given) -> Saying:
    operative = order.arguments.get("operative")
    said = operative if type(operative) is bool else {"true": True, "false": False}.get(str(operative).casefold())
    if said is None:
        raise OrderError("Say what the connector is to be: operative=true or operative=false.")
    payload = {"connectorId": _connector(order, 0) or 0, "type": "Operative" if said else "Inoperative"}
    return Saying(action="ChangeAvailability", payload=payload)


def _get(order: Order, _station: Station, _given: _Given) -> Saying:
    wanted = order.arguments.get("key")
    parts = wanted if isinstance(wanted, list | tuple) else str(wanted or "").split(",")
    keys = list(dict.fromkeys(name for name in (str(part).strip() for part in parts) if name))
    for key in keys:
        _short(key, "A configuration key", 50)
    return Saying(action="GetConfiguration", payload={"key": keys} if keys else {})


def _set(order: Order, _station: Station, _given: _Given) -> Saying:
    value = text(order.arguments.get("value"))
    if value is None:
        raise OrderError("Say what the key is to be: value=300, for example.")
    _short(value, "The value of a configuration key", 500)
    return Saying(action="ChangeConfiguration", payload={"key": _text(order, "key", 50), "value": value})


def _clear_cache(_order: Order, _station: Station, _given: _Given) -> Saying:
    return Saying(action="ClearCache", payload={})


def _data_transfer(order: Order, _station: Station, _given: _Given) -> Saying:
    message = text(order.arguments.get("message")) or None
    data = order.arguments.get("data")
    if isinstance(data, dict | list):
        data = orjson.dumps(data).decode()  # in 1.6 data is text, and what is in it is the vendor's affair
    if message is not None:
        _short(message, "A message id", 50)
    payload = _optional({"vendorId": _text(order, "vendor", 255)}, messageId=message, data=text(data))
    return Saying(action="DataTransfer", payload=payload)


def _raw(order: Order, _station: Station, _given: _Given) -> Saying:
    action = text(order.arguments.get("action"))
    payload = order.arguments.get("payload")
    if not action:
        raise OrderError("Say which call to send: action=GetConfiguration, for example.")
    if payload is not None and type(payload) is not dict:
        raise OrderError("The payload of a call is a JSON object, {} where it is empty.")
    return Saying(action=action, payload=payload or {})


def _connector(order: Order, least: int) -> int | None:
    """The connector that an order names, by ``connector`` or by ``evse``: in 1.6 they are the same number."""
    wanted = order.arguments.get("connector")
    evse = order.arguments.get("evse")
    if evse is not None and (wanted is None or integer(wanted) == 1):
        wanted = evse
    if wanted is None:
        return None
    number = integer(wanted)
    if number is None or not least <= number < 2**31:
        raise OrderError(f"Connectors are counted from {least}; {text(wanted)} is none.")
    return number


def _text(order: Order, name: str, longest: int) -> str:
    said = text(order.arguments.get(name))
    if not said:
        raise OrderError(f"The order {order.name} needs {name}.")
    _short(said, f"The {name}", longest)
    return said


def _short(said: str, what: str, longest: int) -> None:
    if len(said) > longest:
        raise OrderError(f"{what} may have {longest} characters in OCPP 1.6; this one has {len(said)}.")


def _url(order: Order, given: _Given, what: str) -> str:
    url = text(given.get("url")) or text(order.arguments.get("url"))
    if not url:
        raise OrderError(f"There is no address for {what}; say one with url=….")
    return url


def _time(order: Order, name: str) -> str | None:
    """A time as OCPP wants it, out of UTC nanoseconds or of text."""
    said = order.arguments.get(name)
    if said is None:
        return None
    at = said if type(said) is int else when(said)
    if at is None:
        raise OrderError(f"{name} is no time: write it as 2026-01-31T12:00:00Z.")
    return stamp(at)


def _now(given: _Given) -> int:
    now = given.get("now")
    return now if type(now) is int else time.time_ns()


def _retries(order: Order, payload: dict[str, Any]) -> dict[str, Any]:
    return _optional(
        payload,
        retries=integer(order.arguments.get("retries")),
        retryInterval=integer(order.arguments.get("retry_interval")),
    )


def _optional(payload: dict[str, Any], **more: Any) -> dict[str, Any]:
    payload.update((name, value) for name, value in more.items() if value is not None)
    return payload


_SPEAKERS: Final[dict[str, _Speaker]] = {
    "availability": _availability,
    "clear-cache": _clear_cache,
    "data-transfer": _data_transfer,
    "diagnostics": _diagnostics,
    "firmware": _firmware,
    "get": _get,
    "raw": _raw,
    "reset": _reset,
    "set": _set,
    "start": _start,
    "stop": _stop,
    "trigger": _trigger,
    "unlock": _unlock,
    **BLOCKS,
}
