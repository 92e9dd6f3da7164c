"""Charging profiles of OCPP 2.x as orders: a limit set, cleared, listed, and what counts of them all."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

from console.engine.dialects import v2_arguments as args
from console.engine.dialects.charging import PURPOSES, periods, profile_number
from console.engine.dialects.reading import pruned, stamp, text
from console.engine.dialects.v2_answers import Limits
from console.engine.errors import OrderError
from console.engine.fleet.model import Station
from console.engine.fleet.order import Order, Saying

_DAY: Final = 86_400
_STATION_MAX: Final = "ChargingStationMaxProfile"
_SOURCES: Final = ("CSO", "EMS", "SO", "Other")


def _limit(order: Order, _station: Station, given: dict[str, Any], _limits: Limits) -> Saying:
    evse = args.place(order)[0] or 0
    purpose = args.chosen(order, "purpose", PURPOSES) or "default"
    name = {"default": "TxDefaultProfile", "session": "TxProfile", "station": _STATION_MAX}[purpose]
    if purpose == "station":
        evse = 0  # K01.FR.38: it is the station's
    number = args.number(order, "profile")
    profile: dict[str, Any] = {
        "id": profile_number(purpose, evse) if number is None else number,
        "stackLevel": args.number(order, "stack") or 0,
        "chargingProfilePurpose": name,
        "chargingProfileKind": "Absolute",
    }
    schedule: dict[str, Any] = {"id": 1, "startSchedule": args.time_of(order, "from") or stamp(time.time_ns())}
    recurring = args.chosen(order, "every", ("day", "week"))
    if purpose == "session":
        if not evse:
            raise OrderError("A session's limit is one connector's: say which, connector=1.")
        wire = text(given.get("transaction")) or args.word(order, "transaction")
        if not wire:
            raise OrderError("No transaction runs there whose limit could be set.")
        profile |= {"chargingProfileKind": "Relative", "transactionId": wire}
        del schedule["startSchedule"]  # K01.FR.41: relative to the start of the session
    elif recurring is not None:
        profile |= {
            "chargingProfileKind": "Recurring",
            "recurrencyKind": {"day": "Daily", "week": "Weekly"}[recurring],
        }
    duration = args.number(order, "duration")
    if duration:
        schedule["duration"] = duration
    schedule |= {
        "chargingRateUnit": args.chosen(order, "unit", ("A", "W")) or "A",
        "chargingSchedulePeriod": periods(order.arguments.get("limit"), args.number(order, "phases")),
    }
    profile["chargingSchedule"] = [schedule]
    return Saying(action="SetChargingProfile", payload={"evseId": evse, "chargingProfile": profile})


def _clear_limit(order: Order, _station: Station, _given: dict[str, Any], _limits: Limits) -> Saying:
    number = args.number(order, "profile")
    if number is not None:
        return Saying(action="ClearChargingProfile", payload={"chargingProfileId": number})
    criteria = pruned(
        {
            "evseId": args.place(order)[0],
            "chargingProfilePurpose": _purpose(order),
            "stackLevel": args.number(order, "stack"),
        }
    )
    return Saying(action="ClearChargingProfile", payload={"chargingProfileCriteria": criteria} if criteria else {})


def _limits_set(order: Order, _station: Station, _given: dict[str, Any], _limits: Limits) -> Saying:
    criterion: dict[str, Any] = pruned(
        {"chargingProfilePurpose": _purpose(order), "stackLevel": args.number(order, "stack")}
    )
    numbers = args.numbers(order, "profile")
    if numbers:
        criterion["chargingProfileId"] = numbers
    source = args.chosen(order, "source", _SOURCES)
    if source is not None:
        criterion["chargingLimitSource"] = [source]
    evse = args.place(order)[0]
    payload = {"requestId": args.request_id(order), "chargingProfile": criterion}
    return Saying(action="GetChargingProfiles", payload=payload if evse is None else {**payload, "evseId": evse})


def _schedule(order: Order, _station: Station, _given: dict[str, Any], _limits: Limits) -> Saying:
    payload = {"duration": args.number(order, "duration") or _DAY, "evseId": args.place(order)[0] or 0}
    unit = args.chosen(order, "unit", ("A", "W"))
    return Saying(
        action="GetCompositeSchedule", payload=payload if unit is None else {**payload, "chargingRateUnit": unit}
    )


def _purpose(order: Order) -> str | None:
    said = args.chosen(order, "purpose", (*PURPOSES, "external"))
    names = {
        "default": "TxDefaultProfile",
        "session": "TxProfile",
        "station": _STATION_MAX,
        "external": "ChargingStationExternalConstraints",
    }
    return None if said is None else names[said]


POWER: Final[dict[str, Callable[[Order, Station, dict[str, Any], Limits], Saying]]] = {
    "limit": _limit,
    "clear-limit": _clear_limit,
    "limits": _limits_set,
    "schedule": _schedule,
}
"""The sayings of the orders about charging profiles."""
