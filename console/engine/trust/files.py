"""Files that must be whole after a power cut, and that nobody else on this computer may read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from console.engine.errors import TrustError
from profiles.durable import new_folder, replace_file


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
    try:
        replace_file(path, data, mode=mode)
    except OSError as error:
        raise TrustError(f"{path} cannot be written: {error.strerror or error}.") from None
