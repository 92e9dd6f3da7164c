"""Columns of a live table or log: which fit, how wide each is, and how a row becomes text of that width."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from rich.cells import cell_len

from widgets.safe import Align, cut, safe_text


class Cell(NamedTuple):
    """Text with a style; the text is made safe when it is drawn.

    ``style`` is words parted by spaces: one tone of ``widgets.tone`` (``ok``, ``busy``, ``warn``, ``bad``, ``idle``,
    ``muted``, ``accent``) and any of ``bold``, ``italic``, ``underline``, ``reverse``, ``strike``.
    """

    text: str
    style: str = ""


CellLike = str | Cell | list[Cell] | None
"""A cell is plain text, styled text, or a list of styled pieces that stand side by side."""

Row = Sequence[CellLike]
"""The cells of one row, in the order of the columns."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    It is ``width`` cells wide where there is room, never narrower than ``min_width``; spare room goes to columns with a
    ``weight``, in proportion, up to ``max_width``. ``priority`` 0 is never folded away; of the others the largest goes
    first when the screen is narrow.
    """

    key: str
    title: str
    width: int = 10
    min_width: int = 4
    max_width: int | None = None
    align: Align = "left"
    weight: int = 0
    priority: int = 0
    sortable: bool = True


class Placed(NamedTuple):
    """A column that is shown: its place among all columns, where it begins, and how wide it is, in cells."""

    column: Column
    at: int
    x: int
    width: int


class Layout(NamedTuple):
    """The columns that are shown, from left to right, and the width of a whole row in cells."""

    placed: tuple[Placed, ...]
    width: int
    gap: int

    def column_at(self, x: int) -> Column | None:
        """The column under cell ``x`` of a row; the gap belongs to the column on its left."""
        for place in reversed(self.placed):
            if x >= place.x:
                return place.column
        return None


WIDE_SCREEN = 110
"""From here on columns stand two cells apart."""


def lay_out(columns: Sequence[Column], available: int, *, gutter: int = 1) -> Layout:
    """Choose and size the columns for ``available`` cells.

    Columns fold away by priority until the least widths fit; one that fits all the same, beside what the others want, stays.
    What can not be folded stays even where it does not fit: the row is then wider than ``available`` and the widget
    scrolls sideways.
    """
    gap = 2 if available >= WIDE_SCREEN else 1
    shown = list(enumerate(columns))

    def least() -> int:
        return gutter + sum(column.min_width for _, column in shown) + gap * max(0, len(shown) - 1)

    def wanted() -> int:
        return least() + sum(max(column.width - column.min_width, 0) for _, column in shown)

    folded: list[tuple[int, Column]] = []
    while least() > available:
        foldable = [item for item in shown if item[1].priority > 0]
        if not foldable:
            break
        # Of two columns equally dispensable the one further right goes.
        folded.append(max(foldable, key=lambda item: (item[1].priority, item[0])))
        shown.remove(folded[-1])
    for item in reversed(folded):
        # The last one that went may have been wide: where it leaves more than the others want, a narrow one stays.
        if wanted() + gap + item[1].min_width <= available:
            shown = sorted([*shown, item], key=lambda one: one[0])

    spare = available - least()
    widths = [column.min_width for _, column in shown]
    # First towards the width each column asks for, the most needed first; then the rest to those that stretch.
    for at in sorted(range(len(shown)), key=lambda at: (shown[at][1].priority, at)):
        wish = min(max(shown[at][1].width - widths[at], 0), max(spare, 0))
        widths[at] += wish
        spare -= wish
    _stretch(shown, widths, spare)

    placed: list[Placed] = []
    x = gutter
    for (index, column), width in zip(shown, widths, strict=True):
        placed.append(Placed(column, index, x, width))
        x += width + gap
    return Layout(tuple(placed), max(x - gap, gutter, available), gap)


def fitted(columns: Sequence[Column], needs: Mapping[str, int]) -> tuple[Column, ...]:
    """Columns that want no more than their content needs (cells by column key): what they leave goes to the others.

    A column keeps room for its title with the sign of the order, and never asks for more than it did.
    """
    made: list[Column] = []
    for column in columns:
        need = needs.get(column.key)
        if need is not None:
            need = max(need, cell_len(column.title) + 2)
            most = need if column.max_width is None else min(need, column.max_width)
            least = min(column.min_width, most)
            column = replace(column, width=most, min_width=least, max_width=most)
        made.append(column)
    return tuple(made)


def _stretch(shown: list[tuple[int, Column]], widths: list[int], spare: int) -> None:
    growing = [at for at, (_, column) in enumerate(shown) if column.weight > 0]
    while spare > 0 and growing:
        total = sum(shown[at][1].weight for at in growing)
        share = max(1, spare // total)
        for at in list(growing):
            column = shown[at][1]
            room = spare if column.max_width is None else column.max_width - widths[at]
            step = min(share * column.weight, room, spare)
            if step <= 0:
                growing.remove(at)
                continue
            widths[at] += step
            spare -= step


Piece = tuple[str, str]
"""Text that is safe and cut to size, and the name of its style."""


def cell_pieces(cell: CellLike, width: int, align: Align) -> list[Piece]:
    """One cell as pieces that are together exactly ``width`` cells wide."""
    if isinstance(cell, Cell):
        pieces, used = _one(cell.text, cell.style, width)
    elif isinstance(cell, list):
        pieces, used = [], 0
        for part in cell:
            more, size = _one(part.text, part.style, width - used)
            pieces += more
            used += size
            if used >= width:
                break
    else:
        pieces, used = _one(cell, "", width)
    pad = width - used
    if pad > 0:
        if align == "left":
            pieces.append((" " * pad, ""))
        elif align == "right":
            pieces.insert(0, (" " * pad, ""))
        else:
            pieces.insert(0, (" " * (pad // 2), ""))
            pieces.append((" " * (pad - pad // 2), ""))
    return pieces


def _one(value: str | None, style: str, width: int) -> tuple[list[Piece], int]:
    if width <= 0 or not value:
        return [], 0
    # A cell is never wider than this many characters, so a megabyte is not looked at for eighty cells.
    text = safe_text(value, max_chars=width * 4 + 16)
    text = cut(text, width)
    return [(text, style)], len(text) if text.isascii() else cell_len(text)
