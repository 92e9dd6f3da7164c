"""The filter language over rows that are no messages."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from console.engine.errors import FilterError
from console.engine.filter_rows import RowField, RowFilter, complete_row, numbers, texts, times, words

MINUTE = 60 * 1_000_000_000
NOON = 1_768_478_400_000_000_000  # 2026-01-15T12:00:00Z


class Row(NamedTuple):
    name: str | None = "CP-001"
    state: str = "open"
    code: int | None = 404
    first: int = NOON - 10 * MINUTE
    last: int = NOON - 3 * MINUTE
    text: str = "no subprotocol offered"


FIELDS: dict[str, RowField[Row]] = {
    "station": texts(lambda row: (row.name,), "station:CP-0*", "who"),
    "is": words(lambda row: (row.state,), ("open", "closed", "refused"), "is:open"),
    "code": numbers(lambda row: row.code, "code:404", "the code"),
    **times(lambda row: row.first, lambda row: row.last),
}


def read(line: str) -> RowFilter[Row]:
    return RowFilter(line, FIELDS, lambda row: (row.name, row.text), now_ns=NOON)


@pytest.mark.parametrize(
    ("line", "passes"),
    [
        ("", True),
        ("station:cp-001", True),
        ("station:CP", False),
        ("station:CP*|other", True),
        ('station:"CP*"', False),
        ("is:open", True),
        ("is:closed|refused", False),
        ("!is:closed", True),
        ("code:404", True),
        ("code:>=400 code:<500", True),
        ("code:1000..1999", False),
        ("since:5m", True),
        ("since:2m", False),
        ("until:11m", False),
        ("until:5m", True),
        ("until:11:52", True),
        ("subprotocol", True),
        ("sub*offered", True),
        ('"sub*offered"', False),
        ('"no subprotocol"', True),
        ("!subprotocol", False),
        ("cp-0 OFFERED", True),
        ("nobody|offered", True),
    ],
)
def test_a_line_passes_what_it_names(line: str, passes: bool) -> None:
    assert read(line).matches(Row()) is passes
    assert bool(read(line)) is bool(line)


def test_what_a_row_does_not_know_passes_no_term_about_it() -> None:
    nothing = Row(name=None, code=None)
    assert not read("station:*").matches(nothing)
    assert read("!station:*").matches(nothing)
    assert not read("code:>0").matches(nothing)


@pytest.mark.parametrize(
    ("line", "column", "sentence"),
    [
        ("is:broken", 3, "unknown word for is: “broken”: one of open, closed, refused"),
        ("x colour:red", 2, "unknown field “colour”: one of station, is, code, since, until"),
        ("station:", 8, "“station:” needs a value"),
        ("code:many", 5, "“many” is no number"),
        ("since:later", 6, "“later” is no time"),
        ('x "open', 2, "is not closed"),
    ],
)
def test_a_wrong_line_says_where_and_why(line: str, column: int, sentence: str) -> None:
    with pytest.raises(FilterError) as caught:
        read(line)
    assert sentence in caught.value.sentence
    assert caught.value.column == column


def test_fields_words_and_values_that_were_seen_are_completed() -> None:
    def offered(line: str) -> list[str]:
        return complete_row(line, len(line), FIELDS, {"station": ["CP-001", "CP 2"]})

    assert offered("s") == ["station:", "since:"]
    assert offered("!is:o") == ["is:open"]
    assert offered("is:open|c") == ["closed"]
    assert offered("station:cp") == ["station:CP-001", 'station:"CP 2"']
    assert offered("since:") == ["since:5m", "since:1h", "since:1d"]
    assert offered("colour:") == []
