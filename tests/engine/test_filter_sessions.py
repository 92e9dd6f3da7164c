"""What can be asked of sessions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from console.engine.errors import FilterError
from console.engine.filter_sessions import FIELDS, STATES, SessionFilter
from console.engine.fleet.model import Connector, Evse, Station, Transaction

HOUR = 3_600 * 10**9
NOW = 1_900_000_000 * 10**9


def station(**more: Any) -> Station:
    place = Connector(evse=1, connector=1, status="Charging", transaction=7)
    evse = Evse(evse=1, connectors={1: place})
    return Station(**{"id": "CP-1", "key": "cp-1", "connected": True, "version": "1.6", "evses": {1: evse}, **more})


def session(**more: Any) -> Transaction:
    facts: dict[str, Any] = {"id": 7, "station": "CP-1", "wire": "41", "evse": 1, "connector": 1, "id_tag": "04A2B3"}
    return Transaction(**{**facts, "started": NOW - HOUR, "received": NOW, "last_update": NOW, **more})


def asks(text: str, place: Station | None = None) -> Callable[[Transaction], bool]:
    where = SessionFilter(text, lambda _: place or station(), lambda _: ("Entrance", "North"), now_ns=NOW)
    return lambda one: where.matches(one, NOW)


@pytest.mark.parametrize(
    "text",
    [
        "station:cp-*",
        "tx:41",
        "transaction:41",
        "tag:04a2*",
        "id_tag:04A2B3",
        "is:active",
        "state:active",
        "is:charging",
        "evse:1",
        "connector:1",
        "name:entr*",
        "site:north",
        "version:1.*",
        "id:5..9",
        "since:2h",
        "until:30m",
        "north 41",
        "Charging",
        "!is:ended|silent|odd",
    ],
)
def test_a_session_that_runs_is_found_by(text: str) -> None:
    assert asks(text)(session())


@pytest.mark.parametrize(
    "text", ["tag:04A", "is:ended", "evse:2", "since:30m", "until:2h", "kwh:>0", "reason:*", "south"]
)
def test_it_is_not_found_by(text: str) -> None:
    assert not asks(text)(session())


def test_energy_is_asked_for_in_kilowatt_hours() -> None:
    one = session(start_wh=100, stop_wh=10_100, state="ended")
    assert [asks(text)(one) for text in ("kwh:10", "kwh:>=10", "kwh:>10", "kwh:9.5..10.5", "energy:<10")] == [
        True,
        True,
        False,
        True,
        False,
    ]


def test_who_closed_it_and_what_is_odd_can_be_asked_for() -> None:
    one = session(state="inferred", closed_by="jo", flags=["end repeated"], offline=True, sequences=[(0, 2), (5, 6)])
    for word in ("inferred", "closed", "odd", "offline", "gaps"):
        assert asks(f"is:{word}")(one), word
    assert asks('"end repeated"')(one)
    assert asks("reason:local")(session(state="ended", stop_reason="Local"))


def test_nobody_knows_how_a_session_without_a_link_stands() -> None:
    gone = station(connected=False, link_closed=NOW - HOUR)
    assert asks("is:silent", gone)(session())
    assert asks("no link", gone)(session())
    assert not asks("is:charging", gone)(session())
    assert asks("is:silent")(session(last_update=NOW - 2 * HOUR))


def test_what_is_suspended_is_found_whoever_suspends_it() -> None:
    for state in ("SuspendedEV", "SuspendedEVSE"):
        assert asks("is:suspended")(session(charging_state=state))


@pytest.mark.parametrize("text", ["dir:in", "is:error", "kwh:much", "tag:", "since:yesterday"])
def test_what_nobody_can_ask_of_sessions_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(FilterError):
        asks(text)


def test_every_state_is_told_by_the_help() -> None:
    assert all(word in FIELDS["is"].meaning for word in STATES)
