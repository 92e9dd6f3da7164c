"""Orders of OCPP 1.6 beyond its core: local list, reservations, charging profiles, certificates."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

from console.engine.dialects.base import TagInfo
from console.engine.dialects.charging import periods, profile_number
from console.engine.dialects.reading import integer, obj, pruned, stamp, text, when
from console.engine.errors import OrderError
from console.engine.fleet.model import Station
from console.engine.fleet.order import Order, Saying

_INT32: Final = 2**31 - 1
_DAY: Final = 86_400
_HOUR_NS: Final = 3_600_000_000_000
_MAX_TAG: Final = 20
_STATUSES: Final = ("Accepted", "Blocked", "Expired", "Invalid", "ConcurrentTx")
_HASH: Final = ("hashAlgorithm", "issuerNameHash", "issuerKeyHash", "serialNumber")
_NAMES: Final = {"default": "TxDefaultProfile", "session": "TxProfile", "station": "ChargePointMaxProfile"}


def _list_version(_order: Order, _station: Station, _given: dict[str, Any]) -> Saying:
    return Saying(action="GetLocalListVersion", payload={})


def _send_list(order: Order, _station: Station, given: dict[str, Any]) -> Saying:
    update = str(order.arguments.get("update") or "full")
    entries = [] if update == "empty" else [_entry(tag, info) for tag, info in given.get("tags") or ()]
    if update == "differential":
        entries += [{"idTag": _tag(tag)} for tag in given.get("removed") or ()]
    payload: dict[str, Any] = {
        "listVersion": _number(order, "version") or 1,
        "updateType": "Differential" if update == "differential" else "Full",
    }
    if entries:
        payload["localAuthorizationList"] = entries
    return Saying(action="SendLocalList", payload=payload)


def _entry(tag: str, info: TagInfo) -> dict[str, Any]:
    expires = info.expires if info.expires and when(info.expires) is not None else None
    parent = info.parent if info.parent and len(info.parent) <= _MAX_TAG else None
    status = info.status if info.status in _STATUSES else "Invalid"
    said = pruned({"expiryDate": expires, "parentIdTag": parent, "status": status})
    return {"idTag": _tag(tag), "idTagInfo": said}


def _tag(said: str | None) -> str:
    if not said or len(said) > _MAX_TAG:
        raise OrderError(f"An id tag of OCPP 1.6 has 1 to {_MAX_TAG} characters.")
    return said


def _reserve(order: Order, _station: Station, _given: dict[str, Any]) -> Saying:
    number, until = _number(order, "id"), order.arguments.get("until")
    group = text(order.arguments.get("group"))
    payload = pruned(
        {
            "connectorId": _number(order, "connector") or 0,
            "expiryDate": stamp(until if type(until) is int else time.time_ns() + _HOUR_NS),
            "idTag": _tag(text(order.arguments.get("tag"))),
            "parentIdTag": _tag(group) if group else None,
            "reservationId": order.id & _INT32 if number is None else number,
        }
    )
    return Saying(action="ReserveNow", payload=payload)


def _cancel_reservation(order: Order, _station: Station, _given: dict[str, Any]) -> Saying:
    return Saying(action="CancelReservation", payload={"reservationId": _number(order, "id") or 0})


def _limit(order: Order, _station: Station, given: dict[str, Any]) -> Saying:
    connector = _number(order, "connector") or 0
    purpose = str(order.arguments.get("purpose") or "default")
    if purpose == "station":
        connector = 0  # 3.13.1: it can only be set at connector 0
    number, begin = _number(order, "profile"), order.arguments.get("from")
    profile: dict[str, Any] = {
        "chargingProfileId": profile_number(purpose, connector) if number is None else number,
        "stackLevel": _number(order, "stack") or 0,
        "chargingProfilePurpose": _NAMES[purpose],
        "chargingProfileKind": "Absolute",
    }
    schedule: dict[str, Any] = {"startSchedule": stamp(begin if type(begin) is int else time.time_ns())}
    if purpose == "session":
        wire = integer(given.get("transaction", order.arguments.get("transaction")))
        if not connector or wire is None:
            raise OrderError("A session's limit is one connector's where a transaction runs: say which, connector=1.")
        profile |= {"chargingProfileKind": "Relative", "transactionId": wire}
        schedule = {}
    elif order.arguments.get("every") is not None:
        recurring = {"day": "Daily", "week": "Weekly"}[str(order.arguments["every"])]
        profile |= {"chargingProfileKind": "Recurring", "recurrencyKind": recurring}
    duration = _number(order, "duration")
    if duration:
        schedule["duration"] = duration
    schedule |= {
        "chargingRateUnit": order.arguments.get("unit") or "A",
        "chargingSchedulePeriod": periods(order.arguments.get("limit"), _number(order, "phases")),
    }
    profile["chargingSchedule"] = schedule
    return Saying(action="SetChargingProfile", payload={"connectorId": connector, "csChargingProfiles": profile})


def _clear_limit(order: Order, _station: Station, _given: dict[str, Any]) -> Saying:
    said = order.arguments.get("purpose")
    if said == "external":
        raise OrderError("OCPP 1.6 knows no limits from outside.")
    payload = pruned(
        {
            "id": _number(order, "profile"),
            "connectorId": _number(order, "connector"),
            "chargingProfilePurpose": None if said is None else _NAMES[str(said)],
            "stackLevel": _number(order, "stack"),
        }
    )
    return Saying(action="ClearChargingProfile", payload=payload)


def _schedule(order: Order, _station: Station, _given: dict[str, Any]) -> Saying:
    payload = {
        "connectorId": _number(order, "connector") or 0,
        "duration": _number(order, "duration") or _DAY,
        "chargingRateUnit": order.arguments.get("unit"),
    }
    return Saying(action="GetCompositeSchedule", payload=pruned(payload))


def _certificates(order: Order, _station: Station, _given: dict[str, Any]) -> Saying:
    kind = text(order.arguments.get("type")) or "CentralSystemRootCertificate"
    return Saying(action="GetInstalledCertificateIds", payload={"certificateType": kind})


def _delete_certificate(order: Order, _station: Station, _given: dict[str, Any]) -> Saying:
    said = obj(order.arguments.get("certificate"))
    made = {name: text(said.get(name)) for name in _HASH}
    if not all(made.values()):
        raise OrderError(f"Say which certificate, as certificates lists it: certificate={{{', '.join(_HASH)}}}.")
    return Saying(action="DeleteCertificate", payload={"certificateHashData": made})


def _number(order: Order, name: str) -> int | None:
    said = order.arguments.get(name)
    if said is None or said == "":
        return None
    made = None if type(said) is bool else integer(said)
    if made is None or not 0 <= made <= _INT32:
        raise OrderError(f"{name} is a number that counts from 0, not {text(said)}.")
    return made


BLOCKS: Final[dict[str, Callable[[Order, Station, dict[str, Any]], Saying]]] = {
    "list-version": _list_version,
    "send-list": _send_list,
    "reserve": _reserve,
    "cancel-reservation": _cancel_reservation,
    "limit": _limit,
    "clear-limit": _clear_limit,
    "schedule": _schedule,
    "certificates": _certificates,
    "delete-certificate": _delete_certificate,
}
"""The sayings of these orders."""
