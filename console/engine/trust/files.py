"""Files that must be whole after a power cut, and that nobody else on this computer may read."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from console.engine.errors import TrustError
from console.engine.private import new_folder


def private_folder(path: Path) -> None:
    """Make a folder that only its owner can enter. Raises TrustError."""
    try:
        new_folder(path)
        path.chmod(0o700)
    except OSError as error:
        raise TrustError(f"{path} cannot be made: {error.strerror or error}.") from None


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder's lock: a console and a command may make the same thing at the same time. Raises TrustError."""
    try:
        import fcntl
    except ImportError:  # Windows: there it is left to chance
        yield
        return
    try:
        handle = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise TrustError(f"{folder} cannot be written: {error.strerror or error}.") from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def write_durably(path: Path, data: bytes, *, mode: int = 0o600) -> None:
    """Put data in place of a file in one step; on the disk when this returns. Raises TrustError, and the old file stays."""
    temporary: str | None = None
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            if os.name == "posix":
                os.fchmod(file.fileno(), mode)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
        if os.name == "posix":
            folder = os.open(path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
    except OSError as error:
        if temporary is not None:
            with suppress(OSError):
                os.unlink(temporary)
        raise TrustError(f"{path} cannot be written: {error.strerror or error}.") from None
