"""The fleet's filter line as a language."""

from __future__ import annotations

import pytest

from console.engine.errors import FilterError
from console.engine.fleet.model import Alarm, Connector, Evse, Station
from console.screens.fleet_filter import complete_fleet_filter, matches, parse_fleet_filter


def station(**more: object) -> Station:
    made = Station(
        key="cp-001", id="CP-001", version="1.6", connected=True, vendor="Alfen BV", model="NG910", firmware="6.4.1"
    )
    for name, value in more.items():
        setattr(made, name, value)
    return made


FAULTED = Evse(evse=1, connectors={1: Connector(evse=1, connector=1, status="Faulted", error_code="GroundFailure")})
ALARM = Alarm(id=1, station="CP-001", kind="clock", cause="skew", text="ahead", severity=5, raised=0, last=0)


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("", True),
        ("cp-0", True),
        ("CP-0*", True),
        ("CP-9*", False),
        ("model:alfen", True),
        ("model:abb|alfen", True),
        ("!model:alfen", False),
        ("ocpp:1.6", True),
        ("ocpp:2.*", False),
        ("ocpp:1", False),
        ("is:online", True),
        ("is:offline", False),
        ("is:offline|idle", True),
        ("!is:charging firmware:6.4", True),
        ("is:pending", False),
        ("groundfailure", False),
    ],
)
def test_a_line_passes_what_it_names(line: str, found: bool) -> None:
    assert matches(parse_fleet_filter(line), station(), []) is found


def test_states_come_from_connectors_sessions_and_alarms() -> None:
    sick = station(evses={1: FAULTED}, active=[1], registration="Pending")
    assert matches(parse_fleet_filter("is:faulted is:charging is:pending GroundFailure"), sick, [])
    assert matches(parse_fleet_filter("is:alarm"), sick, [ALARM])
    assert not matches(parse_fleet_filter("is:alarm"), sick, [])


@pytest.mark.parametrize(
    ("line", "column", "words"),
    [
        ("is:broken", 0, "one of online"),
        ("CP colour:red", 3, "unknown field “colour”"),
        ("station:", 8, "needs a value"),
        ("a !", 2, "something behind it"),
    ],
)
def test_a_wrong_line_says_where_and_why(line: str, column: int, words: str) -> None:
    with pytest.raises(FilterError) as caught:
        parse_fleet_filter(line)
    assert words in caught.value.sentence
    assert caught.value.column == column


def test_fields_and_states_are_completed() -> None:
    assert [one.text for one in complete_fleet_filter("mo", 2)] == ["model:"]
    assert [one.text for one in complete_fleet_filter("x !is:of", 8)] == ["offline"]
    assert [(one.text, one.start) for one in complete_fleet_filter("is:online|pe", 12)] == [("pending", 10)]
