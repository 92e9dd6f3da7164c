"""The live links by identity: the newest one wins, and the end of an older one never unregisters it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from console.engine.endpoint.answers import AnswerBook
from console.engine.endpoint.hub import Hub
from console.engine.endpoint.link import Link
from console.engine.errors import NoSuchStation, NotConnected
from console.engine.wire.exchange import Exchange, Happening

ALIVE_S = 30.0  # a link heard within this time counts as alive when another claims its identity


class Links:
    """The registry of live links, and the way to call a station."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._live: dict[str, Link] = {}
        self._books: dict[str, AnswerBook] = {}
        self.opened = 0

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
        book = self._books.get(key)
        if book is None:
            book = self._books[key] = AnswerBook()
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
        self._live[link.station] = link
        self.opened += 1
        link.on_end = self._ended
        self._hub.keep(
            Happening(time=link.opened, kind="link.opened", station=link.identity, link=link.number, data=told)
        )
        if older is not None:
            older.socket.close(1008, "a newer link has the same identity")

    def _ended(self, link: Link, code: int | None, reason: str, by: str) -> None:
        if self._live.get(link.station) is link:
            del self._live[link.station]
        data = {"code": code, "reason": reason, "by": by, "replaced": link.replaced}
        self._hub.keep(
            Happening(time=self._hub.clock(), kind="link.closed", station=link.identity, link=link.number, data=data)
        )

    async def call(
        self, station: str, action: str, payload: Any, *, timeout: float, order: int | None = None
    ) -> Exchange:
        """Call a station and wait for the outcome (``result``, ``error``, ``timeout``, ``lost``), committed and folded.

        ``timeout`` seconds from the moment the call leaves. Raises NoSuchStation, NotConnected.
        """
        link = self.get(station)
        if link is None:
            known = self._hub.fleet.station(station)
            if known is None:
                raise NoSuchStation(f"No station {station} is known here. `chargehand stations` lists those that are.")
            raise NotConnected(f"{known.id} is not connected. It can be called when its link is back.")
        return await link.call(action, payload, timeout, order)


def _address(peer: str) -> str:
    return peer.rsplit(":", 1)[0]
