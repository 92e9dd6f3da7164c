"""Files and folders that other users of this computer cannot read, also where the folder around them is open to all."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from profiles.durable import new_folder


def private_file(path: Path) -> None:
    """Make an empty file that only its owner can read, or take the others' rights to the one that is there.

    An existing file is not opened: closing it would end SQLite's locks on it (fcntl(2)). Where the folder or the file is
    not ours to change, nothing happens; who opens it next learns why.
    """
    with suppress(OSError):
        try:
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        except FileExistsError:
            _tighten(path)


def keep_private(*paths: Path) -> None:
    """Take the others' rights to these files, as far as they are there and ours."""
    for path in paths:
        with suppress(OSError):
            _tighten(path)


def private_folder(path: Path) -> None:
    """Make a folder that only its owner can enter, or make an existing one so. Raises OSError."""
    new_folder(path)
    with suppress(PermissionError):
        _tighten(path)


def _tighten(path: Path) -> None:
    mode = path.stat().st_mode & 0o777
    if os.name == "posix" and mode & 0o077:
        path.chmod(mode & 0o700)
