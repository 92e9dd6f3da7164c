"""Where a log reads rows that are not in memory, and what it says about itself in the line under its rows."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Protocol, TypeVar

from widgets.format import thousands

RowsT_co = TypeVar("RowsT_co", covariant=True)


class LogSource(Protocol[RowsT_co]):
    """Where rows that are no longer (or not yet) in memory come from, each with its key, always oldest first."""

    async def before(self, key: Hashable | None, n: int) -> Sequence[tuple[Hashable, RowsT_co]]:
        """The ``n`` rows just older than ``key``, or the newest ``n`` where it is ``None``; fewer only at the very first."""
        ...

    async def after(self, key: Hashable, n: int) -> Sequence[tuple[Hashable, RowsT_co]]:
        """The ``n`` rows just newer than ``key``; fewer only at the very last."""
        ...


def log_note(trouble: str, reading: bool, at_first: bool) -> tuple[str, str]:
    """What is going on, and its tone; the most pressing only. ``trouble`` is safe text."""
    if trouble:
        return f" ✖ {trouble}", "bad"
    if reading:
        return " … reading older rows", "muted"
    return (" this is the first row", "muted") if at_first else ("", "")


def tail_pill(new_rows: int) -> str:
    """``▼ TAIL  +1,234 new``: the way back to the newest row."""
    return f" ▼ TAIL  +{thousands(new_rows).replace(' ', ',')}{' new' if new_rows else ''} "
