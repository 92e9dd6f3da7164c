"""Text for people and files that nothing in it steers a terminal or ends a line: what is not printable is written out."""

from __future__ import annotations

import json
from typing import Any

import orjson


def visible(text: str) -> str:
    """The text on one line: ``\\n`` and ``\\t`` by their names, other characters that are not printable as ``\\u009b``."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else _NAMED.get(one) or _number(ord(one)) for one in text)


_NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _number(point: int) -> str:
    return f"\\u{point:04x}" if point <= 0xFFFF else f"\\U{point:08x}"


def json_line(row: Any) -> bytes:
    """A row as JSON on one line, for every reader's idea of a line (U+2028 and U+0085 end one in many a language).

    What is not printable is escaped as JSON does it, so that it comes back as it was.
    """
    line = orjson.dumps(row, default=str, option=orjson.OPT_APPEND_NEWLINE)
    if line.isascii() and b"\x7f" not in line:
        return line  # JSON itself escapes the first 32
    text = line.decode()[:-1]
    if text.isprintable():
        return line
    return ("".join(one if one.isprintable() else json.dumps(one)[1:-1] for one in text) + "\n").encode()
