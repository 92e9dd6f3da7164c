"""The one filter language: the message log's filter line, ``chargehand messages``, the API and exports all speak it.

``station:CP-0* action:MeterValues|StatusNotification dir:in is:error ms:>500 since:5m tx:41 "GroundFailure" word``

Terms are separated by blanks and must all hold; ``!`` before a term negates it, ``|`` separates alternatives, ``*`` stands
for anything, quotes keep blanks and signs. Case does not matter. A word without a field searches the text of both frames.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from console.engine.errors import FilterError
from console.engine.filter_sql import (
    FLAGS,
    OUTCOMES,
    Alternative,
    Clause,
    Param,
    Word,
    any_of,
    marked_clause,
    name_clause,
    negated,
    number_clause,
    outcome_clause,
    text_clause,
)
from console.engine.filter_terms import Term, Value, complete_term, completed, read_terms
from console.engine.filter_values import SPANS, earliest, latest, moment, one_of, range_of
from console.engine.wire.exchange import Exchange

__all__ = [
    "FieldHelp",
    "Filter",
    "FilterError",
    "Term",
    "complete",
    "completed",
    "describe_fields",
    "moment",
    "parse_filter",
]

MAX_ID: Final = (1 << 63) - 1
"""SQLite's highest."""


class Words(NamedTuple):
    """A term without a field: alternatives to find in text."""

    alternatives: tuple[Word, ...]
    negated: bool

    @property
    def clause(self) -> Clause:
        """The whole term as one condition."""
        clause = any_of([word.clause for word in self.alternatives])
        return negated(clause) if self.negated else clause


def _all(clauses: Sequence[Clause]) -> tuple[str, tuple[Param, ...]]:
    where = " AND ".join(clause.sql for clause in clauses) or "1"
    return where, tuple(param for clause in clauses for param in clause.params)


class Filter:
    """A filter that was understood. ``text`` is what was typed; ``terms`` what it says; ``now`` when that was (UTC ns);
    ``words`` the terms that need the frames' text."""

    __slots__ = ("_facts", "_sql", "_tests", "now", "terms", "text", "words")

    def __init__(
        self, text: str, terms: tuple[Term, ...], facts: Sequence[Clause], words: Sequence[Words], now: int
    ) -> None:
        self.text = text
        self.terms = terms
        self.now = now
        self.words = tuple(words)
        clauses = (*facts, *(term.clause for term in words))
        self._tests = tuple(clause.test for clause in clauses)
        self._sql = _all(clauses)
        self._facts = _all(facts)

    def matches(self, exchange: Exchange) -> bool:
        """Whether the exchange passes; the same verdict as ``sql``."""
        return all(test(exchange) for test in self._tests)

    def sql(self) -> tuple[str, tuple[Param, ...]]:
        """A condition on ``e`` (exchange) and ``b`` (body), and what it needs bound."""
        return self._sql

    def facts_sql(self) -> tuple[str, tuple[Param, ...]]:
        """The same without ``words``: a condition on ``e`` alone."""
        return self._facts

    @property
    def empty(self) -> bool:
        """Whether everything passes."""
        return not self.terms

    @property
    def since(self) -> int | None:
        """The oldest time that can pass, UTC ns, as far as ``since:`` says; None = any."""
        starts = [earliest(term.values, self.now) for term in self._bounds("since")]
        return max(starts, default=None)

    @property
    def until(self) -> int | None:
        """The newest time that can pass, UTC ns, as far as ``until:`` says; None = any."""
        ends = [latest(term.values, self.now) for term in self._bounds("until")]
        return min(ends, default=None)

    @property
    def ids(self) -> tuple[int, int]:
        """The lowest and the highest id that can pass, as far as ``id:`` says."""
        first, last = 0, MAX_ID
        for term in self._bounds("id"):
            ranges = [range_of(value, 1) for value in term.values]
            first = max(first, min(0 if low is None else low for low, _ in ranges))
            last = min(last, max(MAX_ID if high is None else high for _, high in ranges))
        return first, last

    def _bounds(self, field: str) -> list[Term]:
        return [term for term in self.terms if term.field == field and not term.negated]

    def __repr__(self) -> str:
        return f"Filter({self.text!r})"


class FieldHelp(NamedTuple):
    """What the help says of a field: its name, an example, what it means."""

    name: str
    example: str
    meaning: str


class Asking(NamedTuple):
    """Who asks: the time that spans are counted back from (UTC ns), and which exchanges are marked just now."""

    now: int
    marked: Callable[[int], bool]


_Build = Callable[[Sequence[Value], Asking], Clause]


class _Field(NamedTuple):
    build: _Build
    example: str
    meaning: str
    choices: tuple[str, ...] = ()


def _texts(values: Sequence[Value]) -> list[Alternative]:
    return [(value.text, value.quoted) for value in values]


def _directions(values: Sequence[Value], _asking: Asking) -> Clause:
    return any_of([FLAGS[one_of("direction", ("in", "out"), value)] for value in values])


def _flags(values: Sequence[Value], asking: Asking) -> Clause:
    names = [one_of("state", tuple(FLAGS), value) for value in values]
    return any_of([marked_clause(asking.marked) if name == "marked" else FLAGS[name] for name in names])


def _outcomes(values: Sequence[Value], _asking: Asking) -> Clause:
    return outcome_clause(one_of("outcome", OUTCOMES, value) for value in values)


def _numbers(column: str, unit: int) -> _Build:
    return lambda values, _asking: number_clause(column, [range_of(value, unit) for value in values])


def _since(values: Sequence[Value], asking: Asking) -> Clause:
    return number_clause("time", [(earliest(values, asking.now), None)])


def _until(values: Sequence[Value], asking: Asking) -> Clause:
    return number_clause("time", [(None, latest(values, asking.now))])


_FIELDS: Final[dict[str, _Field]] = {
    "station": _Field(lambda v, _: name_clause("station", _texts(v)), "station:CP-0*", "the station's identity"),
    "action": _Field(lambda v, _: name_clause("action", _texts(v)), "action:MeterValues|Heartbeat", "the OCPP action"),
    "dir": _Field(_directions, "dir:in", "in: the station called; out: the console called", ("in", "out")),
    "is": _Field(_flags, "is:error", ", ".join(FLAGS), tuple(FLAGS)),
    "outcome": _Field(_outcomes, "outcome:timeout", "how the call ended", OUTCOMES),
    "error": _Field(lambda v, _: text_clause("code", _texts(v)), "error:FormationViolation", "the error code"),
    "ms": _Field(_numbers("latency", 1_000_000), "ms:>500", "milliseconds from call to answer"),
    "since": _Field(_since, "since:5m", "not older than: 5m, 2h, 1d, 12:04 or an ISO time (UTC)", SPANS),
    "until": _Field(_until, "until:12:04", "not newer than, written like since"),
    "tx": _Field(lambda v, _: text_clause("tx", _texts(v)), "tx:41", "the transaction's id on the wire"),
    "order": _Field(_numbers("ordered", 1), "order:1207", "the order that caused the call"),
    "id": _Field(_numbers("id", 1), "id:1000..2000", "the exchange's number in the journal"),
    "uid": _Field(lambda v, _: text_clause("uid", _texts(v)), "uid:36*", "the message id on the wire"),
    "version": _Field(lambda v, _: name_clause("version", _texts(v)), "version:2.*", "the OCPP version"),
}
_ALIASES: Final = {"unique_id": "uid", "transaction": "tx", "direction": "dir", "latency": "ms", "code": "error"}
_WORD_HELP = FieldHelp("word", '"GroundFailure"', "text in either frame, in an error, or in the station's identity")


def describe_fields() -> list[FieldHelp]:
    """Every field with an example and its meaning, then the bare word; for the help page and the command line."""
    return [*(FieldHelp(name, field.example, field.meaning) for name, field in _FIELDS.items()), _WORD_HELP]


def _never(_exchange: int) -> bool:
    return False


def parse_filter(text: str, *, now_ns: int | None = None, marked: Callable[[int], bool] = _never) -> Filter:
    """Understand a filter line; empty text lets everything pass. Relative times count back from ``now_ns`` (UTC).

    ``marked``: whether a live exchange is marked, by its id (the journal knows by itself). Raises FilterError with a
    sentence and the column.
    """
    now = time.time_ns() if now_ns is None else now_ns
    terms = read_terms(text, _FIELDS, _ALIASES)
    facts: list[Clause] = []
    words: list[Words] = []
    for term in terms:
        if term.field:
            clause = _FIELDS[term.field].build(term.values, Asking(now, marked))
            facts.append(negated(clause) if term.negated else clause)
        else:
            words.append(Words(tuple(Word(value.text, literal=value.quoted) for value in term.values), term.negated))
    return Filter(text, tuple(terms), facts, words, now)


def complete(text: str, cursor: int, known: Mapping[str, Sequence[str]] | None = None) -> list[str]:
    """What the word under the cursor may become: field names, or values of its field.

    ``known`` gives values seen so far by field (``station``, ``action``, …). Put one in with ``completed``.
    """
    choices = {name: field.choices or (known or {}).get(name, ()) for name, field in _FIELDS.items()}
    return complete_term(text, cursor, choices, _ALIASES)
