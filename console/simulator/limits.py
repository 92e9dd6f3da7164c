"""Charging profiles: kept, chosen, turned into a limit in W (OCPP 1.6 section 3.13, OCPP 2.x block K).

Profiles are kept in the shape of OCPP 2.x with OCPP's own key names; those of 1.6 are brought into it first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from console.simulator.clock import parse, stamp
from console.simulator.connector import Connector
from console.simulator.electric import MAINS_V

STATION_WIDE = ("ChargingStationMaxProfile", "ChargingStationExternalConstraints", "ChargePointMaxProfile")
DC_V = 400.0
FOREVER = float("inf")


@dataclass(frozen=True, slots=True)
class Kept:
    """A profile and where it applies; ``evse`` 0 is the whole station."""

    evse: int
    profile: dict[str, Any]


def from_16(profile: dict[str, Any]) -> dict[str, Any]:
    """A csChargingProfiles of OCPP 1.6 in the shape of 2.x."""
    shaped = {key: value for key, value in profile.items() if key not in ("chargingProfileId", "transactionId")}
    if profile["chargingProfilePurpose"] == "ChargePointMaxProfile":
        shaped["chargingProfilePurpose"] = "ChargingStationMaxProfile"
    if "transactionId" in profile:
        shaped["transactionId"] = str(profile["transactionId"])
    return {"id": profile["chargingProfileId"], **shaped, "chargingSchedule": [profile["chargingSchedule"]]}


class ProfileStore:
    """The charging profiles of one station."""

    def __init__(self) -> None:
        self.kept: list[Kept] = []

    def put(self, evse: int, profile: dict[str, Any]) -> None:
        """Keep a profile; it replaces one of the same id, or of the same purpose and stack level on the same EVSE."""
        slot = (profile["chargingProfilePurpose"], profile["stackLevel"], evse)
        self.kept = [
            k
            for k in self.kept
            if k.profile["id"] != profile["id"]
            and (k.profile["chargingProfilePurpose"], k.profile["stackLevel"], k.evse) != slot
        ]
        self.kept.append(Kept(evse, profile))

    def find(
        self,
        *,
        ids: list[int] | None = None,
        evse: int | None = None,
        purpose: str | None = None,
        stack_level: int | None = None,
    ) -> list[Kept]:
        """The profiles that match every criterion that is given."""
        return [
            k
            for k in self.kept
            if (ids is None or k.profile["id"] in ids)
            and (evse is None or k.evse == evse)
            and (purpose is None or k.profile["chargingProfilePurpose"] == purpose)
            and (stack_level is None or k.profile["stackLevel"] == stack_level)
        ]

    def remove(self, gone: list[Kept]) -> None:
        """Forget these."""
        self.kept = [k for k in self.kept if k not in gone]

    def forget_transaction(self, connector: Connector) -> None:
        """A TxProfile lives no longer than its transaction."""
        self.remove(self.find(evse=connector.evse_id, purpose="TxProfile"))

    def limit_w(self, connector: Connector, moment: datetime) -> float | None:
        """The limit in W for this outlet at ``moment``, or None where no profile limits it."""
        limits = []
        for purpose in STATION_WIDE:
            limits.append(self._best(self.find(purpose=purpose), connector, moment))
        own = None
        if connector.session:
            own = self._best(self.find(evse=connector.evse_id, purpose="TxProfile"), connector, moment)
        if own is None:
            defaults = self.find(purpose="TxDefaultProfile")
            here = [k for k in defaults if k.evse == connector.evse_id]
            own = self._best(here, connector, moment)
            if own is None:
                own = self._best([k for k in defaults if k.evse == 0], connector, moment)
        found = [limit for limit in (*limits, own) if limit is not None]
        return min(found) if found else None

    def schedule(self, connector: Connector, moment: datetime, duration: int, unit: str) -> list[dict[str, Any]]:
        """ChargingSchedulePeriods of the composite schedule for ``duration`` seconds from ``moment``."""
        periods: list[dict[str, Any]] = []
        marks = {0.0} | {m for k in self.kept for m in _changes(k.profile, connector, moment, duration)}
        for start in sorted(marks):
            limit = self.limit_w(connector, moment + timedelta(seconds=start))
            watts = connector.max_w if limit is None else min(limit, connector.max_w)
            value = round(watts if unit == "W" else watts / _volts(connector, connector.phases), 1)
            if not periods or periods[-1]["limit"] != value:
                periods.append({"startPeriod": int(start), "limit": value, "numberPhases": connector.phases})
        return periods

    def _best(self, candidates: list[Kept], connector: Connector, moment: datetime) -> float | None:
        for kept in sorted(candidates, key=lambda k: -int(k.profile["stackLevel"])):
            limit = _limit_of(kept.profile, connector, moment)
            if limit is not None:
                return limit
        return None


def composite(periods: list[dict[str, Any]], moment: datetime, duration: int, unit: str) -> dict[str, Any]:
    """The chargingSchedule of OCPP 1.6's GetCompositeSchedule answer."""
    return {
        "duration": duration,
        "startSchedule": stamp(moment),
        "chargingRateUnit": unit,
        "chargingSchedulePeriod": periods,
    }


def _limit_of(profile: dict[str, Any], connector: Connector, moment: datetime) -> float | None:
    since, until = parse(str(profile.get("validFrom", ""))), parse(str(profile.get("validTo", "")))
    if (since and moment < since) or (until and moment >= until):
        return None
    schedule = profile["chargingSchedule"][0]
    start = _start(profile, schedule, connector, moment)
    offset = (moment - start).total_seconds()
    if offset < 0 or offset >= schedule.get("duration", FOREVER):
        return None
    current = None
    for period in schedule["chargingSchedulePeriod"]:
        if period["startPeriod"] <= offset and "limit" in period:
            current = period
    if current is None:
        return None
    limit = float(current["limit"])
    if schedule["chargingRateUnit"] == "W":
        return limit
    return limit * _volts(connector, int(current.get("numberPhases", 3)))


def _start(profile: dict[str, Any], schedule: dict[str, Any], connector: Connector, moment: datetime) -> datetime:
    given = parse(str(schedule.get("startSchedule", "")))
    if profile["chargingProfileKind"] == "Recurring" and given:
        period = timedelta(days=7 if profile.get("recurrencyKind") == "Weekly" else 1)
        return given + (moment - given) // period * period
    if profile["chargingProfileKind"] == "Absolute" and given:
        return given
    if connector.session:
        return connector.session.started_at
    return given or datetime.min.replace(tzinfo=UTC)


def _changes(profile: dict[str, Any], connector: Connector, moment: datetime, duration: int) -> Iterator[float]:
    schedule = profile["chargingSchedule"][0]
    start = _start(profile, schedule, connector, moment)
    if start.year > 1:
        edges = [p["startPeriod"] for p in schedule["chargingSchedulePeriod"]]
        if "duration" in schedule:
            edges.append(schedule["duration"])
        laps = (0.0, 86400.0) if profile.get("recurrencyKind") == "Daily" else (0.0,)
        for mark in ((start - moment).total_seconds() + edge + lap for edge in edges for lap in laps):
            if 0 < mark < duration:
                yield mark
    for key in ("validFrom", "validTo"):
        edge_moment = parse(str(profile.get(key, "")))
        if edge_moment and 0 < (mark := (edge_moment - moment).total_seconds()) < duration:
            yield mark


def _volts(connector: Connector, phases: int) -> float:
    return DC_V if connector.kind == "DC" else MAINS_V * min(phases, connector.phases)
