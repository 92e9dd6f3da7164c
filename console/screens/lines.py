"""Text of several lines that changes often: drawn where it differs, laid out again only where it grows or shrinks."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.widgets import Static


class Lines(Static):
    """A ``Static`` for facts: ``set_lines`` costs nothing where they are the same.

    ``Static.update`` lays the whole screen out each time; here only where the number of lines differs.
    """

    DEFAULT_CSS = """
    Lines { height: auto; }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__("", id=id, classes=classes, markup=False)
        self._drawn: list[Content] = []

    def set_lines(self, lines: Sequence[Content]) -> None:
        """Show these lines, one below the other; they are wrapped where they do not fit."""
        fresh = list(lines)
        same = len(fresh) == len(self._drawn)
        if same and all(one.is_same(other) for one, other in zip(fresh, self._drawn, strict=True)):
            return
        width = self.size.width
        # A line that wraps may need another row without there being another line.
        wraps = any(one.cell_length > width for one in (*fresh, *self._drawn))
        self._drawn = fresh
        self.update(Content("\n").join(fresh), layout=not same or wraps)
