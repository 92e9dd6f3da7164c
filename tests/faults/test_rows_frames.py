"""Fault matrix C and D: frames, JSON and calls as no station should send them (rows 25–54)."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import time
import tracemalloc
import zlib
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest

from console.engine.endpoint import deadlines
from console.engine.endpoint import link as link_module
from console.engine.engine import Engine
from console.engine.journal.rows import as_row, json_lines
from console.engine.wire.schema import violations
from profiles import load_profile
from tests.faults.raw import BINARY, PING, PONG, TEXT, Wire, assert_fold, bench, masked, settled, standing_still

MakeEngine = Callable[..., Awaitable[Engine]]
Dial = Callable[..., Awaitable[Any]]
Until = Callable[..., Awaitable[Any]]

BOOT = {"chargePointVendor": "A", "chargePointModel": "B"}
ANY = {"vendorId": "V"}


async def alive(wire: Wire) -> None:
    """The link still answers, and nothing else was said on it before."""
    assert (await wire.ask("alive", "DataTransfer", ANY))[0] == 3


async def test_row_25_a_frame_beyond_the_limit_of_this_listener_is_1009(make_engine: MakeEngine) -> None:
    engine = await make_engine(bench(max_message_bytes=2000), listen=None)
    link = await Wire.link(engine)
    link.say('[2,"1","DataTransfer",{"vendorId":"' + "x" * 3000 + '"}]')
    assert await link.close_code() == 1009
    link.drop()
    again = await Wire.link(engine)
    await alive(again)
    again.drop()


async def test_row_26_a_deflate_bomb_ends_at_the_limit(engine: Engine, dial: Dial, until: Until) -> None:
    station = await dial(engine, "CP-001", "2.0.1", compression="deflate", max_size=None)
    tracemalloc.start()
    try:
        await station.say("0" * 20_000_000)
        await until(lambda: engine.links.get("CP-001") is None)
        assert engine.attempts.rows[-1].close_code == 1009
    finally:
        tracemalloc.stop()
    assert zlib.compress(b"0" * 1000)


@pytest.mark.parametrize("size", [0, 1])
async def test_row_27_a_message_of_endless_fragments_is_1009(engine: Engine, until: Until, size: int) -> None:
    link = await Wire.link(engine)
    link.writer.write(masked(TEXT, b"x" * size, fin=False) + masked(0, b"x" * size, fin=False) * 10_000)
    assert await link.close_code() == 1009
    link.drop()


async def test_row_28_text_that_is_no_utf8_is_1007(engine: Engine) -> None:
    for data in (b"\xff\xfe", b"\xed\xa0\x80", b"[2,\xc3"):
        link = await Wire.link(engine)
        link.writer.write(masked(TEXT, data))
        assert await link.close_code() == 1007
        link.drop()


async def test_row_29_a_binary_frame_is_kept_and_never_answered(engine: Engine) -> None:
    link = await Wire.link(engine)
    link.writer.write(masked(BINARY, b"\x00\xff[2]") + masked(BINARY, b"", fin=False) + masked(0, b"ab"))
    await alive(link)
    kept = [row.raw_request for row in await engine.messages(limit=10)]
    assert kept[:2] == [b"\x00\xff[2]", b"ab"]
    link.drop()


async def test_row_30_pings_and_pongs_without_end_are_answered_and_are_no_messages(engine: Engine) -> None:
    link = await Wire.link(engine)
    link.writer.write((masked(PING, b"p") + masked(PONG, b"q")) * 3000)
    for _ in range(3000):
        assert await link.frame() == (PONG, b"p")
    await alive(link)
    assert engine.feed.total == 1
    link.drop()


async def test_row_31_a_message_that_dribbles_in_is_ended(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, until: Until
) -> None:
    monkeypatch.setattr(deadlines, "MESSAGE_S", 0.3)
    link = await Wire.link(engine)
    frame = masked(TEXT, b'[2,"1","DataTransfer",{"vendorId":"V"}]')
    held = engine.links.get("CP-001")
    for byte in frame[:-1]:
        if engine.links.get("CP-001") is None:
            break
        link.writer.write(bytes([byte]) + masked(PING, b"")[:0])
        await asyncio.sleep(0.05)
    assert held is not None
    await until(lambda: held.closed)
    assert "not complete" in (engine.attempts.rows[-1].reason or "")
    link.drop()


@pytest.mark.parametrize("kind", ["heartbeats", "calls", "answers", "nonsense"])
async def test_row_32_a_flood_from_one_station_delays_no_other(engine: Engine, kind: str) -> None:
    frames = {
        "heartbeats": '[2,"1","Heartbeat",{}]',
        "calls": '[2,"1","StatusNotification",{"connectorId":1,"status":"Available","errorCode":"NoError"}]',
        "answers": '[3,"nobody",{}]',
        "nonsense": "[[[[",
    }
    flooding, other = await Wire.link(engine, "FLOOD"), await Wire.link(engine, "OTHER")
    burst = masked(TEXT, frames[kind].encode()) * 500

    async def flood() -> None:
        while True:
            flooding.writer.write(burst)
            await flooding.writer.drain()

    async def drink() -> None:
        while await flooding.reader.read(1 << 20):
            pass

    tasks = [asyncio.get_running_loop().create_task(work()) for work in (flood, drink)]
    slowest, most = 0.0, 0
    try:
        for number in range(30):
            began = time.monotonic()
            assert (await other.ask(str(number), "DataTransfer", ANY))[0] == 3
            slowest = max(slowest, time.monotonic() - began)
            most = max(most, engine.journal.pending)
    finally:
        for task in tasks:
            task.cancel()
        flooding.drop()
        other.drop()
    assert most < 1500, "what waits for the disk is bounded"
    assert slowest < 1.5


async def test_row_32_what_one_station_may_have_waiting_is_bounded_while_the_disk_stands_still(
    engine: Engine, until: Until
) -> None:
    beats, big = await Wire.link(engine, "BEATS"), await Wire.link(engine, "BIG")
    with standing_still(engine):
        beats.writer.write(masked(TEXT, b'[2,"1","Heartbeat",{}]') * 5_000)
        large = json.dumps([2, "1", "DataTransfer", {"vendorId": "V", "data": "x" * 900_000}]).encode()
        big.writer.write(masked(TEXT, large) * 20)
        beating, bulky = engine.links.get("BEATS"), engine.links.get("BIG")
        assert beating is not None
        assert bulky is not None
        await until(lambda: beating.socket.paused and bulky.socket.paused)
        assert engine.journal.pending <= link_module.BEATS + 8
        assert sum(len(raw) for _, raw, _, _ in bulky._waiting) <= 2 * 1024 * 1024
    for _ in range(5_000):
        await beats.hear()
    for _ in range(20):
        await big.hear()
    beats.drop()
    big.drop()


SYNTAX = ["nonsense", "{}", "[]", "[2", '"text"', "17", "null", "[[[[", '[2,"1"', "[" * 100_000, "{" * 5000]


@pytest.mark.parametrize("version", ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"])
async def test_rows_33_to_42_nothing_that_is_no_call_ends_the_link_or_is_lost(
    engine: Engine, version: str, caplog: pytest.LogCaptureFixture
) -> None:
    link = await Wire.link(engine, protocol=version)
    corpus = [
        *SYNTAX,
        '[2,"17","Heartbeat",{"a":' + "1" * 5000 + "}]",
        '[2,"17","Heartbeat",{"a":NaN}]',
        '[2,"17","Heartbeat",{"a":-Infinity}]',
        '[2,"17","Heartbeat",{"a":1e400}]',
        '[2,"17","Heartbeat",{"a":"\\ud800"}]',
        '[2,"17","Heartbeat",{"a":"\\u0000"}]',
        '[2,"17","Heartbeat",{"\\ud800":1}]',
        '[2,"\\u0000","Heartbeat",{}]',
        '\ufeff[2,"17","Heartbeat",{}]',
        *(
            f'[2,{one},"Heartbeat",{{}}]'
            for one in ("17", "null", "{}", "[]", '""', "1.5", "true", '"' + "i" * 400 + '"')
        ),
        *(f'[{one},"17","Heartbeat",{{}}]' for one in ("2.0", '"2"', "true", "5", "6", "99", "-1", "1e3", "9" * 30)),
        *(f'[2,"17",{one},{{}}]' for one in ("17", "null", "[]", '["Heartbeat"]', '"../../x"', '""', '"\\u001b[31m"')),
        '[2,"17","' + "A" * 500_000 + '",{}]',
        '[2,"17","Heartbeat"]',
        '[2,"17","Heartbeat",{},{}]',
        '[2,"17","Heartbeat",[]]',
        '[2,"17","Heartbeat",5]',
        '[3,"17"]',
        "[3,17,{}]",
        '[4,"17"]',
        '[4,"17","' + "E" * 100_000 + '","' + "D" * 100_000 + '",{}]',
        '[2,"17","MeterValues",{"connectorId":1,"transactionId":,"meterValue":[,{}]}]',
    ]
    for text in corpus:
        link.say(text)
        await alive(link)
    rows = await engine.messages(limit=500)
    kept = {row.raw_request if row.raw_request is not None else row.raw_response for row in rows}
    assert set(corpus) <= kept
    assert all(len(row.action or "") <= 64 for row in rows)
    assert list(json_lines(as_row(row) for row in rows))
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]
    await assert_fold(engine)
    link.drop()


async def test_row_37_numbers_beyond_sixty_four_bits_and_beyond_floats_survive_a_restart(
    make_engine: MakeEngine, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadlines, "CLOSE_S", 0.1)
    engine = await make_engine(data=tmp_path / "d")
    link = await Wire.link(engine)
    await link.ask("boot", "BootNotification", BOOT)
    numbers = [2**63, -(2**63), 2**64 - 1, 10**25, 1e308, -1e308, "1e308", "-1e308", "9" * 300, -0.0]
    for turn, number in enumerate(numbers):
        start = {"connectorId": 1 + turn, "idTag": "T", "meterStart": number, "timestamp": "2026-11-24T10:00:00Z"}
        given = (await link.ask(f"s{turn}", "StartTransaction", start))[2]["transactionId"]
        sampled = [
            {"value": str(number), "measurand": measurand, "unit": unit, "phase": phase}
            for measurand, unit in (
                ("Power.Active.Import", "kW"),
                ("Energy.Active.Import.Register", "kWh"),
                ("SoC", ""),
            )
            for phase in ("L1", "L2", "")
        ]
        values = {"connectorId": 1 + turn, "transactionId": given, "meterValue": [{"sampledValue": sampled}]}
        assert (await link.ask(f"m{turn}", "MeterValues", values))[0] == 3
        status = {"connectorId": number, "status": "Available", "errorCode": "NoError"}
        assert (await link.ask(f"c{turn}", "StatusNotification", status))[0] == 3
        stop = {"transactionId": number, "meterStop": number, "timestamp": "2026-11-24T11:00:00Z"}
        assert (await link.ask(f"e{turn}", "StopTransaction", stop))[0] == 3
    modern = await Wire.link(engine, "CP-2", protocol="ocpp2.0.1")
    for turn, number in enumerate([2**63, -(2**63), 2**64 - 1, -5, 10**25]):
        event = {
            "eventType": "Started",
            "timestamp": "2026-11-24T10:00:00Z",
            "seqNo": number,
            "triggerReason": "Authorized",
            "transactionInfo": {"transactionId": f"t{turn}", "remoteStartId": number},
            "evse": {"id": number, "connectorId": number},
            "meterValue": [
                {
                    "timestamp": "2026-11-24T10:00:00Z",
                    "sampledValue": [{"value": 1e300, "unitOfMeasure": {"multiplier": 30}}],
                }
            ],
        }
        assert (await modern.ask(f"t{turn}", "TransactionEvent", event))[0] == 3
    await assert_fold(engine)
    link.drop()
    modern.drop()
    await engine.stop()
    kept = msgspec.to_builtins(engine.fleet.transactions)
    again = await make_engine(data=tmp_path / "d")
    assert msgspec.to_builtins(again.fleet.transactions) == kept


@pytest.mark.parametrize(("conduct", "kind"), [("tolerant", 3), ("strict", 4)])
async def test_row_38_a_key_that_stands_twice_is_told_and_refused_where_that_is_asked_for(
    make_engine: MakeEngine, conduct: Any, kind: int
) -> None:
    engine = await make_engine(msgspec.structs.replace(load_profile("bench"), conduct=conduct))
    link = await Wire.link(engine)
    await link.ask("boot", "BootNotification", BOOT)
    link.say('[2,"1","DataTransfer",{"vendorId":"first", "vendorId" : "last","data":"\\"vendorId\\":"}]')
    answer = await link.hear()
    assert answer[0] == kind
    if kind == 4:
        assert answer[2] == "FormationViolation"
    (row,) = await engine.messages(limit=1)
    assert [one.rule for one in row.violations] == ["duplicate"]
    assert row.request["vendorId"] == "last"
    link.say('[2,"2","DataTransfer", { "vendorId" : "V" , "data" : "\\u0022a\\u0022: \\" {\\"x\\":1,\\"x\\":2}" } ]')
    assert (await link.hear())[0] == 3
    assert not (await engine.messages(limit=1))[0].violations
    link.drop()


@pytest.mark.parametrize(
    ("version", "action", "payload"),
    [
        ("1.6", "MeterValues", {"connectorId": 1, "meterValue": [{}] * 300_000}),
        (
            "1.6",
            "MeterValues",
            {"connectorId": 1, "meterValue": [{"timestamp": "x", "sampledValue": [{"a": 1}] * 90_000}]},
        ),
        ("1.6", "Heartbeat", {f"k{n}": 1 for n in range(80_000)}),
        ("2.0.1", "NotifyEvent", {"generatedAt": "x", "seqNo": 0, "eventData": [{"eventId": "x"}] * 50_000}),
        ("2.0.1", "NotifyReport", {"requestId": 1, "generatedAt": "x", "seqNo": 0, "reportData": [[]] * 300_000}),
    ],
)
def test_row_44_a_payload_full_of_violations_costs_no_more_than_a_moment(
    version: str, action: str, payload: Any
) -> None:
    violations(version, action, {})
    began = time.process_time()
    found = violations(version, action, payload)
    assert time.process_time() - began < 0.5
    assert found
    assert all(len(one.message) < 5000 and len(one.path) < 300 for one in found)


def test_row_44_a_violation_far_back_in_a_large_payload_is_still_told() -> None:
    sound = {"timestamp": "2026-11-24T10:00:00Z", "sampledValue": [{"value": "1"}]}
    found = violations("1.6", "MeterValues", {"connectorId": 1, "meterValue": [sound] * 5000 + [{}]})
    assert found[0].path.startswith("$.meterValue[5000]")
    assert found[-1].rule == "size"


async def test_row_47_answers_that_nobody_asked_for_leave_the_memory_flat(engine: Engine) -> None:
    link = await Wire.link(engine)
    called = asyncio.get_running_loop().create_task(engine.links.call("CP-001", "ClearCache", {}, timeout=30))
    frame = await link.hear()
    many = int(os.environ.get("CHARGEHAND_FLOOD", "20000"))
    for number in range(many):
        link.say(f'[3,"no-{number}",{{}}]')
        if number % 1000 == 0:
            await link.writer.drain()
    link.say([3, frame[1], {"status": "Accepted"}])
    assert (await called).outcome == "result"
    assert engine.feed.total < 60
    link.drop()


async def test_row_48_and_50_an_answer_that_comes_too_late_is_late_and_one_that_never_comes_holds_up_nothing(
    engine: Engine,
) -> None:
    link = await Wire.link(engine)
    loop = asyncio.get_running_loop()
    first = loop.create_task(engine.links.call("CP-001", "ClearCache", {}, timeout=0.05))
    asked = await link.hear()
    assert (await first).outcome == "timeout"
    second = loop.create_task(engine.links.call("CP-001", "GetLocalListVersion", {}, timeout=5))
    following = await link.hear()
    link.say([3, asked[1], {"status": "Rejected"}])
    link.say([4, following[1], "NoSuchCode"])
    exchange = await second
    assert (exchange.outcome, exchange.error_code) == ("error", "NoSuchCode")
    await settled(engine)
    assert [row.outcome for row in await engine.messages(limit=3)] == ["timeout", "late", "error"]
    link.drop()


async def test_row_51_calls_that_cross_do_not_wait_for_each_other(engine: Engine) -> None:
    link = await Wire.link(engine)
    loop = asyncio.get_running_loop()
    calls = [loop.create_task(engine.links.call("CP-001", "ClearCache", {}, timeout=10)) for _ in range(20)]
    for number in range(20):
        ours = await link.hear()
        link.call(f"c{number}", "DataTransfer", ANY)
        assert (await link.hear())[:2] == [3, f"c{number}"]
        link.say([3, ours[1], {"status": "Accepted"}])
    assert {(await one).outcome for one in calls} == {"result"}
    link.drop()


async def test_row_52_calls_without_waiting_are_answered_in_order(engine: Engine) -> None:
    link = await Wire.link(engine)
    for number in range(300):
        link.call(f"n{number}", ("DataTransfer", "Heartbeat", "Nonsense")[number % 3], ANY if number % 3 == 0 else {})
    assert [(await link.hear())[1] for _ in range(300)] == [f"n{number}" for number in range(300)]
    link.drop()


async def test_row_53_a_send_is_never_answered_not_even_where_it_is_unknown(engine: Engine) -> None:
    for version in ("ocpp1.6", "ocpp2.1"):
        link = await Wire.link(engine, version, protocol=version)
        for action in ("NotifyPeriodicEventStream", "NoSuchThing", "Heartbeat", "X" * 1000):
            link.say([6, "17", action, {}])
        await alive(link)
        link.drop()


async def test_row_54_a_huge_report_in_parts_leaves_the_loop_alive(engine: Engine) -> None:
    link = await Wire.link(engine, protocol="ocpp2.0.1")
    data = [
        {"component": {"name": "C"}, "variable": {"name": f"v{n}"}, "variableAttribute": [{"value": "x" * 100}]}
        for n in range(300)
    ]
    worst = 0.0

    async def watch() -> None:
        nonlocal worst
        while True:
            began = time.monotonic()
            await asyncio.sleep(0.005)
            worst = max(worst, time.monotonic() - began)

    watching = asyncio.get_running_loop().create_task(watch())
    for part in range(50):
        report = {"requestId": 1, "generatedAt": "2026-11-24T10:00:00Z", "seqNo": part, "tbc": part < 49}
        link.call(f"p{part}", "NotifyReport", {**report, "reportData": data})
    for _ in range(50):
        assert (await link.hear())[0] == 3
    watching.cancel()
    assert worst < 0.5
    assert len(engine.fleet.stations["cp-001"].variables) == 300
    link.drop()


@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
async def test_row_86_a_dialect_that_fails_loses_neither_the_record_nor_the_link(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    link = await Wire.link(engine, protocol=f"ocpp{version}")
    held = engine.links.get("CP-001")
    assert held is not None

    def fail(*_: Any) -> Any:
        raise RuntimeError("a fault of ours")

    with monkeypatch.context() as broken:
        broken.setattr(held.dialect, "answer", fail)
        link.call("1", "StatusNotification", {"a": 1})
        link.call("2", "StatusNotification", {"a": 2})
        assert [(await link.hear())[:3] for _ in range(2)] == [[4, "1", "InternalError"], [4, "2", "InternalError"]]
    with monkeypatch.context() as broken:
        broken.setattr(held.dialect, "read", fail)
        assert (await link.ask("3", "DataTransfer", ANY))[0] == 3
    await alive(link)
    assert [row.unique_id for row in await engine.messages(limit=4)] == ["1", "2", "3", "alive"]
    link.drop()


async def test_row_86_a_watcher_that_fails_takes_nothing_from_the_others(engine: Engine) -> None:
    seen: list[int] = []

    def fail(*_: Any) -> None:
        raise RuntimeError("a screen that fails")

    engine.watch(fail)
    engine.watch(lambda record, _events: seen.append(record.id))
    link = await Wire.link(engine)
    await alive(link)
    assert len(seen) >= 2
    link.drop()


async def test_row_86_a_record_that_cannot_be_folded_keeps_no_console_from_starting(
    make_engine: MakeEngine, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = await make_engine(data=tmp_path / "d")
    link = await Wire.link(engine)
    assert (await link.ask("1", "StatusNotification", {"connectorId": 1}))[0] == 3
    link.drop()
    await engine.journal.close()  # as if it had been killed: no snapshot was written
    engine.running = False

    def fail(*_: Any) -> None:
        raise RuntimeError("a fold that fails")

    monkeypatch.setattr("console.engine.reading.fold_exchange", fail)
    again = await make_engine(data=tmp_path / "d")
    assert "cp-001" in again.fleet.stations
    for left in (*engine.listeners, engine.files, engine.api):
        assert left is not None
        await left.stop()
    await engine.desk.close()
