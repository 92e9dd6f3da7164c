"""Names and files that are there after a power cut: a sync of what lies in a file saves neither its name nor the folder."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path
from typing import Final

# The folder may be on a file system that has no such thing, or be one that we may use but not read.
_NOT_OURS_TO_SYNC: Final = frozenset(
    (errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EACCES, errno.EPERM)
)


def sync_folder(path: Path) -> None:
    """Put the names in a folder on the disk, where the system and our rights allow it. Raises OSError where the disk
    refuses: then nobody may be told that something is kept."""
    if os.name != "posix":
        return  # a folder cannot be opened for that; the system does it by itself
    try:
        folder = os.open(path, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        if error.errno not in _NOT_OURS_TO_SYNC:
            raise


def new_folder(path: Path) -> None:
    """Make a folder, and those above it that are missing, so that a power cut leaves them there. Raises OSError."""
    missing = [one for one in path.parents if not one.exists()]
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    # The folder itself may be there from a start that was cut short before this.
    for one in (path, *missing):
        sync_folder(one.parent)


def replace_file(path: Path, data: bytes, *, mode: int = 0o600) -> None:
    """Put data in place of a file in one step; on the disk when this returns. Raises OSError; what is there then is whole,
    the old or the new."""
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # readable by its owner only
    try:
        with os.fdopen(handle, "wb") as file:
            if os.name == "posix":
                os.fchmod(file.fileno(), mode)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    sync_folder(path.parent)
