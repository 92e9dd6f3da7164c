"""What the file server answers to a request: an offered file, an upload taken in, or 404.

Written on bare ASGI with starlette's ``Request``: its streaming response reads the body to learn of a client that has
gone, which is what an upload needs for itself.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING

from starlette.requests import Request

from console.engine.tasks import Owner, spawn
from console.engine.transfer import receive as receiving
from console.engine.transfer import send as sending
from console.engine.transfer.model import Transfer
from console.engine.transfer.multipart import boundary
from console.engine.transfer.web import Message, Receive, Send
from profiles import format_address

if TYPE_CHECKING:
    from console.engine.transfer.server import FileServer

log = logging.getLogger("chargehand.files")

IDLE_SECONDS = 120  # a station that neither sends nor takes a byte for so long has gone
MAX_UPLOADS = 20  # files that one awaited upload may bring: a station tries again, or sends log and archive apart
MISSES = 60  # requests for what is not there that the log tells of at once
_DISCARD_BYTES = 4 * 1024 * 1024
_DISCARD_SECONDS = 3


class Requests:
    """The ASGI application of a file server."""

    def __init__(self, files: FileServer) -> None:
        self._files = files
        self._tasks: Owner = set()
        self._misses = _Few()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        token, slash, tail = str(scope["path"]).removeprefix("/").partition("/")
        transfer = self._files.by_token(token)
        if transfer is None or (transfer.kind == "offer" and (not slash or tail != transfer.name)):
            # Told, because a charger that asks for the wrong place is what somebody will look for.
            if self._misses.one_more():
                log.info("%s %s from %s: there is no such file", request.method, scope["path"], _peer(request))
            await _say(send, 404, "There is no such file.")
        elif transfer.kind == "offer":
            await self._offered(transfer, request, send)
        else:
            await self._upload(transfer, request, tail, send)

    # Sending.

    async def _offered(self, transfer: Transfer, request: Request, send: Send) -> None:
        if request.method not in ("GET", "HEAD"):
            await _say(send, 405, "This file can be fetched with GET.", {"allow": "GET, HEAD"})
            return
        assert transfer.path is not None  # an offer has a file from the beginning
        try:
            file = await asyncio.to_thread(sending.open_file, transfer.path)
        except OSError as error:
            transfer.end("failed", f"the file cannot be read: {error.strerror or error}")
            self._files.tell(transfer)
            await _say(send, 404, "There is no such file.")
            return
        with file:
            part = sending.Slice(file, request.method, request.headers)
            if part.status == 416 or request.method == "HEAD":
                await _head(send, part.status, part.headers)
                await send({"type": "http.response.body", "body": b""})
                return
            await self._send(transfer, part, request, send)

    async def _send(self, transfer: Transfer, part: sending.Slice, request: Request, send: Send) -> None:
        spans = transfer.spans
        transfer.size = part.size
        transfer.begin(_peer(request))
        self._files.tell(transfer)
        gone = spawn(_until_gone(request), name="files: has the station gone", owner=self._tasks)
        why = "the connection ended"
        try:
            await _head(send, part.status, part.headers)
            at = part.start
            async for data in part.chunks():
                async with asyncio.timeout(IDLE_SECONDS):
                    await send({"type": "http.response.body", "body": data, "more_body": True})
                if gone.done():
                    break
                spans.add(at, at + len(data))
                at += len(data)
                if transfer.state == "moving":
                    transfer.move(spans.total())
                    self._files.tell_progress(transfer)
            if at == part.end and not gone.done():
                await send({"type": "http.response.body", "body": b""})
        except TimeoutError:
            why = f"the station took nothing for {IDLE_SECONDS} seconds"
            raise
        finally:
            gone.cancel()
            if transfer.state == "moving":
                if spans.total() >= part.size:
                    transfer.move(part.size)
                    transfer.end("done")
                else:
                    missing = f"{why} after {spans.total()} of {part.size} bytes"
                    transfer.end("waiting", None if at == part.end else missing)
                self._files.tell(transfer)

    # Receiving.

    async def _upload(self, transfer: Transfer, request: Request, tail: str, send: Send) -> None:
        if request.method not in ("PUT", "POST"):
            await _say(send, 405, "A file can be sent here with PUT or POST.", {"allow": "PUT, POST"})
            return
        headers = request.headers
        length = int(headers["content-length"]) if headers.get("content-length", "").isdigit() else None
        if "content-range" in headers:
            await _say(send, 400, "A file is taken whole, not in parts.")
            return
        if length is None and "chunked" not in headers.get("transfer-encoding", "").lower():
            await _say(send, 411, "The request has no body.")
            return
        if transfer.uploads >= MAX_UPLOADS:
            await _say(send, 429, "Enough files came here.")
            return
        transfer.uploads += 1
        mark = boundary(headers.get("content-type"))
        body = _Body(request)
        if length is not None and length > self._files.max_upload + (receiving.FORM_EXTRA if mark else 0):
            await self._too_large(transfer, body, send)
            return
        transfer.begin(_peer(request))
        transfer.size = length if mark is None else None
        transfer.name = _display(tail) or transfer.name
        self._files.tell(transfer)
        try:
            await self._take(transfer, body, tail, mark, send)
        finally:
            if transfer.state == "moving":
                transfer.end("waiting", "the transfer was cut off")
            self._files.tell(transfer)

    async def _take(self, transfer: Transfer, body: _Body, tail: str, mark: bytes | None, send: Send) -> None:
        library = self._files.library
        incoming = receiving.Incoming(library.partial(), mark, limit=self._files.max_upload)

        def moved(done: int) -> None:
            transfer.move(done)
            self._files.tell_progress(transfer)

        try:
            await incoming.take(body, moved)
            if not incoming.size:
                # No log: a station that tries whether the path is there, or whose first attempt failed. The order waits on.
                await asyncio.to_thread(incoming.partial.unlink, missing_ok=True)
                transfer.end("waiting", "an empty file came")
                await _say(send, 201 if body.method == "PUT" else 200, "The file was empty.")
                return
            stored = await asyncio.to_thread(library.settle, incoming.partial, transfer.station, incoming.name or tail)
        except receiving.TooLarge:
            incoming.partial.unlink(missing_ok=True)
            await self._too_large(transfer, body, send)
            return
        except receiving.Broken as error:
            # Not the end: stations try again (retries, retryInterval), and the path is still open.
            transfer.end("waiting", f"{error}, after {incoming.size} bytes")
            await _say(send, 400, "The file did not arrive whole.")
            return
        except OSError as error:
            log.error("an upload from %r cannot be kept: %s", transfer.station, error)
            transfer.end("failed", f"the file cannot be kept: {error.strerror or error}")
            await _say(send, 507, "The file cannot be kept.")
            return
        finally:
            incoming.partial.unlink(missing_ok=True)
        transfer.path = stored.path
        transfer.size = stored.size
        transfer.name = _display(incoming.name or "") or transfer.name or stored.name
        transfer.move(stored.size)
        transfer.end("done")
        await _say(send, 201 if body.method == "PUT" else 200, "The file has arrived.")

    async def _too_large(self, transfer: Transfer, body: _Body, send: Send) -> None:
        """413, told while the client still sends; a little of that is read, else the reset would eat the answer."""
        if transfer.state != "done":
            transfer.end("failed", f"the station sends more than {self._files.max_upload} bytes, the profile's limit")
            self._files.tell(transfer)
        await _head(send, 413, {"content-type": "text/plain; charset=utf-8", "connection": "close"})
        await send({"type": "http.response.body", "body": b"The file is too large.\n", "more_body": True})
        rest = _DISCARD_BYTES
        try:
            async with asyncio.timeout(_DISCARD_SECONDS):
                async for data in body:
                    rest -= len(data)
                    if rest < 0:
                        break
        except (TimeoutError, receiving.Broken):
            pass
        await send({"type": "http.response.body", "body": b""})


class _Few:
    """``MISSES`` in a row, then one a second: whoever tries paths must not fill the log."""

    def __init__(self) -> None:
        self._left, self._then = float(MISSES), time.monotonic()

    def one_more(self) -> bool:
        """Whether one more may be told now; then it is counted."""
        now = time.monotonic()
        self._left = min(float(MISSES), self._left + now - self._then)
        self._then = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


class _Body:
    """A request's body, read once, piece by piece. ``ended``: nothing more is to come."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self.method = request.method
        self.ended = False

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._pieces()

    async def _pieces(self) -> AsyncIterator[bytes]:
        """Raises Broken where it ends too early or nothing comes for long."""
        while not self.ended:
            try:
                async with asyncio.timeout(IDLE_SECONDS):
                    message = await self._request.receive()
            except TimeoutError:
                raise receiving.Broken(f"nothing came for {IDLE_SECONDS} seconds") from None
            if message["type"] == "http.disconnect":
                raise receiving.Broken("the connection ended")
            self.ended = not message.get("more_body")
            if message.get("body"):
                yield message["body"]


async def _until_gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _head(send: Send, status: int, headers: Mapping[str, str]) -> None:
    raw = [(key.encode("latin-1"), value.encode("latin-1")) for key, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})


async def _say(send: Send, status: int, sentence: str, headers: Mapping[str, str] | None = None) -> None:
    body = sentence.encode() + b"\n"
    plain = {"content-type": "text/plain; charset=utf-8", "content-length": str(len(body))}
    await _head(send, status, {**plain, **(headers or {})})
    await send({"type": "http.response.body", "body": body})


def _display(tail: str) -> str:
    """What the station calls the file: the last segment, as text for people."""
    return tail.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1][:200]


def _peer(request: Request) -> str | None:
    return None if request.client is None else format_address(request.client.host, request.client.port)
