"""What every log of this program is written through: no secret in it, and no flood of what nobody can act on."""

from __future__ import annotations

import logging

from console.engine.masking import masked_text


class HiddenSecrets(logging.Formatter):
    """Formats as its base, with passwords, keys, PIN codes and credentials in URLs replaced (C04.FR.04)."""

    def format(self, record: logging.LogRecord) -> str:
        """The text, tracebacks included."""
        return masked_text(super().format(record))


class _DeadSockets(logging.Filter):
    """asyncio warns on every write to a socket whose other side is gone, until it has told that the link is lost."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.msg != "socket.send() raised exception."


_DEAD_SOCKETS = _DeadSockets()


def calm_asyncio() -> None:
    """Keep asyncio's warnings, but those that come thousandfold with every broken link."""
    logging.getLogger("asyncio").addFilter(_DEAD_SOCKETS)
