"""What the filter line and the command line share: ways to go on, and lines given before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol


class Offer(Protocol):
    """One way to go on: ``text`` takes the place of what stands between ``start`` and the cursor."""

    @property
    def text(self) -> str:
        """What would be written."""
        ...

    @property
    def meta(self) -> str:
        """What it is, in a few words; may be empty."""
        ...

    @property
    def start(self) -> int:
        """Where in the line it begins."""
        ...


@dataclass(frozen=True, slots=True)
class Completion:
    """An ``Offer`` for callers that have none of their own."""

    text: str
    meta: str = ""
    start: int = 0


Completer = Callable[[str, int], Sequence[Offer]]
"""(line, cursor) to the ways to go on, best first."""

OPEN_ENDS = ("=", ":", "/", ",", "|")
"""After these something must follow at once; after anything else a space is written."""


def complete_with(text: str, cursor: int, offer: Offer) -> tuple[str, int]:
    """The line with an offer taken, and where the cursor then stands."""
    rest = text[cursor:]
    space = "" if offer.text.endswith(OPEN_ENDS) or rest.startswith(" ") else " "
    head = f"{text[: offer.start]}{offer.text}{space}"
    return head + rest, len(head)


class History:
    """Lines given before, newest last; walking back keeps what was being typed."""

    def __init__(self, limit: int = 100) -> None:
        self._lines: list[str] = []
        self._limit = limit
        self._at: int | None = None
        self._typed = ""

    @property
    def lines(self) -> tuple[str, ...]:
        """Oldest first."""
        return tuple(self._lines)

    def add(self, line: str) -> None:
        """Remember a line; the same one again only moves to the end."""
        self._at = None
        if line.strip():
            if line in self._lines:
                self._lines.remove(line)
            self._lines.append(line)
            del self._lines[: -self._limit]

    def back(self, typed: str) -> str:
        """The line before; the oldest again where there is none."""
        if not self._lines:
            return typed
        if self._at is None:
            self._typed, self._at = typed, len(self._lines)
        self._at = max(0, self._at - 1)
        return self._lines[self._at]

    def forward(self, typed: str) -> str:
        """The line after; at the end what was being typed."""
        if self._at is None:
            return typed
        self._at += 1
        if self._at >= len(self._lines):
            self._at = None
            return self._typed
        return self._lines[self._at]

    def leave(self) -> None:
        """Typing goes on from what stands there."""
        self._at = None
