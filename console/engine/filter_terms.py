"""The shape of a filter line: terms, fields, alternatives, quotes. What they mean stands in ``filter``."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Final, NamedTuple

from console.engine.errors import FilterError


class Value(NamedTuple):
    """One alternative of a term; ``quoted`` where it stood in quotes; ``column`` where it begins."""

    text: str
    quoted: bool
    column: int


class Term(NamedTuple):
    """One term as it was written. ``field`` is empty for a word."""

    field: str
    values: tuple[Value, ...]
    negated: bool
    column: int


FIELD_NAME: Final = re.compile(r"([A-Za-z_][A-Za-z_0-9]*):")
MOST: Final = 100
"""Values of all terms together: SQLite takes no condition of any size, and nobody types more."""


def read_terms(text: str, fields: Collection[str], aliases: Mapping[str, str]) -> list[Term]:
    """The terms of a line, with field names as in ``fields``. Raises FilterError with the column."""
    terms: list[Term] = []
    count = 0
    position, end = 0, len(text)
    while position < end:
        if text[position].isspace():
            position += 1
            continue
        start = position
        while position < end and text[position] == "!":
            position += 1
        minus = bool((position - start) % 2)
        name = FIELD_NAME.match(text, position)
        field = ""
        if name is not None:
            field = aliases.get(name[1].lower(), name[1].lower())
            if field not in fields:
                raise FilterError(f"unknown field “{name[1]}”: one of {', '.join(fields)}", column=position)
            position = name.end()
        values, position = _values(text, position, field)
        count += len(values)
        if count > MOST:
            raise FilterError(f"a filter has at most {MOST} words and alternatives", column=start)
        terms.append(Term(field, values, minus, start))
    return terms


def _values(text: str, position: int, field: str) -> tuple[tuple[Value, ...], int]:
    values: list[Value] = []
    while True:
        column = position
        quoted = position < len(text) and text[position] in "\"'"
        if quoted:
            value, position = _quoted(text, position)
        else:
            while position < len(text) and not text[position].isspace() and text[position] != "|":
                position += 1
            value = text[column:position]
        if not value:
            what = f"“{field}:” needs a value" if field and not values else "a value is missing"
            raise FilterError(what, column=column)
        values.append(Value(value, quoted, column))
        if position < len(text) and text[position] == "|":
            position += 1
            continue
        if position < len(text) and not text[position].isspace():
            raise FilterError("a blank or | must follow the closing quote", column=position)
        return tuple(values), position


def _quoted(text: str, start: int) -> tuple[str, int]:
    mark = text[start]
    pieces: list[str] = []
    position = start + 1
    while position < len(text):
        sign = text[position]
        if sign == mark:
            return "".join(pieces), position + 1
        if sign == "\\" and position + 1 < len(text) and text[position + 1] in (mark, "\\"):
            position += 1
            sign = text[position]
        pieces.append(sign)
        position += 1
    raise FilterError(f"the quote {mark} is not closed", column=start)


def word_at(text: str, cursor: int) -> tuple[int, int]:
    """Where the alternative under the cursor begins and ends."""
    start = cursor
    while start > 0 and not text[start - 1].isspace() and text[start - 1] not in "!|":
        start -= 1
    end = cursor
    while end < len(text) and not text[end].isspace() and text[end] != "|":
        end += 1
    return start, end


def complete_term(
    text: str, cursor: int, choices: Mapping[str, Sequence[str]], aliases: Mapping[str, str]
) -> list[str]:
    """What the word under the cursor may become: names of fields, or what is known of the values of its field."""
    start, _ = word_at(text, cursor)
    typed = text[start:cursor]
    name = FIELD_NAME.match(typed)
    lead, field = (name[0], name[1].lower()) if name else ("", "")
    if not name and start > 0 and text[start - 1] == "|":
        before = text[:start].rsplit(maxsplit=1)[-1].lstrip("!")
        earlier = FIELD_NAME.match(before)
        field = earlier[1].lower() if earlier else ""
    field = aliases.get(field, field)
    if not field:
        return [f"{name}:" for name in choices if typed and name.startswith(typed.lower())]
    part = typed[len(lead) :].strip("\"'").casefold()
    values = choices.get(field, ())
    return [lead + _written(one) for one in values if one.casefold().startswith(part) and one.casefold() != part]


def _written(value: str) -> str:
    if re.search(r"[\s|\"'*!]", value) is None:
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def completed(text: str, cursor: int, word: str) -> tuple[str, int]:
    """The line with the word under the cursor replaced, and where the cursor is then."""
    start, end = word_at(text, cursor)
    return text[:start] + word + text[end:], start + len(word)
