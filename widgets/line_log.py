"""A log that runs: it follows the newest row until one scrolls up, and reads older rows from its source page by page.

Two windows (``widgets.log_window``) make ten million rows scroll like ten.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from itertools import takewhile
from typing import Any, Generic, TypeVar

from rich.segment import Segment
from textual.message import Message
from textual.strip import Strip

from widgets.columns import CellLike, Column, Row
from widgets.line_styles import PLAIN
from widgets.line_view import LineView
from widgets.log_pages import LogPages
from widgets.log_rows import LogRows
from widgets.log_source import LogSource, log_note, tail_pill
from widgets.log_window import LogWindow
from widgets.safe import fit

RowT = TypeVar("RowT")

REFRESH_SECONDS = 0.1
"""Rows are drawn at most ten times a second, however many come."""

RING_ROWS = 5_000
PAGE_ROWS = 200
_KEPT_STRIPS = 1_024


class LineLog(LineView, Generic[RowT]):
    """A live log. ``cells(row)`` turns a row into cells and is asked only for rows in sight.

    ``append()`` costs the same for every row and draws nothing; drawing happens on a tick.
    """

    FOOTER_LINES = 1

    class Selected(Message):
        """A row was opened: enter or a double click. ``key`` is that of the row at the cursor."""

        def __init__(self, log: LineLog[Any], key: Hashable | None) -> None:
            super().__init__()
            self.log_view = log
            self.key = key

        @property
        def control(self) -> LineLog[Any]:
            """The log, for ``@on(…, "#id")``."""
            return self.log_view

    def __init__(
        self,
        columns: Sequence[Column],
        cells: Callable[[RowT], Row],
        *,
        source: LogSource[RowT] | None = None,
        ring_rows: int = RING_ROWS,
        page_rows: int = PAGE_ROWS,
        empty: Sequence[CellLike] = (),
        name: str | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(columns, empty=empty, name=name, id=id, classes=classes)
        self._cells = cells
        self._window: LogWindow[RowT] = LogWindow(ring_rows, page_rows, reads_on=source is not None)
        self._pages: LogPages[RowT] = LogPages(source, page_rows)
        self._dirty = False
        self._strips: dict[Hashable, tuple[int, Strip]] = {}
        self._arranging = False

    # ------------------------------------------------------------------ feeding

    def on_mount(self) -> None:
        """Start the tick."""
        self.set_interval(REFRESH_SECONDS, self.tick)

    def append(self, key: Hashable, row: RowT) -> None:
        """Add the newest row, or put it in the place of the one with the same key; drawn on the next tick."""
        if not self._window.append(key, row):
            self._strips.pop(key, None)
        self._dirty = True

    def extend(self, rows: Iterable[tuple[Hashable, RowT]]) -> None:
        """Add many rows, oldest first."""
        for key, row in rows:
            self.append(key, row)

    def replace(self, key: Hashable, row: RowT) -> None:
        """A row changed (its answer came); nothing happens where it is not held."""
        if self._window.replace(key, row):
            self._strips.pop(key, None)
            self._dirty = True

    def skipped(self, count: int) -> None:
        """``count`` rows came that were not given: the view holds still, and reads them from the source on the way down."""
        self.stop_following()
        self._window.skip(count)
        self._dirty = True

    def clear(self) -> None:
        """Forget every row, as for another filter; follows again."""
        self._pages.clear()
        self._window.clear()
        self._strips.clear()
        self._cursor = 0
        self.sync_size()
        self.scroll_rows_to(0)
        self.refresh()

    async def load(
        self, source: LogSource[RowT] | None = None, *, newest: Iterable[tuple[Hashable, RowT]] = ()
    ) -> None:
        """Start anew with the newest page of the source (another one, where given).

        ``newest``: rows that are in memory already, oldest first; they are shown while the source is read.
        """
        if source is not None:
            self._pages.source, self._window.reads_on = source, True
        self.clear()
        self.extend(newest)
        self.refresh_footer()
        try:
            rows = await self._pages.newest()
        finally:
            self.refresh_footer()
        if rows is not None:
            # What is held or was pushed meanwhile is newer and stays at the end: only what is older goes before it.
            ring = self._window.ring
            ring.prepend(takewhile(lambda row: row[0] not in ring, rows))
            self._window.at_first = len(rows) < self._pages.page_rows
            self._dirty = True
            self.tick()

    # ------------------------------------------------------------------ following

    @property
    def following(self) -> bool:
        """Is the newest row kept in sight?"""
        return self._window.following

    @property
    def new_rows(self) -> int:
        """Rows that came since following ended."""
        return self._window.new

    def follow(self) -> None:
        """Go to the newest row and stay with it."""
        self._window.release()
        self._to_newest()
        self.refresh()

    def stop_following(self) -> None:
        """Hold the view still; new rows are counted."""
        if self._window.following:
            self._window.hold()
            self.refresh_footer()

    def _to_newest(self) -> None:
        self._cursor = max(0, self.row_count - 1)
        self.sync_size()
        self.scroll_rows_to(self.row_count - self.page_size)

    def tick(self) -> None:
        """Draw what came since the last tick; called by the log's own timer."""
        window = self._window
        window.trim()
        if not self._dirty:
            return
        self._dirty = False
        if window.following:
            self._to_newest()
            self.refresh()
        else:
            for index in self.visible_range():
                if window.view.key_at(index) not in self._strips:
                    self.refresh_row(index)
            self.refresh_footer()

    # ------------------------------------------------------------------ rows

    @property
    def row_count(self) -> int:
        """Rows that can be scrolled over now."""
        return len(self._window.view)

    @property
    def cursor_key(self) -> Hashable | None:
        """The key of the row the cursor stands on."""
        view = self._window.view
        return view.key_at(self._cursor) if 0 <= self._cursor < len(view) else None

    def key_at(self, index: int) -> Hashable:
        """The key of the row at ``index``; IndexError where there is none."""
        return self._window.view.key_at(index)

    def row_of(self, key: Hashable) -> RowT | None:
        """The row of a key, where it is held."""
        return self._window.row(key)

    def visible_keys(self) -> list[Hashable]:
        """Keys of the rows on the screen."""
        view = self._window.view
        return [view.key_at(index) for index in self.visible_range()]

    def forget_strips(self) -> None:
        """Styles or columns changed: nothing drawn before holds."""
        self._strips.clear()

    def row_strip(self, index: int, state: int) -> Strip:
        """The line of one row."""
        view = self._window.view
        key = view.key_at(index)
        kept = self._strips.get(key)
        if kept is not None and kept[0] == state:
            return kept[1]
        row = view.row(key)
        strip = self.make_strip(self._cells(row) if row is not None else (), state)
        if len(self._strips) >= _KEPT_STRIPS:
            self._strips.clear()
        self._strips[key] = (state, strip)
        return strip

    def footer_strip(self, width: int) -> Strip:
        """What is going on at the left, the pill that leads back to the newest row at the right."""
        window, pages = self._window, self._pages
        at_top = not window.following and window.at_first and self.scroll_offset.y == 0
        note, words = log_note(pages.trouble, pages.reading, at_top)
        pill = tail_pill(window.new)
        room = max(0, width - len(pill))
        strong = not window.following
        style = self.component("line-view--pill" if strong else "line-view--note")
        left = Segment(fit(note, room), self.style_for(PLAIN, words))
        return Strip([left, Segment(pill, style)]).adjust_cell_length(width, self.base_style)

    # ------------------------------------------------------------------ moving about

    def set_cursor(self, index: int, *, by_user: bool = False) -> None:
        """Stand on another row; going up ends following, going beyond the last row begins it again."""
        if by_user and self._window.following and index < self.row_count - 1:
            self.stop_following()
        elif by_user and not self._window.following and index >= self.row_count:
            self._further_down()
        super().set_cursor(index, by_user=by_user)
        if by_user and not self._window.following and self._cursor < self.page_size:
            self._further_up()

    def select_key(self, key: Hashable) -> bool:
        """Put the cursor on a row that is held, and hold the view there; false where it is not held."""
        index = self._window.view.index_of(key)
        if index is None:
            return False
        self.stop_following()
        super().set_cursor(index)
        return True

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Scrolling up ends following; reaching an end of the view reads on."""
        if self._arranging:
            super().watch_scroll_y(old_value, new_value)
            return
        bottom = self.row_count - self.page_size
        if self._window.following and new_value < old_value and round(new_value) < bottom:
            self.stop_following()
        super().watch_scroll_y(old_value, new_value)
        if self._window.following:
            return
        if new_value < old_value and round(new_value) < self.page_size:
            self._further_up()
        elif new_value > old_value and round(new_value) >= bottom:
            self._further_down()

    def scroll_rows_to(self, top: int) -> None:
        """Make ``top`` the first row in sight; unlike wheel and scroll bar this neither reads on nor ends following."""
        self._arranging = True
        try:
            super().scroll_rows_to(top)
        finally:
            self._arranging = False

    def action_cursor_last(self) -> None:
        """To the newest row, and stay with it."""
        self.follow()

    def selected(self) -> None:
        """Tell the screen which row was opened."""
        self.post_message(self.Selected(self, self.cursor_key))

    def footer_clicked(self) -> None:
        """A click on the pill follows again."""
        self.follow()

    # ------------------------------------------------------------------ reading on

    def _further_up(self) -> None:
        if not self._window.at_first:
            self._fetch(older=True)

    def _further_down(self) -> None:
        window = self._window
        if self._pages.reading or not len(window.view):
            return
        later = window.later()
        if later is None and window.reads_on and len(window.ring):
            self._fetch(older=False)
        elif not later:
            self.follow()
        else:
            self._add_later(later[: self._pages.page_rows])

    def _fetch(self, *, older: bool) -> None:
        view = self._window.view
        if self._pages.reading or not len(view):
            return
        began = self._pages.begin()
        self.refresh_footer()
        self.run_worker(self._read(view, began, older), name="read log", group="log", exit_on_error=False)

    async def _read(self, view: LogRows[RowT], began: int, older: bool) -> None:
        key = view.key_at(0 if older else -1) if len(view) else None
        rows = await self._pages.read(key, began, older=older)
        if rows is None or view is not self._window.view:
            # It could not be read, or one follows again: then these rows belong to a window that is gone.
            self.refresh_footer()
        elif older:
            self._add_older(rows)
        elif rows:
            self._add_later(rows)
        else:
            self.follow()

    def _add_older(self, rows: Sequence[tuple[Hashable, RowT]]) -> None:
        window = self._window
        window.at_first = len(rows) < self._pages.page_rows
        top = self.scroll_offset.y
        added = window.add_older(rows)
        self._cursor = min(self._cursor + added, self.row_count - 1)
        self.sync_size()
        self.scroll_rows_to(top + added)
        self.refresh()

    def _add_later(self, rows: Sequence[tuple[Hashable, RowT]]) -> None:
        top = self.scroll_offset.y
        gone = self._window.add_later(rows)
        self._cursor = max(0, self._cursor - gone)
        self.sync_size()
        self.scroll_rows_to(top - gone)
        self.refresh()
