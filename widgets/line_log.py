"""A log that runs: it follows the newest row until one scrolls up, and reads older rows from its source page by page.

Two windows make ten million rows scroll like ten. The *ring* holds the newest rows whatever one looks at. The *view* is what
can be scrolled over: the ring itself while following, otherwise a window that is extended at either end from the source
(or from the ring, where that still holds what follows) and shortened at the other.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from itertools import takewhile
from typing import Any, Generic, TypeVar

from rich.segment import Segment
from textual.message import Message
from textual.strip import Strip
from textual.timer import Timer

from widgets.columns import CellLike, Column, Row
from widgets.line_styles import PLAIN
from widgets.line_view import LineView
from widgets.log_rows import LogRows
from widgets.log_source import LogSource, log_note, tail_pill
from widgets.safe import fit, safe_text

RowT = TypeVar("RowT")

REFRESH_SECONDS = 0.1
"""Rows are drawn at most ten times a second, however many come."""

RING_ROWS = 5_000
PAGE_ROWS = 200
_KEPT_STRIPS = 1_024


class LineLog(LineView, Generic[RowT]):
    """A live log. ``cells(row)`` turns a row into cells and is asked only for rows in sight.

    ``append()`` costs the same for every row and draws nothing; drawing happens on a tick. ``frozen`` stops drawing new
    rows while they go on being counted.
    """

    FOOTER_LINES = 1

    class Event(Message):
        """What all messages of a log carry: the log, and the key of the row at the cursor."""

        def __init__(self, log: LineLog[Any], key: Hashable | None) -> None:
            super().__init__()
            self.log_view = log
            self.key = key

        @property
        def control(self) -> LineLog[Any]:
            """The log, for ``@on(…, "#id")``."""
            return self.log_view

    class Selected(Event):
        """A row was opened: enter or a double click."""

    class Highlighted(Event):
        """The cursor was moved to another row (not sent while following)."""

    class TailChanged(Event):
        """Following began or ended; see ``following``."""

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
        self._source = source
        self._ring_rows = ring_rows
        self._page_rows = page_rows
        self._ring: LogRows[RowT] = LogRows()
        self._view: LogRows[RowT] = self._ring
        self._following = True
        self._frozen = False
        self._new = 0
        self._dirty = False
        self._strips: dict[Hashable, tuple[int, Strip]] = {}
        self._at_first = source is None
        self._fetching = False
        self._trouble = ""
        self._generation = 0
        self._arranging = False
        self._ticker: Timer | None = None

    # ------------------------------------------------------------------ feeding

    def on_mount(self) -> None:
        """Start the tick."""
        self._ticker = self.set_interval(REFRESH_SECONDS, self.tick)

    def append(self, key: Hashable, row: RowT) -> None:
        """Add the newest row, or put it in the place of the one with the same key; drawn on the next tick."""
        if self._ring.append(key, row):
            if not self._following or self._frozen:
                self._new += 1
        else:
            self._strips.pop(key, None)
            self._view.replace(key, row)
        self._dirty = True

    def extend(self, rows: Iterable[tuple[Hashable, RowT]]) -> None:
        """Add many rows, oldest first."""
        for key, row in rows:
            self.append(key, row)

    def replace(self, key: Hashable, row: RowT) -> None:
        """A row changed (its answer came); nothing happens where it is not held."""
        held = self._ring.replace(key, row)
        if self._view is not self._ring:
            held = self._view.replace(key, row) or held
        if held:
            self._strips.pop(key, None)
            self._dirty = True

    def skipped(self, count: int) -> None:
        """``count`` rows came that were not given: the view holds still, and reads them from the source on the way down."""
        self.stop_following()
        self._ring.clear()
        self._new += count
        self._dirty = True

    def clear(self) -> None:
        """Forget every row, as for another filter; follows again."""
        self._generation += 1
        self._ring.clear()
        self._view = self._ring
        self._strips.clear()
        self._following, self._new, self._cursor = True, 0, 0
        self._at_first = self._source is None
        self._fetching, self._trouble = False, ""
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
            self._source = source
        self.clear()
        self.extend(newest)
        if self._source is None:
            return
        generation = self._generation
        rows = await self._source.before(None, self._page_rows)
        if generation == self._generation:
            # What is held or was pushed meanwhile is newer and stays at the end: only what is older goes before it.
            self._ring.prepend(takewhile(lambda row: row[0] not in self._ring, rows))
            self._at_first = len(rows) < self._page_rows
            self._dirty = True
            self.tick()

    # ------------------------------------------------------------------ following

    @property
    def following(self) -> bool:
        """Is the newest row kept in sight?"""
        return self._following

    @property
    def new_rows(self) -> int:
        """Rows that came since following ended (or the log was frozen)."""
        return self._new

    @property
    def frozen(self) -> bool:
        """Are new rows held back?"""
        return self._frozen

    @frozen.setter
    def frozen(self, frozen: bool) -> None:
        if frozen == self._frozen:
            return
        self._frozen = frozen
        if frozen:
            self._leave_ring()
        elif self._following:
            self._enter_ring()
        self.refresh_footer()

    def follow(self) -> None:
        """Go to the newest row and stay with it; ends freezing."""
        was = self._following
        self._frozen = False
        self._following = True
        self._enter_ring()
        if not was:
            self.post_message(self.TailChanged(self, self.cursor_key))

    def stop_following(self) -> None:
        """Hold the view still; new rows are counted."""
        if self._following:
            self._following = False
            self._leave_ring()
            self.refresh_footer()
            self.post_message(self.TailChanged(self, self.cursor_key))

    def _leave_ring(self) -> None:
        if self._view is self._ring:
            self._view = self._ring.copy()

    def _enter_ring(self) -> None:
        self._view = self._ring
        self._ring.drop_oldest(self._ring_rows)
        self._new = 0
        # The ring begins after rows that the source has, unless it holds everything.
        self._at_first = self._source is None
        self._to_newest()
        self.refresh()

    def _to_newest(self) -> None:
        self._cursor = max(0, self.row_count - 1)
        self.sync_size()
        self.scroll_rows_to(self.row_count - self.page_size)

    def tick(self) -> None:
        """Draw what came since the last tick; called by the log's own timer."""
        gone = self._ring.drop_oldest(self._ring_rows)
        if not self._dirty:
            return
        self._dirty = False
        if gone and self._view is self._ring:
            self._at_first = self._source is None
        if self._following and not self._frozen:
            self._to_newest()
            self.refresh()
        else:
            for index in self.visible_range():
                if self._view.key_at(index) not in self._strips:
                    self.refresh_row(index)
            self.refresh_footer()

    # ------------------------------------------------------------------ rows

    @property
    def row_count(self) -> int:
        """Rows that can be scrolled over now."""
        return len(self._view)

    @property
    def cursor_key(self) -> Hashable | None:
        """The key of the row the cursor stands on."""
        return self._view.key_at(self._cursor) if 0 <= self._cursor < len(self._view) else None

    def row_of(self, key: Hashable) -> RowT | None:
        """The row of a key, where it is held."""
        row = self._view.row(key)
        return row if row is not None else self._ring.row(key)

    def visible_keys(self) -> list[Hashable]:
        """Keys of the rows on the screen."""
        return [self._view.key_at(index) for index in self.visible_range()]

    def forget_strips(self) -> None:
        """Styles or columns changed: nothing drawn before holds."""
        self._strips.clear()

    def row_strip(self, index: int, state: int) -> Strip:
        """The line of one row."""
        key = self._view.key_at(index)
        kept = self._strips.get(key)
        if kept is not None and kept[0] == state:
            return kept[1]
        row = self._view.row(key)
        strip = self.make_strip(self._cells(row) if row is not None else (), state)
        if len(self._strips) >= _KEPT_STRIPS:
            self._strips.clear()
        self._strips[key] = (state, strip)
        return strip

    def footer_strip(self, width: int) -> Strip:
        """What is going on at the left, the pill that leads back to the newest row at the right."""
        at_top = not self._following and self._at_first and self.scroll_offset.y == 0
        note, words = log_note(self._trouble, self._fetching, self._frozen, at_top)
        pill = tail_pill(self._new)
        room = max(0, width - len(pill))
        strong = not self._following or self._frozen
        style = self.component("line-view--pill" if strong else "line-view--note")
        left = Segment(fit(note, room), self.style_for(PLAIN, words))
        return Strip([left, Segment(pill, style)]).adjust_cell_length(width, self.base_style)

    # ------------------------------------------------------------------ moving about

    def set_cursor(self, index: int, *, by_user: bool = False) -> None:
        """Stand on another row; going up ends following, going beyond the last row begins it again."""
        if by_user and self._following and index < self.row_count - 1:
            self.stop_following()
        elif by_user and not self._following and index >= self.row_count:
            self._further_down()
        super().set_cursor(index, by_user=by_user)
        if by_user and not self._following and self._cursor < self.page_size:
            self._further_up()

    def cursor_moved(self, by_user: bool) -> None:
        """Tell the screen, unless it is only the newest row that moved on."""
        if not self._following:
            self.post_message(self.Highlighted(self, self.cursor_key))

    def select_key(self, key: Hashable) -> bool:
        """Put the cursor on a row that is held, and hold the view there; false where it is not held."""
        index = self._view.index_of(key)
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
        if self._following and new_value < old_value and round(new_value) < bottom:
            self.stop_following()
        super().watch_scroll_y(old_value, new_value)
        if self._following:
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
        if self._at_first or self._fetching or not len(self._view):
            return
        self._fetch(older=True)

    def _further_down(self) -> None:
        if self._fetching or self._frozen or not len(self._view):
            return
        later = self._ring.after(self._view.key_at(-1))
        if later is None and self._source is not None and len(self._ring):
            self._fetch(older=False)
        elif not later:
            self.follow()
        else:
            self._add_later(later[: self._page_rows])

    def _fetch(self, *, older: bool) -> None:
        self._fetching, self._trouble = True, ""
        self.refresh_footer()
        self.run_worker(self._read(older, self._generation), name="read log", group="log", exit_on_error=False)

    async def _read(self, older: bool, generation: int) -> None:
        source, view = self._source, self._view
        if source is None or not len(view):
            self._fetching = False
            return
        try:
            if older:
                rows = await source.before(view.key_at(0), self._page_rows)
            else:
                rows = await source.after(view.key_at(-1), self._page_rows)
        except Exception as error:
            # A journal that can not be read must not take the screen down: say it and let scrolling try again.
            if generation == self._generation:
                self._fetching = False
                self._trouble = safe_text(error, max_chars=200) or type(error).__name__
                self.refresh_footer()
            return
        if generation != self._generation:
            return
        self._fetching = False
        if view is not self._view:
            # Followed again meanwhile: these rows belong to a window that is gone.
            return
        if older:
            self._add_older(rows)
        elif rows:
            self._add_later(rows)
        else:
            self.follow()

    def _add_older(self, rows: Sequence[tuple[Hashable, RowT]]) -> None:
        self._at_first = len(rows) < self._page_rows
        top = self.scroll_offset.y
        added = self._view.prepend(rows)
        self._cursor += added
        # The limit lets a page go from the other end; it is read again on the way back.
        self._view.drop_newest(self._ring_rows + 2 * self._page_rows)
        self._cursor = min(self._cursor, self.row_count - 1)
        self.sync_size()
        self.scroll_rows_to(top + added)
        self.refresh()

    def _add_later(self, rows: Sequence[tuple[Hashable, RowT]]) -> None:
        top = self.scroll_offset.y
        for key, row in rows:
            self._view.append(key, row)
        gone = self._view.drop_oldest(self._ring_rows + 2 * self._page_rows)
        if gone:
            self._at_first = self._source is None
        self._cursor = max(0, self._cursor - gone)
        self.sync_size()
        self.scroll_rows_to(top - gone)
        self.refresh()
