"""Who takes part: stations that a person accepted or refused, and the boot that was not seen and is asked for."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import msgspec

from console.engine.endpoint.admission import Door
from console.engine.endpoint.link import Link
from console.engine.errors import ChargehandError, NoSuchStation
from console.engine.tasks import spawn
from console.engine.wire.exchange import Happening
from profiles import KnownStation, Listen, Profile

if TYPE_CHECKING:
    from console.engine.engine import Engine

log = logging.getLogger("chargehand.engine")


class Registration:
    """The stations of one engine, as far as they are let in."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    # What the doors and the certificate authority ask.

    def door(self, listen: Listen) -> Door:
        """Who is let in at an address of this engine."""
        engine = self._engine
        return Door(
            listen,
            strict=engine.profile.strict,
            known=engine.profile.station,
            approved=self.approved,
            seen_as=self.seen_as,
            secrets=engine.secrets,
            came_from=self.came_from,
            revoked=engine.revocations.of,
        )

    def approved(self, identity: str) -> bool | None:
        """Whether a person accepted or refused that station; None where nobody has decided."""
        station = self._engine.fleet.station(identity)
        return None if station is None else station.approved

    def seen_as(self, identity: str) -> str | None:
        """How that identity was spelt when it was first seen; None where it never was."""
        station = self._engine.fleet.station(identity)
        return None if station is None else station.id

    def came_from(self, identity: str) -> str | None:
        """The address from which that station last proved whose it is; None where it never did."""
        station = self._engine.fleet.station(identity)
        if station is None or station.security < 1 or station.peer is None:
            return None
        return station.peer.rsplit(":", 1)[0]

    def proved(self, station: str) -> bool:
        """Whether the station's link proved whose it is; on the bench that is taken on trust."""
        link = self._engine.links.get(station)
        return link is not None and (link.socket.attempt.security > 0 or self._engine.profile.name == "bench")

    def sign(self, station: str, request: str) -> str | None:
        """Why the certificate request (PEM) of a station is refused; None where a certificate will follow."""
        engine = self._engine
        refused = "this console is read-only" if engine.read_only else engine.signing.refused(station, request)
        if refused is not None:
            # 1.6 has no words for it in the answer.
            data = {"reason": refused}
            engine.keep(Happening(time=engine.clock(), kind="certificate.refused", station=station, data=data))
        return refused

    # What a person decides.

    async def approve(self, station: str, accept: bool, by: str) -> None:
        """Accept or refuse a station. Raises NoSuchStation, JournalFull."""
        engine = self._engine
        known = engine.fleet.station(station)
        if known is None:
            raise NoSuchStation(f"No station {station} is known here.")
        await engine.happen("station.accepted" if accept else "station.refused", station=known.id, by=by)
        link = engine.links.get(station)
        if link is None:
            return
        link.policy = engine.policy(link.identity, "Accepted" if accept else "Rejected")
        if accept:
            self._spawn_ask(link)
        else:
            link.socket.close(1008, "refused by the operator")

    def learned(self) -> Profile:
        """The profile with what was decided since: stations that an operator accepted are known stations."""
        profile = self._engine.profile
        known = list(profile.stations)
        for station in self._engine.fleet.stations.values():
            if station.approved and profile.station(station.id) is None:
                known.append(KnownStation(id=station.id))
        return msgspec.structs.replace(profile, stations=known)

    # The boot that was not seen.

    def linked(self, link: Link) -> None:
        """A station has connected: should it not boot by itself within the profile's grace, it is asked to."""
        grace = self._engine.profile.registration.boot_grace
        asyncio.get_running_loop().call_later(grace, self._ask_in_time, link.station, link.number)

    def _ask_in_time(self, key: str, number: int) -> None:
        # Not the link itself is waited with: of those that come and go at once thousands would be kept.
        engine = self._engine
        link, station = engine.links.get(key), engine.fleet.station(key)
        if link is None or link.number != number or link.closed or station is None or station.booted is not None:
            return
        if engine.read_only or not engine.running:
            return
        self._spawn_ask(link)

    def _spawn_ask(self, link: Link) -> None:
        spawn(self._ask(link.identity), name=f"ask {link.identity} to boot", owner=self._engine.tasks)

    async def _ask(self, station: str) -> None:
        wanted = {"requestedMessage": "BootNotification"}
        try:
            await self._engine.raw(station, "TriggerMessage", wanted, by="console (no boot was seen)")
        except ChargehandError as error:
            log.info("%s was not asked for its BootNotification: %s", station, error.sentence)
