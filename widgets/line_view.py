"""The base of every live table and log: a header that stays, lines that are drawn only when they changed.

Textual's DataTable repaints every visible cell for one change; here a line is a ``Strip`` made on demand, and only lines
marked with ``refresh(Region)`` are asked for again. Subclasses say how many rows there are and what a row is.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.strip import Strip

from widgets.columns import Cell, CellLike, Column, Layout, Row, cell_pieces, lay_out
from widgets.line_styles import CURSOR, MARKED, PLAIN, StyledLines


class LineView(StyledLines, can_focus=True):
    """Rows under a fixed header, with a cursor; subclasses own the rows."""

    ALLOW_SELECT = False
    HEADER_LINES = 1
    FOOTER_LINES = 0

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "cursor_up", "Up", show=False),
        Binding("down,j", "cursor_down", "Down", show=False),
        Binding("pageup", "page_up", "Page up", show=False),
        Binding("pagedown", "page_down", "Page down", show=False),
        Binding("home,g", "cursor_first", "First", show=False),
        Binding("end,G", "cursor_last", "Last", show=False),
        Binding("left", "sideways(-8)", "Left", show=False),
        Binding("right", "sideways(8)", "Right", show=False),
        Binding("enter", "select", "Open", show=False),
    ]

    def __init__(
        self,
        columns: Sequence[Column],
        *,
        empty: Sequence[CellLike] = (),
        name: str | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self._columns: tuple[Column, ...] = tuple(columns)
        self._empty: tuple[CellLike, ...] = tuple(empty)
        self._layout_of_columns: Layout = lay_out(self._columns, 80)
        self._cursor = 0

    # ------------------------------------------------------------------ what a subclass says

    @property
    @abstractmethod
    def row_count(self) -> int:
        """How many rows can be scrolled to."""

    @abstractmethod
    def row_strip(self, index: int, state: int) -> Strip:
        """The line of one row, at the full width of the layout, in one state."""

    def row_state(self, index: int) -> int:
        """The state bits of a row."""
        return CURSOR if index == self._cursor else PLAIN

    def header_title(self, column: Column, width: int) -> tuple[str, str]:
        """The title of a column, for a width in cells, and the component class it is drawn in."""
        return column.title, "line-view--header"

    def footer_strip(self, width: int) -> Strip:
        """The line under the rows, where there is one."""
        return Strip.blank(width, self.base_style)

    def cursor_moved(self, by_user: bool) -> None:
        """The cursor stands on another row."""

    def selected(self) -> None:
        """The cursor's row was opened."""

    def header_clicked(self, column: Column) -> None:
        """A column's title was clicked."""

    def footer_clicked(self) -> None:
        """The line under the rows was clicked."""

    # ------------------------------------------------------------------ columns and sizes

    @property
    def columns(self) -> tuple[Column, ...]:
        """All columns, shown or folded away."""
        return self._columns

    def column_width(self, key: str) -> int:
        """Cells that a column has now; 0 where it is folded away."""
        return next((place.width for place in self._layout_of_columns.placed if place.column.key == key), 0)

    def set_columns(self, columns: Sequence[Column]) -> None:
        """Show other columns; the rows' getter must answer in the new order."""
        self._columns = tuple(columns)
        self.relayout()

    def set_empty(self, lines: Sequence[CellLike]) -> None:
        """What stands in the middle while there are no rows: say what to do next."""
        if tuple(lines) != self._empty:
            self._empty = tuple(lines)
            if not self.row_count:
                self.refresh()

    def relayout(self) -> None:
        """Choose the columns anew for the present width and draw everything."""
        self._layout_of_columns = lay_out(self._columns, self.view_size.width)
        self._style_of.clear()
        self.forget_strips()
        self.sync_size()
        self.refresh()

    def sync_size(self) -> None:
        """Tell Textual how much there is to scroll over."""
        size = Size(self._layout_of_columns.width, self.row_count + self.HEADER_LINES + self.FOOTER_LINES)
        if size != self.virtual_size:
            self.virtual_size = size
            self._clamp_target()

    def _clamp_target(self) -> None:
        # Textual clamps where one is, not where one was going: the wheel would first have to turn back the difference.
        self.scroll_target_y = min(self.scroll_target_y, self.max_scroll_y)

    @property
    def view_size(self) -> Size:
        """The cells that rows, header and footer are drawn in: the widget without its scroll bars."""
        width, height = self.size
        return Size(max(0, width - self.scrollbar_size_vertical), max(0, height - self.scrollbar_size_horizontal))

    @property
    def page_size(self) -> int:
        """Rows that are visible at once, at least 1."""
        return max(1, self.view_size.height - self.HEADER_LINES - self.FOOTER_LINES)

    def visible_range(self) -> range:
        """Indices of the rows on the screen."""
        top = self.scroll_offset.y
        return range(max(0, top), max(0, min(self.row_count, top + self.page_size)))

    def on_resize(self, event: events.Resize) -> None:
        """Other width, other columns; the cursor stays in sight."""
        self.relayout()
        self.reveal_cursor()
        self._clamp_target()

    def on_focus(self) -> None:
        """The cursor bar is stronger where keys go."""
        self._redraw_cursor()

    def on_blur(self) -> None:
        """The cursor bar is weaker where keys do not go."""
        self._redraw_cursor()

    def _redraw_cursor(self) -> None:
        self._style_of.clear()
        self.forget_strips()
        self.refresh_row(self._cursor)

    # ------------------------------------------------------------------ drawing

    def make_strip(self, row: Row, state: int) -> Strip:
        """A row's cells as one line of the layout's width."""
        base = self.style_for(state, "")
        layout = self._layout_of_columns
        mark = state & MARKED
        segments = [Segment("◆", self.style_for(state, "accent bold")) if mark else Segment(" ", base)]
        x = 1
        for place in layout.placed:
            if place.x > x:
                segments.append(Segment(" " * (place.x - x), base))
            cell = row[place.at] if place.at < len(row) else None
            for text, words in cell_pieces(cell, place.width, place.column.align):
                segments.append(Segment(text, self.style_for(state, words) if words else base))
            x = place.x + place.width
        if x < layout.width:
            segments.append(Segment(" " * (layout.width - x), base))
        return Strip(segments, max(layout.width, x))

    def _header_strip(self) -> Strip:
        base = self.component("line-view--header")
        layout = self._layout_of_columns
        segments = [Segment(" ", base)]
        x = 1
        for place in layout.placed:
            title, component = self.header_title(place.column, place.width)
            segments.append(Segment(" " * (place.x - x), base))
            style = self.component(component)
            segments.extend(
                Segment(text, style) for text, _ in cell_pieces(title, place.width, place.column.align) if text
            )
            x = place.x + place.width
        segments.append(Segment(" " * max(0, layout.width - x), base))
        return Strip([segment for segment in segments if segment.text], max(layout.width, x))

    def _empty_strip(self, y: int, width: int) -> Strip:
        first = max(0, (self.page_size - len(self._empty)) // 2)
        if not first <= y < first + len(self._empty):
            return Strip.blank(width, self.base_style)
        cell = self._empty[y - first]
        pieces = cell_pieces(cell if cell is not None else Cell(""), width, "center")
        return Strip([Segment(text, self.style_for(PLAIN, words)) for text, words in pieces if text], width)

    def render_line(self, y: int) -> Strip:
        """One line of the widget: header, row, footer or the text of an empty view."""
        width = self.view_size.width
        scroll_x, scroll_y = self.scroll_offset
        if y < self.HEADER_LINES:
            strip = self._header_strip()
        elif y >= self.view_size.height - self.FOOTER_LINES:
            return self.footer_strip(width)
        elif not self.row_count:
            return self._empty_strip(y - self.HEADER_LINES, width)
        else:
            index = scroll_y + y - self.HEADER_LINES
            if index >= self.row_count:
                return Strip.blank(width, self.base_style)
            strip = self.row_strip(index, self.row_state(index))
        if scroll_x or strip.cell_length != width:
            return strip.crop_extend(scroll_x, scroll_x + width, self.base_style)
        return strip

    def refresh_row(self, index: int) -> None:
        """Draw one row again, if it is on the screen."""
        y = index - self.scroll_offset.y
        if 0 <= y < self.page_size:
            self.refresh(Region(0, y + self.HEADER_LINES, self.view_size.width, 1))

    def refresh_header(self) -> None:
        """Draw the titles again."""
        self.refresh(Region(0, 0, self.view_size.width, self.HEADER_LINES))

    def refresh_footer(self) -> None:
        """Draw the line under the rows again."""
        self.refresh(Region(0, self.view_size.height - self.FOOTER_LINES, self.view_size.width, self.FOOTER_LINES))

    # ------------------------------------------------------------------ cursor

    def set_cursor(self, index: int, *, by_user: bool = False) -> None:
        """Stand on another row; only the two rows concerned are drawn again."""
        index = max(0, min(index, self.row_count - 1))
        if index != self._cursor:
            before, self._cursor = self._cursor, index
            self.refresh_row(before)
            self.refresh_row(index)
            self.cursor_moved(by_user)
        self.reveal_cursor()

    def reveal_cursor(self) -> None:
        """Scroll by as little as brings the cursor into sight."""
        top = self.scroll_offset.y
        if self._cursor < top:
            self.scroll_rows_to(self._cursor)
        elif self._cursor >= top + self.page_size:
            self.scroll_rows_to(self._cursor - self.page_size + 1)

    def scroll_rows_to(self, top: int) -> None:
        """Make ``top`` the first row in sight, at once."""
        # force: a scroll bar that is about to appear is not there before the next layout.
        top = max(0, min(top, self.max_scroll_y))
        self.scroll_to(y=top, animate=False, immediate=True, force=True)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Wheel and scroll bar take the cursor along: what enter opens is always in sight."""
        super().watch_scroll_y(old_value, new_value)
        # Textual tells the bar only while it is shown: one that comes with the next layout would stand at the top.
        self.vertical_scrollbar.position = new_value
        visible = self.visible_range()
        if visible and self._cursor not in visible:
            self._cursor = visible[0] if self._cursor < visible[0] else visible[-1]
            self.refresh_row(self._cursor)
            self.cursor_moved(True)

    def action_cursor_up(self) -> None:
        """One row up."""
        self.set_cursor(self._cursor - 1, by_user=True)

    def action_cursor_down(self) -> None:
        """One row down."""
        self.set_cursor(self._cursor + 1, by_user=True)

    def action_page_up(self) -> None:
        """One page up."""
        self.set_cursor(self._cursor - self.page_size, by_user=True)

    def action_page_down(self) -> None:
        """One page down."""
        self.set_cursor(self._cursor + self.page_size, by_user=True)

    def action_cursor_first(self) -> None:
        """To the first row."""
        self.set_cursor(0, by_user=True)

    def action_cursor_last(self) -> None:
        """To the last row."""
        self.set_cursor(self.row_count - 1, by_user=True)

    def action_sideways(self, cells: int) -> None:
        """Scroll sideways, where columns do not fit."""
        self.scroll_to(x=self.scroll_offset.x + cells, animate=False, immediate=True)

    def action_select(self) -> None:
        """Open the cursor's row."""
        if self.row_count:
            self.selected()

    def on_click(self, event: events.Click) -> None:
        """A click moves the cursor, a second one opens the row; a click on a title sorts."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        if offset.y < self.HEADER_LINES:
            column = self._layout_of_columns.column_at(offset.x + self.scroll_offset.x)
            if column is not None:
                self.header_clicked(column)
        elif offset.y >= self.view_size.height - self.FOOTER_LINES:
            self.footer_clicked()
        else:
            index = self.scroll_offset.y + offset.y - self.HEADER_LINES
            if index < self.row_count:
                self.set_cursor(index, by_user=True)
                if event.chain == 2:
                    self.selected()
