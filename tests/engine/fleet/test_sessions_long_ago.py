"""A session that ended long ago is not at hand; what comes for it once more makes no new one."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

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


def event(told: Any, kind: str, wire: str, at: float, number: int = 0) -> None:
    """A TransactionEvent of a station of 2.0.1."""
    info = {"transactionId": wire}
    request = {"eventType": kind, "timestamp": told.stamp(at), "seqNo": number, "transactionInfo": info}
    evse = {"evse": {"id": 1, "connectorId": 1}, "triggerReason": "Authorized"}
    told.say("TransactionEvent", request | evse, {}, version="2.0.1")


def many_events(told: Any) -> None:
    for number in range(1, 22):
        event(told, "Started", f"{number}", number * 10)
        event(told, "Ended", f"{number}", number * 10 + 5, 1)
    told.wait(300)


@pytest.mark.parametrize(("kind", "state"), [("Updated", "active"), ("Ended", "orphan")])
def test_an_id_of_2x_whose_second_beginning_was_lost_is_a_session_of_its_own(told: Any, kind: str, state: str) -> None:
    many_events(told)
    event(told, kind, "1", 300, 3)
    assert told.session(1).state == state
    assert told.session(1).id == told.records[-1].id


@pytest.mark.parametrize("at", [12, 15])
def test_what_comes_again_of_an_old_transaction_of_2x_does_not(told: Any, at: float) -> None:
    many_events(told)
    before = set(told.fleet.transactions)
    event(told, "Updated", "1", at, 0)
    event(told, "Ended", "1", 15, 1)
    assert set(told.fleet.transactions) == before


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
