"""How a command ends: its exit codes, and what it says then.

0 done; 2 wrong usage or an error of ours; 3 the station rejected it; 4 no usable answer, or no effect in time; 5 no such
station, or not connected. 130 when interrupted.
"""

from __future__ import annotations

import contextlib
import sys
from typing import Final

from console.engine.visible import visible
from profiles.errors import ChargehandError

DONE: Final = 0
OURS: Final = 2
REJECTED: Final = 3
NO_ANSWER: Final = 4
NO_STATION: Final = 5
INTERRUPTED: Final = 130


class CommandFailed(ChargehandError):
    """A command ends here: ``code`` is the exit code; the sentence goes to standard error."""

    title = "chargehand"

    def __init__(self, sentence: str, *, code: int = OURS, title: str | None = None) -> None:
        super().__init__(sentence, title=title)
        self.code = code


def complain(text: str) -> None:
    """A line on standard error; control characters within it are written out, since stations can say anything."""
    with contextlib.suppress(OSError):
        print(visible(text), file=sys.stderr, flush=True)


def sentence_of(error: ChargehandError) -> str:
    """``The profile cannot be used: fleet.toml, line 7, …``."""
    return f"{error.title}: {error.sentence}"
