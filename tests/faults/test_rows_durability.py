"""Fault matrix F, H and I: the disk, the clock of the loop, files and secrets, as far as the engine goes (rows 69–98)."""

from __future__ import annotations

import asyncio
import base64
import gc
import json
import os
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import apsw
import httpx
import pytest

from console.engine.endpoint import deadlines, links, listener
from console.engine.engine import Engine
from console.engine.errors import JournalBusy, JournalError, JournalFull, ListenError
from console.engine.feed import KEPT_CHARACTERS, Feed
from console.engine.journal import writer as writer_module
from console.engine.journal.export import write_rows
from console.engine.journal.rows import as_row, connection_row
from console.engine.wire.exchange import Exchange
from profiles import load_profile
from tests.faults.raw import Wire, assert_fold, settled, standing_still

MakeEngine = Callable[..., Awaitable[Engine]]
Until = Callable[..., Awaitable[Any]]

BOOT = {"chargePointVendor": "A", "chargePointModel": "B"}
START = {"connectorId": 1, "idTag": "TAG", "meterStart": 100, "timestamp": "2026-11-24T10:00:00Z"}
ANY = {"vendorId": "V"}


class Disk:
    """Makes every write of the journal fail as long as ``error`` is set."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.error: Exception | None = None
        insert, save = writer_module.Writer._write, writer_module.write_snapshot

        def write(this: Any, records: Any) -> None:
            if self.error is not None:
                raise self.error
            insert(this, records)

        def snapshot(*given: Any) -> None:
            if self.error is not None:
                raise self.error
            save(*given)

        monkeypatch.setattr(writer_module.Writer, "_write", write)
        monkeypatch.setattr("console.engine.journal.journal.write_snapshot", snapshot)


@pytest.mark.parametrize("error", [apsw.FullError("full"), apsw.IOError("EIO"), apsw.ReadOnlyError("read-only")])
async def test_rows_71_and_72_a_disk_that_refuses_acknowledges_nothing_and_is_left_behind(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, until: Until, error: Exception
) -> None:
    monkeypatch.setattr(links, "RETRY_S", 0.05)
    disk = Disk(monkeypatch)
    before, calling = await Wire.link(engine, "BEFORE"), await Wire.link(engine, "CALLED")
    await before.ask("boot", "BootNotification", BOOT)
    disk.error = error
    assert (await before.ask("s1", "StartTransaction", START))[:3] == [4, "s1", "InternalError"]
    assert not engine.fleet.transactions
    assert (await before.ask("h", "Heartbeat", {}))[0] == 3
    assert engine.failure is not None
    with pytest.raises(JournalFull):
        await engine.raw("CALLED", "ClearCache", {})
    during = await Wire.link(engine, "DURING")
    assert (await during.ask("boot", "BootNotification", BOOT))[:3] == [4, "boot", "InternalError"]
    calling.drop()
    await until(lambda: engine.links.get("CALLED") is None)
    disk.error = None
    answer = await before.ask("s1", "StartTransaction", START)
    assert (await before.ask("s1", "StartTransaction", START)) == answer
    assert [one.wire for one in engine.fleet.transactions.values()] == [str(answer[2]["transactionId"])]
    # What befell meanwhile is told as soon as it can be: who came is there, who went is gone.
    await until(lambda: engine.fleet.station("DURING") is not None and engine.fleet.stations["during"].connected)
    await until(lambda: not engine.fleet.stations["called"].connected)
    assert engine.failure is None
    await assert_fold(engine)
    before.drop()
    during.drop()


async def test_row_71_a_broken_call_is_told_as_well_that_it_could_not_be_stored(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(monkeypatch)
    link = await Wire.link(engine)
    disk.error = apsw.FullError("full")
    for broken in ('[2,"b1","BootNotification",{},"more"]', '[2,"b2","Boot'):
        link.say(broken)
    assert [(await link.hear())[:3] for _ in range(2)] == [[4, "b1", "InternalError"], [4, "b2", "InternalError"]]
    link.say('[3,"b3"]')  # an answer is never answered
    link.call("h", "Heartbeat", {})
    assert (await link.hear())[:2] == [3, "h"]
    disk.error = None
    link.say('[2,"b1","BootNotification",{},"more"]')
    assert (await link.hear())[:3] == [4, "b1", "ProtocolError"]
    link.drop()


async def test_row_71_a_snapshot_that_cannot_be_saved_is_saved_later(
    make_engine: MakeEngine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(deadlines, "CLOSE_S", 0.1)
    engine = await make_engine(data=tmp_path / "d")
    link = await Wire.link(engine)
    await link.ask("s1", "StartTransaction", START)
    values = {"timestamp": "2026-11-24T10:01:00Z", "sampledValue": [{"value": "150"}]}
    await link.ask("m1", "MeterValues", {"connectorId": 1, "transactionId": 1, "meterValue": [values]})
    with monkeypatch.context() as refusing:
        disk = Disk(refusing)
        disk.error = apsw.FullError("full")
        engine.upkeep.snapshot()
        with pytest.raises(JournalFull):
            await settled(engine)
    with monkeypatch.context() as failing:
        failing.setattr(engine.journal, "save", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            engine.upkeep.snapshot()
    assert engine.fleet.dirty.samples
    link.drop()
    await engine.stop()
    again = await make_engine(data=tmp_path / "d")
    (transaction,) = again.fleet.transactions.values()
    assert len(await again.samples(transaction.id)) == transaction.samples == 1


async def test_row_73_a_second_console_on_the_directory_and_a_taken_port_are_told(
    make_engine: MakeEngine, tmp_path: Path
) -> None:
    engine = await make_engine(data=tmp_path / "d")
    with pytest.raises(JournalBusy):
        await make_engine(data=tmp_path / "d")
    address = "{}:{}".format(*engine.listeners[0].address)
    with pytest.raises(ListenError, match="in use by another program"):
        await make_engine(data=tmp_path / "other", listen=[address])
    # The failed start has let go of its directory.
    assert await make_engine(data=tmp_path / "other")


async def test_row_74_a_damaged_journal_is_refused_with_what_to_do(make_engine: MakeEngine, tmp_path: Path) -> None:
    folder = tmp_path / "d"
    folder.mkdir()
    (folder / "chargehand.db").write_bytes(b"this is no database, but it was somebody's" * 200)
    with pytest.raises(JournalError):
        await make_engine(data=folder)
    assert (folder / "chargehand.db").read_bytes().startswith(b"this is no database")


async def test_row_76_while_the_disk_stands_still_pings_are_answered_and_nobody_is_dropped(
    make_engine: MakeEngine, until: Until
) -> None:
    from tests.faults.raw import PING, PONG, TEXT, bench, masked

    engine = await make_engine(bench(ping_interval=0.2, ping_timeout=0.4), listen=None)
    calm, eager = await Wire.link(engine, "CALM"), await Wire.link(engine, "EAGER")
    with standing_still(engine):
        for number in range(40):
            eager.call(f"n{number}", "DataTransfer", ANY)
        calm.call("waits", "DataTransfer", ANY)
        held = engine.links.get("EAGER")
        assert held is not None
        await until(lambda: held.socket.paused)
        deadline = time.monotonic() + 1.8
        calm.writer.write(masked(PING, b"there?"))
        seen: list[tuple[int, bytes]] = []
        while time.monotonic() < deadline:
            try:
                frame = await calm.frame(within=deadline - time.monotonic())
            except TimeoutError:
                break
            if frame[0] == PING:
                calm.writer.write(masked(PONG, frame[1]))
            seen.append(frame)
        assert (PONG, b"there?") in seen
        assert not [frame for frame in seen if frame[0] == TEXT]
    assert (await calm.hear())[:2] == [3, "waits"]
    assert [(await eager.hear())[1] for _ in range(40)] == [f"n{number}" for number in range(40)]
    calm.drop()
    eager.drop()


async def test_row_78_forgetting_what_is_old_goes_on_beside_the_traffic(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer_module, "INDEX_RUN", 32)
    link = await Wire.link(engine)
    given = (await link.ask("s", "StartTransaction", START))[2]["transactionId"]
    for number in range(300):
        await link.ask(f"d{number}", "DataTransfer", ANY)
    engine.upkeep.snapshot()
    await settled(engine)
    pruning = asyncio.get_running_loop().create_task(engine.journal.prune(engine.clock() + 1))
    slowest = 0.0
    for number in range(50):
        began = time.monotonic()
        assert (await link.ask(f"e{number}", "DataTransfer", ANY))[0] == 3
        slowest = max(slowest, time.monotonic() - began)
    assert await pruning > 200
    assert slowest < 1
    assert engine.fleet.transaction("CP-001", str(given)) is not None
    link.drop()


HOSTILE = json.loads((Path(__file__).parents[1] / "corpus" / "hostile_strings.json").read_text())


async def test_rows_84_and_85_no_text_of_a_station_leaves_its_line_or_its_cell(engine: Engine, tmp_path: Path) -> None:
    link = await Wire.link(engine)
    texts = [one["text"] * min(one["times"], 1000) for one in HOSTILE]
    texts += ["\x00", "\r\nfake line", "=HYPERLINK(1)", "+1", "-1", "@x", "\t=1", "\u2028"]
    for number, text in enumerate(texts):
        payload = {"vendorId": text, text: text, "data": [text]}
        sayable = text.encode("utf-8", "ignore").decode() == text
        link.say(json.dumps([2, f"d{number}", "DataTransfer", payload], ensure_ascii=not sayable))
        assert (await link.hear())[:2] == [3 if sayable else 4, f"d{number}"]
        boot = {"chargePointVendor": text, "chargePointModel": text, "firmwareVersion": text}
        link.say(json.dumps([2, f"b{number}", "BootNotification", boot]))
        assert (await link.hear())[1] in (f"b{number}", "-1")
    rows = [as_row(row) for row in await engine.messages(limit=5000)]
    rows += [connection_row(row) for row in await engine.journal.happenings(limit=5000)]
    for name in ("out.jsonl", "out.csv"):
        assert write_rows(tmp_path / name, rows) == len(rows)
    lines = (tmp_path / "out.jsonl").read_bytes().split(b"\n")
    assert len(lines) == len(rows) + 1
    assert all(json.loads(line) for line in lines if line)
    assert engine.api_url is not None
    async with httpx.AsyncClient(base_url=engine.api_url) as web:
        for path in ("/messages", "/stations", "/connections", "/alarms"):
            found = await web.get(path, params={"limit": 1000})
            assert found.status_code == 200, (path, found.text)
            found.json()
    await assert_fold(engine)
    link.drop()


async def test_row_87_nothing_is_written_to_the_terminal(
    engine: Engine, capfd: pytest.CaptureFixture[str], until: Until
) -> None:
    for text in ("nonsense", '[2,"1","Heartbeat",{}]', '[3,"x",{}]'):
        link = await Wire.link(engine)
        link.say(text)
        await settled(engine)
        link.drop()
        await until(lambda: not len(engine.links))
    assert capfd.readouterr() == ("", "")


async def test_row_90_an_upload_goes_nowhere_but_where_an_order_has_opened_a_path(engine: Engine) -> None:
    assert engine.files_url is not None
    async with httpx.AsyncClient() as web:
        for path in ("x.bin", "../../etc/passwd", "%2e%2e/x", "u/guess/x.bin"):
            assert (await web.put(f"{engine.files_url.rstrip('/')}/{path}", content=b"x")).status_code in (404, 405)
    assert not [path for path in (engine.data / "files").rglob("*") if path.is_file()]


async def test_rows_91_and_92_a_secret_that_is_ordered_is_not_in_the_audit_row(engine: Engine) -> None:
    link = await Wire.link(engine)
    await link.ask("boot", "BootNotification", BOOT)
    canary = "canary-" + "s" * 20
    settings = {"key": "AuthorizationKey", "value": canary}
    running = asyncio.get_running_loop().create_task(engine.raw("CP-001", "ChangeConfiguration", settings))
    frame = await link.hear()
    assert frame[3]["value"] == canary
    link.say([3, frame[1], {"status": "Accepted"}])
    await running
    assert canary not in str([row.data for row in await engine.journal.happenings(limit=50)])
    link.drop()


async def test_row_93_the_audit_row_is_on_the_disk_before_the_frame_leaves(engine: Engine, until: Until) -> None:
    link = await Wire.link(engine)
    await link.ask("boot", "BootNotification", BOOT)
    with standing_still(engine):
        running = asyncio.get_running_loop().create_task(engine.raw("CP-001", "Reset", {"type": "Soft"}))
        with pytest.raises(TimeoutError):
            await link.hear(within=0.3)
    frame = await link.hear()
    assert frame[2] == "Reset"
    kinds = [row.kind for row in await engine.journal.happenings(limit=50)]
    assert "order.given" in kinds
    link.say([3, frame[1], {"status": "Accepted"}])
    await running
    link.drop()


@pytest.mark.parametrize("csr", ["", "garbage", "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END", "\x00" * 5000])
async def test_row_94_a_certificate_request_is_answered_whatever_it_is(engine: Engine, csr: str) -> None:
    for version in ("ocpp1.6", "ocpp2.0.1", "ocpp2.1"):
        link = await Wire.link(engine, version, protocol=version)
        answer = await link.ask("1", "SignCertificate", {"csr": csr})
        assert answer[0] == 3
        assert answer[2]["status"] == "Rejected" or csr
        link.drop()


async def test_row_95_what_a_station_answers_to_an_absurd_limit_is_shown_as_it_is(engine: Engine) -> None:
    link = await Wire.link(engine)
    await link.ask("boot", "BootNotification", BOOT)
    period = {"startPeriod": 0, "limit": -1e30}
    schedule = {"chargingRateUnit": "A", "chargingSchedulePeriod": [period]}
    profile = {"chargingProfileId": 1, "stackLevel": 0, "chargingProfilePurpose": "TxDefaultProfile"}
    profile |= {"chargingProfileKind": "Relative", "chargingSchedule": schedule}
    payload = {"connectorId": 1, "csChargingProfiles": profile}
    running = asyncio.get_running_loop().create_task(engine.raw("CP-001", "SetChargingProfile", payload))
    frame = await link.hear()
    link.say([4, frame[1], "PropertyConstraintViolation", "limit", {}])
    exchange = await running
    assert (exchange.outcome, exchange.error_code) == ("error", "PropertyConstraintViolation")
    link.drop()


def test_row_96_the_ring_of_newest_messages_is_bounded_by_their_size() -> None:
    feed = Feed()
    for number in range(100):
        feed.add(
            Exchange(
                id=number + 1,
                time=1,
                station="S",
                version="1.6",
                direction="in",
                action="DataTransfer",
                unique_id="1",
                outcome="result",
                raw_request="x" * 1_000_000,
            )
        )
    assert sum(len(row.raw_request or "") for row in feed.rows) <= KEPT_CHARACTERS
    assert feed.last_id == 100
    assert feed.total == 100
    assert [row.id for row in feed.since(98)] == [99, 100]


async def test_row_96_links_that_come_and_go_leave_nothing_behind(engine: Engine, until: Until) -> None:
    rounds = int(os.environ.get("CHARGEHAND_ROUNDS", "30"))

    async def turn(number: int) -> None:
        link = await Wire.link(engine, f"CP-{number % 20}")
        await link.ask("boot", "BootNotification", BOOT)
        link.call("x", "DataTransfer", ANY)
        link.drop()

    for number in range(rounds * 5):
        await turn(number)
    await until(lambda: not len(engine.links) and not engine.links.sockets)
    await settled(engine)
    gc.collect()
    assert len(engine.links._ending) <= 1
    assert not engine._thens
    assert not engine.listeners[0]._trying
    assert not engine.listeners[0]._open
    assert len(engine.fleet.stations) == 20


async def test_row_97_a_loop_that_stood_still_is_noted_and_drops_nobody(
    make_engine: MakeEngine, until: Until, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from tests.faults.raw import bench

    monkeypatch.setattr(listener, "STALL_S", 0.3)
    monkeypatch.setattr(deadlines, "SWEEP_S", 0.2)
    engine = await make_engine(bench(ping_interval=0.1, ping_timeout=0.1), listen=None)
    link = await Wire.link(engine)

    async def answering() -> None:
        while True:
            await link.hear()

    pongs = asyncio.get_running_loop().create_task(answering())
    held = engine.links.get("CP-001")
    assert held is not None
    await until(lambda: held.rtt_ms is not None)
    asyncio.get_running_loop().call_soon(time.sleep, 1)  # the whole loop, station and all
    await until(lambda: engine.stalls)
    await asyncio.sleep(0.5)
    assert engine.links.get("CP-001") is not None
    assert any("stood still" in record.message for record in caplog.records)
    assert engine.watchdog.stalls is engine.stalls
    pongs.cancel()
    link.drop()


def test_row_92_a_password_in_the_handshake_is_noted_nowhere(tmp_path: Path) -> None:
    async def run() -> None:
        engine = Engine(load_profile("bench"), tmp_path, listen=["127.0.0.1:0"], api="127.0.0.1:0", files="127.0.0.1:0")
        await engine.start()
        secret = base64.b64encode(b"CP-001:canary-password").decode()
        from tests.faults.raw import request, upgrade

        await request(engine, upgrade("/CP-001", f"Authorization: Basic {secret}"))
        await settled(engine)
        await engine.stop()

    asyncio.run(run())
    for path in tmp_path.rglob("*"):
        if path.is_file():
            kept = path.read_bytes()
            assert b"canary-password" not in kept
            assert base64.b64encode(b"canary-password")[:12] not in kept
