"""What every log of this program is written through: no secret in it, and no flood of what nobody can act on."""

from __future__ import annotations

import logging
from typing import Any

from console.engine.masking import masked_text
from console.engine.visible import visible


class HiddenSecrets(logging.Formatter):
    """Formats as its base, with passwords, keys, PIN codes and credentials in URLs replaced (C04.FR.04)."""

    def format(self, record: logging.LogRecord) -> str:
        """The text, tracebacks included."""
        return masked_text(super().format(record))


class FileLines(HiddenSecrets):
    """For a log that people read in a terminal: what is told is one line, and nothing in it steers the terminal (CWE-117).

    A traceback keeps its lines, moved to the right, so that none of them can pass for a record.
    """

    def formatMessage(self, record: logging.LogRecord) -> str:
        """The line."""
        return visible(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:
        """The traceback."""
        return "\n".join(f"    {visible(line)}" for line in super().formatException(ei).split("\n"))


class _DeadSockets(logging.Filter):
    """asyncio warns on every write to a socket whose other side is gone, until it has told that the link is lost."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.msg != "socket.send() raised exception."


_DEAD_SOCKETS = _DeadSockets()


def calm_asyncio() -> None:
    """Keep asyncio's warnings, but those that come thousandfold with every broken link."""
    logging.getLogger("asyncio").addFilter(_DEAD_SOCKETS)
