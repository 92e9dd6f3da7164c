"""How a station of OCPP 1.6J obeys: core, local list, reservation, smart charging, triggers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ocpp.v16
from ocpp.v16 import call_result

from console.simulator import obey
from console.simulator.clock import parse
from console.simulator.connector import Connector, Reservation
from console.simulator.limits import composite, from_16
from console.simulator.v16.files import Files16
from console.simulator.wire import on

if TYPE_CHECKING:
    from console.simulator.v16.speech import Speech16


class ChargePoint16(Files16, ocpp.v16.ChargePoint):
    """The listening end of one 1.6 link."""

    def __init__(self, station: Any, speech: Speech16, transport: Any, timeout: float) -> None:
        super().__init__(station, transport, timeout)
        self.speech = speech

    def _outlets(self, number: int) -> list[Connector] | None:
        """The connectors that a connectorId means (0: all), or None where there is no such one."""
        if number == 0:
            return list(self.station.connectors)
        return [self.station.connectors[number - 1]] if 1 <= number <= len(self.station.connectors) else None

    # --- core ---------------------------------------------------------------------------------------------------

    @on("Reset")
    def on_reset(self, type: str) -> call_result.Reset:
        """Stop everything and restart."""
        reason = "hard reset" if type == "Hard" else "soft reset"
        self.then("reset", lambda: obey.reset(self.station, reason, "RemoteReset"))
        return call_result.Reset("Accepted")

    @on("UnlockConnector")
    def on_unlock(self, connector_id: int) -> call_result.UnlockConnector:
        """End the session, open the lock."""
        outlets = self._outlets(connector_id)
        if not outlets or connector_id == 0:
            return call_result.UnlockConnector("NotSupported")
        if outlets[0].fault and outlets[0].fault.code == "ConnectorLockFailure":
            return call_result.UnlockConnector("UnlockFailed")
        self.then("unlock", lambda: self.station.stop_session(connector_id, "unlock"))
        return call_result.UnlockConnector("Unlocked")

    @on("RemoteStartTransaction")
    def on_remote_start(self, id_tag: str, connector_id: int | None = None, **_: Any) -> Any:
        """Begin a session where it can begin."""
        station = self.station
        outlets = self._outlets(connector_id or 0) or []
        chosen = obey.startable(station, outlets, id_tag)
        if chosen is None or station.registration != "Accepted":
            return call_result.RemoteStartTransaction("Rejected")
        if profile := self.request.get("chargingProfile"):
            if profile["chargingProfilePurpose"] != "TxProfile":
                return call_result.RemoteStartTransaction("Rejected")
            station.profiles.put(chosen.evse_id, from_16(profile))
        self.then("remote start", lambda: obey.remote_start(station, chosen, id_tag, None))
        return call_result.RemoteStartTransaction("Accepted")

    @on("RemoteStopTransaction")
    def on_remote_stop(self, transaction_id: int) -> call_result.RemoteStopTransaction:
        """End the session of that transaction."""
        running = [c for c in self.station.connectors if c.session and c.session.transaction_id == transaction_id]
        if not running:
            return call_result.RemoteStopTransaction("Rejected")
        self.then("remote stop", lambda: self.station.stop_session(running[0].number, "remote"))
        return call_result.RemoteStopTransaction("Accepted")

    @on("ChangeAvailability")
    def on_change_availability(self, connector_id: int, type: str) -> call_result.ChangeAvailability:
        """Open or close outlets."""
        outlets = self._outlets(connector_id)
        if outlets is None:
            return call_result.ChangeAvailability("Rejected")
        operative = type == "Operative"
        busy = any(c.session for c in outlets) and not operative
        self.then("availability", lambda: obey.set_availability(self.station, outlets, operative=operative))
        return call_result.ChangeAvailability("Scheduled" if busy else "Accepted")

    @on("GetConfiguration")
    def on_get_configuration(self, key: list[str] | None = None) -> call_result.GetConfiguration:
        """The keys asked for, or all."""
        config = self.speech.config
        found = [(name, config.find(name)) for name in key] if key else [(name, name) for name in config.keys]
        known = [
            {"key": name, "readonly": k.readonly, "value": None if k.hidden else k.value}
            for name in dict.fromkeys(real for _, real in found if real)
            if (k := config.keys[name])
        ]
        unknown = [asked for asked, real in found if real is None]
        return call_result.GetConfiguration(known or None, unknown or None)

    @on("ChangeConfiguration")
    def on_change_configuration(self, key: str, value: str) -> call_result.ChangeConfiguration:
        """Change a key; a new AuthorizationKey makes the station come back with it."""
        status = self.speech.config.change(key, value)
        if status == "Accepted":
            real = self.speech.config.find(key)
            self.station.settings_changed()
            if real == "AuthorizationKey":
                self.station.password = value
                self.then("redial", self.station.redial)
            elif real in ("TransactionMessageAttempts", "TransactionMessageRetryInterval"):
                self.station.outbox.attempts = self.speech.config.number("TransactionMessageAttempts")
                self.station.outbox.retry_seconds = self.speech.config.number("TransactionMessageRetryInterval")
        return call_result.ChangeConfiguration(status)

    @on("ClearCache")
    def on_clear_cache(self) -> call_result.ClearCache:
        """There is a cache, and now it is empty."""
        return call_result.ClearCache("Accepted")

    @on("DataTransfer")
    def on_data_transfer(self, vendor_id: str, message_id: str | None = None, data: str | None = None) -> Any:
        """The vendor's own messages: ``echo`` gives the data back."""
        if vendor_id != self.station.spec.vendor:
            return call_result.DataTransfer("UnknownVendorId")
        if message_id not in (None, "echo"):
            return call_result.DataTransfer("UnknownMessageId")
        return call_result.DataTransfer("Accepted", data)

    # --- local list and reservation -----------------------------------------------------------------------------

    @on("GetLocalListVersion")
    def on_get_local_list_version(self) -> call_result.GetLocalListVersion:
        """0: there is none."""
        return call_result.GetLocalListVersion(self.station.local_list_version)

    @on("SendLocalList")
    def on_send_local_list(self, list_version: int, update_type: str, **_: Any) -> call_result.SendLocalList:
        """Replace or mend the list."""
        station, entries = self.station, self.request.get("localAuthorizationList", [])
        if update_type == "Differential" and list_version <= station.local_list_version:
            return call_result.SendLocalList("VersionMismatch")
        if update_type == "Full":
            station.local_list.clear()
        for entry in entries:
            if "idTagInfo" in entry or update_type == "Full":
                station.local_list[entry["idTag"]] = entry
            else:
                station.local_list.pop(entry["idTag"], None)
        station.local_list_version = list_version
        return call_result.SendLocalList("Accepted")

    @on("ReserveNow")
    def on_reserve_now(
        self, connector_id: int, expiry_date: str, id_tag: str, reservation_id: int, parent_id_tag: str | None = None
    ) -> call_result.ReserveNow:
        """Keep an outlet for a tag; connector 0 is not supported."""
        outlets, expiry = self._outlets(connector_id), parse(expiry_date)
        if not outlets or connector_id == 0 or expiry is None:
            return call_result.ReserveNow("Rejected")
        outlet = outlets[0]
        if outlet.fault:
            return call_result.ReserveNow("Faulted")
        if not outlet.operative:
            return call_result.ReserveNow("Unavailable")
        other = outlet.reservation is not None and outlet.reservation.id != reservation_id
        if outlet.car or other:
            return call_result.ReserveNow("Occupied")
        reservation = Reservation(reservation_id, id_tag, expiry, parent_id_tag)
        self.then("reservation", lambda: obey.reserve(self.station, outlet, reservation))
        return call_result.ReserveNow("Accepted")

    @on("CancelReservation")
    def on_cancel_reservation(self, reservation_id: int) -> call_result.CancelReservation:
        """Free the outlet again."""
        outlet = obey.reservation_for(self.station, reservation_id)
        if outlet is None:
            return call_result.CancelReservation("Rejected")
        outlet.reservation = None
        self.then("status", lambda: self.station.report(outlet))
        return call_result.CancelReservation("Accepted")

    # --- smart charging -----------------------------------------------------------------------------------------

    @on("SetChargingProfile")
    def on_set_charging_profile(self, connector_id: int, **_: Any) -> call_result.SetChargingProfile:
        """Keep the profile; running sessions follow at once."""
        profile = from_16(self.request["csChargingProfiles"])
        outlets, purpose = self._outlets(connector_id), profile["chargingProfilePurpose"]
        wrong_place = (purpose == "ChargingStationMaxProfile") != (connector_id == 0) and purpose != "TxDefaultProfile"
        idle = purpose == "TxProfile" and not (outlets and outlets[0].session)
        if outlets is None or wrong_place or idle or int(profile["stackLevel"]) > 8:
            return call_result.SetChargingProfile("Rejected")
        self.station.profiles.put(connector_id and outlets[0].evse_id, profile)
        self.then("limits", self.station.limits_changed)
        return call_result.SetChargingProfile("Accepted")

    @on("ClearChargingProfile")
    def on_clear_charging_profile(
        self,
        id: int | None = None,
        connector_id: int | None = None,
        charging_profile_purpose: str | None = None,
        stack_level: int | None = None,
    ) -> call_result.ClearChargingProfile:
        """Forget the profiles that match."""
        purpose = charging_profile_purpose
        if purpose == "ChargePointMaxProfile":
            purpose = "ChargingStationMaxProfile"
        criteria: dict[str, Any] = {"evse": connector_id, "purpose": purpose, "stack_level": stack_level}
        gone = self.station.profiles.find(ids=[id] if id is not None else None, **({} if id is not None else criteria))
        self.station.profiles.remove(gone)
        self.then("limits", self.station.limits_changed)
        return call_result.ClearChargingProfile("Accepted" if gone else "Unknown")

    @on("GetCompositeSchedule")
    def on_get_composite_schedule(self, connector_id: int, duration: int, charging_rate_unit: str = "W") -> Any:
        """What the profiles together allow (connector 0: the first outlet's share)."""
        outlets = self._outlets(connector_id)
        if not outlets:
            return call_result.GetCompositeSchedule("Rejected")
        now = self.station.clock.now()
        periods = self.station.profiles.schedule(outlets[0], now, duration, charging_rate_unit)
        schedule = composite(periods, now, duration, charging_rate_unit)
        return call_result.GetCompositeSchedule("Accepted", connector_id, schedule["startSchedule"], schedule)

    # --- triggers -----------------------------------------------------------------------------------------------

    @on("TriggerMessage")
    def on_trigger_message(self, requested_message: str, connector_id: int | None = None) -> call_result.TriggerMessage:
        """Send what is asked for, after the answer."""
        return call_result.TriggerMessage(self._trigger(requested_message, connector_id))

    @on("ExtendedTriggerMessage")
    def on_extended_trigger(self, requested_message: str, connector_id: int | None = None) -> Any:
        """The same, with the messages of the security whitepaper."""
        return call_result.ExtendedTriggerMessage(self._trigger(requested_message, connector_id))

    def _trigger(self, message: str, number: int | None) -> str:
        station, transfers = self.station, self.station.transfers
        outlets = self._outlets(number or 0)
        if outlets is None:
            return "Rejected"
        match message:
            case "BootNotification":
                self.then("boot", self._boot)
            case "Heartbeat":
                self.then("heartbeat", lambda: station.tell("Heartbeat", {}))
            case "StatusNotification":
                self.then("statuses", lambda: obey.statuses(station, outlets, whole=not number))
            case "MeterValues":
                self.then("meter values", lambda: self._meter_values(outlets))
            case "FirmwareStatusNotification":
                status = transfers.firmware_status if transfers.updating else "Idle"
                self.then("firmware status", lambda: station.speech.firmware_status(status, transfers.firmware_request))
            case "DiagnosticsStatusNotification":
                status = transfers.log_status if transfers.uploading else "Idle"
                self.then("diagnostics status", lambda: station.speech.log_status(status, None))
            case "LogStatusNotification":
                status = transfers.log_status if transfers.uploading else "Idle"
                self.then("log status", lambda: station.speech.log_status(status, transfers.log_request or 0))
            case "SignChargePointCertificate":
                self.then("certificate request", self.sign_certificate)
            case _:
                return "NotImplemented"
        return "Accepted"

    async def _boot(self) -> None:
        self.station.boot_again()

    async def _meter_values(self, outlets: list[Connector]) -> None:
        for outlet in outlets:
            await self.station.sample(outlet.number, "Trigger")
