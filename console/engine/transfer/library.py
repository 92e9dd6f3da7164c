"""Files at rest: images to offer, and what stations have sent. Names are made here, never taken from a station.

``images/`` is flat: what API clients sent or a person dropped there. ``received/<station>/`` holds uploads under names
of our own making. Nothing is ever unpacked.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import secrets
import time
from collections.abc import AsyncIterable
from pathlib import Path
from typing import IO

from console.engine.errors import TransferError
from console.engine.private import private_folder
from console.engine.transfer.model import StoredFile
from profiles.durable import sync_folder

_SAFE = re.compile(r"[^A-Za-z0-9._-]+")
_ENDING = re.compile(r"(\.tar)?\.[A-Za-z0-9]{1,8}$", re.IGNORECASE)
_LONGEST = 100
_PART = ".part"
_NOT_DELETED = "The file cannot be deleted"
_RESERVED = frozenset(("con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))))


def safe_name(text: str, *, otherwise: str = "file") -> str:
    """One path segment from any text: ASCII letters, digits, ``._-``, no leading dot, at most 100 characters."""
    last = re.split(r"[/\\]", text.strip())[-1]
    name = _SAFE.sub("_", last).strip("._-")
    if len(name) > _LONGEST:
        ending = safe_ending(name)
        name = name[: _LONGEST - len(ending)] + ending
    return name if name and name.split(".")[0].lower() not in _RESERVED else f"{otherwise}_{name}".rstrip("_")


def safe_station(identity: str) -> str:
    """The folder of a station: its identity without case; where that had to be changed, a short hash tells it apart."""
    key = identity.casefold()
    name = safe_name(key, otherwise="station")
    if name == key:
        return name
    return f"{name[:60]}-{hashlib.sha256(key.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"


def safe_ending(name: str) -> str:
    """The short ending of a file name (``.zip``, ``.tar.gz``), lower case; ``.bin`` where it has none that is safe."""
    match = _ENDING.search(name)
    return match[0].lower() if match else ".bin"


def received_name(given: str) -> str:
    """A new name for an upload: UTC time, a random part, the ending of what the station called it."""
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    return f"{stamp}-{secrets.token_hex(4)}{safe_ending(given)}"


class Library:
    """The two folders under ``files/`` of a data directory."""

    def __init__(self, directory: Path, *, max_bytes: int) -> None:
        self.images_folder = directory / "images"
        self.received_folder = directory / "received"
        self._incoming = directory / "incoming"
        self._max_bytes = max_bytes

    def prepare(self) -> None:
        """Make the folders; throw away what an earlier run left half received. Raises TransferError."""
        try:
            for folder in (self._incoming.parent, self.images_folder, self.received_folder, self._incoming):
                private_folder(folder)
            for left in self._incoming.glob(f"*{_PART}"):
                left.unlink(missing_ok=True)
        except OSError as error:
            raise TransferError(f"The folder for files cannot be made: {error}") from None

    def partial(self) -> Path:
        """A new path for a file that is coming in; on the same file system as its later place."""
        return self._incoming / f"{secrets.token_hex(8)}{_PART}"

    def images(self) -> list[StoredFile]:
        """Files that can be offered, newest first."""
        return _listed(self.images_folder, None)

    def received(self) -> list[StoredFile]:
        """What stations have sent, newest first."""
        found: list[StoredFile] = []
        if self.received_folder.is_dir():
            for folder in self.received_folder.iterdir():
                if folder.is_dir() and not folder.is_symlink():
                    found.extend(_listed(folder, folder.name))
        return sorted(found, key=lambda one: -one.modified)

    def image(self, name: str) -> StoredFile:
        """The image of exactly that name. Raises TransferError, which names those there are."""
        images = self.images()
        for one in images:
            if one.name == name:
                return one
        there = ", ".join(one.name for one in images[:5]) or "none yet"
        raise TransferError(f"There is no file “{name[:80]}” to offer; there are: {there}", title="No such file")

    async def store(self, name: str, stream: AsyncIterable[bytes]) -> StoredFile:
        """Keep a file to offer. The name is made safe and never replaces another file; the same bytes are kept once.

        Raises TransferError where it is too large or the disk refuses.
        """
        partial = self.partial()
        digest = hashlib.sha256()
        size = 0
        try:
            file = await asyncio.to_thread(open, partial, "xb")
            try:
                async for data in stream:
                    size += len(data)
                    if size > self._max_bytes:
                        raise TransferError(f"The file is larger than {self._max_bytes} bytes, the profile's limit")
                    digest.update(data)
                    await asyncio.to_thread(file.write, data)
                await asyncio.to_thread(_to_disk, file)
            finally:
                await asyncio.to_thread(file.close)
            return await asyncio.to_thread(self._keep, partial, safe_name(name), digest.digest(), size)
        except OSError as error:
            raise TransferError(f"The file cannot be kept: {error.strerror or error}") from None
        finally:
            partial.unlink(missing_ok=True)

    def _keep(self, partial: Path, name: str, digest: bytes, size: int) -> StoredFile:
        stored = self._placed(partial, name, digest, size)
        sync_folder(self.images_folder)
        return stored

    def _placed(self, partial: Path, name: str, digest: bytes, size: int) -> StoredFile:
        ending = safe_ending(name) if _ENDING.search(name) else ""
        stem = name[: len(name) - len(ending)] if ending else name
        number = 1
        while True:
            path = self.images_folder / (name if number == 1 else f"{stem}-{number}{ending}")
            try:
                os.link(partial, path)  # unlike a rename it never replaces
            except FileExistsError:
                if path.stat().st_size == size and _digest(path) == digest:
                    return _stored(path, None)
                number += 1
                continue
            except OSError:
                if path.exists():
                    number += 1
                    continue
                os.replace(partial, path)  # a file system without hard links
            return _stored(path, None)

    def remove(self, file: StoredFile) -> None:
        """Delete an image or an upload, for good. Blocking; raises TransferError."""
        folder = file.path.parent
        if folder != self.images_folder and folder.parent != self.received_folder:
            raise TransferError(f"{file.path} is none of the files that are kept here.", title=_NOT_DELETED)
        try:
            file.path.unlink()
            sync_folder(folder)
        except FileNotFoundError:
            return  # somebody else was first
        except OSError as error:
            raise TransferError(f"{file.path} stays: {error.strerror or error}.", title=_NOT_DELETED) from None

    def settle(self, partial: Path, station: str, given: str) -> StoredFile:
        """Move an upload that is complete to its place, on the disk for good. Blocking; raises OSError."""
        folder = self.received_folder / safe_station(station)
        private_folder(folder)
        path = folder / received_name(given)
        with partial.open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(partial, path)
        sync_folder(folder)
        sync_folder(self.received_folder)
        return _stored(path, folder.name)


def _to_disk(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())


def _digest(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def _stored(path: Path, station: str | None) -> StoredFile:
    facts = path.stat()
    return StoredFile(name=path.name, path=path, size=facts.st_size, modified=facts.st_mtime_ns, station=station)


def _listed(folder: Path, station: str | None) -> list[StoredFile]:
    found: list[StoredFile] = []
    try:
        entries = list(folder.iterdir())
    except FileNotFoundError:
        return []
    for path in entries:
        if path.name.startswith(".") or path.is_symlink():
            continue  # a link may lead anywhere
        try:
            if path.is_file():
                found.append(_stored(path, station))
        except OSError:
            continue
    return sorted(found, key=lambda one: -one.modified)
