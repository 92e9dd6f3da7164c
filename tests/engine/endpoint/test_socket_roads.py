"""A frame that comes alone takes a shorter road than others: whatever a peer sends, both must come to the same."""

from __future__ import annotations

import asyncio
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode
from websockets.http11 import Request

from console.engine.endpoint.attempts import Attempt
from console.engine.endpoint.socket import Socket

MOST = 300  # bytes of a message
HELLO = (
    b"GET /CP-001 HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


class LongRoad(Socket):
    """The general parser alone."""

    def _whole_text(self, data: bytes | memoryview, size: int) -> bool:
        return False


class Wire(asyncio.Transport):
    """What would go to the peer."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[bytes | str] = []
        self.over = False

    def write(self, data: Any) -> None:
        self.sent.append(bytes(data))

    def write_eof(self) -> None:
        self.sent.append("end")

    def can_write_eof(self) -> bool:
        return True

    def close(self) -> None:
        self.sent.append("close")
        self.over = True

    def abort(self) -> None:
        self.sent.append("abort")
        self.over = True

    def is_closing(self) -> bool:
        return self.over

    def get_write_buffer_size(self) -> int:
        return 0


class Peer:
    """Both ends of one socket: its listener, and whoever takes its messages and does what they say."""

    max_message_bytes = MOST

    def __init__(self, kind: type[Socket]) -> None:
        self.seen: list[Any] = []
        self.wire = Wire()
        self.socket = kind(self, Attempt(id=1, time=0, peer="p:1", local="l:1"))
        self.socket.connection_made(self.wire)
        self.give(HELLO)
        assert self.socket.receiver is self

    def give(self, data: bytes) -> None:
        if self.wire.over:
            return
        self.socket.get_buffer(-1)[: len(data)] = data
        self.socket.buffer_updated(len(data))

    def on_request(self, socket: Socket, request: Request) -> None:
        assert socket.accept(request, None, self, deflate=False) is None

    def on_failed(self, socket: Socket, reason: str, first: bytes) -> None:
        self.seen.append(("failed", reason))

    def on_gone(self, socket: Socket) -> None:
        self.seen.append("gone")

    def on_text(self, text: str) -> None:
        self.seen.append(text)
        if text == "answer":
            self.seen.append(self.socket.send("answered"))
        elif text == "close":
            self.socket.close(1008, "asked for")
        elif text == "abort":
            self.socket.abort("asked for")
            self.seen.append(self.socket.send("too late"))
        elif text == "fail":
            raise ValueError(text)

    def on_binary(self, data: bytes) -> None:
        self.seen.append(data)

    def on_closed(self, code: int | None, reason: str, by: str) -> None:
        self.seen.append((code, reason, by))


def masked(opcode: Opcode, data: bytes, *, fin: bool = True) -> bytes:
    return bytes(Frame(opcode, data, fin).serialize(mask=True))


def padded(data: bytes) -> bytes:
    """A text frame whose length takes more bytes than it needs."""
    return b"\x81\xfe" + len(data).to_bytes(2, "big") + b"\0\0\0\0" + data


WORDS = st.sampled_from([b"", b"answer", b"answer", b"a", b"close", b"abort", b"fail", "ä€".encode(), b"\xff"])
DATA = WORDS | st.integers(100, MOST + 2).map(lambda size: b"x" * size)
FRAMES = st.one_of(
    DATA.map(lambda data: masked(Opcode.TEXT, data)),
    DATA.map(padded),
    st.builds(
        lambda opcode, data, fin: masked(opcode, data, fin=fin),
        st.sampled_from([Opcode.TEXT, Opcode.CONT, Opcode.BINARY]),
        DATA,
        st.booleans(),
    ),
    st.sampled_from([masked(Opcode.PING, b"p"), masked(Opcode.PONG, b""), masked(Opcode.CLOSE, b"\x03\xe8bye")]),
    st.sampled_from([b"\x81\x01a", b"\xc1\x81\0\0\0\0a", b"\x83\x80\0\0\0\0", b"\x81\xff" + b"\xff" * 12, b"\x81"]),
)


def test_a_head_that_comes_alone_is_the_beginning_of_a_frame() -> None:
    peer = Peer(Socket)
    # With this mask the message itself looks like a whole frame.
    message, mask = b"[1234567", b"\xda\xb3\0\0"
    peer.give(b"\x81\x88" + mask)
    assert peer.seen == []
    assert peer.socket.partial_since is not None, "it has a minute for the rest"
    peer.give(bytes(letter ^ mask[at % 4] for at, letter in enumerate(message)))
    assert peer.seen == ["[1234567"]
    assert peer.socket.partial_since is None


@settings(max_examples=400)
@given(st.lists(st.tuples(FRAMES, st.lists(st.integers(1, 400), max_size=2), st.booleans())), st.booleans())
def test_both_roads_tell_the_same_and_send_the_same(reads: list[tuple[bytes, list[int], bool]], eof: bool) -> None:
    peers = [Peer(Socket), Peer(LongRoad)]
    rest = b""
    for frame, cuts, waits in reads:
        rest += frame
        for cut in [] if waits else [*cuts, len(rest)]:
            piece, rest = rest[:cut], rest[cut:]
            for peer in peers if piece else ():
                peer.give(piece)
    for peer in peers:
        if eof and not peer.wire.over:
            peer.socket.eof_received()
        peer.socket.connection_lost(None)
        peer.seen.append(peer.socket.send("nobody is there"))
    short, long = peers
    assert short.seen == long.seen
    assert short.wire.sent == long.wire.sent
