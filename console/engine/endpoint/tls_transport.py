"""TLS between a socket and its connection, over OpenSSL's memory buffers.

Why not ``loop.start_tls``: when a handshake fails it drops OpenSSL's alert, so that the charger's log says nothing, and
it keeps a buffer of 256 KiB for every connection (docs/decisions/0007-tls-and-trust.md). Here the first bytes are seen
before OpenSSL gets them, so that a handshake that fails can be told of.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Callable
from contextlib import suppress
from typing import Any, cast

from console.engine.endpoint import tls
from console.engine.endpoint.socket import Socket
from console.engine.endpoint.tls_hello import LONGEST, ClientHello, client_hello, looks_like_tls, whole
from console.engine.endpoint.tls_shown import shown
from console.engine.endpoint.untie import untie

log = logging.getLogger("chargehand.tls")

PIECE = 16_384  # a TLS record holds no more
_SAID = b"This port speaks TLS: the URL has to start with wss://\n"
_HTTP = b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (
    len(_SAID),
    _SAID,
)


class Secured(asyncio.BufferedProtocol, asyncio.Transport):
    """A protocol to the TCP transport below, a transport to the connection above.

    ``agreed`` is called once the handshake is done, ``failed`` at most once where it is not; after that the connection
    is closed. ``hello`` is what the peer offered, as soon as that is known.
    """

    def __init__(
        self,
        context: ssl.SSLContext,
        above: Socket,
        *,
        agreed: Callable[[Secured], None],
        failed: Callable[[Secured, tls.Failure], None],
    ) -> None:
        asyncio.Transport.__init__(self)
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self.above = above
        self._agreed = agreed
        self._failed = failed
        self._below: asyncio.Transport | None = None
        self._first = bytearray()
        self._over = False  # the handshake has failed, or the peer has ended TLS
        self._left = False  # we have said that nothing more comes
        self.established = False
        self.answered = False
        self.hello: ClientHello | None = None

    # What is known once the handshake is done.

    def version(self) -> str:
        """Version and suite that were agreed, such as ``TLSv1.3 TLS_AES_256_GCM_SHA384``."""
        cipher = self._tls.cipher()
        return f"{self._tls.version() or 'TLS'} {_named(cipher[0]) if cipher else ''}".strip()

    def certificate(self) -> dict[str, Any] | None:
        """The peer's certificate, where one was demanded and shown."""
        return shown(self._tls)

    @property
    def begun(self) -> bool:
        """Whether the peer has sent anything."""
        return self.established or bool(self._first) or self.hello is not None

    def fail(self, failure: tls.Failure) -> None:
        """Give the handshake up; told once."""
        if not self.established and not self._over:
            self._over = True
            self._failed(self, failure)

    # To the transport below.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._below = cast(asyncio.Transport, transport)
        self.above.connection_made(self)

    def get_buffer(self, sizehint: int) -> memoryview:
        return self.above.get_buffer(sizehint)

    def buffer_updated(self, nbytes: int) -> None:
        try:
            self._received(bytes(self.above.get_buffer(0)[:nbytes]))
        except Exception:
            # The last line: a fault of ours costs this one connection, and is told in the log.
            log.exception("TLS with %s failed", self.above.attempt.peer)
            self.abort()

    def _received(self, data: bytes) -> None:
        if self._over:
            return
        if not self.established and self.hello is None and not self._look(data):
            return
        self._incoming.write(data)
        if not self.established and not self._shake():
            return
        self._read()

    def _look(self, data: bytes) -> bool:
        """Look at the first bytes; whether OpenSSL should have them now."""
        first = self._first
        if self.answered:
            return True
        first += data[: LONGEST + 1 - len(first)]
        if not looks_like_tls(bytes(first[:3])):
            failure = tls.not_tls(bytes(first[:8]))
            if self._below is not None and failure.status is not None:
                self._below.write(_HTTP)
            self.fail(failure)
            self._end()
            return False
        if whole(bytes(first)):
            self.hello = client_hello(bytes(first))
            first.clear()
        elif len(first) > LONGEST:
            self.fail(tls.Failure(f"the first TLS message is longer than {LONGEST} bytes"))
            self._end()
            return False
        return True

    def _shake(self) -> bool:
        """Go on with the handshake; whether it is done."""
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            self._flush()
            return False
        except (ssl.SSLError, ValueError) as error:
            self._flush()  # the alert: it tells the charger's log why
            self.fail(tls.failure(error, self.hello))
            self._end()
            return False
        self.established = True
        self._first.clear()
        self._flush()
        self._agreed(self)
        return True

    def _read(self) -> None:
        while True:
            try:
                data = self._tls.read(PIECE)
            except ssl.SSLWantReadError:
                break
            except ssl.SSLZeroReturnError:
                self._ended()
                return
            except ssl.SSLError:
                # A record that was tampered with, or an alert: nothing that comes after it can be trusted.
                self._flush()
                self.close() if self._left else self.abort()
                return
            if not data:
                self._ended()
                return
            self.above.data_received(data)
            if self._over or self._below is None:
                return
        self._flush()

    def _ended(self) -> None:
        """The peer has said that it sends no more."""
        self._over = True
        self.above.eof_received()
        self.close()

    def eof_received(self) -> bool | None:
        if self.established:
            return self.above.eof_received()
        return None

    def connection_lost(self, exc: Exception | None) -> None:
        if self.begun:
            self.fail(tls.broken_off(self.hello, answered=self.answered))
        self._over = True
        untie(self._below)
        self._below = None
        self.above.connection_lost(exc)

    def pause_writing(self) -> None:
        self.above.pause_writing()

    def resume_writing(self) -> None:
        self.above.resume_writing()

    # To the connection above.

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Encrypt and send."""
        if self._below is None or not self.established or self._below.is_closing():
            return
        view = memoryview(data)
        try:
            while view:
                view = view[self._tls.write(view) :]
        except ssl.SSLError:
            self.abort()
            return
        self._flush()

    def _flush(self) -> None:
        if self._below is None:
            return
        data = self._outgoing.read()
        if data:
            self.answered = True
            self._below.write(data)

    def _end(self) -> None:
        """Close after what was written has left; the peer may still be sending, and must not lose the alert for it."""
        below = self._below
        if below is None or below.is_closing():
            return
        try:
            below.write_eof()
        except OSError:
            below.abort()

    def can_write_eof(self) -> bool:
        """TLS ends a direction with a message of its own."""
        return True

    def write_eof(self) -> None:
        """Say that no more is coming, and end our half of the connection."""
        self._say_goodbye()
        self._end()

    def _say_goodbye(self) -> None:
        if self.established and not self._left:
            self._left = True
            with suppress(ssl.SSLError):  # it wants to read the peer's goodbye, which need not come
                self._tls.unwrap()
            self._flush()

    def close(self) -> None:
        """Close once everything written has left."""
        if self._below is not None and not self._below.is_closing():
            self._say_goodbye()
            self._below.close()

    def abort(self) -> None:
        """Drop the TCP connection at once."""
        if self._below is not None:
            self._below.abort()

    def is_closing(self) -> bool:
        """Whether the TCP connection is closed or about to be."""
        return self._below is None or self._below.is_closing()

    def pause_reading(self) -> None:
        """Read no more from the network. What one read has brought is still delivered."""
        if self._below is not None:
            self._below.pause_reading()

    def resume_reading(self) -> None:
        """Read again."""
        if self._below is not None:
            self._below.resume_reading()

    def is_reading(self) -> bool:
        """Whether the network is read."""
        return self._below is not None and self._below.is_reading()

    def get_write_buffer_size(self) -> int:
        """Bytes that have not left yet, encrypted."""
        return 0 if self._below is None else self._below.get_write_buffer_size()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """What the TCP transport knows."""
        return default if self._below is None else self._below.get_extra_info(name, default)


def _named(suite: str) -> str:
    """The suite as OCPP and IANA write it; OpenSSL has its own names for those of TLS 1.2."""
    if suite.startswith("TLS_"):
        return suite
    exchange, _, rest = suite.rpartition("AES")
    bits, _, hashed = rest.partition("-GCM-")
    return f"TLS_{exchange.strip('-').replace('-', '_') or 'RSA'}_WITH_AES_{bits}_GCM_{hashed}"
