"""How a station of OCPP 2.0.1 obeys: sessions, availability, reservations, triggers, the local list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ocpp.v201

from console.simulator import obey
from console.simulator.clock import parse
from console.simulator.connector import Connector, Reservation
from console.simulator.v2.charging import Charging
from console.simulator.v2.files import Files
from console.simulator.v2.reports import Reports
from console.simulator.wire import on

if TYPE_CHECKING:
    from console.simulator.v2.speech import Speech2


class Core(Charging, Reports, Files):
    """Handlers that 2.0.1 and 2.1 share."""

    def __init__(self, station: Any, speech: Speech2, transport: Any, timeout: float) -> None:
        super().__init__(station, transport, timeout)
        self.speech = speech

    # --- sessions -----------------------------------------------------------------------------------------------

    @on("RequestStartTransaction")
    def on_request_start(self, remote_start_id: int, evse_id: int | None = None, **_: Any) -> Any:
        """Begin a session where it can begin."""
        station, token = self.station, self.request["idToken"]["idToken"]
        places = [c for c in station.connectors if evse_id is None or c.evse_id == evse_id]
        chosen = obey.startable(station, places, token)
        profile = self.request.get("chargingProfile")
        bad_profile = profile is not None and profile["chargingProfilePurpose"] != "TxProfile"
        if chosen is None or station.registration != "Accepted" or bad_profile:
            return self.answer("RequestStartTransaction", status="Rejected")
        if profile:
            station.profiles.put(chosen.evse_id, profile)
        self.then("remote start", lambda: obey.remote_start(station, chosen, token, remote_start_id))
        return self.answer("RequestStartTransaction", status="Accepted")

    @on("RequestStopTransaction")
    def on_request_stop(self, transaction_id: str, **_: Any) -> Any:
        """End the session of that transaction."""
        running = [c for c in self.station.connectors if c.session and c.session.uid == transaction_id]
        if not running:
            return self.answer("RequestStopTransaction", status="Rejected")
        self.then("remote stop", lambda: self.station.stop_session(running[0].number, "remote"))
        return self.answer("RequestStopTransaction", status="Accepted")

    @on("GetTransactionStatus")
    def on_get_transaction_status(self, transaction_id: str | None = None, **_: Any) -> Any:
        """Whether it runs, and whether messages (of it) still wait."""
        outbox = self.station.outbox
        if transaction_id is None:
            return self.answer("GetTransactionStatus", messages_in_queue=len(outbox) > 0)
        running = any(c.session and c.session.uid == transaction_id for c in self.station.connectors)
        waiting = outbox.holds(transaction_id)
        return self.answer("GetTransactionStatus", messages_in_queue=waiting, ongoing_indicator=running)

    @on("CostUpdated")
    def on_cost_updated(self, **_: Any) -> Any:
        """The display would show it."""
        return self.answer("CostUpdated")

    @on("UnlockConnector")
    def on_unlock(self, evse_id: int, connector_id: int, **_: Any) -> Any:
        """Open the lock, unless an authorised transaction runs (F05.FR.02)."""
        for connector in self.station.connectors:
            if (connector.evse_id, connector.connector_id) == (evse_id, connector_id):
                if connector.session:
                    return self.answer("UnlockConnector", status="OngoingAuthorizedTransaction")
                if connector.fault and connector.fault.code == "ConnectorLockFailure":
                    return self.answer("UnlockConnector", status="UnlockFailed")
                return self.answer("UnlockConnector", status="Unlocked")
        return self.answer("UnlockConnector", status="UnknownConnector")

    # --- the station --------------------------------------------------------------------------------------------

    @on("Reset")
    def on_reset(self, type: str, evse_id: int | None = None, **_: Any) -> Any:
        """Restart the station or one EVSE, now or when idle (B11, B12)."""
        station, wait = self.station, type == "OnIdle"
        touched = [c for c in station.connectors if evse_id in (None, c.evse_id)]
        if not touched:
            return self.answer("Reset", status="Rejected")
        busy = any(c.session for c in touched)
        if evse_id is not None:
            self.then("EVSE reset", lambda: obey.reset_evse(station, evse_id, wait=wait))
        elif wait:
            reason = "ScheduledReset" if busy else "RemoteReset"
            self.then("reset when idle", lambda: obey.reset_when_idle(station, reason))
        else:
            self.then("reset", lambda: obey.reset(station, "hard reset", "RemoteReset"))
        return self.answer("Reset", status="Scheduled" if wait and busy else "Accepted")

    @on("ChangeAvailability")
    def on_change_availability(self, operational_status: str, **_: Any) -> Any:
        """Open or close the station, an EVSE or a connector."""
        outlets = self._place(self.request.get("evse"))
        if not outlets:
            return self.answer("ChangeAvailability", status="Rejected")
        operative = operational_status == "Operative"
        busy = any(c.session for c in outlets) and not operative
        self.then("availability", lambda: obey.set_availability(self.station, outlets, operative=operative))
        return self.answer("ChangeAvailability", status="Scheduled" if busy else "Accepted")

    @on("TriggerMessage")
    def on_trigger_message(self, requested_message: str, **_: Any) -> Any:
        """Send what is asked for, after the answer."""
        outlets = self._place(self.request.get("evse"))
        if not outlets:
            return self.answer("TriggerMessage", status="Rejected")
        return self.answer("TriggerMessage", status=self._trigger(requested_message, outlets))

    def _trigger(self, message: str, outlets: list[Connector]) -> str:
        station, transfers = self.station, self.station.transfers
        match message:
            case "BootNotification":
                if station.registration == "Accepted":
                    # B01/F06: a station that has been accepted does not announce itself again
                    return "Rejected"
                self.then("boot", self._boot)
            case "Heartbeat":
                self.then("heartbeat", lambda: station.tell("Heartbeat", {}))
            case "StatusNotification":
                self.then("statuses", lambda: obey.statuses(station, outlets, whole=False))
            case "MeterValues":
                self.then("meter values", lambda: obey.meter_values(station, outlets))
            case "TransactionEvent":
                self.then("transaction events", lambda: self._transactions(outlets))
            case "FirmwareStatusNotification":
                status = transfers.firmware_status if transfers.updating else "Idle"
                self.then("firmware status", lambda: station.speech.firmware_status(status, transfers.firmware_request))
            case "LogStatusNotification":
                status = transfers.log_status if transfers.uploading else "Idle"
                self.then("log status", lambda: station.speech.log_status(status, transfers.log_request))
            case "SignChargingStationCertificate" | "SignCombinedCertificate":
                self.then("certificate request", lambda: self.sign_certificate("ChargingStationCertificate"))
            case "SignV2GCertificate":
                self.then("certificate request", lambda: self.sign_certificate("V2GCertificate"))
            case _:
                return "NotImplemented"
        return "Accepted"

    async def _boot(self) -> None:
        self.station.boot_again()

    async def _transactions(self, outlets: list[Connector]) -> None:
        for outlet in outlets:
            if outlet.session:
                await self.station.sample(outlet.number, "Trigger")

    def _place(self, evse: dict[str, Any] | None) -> list[Connector]:
        """The connectors that an EVSEType means; none given, or EVSE 0: all."""
        everything = self.station.connectors
        if not evse or evse["id"] == 0:
            return list(everything)
        wanted = evse.get("connectorId")
        return [c for c in everything if c.evse_id == evse["id"] and wanted in (None, c.connector_id)]

    @on("ClearCache")
    def on_clear_cache(self, **_: Any) -> Any:
        """There is a cache, and now it is empty."""
        return self.answer("ClearCache", status="Accepted")

    @on("DataTransfer")
    def on_data_transfer(self, vendor_id: str, message_id: str | None = None, **_: Any) -> Any:
        """The vendor's own messages: ``echo`` gives the data back."""
        if vendor_id != self.station.spec.vendor:
            return self.answer("DataTransfer", status="UnknownVendorId")
        if message_id not in (None, "echo"):
            return self.answer("DataTransfer", status="UnknownMessageId")
        return self.answer("DataTransfer", status="Accepted", data=self.request.get("data"))

    # --- local list and reservations ----------------------------------------------------------------------------

    @on("GetLocalListVersion")
    def on_get_local_list_version(self, **_: Any) -> Any:
        """0: there is none."""
        return self.answer("GetLocalListVersion", version_number=self.station.local_list_version)

    @on("SendLocalList")
    def on_send_local_list(self, version_number: int, update_type: str, **_: Any) -> Any:
        """Replace or mend the list."""
        station, entries = self.station, self.request.get("localAuthorizationList", [])
        if update_type == "Differential" and version_number <= station.local_list_version:
            return self.answer("SendLocalList", status="VersionMismatch")
        if update_type == "Full":
            station.local_list.clear()
        for entry in entries:
            token = entry["idToken"]["idToken"]
            if "idTokenInfo" in entry:
                station.local_list[token] = entry
            else:
                station.local_list.pop(token, None)
        station.local_list_version = version_number
        return self.answer("SendLocalList", status="Accepted")

    @on("ReserveNow")
    def on_reserve_now(self, id: int, expiry_date_time: str, evse_id: int | None = None, **_: Any) -> Any:
        """Keep an EVSE, or any that fits, for a token."""
        places = [c for c in self.station.connectors if evse_id in (None, c.evse_id)]
        kind, expiry = self.request.get("connectorType"), parse(expiry_date_time)
        places = [c for c in places if kind in (None, c.type)]
        if not places or expiry is None:
            return self.answer("ReserveNow", status="Rejected")
        free = [c for c in places if c.free and (c.reservation is None or c.reservation.id == id)]
        if not free:
            return self.answer("ReserveNow", status=_why_not(places))
        group = self.request.get("groupIdToken", {}).get("idToken")
        reservation = Reservation(id, self.request["idToken"]["idToken"], expiry, group)
        self.then("reservation", lambda: obey.reserve(self.station, free[0], reservation))
        return self.answer("ReserveNow", status="Accepted")

    @on("CancelReservation")
    def on_cancel_reservation(self, reservation_id: int, **_: Any) -> Any:
        """Free the place again."""
        outlet = obey.reservation_for(self.station, reservation_id)
        if outlet is None:
            return self.answer("CancelReservation", status="Rejected")
        outlet.reservation = None
        self.then("status", lambda: self.station.report(outlet))
        return self.answer("CancelReservation", status="Accepted")


def _why_not(places: list[Connector]) -> str:
    if all(c.fault for c in places):
        return "Faulted"
    return "Unavailable" if not any(c.operative for c in places) else "Occupied"


class ChargePoint201(Core, ocpp.v201.ChargePoint):
    """The listening end of one 2.0.1 link."""
