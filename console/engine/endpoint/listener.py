"""One listening address: it accepts TCP sockets itself, notes every attempt, and judges handshakes by its door.

The accepted socket reaches ``asyncio`` only through ``_serve``, where TLS is put in between: a listener that sees the
first bytes knows what a TLS handshake that fails was trying (docs/decisions/0002-listener.md, 0007-tls-and-trust.md).
"""

from __future__ import annotations

import asyncio
import logging
import socket as sockets
import ssl
import time
from collections.abc import Callable, Iterator
from typing import Any

from websockets.http11 import Request as HttpRequest

from console.engine.addresses import loopback, url
from console.engine.descriptors import links_allowed
from console.engine.dialects import dialect
from console.engine.endpoint import deadlines, redials, tls
from console.engine.endpoint.admission import Admission, Door, host_of
from console.engine.endpoint.attempts import Attempt, Attempts
from console.engine.endpoint.binding import bind
from console.engine.endpoint.deadlines import overdue
from console.engine.endpoint.handshake import HUNG_UP, hung_up, no_request, no_websocket, noted, peer_name, read_request
from console.engine.endpoint.hub import Hub
from console.engine.endpoint.link import Link
from console.engine.endpoint.links import Links
from console.engine.endpoint.redials import Redials
from console.engine.endpoint.refusals import Refusals
from console.engine.endpoint.socket import Socket
from console.engine.endpoint.tls_transport import Secured
from console.engine.endpoint.untie import untie, untie_protocol
from console.engine.masking import masked_url
from console.engine.tasks import Owner, cancel_all, spawn
from profiles import Listen

log = logging.getLogger("chargehand.endpoint")

ACCEPTS_AT_ONCE = 64
STALL_S = 3.0  # a sweep that comes this late blames itself, not the stations
PAUSE_S = 1.0
MAX_TRYING = 512  # connections that have not finished their handshake; beyond it the oldest of them goes
MAX_OFFERED = 8  # subprotocols on a row


class Listener:
    """A bound address. ``start`` raises ListenError where it cannot be bound. ``context``: speak TLS, by this context."""

    def __init__(
        self,
        hub: Hub,
        listen: Listen,
        door: Door,
        links: Links,
        attempts: Attempts,
        numbers: Iterator[int],
        context: ssl.SSLContext | None = None,
    ) -> None:
        self.hub = hub
        self.listen = listen
        self.door = door
        self.links = links
        self.attempts = attempts
        self.context = context
        self.max_message_bytes = listen.max_message_bytes
        self.address: tuple[str, int] = ("", 0)
        self.paused: str | None = None
        self._numbers = numbers
        self._listening: sockets.socket | None = None
        self._open: set[Socket] = set()
        self._trying: dict[Socket, None] = {}  # oldest first
        self._allowed = links_allowed()
        self._redials = Redials()
        self._refusals = Refusals(hub, attempts)
        self._tasks: Owner = set()
        self._swept = time.monotonic()
        self._measures = 0  # round trips that this sweep may measure again
        self.on_link: Callable[[Link], None] | None = None

    # Life.

    async def start(self) -> None:
        """Bind and accept. Raises ListenError."""
        listening = self._listening = bind(self.listen)
        self.address = (self.listen.host, listening.getsockname()[1])
        asyncio.get_running_loop().add_reader(listening.fileno(), self._accept, listening)
        spawn(self._sweep(), name=f"sweep {self.listen.address}", owner=self._tasks)

    async def stop(self) -> None:
        """Close every link with a close frame, then the sockets."""
        self._unlisten()
        for socket in list(self._open):
            socket.close(1001, "the console is closing")
        deadline = time.monotonic() + deadlines.CLOSE_S
        while self._open and time.monotonic() < deadline:
            await asyncio.sleep(0.02)
            if all(socket.receiver is None for socket in self._open):
                break
        for socket in list(self._open):
            socket.abort("the console is closing")
        for _ in range(3):
            await asyncio.sleep(0)
        await cancel_all(self._tasks)

    def _unlisten(self) -> None:
        listening, self._listening = self._listening, None
        if listening is not None:
            asyncio.get_running_loop().remove_reader(listening.fileno())
            listening.close()

    # How it is reached.

    @property
    def url(self) -> str:
        """What to type into a charger, ending in ``/``; the identity comes behind it."""
        return f"{url(self._scheme, *self.address)}/"

    @property
    def own_url(self) -> str:
        """The same for a station on this very machine.

        With TLS it is the address that others use: a certificate may hold no other.
        """
        host, port = self.address
        return f"{url(self._scheme, host if self.context is not None else loopback(host), port)}/"

    @property
    def _scheme(self) -> str:
        return "ws" if self.context is None else "wss"

    # Accepting.

    def _accept(self, listening: sockets.socket) -> None:
        for _ in range(ACCEPTS_AT_ONCE):
            try:
                accepted, peer = listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                # EMFILE and its kind, or the network's own troubles (accept(2)): either way there is no use in haste.
                self._pause(listening, error)
                return
            if not self._make_room():
                accepted.close()
                self._no_room(peer)
                continue
            accepted.setblocking(False)
            spawn(self._serve(accepted, peer), name="accept", owner=self._tasks)

    def _make_room(self) -> bool:
        """Whether one more connection can be taken; the oldest that never finished its handshake gives way."""
        if len(self._trying) >= MAX_TRYING or self.links.sockets >= self._allowed:
            oldest = next(iter(self._trying), None)
            if oldest is None:
                return False
            del self._trying[oldest]
            self.on_failed(oldest, "gave way to newer ones: too many connections without a handshake", oldest.first)
            oldest.abort("too many connections without a handshake")
        return len(self._open) - len(self._trying) < self.listen.max_links

    def _no_room(self, peer: Any) -> None:
        attempt = Attempt(
            id=next(self._numbers), time=self.hub.clock(), peer=peer_name(peer), local=self.listen.address
        )
        self.attempts.add(attempt)
        reason = f"no room: {len(self._open)} connections are open"
        self._refusals.tell(
            attempt, None, reason, "Raise max_links in the profile, or the limit of open files (ulimit -n)."
        )

    def _pause(self, listening: sockets.socket, error: OSError) -> None:
        loop = asyncio.get_running_loop()
        loop.remove_reader(listening.fileno())
        self.paused = f"no new connection can be taken: {error.strerror}"
        log.warning("%s", self.paused)
        loop.call_later(PAUSE_S, self._unpause, listening)

    def _unpause(self, listening: sockets.socket) -> None:
        if listening is self._listening:
            self.paused = None
            asyncio.get_running_loop().add_reader(listening.fileno(), self._accept, listening)

    async def _serve(self, accepted: sockets.socket, peer: Any) -> None:
        attempt = Attempt(
            id=next(self._numbers),
            time=self.hub.clock(),
            peer=peer_name(peer),
            local=self.listen.address,
            security=self.listen.security_profile,
        )
        self.attempts.add(attempt)
        socket = Socket(self, attempt)
        self._open.add(socket)
        self._trying[socket] = None
        self.links.sockets += 1
        try:
            attempt.local = peer_name(accepted.getsockname())
            accepted.setsockopt(sockets.IPPROTO_TCP, sockets.TCP_NODELAY, 1)
            top: asyncio.BaseProtocol = socket
            if self.context is not None:
                top = Secured(self.context, socket, agreed=self._tls_agreed, failed=self._tls_failed)
            await asyncio.get_running_loop().connect_accepted_socket(lambda: top, accepted)
        except OSError as error:
            self._forget(socket)
            accepted.close()
            attempt.verdict, attempt.reason = "refused", f"the connection broke at once: {error.strerror}"
            self.attempts.touch(attempt)

    def _forget(self, socket: Socket) -> None:
        if socket in self._open:
            self._open.remove(socket)
            self._trying.pop(socket, None)
            self.links.sockets -= 1

    # TLS.

    def _tls_agreed(self, secured: Secured) -> None:
        attempt = secured.above.attempt
        attempt.tls = secured.version()
        shown = secured.certificate()
        attempt.certificate, attempt.serial = tls.subject(shown), tls.serial(shown)
        self.attempts.touch(attempt)

    def _tls_failed(self, secured: Secured, failure: tls.Failure) -> None:
        attempt = secured.above.attempt
        if attempt.verdict != "trying":
            return
        if secured.hello is not None:
            attempt.offer = secured.hello.told()
        self._refusals.tell(attempt, failure.status, failure.reason, failure.advice)

    # The handshake.

    def on_request(self, socket: Socket, request: HttpRequest) -> None:
        """Judge a handshake."""
        attempt = socket.attempt
        secured = socket.transport if isinstance(socket.transport, Secured) else None
        certified = tls.identities(secured.certificate()) if secured is not None else None
        seen = read_request(request, attempt.peer, certified, attempt.serial)
        attempt.path = noted(masked_url(seen.target))
        attempt.subprotocols = seen.subprotocols[:MAX_OFFERED]
        attempt.agent = noted(seen.agent)
        wrong = no_websocket(request)
        if wrong is not None:
            # websockets answers 405, 426, 505 by itself; what the person needs is in the row.
            reason, advice = wrong
            socket.accept(request, None, None, deflate=False)
            self._refusals.tell(attempt, attempt.status or 400, reason, advice)
            return
        verdict = self.door.decide(seen, time.monotonic_ns())
        attempt.identity, attempt.user = verdict.identity, noted(verdict.user)
        attempt.subprotocol, attempt.version, attempt.badges = verdict.subprotocol, verdict.version, verdict.badges
        if verdict.status != 101:
            headers = {"WWW-Authenticate": 'Basic realm="chargehand", charset="UTF-8"'} if verdict.status == 401 else {}
            text = verdict.reason if verdict.status != 401 else "Unauthorized"
            socket.refuse(verdict.status, text, headers)
            self._refusals.tell(attempt, verdict.status, verdict.reason, verdict.advice, concern=verdict.concern)
            return
        if hung_up(socket.transport):
            # It gave up while this console stood still, and maybe dialled again since. As links, all those attempts would
            # look like a station in trouble.
            self._refusals.tell(attempt, None, *HUNG_UP)
            socket.abort(HUNG_UP[0])
            return
        if not self._redials.may(verdict.identity):
            socket.refuse(503, "too many connections", {"Retry-After": "1"})
            self._refusals.tell(attempt, 503, redials.REASON, redials.ADVICE)
            return
        self._admit(socket, request, verdict, host_of(seen.host))

    def _admit(self, socket: Socket, request: HttpRequest, verdict: Admission, host: str | None) -> None:
        attempt = socket.attempt
        if verdict.then_close is not None or verdict.identity is None or verdict.version is None:
            socket.accept(request, None, None, deflate=False)
            socket.close(verdict.then_close or 1002, verdict.reason)
            self._refusals.tell(attempt, 101, verdict.reason, verdict.advice)
            return
        spoken = dialect(verdict.version)
        link = Link(
            self.hub,
            socket,
            spoken,
            self.links.book(verdict.identity),
            number=attempt.id,
            identity=self._spelling(verdict.identity),
            registration=verdict.registration,
            local_host=host or attempt.local.rsplit(":", 1)[0],
            strict=self.door.strict,
        )
        deflate = self.listen.compression == "on" or (self.listen.compression == "auto" and spoken.compresses)
        wrong = socket.accept(request, verdict.subprotocol, link, deflate=deflate)
        if wrong is not None:
            self._refusals.tell(
                attempt, attempt.status or 400, wrong, "The charger's WebSocket handshake is not complete."
            )
            return
        self._trying.pop(socket, None)
        known = self.links.known(verdict.identity)
        self.door.secrets.logged_in(verdict.identity, known, verdict.match, self.listen.security_profile)
        attempt.verdict, attempt.status, attempt.link, attempt.station = "open", 101, link.number, link.identity
        self.attempts.touch(attempt)
        self.links.add(link, {**attempt.told(), "local": link.local_host})
        if self.on_link is not None:
            self.on_link(link)

    def _spelling(self, identity: str) -> str:
        known = self.hub.fleet.station(identity)
        return identity if known is None else known.id

    def on_failed(self, socket: Socket, reason: str, first: bytes) -> None:
        """A connection that never sent a handshake to judge: say what it was."""
        attempt = socket.attempt
        if attempt.verdict != "trying":
            return
        transport = socket.transport
        if isinstance(transport, Secured) and transport.begun and not transport.established:
            transport.fail(tls.unfinished(transport.hello, reason))
            return
        self._refusals.tell(attempt, *no_request(reason, first))

    def on_gone(self, socket: Socket) -> None:
        """A TCP connection has ended."""
        self._forget(socket)
        untie(socket.transport)
        untie_protocol(socket.protocol)
        attempt = socket.attempt
        attempt.closed = self.hub.clock()
        if attempt.verdict == "open":
            attempt.verdict = "closed"
        self.attempts.touch(attempt)

    # One sweep for every deadline.

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(deadlines.SWEEP_S)
            now = time.monotonic()
            stalled = now - self._swept - deadlines.SWEEP_S > STALL_S
            self._swept = now
            self._refusals.refill(deadlines.SWEEP_S)
            self._measures = deadlines.MEASURES
            for number, socket in enumerate(list(self._open), 1):
                if number % deadlines.SLICE == 0:
                    await asyncio.sleep(0)  # ten thousand links are looked at for 14 ms: messages go between
                    now = time.monotonic()
                if socket.transport is None:
                    continue  # gone meanwhile
                if stalled:
                    # A laptop that slept or a loop that hung: pongs may be waiting unread. Give everyone a new start.
                    socket.heard = now
                    socket.pinged = None
                    continue
                try:
                    self._look_at(socket, now)
                except Exception:
                    # A fault of ours costs this one connection: all others need the sweep.
                    log.exception("the deadlines of %s could not be looked at", socket.attempt.peer)
                    socket.abort("the console failed on this connection; see its log")

    def _look_at(self, socket: Socket, now: float) -> None:
        asked = socket.asked
        reason = overdue(socket, self.listen, now, measure=self._measures > 0)
        self._measures -= socket.asked is not asked
        if reason is not None:
            self.on_failed(socket, reason, socket.first)
            socket.abort(reason)
