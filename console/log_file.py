"""The program's log while it has the screen: a file, for a line on stderr would tear what is drawn."""

from __future__ import annotations

import logging
from io import TextIOWrapper
from pathlib import Path

from console.engine.log_lines import FileLines, calm_asyncio
from console.engine.private import private_file


class LogFile:
    """Takes the place of every other log handler from its making until ``close``. Nothing is written before ``open``."""

    def __init__(self) -> None:
        self._root = logging.getLogger()
        self._before = self._root.handlers[:]
        self._root.handlers[:] = [logging.NullHandler()]

    def open(self, path: Path) -> None:
        """Write to that file from here on, behind what is in it. Other users of this computer cannot read it."""
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handler = _PrivateLog(path, encoding="utf-8", delay=True)
        handler.setFormatter(FileLines("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        calm_asyncio()
        self._root.handlers[:] = [handler]

    def close(self) -> None:
        """Close the file; the log goes where it went before."""
        mine, self._root.handlers[:] = self._root.handlers[:], self._before
        for handler in mine:
            handler.close()


class _PrivateLog(logging.FileHandler):
    def _open(self) -> TextIOWrapper:
        private_file(Path(self.baseFilename))
        return super()._open()
