"""Where a WebSocket frame begins, which ``websockets`` knows but does not tell; and the head of a text frame of ours."""

from __future__ import annotations

from collections.abc import Generator

from websockets.server import ServerProtocol
from websockets.streams import StreamReader


class FrameReader(StreamReader):
    """The bytes of one peer. ``between``: the next byte begins a frame.

    An empty buffer does not tell that: the head of a frame is taken out of it as soon as it is there.
    """

    between = False

    def at_eof(self) -> Generator[None, None, bool]:
        """What the parser asks between two frames, and only there."""
        self.between = True
        ended = yield from super().at_eof()
        self.between = False
        return ended


def read_by(protocol: ServerProtocol) -> FrameReader:
    """Have a protocol that has read nothing yet read through a ``FrameReader``."""
    reader = FrameReader()
    protocol.reader = reader
    protocol.parser = protocol.parse()  # the one that stood there holds the reader of before
    next(protocol.parser)
    return reader


def text_head(size: int) -> bytes:
    """The head of an unmasked text frame with so many bytes behind it."""
    if size < 126:
        return bytes((0x81, size))
    if size < 65536:
        return b"\x81\x7e" + size.to_bytes(2, "big")
    return b"\x81\x7f" + size.to_bytes(8, "big")
