"""Orders in the words of OCPP 2.x: one function an order, in one table.

Arguments come from a form, from ``key=value`` on a command line or from JSON: numbers and truth values may be text.
``connector`` alone means EVSE n, connector 1; 0 means the station.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

from console.engine.dialects import v2_arguments as args
from console.engine.dialects.reading import stamp, text
from console.engine.dialects.v2_answers import Limits
from console.engine.dialects.v2_blocks import BLOCKS
from console.engine.dialects.v2_power import POWER
from console.engine.errors import OrderError
from console.engine.fleet.model import Station
from console.engine.fleet.order import Order, Saying

Said = Callable[[Order, Station, dict[str, Any], Limits], Saying]

_TRUE: Final = frozenset(("true", "yes", "on", "1", "operative"))
_FALSE: Final = frozenset(("false", "no", "off", "0", "inoperative"))

# 1.6's names for a message, as people know them.
_OLD_TRIGGERS: Final = {
    "diagnosticsstatusnotification": "LogStatusNotification",
    "signchargepointcertificate": "SignChargingStationCertificate",
}


def say(order: Order, station: Station, given: dict[str, Any], limits: Limits) -> Saying:
    """An order as a call. Raises OrderError with a sentence where it cannot be told so."""
    saying = _SAYINGS.get(order.name)
    if saying is None:
        raise OrderError(f"There is no order {order.name} for an OCPP 2.x station.")
    return saying(order, station, given, limits)


def _reset(order: Order, _station: Station, _given: dict[str, Any], limits: Limits) -> Saying:
    kind = args.word(order, "type") or "soft"
    names = {"soft": "OnIdle", "hard": "Immediate", "resume": "ImmediateAndResume"}
    word = args.one_of(names.get(kind.casefold(), kind), limits.resets)
    if word is None:
        raise OrderError(f"A reset is soft or hard, or one of {', '.join(limits.resets)}; not {kind}.")
    payload: dict[str, Any] = {"type": word}
    evse = args.number(order, "evse")
    if evse:
        payload["evseId"] = evse
    return Saying(action="Reset", payload=payload)


def _unlock(order: Order, _station: Station, _given: dict[str, Any], _limits: Limits) -> Saying:
    evse, connector = args.place(order)
    if not evse:
        raise OrderError("Say which connector to unlock: connector=1, or evse=1 connector=1.")
    return Saying(action="UnlockConnector", payload={"evseId": evse, "connectorId": connector or 1})


def _start(order: Order, _station: Station, _given: dict[str, Any], limits: Limits) -> Saying:
    evse, _connector = args.place(order)
    kind = args.token_kind(args.word(order, "type") or "Central", limits)
    tag = args.word(order, "tag")
    if tag is None and kind == "NoAuthorization":
        tag = ""
    if tag is None:
        raise OrderError("Say which id token starts the transaction: tag=TAG.")
    if len(tag) > limits.token:
        raise OrderError(f"An id token has at most {limits.token} characters here; this one has {len(tag)}.")
    payload: dict[str, Any] = {"idToken": {"idToken": tag, "type": kind}, "remoteStartId": args.request_id(order)}
    if evse:
        payload["evseId"] = evse
    return Saying(action="RequestStartTransaction", payload=payload)


def _stop(order: Order, _station: Station, given: dict[str, Any], _limits: Limits) -> Saying:
    transaction = text(given.get("transaction")) or args.word(order, "transaction")
    if not transaction:
        raise OrderError("No transaction runs there: say which one with transaction=ID.")
    if len(transaction) > 36:
        raise OrderError("A transaction id has at most 36 characters.")
    return Saying(action="RequestStopTransaction", payload={"transactionId": transaction})


def _firmware(order: Order, _station: Station, given: dict[str, Any], limits: Limits) -> Saying:
    retrieve = args.time_of(order, "retrieve")
    firmware: dict[str, Any] = {
        "location": args.url_of(order, given, limits),
        "retrieveDateTime": retrieve or stamp(time.time_ns()),
    }
    install = args.time_of(order, "install")
    if install:
        firmware["installDateTime"] = install
    return Saying(action="UpdateFirmware", payload={"requestId": args.request_id(order), "firmware": firmware})


def _diagnostics(order: Order, _station: Station, given: dict[str, Any], limits: Limits) -> Saying:
    wanted = args.word(order, "log") or "diagnostics"
    kind = args.one_of(wanted, limits.logs) or args.one_of(f"{wanted}Log", limits.logs)
    if kind is None:
        raise OrderError(f"A log is diagnostics or security, or one of {', '.join(limits.logs)}; not {wanted}.")
    log: dict[str, Any] = {"remoteLocation": args.url_of(order, given, limits)}
    since, until = args.time_of(order, "since"), args.time_of(order, "until")
    if since:
        log["oldestTimestamp"] = since
    if until:
        log["latestTimestamp"] = until
    return Saying(action="GetLog", payload={"requestId": args.request_id(order), "logType": kind, "log": log})


def _trigger(order: Order, station: Station, _given: dict[str, Any], limits: Limits) -> Saying:
    wanted = args.word(order, "message")
    if not wanted:
        raise OrderError("Say which message is wanted: message=StatusNotification.")
    message = _OLD_TRIGGERS.get(wanted.casefold()) or args.one_of(wanted, limits.triggers)
    payload: dict[str, Any] = {"requestedMessage": message}
    custom = args.word(order, "custom")
    if message is None or message == "CustomTrigger":
        if not limits.custom_trigger:
            raise OrderError(f"{wanted} cannot be asked for; the messages are {', '.join(limits.triggers)}.")
        custom = custom or (wanted if message is None else None)
        if not custom or len(custom) > 50:
            raise OrderError("A custom trigger has a name of 1 to 50 characters: message=CustomTrigger custom=NAME.")
        payload = {"requestedMessage": "CustomTrigger", "customTrigger": custom}
    evse, connector = args.place(order)
    if message == "StatusNotification":
        # Without EVSE and connector it is rejected (F06.FR.12): where there is only one, that one is meant.
        known = station.connectors()
        if evse is None and len(known) == 1:
            evse, connector = known[0].evse, known[0].connector
        if evse:
            payload["evse"] = {"id": evse, "connectorId": connector or 1}
    elif evse:
        payload["evse"] = {"id": evse}  # meter values and transactions are an EVSE's
        if connector is not None and args.number(order, "evse") is not None:
            payload["evse"]["connectorId"] = connector
    return Saying(action="TriggerMessage", payload=payload)


def _availability(order: Order, _station: Station, _given: dict[str, Any], _limits: Limits) -> Saying:
    said = order.arguments.get("operative")
    word = (text(said) or "").casefold()
    if word not in _TRUE and word not in _FALSE:
        raise OrderError("Say what it shall be: operative=true or operative=false.")
    payload: dict[str, Any] = {"operationalStatus": "Operative" if word in _TRUE else "Inoperative"}
    evse, connector = args.place(order)
    if evse:
        payload["evse"] = {"id": evse} if connector is None else {"id": evse, "connectorId": connector}
    return Saying(action="ChangeAvailability", payload=payload)


def _get(order: Order, _station: Station, _given: dict[str, Any], _limits: Limits) -> Saying:
    spelling, variable = args.word(order, "component"), args.word(order, "variable")
    if spelling is None and variable is None:
        payload = {"requestId": args.request_id(order), "reportBase": "FullInventory"}
        return Saying(action="GetBaseReport", payload=payload)
    component = args.component(order, spelling)
    if variable is None:
        wanted = {"requestId": args.request_id(order), "componentVariable": [{"component": component}]}
        return Saying(action="GetReport", payload=wanted)
    data: dict[str, Any] = {"component": component, "variable": args.variable(order, variable)}
    attribute = args.attribute(order)
    if attribute:
        data["attributeType"] = attribute
    return Saying(action="GetVariables", payload={"getVariableData": [data]})


def _set(order: Order, _station: Station, _given: dict[str, Any], limits: Limits) -> Saying:
    spelling, variable = args.word(order, "component"), args.word(order, "variable")
    value = text(order.arguments.get("value"))
    if variable is None or value is None:
        raise OrderError("Say what to set: component=NAME variable=NAME value=VALUE.")
    if len(value) > limits.value:
        raise OrderError(f"A value has at most {limits.value} characters here; this one has {len(value)}.")
    data: dict[str, Any] = {
        "component": args.component(order, spelling),
        "variable": args.variable(order, variable),
        "attributeValue": value,
    }
    attribute = args.attribute(order)
    if attribute:
        data["attributeType"] = attribute
    return Saying(action="SetVariables", payload={"setVariableData": [data]})


def _clear_cache(_order: Order, _station: Station, _given: dict[str, Any], _limits: Limits) -> Saying:
    return Saying(action="ClearCache", payload={})


def _data_transfer(order: Order, _station: Station, _given: dict[str, Any], _limits: Limits) -> Saying:
    vendor, message = args.word(order, "vendor"), args.word(order, "message")
    if not vendor or len(vendor) > 255:
        raise OrderError("Say whose message it is, in 1 to 255 characters: vendor=VENDOR.")
    payload: dict[str, Any] = {"vendorId": vendor}
    if message:
        if len(message) > 50:
            raise OrderError(f"A message id has at most 50 characters; this one has {len(message)}.")
        payload["messageId"] = message
    data = order.arguments.get("data")
    if data is not None:
        payload["data"] = data
    return Saying(action="DataTransfer", payload=payload)


def _raw(order: Order, _station: Station, _given: dict[str, Any], _limits: Limits) -> Saying:
    action, payload = order.arguments.get("action"), order.arguments.get("payload")
    if type(action) is not str or not action:
        raise OrderError("Say which action is called.")
    if payload is None:
        payload = {}
    if type(payload) is not dict:
        raise OrderError("The payload of a call is a JSON object.")
    return Saying(action=action, payload=payload)


_SAYINGS: Final[dict[str, Said]] = {
    "reset": _reset,
    "unlock": _unlock,
    "start": _start,
    "stop": _stop,
    "firmware": _firmware,
    "diagnostics": _diagnostics,
    "trigger": _trigger,
    "availability": _availability,
    "get": _get,
    "set": _set,
    "clear-cache": _clear_cache,
    "data-transfer": _data_transfer,
    "raw": _raw,
    **BLOCKS,
    **POWER,
}
