"""How a command finds the console that runs on this machine: one small file each in the user's runtime directory.

A file holds ``{pid, api, listen, data, profile, token?}`` and can be read by its owner only. Files of processes that are
gone are ignored and removed.
"""

from __future__ import annotations

import os
import socket
import warnings
from pathlib import Path

import msgspec
import orjson

from profiles import parse_address
from profiles.errors import ChargehandError

VARIABLE = "CHARGEHAND_RUNTIME_DIR"
_PROBE_SECONDS = 0.5


class RunningConsole(msgspec.Struct, frozen=True, kw_only=True):
    """A console that runs here. ``api`` its URL; ``token`` what its API asks for, if anything."""

    pid: int
    api: str
    listen: list[str] = []
    data: str = ""
    profile: str = ""
    token: str | None = None


def runtime_directory() -> Path:
    """The folder of these files; the environment's CHARGEHAND_RUNTIME_DIR comes before the platform's place."""
    if given := os.environ.get(VARIABLE):
        return Path(given)
    from platformdirs import user_runtime_dir

    with warnings.catch_warnings():
        # Without XDG_RUNTIME_DIR it warns and takes a folder below /tmp; whose that is, is looked at here.
        warnings.simplefilter("ignore")
        return Path(user_runtime_dir("chargehand", appauthor=False))


def advertise(console: RunningConsole) -> Path | None:
    """Write the file of this console; its path, or None where the platform has no place for it."""
    folder = runtime_directory()
    port = _address(console.api)[1]
    path = folder / f"{console.pid}-{port}.json"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not _ours(folder):
            return None
        partial = path.with_suffix(".part")
        handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(orjson.dumps(msgspec.to_builtins(console)))
        os.replace(partial, path)
    except OSError:
        return None  # it can still be reached with --api
    return path


def find_console() -> list[RunningConsole]:
    """Every console of this user that runs on this machine and answers, oldest first."""
    folder = runtime_directory()
    try:
        paths = sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime_ns)
    except OSError:
        return []
    found: list[RunningConsole] = []
    for path in paths:
        try:
            if not _ours(path):
                continue  # somebody else's word is not taken: it could name any server
            console = msgspec.json.decode(path.read_bytes(), type=RunningConsole)
        except (OSError, msgspec.DecodeError):
            continue
        if not _alive(console.pid):
            path.unlink(missing_ok=True)
        elif _answers(console.api):
            found.append(console)
    return found


def _ours(path: Path) -> bool:
    return os.name != "posix" or path.stat().st_uid == os.getuid()


def _alive(pid: int) -> bool:
    if os.name != "posix":
        return True  # os.kill would end it there; whether it answers tells enough
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _answers(url: str) -> bool:
    try:
        with socket.create_connection(_address(url), timeout=_PROBE_SECONDS):
            return True
    except (OSError, ChargehandError):
        return False


def _address(url: str) -> tuple[str, int]:
    return parse_address(url)
