"""One listening address: it accepts TCP sockets itself, notes every attempt, and judges handshakes by its door.

The accepted socket reaches ``asyncio`` only through ``_serve``, where TLS is put in between: a listener that sees the
first bytes knows what a TLS handshake that fails was trying (docs/decisions/0002-listener.md, 0007-tls-and-trust.md).
"""

from __future__ import annotations

import asyncio
import errno
import logging
import socket as sockets
import ssl
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from websockets.datastructures import Headers
from websockets.http11 import Request as HttpRequest

from console.engine.dialects import dialect
from console.engine.endpoint import tls
from console.engine.endpoint.admission import Admission, Door, Request, host_of
from console.engine.endpoint.attempts import Attempt, Attempts
from console.engine.endpoint.hub import Hub
from console.engine.endpoint.link import Link
from console.engine.endpoint.links import Links
from console.engine.endpoint.socket import Socket
from console.engine.endpoint.tls_transport import Secured
from console.engine.errors import ListenError
from console.engine.tasks import Owner, spawn
from console.engine.wire.exchange import Happening
from profiles import Listen

log = logging.getLogger("chargehand.endpoint")

BACKLOG = 512
ACCEPTS_AT_ONCE = 64
SWEEP_S = 1.0
STALL_S = 3.0  # a sweep that comes this late blames itself, not the stations
MESSAGE_S = 60.0  # a message has this long from its first byte to its last
CLOSE_S = 3.0
PAUSE_S = 1.0
MAX_TRYING = 512  # connections that have not finished their handshake; beyond it the oldest of them goes
MAX_NOTED = 256  # characters of a header that are noted
MAX_OFFERED = 8
SPARE_FILES = 128  # descriptors that connections leave for the journal, the files and the API
REDIALS = 30  # links of one identity in a row, and then one a second; more is answered 503
REDIAL_S = 1.0
REDIALS_KEPT = 4096
REFUSALS_KEPT = 5.0  # a second, on average, in the journal; all of them are counted
REFUSALS_BURST = 200.0


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
        self._listening: list[sockets.socket] = []
        self._open: set[Socket] = set()
        self._trying: dict[Socket, None] = {}  # oldest first
        self._files = files_allowed()
        self._redials: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._tasks: Owner = set()
        self._swept = time.monotonic()
        self._budget = REFUSALS_BURST
        self.unkept = 0
        self.on_link: Callable[[Link], None] | None = None

    # Life.

    async def start(self) -> None:
        """Bind and accept."""
        host, port = self.listen.host, self.listen.port
        try:
            self._listening = _bind(host, port)
        except OSError as error:
            raise ListenError(_bind_sentence(self.listen.address, error)) from None
        self.address = (host, self._listening[0].getsockname()[1])
        loop = asyncio.get_running_loop()
        for listening in self._listening:
            loop.add_reader(listening.fileno(), self._accept, listening)
        spawn(self._sweep(), name=f"sweep {self.listen.address}", owner=self._tasks)

    async def stop(self) -> None:
        """Close every link with a close frame, then the sockets."""
        self._unlisten()
        for socket in list(self._open):
            socket.close(1001, "the console is closing")
        deadline = time.monotonic() + CLOSE_S
        while self._open and time.monotonic() < deadline:
            await asyncio.sleep(0.02)
            if all(socket.receiver is None for socket in self._open):
                break
        for socket in list(self._open):
            socket.abort("the console is closing")
        for _ in range(3):
            await asyncio.sleep(0)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _unlisten(self) -> None:
        loop = asyncio.get_running_loop()
        for listening in self._listening:
            loop.remove_reader(listening.fileno())
            listening.close()
        self._listening = []

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
        if len(self._trying) >= MAX_TRYING or self.links.sockets >= self._files:
            oldest = next(iter(self._trying), None)
            if oldest is None:
                return False
            del self._trying[oldest]
            self.on_failed(oldest, "gave way to newer ones: too many connections without a handshake", oldest.first)
            oldest.abort("too many connections without a handshake")
        return len(self._open) - len(self._trying) < self.listen.max_links

    def _no_room(self, peer: Any) -> None:
        attempt = Attempt(id=next(self._numbers), time=self.hub.clock(), peer=_name(peer), local=self.listen.address)
        self.attempts.add(attempt)
        reason = f"no room: {len(self._open)} connections are open"
        self._refused(attempt, None, reason, "Raise max_links in the profile, or the limit of open files (ulimit -n).")

    def _pause(self, listening: sockets.socket, error: OSError) -> None:
        loop = asyncio.get_running_loop()
        loop.remove_reader(listening.fileno())
        self.paused = f"no new connection can be taken: {error.strerror}"
        log.warning("%s", self.paused)
        loop.call_later(PAUSE_S, self._unpause, listening)

    def _unpause(self, listening: sockets.socket) -> None:
        if listening in self._listening:
            self.paused = None
            asyncio.get_running_loop().add_reader(listening.fileno(), self._accept, listening)

    async def _serve(self, accepted: sockets.socket, peer: Any) -> None:
        attempt = Attempt(
            id=next(self._numbers),
            time=self.hub.clock(),
            peer=_name(peer),
            local=self.listen.address,
            security=self.listen.security_profile,
        )
        self.attempts.add(attempt)
        socket = Socket(self, attempt)
        self._open.add(socket)
        self._trying[socket] = None
        self.links.sockets += 1
        try:
            attempt.local = _name(accepted.getsockname())
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
        attempt.certificate = tls.subject(secured.certificate())
        self.attempts.touch(attempt)

    def _tls_failed(self, secured: Secured, failure: tls.Failure) -> None:
        attempt = secured.above.attempt
        if attempt.verdict != "trying":
            return
        if secured.hello is not None:
            attempt.offer = secured.hello.told()
        self._refused(attempt, failure.status, failure.reason, failure.advice)

    # The handshake.

    def on_request(self, socket: Socket, request: HttpRequest) -> None:
        """Judge a handshake."""
        attempt = socket.attempt
        secured = socket.transport if isinstance(socket.transport, Secured) else None
        certified = tls.identities(secured.certificate()) if secured is not None else None
        seen = _request(request, attempt.peer, certified)
        attempt.path = _noted(seen.target)
        attempt.subprotocols = seen.subprotocols[:MAX_OFFERED]
        attempt.agent = _noted(seen.agent)
        wrong = _no_websocket(request)
        if wrong is not None:
            # websockets answers 405, 426, 505 by itself; what the person needs is in the row.
            reason, advice = wrong
            socket.accept(request, None, None, deflate=False)
            self._refused(attempt, attempt.status or 400, reason, advice)
            return
        verdict = self.door.decide(seen, time.monotonic_ns())
        attempt.identity, attempt.user = verdict.identity, _noted(verdict.user)
        attempt.subprotocol, attempt.version, attempt.badges = verdict.subprotocol, verdict.version, verdict.badges
        if verdict.status != 101:
            headers = {"WWW-Authenticate": 'Basic realm="chargehand", charset="UTF-8"'} if verdict.status == 401 else {}
            text = verdict.reason if verdict.status != 401 else "Unauthorized"
            socket.refuse(verdict.status, text, headers)
            self._refused(attempt, verdict.status, verdict.reason, verdict.advice, guessing=verdict.guessing)
            return
        if not self._may_dial(verdict):
            reason = f"connects again and again: more than {REDIALS} times, then more than once a second"
            advice = "See how its last links ended: the charger gives up each of them at once."
            socket.refuse(503, "too many connections", {"Retry-After": "1"})
            self._refused(attempt, 503, reason, advice)
            return
        self._admit(socket, request, verdict, host_of(seen.host))

    def _may_dial(self, verdict: Admission) -> bool:
        """A bucket of ``REDIALS`` an identity, refilled by one each ``REDIAL_S``: a loop must not fill the journal."""
        key = (verdict.identity or "").casefold()
        now = time.monotonic()
        left, last = self._redials.pop(key, (float(REDIALS), now))
        left = min(float(REDIALS), left + (now - last) / REDIAL_S)
        self._redials[key] = (left - 1 if left >= 1 else left, now)
        if len(self._redials) > REDIALS_KEPT:
            self._redials.popitem(last=False)
        return left >= 1

    def _admit(self, socket: Socket, request: HttpRequest, verdict: Admission, host: str | None) -> None:
        attempt = socket.attempt
        if verdict.then_close is not None or verdict.identity is None or verdict.version is None:
            socket.accept(request, None, None, deflate=False)
            socket.close(verdict.then_close or 1002, verdict.reason)
            self._refused(attempt, 101, verdict.reason, verdict.advice)
            return
        link = Link(
            self.hub,
            socket,
            dialect(verdict.version),
            self.links.book(verdict.identity),
            number=attempt.id,
            identity=self._spelling(verdict.identity),
            registration=verdict.registration,
            local_host=host or attempt.local.rsplit(":", 1)[0],
            strict=self.door.strict,
        )
        deflate = self.listen.compression == "on" or (self.listen.compression == "auto" and verdict.version != "1.6")
        wrong = socket.accept(request, verdict.subprotocol, link, deflate=deflate)
        if wrong is not None:
            self._refused(attempt, attempt.status or 400, wrong, "The charger's WebSocket handshake is not complete.")
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

    def _refused(
        self, attempt: Attempt, status: int | None, reason: str, advice: str, *, guessing: bool = False
    ) -> None:
        attempt.verdict, attempt.status, attempt.reason, attempt.advice = "refused", status, reason, advice
        if self.attempts.fold(attempt, self.hub.clock()) or self._budget < 1:
            self.unkept += 1
            return
        self._budget -= 1
        data = {**attempt.told(), "status": status, "reason": reason, "advice": advice}
        if guessing:
            data["guessing"] = True
        self.hub.keep(Happening(time=attempt.time, kind="link.refused", link=attempt.id, data=data))

    def on_failed(self, socket: Socket, reason: str, first: bytes) -> None:
        """A connection that never sent a handshake to judge: say what it was."""
        attempt = socket.attempt
        if attempt.verdict != "trying":
            return
        transport = socket.transport
        if isinstance(transport, Secured) and transport.begun and not transport.established:
            transport.fail(tls.unfinished(transport.hello, reason))
            return
        if first[:1] == b"\x16":
            reason = "a TLS handshake on a plain ws:// port"
            advice = "Use ws:// in the charger's URL, or give this listener a certificate."
        elif first.startswith(b"POST"):
            reason = "an HTTP POST: this is a SOAP request (OCPP-S), not OCPP-J"
            advice = "Set the charger to OCPP over JSON (OCPP-J) and a ws:// URL."
        elif not first:
            advice = (
                "Something opened the port and sent nothing: a port scan, a health check, or a charger that gave up."
            )
        else:
            advice = "Set the charger's URL to ws://ADDRESS:PORT/ followed by its identity."
        self._refused(attempt, 405 if first.startswith(b"POST") else None, reason, advice)

    def on_gone(self, socket: Socket) -> None:
        """A TCP connection has ended."""
        self._forget(socket)
        attempt = socket.attempt
        attempt.closed = self.hub.clock()
        if attempt.verdict == "open":
            attempt.verdict = "closed"
        self.attempts.touch(attempt)

    # One sweep for every deadline.

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_S)
            now = time.monotonic()
            stalled = now - self._swept - SWEEP_S > STALL_S
            self._swept = now
            self._budget = min(REFUSALS_BURST, self._budget + REFUSALS_KEPT * SWEEP_S)
            for socket in list(self._open):
                if stalled:
                    # A laptop that slept or a loop that hung: pongs may be waiting unread. Give everyone a new start.
                    socket.heard = now
                    socket.pinged = None
                    continue
                self._check(socket, now)

    def _check(self, socket: Socket, now: float) -> None:
        if socket.closing_since is not None:
            if now - socket.closing_since > CLOSE_S:
                socket.abort("the peer did not close")
            return
        if socket.receiver is None:
            if now - socket.opened > self.listen.open_timeout:
                self.on_failed(socket, "no complete handshake in time", socket.first)
                socket.abort("no complete handshake in time")
            return
        if socket.paused:
            # Our own back-pressure: neither a pong nor the rest of a message can be heard.
            socket.pinged = socket.partial_since = None
            return
        if socket.partial_since is not None and now - socket.partial_since > MESSAGE_S:
            socket.abort(f"a message was not complete within {MESSAGE_S:.0f} s")
            return
        interval = self.listen.ping_interval
        if interval <= 0:
            return
        if socket.pinged is not None:
            if socket.heard > socket.pinged:
                if now - socket.pinged > interval:
                    # Alive, but it answers no pings (EN+): traffic is proof enough.
                    socket.pinged = None
            elif now - socket.pinged > self.listen.ping_timeout:
                socket.abort("no answer to a ping, and nothing else was heard")
        elif now - socket.heard >= interval or socket.rtt_ns is None or now - socket.opened < SWEEP_S:
            socket.ping(now)


def files_allowed() -> int:
    """How many connections may be open so that descriptors are left for the rest; the soft limit is raised first."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return 1_000_000
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 65_536 if hard == resource.RLIM_INFINITY else hard
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            soft = wanted
    if soft == resource.RLIM_INFINITY:
        return 1_000_000
    return max(soft - SPARE_FILES, soft // 2)


def _bind(host: str, port: int) -> list[sockets.socket]:
    family = sockets.AF_INET6 if ":" in host else sockets.AF_INET
    if family == sockets.AF_INET and not host.replace(".", "").isdigit():
        found = sockets.getaddrinfo(host, port, type=sockets.SOCK_STREAM)
        family, host = found[0][0], str(found[0][4][0])
    listening = sockets.socket(family, sockets.SOCK_STREAM)
    try:
        listening.setsockopt(sockets.SOL_SOCKET, sockets.SO_REUSEADDR, 1)
        if family == sockets.AF_INET6:
            listening.setsockopt(sockets.IPPROTO_IPV6, sockets.IPV6_V6ONLY, 0)
        listening.bind((host, port))
        listening.listen(BACKLOG)
        listening.setblocking(False)
    except OSError:
        listening.close()
        raise
    return [listening]


def _bind_sentence(address: str, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"{address} is in use by another program. Stop that program, or choose another port with --listen HOST:PORT."
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{address} is no address of this machine. Choose one that is with --listen HOST:PORT."
    if error.errno == errno.EACCES:
        return f"{address} needs more rights (ports under 1024). Choose a higher port with --listen HOST:PORT."
    return f"{address} cannot be listened on: {error.strerror or error}. Choose another with --listen HOST:PORT."


def _name(address: Any) -> str:
    if not isinstance(address, tuple) or len(address) < 2:
        return "?"
    host = str(address[0]).removeprefix("::ffff:")
    return f"[{host}]:{address[1]}" if ":" in host else f"{host}:{address[1]}"


def _request(request: HttpRequest, peer: str, certified: tuple[str, ...] | None) -> Request:
    headers = request.headers
    offered: list[str] = []
    for line in headers.get_all("Sec-WebSocket-Protocol"):
        offered.extend(name for part in line.split(",") if (name := part.strip()))
    return Request(
        target=request.path,
        peer=peer,
        subprotocols=tuple(_text(one)[:MAX_NOTED] for one in offered[:32]),
        authorization=_one(headers.get_all("Authorization")),
        host=_one(headers.get_all("Host")),
        origin=_one(headers.get_all("Origin")),
        agent=_one(headers.get_all("User-Agent")),
        certified=certified,
        browser=_browser(headers),
    )


def _browser(headers: Headers) -> bool:
    """Whether a web page asks. Chargers send an Origin too (that of their WebSocket library), but never these."""
    if headers.get_all("Sec-Fetch-Mode") or headers.get_all("Sec-Fetch-Site"):
        return True
    return bool(headers.get_all("Origin")) and (_one(headers.get_all("User-Agent")) or "").startswith("Mozilla/")


def _one(values: list[str]) -> str | None:
    return _text(values[0]) if values else None


def _text(header: str) -> str:
    """A header, which `websockets` has read as Latin-1: it is UTF-8, or something that is no text."""
    return header if header.isascii() else header.encode("latin-1", "replace").decode("utf-8", "replace")


def _noted(text: str | None) -> str | None:
    return text if text is None or len(text) <= MAX_NOTED else text[:MAX_NOTED] + "…"


def _no_websocket(request: HttpRequest) -> tuple[str, str] | None:
    if request.method != "GET":
        return (
            f"an HTTP {request.method}: this is a SOAP request (OCPP-S) or a web client, not OCPP-J",
            "Set the charger to OCPP over JSON (OCPP-J) and a ws:// URL.",
        )
    if not any(value.casefold() == "websocket" for value in request.headers.get_all("Upgrade")):
        return (
            "a plain HTTP request: this is a browser or a health check, not a charger",
            "Put this URL into the charger, not into a browser.",
        )
    return None
