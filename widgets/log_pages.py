"""Reading a log's source page by page: one page at a time, and what comes too late is thrown away."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Generic, TypeVar

from widgets.log_source import LogSource
from widgets.safe import safe_text

RowT = TypeVar("RowT")


class LogPages(Generic[RowT]):
    """The pages of one source. ``reading``: one is on its way; ``trouble``: why the last one did not come, in safe text."""

    def __init__(self, source: LogSource[RowT] | None, page_rows: int) -> None:
        self.source = source
        self.page_rows = page_rows
        self.reading = False
        self.trouble = ""
        self._round = 0

    def clear(self) -> None:
        """Begin anew: nothing that is on its way is wanted any more."""
        self._round += 1
        self.reading, self.trouble = False, ""

    def begin(self) -> int:
        """A page is about to be read; the round that it is wanted in, for ``read``."""
        self.reading, self.trouble = True, ""
        return self._round

    async def newest(self) -> Sequence[tuple[Hashable, RowT]] | None:
        """The newest page; None where there is no source, or not wanted any more. Raises what the source raises."""
        if self.source is None:
            return None
        began = self.begin()
        try:
            rows = await self.source.before(None, self.page_rows)
        finally:
            if began == self._round:
                self.reading = False
        return rows if began == self._round else None

    async def read(self, key: Hashable, began: int, *, older: bool) -> Sequence[tuple[Hashable, RowT]] | None:
        """The page before or after ``key``; None where it could not be read, or is not wanted any more."""
        source = self.source
        if source is None or began != self._round:
            # Begun anew before the reading itself began: the key is of rows that are gone.
            return None
        rows = None
        try:
            rows = await (source.before if older else source.after)(key, self.page_rows)
        except Exception as error:
            # A journal that can not be read must not take the screen down: say it and let scrolling try again.
            if began == self._round:
                self.trouble = safe_text(error, max_chars=200) or type(error).__name__
        if began != self._round:
            return None
        self.reading = False
        return rows
