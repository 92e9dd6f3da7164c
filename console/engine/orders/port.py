"""What the order desk needs of the engine: its fleet, its links, its journal's ear, its file server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, Protocol

from console.engine.dialects.base import Dialect
from console.engine.fleet.events import Event
from console.engine.fleet.fleet import Fleet
from console.engine.transfer.model import StoredFile, Transfer
from console.engine.wire.exchange import Exchange, Happening, Record
from profiles import Profile

Watcher = Callable[[Record, tuple[Event, ...]], None]


class OrderLink(Protocol):
    """A station's live link, as far as an order looks at it."""

    @property
    def identity(self) -> str: ...
    @property
    def queue_depth(self) -> int: ...
    @property
    def dialect(self) -> Dialect: ...
    @property
    def local_host(self) -> str: ...
    @property
    def opened(self) -> int: ...


class OrderLinks(Protocol):
    """The registry of live links."""

    def get(self, station: str) -> OrderLink | None:
        """The link of that identity, compared without case."""

    async def call(
        self, station: str, action: str, payload: Any, *, timeout: float, order: int | None = None
    ) -> Exchange:
        """Send a call when its turn comes; the finished exchange, committed and folded. Raises NotConnected."""


class OrderFiles(Protocol):
    """The file server, as far as orders use it."""

    def offer(self, path: Path, *, name: str, station: str, order: int) -> Transfer: ...
    def expect(self, *, station: str, order: int, kind: str) -> Transfer: ...
    def link(self, transfer: Transfer, host: str) -> str: ...
    def close(self, transfer: Transfer) -> None: ...
    async def store(self, name: str, stream: AsyncIterator[bytes]) -> StoredFile: ...
    def images(self) -> list[StoredFile]: ...


class Port(Protocol):
    """The engine, seen from the order desk."""

    @property
    def fleet(self) -> Fleet: ...
    @property
    def profile(self) -> Profile: ...
    @property
    def links(self) -> OrderLinks: ...
    @property
    def files(self) -> OrderFiles: ...
    @property
    def read_only(self) -> bool: ...
    @property
    def clock(self) -> Callable[[], int]: ...

    async def happen(self, kind: str, *, station: str | None = None, link: int | None = None, **data: Any) -> Happening:
        """Committed and folded when it returns."""

    def watch(self, callback: Watcher) -> Callable[[], None]:
        """Have every record told after its fold, in order; returns how to stop that."""
