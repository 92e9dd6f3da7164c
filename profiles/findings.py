"""What can be wrong with a file, as data; and the nearest word to a wrong one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

from profiles.lines import KeyPath


class Problem(Struct, frozen=True):
    """One thing wrong (``error``) or doubtful (``warning``) in a file. ``line`` is 0 where no line can be named."""

    line: int
    key: str
    message: str
    level: Literal["error", "warning"] = "error"

    def sentence(self, file: str) -> str:
        """``fleet.toml, line 7, [listen] security_profile: expected a number from 0 to 3, got "two"``."""
        place = ", ".join(part for part in (file, f"line {self.line}" if self.line else "", self.key) if part)
        return f"{place}: {self.message}"


class Finding(Struct, frozen=True):
    """A problem before its key was looked up in the text."""

    path: KeyPath
    message: str
    level: Literal["error", "warning"] = "error"


def nearest(word: str, known: Iterable[str]) -> str:
    """`` (did you mean "x"?)`` where a known word is near, else nothing."""
    from difflib import get_close_matches

    by_lower = {name.lower(): name for name in known}
    match = get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return f' (did you mean "{by_lower[match[0]]}"?)' if match else ""
