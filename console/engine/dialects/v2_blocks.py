"""Orders of OCPP 2.x beyond its core: local list, reservations, monitoring, display messages, certificates, costs."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

from console.engine.dialects import v2_arguments as args
from console.engine.dialects.base import TagInfo
from console.engine.dialects.reading import obj, pruned, stamp, text, when
from console.engine.dialects.v2_answers import Limits
from console.engine.errors import OrderError
from console.engine.fleet.model import Station
from console.engine.fleet.order import Order, Saying

_HOUR_NS: Final = 3_600_000_000_000
_MONITORS: Final = ("UpperThreshold", "LowerThreshold", "Delta", "Periodic", "PeriodicClockAligned")
_CRITERIA: Final = {"threshold": "ThresholdMonitoring", "delta": "DeltaMonitoring", "periodic": "PeriodicMonitoring"}
_HASH: Final = ("hashAlgorithm", "issuerNameHash", "issuerKeyHash", "serialNumber")


# The local list.


def _list_version(_order: Order, _station: Station, _given: dict[str, Any], _limits: Limits) -> Saying:
    return Saying(action="GetLocalListVersion", payload={})


def _send_list(order: Order, _station: Station, given: dict[str, Any], limits: Limits) -> Saying:
    update = args.chosen(order, "update", ("full", "differential", "empty")) or "full"
    entries = [] if update == "empty" else [_entry(tag, info, order, limits) for tag, info in given.get("tags") or ()]
    if update == "differential":
        # An entry without its info is taken off the list (D01.FR.16).
        entries += [{"idToken": _card(tag, order, limits)} for tag in given.get("removed") or ()]
    payload: dict[str, Any] = {
        "versionNumber": args.number(order, "version") or 1,
        "updateType": "Differential" if update == "differential" else "Full",
    }
    if entries:
        payload["localAuthorizationList"] = entries
    return Saying(action="SendLocalList", payload=payload)


def _card(tag: str, order: Order, limits: Limits) -> dict[str, Any]:
    if len(tag) > limits.token:
        raise OrderError(f"An id token has at most {limits.token} characters here; {tag[:40]} has {len(tag)}.")
    return {"idToken": tag, "type": args.token_kind(args.word(order, "type") or "ISO14443", limits)}


def _entry(tag: str, info: TagInfo, order: Order, limits: Limits) -> dict[str, Any]:
    said: dict[str, Any] = {"status": info.status}
    if info.expires and when(info.expires) is not None:
        said["cacheExpiryDateTime"] = info.expires
    if info.parent and len(info.parent) <= limits.token:
        said["groupIdToken"] = {"idToken": info.parent, "type": "Central"}
    return {"idToken": _card(tag, order, limits), "idTokenInfo": said}


# Reservations.


def _reserve(order: Order, _station: Station, _given: dict[str, Any], limits: Limits) -> Saying:
    token = args.token(order, limits)
    if token is None:
        raise OrderError("Say for whom it is reserved: tag=TAG.")
    number = args.number(order, "id")
    payload: dict[str, Any] = {
        "id": args.request_id(order) if number is None else number,
        "expiryDateTime": args.time_of(order, "until") or stamp(time.time_ns() + _HOUR_NS),
        "idToken": token,
    }
    evse = args.place(order)[0]
    if evse:
        payload["evseId"] = evse
    kind = args.word(order, "connector_type")
    if kind is not None:
        payload["connectorType"] = kind[:20]
    group = args.word(order, "group")
    if group is not None:
        payload["groupIdToken"] = {"idToken": group[: limits.token], "type": "Central"}
    return Saying(action="ReserveNow", payload=payload)


def _cancel_reservation(order: Order, _station: Station, _given: dict[str, Any], _limits: Limits) -> Saying:
    return Saying(action="CancelReservation", payload={"reservationId": _needed(order, "id")})


# Sessions and customers.


def _transaction_status(order: Order, _station: Station, given: dict[str, Any], _limits: Limits) -> Saying:
    wire = text(given.get("transaction")) or args.word(order, "transaction")
    return Saying(action="GetTransactionStatus", payload={"transactionId": wire} if wire else {})


def _cost(order: Order, _station: Station, given: dict[str, Any], _limits: Limits) -> Saying:
    wire = text(given.get("transaction")) or args.word(order, "transaction")
    total = args.decimal(order, "total")
    if not wire or total is None:
        raise OrderError("Say what which transaction costs so far: transaction=ID total=3.31.")
    return Saying(action="CostUpdated", payload={"totalCost": total, "transactionId": wire})


def _customer(order: Order, _station: Station, _given: dict[str, Any], limits: Limits) -> Saying:
    payload: dict[str, Any] = {
        "requestId": args.request_id(order),
        "report": order.arguments.get("report") is not False,
        "clear": order.arguments.get("clear") is True,
    }
    token, customer = args.token(order, limits), args.word(order, "customer")
    if token is not None:
        payload["idToken"] = token
    elif customer is not None:
        payload["customerIdentifier"] = customer[:64]
    else:
        payload["customerCertificate"] = _hash(order)
    return Saying(action="CustomerInformation", payload=payload)


# Monitoring.


def _monitoring(order: Order, _station: Station, _given: dict[str, Any], _limits: Limits) -> Saying:
    base = args.chosen(order, "base", ("All", "FactoryDefault", "HardWiredOnly"))
    if base is not None:
        return Saying(action="SetMonitoringBase", payload={"monitoringBase": base})
    return Saying(action="SetMonitoringLevel", payload={"severity": _needed(order, "level")})


def _monitor(order: Order, _station: Station, _given: dict[str, Any], limits: Limits) -> Saying:
    names = _MONITORS if limits.token_types is not None else (*_MONITORS, "TargetDelta", "TargetDeltaRelative")
    kind, value, variable = (
        args.chosen(order, "type", names),
        args.decimal(order, "value"),
        args.word(order, "variable"),
    )
    if kind is None or value is None or variable is None:
        raise OrderError("Say what is watched: component=NAME variable=NAME type=UpperThreshold value=250.")
    severity = args.number(order, "severity")
    data: dict[str, Any] = {
        "value": value,
        "type": kind,
        "severity": 6 if severity is None else severity,
        "component": args.component(order, args.word(order, "component")),
        "variable": args.variable(order, variable),
    }
    number = args.number(order, "id")
    if number is not None:
        data["id"] = number
    if order.arguments.get("while_charging") is True:
        data["transaction"] = True
    return Saying(action="SetVariableMonitoring", payload={"setMonitoringData": [data]})


def _monitors(order: Order, _station: Station, _given: dict[str, Any], _limits: Limits) -> Saying:
    payload: dict[str, Any] = {"requestId": args.request_id(order)}
    criterion = args.chosen(order, "type", tuple(_CRITERIA))
    if criterion is not None:
        payload["monitoringCriteria"] = [_CRITERIA[criterion]]
    spelling, variable = args.word(order, "component"), args.word(order, "variable")
    if spelling is not None:
        wanted: dict[str, Any] = {"component": args.component(order, spelling)}
        if variable is not None:
            wanted["variable"] = args.variable(order, variable)
        payload["componentVariable"] = [wanted]
    return Saying(action="GetMonitoringReport", payload=payload)


def _clear_monitor(order: Order, _station: Station, _given: dict[str, Any], _limits: Limits) -> Saying:
    numbers = args.numbers(order, "id")
    if not numbers:
        raise OrderError("Say which monitors are cleared: id=12,13. The order monitors lists them.")
    return Saying(action="ClearVariableMonitoring", payload={"id": numbers})


# Display messages.


def _display(order: Order, _station: Station, given: dict[str, Any], limits: Limits) -> Saying:
    content = args.word(order, "text")
    longest = 512 if limits.token_types is not None else 1024
    if content is None or len(content) > longest:
        raise OrderError(f"Say what is shown, in 1 to {longest} characters: text=….")
    number, evse = args.number(order, "id"), args.number(order, "evse")
    message: dict[str, Any] = {
        "id": args.request_id(order) if number is None else number,
        "priority": args.word(order, "priority") or "NormalCycle",
        "message": pruned(
            {
                "format": args.word(order, "format") or "UTF8",
                "language": args.word(order, "language"),
                "content": content,
            }
        ),
        "state": args.word(order, "state"),
        "startDateTime": args.time_of(order, "from"),
        "endDateTime": args.time_of(order, "until"),
        "transactionId": text(given.get("transaction")) or args.word(order, "transaction"),
        "display": None if evse is None else {"name": "DisplayMessageCtrlr", "evse": {"id": evse}},
    }
    return Saying(action="SetDisplayMessage", payload={"message": pruned(message)})


def _displays(order: Order, _station: Station, _given: dict[str, Any], _limits: Limits) -> Saying:
    payload: dict[str, Any] = {
        "requestId": args.request_id(order),
        "id": args.numbers(order, "id") or None,
        "priority": args.word(order, "priority"),
        "state": args.word(order, "state"),
    }
    return Saying(action="GetDisplayMessages", payload=pruned(payload))


def _clear_display(order: Order, _station: Station, _given: dict[str, Any], _limits: Limits) -> Saying:
    return Saying(action="ClearDisplayMessage", payload={"id": _needed(order, "id")})


# Certificates and firmware for others.


def _certificates(order: Order, _station: Station, _given: dict[str, Any], _limits: Limits) -> Saying:
    kinds = [one.strip() for one in (args.word(order, "type") or "").split(",") if one.strip()]
    return Saying(action="GetInstalledCertificateIds", payload={"certificateType": kinds} if kinds else {})


def _delete_certificate(order: Order, _station: Station, _given: dict[str, Any], _limits: Limits) -> Saying:
    return Saying(action="DeleteCertificate", payload={"certificateHashData": _hash(order)})


def _publish(order: Order, _station: Station, given: dict[str, Any], limits: Limits) -> Saying:
    payload = {
        "location": args.url_of(order, given, limits),
        "checksum": _checksum(text(given.get("checksum")) or args.word(order, "checksum")),
        "requestId": args.request_id(order),
    }
    return Saying(action="PublishFirmware", payload=payload)


def _unpublish(order: Order, _station: Station, _given: dict[str, Any], _limits: Limits) -> Saying:
    return Saying(action="UnpublishFirmware", payload={"checksum": _checksum(args.word(order, "checksum"))})


def _checksum(said: str | None) -> str:
    if said is None or len(said) != 32:
        raise OrderError("The checksum of an image is its MD5: 32 hex digits.")
    return said


def _hash(order: Order) -> dict[str, Any]:
    """CertificateHashDataType as the order ``certificates`` lists it. Raises OrderError."""
    said = obj(order.arguments.get("certificate"))
    made = {name: text(said.get(name)) for name in _HASH}
    if not all(made.values()):
        raise OrderError(f"Say which certificate, as certificates lists it: certificate={{{', '.join(_HASH)}}}.")
    return made


def _needed(order: Order, name: str) -> int:
    number = args.number(order, name)
    if number is None:
        raise OrderError(f"Say which one: {name}=1.")
    return number


def _der_controls(order: Order, _station: Station, _given: dict[str, Any], _limits: Limits) -> Saying:
    payload = {
        "requestId": args.request_id(order),
        "controlType": args.word(order, "type"),
        "controlId": args.word(order, "id"),
    }
    return Saying(action="GetDERControl", payload=pruned(payload))


BLOCKS: Final[dict[str, Callable[[Order, Station, dict[str, Any], Limits], Saying]]] = {
    "list-version": _list_version,
    "send-list": _send_list,
    "reserve": _reserve,
    "cancel-reservation": _cancel_reservation,
    "transaction-status": _transaction_status,
    "cost": _cost,
    "customer": _customer,
    "monitoring": _monitoring,
    "monitor": _monitor,
    "monitors": _monitors,
    "clear-monitor": _clear_monitor,
    "display": _display,
    "displays": _displays,
    "clear-display": _clear_display,
    "certificates": _certificates,
    "delete-certificate": _delete_certificate,
    "publish": _publish,
    "unpublish": _unpublish,
    "der-controls": _der_controls,
}
"""The sayings of these orders."""
