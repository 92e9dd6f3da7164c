"""The facts of an exchange that a filter can ask for: each as a test in Python and as a condition in SQL, side by side.

Both must give the same verdict (a property test holds them to it), so they are built by one function each. The SQL speaks
of ``e`` (table exchange), ``b`` (table body) and the table ``name``; see ``journal/schema.py``. Letters are compared
without case: names by Unicode case folding, other text by ASCII only, which is what SQLite's ``lower`` does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Final, NamedTuple, get_args

from console.engine.filter_values import Range
from console.engine.wire.exchange import Exchange, Outcome

SLOW_NS: Final = 1_000_000_000
"""An exchange is slow from this latency on."""

# How the small facts of an exchange lie in the column ``bits``.
OUTCOMES: Final[tuple[str, ...]] = get_args(Outcome)
OUTCOME_MASK: Final = 15
OUT: Final = 16
REPEAT: Final = 32
VIOLATED: Final = 64
TOLERATED: Final = 128
BINARY_REQUEST: Final = 256
BINARY_RESPONSE: Final = 512
MARKED_KIND: Final = 101  # in by_trouble, beside the outcomes
OUTCOME_BITS: Final = {name: number for number, name in enumerate(OUTCOMES)}

Test = Callable[[Exchange], bool]
Param = str | int
Alternative = tuple[str, bool]
"""A value, and whether it is meant literally (it stood in quotes)."""


class Clause(NamedTuple):
    """One condition: a test, the same in SQL, and what SQL needs bound."""

    test: Test
    sql: str
    params: tuple[Param, ...] = ()


@lru_cache(maxsize=16384)
def fold(name: str) -> str:
    """A name as it is compared: without case, and without what SQLite would stop at or cannot store."""
    return clean(name).casefold().replace("\0", "\ufffd")


def clean(text: str) -> str:
    """Text that SQLite can store: a lone surrogate, which is no Unicode character, becomes U+FFFD."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


_UPPER: Final = {code: code + 32 for code in range(65, 91)}


def lower(text: str) -> str:
    """ASCII letters lowered, everything else as it is: SQLite's ``lower``."""
    return text.lower() if text.isascii() else text.translate(_UPPER)


def glob(pattern: str) -> str:
    """A pattern of the filter language for SQLite's GLOB, where more signs are special."""
    return pattern.replace("[", "[[]").replace("?", "[?]")


def _regex(pattern: str) -> str:
    return ".*".join(re.escape(piece) for piece in pattern.split("*"))


class Matcher:
    """Folded alternatives, some with ``*``; True beside one says that its ``*`` is only a star."""

    def __init__(self, values: Iterable[Alternative]) -> None:
        folded = list(values)
        self.exact = frozenset(value for value, literal in folded if literal or "*" not in value)
        self.globs = tuple(value for value, literal in folded if not literal and "*" in value)
        joined = "|".join(_regex(value) for value in self.globs)
        self._regex = re.compile(joined, re.DOTALL) if self.globs else None

    def __call__(self, value: str) -> bool:
        return value in self.exact or (self._regex is not None and self._regex.fullmatch(value) is not None)

    def sql(self, expression: str) -> tuple[str, tuple[str, ...]]:
        parts: list[str] = []
        if self.exact:
            parts.append(f"{expression} IN ({','.join('?' * len(self.exact))})")
        parts.extend(f"{expression} GLOB ?" for _ in self.globs)
        return " OR ".join(parts), (*sorted(self.exact), *(glob(value) for value in self.globs))


def name_clause(column: str, values: Sequence[Alternative]) -> Clause:
    """A name kept in the table ``name``: station, action, version."""
    matcher = Matcher((fold(value), literal) for value, literal in values)
    condition, params = matcher.sql("folded")
    sql = f"e.{column} IN (SELECT id FROM name WHERE {condition})"
    if column == "station":
        return Clause(lambda exchange: matcher(fold(exchange.station)), sql, params)
    if column == "version":
        return Clause(lambda exchange: matcher(fold(exchange.version)), sql, params)
    return Clause(lambda exchange: exchange.action is not None and matcher(fold(exchange.action)), sql, params)


def text_clause(column: str, values: Sequence[Alternative]) -> Clause:
    """A text of the exchange itself: ``uid``, ``tx`` or ``code``."""
    matcher = Matcher((lower(clean(value)), literal) for value, literal in values)
    condition, params = matcher.sql(f"lower(e.{column})")
    attribute = {"uid": "unique_id", "tx": "transaction", "code": "error_code"}[column]

    def test(exchange: Exchange) -> bool:
        value: str | None = getattr(exchange, attribute)
        return value is not None and matcher(lower(clean(value)))

    return Clause(test, f"({condition})", params)


def number_clause(column: str, ranges: Sequence[Range]) -> Clause:
    """Closed ranges of a number: ``id``, ``ordered``, ``latency`` (ns) or ``time`` (ns)."""
    attribute = {"id": "id", "ordered": "order", "latency": "latency_ns", "time": "time"}[column]
    bounds = [(-(1 << 63) if low is None else low, (1 << 63) - 1 if high is None else high) for low, high in ranges]
    # A bound beyond 64 bits would not fit into SQLite; nothing that is stored lies out there.
    bounds = [(max(low, -(1 << 63)), min(high, (1 << 63) - 1)) for low, high in bounds]
    bounds = [(low, high) for low, high in bounds if low <= high] or [(1, 0)]

    def test(exchange: Exchange) -> bool:
        value: int | None = getattr(exchange, attribute)
        return value is not None and any(low <= value <= high for low, high in bounds)

    # The plus: a search walks slices of ids; SQLite must not take this range for its way in instead.
    sql = " OR ".join(f"+e.{column} BETWEEN ? AND ?" for _ in bounds)
    return Clause(test, f"({sql})", tuple(bound for pair in bounds for bound in pair))


def outcome_clause(names: Iterable[str]) -> Clause:
    """One of these outcomes."""
    wanted = frozenset(names)
    numbers = ",".join(str(OUTCOME_BITS[name]) for name in sorted(wanted))
    return Clause(lambda exchange: exchange.outcome in wanted, f"(e.bits & {OUTCOME_MASK}) IN ({numbers})")


def _bit(test: Test, bit: int) -> Clause:
    return Clause(test, f"(e.bits & {bit}) != 0")


_MARKS: Final = f"SELECT id FROM by_trouble WHERE kind = {MARKED_KIND}"


def marked_clause(marked: Callable[[int], bool]) -> Clause:
    """A person has marked it; of several times the last counts."""
    # The plus: SQLite must walk what the search gives it, not all marks.
    return Clause(lambda exchange: marked(exchange.id), f"+e.id IN ({_MARKS})")


UNANSWERED: Final = ("timeout", "lost", "none")

FLAGS: Final[dict[str, Clause]] = {
    "error": outcome_clause(("error", "malformed")),
    "ok": outcome_clause(("result", "send")),
    "slow": number_clause("latency", [(SLOW_NS, None)]),
    "late": outcome_clause(("late",)),
    "malformed": outcome_clause(("malformed",)),
    "unsolicited": outcome_clause(("unsolicited",)),
    "timeout": outcome_clause(("timeout",)),
    "lost": outcome_clause(("lost",)),
    "unanswered": outcome_clause(UNANSWERED),
    "violation": _bit(lambda exchange: bool(exchange.violations), VIOLATED),
    "tolerated": _bit(lambda exchange: bool(exchange.tolerances), TOLERATED),
    "repeat": _bit(lambda exchange: exchange.repeat, REPEAT),
    "marked": marked_clause(lambda _: False),
    "in": Clause(lambda exchange: exchange.direction == "in", f"(e.bits & {OUT}) = 0"),
    "out": _bit(lambda exchange: exchange.direction == "out", OUT),
}
"""What ``is:`` can ask."""


def any_of(clauses: Sequence[Clause]) -> Clause:
    """True where one of them is."""
    if len(clauses) == 1:
        return clauses[0]
    tests = tuple(clause.test for clause in clauses)
    sql = " OR ".join(f"({clause.sql})" for clause in clauses)
    params = tuple(param for clause in clauses for param in clause.params)
    return Clause(lambda exchange: any(test(exchange) for test in tests), f"({sql})", params)


def negated(clause: Clause) -> Clause:
    """True where the other is not; a fact that is missing (NULL) is not."""
    test = clause.test
    return Clause(lambda exchange: not test(exchange), f"({clause.sql}) IS NOT TRUE", clause.params)


class Word:
    """A word to find in either frame's text, in the error's description, or in the station's identity.

    ``*`` stands for anything unless ``literal``. A binary frame has no text.
    """

    def __init__(self, word: str, *, literal: bool) -> None:
        word = clean(word)
        self._wild = not literal and "*" in word
        self._low, folded = lower(word), fold(word)
        self._needle = self._low.encode()
        self._pattern = re.compile(_regex(self._low).encode(), re.DOTALL)
        self._names = re.compile(_regex(folded) if self._wild else re.escape(folded), re.DOTALL)
        text, name = (f"*{glob(self._low)}*", f"*{glob(folded)}*") if self._wild else (self._low, folded)
        self.elsewhere = (
            f"(({self._condition('lower(e.description)')}) IS TRUE"
            f" OR e.station IN (SELECT id FROM name WHERE {self._condition('folded')}))"
        )
        self.elsewhere_params: tuple[str, ...] = (text, name)
        self.clause = Clause(
            self._test,
            f"(((e.bits & {BINARY_REQUEST}) = 0 AND {self._condition('lower(CAST(b.request AS TEXT))')}) IS TRUE"
            f" OR ((e.bits & {BINARY_RESPONSE}) = 0 AND {self._condition('lower(CAST(b.response AS TEXT))')}) IS TRUE"
            f" OR {self.elsewhere})",
            (text, text, text, name),
        )

    def _condition(self, expression: str) -> str:
        return f"{expression} GLOB ?" if self._wild else f"instr({expression}, ?) > 0"

    def within(self, lowered: bytes) -> bool:
        """Whether bytes whose ASCII letters are lowered hold the word."""
        return self._pattern.search(lowered) is not None if self._wild else self._needle in lowered

    def found(self, raw: str | bytes | None) -> bool:
        """Whether a frame's text holds the word."""
        if type(raw) is not str:
            return False
        if not self._wild and raw.isascii():
            return self._low in raw.lower()
        return self.within(raw.encode("utf-8", "surrogatepass").lower())

    def _test(self, exchange: Exchange) -> bool:
        if self.found(exchange.raw_request) or self.found(exchange.raw_response):
            return True
        description = exchange.error_description
        if description is not None and self.found(clean(description)):
            return True
        return self._names.search(fold(exchange.station)) is not None
