"""A pane of sentences below a table: what the row at the cursor means, label by label."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from widgets.safe import safe_text
from widgets.tone import tone_style

Line = tuple[str, str, str]
"""A label (may be empty), a text that is made safe here, and words of its style: a tone, ``bold``."""

_LABEL = 13
_LONGEST = 800


class Told(VerticalScroll):
    """Lines of label and text; gone while there are none. Drawn only where a line has changed."""

    DEFAULT_CSS = """
    Told { height: auto; max-height: 50%; background: $panel; padding: 0 1; }
    Told Static { height: auto; }
    Told.-nothing { display: none; }
    """

    can_focus = False

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, classes="-nothing")
        self._lines: list[Line] = []

    def compose(self) -> ComposeResult:
        """The text."""
        yield Static("", markup=False)

    def show(self, lines: Sequence[Line]) -> None:
        """Say these lines."""
        told = list(lines)
        if told == self._lines:
            return
        self._lines = told
        self.set_class(not told, "-nothing")
        pieces: list[tuple[str, str]] = []
        for label, text, style in told:
            if label:
                pieces.append((label.ljust(_LABEL), "$text-muted"))
            pieces += [(safe_text(text, max_chars=_LONGEST), _style(style)), ("\n", "")]
        self.query_one(Static).update(Content.assemble(*pieces[:-1]))


def _style(words: str) -> str:
    return " ".join(tone_style(word) or word for word in words.split())


def plain(lines: Sequence[Line]) -> str:
    """The lines as text, for the clipboard."""
    return "\n".join(f"{label}: {text}" if label else text for label, text, _ in lines)
