"""The order of the fleet: kept up to date by looking at what has changed only."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from console.engine.fleet.alarms import raise_alarm
from console.engine.fleet.entities import ensure_connector, ensure_station
from console.engine.fleet.fleet import Fleet
from console.engine.fleet.model import Alarm, Station
from console.screens import fleet_order
from console.screens.fleet_filter import parse_fleet_filter
from console.screens.fleet_order import FleetOrder
from console.screens.fleet_rows import rank


def make(count: int) -> tuple[Fleet, FleetOrder]:
    fleet = Fleet()
    for number in range(count):
        fleet.touch(ensure_station(fleet, f"CP-{number}", 1))
    return fleet, FleetOrder(lambda _: ("", ""))


def test_only_what_has_changed_is_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    fleet, order = make(50)
    assert order.look(fleet)[:3] == ["cp-0", "cp-1", "cp-2"]
    looked: list[str] = []
    real = rank

    def counted(station: Station, alarms: Sequence[Alarm]) -> int:
        looked.append(station.key)
        return real(station, alarms)

    monkeypatch.setattr(fleet_order, "rank", counted)
    station = fleet.stations["cp-7"]
    ensure_connector(station, 1, 1).status = "Faulted"
    fleet.touch(station)
    assert order.look(fleet)[0] == "cp-7"
    assert looked == ["cp-7"]


def test_an_alarm_moves_its_station_and_its_acknowledgement_moves_it_back() -> None:
    fleet, order = make(5)
    order.look(fleet)
    alarm = raise_alarm(fleet, fleet.stations["cp-3"], "event", "x", "odd", 4, 1, 1)
    assert order.look(fleet)[0] == "cp-3"
    alarm.acknowledged = 2
    fleet.touch_alarm(alarm)
    assert order.look(fleet) == [f"cp-{number}" for number in range(5)]


def test_a_station_that_is_forgotten_is_not_shown_any_more() -> None:
    fleet, order = make(3)
    order.set_terms(parse_fleet_filter("cp"))
    order.look(fleet)
    fleet.forget(fleet.stations["cp-1"])
    assert order.look(fleet) == ["cp-0", "cp-2"]
    assert "cp-1" not in {*order._names, *order._texts}, "a million strangers would fill the memory"


def test_a_filter_lets_only_its_stations_pass_also_those_that_change_later() -> None:
    fleet, order = make(3)
    order.set_terms(parse_fleet_filter("alfen"))
    assert order.look(fleet) == []
    fleet.stations["cp-2"].vendor = "Alfen BV"
    fleet.touch(fleet.stations["cp-2"])
    assert order.look(fleet) == ["cp-2"]
    order.set_terms(())
    assert len(order.look(fleet)) == 3


def test_widths_only_grow_until_one_looks_anew() -> None:
    fleet, order = make(1)
    order.look(fleet)
    assert order.needs["station"] == 4
    fleet.touch(ensure_station(fleet, "A-LONG-IDENTITY", 1))
    order.look(fleet)
    fleet.forget(fleet.stations["a-long-identity"])
    order.look(fleet)
    assert order.needs["station"] == 15
    order.forget()
    order.look(fleet)
    assert order.needs["station"] == 4
