"""The one sanitiser: everything a station, a file or a person sent passes here before it is drawn.

What it promises, whatever comes in: the result holds no control, escape, direction or invisible character, no line
break, and never more than ``max_chars`` characters; what was taken out is written out as ``\\u001b`` (``\\n``, ``\\r``
and ``\\t`` for the three everyone knows), so that it can be seen. Results are plain strings, ``rich.text.Text`` or
``textual.content.Content``: nothing is ever read as markup.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

from rich.cells import cell_len, get_character_cell_size
from rich.style import Style
from rich.text import Text
from textual.content import Content

Align = Literal["left", "right", "center"]

ELLIPSIS = "…"
MAX_CHARS = 2_000
"""How much of one value is drawn unless the caller says otherwise: no cell or sentence needs more."""

_MARKS_PER_LETTER = 2
"""Combining marks that may sit on one letter; written languages need two, a storm has dozens."""

_NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}

# Letters, signs, arrows, boxes and blocks that carry no trick. Everything else is looked at one by one.
_PLAIN_CLASS = (
    " -~\u00a1-\u00ac\u00ae-\u02ff\u0370-\u0482\u048a-\u052f\u2010-\u2027\u2030-\u205e\u20a0-\u20bf"
    "\u2190-\u22ff\u2500-\u25ff\u26a0\u26a1\u2713-\u2718"
)
_PLAIN = re.compile(f"[{_PLAIN_CLASS}]*").fullmatch
_RUNS = re.compile(f"([^{_PLAIN_CLASS}]+)").split

# Printable by the book and yet invisible, or glued to their neighbour by one terminal and not by the next.
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U0001f1e6-\U0001f1ff\U0001f3fb-\U0001f3ff\U000e0100-\U000e01ef]"
).match


def escape_char(char: str) -> str:
    """One character written out: ``\\n``, ``\\u001b`` or, beyond the first plane, ``\\U000e0041``."""
    named = _NAMED.get(char)
    if named is not None:
        return named
    point = ord(char)
    return f"\\u{point:04x}" if point <= 0xFFFF else f"\\U{point:08x}"


def _escape(text: str) -> str:
    out: list[str] = []
    before = ""
    # Plain runs lie between odd ones: a megabyte with a few odd characters costs a few looks, not a million.
    for at, run in enumerate(_RUNS(text)):
        if at % 2 == 0 and run.isprintable():
            out.append(run)
        else:
            out.append(_escape_each(run, on_letter=before.isalnum()))
        before = run[-1:]
    return "".join(out)


def _escape_each(text: str, *, on_letter: bool) -> str:
    out: list[str] = []
    # A mark with no letter before it has nothing to sit on.
    marks = 0 if on_letter else _MARKS_PER_LETTER
    for char in text:
        if " " <= char <= "~":
            out.append(char)
            marks = 0 if char.isalnum() else _MARKS_PER_LETTER
        elif not char.isprintable() or _INVISIBLE(char) or _disputed(char):
            out.append(escape_char(char))
            marks = _MARKS_PER_LETTER
        elif get_character_cell_size(char) == 0:
            if marks < _MARKS_PER_LETTER:
                out.append(char)
                marks += 1
            else:
                out.append(escape_char(char))
        else:
            out.append(char)
            marks = 0
    return "".join(out)


def _disputed(char: str) -> bool:
    """Whether terminals give the character different widths: a line that holds it would not end at the edge.

    These are the vowel signs that some put beside their letter and others on it, parts of Hangul syllables, and signs
    that became wide lately. The book here is Unicode's own, as terminals read it through ``wcwidth``: tmux 3.3 puts हिनीा
    into five cells, Textual into two, so whatever is counted, one of them draws over what stands beside it. Thai, whose
    signs have no width anywhere, is shown as it is.
    """
    if unicodedata.category(char) in ("Mn", "Me"):
        return False
    by_the_book = 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1
    return get_character_cell_size(char) != by_the_book


def safe_text(value: object, *, max_chars: int = MAX_CHARS) -> str:
    """Any value as one line of text that a terminal can be given.

    ``None`` is the empty string. Longer than ``max_chars`` characters (after escaping) ends in ``…``.
    """
    if value is None:
        return ""
    text = value if isinstance(value, str) else str(value)
    if len(text) > max_chars:
        text = text[:max_chars] + ELLIPSIS
    # isprintable() and isascii() are single passes in C: a plain string costs well under a microsecond.
    if text.isprintable() and (text.isascii() or _PLAIN(text)):
        out = text
    else:
        out = _escape(text)
    if len(out) > max_chars:
        return out[: max(max_chars - 1, 0)] + ELLIPSIS
    return out


def safe_lines(value: object, *, max_lines: int = 200, max_chars: int = MAX_CHARS) -> list[str]:
    """Text of several lines, each made safe; only ``\\n`` (with ``\\r`` before it) breaks a line."""
    if value is None:
        return []
    text = value if isinstance(value, str) else str(value)
    lines = [line.removesuffix("\r") for line in text.split("\n", max_lines)]
    cut = len(lines) > max_lines
    shown = [safe_text(line, max_chars=max_chars) for line in lines[:max_lines]]
    return [*shown, ELLIPSIS] if cut else shown


def safe(value: object, style: str | Style = "", *, max_chars: int = MAX_CHARS) -> Text:
    """Any value as ``rich.text.Text`` in one style; never markup, never more than one line."""
    return Text(safe_text(value, max_chars=max_chars), style=style, end="")


def safe_content(value: object, style: str = "", *, max_chars: int = MAX_CHARS) -> Content:
    """Any value as Textual ``Content``; ``style`` may name theme colours, for example ``"bold $text-error"``."""
    text = safe_text(value, max_chars=max_chars)
    return Content.styled(text, style) if style else Content(text)


def safe_content_lines(value: object, style: str = "", *, max_lines: int = 200) -> Content:
    """Text of several lines as Textual ``Content``."""
    return Content("\n").join(safe_content(line, style) for line in safe_lines(value, max_lines=max_lines))


def cut(text: str, width: int) -> str:
    """The longest beginning of safe text that fits ``width`` cells, ending in ``…`` where something was left off."""
    if width <= 0:
        return ""
    if text.isascii():
        return text if len(text) <= width else text[: width - 1] + ELLIPSIS
    if len(text) <= width * 4 and cell_len(text) <= width:
        return text
    room = width - 1
    used = 0
    end = 0
    for char in text:
        size = get_character_cell_size(char)
        if used + size > room:
            break
        used += size
        end += 1
    return text[:end] + ELLIPSIS


def fit(text: str, width: int, align: Align = "left") -> str:
    """Safe text cut or padded with spaces to exactly ``width`` cells, wide glyphs included."""
    if text.isascii():
        size = len(text)
        if size > width:
            text = cut(text, width)
            size = len(text)
    else:
        text = cut(text, width)
        size = cell_len(text)
    pad = width - size
    if pad <= 0:
        return text
    if align == "left":
        return text + " " * pad
    if align == "right":
        return " " * pad + text
    left = pad // 2
    return " " * left + text + " " * (pad - left)


def wrap(text: str, width: int) -> list[str]:
    """Safe text broken into pieces of at most ``width`` cells, character by character (raw frames have no words)."""
    width = max(width, 2)
    if text.isascii():
        return [text[at : at + width] for at in range(0, len(text), width)] or [""]
    pieces: list[str] = []
    at = 0
    while at < len(text):
        end = min(at + width, len(text))
        piece = text[at:end]
        while cell_len(piece) > width:
            # Wide glyphs: half of the surplus is the least that can go; then look again.
            piece = piece[: -max(1, (cell_len(piece) - width) // 2)]
        pieces.append(piece)
        at += len(piece)
    return pieces or [""]
