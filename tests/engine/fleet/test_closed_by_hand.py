"""A session whose station never came back is closed by a person; the station's own word counts for more."""

from __future__ import annotations

from typing import Any


def cut(told: Any) -> int:
    told.start(7)
    told.wait(60)
    told.meter(7, power="11000", energy="1500")
    told.wait(5)
    told.befall("link.closed")
    assert [one.kind for one in told.fleet.alarms.values() if one.cleared is None] == ["offline"]
    number: int = told.session(7).id
    return number


def test_it_ends_with_its_last_word_and_the_alarm_is_over(told: Any) -> None:
    number = cut(told)
    told.wait(86_400)
    told.befall("transaction.closed", link=None, transaction=number, by="operator")
    one = told.session(7)
    assert (one.state, one.closed_by, one.power_w) == ("inferred", "operator", None)
    assert one.stopped == one.last_update
    assert told.station.active == []
    assert all(alarm.cleared is not None for alarm in told.fleet.alarms.values())


def test_the_real_end_replaces_it(told: Any) -> None:
    number = cut(told)
    told.befall("transaction.closed", link=None, transaction=number, by="operator")
    told.wait(60)
    told.stop(7, wh=5000)
    assert told.session(7).state == "ended"
    assert told.session(7).stop_wh == 5000


def test_a_session_that_goes_on_is_running_again(told: Any) -> None:
    number = cut(told)
    told.befall("transaction.closed", link=None, transaction=number, by="operator")
    told.wait(60)
    told.befall("link.opened", link=2, version="1.6")
    told.meter(7, power="7000")
    one = told.session(7)
    assert (one.state, one.stopped, one.power_w) == ("active", None, 7000)
    assert any("closed by hand" in flag for flag in one.flags)
    assert told.station.active == [number]


def test_one_that_goes_on_is_running_again_though_the_station_has_the_clock_of_an_hour_ago(told: Any) -> None:
    told.clock(-3600)
    told.start(7, at=-3600)
    told.wait(60)
    told.meter(7, at=60 - 3600, power="11000")
    told.befall("transaction.closed", link=None, transaction=told.session(7).id, by="operator")
    told.wait(60)
    told.meter(7, at=120 - 3600, power="7000")
    assert told.session(7).state == "active"


def test_readings_of_the_time_before_do_not_reopen_it(told: Any) -> None:
    number = cut(told)
    told.befall("transaction.closed", link=None, transaction=number, by="operator")
    told.meter(7, at=30, power="7000")
    assert told.session(7).state == "inferred"


def test_one_that_is_over_is_not_closed_again(told: Any) -> None:
    told.start(7)
    told.wait(5)
    told.stop(7)
    told.befall("transaction.closed", link=None, transaction=told.session(7).id, by="operator")
    assert told.session(7).closed_by is None
    assert told.session(7).state == "ended"
