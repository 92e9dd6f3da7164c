"""What a station of OCPP 2.0.1 or 2.1 says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from console.simulator.clock import stamp
from console.simulator.connector import Connector, Fault, Reading, Session
from console.simulator.outbox import Entry
from console.simulator.v2.model import DeviceModel
from console.simulator.v2.streams import Streams
from console.simulator.wire import StationEnd, Transport

if TYPE_CHECKING:
    from console.simulator.station import SimulatedStation

STARTED = "SampledDataCtrlr.TxStartedMeasurands"
UPDATED = "SampledDataCtrlr.TxUpdatedMeasurands"
ENDED = "SampledDataCtrlr.TxEndedMeasurands"
ALIGNED = "AlignedDataCtrlr.Measurands"

# errorCode of 1.6: stoppedReason
FAULTS = {
    "GroundFailure": "GroundFault",
    "OverCurrentFailure": "OvercurrentFault",
    "UnderVoltage": "PowerQuality",
    "OverVoltage": "PowerQuality",
}
# our reason: (stoppedReason, triggerReason)
REASONS = {
    "local": ("Local", "StopAuthorized"),
    "remote": ("Remote", "RemoteStop"),
    "departed": ("EVDisconnected", "EVDeparted"),
    "full": ("StoppedByEV", "ChargingStateChanged"),
    "deauthorized": ("DeAuthorized", "Deauthorized"),
    "unlock": ("Other", "UnlockCommand"),
    "fault": ("GroundFault", "AbnormalCondition"),
    "soft reset": ("ImmediateReset", "ResetCommand"),
    "hard reset": ("ImmediateReset", "ResetCommand"),
    "reboot": ("Reboot", "ResetCommand"),
}


class Speech2:
    """OCPP 2.x. Transaction events go through the station's outbox, everything else goes at once or not at all."""

    def __init__(self, station: SimulatedStation) -> None:
        self._station = station
        self.model = DeviceModel(station)
        self.network_slots: dict[int, dict[str, Any]] = {}
        self.monitors: dict[int, dict[str, Any]] = {}
        self.streams = Streams(station)
        self.monitoring_level = 9
        self._events = 0

    @property
    def heartbeat_seconds(self) -> int:
        """OCPPCommCtrlr.HeartbeatInterval."""
        return self.model.number("OCPPCommCtrlr", "HeartbeatInterval")

    @property
    def meter_seconds(self) -> float:
        """SampledDataCtrlr.TxUpdatedInterval; a test's fraction of a second is kept while nobody changes it."""
        seconds = self.model.number("SampledDataCtrlr", "TxUpdatedInterval")
        given = self._station.behaviour.meter_seconds
        return given if int(given) == seconds else seconds

    @property
    def aligned_seconds(self) -> int:
        """AlignedDataCtrlr.Interval."""
        return self.model.number("AlignedDataCtrlr", "Interval")

    def station_end(self, transport: Transport, timeout: float) -> StationEnd:
        """The listening end for a new link."""
        if self._station.spec.ocpp == "2.1":
            from console.simulator.v2.station_end21 import ChargePoint21

            return ChargePoint21(self._station, self, transport, timeout)
        from console.simulator.v2.station_end import ChargePoint201

        return ChargePoint201(self._station, self, transport, timeout)

    def set_heartbeat(self, seconds: int) -> None:
        """Take the interval that the boot answer gave (0: keep ours)."""
        if seconds > 0:
            self.model.force("OCPPCommCtrlr", "HeartbeatInterval", str(seconds))

    def restarted(self) -> None:
        """Settings that waited for a restart apply."""
        self.model.restarted()

    def boot(self, reason: str) -> dict[str, Any]:
        """BootNotification."""
        spec = self._station.spec
        about: dict[str, Any] = {"model": spec.model, "vendorName": spec.vendor}
        if spec.serial:
            about["serialNumber"] = spec.serial
        if spec.iccid:
            about["modem"] = {"iccid": spec.iccid}
        about["firmwareVersion"] = self._station.firmware_version
        return {"charging_station": about, "reason": reason}

    async def booted(self, reason: str) -> None:
        """The security event of a start (OCPP 2.x appendix: StartupOfTheDevice, FirmwareUpdated)."""
        kind = "FirmwareUpdated" if reason == "FirmwareUpdate" else "StartupOfTheDevice"
        payload = {"type": kind, "timestamp": self._now(), "tech_info": f"boot reason {reason}"}
        await self._station.tell("SecurityEventNotification", payload)

    def state(self, connector: Connector) -> str:
        """A ConnectorStatusEnumType."""
        return connector.state_2()

    def status(self, connector: Connector) -> dict[str, Any]:
        """StatusNotification."""
        return {
            "timestamp": self._now(),
            "connector_status": connector.state_2(),
            "evse_id": connector.evse_id,
            "connector_id": connector.connector_id,
        }

    async def report_station(self) -> None:
        """2.x has no status of the station as a whole."""

    async def authorize(self, tag: str) -> bool:
        """Authorize; the local list while offline, and first where LocalPreAuthorize says so."""
        station = self._station
        known = station.local_list.get(tag)
        if known is not None and (not station.online or self.model.get("AuthCtrlr", "LocalPreAuthorize") == "true"):
            return str(known.get("idTokenInfo", {}).get("status")) == "Accepted"
        unknown_may = self.model.get("AuthCtrlr", "OfflineTxForUnknownIdEnabled") == "true"
        if not station.ready.is_set():
            return unknown_may
        answer = await station.tell("Authorize", {"id_token": id_token(tag)})
        if answer is None:
            return not station.online and unknown_may
        return str(answer.id_token_info.get("status")) == "Accepted"

    # --- transactions -------------------------------------------------------------------------------------------

    def started(self, connector: Connector, session: Session) -> Entry:
        """TransactionEvent Started. A token that the answer does not accept marks the session as refused."""
        trigger = "Authorized" if session.remote_start_id is None else "RemoteStart"
        payload = self._event("Started", trigger, connector, session, STARTED, "Transaction.Begin")
        payload |= {"id_token": id_token(session.tag), "timestamp": stamp(session.started_at)}
        if session.remote_start_id is not None:
            payload["transaction_info"]["remoteStartId"] = session.remote_start_id
        if session.reservation_id is not None:
            payload["reservation_id"] = session.reservation_id

        def answered(answer: Any) -> None:
            info = answer.id_token_info
            accepted = info is None or info.get("status") in ("Accepted", "ConcurrentTx")
            session.refused = not accepted and self.model.get("TxCtrlr", "StopTxOnInvalidId") == "true"

        return self._station.outbox.put("TransactionEvent", lambda: payload, answered)

    def flow_changed(self, connector: Connector, session: Session) -> Entry | None:
        """TransactionEvent Updated with the new charging state."""
        return self._put("Updated", "ChargingStateChanged", connector, session, None, "")

    def sampled(self, connector: Connector, session: Session, context: str) -> Entry:
        """TransactionEvent Updated with meter values."""
        trigger = {"Trigger": "Trigger", "Sample.Clock": "MeterValueClock"}.get(context, "MeterValuePeriodic")
        return self._put("Updated", trigger, connector, session, _measurands(context), context)

    def ended(self, connector: Connector, session: Session, reason: str) -> Entry:
        """TransactionEvent Ended."""
        stopped, trigger = REASONS[reason]
        if reason == "fault" and connector.fault:
            stopped = FAULTS.get(connector.fault.code, "Other")
        session.state = "EVConnected"
        payload = self._event("Ended", trigger, connector, session, ENDED, "Transaction.End")
        payload["transaction_info"]["stoppedReason"] = stopped
        if reason == "local":
            payload["id_token"] = id_token(session.tag)
        return self._station.outbox.put("TransactionEvent", lambda: payload)

    def _put(
        self, kind: str, trigger: str, connector: Connector, session: Session, measurands: str | None, context: str
    ) -> Entry:
        payload = self._event(kind, trigger, connector, session, measurands, context)
        return self._station.outbox.put("TransactionEvent", lambda: payload)

    def _event(
        self, kind: str, trigger: str, connector: Connector, session: Session, measurands: str | None, context: str
    ) -> dict[str, Any]:
        payload: dict[str, Any] = {
            "event_type": kind,
            "timestamp": self._now(),
            "trigger_reason": trigger,
            "seq_no": session.next_seq(),
            "transaction_info": {
                "transactionId": session.uid,
                "chargingState": session.state,
                "timeSpentCharging": int(session.charging_seconds),
            },
            "evse": {"id": connector.evse_id, "connectorId": connector.connector_id},
        }
        if not self._station.online:
            payload["offline"] = True
        if connector.kind == "AC" and connector.car:
            payload["number_of_phases_used"] = connector.car.phases_used(connector.phases)
        if measurands:
            payload["meter_value"] = [self._values(connector, context, measurands)]
        return payload

    async def idle_sample(self, connector: Connector, context: str) -> None:
        """MeterValues outside a transaction."""
        value = self._values(connector, context, _measurands(context))
        await self._station.tell("MeterValues", {"evse_id": connector.evse_id, "meter_value": [value]})

    def _values(self, connector: Connector, context: str, variable: str) -> dict[str, Any]:
        component, _, name = variable.partition(".")
        wanted = [part.strip() for part in self.model.get(component, name).split(",")]
        readings = connector.readings(self._station.rng)
        chosen = [reading for reading in readings if reading.measurand in wanted] or readings[:1]
        return {"timestamp": self._now(), "sampledValue": [_sampled(reading, context) for reading in chosen]}

    # --- everything else ----------------------------------------------------------------------------------------

    async def fault_event(self, connector: Connector, fault: Fault, *, cleared: bool) -> None:
        """NotifyEvent: the Problem variable of the connector, alerting (N07) or cleared."""
        data: dict[str, Any] = {
            "eventId": self.next_event(),
            "timestamp": self._now(),
            "trigger": "Alerting",
            "actualValue": "false" if cleared else "true",
            "techCode": fault.code,
            "eventNotificationType": "HardWiredNotification",
            "component": {
                "name": "Connector",
                "evse": {"id": connector.evse_id, "connectorId": connector.connector_id},
            },
            "variable": {"name": "Problem"},
        }
        if fault.info:
            data["techInfo"] = fault.info[:500]
        if cleared:
            data["cleared"] = True
        if connector.session:
            data["transactionId"] = connector.session.uid
        payload = {"generated_at": self._now(), "seq_no": 0, "event_data": [data]}
        await self._station.tell("NotifyEvent", payload)

    def next_event(self) -> int:
        """The next eventId."""
        self._events += 1
        return self._events

    async def firmware_status(self, status: str, request_id: int | None) -> None:
        """FirmwareStatusNotification; Idle has no request id."""
        payload: dict[str, Any] = {"status": status}
        if request_id is not None and status != "Idle":
            payload["request_id"] = request_id
        await self._station.tell("FirmwareStatusNotification", payload)

    async def log_status(self, status: str, request_id: int | None) -> None:
        """LogStatusNotification; Idle has no request id."""
        payload: dict[str, Any] = {"status": status}
        if request_id is not None and status != "Idle":
            payload["request_id"] = request_id
        await self._station.tell("LogStatusNotification", payload)

    async def reservation_over(self, reservation_id: int) -> None:
        """ReservationStatusUpdate."""
        payload = {"reservation_id": reservation_id, "reservation_update_status": "Expired"}
        await self._station.tell("ReservationStatusUpdate", payload)

    def _now(self) -> str:
        return stamp(self._station.clock.now())


def _measurands(context: str) -> str:
    return ALIGNED if context == "Sample.Clock" else UPDATED


def id_token(tag: str) -> dict[str, str]:
    """An IdTokenType: hexadecimal tags are RFID cards, others come from the operator's own system."""
    card = re.fullmatch(r"(?:[0-9A-Fa-f]{2}){4,10}", tag) is not None
    return {"idToken": tag, "type": "ISO14443" if card else "Central"}


def _sampled(reading: Reading, context: str) -> dict[str, Any]:
    value: dict[str, Any] = {"value": reading.value, "context": context, "measurand": reading.measurand}
    value["unitOfMeasure"] = {"unit": reading.unit}
    if reading.phase:
        value["phase"] = reading.phase
    if reading.location:
        value["location"] = reading.location
    return value
