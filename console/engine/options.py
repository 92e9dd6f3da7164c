"""How a console is started: what the command line says, as plain facts for the screen, the server and the tests."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec


class EngineOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What the profile is, and what stands in for its own words. None: as the profile says.

    ``listen``: ``HOST:PORT`` or ``wss://HOST:PORT``, as often as wanted; ``api`` and ``files`` ``HOST:PORT``; ``data`` the
    directory that is kept (None: ``data_directory``).
    """

    profile: str | Path = "bench"
    listen: tuple[str, ...] = ()
    api: str | None = None
    files: str | None = None
    data: Path | None = None
    read_only: bool = False
    insecure: bool = False


class DemoOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The simulated fleet of ``chargehand demo``: its name or file, and how many stations (None: as the fleet says)."""

    fleet: str = "mixed"
    stations: int | None = None


def data_directory(options: EngineOptions) -> Path:
    """Where a console keeps everything; the environment's CHARGEHAND_DATA_DIR comes before the platform's place."""
    if options.data is not None:
        return options.data.expanduser()
    if given := os.environ.get("CHARGEHAND_DATA_DIR"):
        return Path(given).expanduser()
    from platformdirs import user_data_dir

    return Path(user_data_dir("chargehand", appauthor=False))
