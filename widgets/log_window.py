"""The two windows of a log that runs: the ring of the newest rows, and the view that can be scrolled over.

The view is the ring itself while one follows the newest row. Otherwise it is a window of its own, extended at either end
with rows from a source (or from the ring, where that still holds what follows) and shortened at the other.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Generic, TypeVar

from widgets.log_rows import LogRows

RowT = TypeVar("RowT")


class LogWindow(Generic[RowT]):
    """Rows, and which of them can be seen. ``reads_on``: there is a source of older rows.

    ``following``: the newest row is kept in sight; ``new`` counts the rows that came since that ended; ``at_first``:
    nothing is older than the first row of the view, as far as is known.
    """

    def __init__(self, ring_rows: int, page_rows: int, *, reads_on: bool) -> None:
        self.ring: LogRows[RowT] = LogRows()
        self.view: LogRows[RowT] = self.ring
        self.reads_on = reads_on
        self.following = True
        self.new = 0
        self.at_first = not reads_on
        self._ring_rows = ring_rows
        # The limit lets a page go from the other end; it is read again on the way back.
        self._view_rows = ring_rows + 2 * page_rows

    def append(self, key: Hashable, row: RowT) -> bool:
        """Add the newest row; false where the key is known and the row was put in the place of the other one."""
        if not self.ring.append(key, row):
            self.view.replace(key, row)
            return False
        if not self.following:
            self.new += 1
        return True

    def replace(self, key: Hashable, row: RowT) -> bool:
        """Put another row in the place of one that is held; false where it is not."""
        held = self.ring.replace(key, row)
        return (self.view is not self.ring and self.view.replace(key, row)) or held

    def row(self, key: Hashable) -> RowT | None:
        """The row of a key, where it is held."""
        row = self.view.row(key)
        return row if row is not None else self.ring.row(key)

    def hold(self) -> None:
        """Stop following: let the view stand still from here on."""
        self.following = False
        if self.view is self.ring:
            self.view = self.ring.copy()

    def release(self) -> None:
        """Follow: look at the newest rows again."""
        self.following = True
        self.view = self.ring
        self.ring.drop_oldest(self._ring_rows)
        self.new = 0
        # The ring begins after rows that the source has, unless it holds everything.
        self.at_first = not self.reads_on

    def skip(self, count: int) -> None:
        """``count`` rows came that were not given. The view has to stand still then: the ring does not go on from it."""
        self.ring.clear()
        self.new += count

    def clear(self) -> None:
        """Forget every row, and follow again."""
        self.ring.clear()
        self.view = self.ring
        self.following, self.new = True, 0
        self.at_first = not self.reads_on

    def trim(self) -> None:
        """Let the oldest rows of the ring go where it is full."""
        if self.ring.drop_oldest(self._ring_rows) and self.view is self.ring:
            self.at_first = not self.reads_on

    def later(self) -> Sequence[tuple[Hashable, RowT]] | None:
        """The rows of the ring that come after the view; None where there may be a gap that the source has to fill."""
        return self.ring.after(self.view.key_at(-1))

    def add_older(self, rows: Sequence[tuple[Hashable, RowT]]) -> int:
        """Put rows before the view; how many of them were new to it."""
        added = self.view.prepend(rows)
        self.view.drop_newest(self._view_rows)
        return added

    def add_later(self, rows: Sequence[tuple[Hashable, RowT]]) -> int:
        """Put rows behind the view; how many went at its beginning."""
        for key, row in rows:
            self.view.append(key, row)
        gone = self.view.drop_oldest(self._view_rows)
        if gone:
            self.at_first = not self.reads_on
        return gone
