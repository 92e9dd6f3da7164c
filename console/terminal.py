"""What the terminal can take. Textual writes through a short queue and waits where it is full, and with it the one loop
that serves the stations: a terminal that stops reading (Ctrl+S, a stalled SSH session) must not stop the endpoint.
"""

from __future__ import annotations

import os
from typing import Any

from textual.app import App

WAITING = 4  # of the 30 pieces that Textual queues before it waits


def keeps_up(app: App[Any]) -> bool:
    """Whether what was drawn before has reached the terminal. Where not, nothing more should be drawn for now."""
    thread = getattr(app._driver, "_writer_thread", None)
    queue = getattr(thread, "_queue", None)
    return queue is None or queue.qsize() < WAITING


def light_terminal() -> bool:
    """Whether the terminal says that its background is light (COLORFGBG: foreground;background, colours 7 and 15)."""
    return os.environ.get("COLORFGBG", "").rpartition(";")[2] in ("7", "15")
