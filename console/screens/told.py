"""A pane of sentences below a table: what the row at the cursor means, label by label."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from widgets.format import wrap_words
from widgets.safe import safe_text
from widgets.sized import Sized
from widgets.tone import tone_style

Line = tuple[str, str, str]
"""A label (may be empty), a text that is made safe here, and words of its style: a tone, ``bold``."""

_LABEL = 13
_LONGEST = 800


class Told(Sized, VerticalScroll):
    """Lines of label and text; gone while there are none. Drawn only where a line or the width has changed."""

    DEFAULT_CSS = """
    Told { height: auto; max-height: 50%; background: $panel; padding: 0 1; scrollbar-size-vertical: 1; }
    Told Static { height: auto; }
    Told.-nothing { display: none; }
    """

    can_focus = False

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, classes="-nothing")
        self._lines: list[Line] = []
        self._drawn: tuple[list[Line], int] | None = None

    def compose(self) -> ComposeResult:
        """The text."""
        yield Static("", markup=False)

    def show(self, lines: Sequence[Line]) -> None:
        """Say these lines."""
        self._lines = list(lines)
        self._draw()

    def on_resize(self) -> None:
        """Another width: the lines are broken anew."""
        self._draw()

    def _draw(self) -> None:
        # Before the first layout there is no width: the resize that follows draws it right.
        width = max(20, (self.size.width or self.app.size.width) - 3)
        if self._drawn == (self._lines, width):
            return
        self._drawn = (self._lines, width)
        self.set_class(not self._lines, "-nothing")
        pieces: list[tuple[str, str]] = []
        for label, text, style in self._lines:
            indent = _LABEL if label else 0
            for at, line in enumerate(wrap_words(safe_text(text, max_chars=_LONGEST), width - indent)):
                if indent:
                    pieces.append(((label if at == 0 else "").ljust(_LABEL), tone_style("muted")))
                pieces += [(line, _style(style)), ("\n", "")]
        self.query_one(Static).update(Content.assemble(*pieces[:-1]))


def _style(words: str) -> str:
    return " ".join(tone_style(word) or word for word in words.split())


def plain(lines: Sequence[Line]) -> str:
    """The lines as text, for the clipboard."""
    return "\n".join(f"{label}: {text}" if label else text for label, text, _ in lines)
