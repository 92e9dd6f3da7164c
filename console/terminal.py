"""What the terminal can take. Textual writes through a short queue and waits where it is full, and with it the one loop
that serves the stations: a terminal that stops reading (Ctrl+S, a stalled SSH session) must not stop the endpoint.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from textual.app import App

WAITING = 4  # of the 30 pieces that Textual queues before it waits


def keeps_up(app: App[Any]) -> bool:
    """Whether what was drawn before has reached the terminal. Where not, nothing more should be drawn for now."""
    thread = getattr(app._driver, "_writer_thread", None)
    queue = getattr(thread, "_queue", None)
    return queue is None or queue.qsize() < WAITING


def has_terminal() -> bool:
    """Whether there is a terminal where Textual draws (standard error) and reads keys (standard input)."""
    streams = (sys.__stdin__, sys.__stderr__)
    return all(one is not None and not one.closed and one.isatty() for one in streams)


def let_go() -> None:
    """Send what could not be written any more to a terminal that has gone nowhere: Python would end with code 120."""
    for stream in (sys.__stdout__, sys.__stderr__):
        if stream is None:
            continue
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def light_terminal() -> bool:
    """Whether the terminal says that its background is light (COLORFGBG: foreground;background, colours 7 and 15)."""
    return os.environ.get("COLORFGBG", "").rpartition(";")[2] in ("7", "15")
