"""The grammar of `:` commands: what is said is understood, and what is not is told with its column."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.engine.orders.grammar import Command, CommandError, command_words, parse_command, words


def said(text: str) -> tuple[str, str | None, dict[str, str]]:
    command = parse_command(text)
    return command.order.id, command.station, command.arguments


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("reset CP-001 type=hard", ("reset", "CP-001", {"type": "hard"})),
        (":reset CP-001 type=hard", ("reset", "CP-001", {"type": "hard"})),
        (":reset type=soft", ("reset", None, {"type": "soft"})),
        ("  trig  CP-001   message=Heartbeat ", ("trigger", "CP-001", {"message": "Heartbeat"})),
        (
            'start "CP 001" connector=1 tag="VISITOR \\"7\\""',
            ("start", "CP 001", {"connector": "1", "tag": 'VISITOR "7"'}),
        ),
        (
            "set CP-001 key=MeterValuesSampledData value=",
            ("set", "CP-001", {"key": "MeterValuesSampledData", "value": ""}),
        ),
        ("firmware CP-001 url=http://x/y?a=b", ("firmware", "CP-001", {"url": "http://x/y?a=b"})),
        (
            'data-transfer CP-001 vendor=a data={"light": "on", "n": [1, 2]}',
            ("data-transfer", "CP-001", {"vendor": "a", "data": '{"light": "on", "n": [1, 2]}'}),
        ),
        ("clear-cache CP-001", ("clear-cache", "CP-001", {})),
    ],
)
def test_a_line_names_an_order_a_station_and_arguments(
    text: str, meant: tuple[str, str | None, dict[str, str]]
) -> None:
    assert said(text) == meant


@pytest.mark.parametrize(
    ("text", "station", "action", "payload"),
    [
        ('raw CP-001 DataTransfer {"vendorId": "org acme"}', "CP-001", "DataTransfer", {"vendorId": "org acme"}),
        ("raw CP-001 Heartbeat", "CP-001", "Heartbeat", {}),
        ("raw Reset {}", None, "Reset", {}),
        ("raw CP-001 Odd [1, 2]", "CP-001", "Odd", [1, 2]),
        ('raw CP-001 Reset payload={"type": "Soft"}', "CP-001", "Reset", {"type": "Soft"}),
    ],
)
def test_raw_takes_an_action_and_json(text: str, station: str | None, action: str, payload: Any) -> None:
    command = parse_command(text)
    assert (command.station, command.raw_action, command.raw_payload) == (station, action, payload)


@pytest.mark.parametrize(
    ("text", "sentence", "column"),
    [
        ("", "Say an order", 0),
        ("rest CP-001", "did you mean “reset”?", 0),
        ("s CP-001", "start, stop or set", 0),
        ("reset CP-001 hard", "write type=hard", 13),
        ("reset CP-001 typ=hard", "did you mean “type”?", 13),
        ("reset CP-001 type=hard type=soft", "given twice", 23),
        ('start CP-001 tag="abc', "opened and not closed", 17),
        ('raw CP-001 DataTransfer {"a": }', "no JSON", 30),
        ('raw CP-001 DataTransfer {"a": 1} more', "more text", 33),
        ("raw CP-001 A B", "a station, an action and a JSON object", 13),
        ("raw", "raw needs", 3),
        ("availability CP-001 false", "write operative=false", 20),
    ],
)
def test_what_is_not_understood_is_told_with_its_column(text: str, sentence: str, column: int) -> None:
    with pytest.raises(CommandError) as caught:
        parse_command(text)
    assert sentence in caught.value.sentence
    assert caught.value.column == column


@given(st.text(alphabet='abz="\\{}[]:, \t1é', max_size=40))
def test_any_text_is_a_command_or_an_error_with_a_column_in_it(text: str) -> None:
    found: Command | CommandError
    try:
        found = parse_command(text)
    except CommandError as error:
        found = error
    assert isinstance(found, Command) or (0 <= found.column <= len(text) + 1 and found.sentence)


@given(st.text(max_size=30))
def test_a_quoted_value_comes_through_as_it_is(value: str) -> None:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    assert parse_command(f'start X tag="{escaped}"').arguments == {"tag": value}


def test_words_know_where_they_stand() -> None:
    found = words('reset  "CP 1" type=')
    assert [(word.value, word.start, word.end, word.key) for word in found] == [
        ("reset", 0, 5, None),
        ("CP 1", 7, 13, None),
        ("", 14, 19, "type"),
    ]


def test_words_of_a_shell_are_name_and_value() -> None:
    assert command_words(["type=hard", "tag=a=b"]) == {"type": "hard", "tag": "a=b"}
    with pytest.raises(CommandError, match="name=value"):
        command_words(["hard"])
