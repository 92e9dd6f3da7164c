"""A station's being: its parts, its link, its registration, its statuses."""

from __future__ import annotations

import asyncio
import logging
import random
import ssl
from abc import ABC, abstractmethod
from collections.abc import Coroutine
from typing import Any

from websockets.asyncio.client import ClientConnection

from console.simulator.clock import Clock, SystemClock
from console.simulator.connector import Connector
from console.simulator.limits import ProfileStore
from console.simulator.link import Link, Refused
from console.simulator.outbox import Outbox
from console.simulator.speech import Speech
from console.simulator.tasks import Owner, cancel_all, spawn
from console.simulator.transfer import Transfers
from console.simulator.wire import CallFailed, LinkLost, StationEnd
from profiles.fleet_file import Behaviour, StationSpec

log = logging.getLogger("chargehand.simulator")

LONGEST_REDIAL = 60.0
REFUSED_REDIAL = 30.0


class ConnectedStation(ABC):
    """What ``SimulatedStation`` is made on: everything but cars and sessions."""

    def __init__(
        self,
        url: str,
        spec: StationSpec,
        *,
        behaviour: Behaviour | None = None,
        seed: int | None = None,
        clock: Clock | None = None,
        tls: ssl.SSLContext | None = None,
        response_timeout: float = 30.0,
        check: bool = True,
    ) -> None:
        self.spec = spec
        self.identity = spec.identity
        self.behaviour = behaviour or Behaviour()
        self.rng = random.Random(None if seed is None else f"{seed}/{spec.identity}")
        self.clock: Clock = clock or SystemClock()
        self.response_timeout = response_timeout
        self.check = check
        self.connectors = _connectors(spec, self.rng)
        self.firmware_version = spec.firmware
        self.password = spec.password
        self.profiles = ProfileStore()
        self.registration: str | None = None
        self._restart_reason: str | None = None
        self.local_list: dict[str, dict[str, Any]] = {}
        self.local_list_version = 0
        self.displayed: dict[int, dict[str, Any]] = {}
        self.certificates: list[dict[str, Any]] = []
        self.nudge = asyncio.Event()
        self.ready = asyncio.Event()
        self.outbox = Outbox(self.ready)
        self.link = Link(url, spec.identity, spec.ocpp, spec.subprotocols, tls)
        self.wire: StationEnd | None = None
        self.tasks: Owner = set()
        self._meters: dict[int, asyncio.Task[Any]] = {}
        self._may_dial = asyncio.Event()
        self._boot_now = asyncio.Event()
        self._settings = asyncio.Event()
        self._heart: asyncio.Task[Any] | None = None
        self._refusal: str | None = None
        self.trouble: Exception | None = None

    @property
    @abstractmethod
    def speech(self) -> Speech:
        """What the station says, in its version of OCPP."""

    @property
    @abstractmethod
    def transfers(self) -> Transfers:
        """Its firmware update and its log upload."""

    @abstractmethod
    async def sample(self, number: int = 1, context: str = "Sample.Periodic") -> None:
        """Send meter values now."""

    # --- the link -----------------------------------------------------------------------------------------------

    @property
    def online(self) -> bool:
        """Whether a WebSocket is open."""
        return self.link.up.is_set()

    def spawn(self, coro: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[Any]:
        """Run something as a task of this station; it ends with it at the latest."""
        return spawn(coro, name=f"{self.identity}: {name}", owner=self.tasks)

    async def connect(self) -> None:
        """Dial, and keep the link from now on. Raises Refused, OSError or TimeoutError when the first dial fails."""
        await self._dial()
        self._keep()

    def connect_patiently(self) -> None:
        """Keep dialling until the central system is there."""
        self._keep()

    def _keep(self) -> None:
        self._may_dial.set()
        self.spawn(self._keep_link(), "keep the link")
        self.spawn(self.outbox.pump(self.ask), "outbox")

    async def _dial(self) -> None:
        socket = await self.link.dial(self.password)
        self.wire = self.speech.station_end(socket, self.response_timeout)
        self._refusal, self.trouble = None, None
        self.spawn(self._listen(self.wire, socket), "listen")
        if self._restart_reason:
            self.spawn(self.boot(self._restart_reason), "boot")
            self._restart_reason = None
        elif self.registration == "Accepted":
            self.ready.set()
            self.spawn(self.report_all(), "statuses after the gap")

    async def _listen(self, wire: StationEnd, socket: ClientConnection) -> None:
        try:
            await wire.listen()
        finally:
            if self.wire is wire:
                self.wire = None
                self.ready.clear()
            self.link.lost(socket)
            self.nudge.set()

    async def _keep_link(self) -> None:
        failures = 0
        while True:
            await self._may_dial.wait()
            if socket := self.link.socket:
                await socket.wait_closed()
                self.link.lost(socket)
                failures = 0
                if self._may_dial.is_set():
                    await asyncio.sleep(self.rng.uniform(0.2, 1.0) * self.behaviour.redial_seconds)
                continue
            try:
                await self._dial()
            except (OSError, TimeoutError, Refused) as error:
                failures += 1
                self.trouble = error
                log.debug("%s: %s", self.identity, error)
                await asyncio.sleep(self._patience(failures, error))

    def _patience(self, failures: int, error: Exception) -> float:
        pause = min(LONGEST_REDIAL, self.behaviour.redial_seconds * 2 ** min(failures - 1, 6))
        if isinstance(error, Refused):
            if self._refusal != str(error):
                log.warning("%s: not let in: %s; trying again now and then", self.identity, error)
            self._refusal = str(error)
            pause = max(pause, REFUSED_REDIAL)
        return float(pause * self.rng.uniform(0.7, 1.3))

    async def go_offline(self) -> None:
        """Tear the cable: the link drops without a close frame, and no dialling until ``go_online``."""
        self._may_dial.clear()
        self.ready.clear()
        socket = self.link.socket
        self.link.cut()
        if socket:
            await socket.wait_closed()
            self.link.lost(socket)

    async def go_online(self) -> None:
        """Mend the cable and wait until the link is back. No BootNotification follows: the station never restarted."""
        self._may_dial.set()
        await self.link.up.wait()

    async def close(self) -> None:
        """End: close the link and stop everything."""
        self._may_dial.clear()
        await self.link.close()
        await cancel_all(self.tasks)
        self.link.cut()

    async def ask(self, action: str, payload: dict[str, Any], *, uid: str | None = None) -> Any:
        """Send a CALL and give its answer. Raises LinkLost, CallFailed."""
        if self.wire is None:
            raise LinkLost("there is no link")
        return await self.wire.ask(action, payload, uid=uid, check=self.check)

    async def tell(self, action: str, payload: dict[str, Any]) -> Any:
        """Send a CALL that may be lost: gives its answer, or None where there was none."""
        try:
            return await self.ask(action, payload)
        except LinkLost:
            return None
        except CallFailed as failure:
            log.info("%s: %s", self.identity, failure)
            return None

    # --- registration -------------------------------------------------------------------------------------------

    async def boot(self, reason: str = "PowerUp") -> None:
        """Send BootNotification until it is accepted, waiting the interval of each other answer; then go to work."""
        self.registration = None
        self.ready.clear()
        while True:
            await self.link.up.wait()
            self._boot_now.clear()
            answer = await self.tell("BootNotification", self.speech.boot(reason))
            pause = self.behaviour.redial_seconds * 3
            if answer is not None:
                self.registration = str(answer.status)
                if self.registration == "Accepted":
                    break
                pause = float(answer.interval) or 30.0
            try:
                async with asyncio.timeout(pause):
                    await self._boot_now.wait()
            except TimeoutError:
                continue
        self.speech.set_heartbeat(int(answer.interval))
        if self.online:
            self.ready.set()
        await self.report_all(force=True)
        await self.speech.booted(reason)
        self.transfers.booted()
        if self._heart is None or self._heart.done():
            self._heart = self.spawn(self._heartbeat(), "heartbeat")
            self.spawn(self._aligned(), "clock-aligned values")
        self.settings_changed()
        self.nudge.set()

    def boot_again(self) -> None:
        """A BootNotification was asked for: send it now where one is due, else beside everything."""
        if self.registration == "Accepted":
            self.spawn(self.tell("BootNotification", self.speech.boot("Triggered")), "boot on request")
        else:
            self._boot_now.set()

    async def _heartbeat(self) -> None:
        while True:
            whole = await self._pause(self.speech.heartbeat_seconds)
            if whole and self.ready.is_set():
                await self.tell("Heartbeat", {})

    async def _aligned(self) -> None:
        while True:
            interval = self.speech.aligned_seconds
            now = self.clock.now()
            into_day = now.hour * 3600 + now.minute * 60 + now.second + now.microsecond / 1e6
            left = interval and interval - into_day % interval
            # a sleep that ended a hair too early must not count twice
            if await self._pause(left + interval if left < 0.2 else left):
                for connector in self.connectors:
                    await self.sample(connector.number, "Sample.Clock")

    async def _pause(self, seconds: float) -> bool:
        """Sleep (for ever where it is 0), but no longer than until a setting changes; whether it was the whole time."""
        changed = self._settings
        try:
            async with asyncio.timeout(seconds or None):
                await changed.wait()
        except TimeoutError:
            return True
        return False

    def settings_changed(self) -> None:
        """A setting was changed by the central system: what sleeps by the old one wakes up."""
        self._settings.set()
        self._settings = asyncio.Event()

    async def restart(self, boot_reason: str) -> None:
        """Close the link, be dark for some seconds, and boot again."""
        self._may_dial.clear()
        self.ready.clear()
        self.registration, self._restart_reason = None, boot_reason
        await self.link.close()
        await asyncio.sleep(self.rng.uniform(*self.behaviour.reboot_seconds))
        self.speech.restarted()
        self._may_dial.set()

    async def redial(self) -> None:
        """Close the link and come back: what a station does after its password was changed."""
        await self.link.close()

    # --- statuses -----------------------------------------------------------------------------------------------

    def connector(self, number: int) -> Connector:
        """The connector of that number; raises KeyError."""
        if not 1 <= number <= len(self.connectors):
            raise KeyError(f"{self.identity} has no connector {number}")
        return self.connectors[number - 1]

    async def report(self, connector: Connector, *, force: bool = False) -> None:
        """Send the connector's status where it changed since it was last sent; kept back while offline."""
        self.nudge.set()
        state = self.speech.state(connector)
        if not self.ready.is_set() or (state == connector.reported and not force):
            return
        before, connector.reported = connector.reported, state
        if await self.tell("StatusNotification", self.speech.status(connector)) is None:
            connector.reported = before

    async def report_all(self, *, force: bool = False) -> None:
        """Send the status of the station itself (1.6) and of every connector."""
        if force:
            await self.speech.report_station()
        for connector in self.connectors:
            await self.report(connector, force=force)


def _connectors(spec: StationSpec, rng: random.Random) -> list[Connector]:
    made: list[Connector] = []
    next_evse = 1
    for number, outlet in enumerate(spec.connectors, 1):
        evse = outlet.evse or next_evse
        next_evse = max(next_evse, evse) + 1
        place = 1 + sum(1 for other in made if other.evse_id == evse)
        register = float(rng.randrange(120_000, 9_800_000))
        phases = 3 if outlet.kind == "DC" else outlet.phases
        made.append(Connector(number, evse, place, outlet.kind, outlet.power_kw * 1000, phases, outlet.type, register))
    return made
