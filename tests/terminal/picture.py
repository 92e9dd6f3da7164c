"""A terminal that knows only what Textual says to it, and calls everything else a fault.

Textual paints by one grammar: go to a place, open a style, text, close the style. Between its runs of text there are a
few sequences that it says when it begins, ends or copies. A terminal that accepts nothing more notices whatever a
station smuggles into a text, even sequences that Textual could have said itself: within a style there is only text.
Widths are Unicode's own (``unicodedata``), not Rich's, so that a line that Rich believes to fit is measured by another.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections import Counter
from typing import Final

# What begins and ends a program that draws on the whole screen, and how Textual asks what the terminal can do.
PLAIN: Final = {
    *(f"\x1b[?{mode}{way}" for mode in (7, 25, 1000, 1003, 1004, 1006, 1015, 1049, 2004) for way in "hl"),
    "\x1b[?2026$p",
    "\x1b[?2048$p",
    "\x1b[>25u",
    "\x1b[<u",
}
_STYLE: Final = re.compile(r"(?:[1234579];)*(?:38;2;\d+;\d+;\d+|48;2;\d+;\d+;\d+|38;2;\d+;\d+;\d+;48;2;\d+;\d+;\d+)")
_POINTERS: Final = ("default", "pointer", "text", "grab", "grabbing", "not-allowed", "ns-resize", "ew-resize")
_TOKEN: Final = re.compile(
    r"(?P<text>[^\x00-\x1f\x7f-\x9f]+)"
    r"|\x1b\[(?P<line>\d+);(?P<column>\d+)H"
    r"|\x1b\[(?P<style>[\d;]*)m"
    r"|(?P<break>\r\n)"
    r"|\x1b\]52;c;(?P<copied>[A-Za-z0-9+/=]*)\x07"
    r"|\x1b\]22;(?P<pointer>[a-z-]*)\x07"
    r"|(?P<plain>\x1b\[[<>?]?[\d;]*\$?[A-Za-z])"
)
# The beginning of something that the next piece may complete.
_BEGUN: Final = re.compile(r"\x1b(?:\[[<>?]?[\d;]*\$?|\](?:52?;?c?;?[A-Za-z0-9+/=]*|2?2?;?[a-z-]*))?\Z|\r\Z")

_FORBIDDEN: Final = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"}
_UNSEEN: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)


def width(letter: str) -> int:
    """The cells of one character, as Unicode has it."""
    if unicodedata.category(letter) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


class Picture:
    """What a terminal of that size shows after the bytes it was fed; ``faults`` has what it should never have been told.

    ``copied``: what was put on the clipboard, as base64. ``kinds`` counts the sequences that are no painting.
    """

    def __init__(self, columns: int, lines: int) -> None:
        self.faults: list[str] = []
        self.copied: list[str] = []
        self.kinds: Counter[str] = Counter()
        self.fed = 0
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._rest = ""
        self._styled = False
        self._broken = False  # a line was ended, and nobody has said yet where it goes on
        self._at: tuple[int, int] | None = None
        self.columns, self.lines = columns, lines
        self._edge = columns
        self.resize(columns, lines)

    def resize(self, columns: int, lines: int) -> None:
        """Another size, and nothing painted yet. What was on its way for a size before is no fault, but does not count."""
        self._edge = max(columns, self._edge)
        self.columns = columns
        self.lines = lines
        self.cells: list[list[str | None]] = [[None] * columns for _ in range(lines)]

    def feed(self, data: bytes) -> None:
        """More of what the program writes."""
        self.fed += len(data)
        try:
            text = self._rest + self._decoder.decode(data)
        except UnicodeDecodeError as error:
            self._fault(f"no UTF-8: {error}", data, max(0, error.start - 30))
            return
        at = 0
        while at < len(text):
            found = _TOKEN.match(text, at)
            if found is None:
                if _BEGUN.match(text, at):
                    break
                self._fault("unknown", text, at)
                at += 1
                continue
            if found.end() == len(text) and found.lastgroup == "plain" and _BEGUN.match(text, at):
                break
            self._take(found, text)
            at = found.end()
        self._rest = text[at:]

    def _take(self, found: re.Match[str], text: str) -> None:
        kind = found.lastgroup
        if self._broken and kind != "column":
            self._fault("a line that ends without another place", text, found.start())
        self._broken = False
        if kind == "text":
            if not self._styled:
                self._fault("text outside of a style", text, found.start())
            self._paint(found[0], text, found.start())
        elif kind == "style":
            closes = found["style"] == "0"
            if "38;2;1;2;3" in found["style"]:
                self._fault("a colour that nobody but a station uses", text, found.start())
            if closes is not self._styled or not (closes or _STYLE.fullmatch(found["style"])):
                self._fault("a style that Textual does not write", text, found.start())
            self._styled = not closes
        elif self._styled:
            self._fault("something else than text within a style", text, found.start())
        elif kind == "column":
            self._at = int(found["line"]) - 1, int(found["column"]) - 1
        elif kind == "break":
            self._broken = True
        elif kind == "copied":
            self.copied.append(found["copied"])
        elif kind == "pointer":
            self.kinds["pointer"] += 1
            if found["pointer"] not in _POINTERS:
                self._fault("a pointer of an unknown shape", text, found.start())
        else:
            self.kinds[found["plain"]] += 1
            if found["plain"] not in PLAIN:
                self._fault("a sequence that Textual does not say", text, found.start())

    def _paint(self, run: str, text: str, start: int) -> None:
        if self._at is None:
            self._fault("text without a place", text, start)
            return
        line, column = self._at
        begin = column
        for offset, letter in enumerate(run):
            if not " " <= letter <= "~" and (unicodedata.category(letter) in _FORBIDDEN or _UNSEEN.match(letter)):
                self._fault(f"U+{ord(letter):04X} in a text", text, start + offset)
            size = 1 if letter <= "~" else width(letter)
            if line < self.lines and column + size <= self.columns:
                row = self.cells[line]
                if size:
                    row[column] = letter
                    row[column + 1 : column + size] = [""] * (size - 1)
                elif column:
                    before = column - 1 if row[column - 1] else column - 2
                    row[before] = (row[before] or "") + letter
            column += size
        if column > self._edge:
            self._fault(f"line {line} goes on beyond column {self._edge}", text, start)
        elif column > self.columns and line < self.lines:
            # Painted for the size before: it does not count as painted.
            self.cells[line][begin:] = [None] * max(0, self.columns - begin)
        self._at = line, column

    def _fault(self, what: str, text: str | bytes, at: int) -> None:
        if len(self.faults) < 20:
            self.faults.append(f"{what}: {text[max(0, at - 30) : at + 30]!r}")

    # What is seen.

    def rows(self) -> list[str]:
        """The lines, as a person sees them; what was never painted is ``␣``."""
        return ["".join("␣" if cell is None else cell for cell in row) for row in self.cells]

    def text(self) -> str:
        """The picture."""
        return "\n".join(row.rstrip() for row in self.rows())

    def unpainted(self) -> list[int]:
        """The lines that have a cell that nothing was painted in since the last ``resize``."""
        return [number for number, row in enumerate(self.cells) if None in row]

    def __contains__(self, word: str) -> bool:
        return word in self.text()


__all__ = ["PLAIN", "Picture", "width"]
