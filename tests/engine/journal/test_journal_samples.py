"""Samples of transactions that are over take little room, and come back as they were."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.engine.fleet.events import MeterSample
from console.engine.fleet.model import Point, Reading, Station, StoredSample, Transaction
from console.engine.journal import FILE, Journal, Snapshot
from console.engine.journal import journal as journal_module
from console.engine.journal import samples as samples_module
from console.engine.journal.samples import pack, pack_session, unpack
from console.engine.journal.schema import MIGRATIONS, connect
from tests.engine.journal.making import NOON, SECOND, Running, reading

TEXTS = st.one_of(
    st.integers(-(10**18), 10**18).map(str),
    st.decimals(-(10**6), 10**6, places=3).map(str),
    st.floats(allow_nan=False).map(repr),
    st.sampled_from(
        ["", "-0", "-0.0", "0", "00.5", "+1", "1e3", "NaN", "inf", "1_000", " 5", "5.", ".5", "−1", "äÿ€", "1٢"]
    ),
    st.decimals(-(10**15), 10**15, places=9).map(str),
)
NAMES = st.sampled_from(["SoC", "Energy.Active.Import.Register", "Current.Import", ""])
SAMPLES = st.builds(
    lambda evse, at, name, value, text, phase: StoredSample(
        7, "cp-001", evse, 1, at, MeterSample(name, value, text, "Wh", phase, None, "Outlet")
    ),
    st.sampled_from([None, 0, 1, 2]),
    st.integers(-(2**62), 2**62) | st.integers(0, 50).map(lambda minute: NOON + minute * 60 * SECOND),
    NAMES,
    st.none() | st.floats(allow_nan=False),
    TEXTS,
    st.sampled_from([None, "L1", "L2"]),
)


def told(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


@given(st.lists(SAMPLES, min_size=1, max_size=30))
def test_whatever_a_station_measured_comes_back_in_the_order_of_time(samples: list[StoredSample]) -> None:
    assert unpack(7, pack(samples)) == sorted(samples, key=lambda one: one.time)


@given(st.lists(TEXTS, min_size=1, max_size=30))
def test_numbers_come_back_to_the_letter(texts: list[str]) -> None:
    samples = [
        StoredSample(7, "cp-001", 1, 1, NOON + n * SECOND, MeterSample("Power.Active.Import", told(text), text))
        for n, text in enumerate(texts)
    ]
    found = unpack(7, pack(samples))
    assert [repr(one) for one in found if one.sample.value == one.sample.value] == [
        repr(one) for one in samples if one.sample.value == one.sample.value
    ]
    assert [one.sample.text for one in found] == texts


def session(number: int, state: str, moments: int = 60) -> tuple[Transaction, list[StoredSample]]:
    series = [Point(NOON + n * 60 * SECOND, 11000.0 + n, n * 183.25, None) for n in range(moments)]
    transaction = Transaction(
        id=number,
        station="CP-001",
        wire=str(number),
        state=state,
        started=NOON,
        stopped=None if state == "active" else NOON + moments * 60 * SECOND,
        last_update=NOON,
        series=series,
    )
    samples = [
        StoredSample(
            number,
            "cp-001",
            1,
            1,
            NOON + n * 60 * SECOND,
            MeterSample(name, value, str(value), unit, phase, "Sample.Periodic", "Outlet"),
        )
        for n in range(moments)
        for name, phase, value, unit in (
            ("Energy.Active.Import.Register", None, 1_234_567.0 + n * 183, "Wh"),
            ("Power.Active.Import", None, 11000.0 + n % 7, "W"),
            ("Current.Import", "L1", 16.0 + n % 3 / 10, "A"),
        )
    ]
    return transaction, samples


def readings(samples: list[StoredSample]) -> list[Reading]:
    return [reading(one.transaction or 0, one.time, one.sample) for one in samples]


def sizes(directory: Path) -> tuple[int, int]:
    """Bytes of samples and of transactions."""
    connection = connect(directory / FILE, read_only=True)
    sql = "SELECT (SELECT sum(length(body)) FROM sample), (SELECT sum(length(body)) FROM txn)"
    ((samples, transactions),) = connection.execute(sql).fetchall()
    connection.close()
    assert isinstance(samples, int)
    assert isinstance(transactions, int)
    return samples, transactions


async def packed(journal: Journal) -> int:
    count = 0
    while await journal._work(pack_session):
        count += 1
    return count


async def test_what_is_over_is_packed_and_read_as_before(running: Running, tmp_path: Path) -> None:
    over, of_it = session(5, "ended")
    going, of_other = session(6, "active")
    await running.save(Snapshot(cursor=0, transactions=[over, going], samples=readings(of_it[:90])))
    await running.save(Snapshot(cursor=0, transactions=[over], samples=readings([*of_it[90:], *of_other])))
    before = sizes(tmp_path)
    assert await packed(running.journal) == 1
    after = sizes(tmp_path)
    assert before[0] - after[0] > 0.45 * before[0], "half of the samples were of the session that is over"
    assert before[1] - after[1] > 0.3 * before[1]
    assert await running.journal.samples(5) == of_it
    assert await running.journal.samples(6) == of_other
    assert await running.journal.transactions() == [over, going]
    assert [msgspec.json.encode(one) for one in await running.journal.transactions(ids=[5])] == [
        msgspec.json.encode(over)
    ]


async def test_a_pack_of_a_real_session_takes_a_few_bytes_a_sample() -> None:
    _, samples = session(5, "ended", 200)
    assert len(pack(samples)) < 2 * len(samples)


async def test_one_session_that_cannot_be_packed_keeps_no_other_from_it(
    running: Running, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (first, odd), (second, sound) = session(5, "ended"), session(6, "ended")
    await running.save(Snapshot(cursor=0, transactions=[first, second], samples=readings([*odd, *sound])))

    def pick(samples: list[StoredSample]) -> bytes:
        if samples[0].transaction == 5:
            raise OverflowError("too big")
        return pack(samples)

    monkeypatch.setattr(samples_module, "pack", pick)
    assert await packed(running.journal) == 2
    assert "transaction 5" in caplog.text
    assert (await running.journal.samples(5), await running.journal.samples(6)) == (odd, sound)


async def test_readings_that_come_late_are_packed_with_the_others(running: Running) -> None:
    over, samples = session(5, "ended")
    await running.save(Snapshot(cursor=0, transactions=[over], samples=readings(samples[3:])))
    assert await packed(running.journal) == 1
    over.flags = ["readings after the end"]
    await running.save(Snapshot(cursor=0, transactions=[over], samples=readings(samples[:3])))
    assert await running.journal.samples(5) == samples
    assert await packed(running.journal) == 1
    assert await running.journal.samples(5) == samples
    assert await running.journal.transactions() == [over]


async def test_a_start_finds_packed_transactions_that_are_at_hand(running: Running) -> None:
    over, samples = session(5, "ended")
    station = Station(key="cp-001", id="CP-001", recent=[5])
    await running.save(Snapshot(cursor=0, stations=[station], transactions=[over], samples=readings(samples)))
    assert await packed(running.journal) == 1
    assert running.journal.load().transactions == [over]


async def test_packing_goes_on_by_itself_while_it_is_quiet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "TIDY_SECONDS", 0.01)
    running = Running(tmp_path)
    over, samples = session(5, "ended")
    await running.save(Snapshot(cursor=0, transactions=[over], samples=readings(samples)))
    async with asyncio.timeout(10):
        while sizes(tmp_path)[0] > 4 * len(samples):
            await asyncio.sleep(0.01)
    assert await running.journal.samples(5) == samples
    await running.journal.close()


async def test_what_expires_goes_with_its_pack(running: Running) -> None:
    over, samples = session(5, "ended")
    await running.save(Snapshot(cursor=0, transactions=[over], samples=readings(samples)))
    assert await packed(running.journal) == 1
    late, others = session(6, "ended")
    await running.save(Snapshot(cursor=0, transactions=[late], samples=readings(others)))
    await running.journal.prune(NOON + 1)
    assert await running.journal.samples(5) == []
    assert await packed(running.journal) == 0


async def test_a_pack_that_is_cut_short_leaves_everything_as_it_was(tmp_path: Path) -> None:
    running = Running(tmp_path)
    over, samples = session(5, "ended")
    await running.save(Snapshot(cursor=0, transactions=[over], samples=readings(samples)))
    await running.journal.close()
    connection = connect(tmp_path / FILE)
    connection.set_authorizer(lambda code, *names: 1 if names[0] == "loose" and code == 9 else 0)  # no DELETE
    with pytest.raises(Exception, match="authorized"):
        pack_session(connection)
    connection.close()  # as a kill does: what was begun is not there
    again = Running(tmp_path)
    assert await again.journal.samples(5) == samples
    assert await again.journal.transactions() == [over]
    assert await packed(again.journal) == 1
    assert await again.journal.samples(5) == samples
    await again.journal.close()


async def test_a_journal_of_the_second_schema_is_read_and_packed(tmp_path: Path) -> None:
    Journal.open(tmp_path, migrations=MIGRATIONS[:2]).release()
    over, samples = session(5, "ended")
    station = Station(key="cp-001", id="CP-001", recent=[5])
    with sqlite3.connect(tmp_path / FILE) as database:
        database.execute("INSERT INTO station VALUES ('cp-001', ?)", (msgspec.json.encode(station).decode(),))
        row = (5, "cp-001", "5", "ended", NOON, NOON, NOON, msgspec.json.encode(over).decode())
        database.execute(
            "INSERT INTO txn(id, station, wire, state, started, stopped, updated, body) VALUES (?,?,?,?,?,?,?,?)", row
        )
        text = msgspec.json.encode(samples).decode()
        database.execute("INSERT INTO sample VALUES (5, 'cp-001', ?, ?)", (NOON, text))
        database.execute("UPDATE state SET cursor = 9")
    database.close()
    running = Running(tmp_path)
    stored = running.journal.load()
    assert (stored.cursor, stored.ahead, stored.stations) == (9, {}, [station])
    assert stored.transactions == [over]
    assert await running.journal.samples(5) == samples
    assert await packed(running.journal) == 1
    assert await running.journal.samples(5) == samples
    await running.save(Snapshot(cursor=12, stations=[station]))
    assert running.journal.load().cursor == 12
    await running.journal.close()
