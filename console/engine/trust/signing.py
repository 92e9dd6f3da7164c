"""Granting certificate requests of stations: SignCertificate is answered, then CertificateSigned is sent.

Sources: OCPP 2.x use cases A02 and A03, the 1.6 security white paper 4.2 and 4.3.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable
from typing import Any, Final

from console.engine.errors import ChargehandError, TrustError
from console.engine.fleet.events import Event
from console.engine.tasks import Owner, cancel_all, spawn
from console.engine.trust.trust import Trust
from console.engine.wire.exchange import Exchange, Happening, Record

log = logging.getLogger("chargehand.trust")

BY: Final = "console (certificate authority)"
OFTEN: Final = 10  # certificates of one station within an hour
HOUR_S: Final = 3600.0
STATIONS: Final = 4096

Tell = Callable[..., Awaitable[Happening]]
Call = Callable[..., Awaitable[Exchange]]


class Signing:
    """Judges requests by ``refused``, and sees to it that every accepted one is followed by its certificate.

    ``authenticated`` says whether the station's link proved who it is; ``tell`` keeps a happening, ``call`` calls a station.
    """

    def __init__(self, trust: Trust, *, authenticated: Callable[[str], bool], tell: Tell, call: Call) -> None:
        self._trust = trust
        self._authenticated = authenticated
        self._tell = tell
        self._call = call
        self._granted: OrderedDict[str, deque[float]] = OrderedDict()
        self._tasks: Owner = set()

    async def close(self) -> None:
        """Send nothing more."""
        await cancel_all(self._tasks)

    def refused(self, station: str, request: str) -> str | None:
        """Why this request is refused, or None. Never raises, whatever a station sends."""
        if not self._authenticated(station):
            return "the link did not prove whose it is: ask over a listener with security profile 1 or above"
        if not self._trust.accepted:
            return "the listener with security profile 3 takes certificates of its client_ca only"
        granted = self._granted.get(station.casefold(), deque(maxlen=OFTEN))
        now = time.monotonic()
        if len(granted) == OFTEN and now - granted[0] < HOUR_S:
            return f"{OFTEN} certificates were made for it within an hour"
        try:
            from console.engine.trust.certificates import read_request

            read_request(request)
        except TrustError as error:
            return error.sentence
        except Exception:
            log.exception("a certificate request of %s could not be judged", station)
            return "the request could not be read"
        granted.append(now)
        self._granted[station.casefold()] = granted
        while len(self._granted) > STATIONS:
            self._granted.popitem(last=False)
        return None

    def see(self, record: Record, _events: tuple[Event, ...]) -> None:
        """Watch what was committed: an accepted request has its certificate coming."""
        if type(record) is not Exchange or record.action != "SignCertificate" or record.repeat:
            return
        if record.direction != "in" or record.station is None or type(record.request) is not dict:
            return
        if type(record.response) is dict and record.response.get("status") == "Accepted":
            spawn(self._follow(record.station, record.request), name="sign a certificate", owner=self._tasks)

    async def _follow(self, station: str, request: dict[str, Any]) -> None:
        try:
            authority = await self._trust.authority()
            issued = await asyncio.to_thread(authority.sign, station, request["csr"])
            await self._tell(
                "certificate.issued",
                station=station,
                serial=issued.serial,
                fingerprint=issued.fingerprint,
                ends=f"{issued.ends:%Y-%m-%dT%H:%M:%SZ}",
                by=BY,
            )
            # What the request names goes back with the answer to it, in the versions that have it.
            named = {key: request[key] for key in ("certificateType", "requestId") if request.get(key) is not None}
            await self._call(station, "CertificateSigned", {"certificateChain": issued.pem, **named}, by=BY)
        except ChargehandError as error:
            log.warning("%s did not get the certificate it asked for: %s", station, error.sentence)
