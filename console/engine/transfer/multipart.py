"""The one file in a multipart/form-data body, found while the body streams by.

Chargers post logs as forms with all sorts of field names. What is taken: the first part that has a file name or a
content type; where no part has either, the last part. Nothing but the current part's head and a boundary's length of
its body is held in memory. Source: RFC 7578, RFC 2046 section 5.1.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_MAX_HEAD: Final = 16_384
_MAX_PARTS: Final = 100
_BOUNDARY = re.compile(r'boundary\s*=\s*(?:"([^"]{1,200})"|([^\s;,"]{1,200}))', re.IGNORECASE)
_FILE_NAME = re.compile(r'filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s]+))', re.IGNORECASE)


class MultipartError(ValueError):
    """A body that is no multipart body; the text says why."""


class Chunk(NamedTuple):
    """Bytes of the file. ``restart``: what came before was only a form field, this is the file."""

    data: bytes
    restart: bool = False


def boundary(content_type: str | None) -> bytes | None:
    """The boundary of a multipart content type, or None where it is another type or names none."""
    if not content_type or not content_type.strip().lower().startswith("multipart/"):
        return None
    match = _BOUNDARY.search(content_type)
    return None if match is None else (match[1] or match[2]).encode("latin-1", "replace")


class FilePart:
    """Feed it the body; it hands back the file's bytes. ``name`` is what the client called it, or None."""

    def __init__(self, mark: bytes) -> None:
        self._open = b"--" + mark
        self._mark = b"\r\n--" + mark
        self._held = bytearray()
        self._state = "start"
        self._taking = False
        self._best = 0  # 0 nothing yet, 1 a plain field, 2 a file
        self._restart = False
        self._parts = 0
        self.name: str | None = None

    @property
    def found(self) -> bool:
        """Whether any part was taken."""
        return self._best > 0

    def feed(self, data: bytes) -> list[Chunk]:
        """The file's bytes that are sure by now. Raises MultipartError."""
        self._held += data
        out: list[Chunk] = []
        while self._step(out):
            pass
        return out

    def finish(self) -> list[Chunk]:
        """The rest, where the client left the last boundary out."""
        out: list[Chunk] = []
        if self._state == "body" and self._taking:
            self._emit(out, bytes(self._held))
        if not self.found:
            raise MultipartError("the form ends before its first part")
        self._held.clear()
        self._state = "end"
        return out

    def _step(self, out: list[Chunk]) -> bool:
        if self._state == "start":
            return self._start()
        if self._state == "edge":
            return self._edge()
        if self._state == "head":
            return self._head()
        if self._state == "body":
            return self._body(out)
        self._held.clear()  # what follows the last boundary means nothing
        return False

    def _start(self) -> bool:
        while self._held[:2] == b"\r\n":
            del self._held[:2]
        if len(self._held) < len(self._open):
            if not self._open.startswith(self._held) and self._held != b"\r":
                raise MultipartError("the form does not begin with its boundary")
            return False
        if not self._held.startswith(self._open):
            raise MultipartError("the form does not begin with its boundary")
        del self._held[: len(self._open)]
        self._state = "edge"
        return True

    def _edge(self) -> bool:
        """Behind a boundary: two dashes end the form, a line end begins a part."""
        if len(self._held) < 2:
            return False
        if self._held[:2] == b"--":
            self._state = "end"
            return True
        line = self._held.find(b"\r\n")
        if line < 0:
            if len(self._held) > 200:
                raise MultipartError("a boundary is not followed by a line end")
            return False
        del self._held[:line]  # the line end stays: a part without any header is then found too
        self._state = "head"
        return True

    def _head(self) -> bool:
        end = self._held.find(b"\r\n\r\n")
        if end < 0:
            if len(self._held) > _MAX_HEAD:
                raise MultipartError("the head of a part is too long")
            return False
        self._begin(self._held[:end].decode("utf-8", "replace"))
        del self._held[: end + 4]
        # A part without content is followed by its boundary at once; the line end before it was eaten with the head.
        self._held[:0] = b"\r\n" if self._held.startswith(self._open) else b""
        self._state = "body"
        return True

    def _begin(self, head: str) -> None:
        self._parts += 1
        if self._parts > _MAX_PARTS:
            raise MultipartError("the form has too many parts")
        name = None
        rank = 1
        for line in head.split("\r\n"):
            key, _, value = line.partition(":")
            key = key.strip().lower()
            if key == "content-disposition":
                match = _FILE_NAME.search(value)
                if match is not None:
                    name = (match[1] or match[2] or "").replace('\\"', '"')
                    rank = 2
            elif key == "content-type":
                rank = 2
        self._taking = self._best < 2 and rank >= self._best
        if self._taking:
            self._restart = self._best > 0
            self._best = rank
            self.name = name

    def _body(self, out: list[Chunk]) -> bool:
        end = self._held.find(self._mark)
        if end >= 0:
            self._emit(out, bytes(self._held[:end]))
            del self._held[: end + len(self._mark)]
            self._state = "edge"
            return True
        sure = len(self._held) - len(self._mark)
        if sure > 0:
            self._emit(out, bytes(self._held[:sure]))
            del self._held[:sure]
        return False

    def _emit(self, out: list[Chunk], data: bytes) -> None:
        if self._taking and (data or self._restart):
            out.append(Chunk(data, self._restart))
            self._restart = False
