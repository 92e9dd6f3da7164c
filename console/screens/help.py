"""The help page, made from the same table of orders as the keys, the command line and the API."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from console.engine.orders.table import help_lines
from console.screens.base import Section, key_label
from console.screens.commands import WORDS
from widgets.safe import safe_content

if TYPE_CHECKING:
    from textual.widget import Widget

EVERYWHERE: Final = (
    ("1 … 6", "sections"),
    ("enter · esc", "open · back"),
    ("j k g G", "down, up, first, last; arrows and pages too"),
    ("/", "filter what is shown"),
    (":", "commands: orders, sections, filter …; tab completes"),
    ("^p", "palette: everything by its name"),
    ("space", "mark a station; every order then goes to all marked ones"),
    ("^a", "mark all, or none"),
    ("< > ~", "sort by another column; turn the order round"),
    ("o", "orders given and how far they are"),
    ("p", "pause the picture; nothing is lost"),
    ("y", "copy (also over SSH)"),
    ("q", "the URL as a QR code, full screen"),
    ("f2", "save a screenshot"),
    ("^q", "quit"),
)


_LEFT = 28  # cells of the column of keys and words


class HelpScreen(ModalScreen[None]):
    """Keys of what is shown, keys everywhere, orders, commands, filters."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,q,f1", "leave", "Close", show=False),
        Binding("j", "scroll(1)", "Down", show=False),
        Binding("k", "scroll(-1)", "Up", show=False),
    ]

    def __init__(self, section: Section | None) -> None:
        super().__init__(classes="dialog-screen")
        self._section = section

    def compose(self) -> ComposeResult:
        """One page that scrolls."""
        with Vertical(classes="dialog -tall") as dialog:
            dialog.border_title = Content("Help")
            with VerticalScroll():
                yield Static(self._text(), markup=False)
            yield Static("↑↓ scroll · esc close", classes="keys", markup=False)

    def _text(self) -> Content:
        width = min(90, int(self.app.size.width * 0.96)) - 8
        parts: list[Content] = []
        if self._section is not None:
            hints = [(key_label(hint.key), hint.word) for hint in self._section.hints()]
            if hints:
                parts += [_heading(self._section.title), _table(hints, width)]
        parts += [_heading("Everywhere"), _table(EVERYWHERE, width), _heading("Orders")]
        for key, usage, text, done in help_lines():
            parts.append(
                Content.assemble(
                    (f"  {key or ' ':<3}", "bold $text-accent"),
                    (usage, "bold"),
                    "\n       ",
                    text,
                    (f"\n       done when: {done}", "$text-muted"),
                )
            )
        parts += [_heading("Commands (:)"), _table(((word.name, word.text) for word in WORDS), width)]
        parts += [_heading("Filter of messages (/)"), _table(_filters(), width)]
        return Content("\n").join(parts)

    def action_leave(self) -> None:
        """Close."""
        self.dismiss()

    def action_scroll(self, step: int) -> None:
        """A line down or up."""
        scroll: Widget = self.query_one(VerticalScroll)
        scroll.scroll_relative(y=step, animate=False)


def _filters() -> Iterable[tuple[str, str]]:
    from console.engine.filter import describe_fields

    return [(one.example, one.meaning) for one in describe_fields()]


def _heading(text: str) -> Content:
    return Content("\n") + safe_content(text, "bold underline")


def _table(rows: Iterable[tuple[str, str]], width: int) -> Content:
    """Two columns; what is long in the second stays within it."""
    lines: list[Content] = []
    for left, right in rows:
        pieces = textwrap.wrap(right, max(20, width - _LEFT)) or [""]
        lines.append(Content.assemble((f"  {left:<{_LEFT - 2}}", "bold $text-accent"), pieces[0]))
        lines += [safe_content(" " * _LEFT + piece) for piece in pieces[1:]]
    return Content("\n").join(lines)
