"""The file server: offers images to stations and takes their logs. One unguessable path each; anything else is 404.

Paths are made by the order that needs them and are gone when it is over. Nothing a station sends is ever used as a
path: the name it gives is kept as text for people, the ending is taken where it is short and plain.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import AsyncIterable, Callable
from pathlib import Path
from urllib.parse import quote

from console.engine.addresses import url
from console.engine.errors import TransferError
from console.engine.transfer.library import Library, safe_name
from console.engine.transfer.model import StoredFile, Transfer
from console.engine.transfer.web import WebServer, bind
from profiles import format_address

log = logging.getLogger("chargehand.files")

NOTIFY_SECONDS = 0.25  # of a file on the move; every change of state is told at once
KEPT = 500  # closed transfers that are remembered


class FileServer:
    """Serves and receives files for orders. ``transfers`` by id, newest last; ``changed`` counts their changes.

    ``address`` HOST:PORT, port 0 for any free one; a taken port gives way to a free one unless it is ``fixed``.
    ``max_upload`` bytes of one upload. ``host`` stands in URLs instead of the address a station reached.
    """

    def __init__(
        self,
        directory: Path,
        address: str,
        *,
        max_upload: int,
        notify: Callable[[Transfer], None],
        host: str | None = None,
        fixed: bool = False,
    ) -> None:
        self.library = Library(directory, max_bytes=max_upload)
        self.transfers: dict[int, Transfer] = {}
        self.changed = 0
        self._address = address
        self.max_upload = max_upload
        self._notify = notify
        self._host = host
        self._fixed = fixed
        self._web: WebServer | None = None
        self._by_token: dict[str, Transfer] = {}
        self._told: dict[int, float] = {}
        self._settled: dict[int, tuple[str, Path | None]] = {}
        self._next = 1

    # Life.

    async def start(self) -> None:
        """Make the folders and listen. Raises ListenError, TransferError."""
        from console.engine.transfer.requests import Requests  # brings starlette: not before the first paint

        await asyncio.to_thread(self.library.prepare)
        self._web = WebServer(
            Requests(self), bind(self._address, fallback=not self._fixed, what="The file server"), name="files"
        )
        await self._web.start()

    async def stop(self) -> None:
        """Close every transfer and stop listening."""
        for transfer in list(self._by_token.values()):
            self.close(transfer)
        if self._web is not None:
            await self._web.stop()

    @property
    def port(self) -> int:
        """The port it listens on; 0 before ``start``."""
        return self._web.port if self._web is not None else 0

    @property
    def url(self) -> str:
        """Where stations reach it; empty before ``start``."""
        return url("http", self._web.host, self._web.port) if self._web is not None else ""

    # Transfers.

    def offer(self, path: Path, *, name: str, station: str, order: int) -> Transfer:
        """Offer a file of ours to a station until ``close``. Raises TransferError where it cannot be read."""
        try:
            with path.open("rb"):
                size = path.stat().st_size
        except OSError as error:
            raise TransferError(f"{path} cannot be offered: {error.strerror or error}") from None
        return self._new("offer", station, order, safe_name(name or path.name), path=path, size=size)

    def expect(self, *, station: str, order: int, kind: str) -> Transfer:
        """Await an upload (``kind``: diagnostics, security, …) until ``close``; its URL is a directory's."""
        return self._new("upload", station, order, "", purpose=kind)

    def link(self, transfer: Transfer, host: str) -> str:
        """The absolute URL to give to the station. ``host`` is the address by which it reaches us, without a port."""
        base = self._base(self._host or host)
        if transfer.kind == "upload":
            return f"{base}/{transfer.token}/"
        return f"{base}/{transfer.token}/{quote(transfer.name)}"

    def by_token(self, token: str) -> Transfer | None:
        """The open transfer of that path, for a request."""
        return self._by_token.get(token)

    def close(self, transfer: Transfer) -> None:
        """The path is gone from now on; a request that is running may end."""
        if self._by_token.pop(transfer.token, None) is None:
            return
        if transfer.state not in ("done", "failed"):
            transfer.end("closed", transfer.error)
        self.tell(transfer)
        self._told.pop(transfer.id, None)
        self._settled.pop(transfer.id, None)

    async def store(self, name: str, stream: AsyncIterable[bytes]) -> StoredFile:
        """Keep a file to offer later. Raises TransferError where it is too large or the disk refuses."""
        return await self.library.store(name, stream)

    def image(self, name: str) -> StoredFile:
        """The image of exactly that name. Raises TransferError."""
        return self.library.image(name)

    def images(self) -> list[StoredFile]:
        """Files that can be offered, newest first."""
        return self.library.images()

    def received(self) -> list[StoredFile]:
        """What stations have sent, newest first."""
        return self.library.received()

    def in_use(self, file: StoredFile) -> str | None:
        """The order that still needs the file, in a sentence; None where none does."""
        for transfer in self._by_token.values():
            if transfer.path == file.path:
                what = "is offered to" if transfer.kind == "offer" else "has just come from"
                whom = transfer.station or "whoever asks"
                return f"{file.name} {what} {whom}, and order #{transfer.order} is not over yet."
        return None

    async def remove(self, file: StoredFile) -> None:
        """Delete an image or an upload. Raises TransferError, also while an order uses it."""
        used = self.in_use(file)
        if used is not None:
            raise TransferError(used, title="The file is in use")
        await asyncio.to_thread(self.library.remove, file)
        for transfer in self.transfers.values():
            if transfer.path == file.path:
                transfer.path = None
                self.changed += 1
                transfer.changed = self.changed

    def _new(
        self,
        kind: str,
        station: str,
        order: int,
        name: str,
        *,
        path: Path | None = None,
        size: int | None = None,
        purpose: str = "",
    ) -> Transfer:
        transfer = Transfer(
            id=self._next,
            kind="offer" if kind == "offer" else "upload",
            station=station,
            order=order,
            name=name,
            token=secrets.token_urlsafe(16),
            path=path,
            size=size,
            purpose=purpose,
        )
        self._next += 1
        self._by_token[transfer.token] = transfer
        self.transfers[transfer.id] = transfer
        for number in [one.id for one in self.transfers.values() if one.token not in self._by_token][:-KEPT]:
            del self.transfers[number]
        self.tell(transfer)
        return transfer

    def _base(self, host: str) -> str:
        if host.startswith(("http://", "https://")):
            return host.rstrip("/")
        bare = host.strip("[]")
        if ":" in bare and bare.count(":") == 1:
            return f"http://{bare}"  # the profile names a port too: a forwarded one
        return f"http://{format_address(bare, self.port)}"

    # Telling.

    def tell(self, transfer: Transfer) -> None:
        """A transfer has changed."""
        self.changed += 1
        transfer.changed = self.changed
        self._told[transfer.id] = time.monotonic()
        if transfer.state in ("done", "failed"):
            outcome = (transfer.state, transfer.path)
            if self._settled.get(transfer.id) == outcome:
                return  # fetched once more, or closed: the same outcome is not told twice
            self._settled[transfer.id] = outcome
        try:
            self._notify(transfer)
        except Exception:
            log.exception("a listener of the file server failed")

    def tell_progress(self, transfer: Transfer) -> None:
        """Bytes have moved: told now and then."""
        if time.monotonic() - self._told.get(transfer.id, 0.0) >= NOTIFY_SECONDS:
            self.tell(transfer)
