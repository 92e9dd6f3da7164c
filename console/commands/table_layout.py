"""How a table for people is laid out: aligned, as wide as the terminal, and free of whatever a station put into its texts.

Where room is short, times lose their year; columns in which nothing stands go, then those that matter least, then texts
are cut.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from widgets.format import NOTHING
from widgets.safe import cut, safe_text

Row = Mapping[str, Any]

_PIPE_WIDTH = 200  # of a table that goes to a file or another program, where COLUMNS does not say
_CELL_CHARS = 300
_GAP = "  "
_LEAST_FLEXIBLE = 8
_LEAST = 3
_MOST = 48  # of a column that does not give way, where room is short: the longest identity


class Column(NamedTuple):
    """A column: its heading, how a cell is made, whether it stands right, and whether its texts are cut where room is short.

    ``least``: cells that its texts need at least, where they are cut. ``leaves``: 0 stays whatever happens; of the others
    the highest is left out first. ``narrow``: a shorter cell.
    """

    title: str
    cell: Callable[[Row], str]
    right: bool = False
    flexible: bool = False
    leaves: int = 0
    narrow: Callable[[Row], str] | None = None
    least: int = _LEAST_FLEXIBLE


def print_table(columns: Sequence[Column], rows: Iterable[Row], *, empty: str) -> None:
    """Print rows; where there are none, the sentence ``empty``."""
    every = list(rows)
    if not every:
        print(empty, file=sys.stderr)
        return
    screen = console()
    cells = [_cells(one, every, narrow=False) for one in columns]
    if _wide(cells) > screen.width:
        cells = [_cells(one, every, narrow=True) for one in columns]
    natural = [max(map(cell_len, texts)) for texts in cells]
    kept = list(range(len(columns)))
    if _wide(cells) > screen.width:
        # One long name must not take the room of every other column.
        natural = [one if column.flexible else min(one, _MOST) for one, column in zip(natural, columns, strict=True)]
        kept = _kept(columns, cells, natural, screen.width)
    widths = fitted([natural[at] for at in kept], [columns[at].flexible for at in kept], screen.width)
    for number in range(len(every) + 1):
        text = _GAP.join(
            _padded(cells[at][number], width, right=columns[at].right) for at, width in zip(kept, widths, strict=True)
        )
        screen.print(Text(text.rstrip(), style="bold" if not number else ""), no_wrap=True, crop=True, overflow="crop")


def _cells(column: Column, rows: Sequence[Row], *, narrow: bool) -> list[str]:
    """The heading and every cell of a column."""
    cell = column.narrow if narrow and column.narrow is not None else column.cell
    return [column.title, *(safe_text(cell(row), max_chars=_CELL_CHARS) for row in rows)]


def _wide(cells: Sequence[Sequence[str]]) -> int:
    return sum(max(map(cell_len, texts)) for texts in cells) + len(_GAP) * (len(cells) - 1)


def _kept(columns: Sequence[Column], cells: Sequence[Sequence[str]], natural: Sequence[int], width: int) -> list[int]:
    """Which columns are shown: while there is no room, empty ones are left out, then those that matter least."""
    kept = list(range(len(columns)))

    def leaves(at: int) -> tuple[bool, int, int]:
        empty = all(text in ("", NOTHING) for text in cells[at][1:])
        return empty, columns[at].leaves, at

    while True:
        least = [min(natural[at], columns[at].least) if columns[at].flexible else natural[at] for at in kept]
        may = [at for at in kept if columns[at].leaves]
        if not may or sum(least) + len(_GAP) * (len(kept) - 1) <= width:
            return kept
        kept.remove(max(may, key=leaves))


def fitted(natural: Sequence[int], flexible: Sequence[bool], width: int) -> list[int]:
    """Widths that fit: flexible columns give way first, the widest before the others, then every column does."""
    widths = list(natural)
    room = width - len(_GAP) * (len(widths) - 1)
    for least, may in ((_LEAST_FLEXIBLE, flexible), (_LEAST, [True] * len(widths))):
        while sum(widths) > room:
            wide = [at for at, width_ in enumerate(widths) if may[at] and width_ > least]
            if not wide:
                break
            widest = max(wide, key=lambda at: widths[at])
            # Down to the second widest at once, so that this takes a few steps and not one a cell.
            others = [widths[at] for at in wide if at != widest]
            floor = max(least, max(others, default=least) - 1)
            widths[widest] = max(floor, widths[widest] - (sum(widths) - room))
    return widths


def _padded(text: str, width: int, *, right: bool) -> str:
    shown = cut(text, width)
    space = " " * max(0, width - cell_len(shown))
    return space + shown if right else shown + space


class _Plain(Console):
    def on_broken_pipe(self) -> None:
        """Who reads has seen enough: that is no failure, as it is none of ``--json`` (``console.cli``)."""
        raise BrokenPipeError


def console() -> Console:
    """Standard output; plain where NO_COLOR is set or nobody looks."""
    columns = os.environ.get("COLUMNS", "")
    width = int(columns) if columns.isdigit() and int(columns) > 0 else None if sys.stdout.isatty() else _PIPE_WIDTH
    return _Plain(file=sys.stdout, highlight=False, markup=False, emoji=False, width=width)
