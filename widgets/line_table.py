"""A table for rows that never stand still: ten thousand rows, and a change costs the lines it touches."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Sequence
from functools import lru_cache
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip

from widgets.columns import CellLike, Column, Row
from widgets.line_styles import MARKED
from widgets.line_view import LineView
from widgets.ranked import Ranked
from widgets.safe import cut

Key = Hashable
SortValue = str | float | int | bool | None

_KEPT_STRIPS = 1_024
_DIGITS = re.compile(r"(\d{1,15})")


def sort_token(value: SortValue) -> tuple[int, object]:
    """What a value is ordered by: numbers before words, words without case and ``CP-2`` before ``CP-10``."""
    if isinstance(value, str):
        return _word_token(value)
    if value is None or value != value:
        return 2, ()
    return 0, value


@lru_cache(16_384)  # of thousands of rows many say the same
def _word_token(value: str) -> tuple[int, object]:
    parts = _DIGITS.split(value.casefold())
    return 1, tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts if part)


class LineTable(LineView):
    """Rows pulled by key; cursor, marks and sorting stay with the key whatever happens to the order.

    ``getter(key)`` gives a row's cells and is asked only for rows in sight. ``version(key)``, where given, is any value that
    changes when the row does; ``pull()`` compares it for the rows in sight and draws those that differ. Without it
    ``touch(keys)`` says what changed. ``sort_value(key, column key)`` gives what a column is sorted by; ``None`` goes last
    in both directions, and rows that are equal stay in the order of ``set_rows``. ``sort_version(key)``: as ``version``,
    for what is sorted by; it is asked for every row at each pull, so it must be cheap where there are thousands.

    ``rests_first``: as long as nobody has moved the cursor or opened a row, it stands on the first row, whatever the
    order becomes; otherwise it would follow the row that happened to come first.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "toggle_mark", "Mark", show=False),
        Binding("ctrl+a", "mark_all", "Mark all", show=False),
        Binding("less_than_sign", "sort_step(-1)", "Sort by the column before", show=False),
        Binding("greater_than_sign", "sort_step(1)", "Sort by the next column", show=False),
        Binding("tilde", "sort_reverse", "Reverse the order", show=False),
    ]

    class Event(Message):
        """What all messages of a table carry: the table, and the key of the row at the cursor."""

        def __init__(self, table: LineTable, key: Key | None) -> None:
            super().__init__()
            self.table = table
            self.key = key

        @property
        def control(self) -> LineTable:
            """The table, for ``@on(…, "#id")``."""
            return self.table

    class Selected(Event):
        """A row was opened: enter or a double click."""

    class Highlighted(Event):
        """The cursor stands on another row."""

    class MarksChanged(Event):
        """Marks were set or taken away; see ``table.marks``."""

    class SortChanged(Event):
        """Rows are in another order; see ``table.sort``."""

    def __init__(
        self,
        columns: Sequence[Column],
        getter: Callable[[Key], Row],
        *,
        version: Callable[[Key], object] | None = None,
        sort_value: Callable[[Key, str], SortValue] | None = None,
        sort_version: Callable[[Key], object] | None = None,
        markable: bool = False,
        rests_first: bool = False,
        empty: Sequence[CellLike] = (),
        name: str | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(columns, empty=empty, name=name, id=id, classes=classes)
        self._getter = getter
        self._version = version
        self._sort_value = sort_value
        self._sort_version = sort_version or version
        self._markable = markable
        self._resting = rests_first
        self._given: list[Key] = []
        self._known: set[Key] = set()
        self._order: list[Key] = []
        self._strips: dict[Key, tuple[object, int, Strip]] = {}
        self._marks: set[Key] = set()
        self._cursor_key: Key | None = None
        self._sort: tuple[str, bool] | None = None
        self._tokens: dict[Key, tuple[object, tuple[int, object]]] = {}
        self._positions: dict[Key, int] = {}
        self._ranked: Ranked[Key] = Ranked()
        self._ranked_for: tuple[object, ...] = ()

    # ------------------------------------------------------------------ rows

    @property
    def row_count(self) -> int:
        """How many rows there are."""
        return len(self._order)

    @property
    def keys(self) -> Sequence[Key]:
        """All keys in the order they are shown."""
        return self._order

    @property
    def cursor_key(self) -> Key | None:
        """The key of the row the cursor stands on."""
        return self._cursor_key

    def visible_keys(self) -> list[Key]:
        """Keys of the rows on the screen."""
        return [self._order[index] for index in self.visible_range()]

    def set_rows(self, keys: Iterable[Key], changed: Iterable[Key] | None = None) -> None:
        """Say which rows there are, in their natural order; draws only lines that hold another row than before.

        ``changed``, where known, are the keys whose sort values may have moved: the others are not looked at.
        """
        given = list(keys)
        if given != self._given:
            gone = self._known.difference(given)
            self._given = given
            self._known = set(given)
            self._ranked_for = ()
            for key in gone:
                self._strips.pop(key, None)
                self._tokens.pop(key, None)
            if not gone.isdisjoint(self._marks):
                self._marks -= gone
                self.post_message(self.MarksChanged(self, self._cursor_key))
            self._reorder()
        self.pull(changed)

    def pull(self, changed: Iterable[Key] | None = None) -> None:
        """Draw the rows in sight whose version changed, and move rows whose sort value changed."""
        if self._version is None:
            return
        if self._sort is not None and self._tokens_changed(
            self._given if changed is None else changed, told=changed is not None
        ):
            self._reorder()
        for index in self.visible_range():
            key = self._order[index]
            drawn = self._strips.get(key)
            if drawn is not None and drawn[0] != self._version(key):
                self.refresh_row(index)

    def touch(self, keys: Iterable[Key] | None = None) -> None:
        """Rows changed (``None``: all of them); those in sight are drawn again."""
        changed = set(self._order if keys is None else keys)
        for key in changed:
            self._strips.pop(key, None)
        if self._sort is not None:
            for key in changed:
                self._tokens.pop(key, None)
            if self._tokens_changed(changed):
                self._reorder()
        for index in self.visible_range():
            if self._order[index] in changed:
                self.refresh_row(index)

    def forget_strips(self) -> None:
        """Styles or columns changed: nothing drawn before holds."""
        self._strips.clear()

    def row_strip(self, index: int, state: int) -> Strip:
        """The line of one row; made anew only where its version or state differs from what was drawn."""
        key = self._order[index]
        version = self._version(key) if self._version is not None else None
        kept = self._strips.get(key)
        if kept is not None and kept[0] == version and kept[1] == state:
            return kept[2]
        strip = self.make_strip(self._getter(key), state)
        if len(self._strips) >= _KEPT_STRIPS:
            self._strips.clear()
        self._strips[key] = (version, state, strip)
        return strip

    def row_state(self, index: int) -> int:
        """Cursor and mark of a row."""
        state = super().row_state(index)
        return state | MARKED if self._order[index] in self._marks else state

    # ------------------------------------------------------------------ order

    @property
    def sort(self) -> tuple[str, bool] | None:
        """(column key, descending), or ``None`` for the natural order."""
        return self._sort

    def sort_by(self, column: str | None, *, descending: bool = False) -> None:
        """Order by a column, or naturally with ``None``; the cursor stays on its row."""
        sort = None if column is None else (column, descending)
        if sort == self._sort:
            return
        if sort is None or self._sort is None or sort[0] != self._sort[0]:
            self._tokens.clear()
            self._ranked_for = ()
        self._sort = sort
        self._reorder()
        self.refresh_header()
        self.post_message(self.SortChanged(self, self._cursor_key))

    def toggle_sort(self, column: str) -> None:
        """Order by a column; once more turns it round; a third time gives the natural order back."""
        if self._sort is None or self._sort[0] != column:
            self.sort_by(column)
        elif not self._sort[1]:
            self.sort_by(column, descending=True)
        else:
            self.sort_by(None)

    def _tokens_changed(self, keys: Iterable[Key], *, told: bool = False) -> bool:
        """Look at sort values whose version moved, with ``told`` at all of them; true where one really differs."""
        if self._sort is None or self._sort_value is None:
            return False
        column = self._sort[0]
        changed = False
        for key in keys:
            if key not in self._known:
                continue
            version = self._sort_version(key) if self._sort_version is not None else None
            known = self._tokens.get(key)
            if not told and known is not None and known[0] == version:
                continue
            token = sort_token(self._sort_value(key, column))
            if known is None or known[1] != token:
                changed = True
                if self._ranked_for:
                    self._ranked.put(key, self._place(key, token))
            self._tokens[key] = (version, token)
        return changed

    def _reorder(self) -> None:
        before = self.visible_keys() if self._order else []
        index_before = self._cursor
        if self._sort is None or self._sort_value is None:
            self._order = list(self._given)
        else:
            self._order = self._sorted(self._sort)
        self._place_cursor(index_before)
        self.sync_size()
        self.reveal_cursor()
        self._refresh_moved(before)

    def _sorted(self, sort: tuple[str, bool]) -> list[Key]:
        """All keys in the order of the sorted column; only rows that moved are put anywhere."""
        if self._ranked_for != sort:
            tokens = self._tokens
            self._ranked_for = ()
            self._tokens_changed(key for key in self._given if key not in tokens)
            self._positions = {key: at for at, key in enumerate(self._given)}
            self._ranked_for = sort
            self._ranked.fill((key, self._place(key, tokens[key][1])) for key in self._given)
        order = self._ranked.order()
        return order[::-1] if sort[1] else order

    def _place(self, key: Key, token: tuple[int, object]) -> tuple[object, ...]:
        # Equal ones stay as they were given and unknown ones come last, also where the order is read from behind.
        if self._sort is None or not self._sort[1]:
            return token, self._positions[key]
        return (-1, ()) if token[0] == 2 else token, -self._positions[key]

    def _place_cursor(self, index_before: int) -> None:
        """The cursor stays on its key; where that is gone, on the row that took its place."""
        if not self._order:
            self._cursor = 0
            self._cursor_key = None
            return
        if self._resting:
            self._cursor = 0
            if self._cursor_key != self._order[0]:
                self._cursor_key = self._order[0]
                self.post_message(self.Highlighted(self, self._cursor_key))
            return
        try:
            self._cursor = self._order.index(self._cursor_key)
        except ValueError:
            self._cursor = min(index_before, len(self._order) - 1)
            self._cursor_key = self._order[self._cursor]
            self.post_message(self.Highlighted(self, self._cursor_key))

    def _refresh_moved(self, before: list[Key]) -> None:
        if not before or not self._order:
            self.refresh()
            return
        after = self.visible_keys()
        top = self.scroll_offset.y
        for at in range(max(len(before), len(after))):
            if before[at : at + 1] != after[at : at + 1]:
                self.refresh_row(top + at)
        # A row may have become the cursor's, or no longer be it, without moving.
        self.refresh_row(self._cursor)

    def header_title(self, column: Column, width: int) -> tuple[str, str]:
        """The sorted column's title carries an arrow, whatever the width."""
        if self._sort is not None and self._sort[0] == column.key:
            title = cut(column.title, width - 2)
            return f"{title} {'▼' if self._sort[1] else '▲'}", "line-view--sorted"
        return super().header_title(column, width)

    def header_clicked(self, column: Column) -> None:
        """A click on a title sorts by it."""
        if column.sortable and self._sort_value is not None:
            self.toggle_sort(column.key)

    def action_sort_step(self, step: int) -> None:
        """Sort by the next (or the previous) of the columns in sight."""
        shown = [place.column.key for place in self._layout_of_columns.placed if place.column.sortable]
        if self._sort_value is None or not shown:
            return
        if self._sort is None or self._sort[0] not in shown:
            self.sort_by(shown[0 if step > 0 else -1])
        else:
            self.sort_by(shown[(shown.index(self._sort[0]) + step) % len(shown)], descending=self._sort[1])

    def action_sort_reverse(self) -> None:
        """Turn the order of the sorted column round."""
        if self._sort is not None:
            self.sort_by(self._sort[0], descending=not self._sort[1])

    # ------------------------------------------------------------------ cursor and marks

    def set_cursor(self, index: int, *, by_user: bool = False) -> None:
        """Stand on another row; where a person chose it, the cursor stays with it from then on."""
        if by_user:
            self._resting = False
        super().set_cursor(index, by_user=by_user)

    def cursor_moved(self, by_user: bool) -> None:
        """The cursor's key follows its index."""
        if by_user:
            self._resting = False
        self._cursor_key = self._order[self._cursor] if self._order else None
        self.post_message(self.Highlighted(self, self._cursor_key))

    def select_key(self, key: Key) -> bool:
        """Put the cursor on a row; false where there is no such row."""
        try:
            index = self._order.index(key)
        except ValueError:
            return False
        self._resting = False
        self.set_cursor(index)
        return True

    def selected(self) -> None:
        """Tell the screen which row was opened."""
        self._resting = False
        self.post_message(self.Selected(self, self._cursor_key))

    @property
    def marks(self) -> frozenset[Key]:
        """Keys of the marked rows."""
        return frozenset(self._marks)

    def set_marks(self, keys: Iterable[Key]) -> None:
        """Mark exactly these rows."""
        marks = set(keys).intersection(self._order)
        changed = marks ^ self._marks
        if not changed:
            return
        self._marks = marks
        for index in self.visible_range():
            if self._order[index] in changed:
                self.refresh_row(index)
        self.post_message(self.MarksChanged(self, self._cursor_key))

    def action_toggle_mark(self) -> None:
        """Mark the cursor's row, or take its mark away, and go one row on."""
        if self._markable and self._cursor_key is not None:
            self.set_marks(self._marks ^ {self._cursor_key})
            self.action_cursor_down()

    def action_mark_all(self) -> None:
        """Mark every row; where all are marked, none."""
        if self._markable:
            self.set_marks(() if len(self._marks) == len(self._order) else self._order)
