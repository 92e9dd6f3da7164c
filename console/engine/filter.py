"""The one filter language: the message log's filter line, ``chargehand messages``, the API and exports all speak it.

``station:CP-0* action:MeterValues|StatusNotification dir:in is:error ms:>500 since:5m tx:41 "GroundFailure" word``

Terms are separated by blanks and must all hold; ``!`` before a term negates it, ``|`` separates alternatives, ``*`` stands
for anything, quotes keep blanks and signs. Case does not matter. A word without a field searches the text of both frames.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from console.engine.errors import FilterError
from console.engine.filter_sql import (
    FLAGS,
    OUTCOMES,
    Alternative,
    Clause,
    Param,
    Range,
    Word,
    any_of,
    fold,
    name_clause,
    negated,
    number_clause,
    outcome_clause,
    text_clause,
)
from console.engine.filter_terms import FIELD_NAME, Term, Value, read_terms
from console.engine.wire.exchange import Exchange

__all__ = ["FieldHelp", "Filter", "FilterError", "Term", "complete", "completed", "describe_fields", "parse_filter"]


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
        starts = [_earliest(term.values, self.now) for term in self._bounds("since")]
        return max(starts, default=None)

    @property
    def until(self) -> int | None:
        """The newest time that can pass, UTC ns, as far as ``until:`` says; None = any."""
        ends = [_latest(term.values, self.now) for term in self._bounds("until")]
        return min(ends, default=None)

    def _bounds(self, field: str) -> list[Term]:
        return [term for term in self.terms if term.field == field and not term.negated]

    def __repr__(self) -> str:
        return f"Filter({self.text!r})"


class FieldHelp(NamedTuple):
    """What the help says of a field: its name, an example, what it means."""

    name: str
    example: str
    meaning: str


_Build = Callable[[Sequence[Value], int], Clause]


class _Field(NamedTuple):
    build: _Build
    example: str
    meaning: str
    choices: tuple[str, ...] = ()


def _texts(values: Sequence[Value]) -> list[Alternative]:
    return [(value.text, value.quoted) for value in values]


def _one_of(what: str, choices: Sequence[str], value: Value) -> str:
    text = value.text.lower()
    if text not in choices:
        raise FilterError(f"unknown {what} “{value.text}”: one of {', '.join(choices)}", column=value.column)
    return text


def _directions(values: Sequence[Value], _now: int) -> Clause:
    return any_of([FLAGS[_one_of("direction", ("in", "out"), value)] for value in values])


def _flags(values: Sequence[Value], _now: int) -> Clause:
    return any_of([FLAGS[_one_of("state", tuple(FLAGS), value)] for value in values])


def _outcomes(values: Sequence[Value], _now: int) -> Clause:
    return outcome_clause(_one_of("outcome", OUTCOMES, value) for value in values)


_NUMBER = re.compile(r"(>=|<=|>|<|=)?(\d{1,15}(?:\.\d{1,6})?)$")
_BETWEEN = re.compile(r"(\d{1,15}(?:\.\d{1,6})?)\.\.(\d{1,15}(?:\.\d{1,6})?)$")


def _range(value: Value, unit: int) -> Range:
    """``>5``, ``<=5``, ``5`` or ``1..5`` as a closed range of whole units; ``unit`` is what 1 stands for."""
    between = _BETWEEN.match(value.text)
    if between:
        return _scaled(between[1], unit), _scaled(between[2], unit) + (unit - 1 if "." not in between[2] else 0)
    number = _NUMBER.match(value.text)
    if number is None:
        raise FilterError(f"“{value.text}” is no number: write 500, >500, <=500 or 100..500", column=value.column)
    scaled = _scaled(number[2], unit)
    match number[1]:
        case ">":
            return scaled + 1, None
        case ">=":
            return scaled, None
        case "<":
            return None, scaled - 1
        case "<=":
            return None, scaled
        case _:
            return scaled, scaled + (unit - 1 if "." not in number[2] else 0)


def _scaled(text: str, unit: int) -> int:
    whole, _, part = text.partition(".")
    return int(whole) * unit + int(part.ljust(9, "0")) * unit // 1_000_000_000 if part else int(whole) * unit


def _numbers(column: str, unit: int) -> _Build:
    return lambda values, _now: number_clause(column, [_range(value, unit) for value in values])


_AGO = re.compile(r"(\d{1,9}(?:\.\d{1,3})?)\s*(ms|s|m|min|h|d|w)$", re.IGNORECASE)
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?$")
_UNITS = {"ms": 1, "s": 1_000, "m": 60_000, "min": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment(text: str, now_ns: int) -> int | None:
    """A time as people write it, as UTC nanoseconds: ``5m`` ago, ``12:04`` (the last one), or ISO 8601; else None."""
    ago = _AGO.match(text)
    if ago:
        return now_ns - int(float(ago[1]) * _UNITS[ago[2].lower()]) * 1_000_000
    try:
        clock = _CLOCK.match(text)
        if clock:
            now = _EPOCH + timedelta(microseconds=now_ns // 1000)
            part = int((clock[4] or "0").ljust(6, "0"))
            then = now.replace(hour=int(clock[1]), minute=int(clock[2]), second=int(clock[3] or 0), microsecond=part)
            return _nanoseconds(then if then <= now else then - timedelta(days=1))
        parsed = datetime.fromisoformat(text)
        return _nanoseconds(parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        return None


def _nanoseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1) * 1000


def _moment(value: Value, now: int) -> int:
    found = moment(value.text, now)
    if found is None:
        message = f"“{value.text}” is no time: write 5m, 2h, 1d, 12:04 or 2026-01-15T18:23:00Z"
        raise FilterError(message, column=value.column)
    return found


def _earliest(values: Sequence[Value], now: int) -> int:
    return min(_moment(value, now) for value in values)


def _latest(values: Sequence[Value], now: int) -> int:
    return max(_moment(value, now) for value in values)


def _since(values: Sequence[Value], now: int) -> Clause:
    return number_clause("time", [(_earliest(values, now), None)])


def _until(values: Sequence[Value], now: int) -> Clause:
    return number_clause("time", [(None, _latest(values, now))])


_FIELDS: Final[dict[str, _Field]] = {
    "station": _Field(lambda v, _n: name_clause("station", _texts(v)), "station:CP-0*", "the station's identity"),
    "action": _Field(lambda v, _n: name_clause("action", _texts(v)), "action:MeterValues|Heartbeat", "the OCPP action"),
    "dir": _Field(_directions, "dir:in", "in: the station called; out: the console called", ("in", "out")),
    "is": _Field(_flags, "is:error", ", ".join(FLAGS), tuple(FLAGS)),
    "outcome": _Field(_outcomes, "outcome:timeout", "how the call ended", OUTCOMES),
    "error": _Field(lambda v, _n: text_clause("code", _texts(v)), "error:FormationViolation", "the error code"),
    "ms": _Field(_numbers("latency", 1_000_000), "ms:>500", "milliseconds from call to answer"),
    "since": _Field(_since, "since:5m", "not older than: 5m, 2h, 1d, 12:04 or an ISO time (UTC)"),
    "until": _Field(_until, "until:12:04", "not newer than, written like since"),
    "tx": _Field(lambda v, _n: text_clause("tx", _texts(v)), "tx:41", "the transaction's id on the wire"),
    "order": _Field(_numbers("ordered", 1), "order:1207", "the order that caused the call"),
    "id": _Field(_numbers("id", 1), "id:1000..2000", "the exchange's number in the journal"),
    "uid": _Field(lambda v, _n: text_clause("uid", _texts(v)), "uid:36*", "the message id on the wire"),
    "version": _Field(lambda v, _n: name_clause("version", _texts(v)), "version:2.*", "the OCPP version"),
}
_ALIASES: Final = {"unique_id": "uid", "transaction": "tx", "direction": "dir", "latency": "ms", "code": "error"}
_WORD_HELP = FieldHelp("word", '"GroundFailure"', "text in either frame, in an error, or in the station's identity")


def describe_fields() -> list[FieldHelp]:
    """Every field with an example and its meaning, then the bare word; for the help page and the command line."""
    return [*(FieldHelp(name, field.example, field.meaning) for name, field in _FIELDS.items()), _WORD_HELP]


def parse_filter(text: str, *, now_ns: int | None = None) -> Filter:
    """Understand a filter line; empty text lets everything pass. Relative times count back from ``now_ns`` (UTC).

    Raises FilterError with a sentence and the column.
    """
    now = time.time_ns() if now_ns is None else now_ns
    terms = read_terms(text, _FIELDS, _ALIASES)
    facts: list[Clause] = []
    words: list[Words] = []
    for term in terms:
        if term.field:
            clause = _FIELDS[term.field].build(term.values, now)
            facts.append(negated(clause) if term.negated else clause)
        else:
            words.append(Words(tuple(Word(value.text, literal=value.quoted) for value in term.values), term.negated))
    return Filter(text, tuple(terms), facts, words, now)


def _word_at(text: str, cursor: int) -> tuple[int, int]:
    """Where the alternative under the cursor begins and ends."""
    start = cursor
    while start > 0 and not text[start - 1].isspace() and text[start - 1] not in "!|":
        start -= 1
    end = cursor
    while end < len(text) and not text[end].isspace() and text[end] != "|":
        end += 1
    return start, end


def complete(text: str, cursor: int, known: Mapping[str, Sequence[str]] | None = None) -> list[str]:
    """What the word under the cursor may become: field names, or values of its field.

    ``known`` gives values seen so far by field (``station``, ``action``, …). Put one in with ``completed``.
    """
    start, _ = _word_at(text, cursor)
    typed = text[start:cursor]
    name = FIELD_NAME.match(typed)
    lead, field = (name[0], name[1].lower()) if name else ("", "")
    if not name and start > 0 and text[start - 1] == "|":
        before = text[:start].rsplit(maxsplit=1)[-1].lstrip("!")
        earlier = FIELD_NAME.match(before)
        field = earlier[1].lower() if earlier else ""
    field = _ALIASES.get(field, field)
    if not field:
        return [f"{name}:" for name in _FIELDS if typed and name.startswith(typed.lower())]
    if field not in _FIELDS:
        return []
    part = fold(typed[len(lead) :].strip("\"'"))
    values = _FIELDS[field].choices or (known or {}).get(field, ())
    return [lead + _written(value) for value in values if fold(value).startswith(part) and fold(value) != part]


def _written(value: str) -> str:
    if re.search(r"[\s|\"'*!]", value) is None:
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def completed(text: str, cursor: int, word: str) -> tuple[str, int]:
    """The line with the word under the cursor replaced, and where the cursor is then."""
    start, end = _word_at(text, cursor)
    return text[:start] + word + text[end:], start + len(word)
