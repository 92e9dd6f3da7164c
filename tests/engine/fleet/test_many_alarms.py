"""A fleet in which everything goes wrong at once: what an alarm costs does not depend on how many stand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from console.engine.fleet import alarms
from console.engine.fleet.alarms import KEPT
from console.engine.fleet.entities import ensure_station
from console.engine.fleet.fleet import Fleet
from console.engine.fleet.fold import fold_happening
from console.engine.fleet.model import Alarm
from console.engine.wire.exchange import Happening

STATIONS = 2000
NOON = 1_768_478_400_000_000_000


class Counted(dict[int, Alarm]):
    """Alarms that count how often somebody looks at one."""

    looks = 0

    def __contains__(self, key: object) -> bool:
        self.looks += 1
        return super().__contains__(key)

    def values(self) -> Any:
        return self._each()

    def _each(self) -> Iterator[Alarm]:
        for alarm in super().values():
            self.looks += 1
            yield alarm


def charging_fleet() -> tuple[Fleet, Counted]:
    fleet = Fleet()
    alarms = fleet.alarms = Counted()
    for number in range(STATIONS):
        station = ensure_station(fleet, f"CP-{number:04}", NOON)
        station.connected, station.link, station.active, station.approved = True, number, [number], True
    return fleet, alarms


def test_a_console_that_was_killed_in_mid_charge_starts_again_at_once() -> None:
    fleet, alarms = charging_fleet()
    fold_happening(fleet, Happening(id=100, time=NOON, kind="console.started", station=None, link=None, data={}))
    assert list(alarms) == list(range(800, 800 + STATIONS))
    assert alarms.looks < 3 * STATIONS


def test_every_link_lost_at_once_costs_no_more_for_the_last_than_for_the_first() -> None:
    fleet, alarms = charging_fleet()
    for number in range(STATIONS):
        gone = Happening(
            id=100 + number, time=NOON, kind="link.closed", station=f"CP-{number:04}", link=number, data={}
        )
        fold_happening(fleet, gone)
    assert len(alarms) == STATIONS
    assert alarms.looks < 3 * STATIONS


def test_alarms_that_are_over_make_room_as_soon_as_new_ones_come() -> None:
    fleet, alarms = charging_fleet()
    fold_happening(fleet, Happening(id=100, time=NOON, kind="console.started", station=None, link=None, data={}))
    for number in range(STATIONS):
        back = Happening(id=9000 + number, time=NOON, kind="link.opened", station=f"CP-{number:04}", link=9000, data={})
        fold_happening(fleet, back)
    gone = Happening(id=20_000, time=NOON, kind="link.closed", station="CP-0000", link=9000, data={})
    fold_happening(fleet, gone)
    assert len(alarms) == KEPT
    assert [one.cleared for one in fleet.alarms.values()].count(None) == 1


def test_where_a_whole_fleet_is_in_trouble_each_station_has_fewer_alarms(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alarms, "CROWDED", 1000)
    fleet, _ = charging_fleet()
    for number, station in enumerate(fleet.stations.values()):
        for cause in range(60):
            alarms.raise_alarm(
                fleet, station, "fault", f"connector {cause}", "GroundFailure", 4, NOON, 60 * number + cause
            )
    first, *_, last = fleet.stations.values()
    assert [len(alarms.standing(fleet, one)) for one in (first, last)] == [alarms.STANDING + 1, alarms.FEW + 1]
    assert len(fleet.alarms) < 1000 + STATIONS * (alarms.FEW + 1) + alarms.STANDING
    (more,) = [one for one in alarms.standing(fleet, last) if one.kind == alarms.MORE]
    assert (more.count, more.text) == (57, "more than 3 alarms stand; the last one: GroundFailure")
