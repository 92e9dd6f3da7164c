"""The fleet is written a few stations at a time; whenever that is cut short, the next start finds the same fleet."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import apsw
import pytest

from console.engine import upkeep as upkeep_module
from console.engine.fleet.fleet import Fleet
from console.engine.fleet.readings import samples_in
from console.engine.journal import Journal, writer
from console.engine.offline import open_fleet
from console.engine.road import Road
from console.engine.upkeep import Upkeep
from console.engine.wire.exchange import Record
from tests import fleets
from tests.engine.journal.making import NOON, SECOND, exchange, happening

STATIONS = [f"CP-{number}" for number in range(7)]


class World:
    """A journal, a fleet folded from it, and what writes the one into the other; no sockets."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.road = Road(lambda: NOON)
        self.road.journal = Journal.open(directory)
        self.road.journal.start(asyncio.get_running_loop(), self.road._released)
        self.upkeep = Upkeep(self.road)

    async def keep(self, *records: Record) -> None:
        for record in records:
            self.road.keep(record)
        async with asyncio.timeout(10):
            while self.road.journal.pending:
                await asyncio.sleep(0)

    async def write(self, keys: list[str], cursor: int = 0) -> bool:
        self.upkeep._hand_over(keys, cursor)
        return await self.upkeep._settled()

    async def round(self) -> None:
        await self.upkeep._round()


@pytest.fixture
async def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    monkeypatch.setattr(upkeep_module, "BREATH_S", 0.0)
    world = World(tmp_path)
    yield world
    await world.road.journal.close()


def facts(fleet: Fleet) -> Any:
    """The fleet without its counters of changes: what is passed over at a start is not counted."""
    return _uncounted(fleets.facts(fleet))


def _uncounted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _uncounted(item) for key, item in value.items() if key != "changed"}
    return [_uncounted(item) for item in value] if isinstance(value, (list, tuple)) else value


def found(directory: Path) -> Fleet:
    fleet, journal = open_fleet(directory)
    journal.shut()
    return fleet


def record(chance: random.Random, number: int) -> Record:
    """Something of the life of a few stations."""
    station, at = chance.choice(STATIONS), f"2026-01-15T12:{number // 60 % 60:02d}:{number % 60:02d}Z"
    facts: dict[str, Any] = {"station": station, "time": NOON + number * SECOND}
    reading = {"timestamp": at, "sampledValue": [{"value": str(number)}]}
    match chance.randrange(10):
        case 0:
            return happening("link.opened", station, version="1.6")
        case 1:
            return happening("link.closed", station)
        case 2:
            return happening(chance.choice(["console.started", "console.clock"]), None, seconds=9)
        case 3:
            why = chance.choice(["guessing", "revoked"])
            return happening("link.refused", None, peer="192.0.2.1:5", identity=station, reason="no", **{why: True})
        case 4 | 5:
            status = chance.choice(["Available", "Charging", "Faulted"])
            request = {"connectorId": 1, "status": status, "errorCode": "NoError", "timestamp": at}
            return exchange(number, action="StatusNotification", request=request, response={}, **facts)
        case 6:
            request = {"connectorId": 1, "idTag": "T", "meterStart": number, "timestamp": at}
            response = {"transactionId": number, "idTagInfo": {"status": "Accepted"}}
            return exchange(number, action="StartTransaction", request=request, response=response, **facts)
        case 7:
            request = {"transactionId": max(1, number - chance.randrange(30)), "meterStop": number, "timestamp": at}
            return exchange(number, action="StopTransaction", request=request, response={}, **facts)
        case _:
            request = {"connectorId": 1, "meterValue": [reading]}
            return exchange(number, action="MeterValues", request=request, response={}, **facts)


@pytest.mark.parametrize("seed", range(8))
async def test_a_start_finds_the_same_fleet_wherever_writing_was_cut_short(world: World, seed: int) -> None:
    chance = random.Random(seed)
    fleet = world.road.fleet
    for number in range(1, 160):
        await world.keep(record(chance, number))
        due = sorted(fleet.dirty.keys())
        if due and chance.random() < 0.3:
            assert await world.write(chance.sample(due, chance.randint(1, len(due))))
        if chance.random() < 0.05:
            await world.round()
        if number % 20 == 0:
            assert facts(found(world.directory)) == facts(fleet)


async def test_samples_are_stored_once_wherever_writing_was_cut_short(world: World) -> None:
    start = {"connectorId": 1, "idTag": "T", "meterStart": 0, "timestamp": "2026-01-15T12:00:00Z"}
    answer = {"transactionId": 1, "idTagInfo": {"status": "Accepted"}}
    for station in ("A", "B"):
        await world.keep(exchange(1, station=station, action="StartTransaction", request=start, response=answer))
    for minute in range(1, 5):
        value = {"timestamp": f"2026-01-15T12:0{minute}:00Z", "sampledValue": [{"value": str(minute)}]}
        request = {"connectorId": 1, "transactionId": 1, "meterValue": [value]}
        for station in ("A", "B"):
            await world.keep(exchange(minute, station=station, action="MeterValues", request=request, response={}))
        assert await world.write(["a"])
    fleet = found(world.directory)
    assert [one.samples for one in fleet.transactions.values()] == [4, 4]
    first, second = fleet.transactions
    assert [one.sample.text for one in await world.road.journal.samples(first)] == ["1", "2", "3", "4"]
    assert await world.road.journal.samples(second) == []
    due = [one for reading in fleet.dirty.samples["b"] for one in samples_in(reading.body, second, "b")]
    assert [one.sample.text for one in due] == ["1", "2", "3", "4"]
    await world.round()
    assert [one.sample.text for one in await world.road.journal.samples(second)] == ["1", "2", "3", "4"]


async def test_only_a_whole_round_moves_the_cursor(world: World) -> None:
    await world.keep(*(exchange(number, station=f"CP-{number}") for number in range(1, 40)))
    assert await world.write(["cp-1", "cp-2"])
    stored = world.road.journal.load()
    assert stored.cursor == 0
    assert stored.ahead == {"cp-1": 39, "cp-2": 39}
    await world.round()
    stored = world.road.journal.load()
    assert stored.cursor == 39
    assert stored.ahead == {}
    assert not world.road.fleet.dirty


async def test_what_comes_during_a_round_is_for_the_next(world: World) -> None:
    await world.keep(*(exchange(number, station=f"CP-{number:02d}") for number in range(1, 21)))
    loop = asyncio.get_running_loop()
    going = loop.create_task(world.upkeep._round())
    await asyncio.sleep(0)
    await world.keep(exchange(21, station="CP-01"), exchange(22, station="CP-30"))
    await going
    stored = world.road.journal.load()
    assert stored.cursor == 20
    assert sorted(world.road.fleet.dirty.stations) == ["cp-01", "cp-30"]
    assert facts(found(world.directory)) == facts(world.road.fleet)


async def test_a_disk_that_refuses_in_the_middle_of_a_round_leaves_the_cursor(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.keep(*(exchange(number, station=f"CP-{number:02d}") for number in range(1, 31)))
    real, calls = writer.write_snapshot, 0

    def second_fails(*given: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise apsw.FullError("full")
        real(*given)

    monkeypatch.setattr("console.engine.journal.journal.write_snapshot", second_fails)
    await world.round()
    assert calls == 2
    assert world.road.journal.load().cursor == 0
    assert facts(found(world.directory)) == facts(world.road.fleet)
    await world.round()
    assert world.road.journal.load().cursor == 30
    assert len(world.road.journal.load().stations) == 30


async def test_a_station_that_was_forgotten_stays_forgotten(world: World) -> None:
    await world.keep(exchange(1, station="CP-1"), exchange(2, station="CP-2"))
    await world.round()
    world.road.fleet.forget(world.road.fleet.stations["cp-1"])
    await world.keep(exchange(3, station="CP-2"))
    assert await world.write(["cp-1"])
    assert sorted(found(world.directory).stations) == ["cp-2"]
    await world.keep(exchange(4, station="CP-1"))
    assert found(world.directory).stations["cp-1"].messages == 1


@pytest.mark.parametrize(
    ("waited", "news", "spent", "due"),
    [
        (4.9, 1000, 0.0, False),  # not yet
        (5.0, 8 * 3, 0.0, True),  # enough to write for each station
        (5.0, 8 * 3 - 1, 0.0, False),
        (29.9, 3, 0.0, False),
        (30.0, 3, 0.0, True),  # nobody waits longer for that
        (30.0, 1000, 2.0, False),  # the last round was dear
        (40.0, 1000, 2.0, True),
    ],
)
async def test_a_round_waits_for_time_for_news_and_for_its_cost(
    world: World, waited: float, news: int, spent: float, due: bool
) -> None:
    await world.keep(*(exchange(number, station=f"CP-{number}") for number in range(1, 4)))
    assert world.upkeep._due(waited, news, spent) is due


async def test_a_round_waits_for_nothing_where_readings_pile_up(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep_module, "SNAPSHOT_READINGS", 2)
    world.road.fleet.dirty.waiting = 3
    assert not world.upkeep._due(4.9, 0, 9.0)
    assert world.upkeep._due(5.0, 0, 9.0)
