"""How a station of OCPP 2.x obeys: charging profiles (block K)."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from console.simulator.clock import stamp
from console.simulator.limits import Kept
from console.simulator.v2.answering import Answering
from console.simulator.wire import on

if TYPE_CHECKING:
    from console.simulator.connector import Connector

HIGHEST_STACK_LEVEL = 8


class Charging(Answering):
    """Handlers for charging profiles."""

    @on("SetChargingProfile")
    def on_set_charging_profile(self, evse_id: int, **_: Any) -> Any:
        """Keep the profile; running sessions follow at once."""
        profile = self.request["chargingProfile"]
        purpose = profile["chargingProfilePurpose"]
        outlets = [c for c in self.station.connectors if evse_id in (0, c.evse_id)]
        refused = (
            not outlets
            or purpose == "ChargingStationExternalConstraints"
            or (purpose == "ChargingStationMaxProfile" and evse_id != 0)
            or (purpose == "TxProfile" and not self._runs(outlets, profile.get("transactionId")))
            or int(profile["stackLevel"]) > HIGHEST_STACK_LEVEL
        )
        if refused:
            return self.answer("SetChargingProfile", status="Rejected")
        self.station.profiles.put(evse_id, profile)
        self.then("limits", self.station.limits_changed)
        return self.answer("SetChargingProfile", status="Accepted")

    def _runs(self, outlets: list[Connector], transaction_id: str | None) -> bool:
        return any(c.session and c.session.uid == transaction_id for c in outlets)

    @on("ClearChargingProfile")
    def on_clear_charging_profile(self, charging_profile_id: int | None = None, **_: Any) -> Any:
        """Forget the profiles that match; all of them where no criterion is given."""
        criteria = self.request.get("chargingProfileCriteria", {})
        if charging_profile_id is not None:
            gone = self.station.profiles.find(ids=[charging_profile_id])
        else:
            gone = self.station.profiles.find(
                evse=criteria.get("evseId"),
                purpose=criteria.get("chargingProfilePurpose"),
                stack_level=criteria.get("stackLevel"),
            )
        self.station.profiles.remove(gone)
        self.then("limits", self.station.limits_changed)
        return self.answer("ClearChargingProfile", status="Accepted" if gone else "Unknown")

    @on("GetChargingProfiles")
    def on_get_charging_profiles(self, request_id: int, evse_id: int | None = None, **_: Any) -> Any:
        """Report the profiles that match, one ReportChargingProfiles for each EVSE."""
        wanted = self.request["chargingProfile"]
        found = self.station.profiles.find(
            ids=wanted.get("chargingProfileId"),
            evse=evse_id,
            purpose=wanted.get("chargingProfilePurpose"),
            stack_level=wanted.get("stackLevel"),
        )
        if not found or "CSO" not in wanted.get("chargingLimitSource", ["CSO"]):
            return self.answer("GetChargingProfiles", status="NoProfiles")
        self.then("profiles", lambda: self._report_profiles(request_id, found))
        return self.answer("GetChargingProfiles", status="Accepted")

    async def _report_profiles(self, request_id: int, found: list[Kept]) -> None:
        groups = [(evse, list(kept)) for evse, kept in groupby(sorted(found, key=lambda k: k.evse), lambda k: k.evse)]
        for index, (evse, kept) in enumerate(groups):
            payload: dict[str, Any] = {
                "request_id": request_id,
                "charging_limit_source": "CSO",
                "charging_profile": [k.profile for k in kept],
                "evse_id": evse,
                "tbc": index < len(groups) - 1,
            }
            await self.station.tell("ReportChargingProfiles", payload)

    @on("GetCompositeSchedule")
    def on_get_composite_schedule(self, duration: int, evse_id: int, charging_rate_unit: str = "W", **_: Any) -> Any:
        """What the profiles together allow on an EVSE (0: the first one's share)."""
        outlets = [c for c in self.station.connectors if evse_id in (0, c.evse_id)]
        if not outlets:
            return self.answer("GetCompositeSchedule", status="Rejected")
        now = self.station.clock.now()
        schedule = {
            "evseId": evse_id,
            "duration": duration,
            "scheduleStart": stamp(now),
            "chargingRateUnit": charging_rate_unit,
            "chargingSchedulePeriod": self.station.profiles.schedule(outlets[0], now, duration, charging_rate_unit),
        }
        return self.answer("GetCompositeSchedule", status="Accepted", schedule=schedule)
