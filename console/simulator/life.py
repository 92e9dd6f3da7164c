"""Chance: drivers who come and go, outlets that break, links that tear. One task for a whole station."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from websockets.exceptions import ConnectionClosed

from console.simulator.connector import Connector

if TYPE_CHECKING:
    from console.simulator.station import SimulatedStation

log = logging.getLogger("chargehand.simulator")

FAULTS = (
    "GroundFailure",
    "HighTemperature",
    "OverCurrentFailure",
    "ConnectorLockFailure",
    "PowerMeterFailure",
    "EVCommunicationError",
    "UnderVoltage",
)
GLANCE = 2.0

Step = Callable[[], Awaitable[None]]


async def live(station: SimulatedStation) -> None:
    """Let the station live until cancelled."""
    await Life(station).go()


class Life:
    """An agenda with an item for each outlet and a few for the station; the nearest is done, then a new one made."""

    def __init__(self, station: SimulatedStation) -> None:
        self._station = station
        self._rng = station.rng
        self._due: dict[str, tuple[float, Step]] = {}
        self._seen: dict[int, str] = {}
        self._first_round = True

    async def go(self) -> None:
        """Look at the outlets, wait for the nearest item or for a change, and go on."""
        station, loop = self._station, asyncio.get_running_loop()
        behaviour = station.behaviour
        self._every("fault", behaviour.fault_minutes, self._break)
        self._every("offline", behaviour.offline_minutes, self._tear)
        self._every("odd frame", behaviour.odd_frame_minutes if station.spec.odd_frames else 0, self._odd_frame)
        while True:
            station.nudge.clear()
            for connector in station.connectors:
                self._plan(connector, loop.time())
            self._first_round = False
            nearest = min(self._due, key=lambda name: self._due[name][0], default=None)
            if nearest is None or (pause := self._due[nearest][0] - loop.time()) > 0:
                try:
                    async with asyncio.timeout(None if nearest is None else pause):
                        await station.nudge.wait()
                except TimeoutError:
                    continue
                continue
            _, step = self._due.pop(nearest)
            station.spawn(self._do(step), nearest)
            await asyncio.sleep(0)

    async def _do(self, step: Step) -> None:
        await step()
        self._station.nudge.set()

    # --- drivers ------------------------------------------------------------------------------------------------

    def _plan(self, connector: Connector, now: float) -> None:
        """Make a new item for the outlet where its situation changed."""
        name = f"connector {connector.number}"
        situation = self._situation(connector)
        if self._seen.get(connector.number) == situation and (name in self._due or situation == "nothing"):
            return
        self._seen[connector.number] = situation
        self._due.pop(name, None)
        number, behaviour = connector.number, self._station.behaviour
        match situation:
            case "fault":
                self._due[name] = (now + self._rng.uniform(*behaviour.fault_seconds), self._mend(number))
            case "session":
                self._due[name] = (now + self._scaled(*behaviour.session_minutes), self._leave(connector))
            case "full":
                self._due[name] = (now + self._scaled(1, 8), self._leave(connector))
            case "plugged":
                self._due[name] = (now + self._rng.uniform(*behaviour.unplug_seconds), self._unplug(connector))
            case "free":
                pause = self._scaled(*behaviour.idle_minutes)
                if self._first_round:
                    busy = self._rng.random() < behaviour.busy_at_start
                    pause = self._rng.uniform(0.2, 6) if busy else pause * self._rng.uniform(0.3, 1)
                self._due[name] = (now + pause, self._arrive(connector))

    def _situation(self, connector: Connector) -> str:
        station = self._station
        if connector.fault:
            return "fault"
        if connector.session:
            return "full" if connector.car and connector.car.full else "session"
        if connector.car:
            return "plugged"
        twin_busy = any(c.car for c in station.connectors if c.evse_id == connector.evse_id)
        wanted = station.behaviour.sessions and connector.free and not connector.reservation and not twin_busy
        return "free" if wanted and not station.transfers.installing and station.registration else "nothing"

    def _arrive(self, connector: Connector) -> Step:
        async def step() -> None:
            from console.simulator.station import NotAuthorized

            if self._situation(connector) != "free":
                return
            await self._station.plug_in(connector.number)
            await asyncio.sleep(self._rng.uniform(0.5, GLANCE))
            if connector.session or connector.fault or connector.car is None:
                return
            try:
                await self._station.start_session(connector.number, self._rng.choice(self._station.behaviour.tags))
            except NotAuthorized as refusal:
                log.info("%s", refusal)
            except ValueError:
                # a remote start was quicker
                return

        return step

    def _leave(self, connector: Connector) -> Step:
        async def step() -> None:
            if connector.session:
                full = connector.car is not None and connector.car.full
                reasons = ("full", "departed", "local") if full else ("local", "local", "local", "departed")
                await self._station.stop_session(connector.number, self._rng.choice(reasons))

        return step

    def _unplug(self, connector: Connector) -> Step:
        async def step() -> None:
            if connector.session is None:
                await self._station.unplug(connector.number)

        return step

    # --- troubles -----------------------------------------------------------------------------------------------

    def _mend(self, number: int) -> Step:
        return lambda: self._station.clear_fault(number)

    async def _break(self) -> None:
        station = self._station
        healthy = [c for c in station.connectors if not c.fault]
        if healthy and station.ready.is_set():
            await station.fault(self._rng.choice(healthy).number, self._rng.choice(FAULTS))
        self._every("fault", station.behaviour.fault_minutes, self._break)

    async def _tear(self) -> None:
        station = self._station
        if station.ready.is_set():
            await station.go_offline()
            await asyncio.sleep(self._rng.uniform(*station.behaviour.offline_seconds))
            await station.go_online()
        self._every("offline", station.behaviour.offline_minutes, self._tear)

    async def _odd_frame(self) -> None:
        station = self._station
        if station.link.socket and station.ready.is_set():
            frame = self._rng.choice(station.spec.odd_frames)
            try:
                await station.link.socket.send(frame)
            except ConnectionClosed:
                log.info("%s: the link went with an odd frame", station.identity)
        self._every("odd frame", station.behaviour.odd_frame_minutes, self._odd_frame)

    def _every(self, name: str, minutes: float, step: Step) -> None:
        if minutes:
            pause = self._rng.expovariate(1 / (minutes * 60 / self._station.behaviour.speed))
            self._due[name] = (asyncio.get_running_loop().time() + max(pause, 5.0), step)

    def _scaled(self, low: float, high: float) -> float:
        return self._rng.uniform(low, high) * 60 / self._station.behaviour.speed
