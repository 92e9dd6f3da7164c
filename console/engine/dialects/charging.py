"""What charging profiles have in common in every version: numbers, periods, and how a schedule is told."""

from __future__ import annotations

import re
from typing import Any, Final

from console.engine.dialects.reading import integer, items, number, obj, text
from console.engine.errors import OrderError

PURPOSES: Final = ("default", "session", "station")
"""What a limit is for: every session to come, the one that runs, or the whole station."""

_STEP: Final = re.compile(r"\s*(\d{1,9}(?:\.\d)?)\s*(?:@\s*(\d{1,8})\s*)?")
_SHOWN: Final = 24


def profile_number(purpose: str, evse: int) -> int:
    """The id of a profile that the console makes, the same for one purpose and place: the next limit replaces it."""
    return 1000 + evse * 10 + PURPOSES.index(purpose)


def periods(said: Any, phases: int | None = None) -> list[dict[str, Any]]:
    """ChargingSchedulePeriodType from ``16`` or ``16,10@3600`` (10 from the 3600th second on). Raises OrderError."""
    made: list[dict[str, Any]] = []
    for part in str("" if said is None else said).split(","):
        step = _STEP.fullmatch(part)
        if step is None:
            raise OrderError(f"A limit is a number such as 16, or 16,10@3600 for 10 after an hour; not {part[:40]}.")
        begin = int(step[2] or 0)
        if made and begin <= made[-1]["startPeriod"]:
            raise OrderError("The steps of a limit follow each other: 16,10@3600,6@7200.")
        if not made and begin:
            raise OrderError("The first step of a limit begins at once, without @.")
        period: dict[str, Any] = {"startPeriod": begin, "limit": float(step[1])}
        if phases:
            period["numberPhases"] = phases
        made.append(period)
    return made


def told_schedule(schedule: Any) -> str:
    """``16 A, 10 A after 3600 s`` of a ChargingScheduleType."""
    said = obj(schedule)
    unit = text(said.get("chargingRateUnit")) or ""
    steps: list[str] = []
    for one in items(said.get("chargingSchedulePeriod")):
        period = obj(one)
        limit, begin = number(period.get("limit")), integer(period.get("startPeriod")) or 0
        amount = "no limit" if limit is None else f"{limit:g} {unit}".rstrip()
        mode, point = text(period.get("operationMode")), number(period.get("setpoint"))
        if point is not None:
            amount = f"setpoint {point:g} {unit}".rstrip()
        amount += f" ({mode})" if mode else ""
        steps.append(f"{amount} after {begin} s" if begin else amount)
    more = f" and {len(steps) - _SHOWN} more steps" if len(steps) > _SHOWN else ""
    charge = obj(said.get("limitAtSoC"))
    if charge:
        more += f"; from {integer(charge.get('soc'))} % on {number(charge.get('limit')) or 0:g} {unit}".rstrip()
    delay = integer(said.get("randomizedDelay"))
    if delay:
        more += f"; delayed by up to {delay} s"
    if said.get("useLocalTime") is True:
        more += "; in local time"
    return (", ".join(steps[:_SHOWN]) or "no steps") + more


def told_profile(profile: Any) -> str:
    """``profile 5, TxDefaultProfile, stack 0, Absolute: 16 A`` of a ChargingProfileType of any version."""
    said = obj(profile)
    words = [f"profile {integer(said.get('id', said.get('chargingProfileId')))}"]
    words.append(text(said.get("chargingProfilePurpose")) or "no purpose")
    words.append(f"stack {integer(said.get('stackLevel'))}")
    kind = text(said.get("chargingProfileKind")) or "no kind"
    words.append(f"{kind} {text(said.get('recurrencyKind')) or ''}".rstrip())
    wire = text(said.get("transactionId"))
    if wire:
        words.append(f"transaction {wire}")
    offline, update = integer(said.get("maxOfflineDuration")), integer(said.get("dynUpdateInterval"))
    if offline is not None:
        words.append(
            f"for {offline} s offline" + (", then never again" if said.get("invalidAfterOfflineDuration") else "")
        )
    if update is not None:
        words.append(f"updated every {update} s")
    schedules = [told_schedule(one) for one in items(said.get("chargingSchedule"))]
    return ", ".join(words) + ": " + (" or ".join(schedules) or "no schedule")
