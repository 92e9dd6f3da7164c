"""A virtual charging station that speaks OCPP 1.6J, 2.0.1 or 2.1 over a real WebSocket."""

from __future__ import annotations

import asyncio
import logging
import random
import uuid
from collections.abc import Coroutine
from typing import Any

from websockets.asyncio.client import ClientConnection

from console.simulator.clock import Clock, SystemClock, parse
from console.simulator.connector import Connector, Fault, Session
from console.simulator.electric import Car, some_car
from console.simulator.limits import ProfileStore
from console.simulator.link import Link, Refused
from console.simulator.outbox import Entry, Outbox
from console.simulator.speech import Speech, speech_of
from console.simulator.tasks import Owner, cancel_all, spawn
from console.simulator.transfer import Transfers
from console.simulator.wire import CallFailed, LinkLost, StationEnd
from profiles.fleet_file import Behaviour, StationSpec

log = logging.getLogger("chargehand.simulator")

LONGEST_REDIAL = 60.0
REFUSED_REDIAL = 30.0


class NotAuthorized(Exception):
    """The central system did not accept the tag, so no session began."""


class SimulatedStation:
    """One station. Nothing happens by chance until ``run()`` starts its life; until then it does what it is told::

        station = SimulatedStation("ws://127.0.0.1:9000/", spec)
        await station.connect()              # dials; from here on it redials by itself when the link is lost
        await station.boot()                 # until it is accepted; statuses and heartbeats follow
        await station.plug_in(1)             # a car arrives at connector 1
        await station.start_session(1, tag)  # Authorize, transaction start, power flows; returns when acknowledged
        await station.sample(1)              # meter values now (otherwise every meter interval)
        await station.stop_session(1)        # transaction end; the car stays
        await station.unplug(1)              # the car leaves
        await station.fault(1, "GroundFailure"); await station.clear_fault(1)
        await station.go_offline(); await station.go_online()    # a torn cable, and mended
        await station.close()                # the end: link closed, every task gone

    Orders of the central system are obeyed at all times. ``connector`` numbers count over the station from 1 (as in
    OCPP 1.6). ``registration`` is the status of the last BootNotification answer. ``clock`` and ``seed`` make physics
    and chance repeatable. ``check=False`` leaves outgoing messages unchecked against their schemas.
    """

    def __init__(
        self,
        url: str,
        spec: StationSpec,
        *,
        behaviour: Behaviour | None = None,
        seed: int | None = None,
        clock: Clock | None = None,
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
        self.link = Link(url, spec.identity, spec.ocpp, spec.subprotocols)
        self.wire: StationEnd | None = None
        self.speech: Speech = speech_of(self)
        self.transfers = Transfers(self)
        self.tasks: Owner = set()
        self._meters: dict[int, asyncio.Task[Any]] = {}
        self._may_dial = asyncio.Event()
        self._boot_now = asyncio.Event()
        self._heart: asyncio.Task[Any] | None = None
        self._refusal: str | None = None

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
        self.wire = self.speech.station_end(self, socket, self.response_timeout)
        self._refusal = None
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
        self.nudge.set()

    def boot_again(self) -> None:
        """A BootNotification was asked for: send it now where one is due, else beside everything."""
        if self.registration == "Accepted":
            self.spawn(self.tell("BootNotification", self.speech.boot("Triggered")), "boot on request")
        else:
            self._boot_now.set()

    async def _heartbeat(self) -> None:
        while True:
            await asyncio.sleep(self.speech.heartbeat_seconds or 60)
            if self.ready.is_set() and self.speech.heartbeat_seconds:
                await self.tell("Heartbeat", {})

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

    # --- cars and sessions --------------------------------------------------------------------------------------

    async def plug_in(self, number: int = 1, car: Car | None = None) -> None:
        """A car arrives (some car, unless one is given)."""
        connector = self.connector(number)
        if connector.car is None:
            connector.car = car or some_car(self.rng, connector.kind, self.behaviour.speed)
            connector.finishing = False
            await self.report(connector)

    async def unplug(self, number: int = 1) -> None:
        """The car leaves; a running session ends with it."""
        connector = self.connector(number)
        if connector.session:
            await self.stop_session(number, "departed")
        connector.car, connector.finishing = None, False
        await self.report(connector)

    async def start_session(
        self, number: int, tag: str, *, remote_start_id: int | None = None, remote: bool = False
    ) -> Session:
        """A session begins with ``tag``: authorised (unless ``remote``), started, acknowledged, power on.

        Raises NotAuthorized when the tag is not accepted, ValueError where a session runs already.
        """
        connector = self.connector(number)
        if connector.session:
            raise ValueError(f"{self.identity}: a session already runs on connector {number}")
        await self.plug_in(number)
        if not remote and not await self.speech.authorize(tag):
            raise NotAuthorized(f"{self.identity}: {tag!r} was not accepted")
        connector.advance(self.clock.monotonic())
        session = Session(self._uid(), tag, self.clock.now(), connector.register_wh, remote_start_id=remote_start_id)
        if connector.reservation and connector.reservation.tag == tag:
            session.reservation_id, connector.reservation = connector.reservation.id, None
        connector.session, connector.finishing = session, False
        await self.delivered(self.speech.started(connector, session))
        if session.refused:
            await self.stop_session(number, "deauthorized")
            raise NotAuthorized(f"{self.identity}: {tag!r} was refused at the start")
        if not session.ended:
            await self._flow(connector, session)
            self._meters[number] = self.spawn(self._metering(connector, session), f"meter {number}")
        return session

    async def stop_session(self, number: int = 1, reason: str = "local") -> None:
        """End the session; ``reason`` is one of ``speech.REASONS``. Nothing happens where none runs."""
        connector = self.connector(number)
        session = connector.session
        if session is None or session.ended:
            return
        session.ended = True
        if (meter := self._meters.pop(number, None)) and meter is not asyncio.current_task():
            meter.cancel()
        connector.advance(self.clock.monotonic())
        entry = self.speech.ended(connector, session, reason)
        connector.session, connector.finishing, connector.power_w = None, True, 0.0
        self.profiles.forget_transaction(connector)
        if connector.scheduled is not None:
            connector.operative, connector.scheduled = connector.scheduled, None
        await self.delivered(entry)
        await self.report(connector)

    async def sample(self, number: int = 1, context: str = "Sample.Periodic") -> None:
        """Send meter values of a running session (or of the idle meter) now."""
        connector = self.connector(number)
        connector.advance(self.clock.monotonic())
        if connector.session and not connector.session.ended:
            await self._flow(connector, connector.session)
            await self.delivered(self.speech.sampled(connector, connector.session, context))
        else:
            await self.speech.idle_sample(connector, context)

    async def delivered(self, entry: Entry) -> None:
        """Wait until a queued message was answered, or the link is gone."""
        while self.online and not entry.settled.is_set():
            try:
                async with asyncio.timeout(0.5):
                    await entry.settled.wait()
            except TimeoutError:
                continue

    async def _metering(self, connector: Connector, session: Session) -> None:
        while not session.ended:
            await asyncio.sleep(self.speech.meter_seconds or 5)
            connector.advance(self.clock.monotonic())
            await self._flow(connector, session)
            if self.speech.meter_seconds and not session.ended:
                await self.delivered(self.speech.sampled(connector, session, "Sample.Periodic"))

    async def _flow(self, connector: Connector, session: Session) -> None:
        connector.limit_w = self.profiles.limit_w(connector, self.clock.now())
        state = connector.flow_state()
        if state != session.state:
            session.state = state
            entry = self.speech.flow_changed(connector, session)
            await self.report(connector)
            if entry:
                await self.delivered(entry)

    async def limits_changed(self) -> None:
        """Charging profiles came or went: running sessions follow at once."""
        for connector in self.connectors:
            if connector.session and not connector.session.ended:
                connector.advance(self.clock.monotonic())
                await self._flow(connector, connector.session)

    # --- faults -------------------------------------------------------------------------------------------------

    async def fault(self, number: int = 1, code: str = "GroundFailure", info: str | None = None) -> None:
        """The outlet breaks (``code``: a ChargePointErrorCode of OCPP 1.6); a running session ends."""
        connector = self.connector(number)
        connector.advance(self.clock.monotonic())
        connector.fault = Fault(code, self.spec.fault_info if info is None else info)
        await self.report(connector)
        await self.speech.fault_event(connector, connector.fault, cleared=False)
        await self.stop_session(number, "fault")

    async def clear_fault(self, number: int = 1) -> None:
        """The outlet works again."""
        connector = self.connector(number)
        if fault := connector.fault:
            connector.fault = None
            await self.report(connector)
            await self.speech.fault_event(connector, fault, cleared=True)

    # --- life ---------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Live: connect, boot, and let drivers, faults and torn cables come by chance, until cancelled."""
        from console.simulator.life import live

        try:
            self.connect_patiently()
            await self.boot()
            await live(self)
        finally:
            await self.close()

    def expired(self, expiry: str) -> bool:
        """Whether that moment has passed."""
        moment = parse(expiry)
        return moment is not None and moment <= self.clock.now()

    def _uid(self) -> str:
        return str(uuid.UUID(int=self.rng.getrandbits(128), version=4))


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
