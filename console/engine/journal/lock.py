"""One console for one data directory: a lock file that the operating system lets go when its process ends."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from console.engine.errors import JournalBusy, JournalError
from console.engine.private import keep_private

NAME = "chargehand.lock"
_GLANCE_S = 0.05  # somebody who only looks whether it is held (``held``) is gone by then

if sys.platform == "win32":
    import msvcrt

    # The byte far behind the pid: a locked byte cannot be read by others on Windows, and the pid must be.
    _FAR = 1 << 20

    def _take(descriptor: int, *, shared: bool = False) -> None:
        os.lseek(descriptor, _FAR, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        os.lseek(descriptor, 0, os.SEEK_SET)

else:
    import fcntl

    def _take(descriptor: int, *, shared: bool = False) -> None:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)


class DirectoryLock:
    """Holds a data directory until ``release``. The file stays; only the lock on it counts, so a dead pid is no obstacle.

    Raises JournalBusy where another console holds it, JournalError where the directory cannot be written.
    """

    def __init__(self, directory: Path) -> None:
        path = directory / NAME
        try:
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise JournalError(
                f"{directory} cannot be written ({error.strerror}). Give another directory with --data DIR."
            ) from error
        try:
            self._hold()
        except OSError as error:
            pid = _pid(self._descriptor)
            os.close(self._descriptor)
            raise JournalBusy(
                f"Another chargehand{f' (process {pid})' if pid else ''} is using {directory}. "
                f"End it first, or start this one with --data and another directory."
            ) from error
        keep_private(path)
        try:
            os.ftruncate(self._descriptor, 0)
            os.write(self._descriptor, f"{os.getpid()}\n".encode())
        except OSError:
            # A full disk: the lock itself holds, only its note for people is missing.
            pass

    def _hold(self) -> None:
        try:
            _take(self._descriptor)
        except OSError:
            time.sleep(_GLANCE_S)
            _take(self._descriptor)

    def release(self) -> None:
        """Let others in."""
        os.close(self._descriptor)


def held(directory: Path) -> bool:
    """Whether a console holds the directory now. Nothing is written, and a look at the same time is no obstacle."""
    try:
        descriptor = os.open(directory / NAME, os.O_RDONLY)
    except OSError:
        return False
    try:
        _take(descriptor, shared=True)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


def _pid(descriptor: int) -> str:
    try:
        os.lseek(descriptor, 0, os.SEEK_SET)
        text = os.read(descriptor, 32).decode("ascii", "replace").strip()
    except OSError:
        return ""
    return text if text.isdigit() else ""
