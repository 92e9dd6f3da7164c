"""How a station of OCPP 2.1 obeys what 2.0.1 does not have: tariffs, DER controls, streams, dynamic schedules."""

from __future__ import annotations

from typing import Any

import ocpp.v21
from ocpp.exceptions import NotSupportedError as ActionNotSupported

from console.simulator.v2.station_end import Core
from console.simulator.wire import on


class ChargePoint21(Core, ocpp.v21.ChargePoint):
    """The listening end of one 2.1 link. What a wall box lacks is answered with NotSupported."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._tariffs: dict[int, dict[str, Any]] = {}

    def _session_of(self, transaction_id: str) -> bool:
        return any(c.session and c.session.uid == transaction_id for c in self.station.connectors)

    # --- tariffs (block I) --------------------------------------------------------------------------------------

    @on("SetDefaultTariff")
    def on_set_default_tariff(self, evse_id: int, **_: Any) -> Any:
        """Keep a tariff for an EVSE, or for all (0)."""
        if evse_id and not any(c.evse_id == evse_id for c in self.station.connectors):
            return self.answer("SetDefaultTariff", status="Rejected")
        self._tariffs[evse_id] = self.request["tariff"]
        return self.answer("SetDefaultTariff", status="Accepted")

    @on("GetTariffs")
    def on_get_tariffs(self, evse_id: int, **_: Any) -> Any:
        """The tariffs that are kept."""
        found = [
            {"tariffId": tariff["tariffId"], "tariffKind": "DefaultTariff", "evseIds": [evse]}
            for evse, tariff in self._tariffs.items()
            if evse_id in (0, evse)
        ]
        if not found:
            return self.answer("GetTariffs", status="NoTariff")
        return self.answer("GetTariffs", status="Accepted", tariff_assignments=found)

    @on("ClearTariffs")
    def on_clear_tariffs(self, tariff_ids: list[str] | None = None, evse_id: int | None = None, **_: Any) -> Any:
        """Forget tariffs."""
        results: list[dict[str, Any]] = []
        for evse, tariff in list(self._tariffs.items()):
            if (tariff_ids is None or tariff["tariffId"] in tariff_ids) and evse_id in (None, evse):
                del self._tariffs[evse]
                results.append({"tariffId": tariff["tariffId"], "status": "Accepted"})
        done = {one["tariffId"] for one in results}
        results += [{"tariffId": one, "status": "NoTariff"} for one in tariff_ids or () if one not in done]
        return self.answer("ClearTariffs", clear_tariffs_result=results or [{"status": "NoTariff"}])

    @on("ChangeTransactionTariff")
    def on_change_transaction_tariff(self, transaction_id: str, **_: Any) -> Any:
        """A running session takes the new tariff."""
        known = self._session_of(transaction_id)
        return self.answer("ChangeTransactionTariff", status="Accepted" if known else "TxNotFound")

    # --- smart charging (block K) -------------------------------------------------------------------------------

    @on("UpdateDynamicSchedule")
    def on_update_dynamic_schedule(self, charging_profile_id: int, **_: Any) -> Any:
        """Put the new limit into the first period of a Dynamic profile."""
        found = self.station.profiles.find(ids=[charging_profile_id])
        if not found or found[0].profile["chargingProfileKind"] != "Dynamic":
            return self.answer("UpdateDynamicSchedule", status="Rejected", status_info=self.reason("InvalidProfile"))
        period = found[0].profile["chargingSchedule"][0]["chargingSchedulePeriod"][0]
        period.update(self.request["scheduleUpdate"])
        self.then("limits", self.station.limits_changed)
        return self.answer("UpdateDynamicSchedule", status="Accepted")

    @on("UsePriorityCharging")
    def on_use_priority_charging(self, transaction_id: str, activate: bool, **_: Any) -> Any:
        """Only with a PriorityCharging profile."""
        if not self._session_of(transaction_id):
            return self.answer("UsePriorityCharging", status="Rejected")
        if not self.station.profiles.find(purpose="PriorityCharging"):
            return self.answer("UsePriorityCharging", status="NoProfile")
        return self.answer("UsePriorityCharging", status="Accepted")

    @on("NotifyAllowedEnergyTransfer")
    def on_notify_allowed_energy_transfer(self, transaction_id: str, **_: Any) -> Any:
        """Taken note of for a running session."""
        known = self._session_of(transaction_id)
        return self.answer("NotifyAllowedEnergyTransfer", status="Accepted" if known else "Rejected")

    @on("AFRRSignal")
    def on_afrr_signal(self, **_: Any) -> Any:
        """No car here feeds power back."""
        return self.answer("AFRRSignal", status="Rejected", status_info=self.reason("UnsupportedRequest"))

    # --- distributed energy (block R) ---------------------------------------------------------------------------

    @on("SetDERControl")
    def on_set_der_control(self, **_: Any) -> Any:
        """A wall box has no inverter."""
        return self.answer("SetDERControl", status="NotSupported")

    @on("GetDERControl")
    def on_get_der_control(self, **_: Any) -> Any:
        """A wall box has no inverter."""
        return self.answer("GetDERControl", status="NotSupported")

    @on("ClearDERControl")
    def on_clear_der_control(self, **_: Any) -> Any:
        """A wall box has no inverter."""
        return self.answer("ClearDERControl", status="NotSupported")

    # --- what else the central system may call ------------------------------------------------------------------

    @on("GetPeriodicEventStream")
    def on_get_periodic_event_stream(self, **_: Any) -> Any:
        """The streams that are open."""
        found = [stream.constant() for stream in self.speech.streams.open.values()]
        return self.answer("GetPeriodicEventStream", constant_stream_data=found or None)

    @on("AdjustPeriodicEventStream")
    def on_adjust_periodic_event_stream(self, id: int, **_: Any) -> Any:
        """Change the pace of a stream."""
        stream = self.speech.streams.open.get(id)
        if stream is None:
            return self.answer("AdjustPeriodicEventStream", status="Rejected", status_info=self.reason("NotFound"))
        stream.params = {**stream.params, **self.request["params"]}
        return self.answer("AdjustPeriodicEventStream", status="Accepted")

    @on("GetCertificateChainStatus")
    def on_get_certificate_chain_status(self, **_: Any) -> Any:
        """The central system answers this one, it does not ask it."""
        raise ActionNotSupported(description="This message goes the other way.", details={})

    @on("RequestBatterySwap")
    def on_request_battery_swap(self, **_: Any) -> Any:
        """Not a swap station."""
        return self.answer("RequestBatterySwap", status="Rejected", status_info=self.reason("UnsupportedRequest"))
