"""Fault matrix E: transactions that come twice, in disorder, late, or not at all (rows 55–68)."""

from __future__ import annotations

import os
import time
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest

from console.engine.endpoint import deadlines
from console.engine.engine import Engine
from console.engine.fleet import model
from profiles import Tag, Tags, load_profile
from tests.faults.raw import Wire, assert_fold, bench

MakeEngine = Callable[..., Awaitable[Engine]]
Until = Callable[..., Awaitable[Any]]

BOOT = {"chargePointVendor": "A", "chargePointModel": "B"}
START = {"connectorId": 1, "idTag": "TAG", "meterStart": 100, "timestamp": "2026-11-24T10:00:00Z"}


def reading(minute: int, value: float) -> dict[str, Any]:
    return {"timestamp": f"2026-11-24T10:{minute:02d}:00Z", "sampledValue": [{"value": str(value)}]}


def event(kind: str, sequence: int | None, transaction: str = "tx", minute: int = 0, **more: Any) -> dict[str, Any]:
    stamp = f"2026-11-24T10:{minute:02d}:00Z"
    made: dict[str, Any] = {
        "eventType": kind,
        "timestamp": stamp,
        "triggerReason": "MeterValuePeriodic",
        "transactionInfo": {"transactionId": transaction},
        "evse": {"id": 1, "connectorId": 1},
        "meterValue": [{"timestamp": stamp, "sampledValue": [{"value": 100 + minute}]}],
        **more,
    }
    if sequence is not None:
        made["seqNo"] = sequence
    return made


class Station:
    """A link whose calls have ids of their own, unless told."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.count = 0

    async def __call__(self, action: str, payload: Any, unique_id: str | None = None) -> Any:
        self.count += 1
        answer = await self.wire.ask(unique_id or f"id-{self.count}", action, payload)
        assert answer[0] == 3, answer
        return answer[2]


@pytest.fixture(name="old")
async def _old(engine: Engine) -> Any:
    station = Station(await Wire.link(engine))
    await station("BootNotification", BOOT)
    yield station
    station.wire.drop()


@pytest.fixture(name="new")
async def _new(engine: Engine) -> Any:
    station = Station(await Wire.link(engine, "CP-2", protocol="ocpp2.0.1"))
    yield station
    station.wire.drop()


@pytest.mark.parametrize("unique_id", ["id-2", "another"])
async def test_row_55_a_start_that_is_retried_is_one_transaction(engine: Engine, old: Station, unique_id: str) -> None:
    first = await old("StartTransaction", START)
    assert await old("StartTransaction", START, unique_id) == first
    assert len(engine.fleet.transactions) == 1
    await assert_fold(engine)


@pytest.mark.parametrize("unique_id", ["id-3", "another"])
@pytest.mark.parametrize("readings", [3, 600])
async def test_row_56_a_stop_that_is_retried_counts_its_readings_once(
    engine: Engine, old: Station, unique_id: str, readings: int
) -> None:
    given = (await old("StartTransaction", START))["transactionId"]
    data = [
        {"timestamp": f"2026-11-24T{10 + n // 60:02d}:{n % 60:02d}:00Z", "sampledValue": [{"value": str(100 + n)}]}
        for n in range(readings)
    ]
    stop = {"transactionId": given, "meterStop": 900, "timestamp": "2026-11-24T21:00:00Z", "transactionData": data}
    first = await old("StopTransaction", stop)
    assert await old("StopTransaction", stop, unique_id) == first
    (transaction,) = engine.fleet.transactions.values()
    assert (transaction.samples, transaction.state) == (readings, "ended")
    assert len(await engine.samples(transaction.id)) == readings
    await assert_fold(engine)


async def test_row_57_a_stop_of_somebody_else_s_transaction_leaves_that_one_alone(engine: Engine, old: Station) -> None:
    given = (await old("StartTransaction", START))["transactionId"]
    other = Station(await Wire.link(engine, "OTHER"))
    await other("BootNotification", BOOT)
    for wire in (given, 4711):
        await other("StopTransaction", {"transactionId": wire, "meterStop": 9, "timestamp": "2026-11-24T10:05:00Z"})
    states = {(one.station, one.wire): one.state for one in engine.fleet.transactions.values()}
    assert states == {
        ("CP-001", str(given)): "active",
        ("OTHER", str(given)): "orphan",
        ("OTHER", "4711"): "orphan",
    }
    other.wire.drop()


@pytest.mark.parametrize("wire", [-1, 0, None])
async def test_row_58_two_ends_without_an_id_are_two_and_each_of_them_once(
    engine: Engine, old: Station, wire: int | None
) -> None:
    for minute in (5, 6, 5, 6):
        stop = {"transactionId": wire, "meterStop": minute, "timestamp": f"2026-11-24T10:{minute:02d}:00Z"}
        await old("StopTransaction", {**stop, "transactionData": [reading(minute, minute)]})
    orphans = list(engine.fleet.transactions.values())
    assert [(one.state, one.stop_wh, one.samples) for one in orphans] == [("orphan", 5, 1), ("orphan", 6, 1)]
    await assert_fold(engine)


async def test_row_58_an_end_without_an_id_is_the_only_running_one_s_and_is_that_once(
    engine: Engine, old: Station
) -> None:
    await old("StartTransaction", START)
    stop = {"transactionId": -1, "meterStop": 150, "timestamp": "2026-11-24T10:05:00Z"}
    await old("StopTransaction", stop)
    await old("StopTransaction", stop)
    (transaction,) = engine.fleet.transactions.values()
    assert (transaction.state, transaction.energy_wh) == ("ended", 50)
    await assert_fold(engine)


async def test_row_58_an_id_that_the_station_has_from_another_central_system_is_not_handed_out(
    engine: Engine, old: Station
) -> None:
    await old("MeterValues", {"connectorId": 2, "transactionId": 1, "meterValue": [reading(1, 500)]})
    await old("StopTransaction", {"transactionId": 2, "meterStop": 9, "timestamp": "2026-11-24T09:00:00Z"})
    given = (await old("StartTransaction", START))["transactionId"]
    assert given not in (1, 2)
    started = [one for one in engine.fleet.transactions.values() if one.state == "active"]
    assert [(one.wire, one.started is not None, one.stopped) for one in started] == [(str(given), True, None)]
    await assert_fold(engine)


@pytest.mark.parametrize("meter", [-5, 50, "", "NaN", 2**63, None])
async def test_row_59_a_meter_that_runs_backwards_or_nowhere_is_kept_and_flagged(
    engine: Engine, old: Station, meter: Any
) -> None:
    given = (await old("StartTransaction", START))["transactionId"]
    await old("StopTransaction", {"transactionId": given, "meterStop": meter, "timestamp": "2026-11-24T10:05:00Z"})
    (transaction,) = engine.fleet.transactions.values()
    assert transaction.state == "ended"
    assert transaction.flags or meter == 2**63
    await assert_fold(engine)


@pytest.mark.parametrize(
    "order",
    [("Ended", "Started", "Updated"), ("Updated", "Ended", "Started"), ("Started", "Ended", "Updated")],
)
async def test_row_60_in_whatever_order_it_comes_it_is_one_transaction(
    engine: Engine, new: Station, order: tuple[str, ...]
) -> None:
    at = {"Started": 0, "Updated": 1, "Ended": 2}
    for kind in order:
        await new("TransactionEvent", event(kind, at[kind], minute=at[kind]))
    (transaction,) = engine.fleet.transactions.values()
    assert (transaction.state, transaction.seq_gaps, transaction.samples) == ("ended", [], 3)
    assert not engine.fleet.stations["cp-2"].active
    await assert_fold(engine)


async def test_row_60_a_session_out_of_the_past_does_not_end_the_one_that_runs(engine: Engine, new: Station) -> None:
    await new("TransactionEvent", event("Started", 0, "now", minute=30))
    await new("TransactionEvent", event("Started", 0, "past", minute=1, offline=True))
    await new("TransactionEvent", event("Ended", 1, "past", minute=9, offline=True))
    await new("TransactionEvent", event("Updated", 1, "now", minute=31))
    states = {one.wire: (one.state, one.flags) for one in engine.fleet.transactions.values()}
    assert states == {"now": ("active", []), "past": ("ended", [])}


async def test_row_61_gaps_repetitions_and_a_late_beginning_of_the_sequence(engine: Engine, new: Station) -> None:
    await new("TransactionEvent", event("Started", 57))
    for sequence in (58, 60, 60, 63, 59):
        await new("TransactionEvent", event("Updated", sequence, minute=sequence - 57))
    (transaction,) = engine.fleet.transactions.values()
    assert transaction.seq_gaps == [(61, 62)]
    assert transaction.samples == 5
    await assert_fold(engine)


async def test_row_61_sequence_numbers_that_repeat_without_end_are_told_in_few_words(
    engine: Engine, new: Station
) -> None:
    await new("TransactionEvent", event("Started", 0))
    for _ in range(2):
        for sequence in range(1, 60):
            await new("TransactionEvent", event("Updated", sequence, minute=sequence))
    (transaction,) = engine.fleet.transactions.values()
    assert len(transaction.flags) <= model.FLAGS
    assert "more was odd" in transaction.flags[-1]
    assert transaction.samples == 60


async def test_row_62_a_month_of_queued_events_is_taken_in_order_and_without_waiting(
    engine: Engine, new: Station
) -> None:
    many = int(os.environ.get("CHARGEHAND_QUEUE", "600")) // 6 * 6  # whole transactions
    slowest = 0.0
    for number in range(many):
        transaction, step = divmod(number, 6)
        kind = "Started" if step == 0 else "Ended" if step == 5 else "Updated"
        began = time.monotonic()
        await new("TransactionEvent", event(kind, step, f"tx-{transaction}", minute=step, offline=True))
        slowest = max(slowest, time.monotonic() - began)
    assert slowest < 2
    assert {one.state for one in engine.fleet.transactions.values()} == {"ended"}
    rows = await engine.messages(limit=many)
    assert len(rows) == many
    await assert_fold(engine)


@pytest.mark.parametrize(
    "stamp",
    [
        "1970-01-01T00:00:00Z",
        "2099-12-31T23:59:60Z",
        "2026-11-24T10:00:00",
        "2026-11-24T10:00:00+14:00",
        "yesterday",
        "",
        5,
        None,
        [],
        {},
        "9999-12-31T23:59:59Z",
        "0001-01-01T00:00:00Z",
        "2026-11-24T10:00:00" + "0" * 9000,
    ],
)
async def test_row_63_any_timestamp_is_answered_and_kept(
    engine: Engine, old: Station, new: Station, stamp: Any
) -> None:
    given = (await old("StartTransaction", {**START, "timestamp": stamp}))["transactionId"]
    value = {"timestamp": stamp, "sampledValue": [{"value": "1"}]}
    await old("MeterValues", {"connectorId": 1, "transactionId": given, "meterValue": [value]})
    await old("StopTransaction", {"transactionId": given, "meterStop": 101, "timestamp": stamp})
    await old(
        "StatusNotification", {"connectorId": 1, "status": "Available", "errorCode": "NoError", "timestamp": stamp}
    )
    for kind in ("Started", "Updated", "Ended"):
        await new("TransactionEvent", {**event(kind, 0), "timestamp": stamp})
    assert {one.state for one in engine.fleet.transactions.values()} == {"ended"}
    await assert_fold(engine)


async def test_row_64_a_station_clock_that_is_a_day_off_is_told(engine: Engine, old: Station, until: Until) -> None:
    ahead = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 86_400))
    status = {"connectorId": 1, "status": "Available", "errorCode": "NoError", "timestamp": ahead}
    await old("StatusNotification", status)
    assert 86_000 < (engine.fleet.stations["cp-001"].clock_skew_s or 0) < 87_000
    assert [alarm.kind for alarm in engine.fleet.alarms.values()] == ["clock"]


@pytest.mark.parametrize("jump_s", [-3600, 86_400])
async def test_row_65_a_clock_that_is_set_is_told_and_changes_neither_order_nor_timeouts(
    make_engine: MakeEngine, until: Until, jump_s: int
) -> None:
    moved = 0
    engine = await make_engine(clock=lambda: time.time_ns() + moved)
    old = Station(await Wire.link(engine))
    await old("BootNotification", BOOT)
    given = (await old("StartTransaction", START))["transactionId"]
    moved = jump_s * 1_000_000_000
    assert (await old("StartTransaction", START, "id-2"))["transactionId"] == given
    await old("StatusNotification", {"connectorId": 1, "status": "Charging", "errorCode": "NoError"})
    exchange = await engine.links.call("CP-001", "ClearCache", {}, timeout=0.2)
    assert exchange.outcome == "timeout"
    alarm = await until(lambda: next((one for one in engine.fleet.alarms.values() if one.kind == "clock"), None))
    assert f"by {abs(jump_s)} s" in alarm.text
    rows = await engine.messages(limit=10)
    assert [row.action for row in rows][-2:] == ["StatusNotification", "ClearCache"]
    assert len({row.id for row in rows}) == len(rows)
    await assert_fold(engine)
    old.wire.drop()


async def test_row_66_a_second_start_on_a_busy_connector_ends_the_first_by_inference(
    engine: Engine, old: Station
) -> None:
    await old("StartTransaction", START)
    await old("StartTransaction", {**START, "timestamp": "2026-11-24T11:00:00Z"})
    assert [one.state for one in engine.fleet.transactions.values()] == ["inferred", "active"]


async def test_row_67_an_offline_start_of_an_unknown_tag_is_stored_and_answered_invalid(
    make_engine: MakeEngine,
) -> None:
    tags = Tags(policy="known", known=[Tag(id="GOOD")])
    engine = await make_engine(msgspec.structs.replace(load_profile("bench"), tags=tags))
    old = Station(await Wire.link(engine))
    await old("BootNotification", BOOT)
    assert (await old("StartTransaction", START))["idTagInfo"]["status"] == "Invalid"
    (transaction,) = engine.fleet.transactions.values()
    assert transaction.state == "active"
    assert transaction.flags
    old.wire.drop()


async def test_row_68_calls_before_acceptance_are_security_errors_and_are_kept(make_engine: MakeEngine) -> None:
    engine = await make_engine(bench(unknown_stations="pending"), listen=None)
    link = await Wire.link(engine)
    assert (await link.ask("1", "BootNotification", BOOT))[2]["status"] == "Pending"
    assert (await link.ask("2", "StartTransaction", START))[:3] == [4, "2", "SecurityError"]
    assert not engine.fleet.transactions
    assert [row.outcome for row in await engine.messages(limit=2)] == ["result", "error"]
    link.drop()


# What a station may make the console keep.


async def test_sessions_that_a_station_invents_are_put_aside(
    make_engine: MakeEngine, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setattr(deadlines, "CLOSE_S", 0.1)
    engine = await make_engine(data=tmp_path / "d")
    new = Station(await Wire.link(engine, "CP-2", protocol="ocpp2.0.1"))
    old = Station(await Wire.link(engine))
    for number in range(150):
        started = {**event("Started", 0, f"tx-{number}"), "evse": None}
        await new("TransactionEvent", started)
        values = {"connectorId": 1, "transactionId": 1000 + number, "meterValue": [reading(1, number)]}
        await old("MeterValues", values)
        await old("StopTransaction", {"transactionId": 5000 + number, "meterStop": 1, "timestamp": "x"})
    for station in engine.fleet.stations.values():
        assert len(station.active) <= model.ACTIVE
        assert len(station.recent) <= model.RECENT
    assert len(engine.fleet.transactions) <= 2 * (model.ACTIVE + model.RECENT)
    assert len(engine.fleet.wires) <= len(engine.fleet.transactions)
    assert len(await engine.transactions(limit=1000)) >= 2 * model.RECENT
    await assert_fold(engine)
    new.wire.drop()
    old.wire.drop()
    await engine.stop()
    again = await make_engine(data=tmp_path / "d")
    assert msgspec.to_builtins(again.fleet.transactions) == msgspec.to_builtins(engine.fleet.transactions)


async def test_connectors_measurands_variables_and_alarms_that_a_station_invents_are_bounded(
    engine: Engine, old: Station, new: Station
) -> None:
    for number in range(300):
        status = {"connectorId": number * 7, "status": f"S{number}", "errorCode": f"E{number}"}
        await old("StatusNotification", status)
        sampled = [{"value": "1" * 3000, "measurand": f"M{number}-{n}" * 20} for n in range(5)]
        values = {"connectorId": 7, "meterValue": [{"timestamp": "2026-11-24T10:00:00Z", "sampledValue": sampled}]}
        await old("MeterValues", {**values, "meterValue": [{"sampledValue": sampled}]})
        place = {"timestamp": "x", "connectorStatus": "Faulted", "evseId": number * 10**9 - 5, "connectorId": number}
        await new("StatusNotification", place)
        security = {"type": f"T{number}" * 100, "timestamp": "2026-11-24T10:00:00Z", "techInfo": "x" * 5000}
        await new("SecurityEventNotification", security)
        attribute = {"type": f"A{number}", "value": "x"}
        report = {"component": {"name": "C"}, "variable": {"name": "V"}, "variableAttribute": [attribute] * 2}
        await new("NotifyReport", {"requestId": 1, "seqNo": number, "reportData": [report]})
    for station in engine.fleet.stations.values():
        assert sum(len(evse.connectors) for evse in station.evses.values()) <= model.CONNECTORS
        assert all(len(connector.meter) <= model.METERS for connector in station.connectors())
        assert all(len(one.values) <= model.ATTRIBUTES for one in station.variables.values())
        station.settle()
        assert len(msgspec.json.encode(station)) < 300_000
    standing = [one for one in engine.fleet.alarms.values() if one.cleared is None]
    assert len(standing) <= 2 * 51
    assert all(len(one.text) <= 500 and len(one.cause) <= 200 for one in standing)
    assert any(one.kind == "more" and "more than 50 alarms stand" in one.text for one in standing)
    assert any(one.kind == "connectors" for one in standing)
    await assert_fold(engine)
