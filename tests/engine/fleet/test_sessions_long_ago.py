"""A session that ended long ago is not at hand; what comes for it once more makes no new one."""

from __future__ import annotations

from typing import Any

import msgspec

from console.engine.fleet.fleet import Fleet
from console.engine.fleet.model import PAST, RECENT, Station
from tests.fleets import facts


def many(told: Any, count: int) -> None:
    """So many sessions, one after the other; their ids are 1 … count."""
    for number in range(1, count + 1):
        told.start(number)
        told.wait(5)
        told.stop(number)
        told.wait(5)


def test_an_end_that_comes_again_after_twenty_more_sessions_is_no_orphan(told: Any) -> None:
    many(told, 21)
    told.stop(1, at=5)
    assert not any(one.state == "orphan" for one in told.fleet.transactions.values())
    assert not told.fleet.alarms
    assert told.station.active == []


def test_so_are_its_readings_and_its_start(told: Any) -> None:
    many(told, 21)
    before = set(told.fleet.transactions)
    told.meter(1, at=3, power="11000")
    told.start(1, at=0)
    assert set(told.fleet.transactions) == before
    assert told.connector().power_w is None


def test_a_retried_start_gets_the_id_it_had(told: Any) -> None:
    many(told, 21)
    ten = 9 * 10_000_000_000
    first = 1_790_000_000_000_000_000
    assert told.fleet.same_start("CP-1", 1, "T", first + ten, 1000) == "10"
    assert told.fleet.same_start("CP-1", 1, "T", first, 1000) == "1"
    assert told.fleet.same_start("CP-1", 2, "T", first, 1000) is None


def test_an_id_that_is_used_a_second_time_begins_a_session_of_its_own(told: Any) -> None:
    many(told, 21)
    told.start(1)
    assert told.session(1).state == "active"
    assert told.session(1).id == told.records[-1].id


def test_only_so_many_are_known(told: Any) -> None:
    many(told, PAST + RECENT + 3)
    assert len(told.station.past) == PAST
    assert told.station.past[0].wire == "4"


def test_what_is_known_is_in_the_snapshot_and_the_same_when_folded_again(told: Any) -> None:
    many(told, 21)
    told.stop(1, at=5)
    assert facts(told.again()) == facts(told.fleet)
    stored = msgspec.json.decode(msgspec.json.encode(list(told.fleet.stations.values())), type=list[Station])
    restored = Fleet()
    restored.restore(
        cursor=told.fleet.cursor,
        last_transaction=told.fleet.last_transaction,
        stations=stored,
        transactions=told.fleet.transactions.values(),
        alarms=(),
    )
    assert facts(restored) == facts(told.fleet)
