"""The filter language: what each term lets pass, and what is said of a line that cannot be understood."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from console.engine.errors import FilterError
from console.engine.filter import complete, completed, describe_fields, moment, parse_filter
from console.engine.wire.exchange import Violation
from tests.engine.journal.making import NOON, SECOND, exchange

FAULT: dict[str, Any] = {
    "id": 1200,
    "station": "CP-007",
    "action": "StatusNotification",
    "request": {"errorCode": "GroundFailure", "info": "Schütz klemmt"},
    "latency_ns": 812_400_000,
    "transaction": "41",
    "violations": (Violation("$.errorCode", "enum", "not one of"),),
}
REFUSED: dict[str, Any] = {
    "outcome": "error",
    "error_code": "NotImplemented",
    "error_description": "no such action",
    "response": None,
    "direction": "out",
    "order": 77,
    "version": "2.0.1",
    "repeat": True,
    "tolerances": ("a lone comma",),
}


@pytest.mark.parametrize(
    "line",
    [
        "",
        "   ",
        "station:CP-007",
        "station:cp-0*",
        "station:other|cp-007",
        'station:"CP-007"',
        "action:MeterValues|StatusNotification",
        "ACTION:*notification",
        "dir:in",
        "direction:in",
        "is:in",
        "is:ok",
        "is:violation",
        "outcome:result|error",
        "ms:>500",
        "ms:812",
        "ms:812.4",
        "ms:800..900",
        "ms:<=812.4",
        "!ms:<812.4",
        "tx:41",
        "tx:4*",
        "id:1200",
        "id:1000..1300",
        "id:>=1200",
        "uid:1",
        "unique_id:1",
        "version:1.*",
        "GroundFailure",
        "groundfailure",
        '"GroundFailure"',
        '\'"errorCode":"GroundFailure"\'',
        '"\\"errorCode\\""',
        '"Schütz klemmt"',
        "Ground*lure",
        "nothing|ground",
        "cp-007",
        "!is:error",
        "!!is:violation",
        "!action:Heartbeat|MeterValues",
        "!station:CP-001 tx:41 is:violation",
        "since:5m until:12:01",
        "since:2026-01-15T12:00:00Z",
        "since:2026-01-15",
        "until:2026-01-15T13:00:01+01:00",
        "!until:1h",
    ],
)
def test_these_let_the_fault_pass(line: str) -> None:
    assert parse_filter(line, now_ns=NOON + 61 * SECOND).matches(exchange(1, **FAULT))


@pytest.mark.parametrize(
    "line",
    [
        "station:CP",
        'station:"CP-0*"',
        "action:Status",
        "dir:out",
        "is:error",
        "is:slow",
        "is:late|malformed|timeout|unanswered|repeat|tolerated|out",
        "ms:>812.4",
        "ms:811|813",
        "!ms:812",
        "tx:4",
        "id:<1200",
        "order:77",
        "error:*",
        "nothing",
        '"Ground*lure"',
        "station:CP-007 action:Heartbeat",
        "!tx:41",
        "since:10s",
        "until:1h",
        "until:11:59",
        "since:12:01",
    ],
)
def test_these_stop_the_fault(line: str) -> None:
    assert not parse_filter(line, now_ns=NOON + 61 * SECOND).matches(exchange(1, **FAULT))


@pytest.mark.parametrize(
    "line",
    [
        "is:error",
        "is:repeat is:tolerated",
        "dir:out",
        "order:77",
        "error:notimpl*",
        "code:NotImplemented",
        '"such action"',
    ],
)
def test_these_let_the_refused_order_pass(line: str) -> None:
    assert parse_filter(line).matches(exchange(1, **REFUSED))


@pytest.mark.parametrize(
    ("line", "column", "said"),
    [
        ("is:error foo:1", 9, "unknown field “foo”: one of station, action"),
        ("!foo:1", 1, "unknown field “foo”"),
        ("is:wrong", 3, "unknown state “wrong”: one of error"),
        ("dir:up", 4, "one of in, out"),
        ("outcome:good", 8, "unknown outcome “good”"),
        ("ms:fast", 3, "“fast” is no number"),
        ("id:1|x", 5, "“x” is no number"),
        ("since:yesterday", 6, "“yesterday” is no time: write 5m"),
        ("since:25:99", 6, "is no time"),
        ("station:", 8, "“station:” needs a value"),
        ("station: CP", 8, "needs a value"),
        ("a|", 2, "a value is missing"),
        ("!", 1, "a value is missing"),
        ('tx:"41', 3, "not closed"),
        ('"a"b', 3, "must follow the closing quote"),
        ('""', 0, "a value is missing"),
    ],
)
def test_what_is_not_understood_is_told_with_its_place(line: str, column: int, said: str) -> None:
    with pytest.raises(FilterError) as caught:
        parse_filter(line)
    assert said in caught.value.sentence
    assert caught.value.column == column


@pytest.mark.parametrize("line", ["36:352", "12:04:29.118", "{1:2}"])
def test_a_word_with_a_colon_behind_no_name_is_a_word(line: str) -> None:
    assert parse_filter(line).terms[0].field == ""


def nanoseconds(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp()) * SECOND  # type: ignore[arg-type,misc]


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("90s", nanoseconds(2026, 1, 15, 11, 58, 30)),
        ("1.5h", nanoseconds(2026, 1, 15, 10, 30)),
        ("1d", nanoseconds(2026, 1, 14, 12)),
        ("11:30", nanoseconds(2026, 1, 15, 11, 30)),
        ("13:30:05", nanoseconds(2026, 1, 14, 13, 30, 5)),
        ("2026-01-02", nanoseconds(2026, 1, 2)),
        ("2026-01-02T03:04:05+02:00", nanoseconds(2026, 1, 2, 1, 4, 5)),
        ("soon", None),
        ("99999999999w", None),
    ],
)
def test_times_are_read_as_people_write_them(text: str, time: int | None) -> None:
    assert moment(text, NOON) == time


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("st", ["station:"]),
        ("is:error !st", ["station:"]),
        ("u", ["until:", "uid:"]),
        ("dir:", ["dir:in", "dir:out"]),
        ("is:ma", ["is:malformed", "is:marked"]),
        ("is:error|ma", ["malformed", "marked"]),
        ("station:cp", ["station:CP-001", 'station:"CP 2"']),
        ("station:CP-001", []),
        ("foo:x", []),
        ("", []),
        ("zzz", []),
    ],
)
def test_completion_offers_fields_and_the_values_that_were_seen(line: str, words: list[str]) -> None:
    assert complete(line, len(line), {"station": ["CP-001", "CP 2", "other"]}) == words


def test_a_completion_takes_the_place_of_the_word_under_the_cursor() -> None:
    assert completed("is:error stat dir:in", 13, "station:") == ("is:error station: dir:in", 17)
    assert completed("!is:err|ma", 10, "malformed") == ("!is:err|malformed", 17)


def test_every_example_of_the_help_is_understood() -> None:
    helps = describe_fields()
    for field in helps:
        parse_filter(field.example)
        assert field.meaning
    assert {"station", "action", "is", "since", "word"} <= {field.name for field in helps}


def test_a_filter_knows_the_times_it_is_about() -> None:
    where = parse_filter("since:5m until:1m !since:1s", now_ns=NOON)
    assert (where.since, where.until) == (NOON - 300 * SECOND, NOON - 60 * SECOND)
    assert parse_filter("word").since is None


@pytest.mark.parametrize(
    "line", ["x " * 101, "action:" + "|".join(f"a{n}" for n in range(101)), "tx:1 " * 90 + "a|b " * 6]
)
def test_a_filter_of_more_words_than_anybody_types_is_refused_with_a_sentence(line: str) -> None:
    with pytest.raises(FilterError, match="at most 100 words"):
        parse_filter(line)
