"""The WAL is kept short where readers follow each other without a gap.

SQLite begins the WAL anew only at a moment when nobody reads from it. While three programs search the journal one step
after the other there is no such moment, and the file would grow for as long as they do. So where it has grown, the writer
waits for the readers of this moment; those that come meanwhile read from the database file alone.
"""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import Final

import apsw

from console.engine.journal.schema import BUSY_MS

log = logging.getLogger("chargehand.journal")

LIMIT: Final = 24 * 1024 * 1024
"""Bytes from which on it is done; without such readers the WAL has 8 MB, with one of them 16 or 24."""
LARGE: Final = 64 * 1024 * 1024
"""Bytes from which on a person is told."""
_WAIT_MS: Final = 250  # messages wait as long
_LONGEST_S: Final = 60.0


class Wal:
    """Watches the WAL of one database file."""

    def __init__(self, path: Path) -> None:
        self.path = path.with_name(path.name + "-wal")
        self._due = 0.0
        self._pause = 1.0
        self._told = False

    def long(self) -> bool:
        """Whether ``fold`` should be called now."""
        if time.monotonic() < self._due:
            return False
        try:
            size = self.path.stat().st_size
        except OSError:
            return False
        if size > LARGE and not self._told:
            log.warning(
                "%s has %d MB, because another program reads the journal without end. End that program.",
                self.path,
                size // 1_000_000,
            )
        self._told = size > LARGE
        return size > LIMIT

    def fold(self, connection: apsw.Connection) -> bool:
        """Have the next commit begin the WAL anew; False where a reader does not end. For the writer's thread."""
        connection.set_busy_timeout(_WAIT_MS)
        try:
            connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_RESTART)
            self._pause = 1.0
            return True
        except apsw.BusyError:
            # One that reads for minutes: to wait for it every second would cost a quarter of all time.
            self._pause = min(2 * self._pause, _LONGEST_S)
            return False
        finally:
            connection.set_busy_timeout(BUSY_MS)
            self._due = time.monotonic() + self._pause
