"""What a station of OCPP 1.6J says."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from console.simulator.clock import stamp
from console.simulator.connector import Connector, Fault, Reading, Session
from console.simulator.outbox import Entry
from console.simulator.v16.configuration import Configuration
from console.simulator.v16.station_end import ChargePoint16
from console.simulator.wire import StationEnd, Transport

if TYPE_CHECKING:
    from console.simulator.station import SimulatedStation

# our reasons in the words of StopTransaction; a full car is stopped by its driver's station, "Local" is the default
REASONS = {
    "local": "Local",
    "remote": "Remote",
    "departed": "EVDisconnected",
    "full": "Local",
    "deauthorized": "DeAuthorized",
    "unlock": "UnlockCommand",
    "fault": "Other",
    "soft reset": "SoftReset",
    "hard reset": "HardReset",
    "reboot": "Reboot",
}


class Speech16:
    """OCPP 1.6J. Transaction messages go through the station's outbox, everything else goes at once or not at all."""

    def __init__(self, station: SimulatedStation) -> None:
        self._station = station
        self.config = Configuration(
            connectors=len(station.connectors), meter_seconds=station.behaviour.meter_seconds, heartbeat=300
        )

    @property
    def heartbeat_seconds(self) -> int:
        """HeartbeatInterval."""
        return self.config.number("HeartbeatInterval")

    @property
    def meter_seconds(self) -> float:
        """MeterValueSampleInterval; a test's fraction of a second is kept as long as nobody changes the key."""
        seconds = self.config.number("MeterValueSampleInterval")
        given = self._station.behaviour.meter_seconds
        return given if int(given) == seconds else seconds

    @property
    def aligned_seconds(self) -> int:
        """ClockAlignedDataInterval."""
        return self.config.number("ClockAlignedDataInterval")

    def station_end(self, transport: Transport, timeout: float) -> StationEnd:
        """The listening end for a new link."""
        return ChargePoint16(self._station, self, transport, timeout)

    def set_heartbeat(self, seconds: int) -> None:
        """Take the interval that the boot answer gave (0: keep ours)."""
        if seconds > 0:
            self.config.force("HeartbeatInterval", str(seconds))

    def restarted(self) -> None:
        """Settings that waited for a restart apply."""
        self.config.restarted()

    def boot(self, reason: str) -> dict[str, Any]:
        """BootNotification; 1.6 has no place for the reason."""
        spec = self._station.spec
        payload: dict[str, Any] = {"charge_point_vendor": spec.vendor, "charge_point_model": spec.model}
        if spec.serial:
            payload |= {"charge_point_serial_number": spec.serial, "charge_box_serial_number": spec.serial}
        if spec.iccid:
            payload["iccid"] = spec.iccid
        return payload | {"firmware_version": self._station.firmware_version, "meter_type": "MID class B"}

    async def booted(self, reason: str) -> None:
        """Nothing more is said in 1.6."""

    def state(self, connector: Connector) -> str:
        """A ChargePointStatus."""
        return connector.state_16()

    def status(self, connector: Connector) -> dict[str, Any]:
        """StatusNotification of a connector."""
        payload: dict[str, Any] = {
            "connector_id": connector.number,
            "error_code": connector.fault.code if connector.fault else "NoError",
            "status": connector.state_16(),
            "timestamp": stamp(self._station.clock.now()),
        }
        if connector.fault and connector.fault.info:
            payload["info"] = connector.fault.info[:50]
        return payload

    async def report_station(self) -> None:
        """Connector 0: the station itself."""
        station = self._station
        open_for_use = any(c.operative for c in station.connectors)
        payload = {
            "connector_id": 0,
            "error_code": "NoError",
            "status": "Available" if open_for_use else "Unavailable",
            "timestamp": stamp(station.clock.now()),
        }
        await station.tell("StatusNotification", payload)

    async def authorize(self, tag: str) -> bool:
        """Authorize; the local list while offline, and first where LocalPreAuthorize says so."""
        station = self._station
        known = station.local_list.get(tag)
        if known is not None and (not station.online or self.config.flag("LocalPreAuthorize")):
            return str(known.get("idTagInfo", {}).get("status", "Accepted")) == "Accepted"
        if not station.ready.is_set():
            return self.config.flag("AllowOfflineTxForUnknownId")
        answer = await station.tell("Authorize", {"id_tag": tag})
        if answer is None:
            return not station.online and self.config.flag("AllowOfflineTxForUnknownId")
        return str(answer.id_tag_info.get("status")) == "Accepted"

    def started(self, connector: Connector, session: Session) -> Entry:
        """StartTransaction. A tag that the answer does not accept marks the session as refused."""
        payload: dict[str, Any] = {
            "connector_id": connector.number,
            "id_tag": session.tag,
            "meter_start": round(session.meter_start),
            "timestamp": stamp(session.started_at),
        }
        if session.reservation_id is not None:
            payload["reservation_id"] = session.reservation_id

        def answered(answer: Any) -> None:
            session.transaction_id = int(answer.transaction_id)
            accepted = answer.id_tag_info.get("status") in ("Accepted", "ConcurrentTx")
            session.refused = not accepted and self.config.flag("StopTransactionOnInvalidId")

        return self._station.outbox.put("StartTransaction", lambda: payload, answered)

    def flow_changed(self, connector: Connector, session: Session) -> Entry | None:
        """In 1.6 the status says it."""
        return None

    def sampled(self, connector: Connector, session: Session, context: str) -> Entry:
        """MeterValues of a transaction."""
        values = [self._values(connector, context, self._wanted(_key(context)))]

        def build() -> dict[str, Any]:
            payload: dict[str, Any] = {"connector_id": connector.number, "meter_value": values}
            if session.transaction_id is not None:
                payload["transaction_id"] = session.transaction_id
            return payload

        return self._station.outbox.put("MeterValues", build)

    async def idle_sample(self, connector: Connector, context: str) -> None:
        """MeterValues outside a transaction."""
        values = self._values(connector, context, self._wanted(_key(context)))
        await self._station.tell("MeterValues", {"connector_id": connector.number, "meter_value": [values]})

    def ended(self, connector: Connector, session: Session, reason: str) -> Entry:
        """StopTransaction; -1 stands for a transaction whose start was never answered (errata 3.18)."""
        wanted = self._wanted("StopTxnSampledData")
        fixed: dict[str, Any] = {
            "meter_stop": round(connector.register_wh),
            "timestamp": stamp(self._station.clock.now()),
            "reason": REASONS[reason],
        }
        if reason in ("local", "full"):
            fixed["id_tag"] = session.tag
        if wanted:
            fixed["transaction_data"] = [self._values(connector, "Transaction.End", wanted)]

        def build() -> dict[str, Any]:
            return {"transaction_id": -1 if session.transaction_id is None else session.transaction_id, **fixed}

        return self._station.outbox.put("StopTransaction", build)

    async def fault_event(self, connector: Connector, fault: Fault, *, cleared: bool) -> None:
        """In 1.6 the status says it."""

    async def firmware_status(self, status: str, request_id: int | None) -> None:
        """FirmwareStatusNotification, or the signed one where the update had a request id."""
        if request_id is None:
            await self._station.tell("FirmwareStatusNotification", {"status": status})
        else:
            payload = {"status": status, "request_id": request_id}
            await self._station.tell("SignedFirmwareStatusNotification", payload)

    async def log_status(self, status: str, request_id: int | None) -> None:
        """LogStatusNotification, or DiagnosticsStatusNotification where the order was GetDiagnostics."""
        if request_id is None:
            plain = "UploadFailed" if status in ("UploadFailure", "NotSupportedOperation") else status
            await self._station.tell("DiagnosticsStatusNotification", {"status": plain})
        else:
            await self._station.tell("LogStatusNotification", {"status": status, "request_id": request_id})

    async def reservation_over(self, reservation_id: int) -> None:
        """In 1.6 the status says it."""

    def _wanted(self, key: str) -> list[str]:
        return [part.strip() for part in self.config.get(key).split(",") if part.strip()]

    def _values(self, connector: Connector, context: str, wanted: Iterable[str]) -> dict[str, Any]:
        chosen = [r for r in connector.readings(self._station.rng) if r.measurand in wanted]
        return {
            "timestamp": stamp(self._station.clock.now()),
            "sampledValue": [_sampled(reading, context) for reading in chosen]
            or [_sampled(connector.readings(self._station.rng)[0], context)],
        }


def _key(context: str) -> str:
    return "MeterValuesAlignedData" if context == "Sample.Clock" else "MeterValuesSampledData"


def _sampled(reading: Reading, context: str) -> dict[str, str]:
    value = {
        "value": f"{reading.value:g}" if abs(reading.value) < 1e5 else f"{reading.value:.1f}",
        "context": context,
        "measurand": reading.measurand,
        "unit": reading.unit,
    }
    if reading.phase:
        value["phase"] = reading.phase
    if reading.location:
        value["location"] = reading.location
    return value
