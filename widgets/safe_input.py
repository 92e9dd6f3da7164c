"""Input and text area that can be given a station's text: what is typed stays as it is, what is drawn is harmless.

Textual draws the value of both as it is, escape sequences included. Escaping would move the cursor, so here every
character a terminal could obey is drawn as one visible sign: ``␛`` for ESC, ``�`` for anything that has no sign of its own.
"""

from __future__ import annotations

from rich.cells import get_character_cell_size
from rich.text import Text
from textual.widgets import Input, TextArea

from widgets.safe import safe_text

_SYMBOLS = 0x2400
"""The control pictures: ␀ for U+0000 and so on up to ␟ for U+001F."""


def _picture(char: str) -> str:
    point = ord(char)
    if point < 0x20:
        return chr(_SYMBOLS + point)
    return "␡" if point == 0x7F else "�"


def visible(text: str, *, keep_tabs: bool = False) -> str:
    """The text with every unsafe character replaced by one visible sign; never longer or shorter."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(char if _harmless(char) or (keep_tabs and char == "\t") else _picture(char) for char in text)


def _harmless(char: str) -> bool:
    # Marks without a width of their own would be drawn on a neighbour and move the cursor off its letter.
    return char.isprintable() and get_character_cell_size(char) > 0 and safe_text(char) == char


class SafeInput(Input):
    """An ``Input`` whose value may hold anything."""

    @property
    def _value(self) -> Text:
        """The value as it is drawn."""
        if self.password:
            return super()._value
        return Text(visible(self.value), no_wrap=True, overflow="ignore", end="")


class SafeTextArea(TextArea):
    """A ``TextArea`` whose text may hold anything."""

    def get_line(self, line_index: int) -> Text:
        """One line as it is drawn."""
        return Text(visible(self.document.get_line(line_index), keep_tabs=True), end="", no_wrap=True)
