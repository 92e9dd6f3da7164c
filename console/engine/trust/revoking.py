"""Taking a station's certificates back: they are refused from then on, and a link that was opened with one is closed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from console.engine.endpoint.links import Links
from console.engine.errors import JournalFull, TrustError
from console.engine.trust.revoked import Revocations, Revoked, plain_serial
from console.engine.trust.trust import Trust
from console.engine.wire.exchange import Happening

if TYPE_CHECKING:
    from console.engine.trust.authority import Issued

log = logging.getLogger("chargehand.trust")

LOOK_S: Final = 1.0  # between two looks at the file, which the command line may have changed
REASON: Final = "its certificate was revoked"

Tell = Callable[..., Awaitable[Happening]]


class Revoking:
    """The revocations of a running console. ``tell`` keeps a happening."""

    def __init__(self, revocations: Revocations, trust: Trust, links: Links, *, tell: Tell) -> None:
        self._revocations = revocations
        self._trust = trust
        self._links = links
        self._tell = tell
        self._told: set[str] = set()

    def load(self) -> None:
        """Read what is revoked, as old news. Raises TrustError."""
        self._revocations.load()
        self._told = {one.serial for one in self._revocations.all()}

    async def revoke(self, station: str, *, by: str, note: str = "") -> list[Revoked]:
        """Refuse every certificate of a station: those that were made here, and the one that it shows right now.

        Gives what was revoked. Raises TrustError where there is none, or where the disk refuses: nothing is then.
        """
        link = self._links.get(station)
        shown = None if link is None else link.socket.attempt.serial
        issued = await asyncio.to_thread(self._trust.issued_to, station)
        made = await asyncio.to_thread(revoke, self._revocations, issued, station, shown, by=by, note=note)
        await self.notice()
        return made

    async def watch(self) -> None:
        """Notice, for ever, what the command line has revoked."""
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                await self.notice()
            except Exception:
                log.exception("what was revoked could not be noticed")

    async def notice(self) -> None:
        """Close the links of what is newly revoked, and keep that in the journal; what the disk refuses is told later."""
        self._revocations.refresh()
        for link in self._links:
            if self._revocations.known(link.socket.attempt.serial) is not None:
                link.socket.close(1008, REASON)
        for one in self._revocations.all():
            if one.serial in self._told:
                continue
            self._told.add(one.serial)
            try:
                await self._tell(
                    "certificate.revoked", station=one.station, serial=one.serial, by=one.by, note=one.note
                )
            except JournalFull:
                self._told.discard(one.serial)
                raise


def revoke(
    revocations: Revocations,
    issued: Sequence[Issued],
    station: str,
    shown: str | None = None,
    *,
    by: str,
    note: str = "",
) -> list[Revoked]:
    """Write it down. ``issued``: the station's certificates that were made here; ``shown``: the serial number of one more,
    whoever made it. Raises TrustError."""
    now = datetime.now(UTC)
    serials = [one.serial for one in issued if one.ends > now and revocations.of(one.serial) is None]
    if shown is not None and revocations.of(shown) is None and plain_serial(shown) not in map(plain_serial, serials):
        serials.append(plain_serial(shown))
    if not serials:
        if issued:
            raise TrustError(f"Every certificate of {station} that was made here is revoked already, or has ended.")
        raise TrustError(
            f"No certificate of {station} was made here, and it shows none now. A station without certificate is kept out "
            "by its identity: refuse it, or take it out of the profile."
        )
    made = [Revoked(serial=one, station=station, time=f"{now:%Y-%m-%dT%H:%M:%SZ}", by=by, note=note) for one in serials]
    revocations.add(made)
    return made
