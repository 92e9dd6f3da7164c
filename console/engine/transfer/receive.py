"""Taking an upload in, raw or as a form, to a partial file that becomes a file only when it is complete."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, Callable
from pathlib import Path
from typing import BinaryIO

from console.engine.transfer.multipart import Chunk, FilePart, MultipartError

_BUFFER = 256 * 1024
FORM_EXTRA = 64 * 1024  # what a form may hold beside the file


class TooLarge(Exception):
    """The body is larger than what is allowed."""


class Broken(Exception):
    """The client went away, or stopped sending, before the end."""


class Incoming:
    """One body on its way to ``partial``. ``size`` is what the file has so far, ``name`` what a form called it."""

    def __init__(self, partial: Path, mark: bytes | None, *, limit: int) -> None:
        self.partial = partial
        self.size = 0
        self.name: str | None = None
        self._form = FilePart(mark) if mark is not None else None
        self._limit = limit
        self._body = 0
        self._body_limit = limit + (FORM_EXTRA if mark is not None else 0)
        self._buffer = bytearray()
        self._head = bytearray()  # of a form, until it is sure that it is one

    async def take(self, stream: AsyncIterable[bytes], moved: Callable[[int], None]) -> None:
        """Write the body down. Raises TooLarge, Broken, OSError; the partial file is then the caller's to remove."""
        file = await asyncio.to_thread(open, self.partial, "xb")
        try:
            async for data in stream:
                self._body += len(data)
                if self._body > self._body_limit:
                    raise TooLarge
                await self._feed(file, data)
                moved(self.size)
            if self._form is not None:
                try:
                    await self._put(file, self._form.finish())
                except MultipartError:
                    await self._as_it_is(file)
            await self._flush(file)
            moved(self.size)
        finally:
            await asyncio.to_thread(file.close)

    async def _feed(self, file: BinaryIO, data: bytes) -> None:
        if self._form is None:
            await self._write(file, data)
            return
        if not self._form.found:
            self._head += data
        try:
            chunks = self._form.feed(data)
        except MultipartError:
            if self._form.found:
                raise Broken("the form cannot be read") from None
            await self._as_it_is(file)
            return
        if self._form.found:
            self._head.clear()
        await self._put(file, chunks)
        self.name = self._form.name

    async def _as_it_is(self, file: BinaryIO) -> None:
        """Called a form, but is none: the body itself is the file. Losing a log for its header would help nobody."""
        head, self._head = bytes(self._head), bytearray()
        self._form = None
        await self._write(file, head)

    async def _put(self, file: BinaryIO, chunks: list[Chunk]) -> None:
        for chunk in chunks:
            if chunk.restart:
                self._buffer.clear()
                self.size = 0
                await asyncio.to_thread(_empty, file)
            await self._write(file, chunk.data)

    async def _write(self, file: BinaryIO, data: bytes) -> None:
        self.size += len(data)
        if self.size > self._limit:
            raise TooLarge
        self._buffer += data
        if len(self._buffer) >= _BUFFER:
            await self._flush(file)

    async def _flush(self, file: BinaryIO) -> None:
        data, self._buffer = self._buffer, bytearray()
        await asyncio.to_thread(file.write, data)


def _empty(file: BinaryIO) -> None:
    file.seek(0)
    file.truncate()
