"""Sending an offered file: whole, in part (Range), or only its head. Source: RFC 9110 sections 13 and 14."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from email.utils import formatdate
from pathlib import Path
from typing import BinaryIO

from console.engine.transfer.ranges import Unsatisfiable, requested

CHUNK = 128 * 1024


class Slice:
    """What a request for a file asks for: status, headers, and the bytes from ``start`` up to but not with ``end``."""

    def __init__(self, file: BinaryIO, method: str, headers: Mapping[str, str]) -> None:
        facts = os.fstat(file.fileno())
        self.size = facts.st_size
        self.file = file
        etag = f'"{self.size:x}-{facts.st_mtime_ns:x}"'
        modified = formatdate(facts.st_mtime, usegmt=True)
        self.headers = {
            "accept-ranges": "bytes",
            "content-type": "application/octet-stream",
            "x-content-type-options": "nosniff",
            "etag": etag,
            "last-modified": modified,
        }
        self.status = 200
        self.start, self.end = 0, self.size
        # Range is defined for GET only; If-Range names the file the client has a part of.
        wanted = headers.get("range") if method == "GET" else None
        if wanted and headers.get("if-range", etag).strip() not in (etag, modified):
            wanted = None
        try:
            part = requested(wanted, self.size)
        except Unsatisfiable:
            self.status = 416
            self.end = 0
            self.headers["content-range"] = f"bytes */{self.size}"
            part = None
        if part is not None:
            self.status = 206
            self.start, self.end = part
            self.headers["content-range"] = f"bytes {self.start}-{self.end - 1}/{self.size}"
        self.headers["content-length"] = str(self.end - self.start)

    async def chunks(self) -> AsyncIterator[bytes]:
        """The bytes, piece by piece; fewer than promised where the file was cut short meanwhile."""
        at = self.start
        while at < self.end:
            data = await asyncio.to_thread(_read, self.file, at, min(CHUNK, self.end - at))
            if not data:
                return
            yield data
            at += len(data)


def _read(file: BinaryIO, at: int, count: int) -> bytes:
    file.seek(at)
    return file.read(count)


def open_file(path: Path) -> BinaryIO:
    """The file for reading. Blocking; raises OSError."""
    return path.open("rb")
