"""The help page, made from the same table of orders as the keys, the command line and the API."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Final

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from console.engine.orders.table import help_lines
from console.screens.base import Section, key_label
from console.screens.commands import WORDS
from widgets.format import wrap_words
from widgets.safe import fit, safe_content

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
    ("y", "copy: the identity, the transaction's id, both frames, the path (also over SSH)"),
    ("q", "the URL as a QR code, full screen"),
    ("f2", "save a screenshot"),
    ("^q", "quit"),
)

# What the footer says in a word, for want of room.
IN_FULL: Final = {
    "accept": "accept the station: it may charge",
    "add image": "offer a firmware image",
    "all": "all attempts again",
    "before": "the message before it",
    "close by hand": "close a session whose station never came back to end it",
    "connector": "the next connector's chart",
    "delete": "delete the file, after a question",
    "edit & send": "edit the call, and send it again",
    "export": "write what the filter finds to a file: .csv or .jsonl",
    "its messages": "every message of it",
    "mark": "mark the message; is:marked finds it again",
    "marked ones": "all marked messages, or all again",
    "message": "the message that raised it",
    "newest": "go to the newest message, and follow",
    "next": "the message after it",
    "next of station": "the next message of its station",
    "next of tx": "the next message of its transaction",
    "raw/tree": "as sent, or as a tree",
    "refuse": "refuse the station",
    "refused only": "refused attempts only",
    "session": "its session",
    "show secrets": "show passwords and keys in it",
    "station": "its station",
    "take note": "take note of it, with a word why",
    "unmark": "take the mark away",
}

_LEFT = 34  # cells that the column of keys and words takes at most
_GAP = 3


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
        room = max(20, width - 7)
        parts: list[Content] = []
        own = [] if self._section is None else _own_keys(self._section)
        if self._section is not None and own:
            parts += [_heading(self._section.title), _table(own, width), Content("")]
        parts += [_heading("Everywhere"), _table(EVERYWHERE, width), Content(""), _heading("Orders")]
        for key, usage, text, done in help_lines():
            first, *more = wrap_words(usage, room)
            parts.append(Content.assemble((f"  {key:<3}", "bold $text-accent"), (first, "bold")))
            parts += [safe_content(f"       {line}", "bold") for line in more]
            parts += [safe_content(f"     {line}") for line in wrap_words(text, room)]
            parts += [safe_content(f"     {line}", "$text-muted") for line in wrap_words(f"done when: {done}", room)]
        parts += [Content(""), _heading("Commands (:)"), _table([(word.name, word.text) for word in WORDS], width)]
        terms = [] if self._section is None else self._section.filter_help()
        if self._section is not None and terms:
            parts += [Content(""), _heading(f"Filter of {self._section.title} (/)"), _table(terms, width)]
        parts += [Content(""), _heading("Filter of messages (/)"), _table(_filters(), width)]
        return Content("\n").join(parts)

    def action_leave(self) -> None:
        """Close."""
        self.dismiss()

    def action_scroll(self, step: int) -> None:
        """A line down or up."""
        scroll: Widget = self.query_one(VerticalScroll)
        scroll.scroll_relative(y=step, animate=False)


def _own_keys(section: Section) -> list[tuple[str, str]]:
    """The keys of a section, without those that are the same everywhere."""
    everywhere = {key for keys, _ in EVERYWHERE for key in keys.split()}
    hints = {key_label(hint.key): hint.word for hint in (*section.hints(), *section.sometimes())}
    return [(key, IN_FULL.get(word, word)) for key, word in hints.items() if key == "enter" or key not in everywhere]


def _filters() -> list[tuple[str, str]]:
    from console.engine.filter import describe_fields

    return [(one.example, one.meaning) for one in describe_fields()]


def _heading(text: str) -> Content:
    return safe_content(text, "bold underline")


def _table(rows: Sequence[tuple[str, str]], width: int) -> Content:
    """Two columns, the first as wide as it must be; what is long in the second stays within it."""
    lines: list[Content] = []
    left_width = min(_LEFT, max(cell_len(left) for left, _ in rows) + _GAP)
    for left, right in rows:
        pieces = wrap_words(right, max(20, width - left_width - 2))
        if cell_len(left) >= left_width:
            pieces = ["", *pieces]  # what is too long for its column has a line of its own
        else:
            left = fit(left, left_width)
        lines.append(Content.assemble((f"  {left}", "bold $text-accent"), pieces[0]))
        lines += [safe_content(" " * (left_width + 2) + piece) for piece in pieces[1:]]
    return Content("\n").join(lines)
