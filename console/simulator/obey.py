"""Orders, whatever the OCPP version: what the station does about them after it has answered."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from console.simulator.connector import Connector, Reservation

if TYPE_CHECKING:
    from console.simulator.station import SimulatedStation

log = logging.getLogger("chargehand.simulator")

FLUSH_SECONDS = 5.0


async def reset(station: SimulatedStation, stop_reason: str, boot_reason: str) -> None:
    """End every session, hand in what is queued (for some seconds at most), and restart."""
    for connector in station.connectors:
        await station.stop_session(connector.number, stop_reason)
    if station.online:
        try:
            async with asyncio.timeout(FLUSH_SECONDS):
                await station.outbox.drained()
        except TimeoutError:
            log.info("%s: restarts with messages still queued", station.identity)
    await station.restart(boot_reason)


async def reset_when_idle(station: SimulatedStation, boot_reason: str) -> None:
    """Wait until no session runs, then restart."""
    await idle(station)
    await reset(station, "reboot", boot_reason)


async def reset_evse(station: SimulatedStation, evse_id: int, *, wait: bool) -> None:
    """Restart one EVSE: Unavailable for some seconds (OCPP 2.x B11/B12); the link stays."""
    outlets = [c for c in station.connectors if c.evse_id == evse_id]
    while wait and any(c.session for c in outlets):
        await _change(station)
    for connector in outlets:
        await station.stop_session(connector.number, "hard reset")
        connector.restarting = True
        await station.report(connector)
    await asyncio.sleep(station.rng.uniform(*station.behaviour.reboot_seconds) / 2)
    for connector in outlets:
        connector.restarting = False
        await station.report(connector)


async def idle(station: SimulatedStation) -> None:
    """Wait until no session runs."""
    while any(c.session for c in station.connectors):
        await _change(station)


async def _change(station: SimulatedStation) -> None:
    # the life loop clears the same event, so do not rely on it alone
    try:
        async with asyncio.timeout(1.0):
            await station.nudge.wait()
    except TimeoutError:
        return
    await asyncio.sleep(0.05)


async def remote_start(station: SimulatedStation, connector: Connector, tag: str, remote_start_id: int | None) -> None:
    """A car is (or gets) plugged in and the session begins; a tag that the start refuses ends it at once."""
    from console.simulator.station import NotAuthorized

    try:
        await station.start_session(connector.number, tag, remote_start_id=remote_start_id, remote=True)
    except NotAuthorized as refusal:
        log.info("%s", refusal)
    except ValueError:
        log.info("%s: a session began by itself on connector %d", station.identity, connector.number)


async def set_availability(station: SimulatedStation, connectors: list[Connector], *, operative: bool) -> None:
    """Open or close outlets; one with a session follows when that has ended."""
    for connector in connectors:
        if connector.session:
            connector.scheduled = operative
        else:
            connector.operative, connector.scheduled = operative, None
            await station.report(connector)
    if len(connectors) == len(station.connectors):
        await station.speech.report_station()


async def reserve(station: SimulatedStation, connector: Connector, reservation: Reservation) -> None:
    """Keep the outlet until the reservation runs out."""
    connector.reservation = reservation
    await station.report(connector)
    left = (reservation.expiry - station.clock.now()).total_seconds()
    await asyncio.sleep(max(left, 0))
    if connector.reservation == reservation:
        connector.reservation = None
        await station.report(connector)
        await station.speech.reservation_over(reservation.id)


async def statuses(station: SimulatedStation, connectors: list[Connector], *, whole: bool) -> None:
    """Send StatusNotifications that were asked for."""
    if whole:
        await station.speech.report_station()
    for connector in connectors:
        await station.report(connector, force=True)


async def meter_values(station: SimulatedStation, connectors: list[Connector]) -> None:
    """Send meter values that were asked for."""
    for connector in connectors:
        connector.advance(station.clock.monotonic())
        await station.speech.idle_sample(connector, "Trigger")


def reservation_for(station: SimulatedStation, reservation_id: int) -> Connector | None:
    """The outlet that this reservation keeps."""
    return next((c for c in station.connectors if c.reservation and c.reservation.id == reservation_id), None)


def startable(station: SimulatedStation, candidates: list[Connector], tag: str) -> Connector | None:
    """The outlet on which a remote start can begin: a waiting car first, then a free place."""

    def fits(connector: Connector) -> bool:
        usable = connector.operative and not connector.fault and not connector.session and not connector.restarting
        twin_busy = any(c.session for c in station.connectors if c.evse_id == connector.evse_id)
        kept = connector.reservation is not None and connector.reservation.tag != tag
        return usable and not twin_busy and not kept

    usable = [c for c in candidates if fits(c)]
    waiting = [c for c in usable if c.car and not c.finishing]
    return next(iter(waiting or usable), None)
