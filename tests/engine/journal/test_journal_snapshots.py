"""The fleet's snapshot comes back as it was saved, whole or not at all, with the place from which to go on folding."""

from __future__ import annotations

from pathlib import Path

import msgspec

from console.engine.fleet.events import MeterSample
from console.engine.fleet.model import (
    Alarm,
    Connector,
    Evse,
    Point,
    Reading,
    Stage,
    Station,
    StoredSample,
    Transaction,
    Variable,
)
from console.engine.journal import Journal, Snapshot
from tests.engine.journal.making import NOON, SECOND, Running, exchange, reading


def station(number: int = 1) -> Station:
    reading = MeterSample("Power.Active.Import", 11000.5, "11000.50", "W", "L1", None, "Outlet")
    connector = Connector(
        evse=1, connector=1, status="Charging", meters={"Power.Active.Import|L1": reading}, powers=[1.5, 2.0]
    )
    return Station(
        key=f"cp-{number:03d}",
        id=f"CP-{number:03d}",
        skews=[0.5, -372.25],
        evses={0: Evse(evse=0), 1: Evse(evse=1, connectors={1: connector})},
        active=[number * 10],
        recent=[number * 10 + 1],
        variables={
            "|HeartbeatInterval": Variable(component="", variable="HeartbeatInterval", values={"Actual": "300"})
        },
        firmware_stages=[Stage("Downloading", NOON, 5)],
    )


def transaction(id_: int, state: str = "active", stopped: int | None = None) -> Transaction:
    return Transaction(
        id=id_,
        station=f"CP-{id_ // 10:03d}",
        wire=str(id_),
        started=NOON,
        stopped=stopped,
        state=state,
        sequences=[(0, 3), (5, 5)],
        series=[Point(NOON, 11000.5, None, 80.0)],
    )


SOC = MeterSample("SoC", 80.0, "80", "Percent")


def told(id_: int, second: int) -> Reading:
    return reading(id_, NOON + second * SECOND, SOC)


def sample(id_: int, second: int) -> StoredSample:
    return StoredSample(id_, "cp-001", 1, 1, NOON + second * SECOND, SOC)


async def test_what_was_saved_is_found_at_the_next_start(tmp_path: Path) -> None:
    running = Running(tmp_path)
    await running.write(exchange(1), exchange(2), exchange(3))
    alarm = Alarm(
        id=1, station="cp-001", kind="fault", cause="1", text="GroundFailure", severity=4, raised=NOON, last=NOON
    )
    saved = Snapshot(
        cursor=2,
        stations=[station(1), station(2)],
        transactions=[transaction(10), transaction(11, "ended", NOON), transaction(12, "ended", NOON)],
        alarms=[alarm],
        samples=[told(10, 5), told(10, 6), told(11, 1)],
        counters={"transaction": 13, "alarm": 1},
    )
    assert await running.save(saved) is None
    await running.journal.close()

    journal = Journal.open(tmp_path)
    stored = journal.load()
    assert stored.cursor == 2
    assert stored.stations == saved.stations
    assert stored.transactions == saved.transactions[:2], "active ones and those a station calls recent"
    assert stored.alarms == [alarm]
    assert stored.counters == saved.counters
    assert [record.id for record in journal.tail(stored.cursor)] == [3]
    assert await journal.samples(10) == [sample(10, 5), sample(10, 6)]
    assert await journal.transactions() == saved.transactions
    journal.release()


async def test_a_later_snapshot_replaces_what_changed_and_adds_samples(running: Running) -> None:
    first = station()
    assert await running.save(Snapshot(cursor=0, stations=[first, station(2)], samples=[told(10, 9)])) is None
    first.firmware = "2.0"
    assert await running.save(Snapshot(cursor=0, stations=[first], samples=[told(10, 2)])) is None
    stored = running.journal.load()
    assert {one.key: one.firmware for one in stored.stations} == {"cp-001": "2.0", "cp-002": None}
    assert await running.journal.samples(10) == [sample(10, 2), sample(10, 9)]


async def test_entities_may_change_as_soon_as_save_has_returned(running: Running) -> None:
    one = station()
    outcome: list[Exception | None] = []
    running.journal.save(Snapshot(cursor=0, stations=[one]), outcome.append)
    one.firmware = "changed meanwhile"
    assert await running.save(Snapshot(cursor=0)) is None
    assert outcome == [None]
    assert running.journal.load().stations[0].firmware is None


async def test_a_snapshot_follows_the_records_that_were_appended_before_it(running: Running) -> None:
    for number in range(1, 400):
        running.journal.append(exchange(number))
    assert await running.save(Snapshot(cursor=399)) is None
    assert len(running.released) == 399


async def test_a_fleet_of_thousands_is_saved_whole(running: Running) -> None:
    stations = [station(number) for number in range(5000)]
    assert await running.save(Snapshot(cursor=0, stations=stations)) is None
    assert len(running.journal.load().stations) == 5000


async def test_transactions_are_listed_by_page_station_and_number(running: Running) -> None:
    every = [transaction(number) for number in range(10, 40)]
    assert await running.save(Snapshot(cursor=0, transactions=every)) is None
    journal = running.journal
    assert [one.id for one in await journal.transactions(limit=3)] == [37, 38, 39]
    assert [one.id for one in await journal.transactions(limit=3, before=37)] == [34, 35, 36]
    for spelling in ("cp-002", "CP-002"):
        assert [one.id for one in await journal.transactions(station=spelling, limit=2)] == [28, 29]
    assert [one.id for one in await journal.transactions(ids=[12, 99, 30])] == [12, 30]


async def test_text_that_is_no_unicode_does_not_keep_a_snapshot_from_being_saved(running: Running) -> None:
    odd = station()
    odd.vendor = "Ac\ud800me"
    assert await running.save(Snapshot(cursor=0, stations=[odd])) is None
    assert running.journal.load().stations[0].vendor == "Ac\ufffdme"


def heard(id_: int, state: str, at: int, **facts: int | None) -> Transaction:
    return msgspec.structs.replace(transaction(id_, state), last_update=at, **facts)


async def test_retention_forgets_ended_transactions_with_their_samples(running: Running) -> None:
    await running.save(
        Snapshot(
            cursor=0,
            transactions=[heard(10, "ended", NOON), heard(11, "ended", NOON + SECOND), heard(12, "active", NOON)],
            samples=[told(10, 1), told(11, 1), told(12, 1)],
        )
    )
    await running.journal.prune(NOON + 1)
    assert [one.id for one in await running.journal.transactions()] == [11, 12]
    assert await running.journal.samples(10) == []
    assert len(await running.journal.samples(11)) == 1


async def test_retention_goes_by_our_clock_and_not_by_the_stations(running: Running) -> None:
    long_ago, far_ahead = 0, NOON + 10**18
    await running.save(
        Snapshot(
            cursor=0,
            transactions=[
                heard(10, "ended", NOON, started=long_ago, stopped=long_ago),
                heard(11, "ended", NOON - SECOND, started=far_ahead, stopped=far_ahead),
                heard(12, "orphan", NOON - SECOND, started=None, stopped=None),
                heard(13, "orphan", NOON, started=None, stopped=None),
                heard(14, "inferred", NOON - SECOND, stopped=None),
            ],
        )
    )
    await running.journal.prune(NOON)
    assert [one.id for one in await running.journal.transactions()] == [10, 13]


async def test_samples_of_an_older_journal_are_read_beside_new_ones(running: Running) -> None:
    assert await running.save(Snapshot(cursor=0, samples=[told(10, 2)])) is None
    single = msgspec.json.encode([sample(10, 0), sample(10, 1)]).decode()
    await running.journal._work(lambda c: c.execute("INSERT INTO sample VALUES (10, 'cp-001', ?, ?)", (NOON, single)))

    assert await running.journal.samples(10) == [sample(10, 0), sample(10, 1), sample(10, 2)]


async def test_what_is_known_of_strangers_goes_once_the_rest_has_caught_up(running: Running) -> None:
    connection = running.journal._connection

    def kept() -> list[tuple[str, int]]:
        return [(str(key), int(str(at))) for key, at in connection.execute("SELECT key, at FROM ahead ORDER BY key")]

    await running.save(Snapshot(cursor=0, at=5, gone=["a", "b"]))
    await running.save(Snapshot(cursor=0, at=9, gone=["c"]))
    assert kept() == [("a", 5), ("b", 5), ("c", 9)]
    await running.save(Snapshot(cursor=7, at=12, gone=["b", "d"]))
    assert kept() == [("b", 12), ("c", 9), ("d", 12)], "what is ahead of the cursor is still needed"
    assert running.journal.load().ahead == {"b": 12, "c": 9, "d": 12}
    await running.save(Snapshot(cursor=12))
    assert kept() == []
