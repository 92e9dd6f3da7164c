"""A virtual charging station that speaks OCPP 1.6J, 2.0.1 or 2.1 over a real WebSocket."""

from __future__ import annotations

import asyncio
import uuid
from functools import cached_property

from console.simulator.connected import ConnectedStation
from console.simulator.connector import Connector, Fault, Session
from console.simulator.electric import Car, some_car
from console.simulator.outbox import Entry
from console.simulator.speech import Speech, speech_of
from console.simulator.transfer import Transfers

LOOK_SECONDS = 5.0


class NotAuthorized(Exception):
    """The central system did not accept the tag, so no session began."""


class SimulatedStation(ConnectedStation):
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
    and chance repeatable, ``tls`` is for ``wss`` addresses, and ``check=False`` leaves outgoing messages unchecked
    against their schemas.
    """

    @cached_property
    def speech(self) -> Speech:
        """What the station says, in its version of OCPP."""
        return speech_of(self)

    @cached_property
    def transfers(self) -> Transfers:
        """Its firmware update and its log upload."""
        return Transfers(self)

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
            # without an interval, look now and then whether the car is full
            whole = await self._pause(self.speech.meter_seconds or LOOK_SECONDS)
            if session.refused:
                # it began offline, and the central system's answer came late
                await self.stop_session(connector.number, "deauthorized")
                return
            connector.advance(self.clock.monotonic())
            await self._flow(connector, session)
            if whole and self.speech.meter_seconds and not session.ended:
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

    def _uid(self) -> str:
        return str(uuid.UUID(int=self.rng.getrandbits(128), version=4))
