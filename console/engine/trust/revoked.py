"""Certificates of stations that are valid no more: a list by serial number, beside the authority, for all who read it.

A list of our own and no CRL: a CRL ends one day, and a console that was off meanwhile would let nobody in then. The
command line writes the same file; a running console notices it with the next handshake.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path

import msgspec
import orjson

from console.engine.errors import TrustError
from console.engine.trust.files import locked, private_folder, write_durably

log = logging.getLogger("chargehand.trust")


class Revoked(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate that is refused: serial number in hex, whose it was, since when (UTC), who said so, and why."""

    serial: str
    station: str
    time: str
    by: str
    note: str = ""

    @property
    def said(self) -> str:
        """As the end of a sentence: on which day, by whom, and why."""
        return f"revoked on {self.time[:10]} by {self.by}" + (f": {self.note}" if self.note else "")


class Revocations:
    """The list in one file. Reading looks at the file whenever it has changed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen: tuple[int, int, int] | None = None
        self._by_serial: dict[str, Revoked] = {}

    def load(self) -> None:
        """Read the file, where there is one. Raises TrustError where it cannot be read: nobody is let in by chance."""
        try:
            state = self.path.stat()
            data = self.path.read_bytes()
        except FileNotFoundError:
            self._seen, self._by_serial = None, {}
            return
        except OSError as error:
            raise TrustError(f"{self.path} cannot be read: {error.strerror or error}.") from None
        try:
            found = msgspec.json.decode(data, type=list[Revoked])
        except msgspec.DecodeError as error:
            raise TrustError(
                f"{self.path} cannot be understood: {error}. Put it back from a backup: without it, stations whose "
                "certificates were revoked would be let in again."
            ) from None
        self._seen = (state.st_ino, state.st_size, state.st_mtime_ns)
        self._by_serial = {plain_serial(one.serial): one for one in found}

    def refresh(self) -> None:
        """Read the file again if it is another one. A file that cannot be read, or is gone, changes nothing."""
        try:
            state = self.path.stat()
        except OSError:
            return
        if (state.st_ino, state.st_size, state.st_mtime_ns) == self._seen:
            return
        try:
            self.load()
        except TrustError as error:
            self._seen = (state.st_ino, state.st_size, state.st_mtime_ns)  # told once
            log.error("%s", error.sentence)

    def of(self, serial: str | None) -> Revoked | None:
        """Whether a certificate of that serial number is refused; now, not as it was when the console was started."""
        if serial is None:
            return None
        self.refresh()
        return self.known(serial)

    def known(self, serial: str | None) -> Revoked | None:
        """The same as of the last look at the file: for many serial numbers at once."""
        return None if serial is None or not self._by_serial else self._by_serial.get(plain_serial(serial))

    def all(self) -> list[Revoked]:
        """All of them, by the time they were revoked."""
        return sorted(self._by_serial.values(), key=lambda one: one.time)

    def add(self, more: Iterable[Revoked]) -> None:
        """On the disk when this returns; what was revoked before stays as it is. Raises TrustError, and nothing is."""
        private_folder(self.path.parent)
        with locked(self.path.parent):
            self.load()
            every = dict(self._by_serial)
            for one in more:
                every.setdefault(plain_serial(one.serial), one)
            said = [msgspec.to_builtins(one) for one in every.values()]
            write_durably(self.path, orjson.dumps(said, option=orjson.OPT_INDENT_2))
            self.load()


def plain_serial(serial: str) -> str:
    """A serial number however it was written: ``0A:1b`` and ``A1B`` are one."""
    return serial.replace(":", "").strip().upper().lstrip("0")
