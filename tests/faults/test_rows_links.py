"""Fault matrix B: the life of a link, and of two that claim one identity (rows 16–24)."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from console.engine.endpoint import deadlines, links
from console.engine.engine import Engine
from tests.faults.raw import (
    CLOSE,
    PING,
    Wire,
    assert_fold,
    bench,
    masked,
    request,
    settled,
    standing_still,
    status,
    upgrade,
)

MakeEngine = Callable[..., Awaitable[Engine]]
Until = Callable[..., Awaitable[Any]]

START = {"connectorId": 1, "idTag": "TAG", "meterStart": 100, "timestamp": "2026-11-24T10:00:00Z"}
BOOT = {"chargePointVendor": "A", "chargePointModel": "B"}


async def test_row_16_the_newest_link_wins_and_two_that_live_at_once_are_an_alarm(engine: Engine) -> None:
    first = await Wire.link(engine)
    await first.ask("1", "BootNotification", BOOT)
    second = await Wire.link(engine, local_addr=("127.0.0.2", 0))
    assert await first.close_code() == 1008
    assert (await second.ask("1", "BootNotification", BOOT))[0] == 3
    assert [alarm.kind for alarm in engine.fleet.alarms.values()] == ["identity"]
    second.drop()
    first.drop()


async def test_row_17_the_end_of_the_older_link_does_not_take_the_newer_one_away(engine: Engine, until: Until) -> None:
    old = await Wire.link(engine)
    new = await Wire.link(engine)
    old.drop()
    await until(lambda: sum(row.verdict == "closed" for row in engine.attempts.rows) == 1)
    assert (await new.ask("1", "BootNotification", BOOT))[0] == 3
    assert engine.fleet.stations["cp-001"].connected
    called = asyncio.get_running_loop().create_task(engine.links.call("CP-001", "ClearCache", {}, timeout=5))
    frame = await new.hear()
    new.say([3, frame[1], {"status": "Accepted"}])
    assert (await called).outcome == "result"
    new.drop()


async def test_row_18_a_cable_that_was_pulled_is_noticed_and_ends_the_call(make_engine: MakeEngine) -> None:
    engine = await make_engine(bench(ping_interval=0.2, ping_timeout=0.4), listen=None)
    link = await Wire.link(engine)
    called = asyncio.get_running_loop().create_task(engine.links.call("CP-001", "ClearCache", {}, timeout=60))
    # Nothing is answered any more, not even pings: that is what a half-open connection looks like.
    exchange = await asyncio.wait_for(called, 8)
    assert exchange.outcome == "lost"
    await assert_fold(engine)
    assert not engine.fleet.stations["cp-001"].connected
    link.drop()


async def test_row_19_a_station_that_redials_without_end_fills_neither_journal_nor_screen(engine: Engine) -> None:
    codes = []
    for _ in range(80):
        wire = await Wire.open(engine)
        wire.writer.write(upgrade("/CP-001"))
        codes.append(status(await wire.reader.readuntil(b"\r\n\r\n")))
        wire.drop()
    assert codes.count(101) < 40
    assert codes.count(503) > 40
    await settled(engine)
    rows = [row for row in engine.attempts.rows if row.verdict == "refused"]
    assert len(rows) == 1
    assert rows[0].count == codes.count(503)
    assert "again and again" in (rows[0].reason or "")
    assert len(await engine.journal.happenings(limit=500)) < 90
    assert [alarm.kind for alarm in engine.fleet.alarms.values()] == ["reconnect"]
    assert status(await request(engine, upgrade("/CP-002"))) == 101, "no other station is held up by it"


async def test_row_20_a_whole_fleet_comes_back_at_once(engine: Engine) -> None:
    many = int(os.environ.get("CHARGEHAND_HERD", "150"))

    async def one(number: int) -> Wire:
        link = await Wire.link(engine, f"CP-{number:04d}")
        assert (await link.ask("1", "BootNotification", BOOT))[2]["status"] == "Accepted"
        return link

    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(number)) for number in range(many)]
    assert len(engine.links) == many
    for task in tasks:
        task.result().drop()


async def test_row_21_a_session_goes_on_after_the_console_was_started_again(
    make_engine: MakeEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadlines, "CLOSE_S", 0.1)
    engine = await make_engine(data=tmp_path / "d")
    link = await Wire.link(engine)
    number = (await link.ask("1", "StartTransaction", START))[2]["transactionId"]
    await engine.stop()
    link.drop()
    again = await make_engine(data=tmp_path / "d")
    assert [one.state for one in again.fleet.transactions.values()] == ["active"]
    link = await Wire.link(again)
    sampled = [{"timestamp": "2026-11-24T10:01:00Z", "sampledValue": [{"value": "150"}]}]
    values = {"connectorId": 1, "transactionId": number, "meterValue": sampled}
    assert (await link.ask("2", "MeterValues", values))[0] == 3
    (transaction,) = again.fleet.transactions.values()
    assert (transaction.samples, transaction.energy_wh) == (1, 50)
    link.drop()


async def test_row_22_a_station_that_reads_nothing_is_given_up_and_holds_up_nobody(
    engine: Engine, until: Until
) -> None:
    deaf = await Wire.link(engine, "DEAF")
    deaf.reader._transport.pause_reading()  # type: ignore[attr-defined]
    other = await Wire.link(engine, "OTHER")
    # Pongs are made for us by the protocol: they pile up where nobody reads, whatever we ourselves send.
    pings = masked(PING, b"x" * 125) * 2000

    async def flood() -> None:
        while engine.links.get("DEAF") is not None:
            deaf.writer.write(pings)
            await deaf.writer.drain()
            await asyncio.sleep(0)

    flooding = asyncio.get_running_loop().create_task(flood())
    while engine.links.get("DEAF") is not None:
        async with asyncio.timeout(5):
            assert (await other.ask("1", "DataTransfer", {"vendorId": "V"}))[0] == 3
    flooding.cancel()
    (row,) = (row for row in engine.attempts.rows if row.identity == "DEAF")
    await until(lambda: row.verdict == "closed")
    assert row.reason == "the station does not read what is sent to it"
    deaf.drop()
    other.drop()


SERVE = ("-m", "console", "serve", "--listen", "127.0.0.1:0", "--api", "127.0.0.1:0", "--files", "127.0.0.1:0")


async def test_row_23_a_reset_at_any_moment_and_a_sigterm_in_full_traffic_leave_no_traceback(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, *SERVE, "--data", str(tmp_path), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    ready = json.loads(await asyncio.wait_for(process.stdout.readline(), 30))
    number = int(ready["listen"][0].rsplit(":", 1)[1].rstrip("/"))
    handshake = upgrade("/CP-{}")
    call = masked(1, b'[2,"1","DataTransfer",{"vendorId":"V"}]')
    parts = [
        b"",
        handshake[:40],
        handshake,
        handshake + call[:9],
        handshake + call * 50,
        handshake + masked(CLOSE, b""),
    ]
    for turn, part in enumerate(parts * 3):
        _, writer = await asyncio.open_connection("127.0.0.1", number)
        writer.write(part.replace(b"{}", b"%d" % turn))
        await writer.drain()
        writer.transport.abort()

    async def talk(name: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", number)
        writer.write(handshake.replace(b"{}", b"T-%d" % name))
        try:
            while await reader.read(65536):
                writer.write(call * 20)
                await writer.drain()
        finally:
            writer.transport.abort()

    talking = [asyncio.get_running_loop().create_task(talk(name)) for name in range(5)]
    await asyncio.sleep(0.2)
    process.send_signal(signal.SIGTERM)
    _, err = await asyncio.wait_for(process.communicate(), 20)
    await asyncio.gather(*talking, return_exceptions=True)
    assert process.returncode == 0
    assert b"Traceback" not in err, err.decode()[-3000:]
    assert b" ERROR " not in err, err.decode()[-3000:]


async def test_row_24_a_link_is_closed_even_where_the_peer_floods_and_never_reads(
    engine: Engine, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadlines, "CLOSE_S", 0.1)
    link = await Wire.link(engine)
    link.reader._transport.pause_reading()  # type: ignore[attr-defined]
    for number in range(2000):
        link.call(str(number), "DataTransfer", {"vendorId": "V" * 500})
    await until(lambda: engine.links.get("CP-001"))
    held = engine.links.get("CP-001")
    assert held is not None
    held.socket.close(1008, "enough")
    await until(lambda: engine.links.get("CP-001") is None, within=6)
    await assert_fold(engine)
    link.drop()


@pytest.mark.parametrize("unique_id", ["start", "another"])
async def test_a_start_sent_again_on_the_next_link_while_the_disk_stands_still_is_one_transaction(
    engine: Engine, until: Until, unique_id: str
) -> None:
    first = await Wire.link(engine)
    await first.ask("boot", "BootNotification", BOOT)
    with standing_still(engine):
        first.call("start", "StartTransaction", START)
        held = engine.links.get("CP-001")
        assert held is not None
        await until(lambda: not held.settled)
        first.drop()
        await until(lambda: engine.links.get("CP-001") is None)
        second = await Wire.link(engine)
        second.call(unique_id, "StartTransaction", START)
        newer = engine.links.get("CP-001")
        assert newer is not None
        await until(lambda: newer.messages == 1)
    answer = await second.hear()
    assert answer[:2] == [3, unique_id]
    (transaction,) = engine.fleet.transactions.values()
    assert transaction.wire == str(answer[2]["transactionId"])
    assert (await second.ask("after", "DataTransfer", {"vendorId": "V"}))[0] == 3
    await assert_fold(engine)
    second.drop()


async def test_answers_are_forgotten_with_the_link_unless_they_are_of_transactions(
    engine: Engine, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(links, "BOOKS", 10)
    for number in range(30):
        link = await Wire.link(engine, f"CP-{number}")
        await link.ask("1", "DataTransfer", {"vendorId": "V"})
        if number % 2:
            await link.ask("2", "StartTransaction", START)
        link.drop()
        await until(lambda: not len(engine.links))
    assert len(engine.links._books) == 10
    assert all(len(book._answers) == 1 for book in engine.links._books.values())


async def test_row_86_a_fault_of_ours_in_the_middle_of_a_frame_costs_one_link_and_is_logged(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    link, other = await Wire.link(engine), await Wire.link(engine, "OTHER")
    held = engine.links.get("CP-001")
    assert held is not None

    def fail(_text: str) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(held, "on_text", fail)
    link.say("[]")
    with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
        await link.frame()
    assert (await other.ask("1", "DataTransfer", {"vendorId": "V"}))[0] == 3
    assert any("could not be handled" in record.message for record in caplog.records)
    assert not [record for record in caplog.records if record.name == "asyncio" and record.levelno >= logging.ERROR]
    other.drop()
    link.drop()
