"""The live links by identity: the newest one wins, and the end of an older one never unregisters it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from typing import Any

from console.engine.endpoint.answers import AnswerBook
from console.engine.endpoint.calls import Heard
from console.engine.endpoint.hub import Hub
from console.engine.endpoint.link import Link
from console.engine.errors import JournalFull, NoSuchStation, NotConnected, OrderError
from console.engine.trust.credentials import ACTIONS as CREDENTIAL_ACTIONS
from console.engine.trust.credentials import credential_in
from console.engine.trust.secrets import Secrets
from console.engine.wire.exchange import Exchange, Happening
from profiles import KnownStation

ALIVE_S = 30.0  # a link heard within this time counts as alive when another claims its identity
BOOKS = 20_000  # identities whose answers are kept; those not connected are forgotten first, oldest first
WAITING = 100  # calls of ours to one station
RETRY_S = 2.0  # until what the disk refused is told again


class Links:
    """The registry of live links, and the way to call a station.

    ``secrets`` keeps the passwords that are changed from here; ``known`` is what the profile says of an identity.
    """

    def __init__(self, hub: Hub, secrets: Secrets, known: Callable[[str], KnownStation | None]) -> None:
        self._hub = hub
        self._live: dict[str, Link] = {}
        self._ending: dict[str, Link] = {}  # ended, but not all that they sent has been folded
        self._books: dict[str, AnswerBook] = {}
        self.secrets = secrets
        self.known = known
        self.opened = 0
        self.sockets = 0  # TCP connections of all listeners, links or not

    def __iter__(self) -> Iterator[Link]:
        return iter(list(self._live.values()))

    def __len__(self) -> int:
        return len(self._live)

    def get(self, station: str) -> Link | None:
        """The live link of that identity."""
        return self._live.get(station.casefold())

    def book(self, station: str) -> AnswerBook:
        """The stored answers of that identity."""
        key = station.casefold()
        book = self._books.pop(key, None)
        if book is None:
            book = AnswerBook()
            if len(self._books) >= BOOKS:
                oldest = next((one for one in self._books if one not in self._live), None)
                if oldest is not None:
                    del self._books[oldest]
        self._books[key] = book
        return book

    def add(self, link: Link, told: dict[str, Any]) -> None:
        """Register a new link; an older one of the same identity is closed and its end recorded as such."""
        older = self._live.get(link.station)
        if older is not None:
            quiet = time.monotonic() - older.socket.heard
            other = _address(older.peer) != _address(link.peer)
            if quiet < ALIVE_S and other:
                told = {**told, "replaced_alive": True}
            older.replaced = True
        before = older or self._ending.pop(link.station, None)
        if before is not None:
            link.follow(before)
        self._live[link.station] = link
        self.opened += 1
        link.on_end = self._ended
        self._announce(link, told)
        if older is not None:
            older.socket.close(1008, "a newer link has the same identity")

    def _announce(self, link: Link, told: dict[str, Any]) -> None:
        """Record that a link is there; while the disk refuses, again and again, as long as the link lives."""
        if self._live.get(link.station) is not link:
            return

        def then(error: Exception | None) -> None:
            if isinstance(error, JournalFull):
                asyncio.get_running_loop().call_later(RETRY_S, self._announce, link, told)

        opened = Happening(time=link.opened, kind="link.opened", station=link.identity, link=link.number, data=told)
        self._hub.keep(opened, then)

    def _ended(self, link: Link, code: int | None, reason: str, by: str) -> None:
        if self._live.get(link.station) is link:
            del self._live[link.station]
            if not link.book.link_ended(link.dialect.replayed) and link.settled:
                self._books.pop(link.station, None)
        for station in [station for station, one in self._ending.items() if one.settled]:
            del self._ending[station]
        if not link.settled:
            self._ending[link.station] = link
        data = {"code": code, "reason": reason, "by": by, "replaced": link.replaced}
        self._tell_end(link, self._hub.clock(), data)

    def _tell_end(self, link: Link, time_ns: int, data: dict[str, Any]) -> None:
        def then(error: Exception | None) -> None:
            if isinstance(error, JournalFull):
                asyncio.get_running_loop().call_later(RETRY_S, self._tell_end, link, time_ns, data)

        closed = Happening(time=time_ns, kind="link.closed", station=link.identity, link=link.number, data=data)
        self._hub.keep(closed, then)

    async def call(
        self, station: str, action: str, payload: Any, *, timeout: float, order: int | None = None
    ) -> Exchange:
        """Call a station and wait for the outcome (``result``, ``error``, ``timeout``, ``lost``), committed and folded.

        ``timeout`` seconds from the moment the call leaves. Raises NoSuchStation, NotConnected, OrderError where too many
        calls wait already.
        """
        link = self.get(station)
        if link is None:
            known = self._hub.fleet.station(station)
            if known is None:
                raise NoSuchStation(f"No station {station} is known here. `chargehand stations` lists those that are.")
            raise NotConnected(f"{known.id} is not connected. It can be called when its link is back.")
        if link.queue_depth >= WAITING:
            raise OrderError(
                f"{link.identity} has {link.queue_depth} calls to answer already. Wait, or call it less often."
            )
        heard = await self._secure(link, action, payload) if action in CREDENTIAL_ACTIONS else None
        return await link.calls.call(action, payload, timeout, order, heard)

    async def _secure(self, link: Link, action: str, payload: Any) -> Heard | None:
        """Make a new password safe before it leaves: on the disk, beside the old one. Raises TrustError, OrderError."""
        secrets, identity = self.secrets, link.identity
        credential = credential_in(action, payload)
        if credential is None:
            return None
        if credential.level is not None:
            level = credential.level

            def aimed(exchange: Exchange) -> None:
                if credential.status(exchange.response) in ("Accepted", "RebootRequired"):
                    secrets.aim(identity, level)

            return aimed
        known, forms = self.known(identity), credential.forms
        number = await secrets.propose(identity, known, forms)

        def heard(exchange: Exchange) -> None:
            if exchange.outcome in ("result", "late", "error"):
                secrets.settle(identity, number, known, forms, credential.status(exchange.response))
            elif exchange.raw_request is None:
                secrets.settle(identity, number, known, forms, "never sent")
            else:
                secrets.unanswered(identity, number)

        return heard


def _address(peer: str) -> str:
    return peer.rsplit(":", 1)[0]
