"""What a station says, whatever its OCPP version: the interface that ``v16`` and ``v2`` fill."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from console.simulator.connector import Connector, Fault, Session
from console.simulator.outbox import Entry
from console.simulator.wire import StationEnd, Transport

if TYPE_CHECKING:
    from console.simulator.station import SimulatedStation

REASONS = (
    "local",
    "remote",
    "departed",
    "full",
    "deauthorized",
    "unlock",
    "fault",
    "soft reset",
    "hard reset",
    "reboot",
)


class Speech(Protocol):
    """The station's outgoing messages in one OCPP version. Payloads are those ``StationEnd.ask`` takes."""

    @property
    def heartbeat_seconds(self) -> int:
        """Seconds between heartbeats; 0: none."""

    @property
    def meter_seconds(self) -> float:
        """Seconds between meter values of a session; 0: none."""

    @property
    def aligned_seconds(self) -> int:
        """Seconds between clock-aligned meter values; 0: none."""

    def station_end(self, transport: Transport, timeout: float) -> StationEnd:
        """The listening end for a new link."""

    def set_heartbeat(self, seconds: int) -> None:
        """Take the interval that the boot answer gave."""

    def restarted(self) -> None:
        """The station has restarted: settings that waited for it apply."""

    def boot(self, reason: str) -> dict[str, Any]:
        """BootNotification."""

    async def booted(self, reason: str) -> None:
        """What is said after an accepted boot."""

    def state(self, connector: Connector) -> str:
        """The connector's status in this version's words."""

    def status(self, connector: Connector) -> dict[str, Any]:
        """StatusNotification of a connector."""

    async def report_station(self) -> None:
        """The status of the station itself, where the version has one."""

    async def authorize(self, tag: str) -> bool:
        """Whether the tag may charge: by the central system, or by the local list while offline."""

    def started(self, connector: Connector, session: Session) -> Entry:
        """Queue the start of a transaction."""

    def flow_changed(self, connector: Connector, session: Session) -> Entry | None:
        """Queue the change of the charging state, where the version has a message for it."""

    def sampled(self, connector: Connector, session: Session, context: str) -> Entry:
        """Queue meter values of a transaction."""

    async def idle_sample(self, connector: Connector, context: str) -> None:
        """Send meter values outside a transaction."""

    def ended(self, connector: Connector, session: Session, reason: str) -> Entry:
        """Queue the end of a transaction; ``reason`` is one of ``REASONS``."""

    async def fault_event(self, connector: Connector, fault: Fault, *, cleared: bool) -> None:
        """Tell of a fault beside its status, where the version has a message for it."""

    async def firmware_status(self, status: str, request_id: int | None) -> None:
        """FirmwareStatusNotification (or its signed sister of 1.6)."""

    async def log_status(self, status: str, request_id: int | None) -> None:
        """LogStatusNotification or DiagnosticsStatusNotification."""

    async def reservation_over(self, reservation_id: int) -> None:
        """A reservation has expired."""


def speech_of(station: SimulatedStation) -> Speech:
    """The speech of the station's OCPP version."""
    if station.spec.ocpp == "1.6":
        from console.simulator.v16.speech import Speech16

        return Speech16(station)
    from console.simulator.v2.speech import Speech2

    return Speech2(station)
