"""The filter language over rows that are no messages: attempts to connect, alarms, files. Its terms have the same shape as
those of messages (``filter_terms``); which fields there are, each table says itself.

``station:CP-0* is:refused since:1h !code:404 "no subprotocol" word``
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, Generic, NamedTuple, TypeVar

from console.engine.filter_sql import Matcher, fold
from console.engine.filter_terms import Value, complete_term, read_terms
from console.engine.filter_values import SPANS, earliest, latest, one_of, range_of

T = TypeVar("T")
Test = Callable[[T], bool]


class RowField(NamedTuple, Generic[T]):
    """A field: how its values become a test (``now``: UTC ns), an example and its meaning for the help, and words that are
    offered."""

    build: Callable[[Sequence[Value], int], Test[T]]
    example: str
    meaning: str
    choices: tuple[str, ...] = ()


def texts(read: Callable[[T], Iterable[str | None]], example: str, meaning: str) -> RowField[T]:
    """One of these texts is that value, compared without case; ``*`` stands for anything."""

    def build(values: Sequence[Value], _now: int) -> Test[T]:
        match = Matcher((fold(value.text), value.quoted) for value in values)
        return lambda row: any(match(fold(text)) for text in read(row) if text)

    return RowField(build, example, meaning)


def words(read: Callable[[T], Iterable[str]], choices: tuple[str, ...], example: str, meaning: str = "") -> RowField[T]:
    """One of these words holds of the row; others are refused."""
    name = example.partition(":")[0]

    def build(values: Sequence[Value], _now: int) -> Test[T]:
        wanted = {one_of(f"word for {name}:", choices, value) for value in values}
        return lambda row: not wanted.isdisjoint(read(row))

    return RowField(build, example, meaning or ", ".join(choices), choices)


def numbers(read: Callable[[T], float | None], example: str, meaning: str, unit: int = 1) -> RowField[T]:
    """A number within one of these ranges; ``unit``: how many of what is read make 1 of what is written."""

    def build(values: Sequence[Value], _now: int) -> Test[T]:
        ranges = [range_of(value, unit) for value in values]

        def test(row: T) -> bool:
            found = read(row)
            return found is not None and any(
                (low is None or low <= found) and (high is None or found <= high) for low, high in ranges
            )

        return test

    return RowField(build, example, meaning)


def times(first: Callable[[T], int | None], last: Callable[[T], int | None]) -> dict[str, RowField[T]]:
    """``since`` and ``until`` for rows that begin and end at these times (UTC ns): any part of one may lie in between."""

    def since(values: Sequence[Value], now: int) -> Test[T]:
        bound = earliest(values, now)
        return lambda row: (last(row) or 0) >= bound

    def until(values: Sequence[Value], now: int) -> Test[T]:
        bound = latest(values, now)
        return lambda row: (first(row) or 0) <= bound

    return {
        "since": RowField(since, "since:5m", "not older than: 5m, 2h, 1d, 12:04 or an ISO time (UTC)", SPANS),
        "until": RowField(until, "until:12:04", "not newer than, written like since", SPANS),
    }


NO_ALIASES: Final[Mapping[str, str]] = {}


class RowFilter(Generic[T]):
    """A filter line that was understood; an empty one lets everything pass. ``text`` is what was typed."""

    def __init__(
        self,
        text: str,
        fields: Mapping[str, RowField[T]],
        facts: Callable[[T], Iterable[str | None]],
        *,
        now_ns: int | None = None,
        aliases: Mapping[str, str] = NO_ALIASES,
    ) -> None:
        """``facts``: what a bare word is looked for in; ``aliases``: other names of fields.

        Raises FilterError with a sentence and the column.
        """
        self.text = text.strip()
        now = time.time_ns() if now_ns is None else now_ns
        tests: list[Test[T]] = []
        for term in read_terms(self.text, list(fields), aliases):
            test = fields[term.field].build(term.values, now) if term.field else _holding(term.values, facts)
            tests.append(_not(test) if term.negated else test)
        self._tests = tuple(tests)

    def __bool__(self) -> bool:
        return bool(self._tests)

    def matches(self, row: T) -> bool:
        """Whether a row passes."""
        return all(test(row) for test in self._tests)


def complete_row(
    text: str,
    cursor: int,
    fields: Mapping[str, RowField[T]],
    known: Mapping[str, Sequence[str]],
    aliases: Mapping[str, str] = NO_ALIASES,
) -> list[str]:
    """What the word under the cursor may become; ``known``: values seen so far, by field."""
    choices = {name: field.choices or known.get(name, ()) for name, field in fields.items()}
    return complete_term(text, cursor, choices, aliases)


def _holding(values: Sequence[Value], facts: Callable[[T], Iterable[str | None]]) -> Test[T]:
    pieces = (re.escape(fold(one.text)) if one.quoted else _loose(fold(one.text)) for one in values)
    pattern = re.compile("|".join(pieces), re.DOTALL)
    return lambda row: any(pattern.search(fold(text)) is not None for text in facts(row) if text)


def _loose(word: str) -> str:
    return "[^\n]*".join(re.escape(piece) for piece in word.split("*"))


def _not(test: Test[T]) -> Test[T]:
    return lambda row: not test(row)
