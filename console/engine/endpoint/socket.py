"""One TCP connection: bytes to messages and back, over the sans-I/O core of ``websockets``.

Why not ``websockets.serve``: it tells nothing of handshakes that fail, runs tasks per connection, and costs a task
switch per message (docs/decisions/0001-link-layer.md). A connection here is a plain asyncio protocol without any
task; deadlines are kept by the listener's one sweep.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Protocol, cast

from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory
from websockets.frames import CloseCode, Frame, Opcode
from websockets.http11 import Request as HttpRequest
from websockets.protocol import State
from websockets.server import ServerProtocol

from console.engine.endpoint.attempts import Attempt
from console.engine.endpoint.frames import read_by, text_head

try:
    from websockets.speedups import apply_mask
except ImportError:
    from websockets.utils import apply_mask

log = logging.getLogger("chargehand.socket")

MAX_FRAGMENTS = 4096
MAX_UNSENT = 4 * 1024 * 1024  # bytes a station may leave unread before its link is given up
PEEK = 8
_NO_SOAP = b"HTTP/1.1 405 Method Not Allowed\r\nAllow: GET\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
_BUFFER = memoryview(bytearray(65536))
_UNREAD = "the station does not read what is sent to it"

_TEXT, _BINARY, _CONT, _PONG, _CLOSE = Opcode.TEXT, Opcode.BINARY, Opcode.CONT, Opcode.PONG, Opcode.CLOSE


class Receiver(Protocol):
    """What a socket hands its messages to once the handshake is done."""

    def on_text(self, text: str) -> None:
        """A text message."""

    def on_binary(self, data: bytes) -> None:
        """A binary message."""

    def on_closed(self, code: int | None, reason: str, by: str) -> None:
        """The link is gone; ``by`` is ``station``, ``us`` or ``network``. Called once."""


class Host(Protocol):
    """What a socket needs of its listener."""

    max_message_bytes: int

    def on_request(self, socket: Socket, request: HttpRequest) -> None:
        """A handshake request has come; answer by ``accept`` or ``refuse``."""

    def on_failed(self, socket: Socket, reason: str, first: bytes) -> None:
        """The connection ended before there was a handshake to judge."""

    def on_gone(self, socket: Socket) -> None:
        """The TCP connection is closed."""


class Socket(asyncio.BufferedProtocol):
    """A connection from its acceptance to its end. ``receiver`` is set by ``accept``."""

    __slots__ = (
        "_closing",
        "_fragments",
        "_host",
        "_open",
        "_parts",
        "_plain",
        "_reader",
        "asked",
        "attempt",
        "closing_since",
        "first",
        "heard",
        "opened",
        "partial_since",
        "pinged",
        "protocol",
        "receiver",
        "rtt_ns",
        "transport",
    )

    def __init__(self, host: Host, attempt: Attempt) -> None:
        self._host = host
        self._parts: list[bytes] | None = None
        self._fragments = 0
        self._closing: tuple[int | None, str, str] | None = None
        self._open = False  # whether messages may be sent
        self._plain = False  # whether the next byte begins a frame, in a link without extensions
        self.attempt = attempt
        self.first = b""
        self.receiver: Receiver | None = None
        self.opened = self.heard = time.monotonic()
        self.partial_since: float | None = None
        self.closing_since: float | None = None
        self.pinged: float | None = None  # the ping that waits for its pong
        self.asked: float | None = None  # the last one
        self.rtt_ns: int | None = None
        self.protocol = ServerProtocol(max_size=host.max_message_bytes)
        self._reader = read_by(self.protocol)
        self.transport: asyncio.Transport | None = None

    # asyncio's side.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    # One buffer for all connections: what was read is handled before the next read begins. asyncio's own way makes a
    # buffer of 256 kB for every read of 200 bytes, which costs as much as understanding them.
    def get_buffer(self, sizehint: int) -> memoryview:
        return _BUFFER

    def buffer_updated(self, nbytes: int) -> None:
        if not self._plain or not self._whole_text(_BUFFER, nbytes):
            self.data_received(bytes(_BUFFER[:nbytes]))

    def data_received(self, data: bytes) -> None:
        if self._plain and self._whole_text(data, len(data)):
            return
        self.heard = time.monotonic()
        if not self.first:
            self.first = bytes(data[:PEEK])
        try:
            self._received(data)
        except Exception:
            self._failed()

    def _failed(self) -> None:
        # The last line: a fault of ours costs this one connection, and is told in the log.
        log.exception("data from %s could not be handled", self.attempt.peer)
        self.abort("the console failed on what was sent; see its log")

    def _received(self, data: bytes) -> None:
        protocol = self.protocol
        if protocol.eof_sent:
            return
        protocol.receive_data(data)
        self._look()
        for event in protocol.events_received():
            if type(event) is Frame:
                self._frame(event)
            elif isinstance(event, HttpRequest):
                self._host.on_request(self, event)
        if protocol.parser_exc is not None and self._closing is None:
            sent = protocol.close_sent
            self._closing = (None if sent is None else int(sent.code), sent.reason if sent else "", "us")
        unheard = protocol.state is State.CONNECTING and protocol.eof_sent and not protocol.accept_called
        if unheard and self.first.startswith(b"POST") and self.transport is not None:
            # websockets gives up on a request with a body without a word; a SOAP client should hear what is wrong.
            self.transport.write(_NO_SOAP)
        self.flush()
        if self.receiver is None and protocol.state is State.CONNECTING and protocol.eof_sent:
            self._host.on_failed(self, str(protocol.handshake_exc or "not a WebSocket handshake"), self.first)
        if protocol.current_size is not None or not self._reader.between:
            if self.partial_since is None:
                self.partial_since = self.heard
        else:
            self.partial_since = None
        self._look()

    def _look(self) -> None:
        """What the next message may rely on; after everything that may have changed it."""
        protocol = self.protocol
        self._open = protocol.state is State.OPEN
        self._plain = (
            self._open and self.receiver is not None and self.partial_since is None and not protocol.extensions
        )

    def _whole_text(self, data: bytes | memoryview, size: int) -> bool:
        """Take the data where it is just one whole text frame, as nearly all data is, without the general parser.

        Only where ``_plain``; everything odd is left to ``websockets``. Saves two thirds of what reading a frame costs.
        """
        if size < 6 or data[0] != 0x81:
            return False
        length = data[1] - 0x80
        start = 6
        if length == 126:
            length = data[2] << 8 | data[3]
            start = 8
        elif length < 0 or length == 127:
            return False
        if start + length != size or length > self._host.max_message_bytes:
            return False
        self.heard = time.monotonic()
        try:
            self._text(apply_mask(bytes(data[start:size]), bytes(data[start - 4 : start])))
        except Exception:
            self._failed()
        return True

    def eof_received(self) -> bool | None:
        if not self.protocol.eof_sent:
            self.protocol.receive_eof()
            self.protocol.events_received()
            self.protocol.data_to_send()
            self._look()
        return None

    def connection_lost(self, exc: Exception | None) -> None:
        receiver, self.receiver = self.receiver, None
        self._open = self._plain = False
        if receiver is not None:
            code, reason, by = self._closing or self._ending(exc)
            receiver.on_closed(code, reason, by)
        elif self.attempt.verdict == "trying":
            reason = "the peer closed the connection before sending a request" if not self.first else "broken off"
            self._host.on_failed(self, reason, self.first)
        self._host.on_gone(self)
        self.transport = None

    def _ending(self, exc: Exception | None) -> tuple[int | None, str, str]:
        if exc is not None:
            return 1006, f"the connection broke: {exc}", "network"
        return 1006, "the station closed the connection without a close frame", "station"

    # WebSocket frames.

    def _frame(self, frame: Frame) -> None:
        opcode = frame.opcode
        if opcode is _TEXT:
            if frame.fin:
                self._text(bytes(frame.data))
            else:
                self._parts = [b"t", bytes(frame.data)]
                self._fragments = 1
        elif opcode is _CONT:
            self._continue(frame)
        elif opcode is _BINARY:
            if frame.fin:
                self._binary(bytes(frame.data))
            else:
                self._parts = [b"b", bytes(frame.data)]
                self._fragments = 1
        elif opcode is _PONG:
            if self.pinged is not None:
                self.rtt_ns = int((self.heard - self.pinged) * 1_000_000_000)
                self.pinged = None
        elif opcode is _CLOSE and self._closing is None:
            received = self.protocol.close_rcvd
            code = None if received is None else int(received.code)
            self._closing = (code, received.reason if received is not None else "", "station")

    def _continue(self, frame: Frame) -> None:
        if self._parts is None:
            return
        self._fragments += 1
        if self._fragments > MAX_FRAGMENTS:
            self._parts = None
            self.close(CloseCode.MESSAGE_TOO_BIG, "too many fragments")
            return
        self._parts.append(bytes(frame.data))
        if frame.fin:
            kind, *rest = self._parts
            self._parts = None
            if kind == b"t":
                self._text(b"".join(rest))
            else:
                self._binary(b"".join(rest))

    def _text(self, data: bytes) -> None:
        try:
            text = data.decode()
        except UnicodeDecodeError:
            self.close(CloseCode.INVALID_DATA, "a text message that is no UTF-8")
            return
        if self.receiver is not None:
            self.receiver.on_text(text)

    def _binary(self, data: bytes) -> None:
        if self.receiver is not None:
            self.receiver.on_binary(data)

    # Our side.

    def accept(
        self, request: HttpRequest, subprotocol: str | None, receiver: Receiver | None, *, deflate: bool
    ) -> str | None:
        """Complete the handshake. Returns None, or the reason why ``websockets`` refused the request itself."""
        protocol = self.protocol
        if deflate:
            protocol.available_extensions = [
                ServerPerMessageDeflateFactory(
                    server_max_window_bits=10, client_max_window_bits=10, compress_settings={"memLevel": 4}
                )
            ]
        response = protocol.accept(request)
        if response.status_code == 101:
            if subprotocol is not None:
                response.headers["Sec-WebSocket-Protocol"] = subprotocol
            self.receiver = receiver
        protocol.send_response(response)
        self.flush()
        self._look()
        if response.status_code == 101:
            return None
        self.attempt.status = response.status_code
        return str(protocol.handshake_exc or response.reason_phrase)

    def refuse(self, status: int, text: str, headers: dict[str, str]) -> None:
        """Answer the handshake with an HTTP error and close."""
        response = self.protocol.reject(status, text + "\n")
        for name, value in headers.items():
            response.headers[name] = value
        self.protocol.send_response(response)
        self.flush()

    def send(self, text: str) -> bool:
        """Send a text message; False where the link is closing or the station does not read."""
        transport = self.transport
        if transport is None or not self._open:
            return False
        if self.protocol.extensions:
            self.protocol.send_text(text.encode("utf-8", "surrogatepass"))
            self.flush()
        else:
            data = text.encode("utf-8", "surrogatepass")
            transport.write(text_head(len(data)) + data)
        if transport.get_write_buffer_size() > MAX_UNSENT:
            self.abort(_UNREAD)
        return True

    def ping(self, now: float) -> None:
        """Send a ping; the pong's arrival gives the round-trip time."""
        if self.protocol.state is State.OPEN:
            self.pinged = now
            self.protocol.send_ping(b"")
            self.flush()

    def close(self, code: int, reason: str) -> None:
        """Close with a close frame; the TCP connection follows, at the latest by the sweep."""
        if self.protocol.state is State.OPEN:
            self._closing = self._closing or (code, reason, "us")
            self.protocol.fail(code, reason.encode()[:120].decode("utf-8", "ignore"))
            self.flush()
            self._look()

    def abort(self, reason: str) -> None:
        """Drop the TCP connection at once."""
        if self.transport is not None:
            self._closing = self._closing or (1006, reason, "us")
            self._open = self._plain = False
            self.transport.abort()

    def pause(self) -> None:
        """Read no more until ``resume``: back-pressure for a station that sends faster than it is served."""
        if self.transport is not None and not self.transport.is_closing() and self.transport.is_reading():
            self.transport.pause_reading()

    @property
    def paused(self) -> bool:
        """Whether we do not read: what the station says meanwhile, pongs too, cannot be known."""
        return self.transport is not None and not self.transport.is_closing() and not self.transport.is_reading()

    def resume(self) -> None:
        """Read again."""
        if self.transport is not None and not self.transport.is_closing() and not self.transport.is_reading():
            self.heard = time.monotonic()
            self.transport.resume_reading()

    def flush(self) -> None:
        """Write what the protocol has made; an empty piece marks the end of the stream."""
        transport = self.transport
        for piece in self.protocol.data_to_send():
            if transport is None or transport.is_closing():
                return
            if piece:
                transport.write(piece)
                if transport.get_write_buffer_size() > MAX_UNSENT:
                    self.abort(_UNREAD)
                    return
                continue
            self.closing_since = time.monotonic()
            if self.protocol.close_rcvd is not None or not transport.can_write_eof():
                transport.close()
            else:
                # The peer may still be sending; closing now would reset the connection and lose our answer.
                try:
                    transport.write_eof()
                except OSError:
                    transport.abort()
