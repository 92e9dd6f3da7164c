"""An HTTP server in the loop that is already running: uvicorn on a socket of our own.

uvicorn as it comes takes SIGINT from the screen, wakes ten times a second, lets a client that never finishes its
request line stay for ever, and takes connections until no descriptor is left for a station; the subclass here does not.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import socket
import time
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from typing import Any

from console.engine.descriptors import visitors_allowed
from console.engine.errors import ListenError
from console.engine.tasks import Owner, spawn
from profiles import format_address, parse_address

log = logging.getLogger("chargehand.web")

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

_SILENT_SECONDS = 15  # a client that has not finished its request head, or does not take the last bytes, is cut off
_GRACE_SECONDS = 1
_BACKLOG = 128  # connections that asyncio may take before one of them is looked at


def bind(address: str, *, fallback: bool, what: str) -> socket.socket:
    """A listening socket on ``HOST:PORT``. With ``fallback`` a taken port gives way to a free one.

    Raises ListenError, which names ``what`` wanted to listen.
    """
    host, port = parse_address(address)
    try:
        return _bound(host, port)
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        if taken and fallback and port:
            try:
                return _bound(host, 0)
            except OSError as again:
                error = again
        raise ListenError(f"{what} cannot listen on {address}: {_reason(error)}") from None


def _bound(host: str, port: int) -> socket.socket:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, kind, protocol, _, target = found[0]
    made = socket.socket(family, kind, protocol)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6 and host == "::":
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)  # every interface means IPv4 too
        made.bind(target)
        made.listen(256)
        made.setblocking(False)
    except BaseException:
        made.close()
        raise
    return made


def _reason(error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return "another program listens there; name another port (0 for any free one)"
    if error.errno == errno.EADDRNOTAVAIL:
        return "this machine has no such address"
    if error.errno in (errno.EACCES, errno.EPERM):
        return "ports below 1024 need more rights; name a higher one"
    if isinstance(error, socket.gaierror):
        return "the host name is not known here"
    return error.strerror or str(error)


class WebServer:
    """One application on one socket, in this loop. ``port`` is the real one, also where 0 was asked for."""

    def __init__(self, app: App, bound: socket.socket, *, name: str) -> None:
        self._app = app
        self._socket = bound
        self._name = name
        self._tasks: Owner = set()
        self._server: Any = None
        self._most = visitors_allowed()
        self.host: str
        self.port: int
        self.host, self.port = bound.getsockname()[:2]

    @property
    def address(self) -> str:
        """HOST:PORT as bound."""
        return format_address(self.host, self.port)

    @property
    def url(self) -> str:
        """A URL that works on this machine: a wildcard address is told as loopback."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)
        return f"http://{format_address(host, self.port)}"

    async def start(self) -> None:
        """Serve from now on; returns when connections are taken."""
        import uvicorn  # not before the first paint: it costs 80 ms

        config = uvicorn.Config(
            self._guarded,
            interface="asgi3",
            http=_make_protocol(self._most),
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="critical",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            backlog=min(_BACKLOG, self._most),
            limit_concurrency=self._most + 1,
            timeout_keep_alive=10,
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )
        self._server = _make_server(config)
        spawn(self._server.serve([self._socket]), name=self._name, owner=self._tasks)
        await self._server.ready.wait()

    async def stop(self) -> None:
        """Let running requests end for a second, then cut them off."""
        if self._server is None:
            self._socket.close()
            return
        self._server.leave()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _guarded(self, scope: Message, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            from h11 import LocalProtocolError

            if isinstance(error, LocalProtocolError):
                # What followed the head is no HTTP, so that nothing can be answered any more.
                log.info(
                    "%s: %s %s: the client does not speak HTTP", self._name, scope.get("method"), scope.get("path")
                )
                raise
            log.exception("%s: %s %s failed", self._name, scope.get("method"), scope.get("path"))
            raise


def _make_protocol(most: int) -> Any:
    from uvicorn.protocols.http.h11_impl import H11Protocol

    class Visitor(H11Protocol):
        """A connection that gives way when there are too many, as long as it asks for nothing."""

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            self.arrived = time.monotonic()
            if len(self.connections) > most:
                _make_room(self)

    return Visitor


def _make_room(newest: Any) -> None:
    """Let a connection go: of the address that has most of those that ask for nothing, the one that is there for longest;
    the newest where all others are being served."""
    by_host: dict[str, list[Any]] = {}
    for one in newest.connections:
        if one is not newest and _idle(one):
            by_host.setdefault(one.client[0] if one.client else "", []).append(one)
    crowd = max(by_host.values(), key=len, default=[newest])
    leaves = min(crowd, key=lambda one: one.arrived)
    newest.connections.discard(leaves)  # it counts no more, although its end is told later
    leaves.transport.abort()


def _idle(connection: Any) -> bool:
    """Whether nothing is being answered on it."""
    cycle = connection.cycle
    return cycle is None or cycle.response_complete or connection.transport.is_closing()


def _make_server(config: Any) -> Any:
    import uvicorn

    class Server(uvicorn.Server):
        """Takes no signals, looks after itself once a second, and cuts off who does not speak."""

        def __init__(self, config: uvicorn.Config) -> None:
            super().__init__(config)
            self.ready = asyncio.Event()
            self._leaving = asyncio.Event()
            self._silent: dict[Any, int] = {}

        @contextlib.contextmanager
        def capture_signals(self) -> Iterator[None]:
            yield

        def leave(self) -> None:
            self.should_exit = True
            self._leaving.set()

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            self.ready.set()

        async def main_loop(self) -> None:
            while not await self.on_tick(0):
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._leaving.wait(), 1)
                self._sweep()

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            if not self.server_state.connections and not self.server_state.tasks:
                # uvicorn sleeps a tenth of a second for answers on their way; there are none.
                for listening in (*self.servers, *(sockets or ())):
                    listening.close()
                return
            await super().shutdown(sockets)
            for connection in list(self.server_state.connections):
                connection.transport.abort()

        def _sweep(self) -> None:
            silent: dict[Any, int] = {}
            for connection in list(self.server_state.connections):
                if _idle(connection):
                    seconds = self._silent.get(connection, 0) + 1
                    silent[connection] = seconds
                    if seconds > _SILENT_SECONDS:
                        connection.transport.abort()
            self._silent = silent

    return Server(config)
