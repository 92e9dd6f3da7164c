"""Fault matrix A: whoever knocks, and however (rows 1–15)."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from console.engine.endpoint import listener
from console.engine.engine import Engine
from console.engine.errors import ListenError
from console.engine.fleet import entities
from profiles import KnownStation, load_profile
from tests.faults.raw import Wire, assert_fold, bench, masked, request, settled, status, upgrade
from tests.fleets import facts

MakeEngine = Callable[..., Awaitable[Engine]]
Dial = Callable[..., Awaitable[Any]]
Until = Callable[..., Awaitable[Any]]

PASSWORD = "a-good-long-password"


def basic(user: str, password: str) -> str:
    return "Authorization: Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


async def guarded(make_engine: MakeEngine) -> Engine:
    profile = msgspec.structs.replace(
        bench(security_profile=1, unknown_stations="refuse"),
        stations=[KnownStation(id="CP-001", password=PASSWORD), KnownStation(id="CP-002", password=PASSWORD)],
    )
    return await make_engine(profile, listen=None)


async def test_row_01_wrong_or_absent_credentials_are_401_and_leave_no_station(make_engine: MakeEngine) -> None:
    engine = await guarded(make_engine)
    answers = [
        await request(engine, upgrade("/CP-001")),
        await request(engine, upgrade("/CP-001", basic("CP-001", "wrong"))),
        await request(engine, upgrade("/NOBODY", basic("NOBODY", PASSWORD))),
    ]
    assert [status(answer) for answer in answers] == [401, 401, 401]
    heads = [[line for line in answer.split(b"\r\n") if not line.startswith(b"Date")] for answer in answers]
    assert heads[0] == heads[1] == heads[2], "nothing tells whether an identity exists"
    assert not engine.fleet.stations


async def test_row_02_the_user_name_must_be_the_identity(make_engine: MakeEngine) -> None:
    engine = await guarded(make_engine)
    assert status(await request(engine, upgrade("/CP-001", basic("CP-002", PASSWORD)))) == 401


async def test_row_03_a_flood_of_wrong_passwords_is_throttled_told_and_locks_no_neighbour_out(
    make_engine: MakeEngine, until: Until
) -> None:
    engine = await guarded(make_engine)
    for number in range(150):
        # One address, as behind a router: one station guesses often, and many names are tried once.
        name = "CP-001" if number < 20 else f"GUESS-{number}"
        assert status(await request(engine, upgrade(f"/{name}", basic(name, "wrong")))) == 401
    assert status(await request(engine, upgrade("/CP-001", basic("CP-001", PASSWORD)))) == 401
    (throttled,) = (row for row in engine.attempts.rows if "too many" in (row.reason or ""))
    assert throttled.count > 5
    assert status(await request(engine, upgrade("/CP-002", basic("CP-002", PASSWORD)))) == 101
    alarm = await until(lambda: next(iter(engine.fleet.alarms.values()), None))
    assert "127.0.0.1 keeps sending wrong passwords" in alarm.text
    await assert_fold(engine)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere this computer has one loopback address only")
async def test_row_03_many_addresses_that_guess_at_one_identity_lock_it_out_nowhere_where_it_was_before(
    make_engine: MakeEngine, until: Until, tmp_path: Path
) -> None:
    engine = await guarded(make_engine)

    async def tried(password: str, address: str) -> int:
        wire = await Wire.open(engine, local_addr=(address, 0))
        wire.writer.write(upgrade("/CP-001", basic("CP-001", password)))
        answer = await wire.reader.readuntil(b"\r\n\r\n")
        wire.drop()
        return status(answer)

    assert await tried(PASSWORD, "127.0.7.7") == 101
    for number in range(100):
        assert await tried("wrong", f"127.0.8.{number + 1}") == 401
    assert await tried(PASSWORD, "127.0.9.1") == 401, "nothing from elsewhere is looked at now"
    assert await tried(PASSWORD, "127.0.7.7") == 101
    alarm = await until(lambda: next(iter(engine.fleet.alarms.values()), None))
    assert "many addresses keep sending wrong passwords for CP-001" in alarm.text
    await assert_fold(engine)
    await engine.stop()
    again = await guarded(make_engine)
    door = again.listeners[0].door
    assert door._came_from("CP-001") == "127.0.7.7", "a restart does not forget where it was"


async def test_row_03_an_address_that_tries_each_identity_once_is_told_as_well(
    make_engine: MakeEngine, until: Until
) -> None:
    engine = await guarded(make_engine)
    for number in range(110):
        assert status(await request(engine, upgrade(f"/X-{number}", basic(f"X-{number}", "wrong")))) == 401
    alarm = await until(lambda: next(iter(engine.fleet.alarms.values()), None))
    assert "127.0.0.1 keeps sending wrong passwords" in alarm.text


@pytest.mark.parametrize(("mode", "code", "said"), [("refuse", 404, None), ("pending", 101, "Pending")])
async def test_row_04_an_unknown_identity_is_refused_or_waits(
    make_engine: MakeEngine, mode: str, code: int, said: str | None
) -> None:
    engine = await make_engine(bench(unknown_stations=mode), listen=None)
    assert status(await request(engine, upgrade("/NOBODY"))) == code
    if said is None:
        assert not engine.fleet.stations
        return
    link = await Wire.link(engine, "NOBODY-2")
    boot = {"chargePointVendor": "A", "chargePointModel": "B"}
    assert (await link.ask("1", "BootNotification", boot))[2]["status"] == said
    link.drop()


@pytest.mark.parametrize("mode", ["accept", "pending"])
async def test_row_05_many_identities_leave_only_so_many_stations_and_a_restart_agrees(
    make_engine: MakeEngine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, until: Until, mode: str
) -> None:
    monkeypatch.setattr(entities, "STRANGERS", 20)
    engine = await make_engine(bench(unknown_stations=mode), listen=None, data=tmp_path / "d")
    for number in range(60):
        link = await Wire.link(engine, f"S-{number:03d}")
        if mode == "pending":
            await link.ask("1", "BootNotification", {"chargePointVendor": "A", "chargePointModel": "B"})
        link.drop()
    resident = await Wire.link(engine, "RESIDENT")
    await until(lambda: len(engine.links) == 1)
    await settled(engine)
    assert len(engine.fleet.stations) <= 24
    assert "s-059" in engine.fleet.stations
    assert "resident" in engine.fleet.stations
    assert len(engine.links._books) == 1
    await assert_fold(engine)
    resident.drop()
    await until(lambda: not len(engine.links))
    await engine.stop()
    kept = facts(engine.fleet)
    again = await make_engine(bench(unknown_stations=mode), listen=None, data=tmp_path / "d")
    assert set(again.fleet.stations) == set(kept["stations"])
    assert again.fleet.strangers == {key for key, one in again.fleet.stations.items() if one.stranger}


async def test_row_05_stations_that_were_accepted_are_bounded_as_well_and_those_that_charge_stay(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, until: Until
) -> None:
    monkeypatch.setattr(entities, "STATIONS", 20)
    boot = {"chargePointVendor": "A", "chargePointModel": "B"}
    start = {"connectorId": 1, "idTag": "T", "meterStart": 1, "timestamp": "2026-11-24T10:00:00Z"}
    for number in range(60):
        link = await Wire.link(engine, f"S-{number:03d}")
        await link.ask("1", "BootNotification", boot)
        if number < 3:
            await link.ask("2", "StartTransaction", start)
        link.drop()
    await until(lambda: not len(engine.links))
    await settled(engine)
    assert len(engine.fleet.stations) <= 22
    assert {"s-000", "s-001", "s-002", "s-059"} <= set(engine.fleet.stations)
    assert len(engine.fleet.active()) == 3
    await assert_fold(engine)


@pytest.mark.parametrize(
    "path",
    [b"/%00", b"/a%1b%5b31m", b"/..", b"/" + b"x" * 49, b"/a%2f..%2fb", b"/a%0d%0aX"],
)
async def test_row_06_an_identity_that_could_hurt_is_400_and_known_nowhere(engine: Engine, path: bytes) -> None:
    assert status(await request(engine, upgrade(path))) == 400
    assert not engine.fleet.stations
    assert engine.attempts.rows[-1].reason


async def test_row_06_a_request_line_with_bytes_beyond_ascii_is_closed_and_told(engine: Engine, until: Until) -> None:
    assert status(await request(engine, upgrade(b"/\xff\xfe"))) == 0
    await until(lambda: engine.attempts.rows[-1].verdict == "refused")
    assert not engine.fleet.stations


async def test_row_06_headers_that_are_no_text_are_noted_and_harm_nothing(
    engine: Engine, caplog: pytest.LogCaptureFixture, until: Until
) -> None:
    odd = "User-Agent: \xff\xfe" + "x" * 5000
    assert status(await request(engine, upgrade("/CP-001", odd, protocol="ocpp\xff"))) == 400
    assert status(await request(engine, upgrade("/" + "d/" * 3000 + "CP-002", odd))) == 101
    await settled(engine)
    rows = await engine.journal.happenings(limit=10, kinds=["link.refused", "link.opened"])
    assert all(len(json.dumps(row.data)) < 4000 for row in rows)
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


async def test_row_07_no_common_subprotocol_is_400_or_what_the_specification_says(make_engine: MakeEngine) -> None:
    engine = await make_engine()
    assert status(await request(engine, upgrade("/CP-001", protocol="ocpp0.1"))) == 400
    other = await make_engine(bench(subprotocol_mismatch="spec"), data=engine.data.parent / "spec", listen=None)
    wire = await Wire.open(other)
    wire.writer.write(upgrade("/CP-001", protocol="ocpp0.1"))
    assert b"Sec-WebSocket-Protocol" not in await wire.reader.readuntil(b"\r\n\r\n")
    assert await wire.close_code() == 1002
    wire.drop()


async def test_row_08_missing_doubled_and_misspelt_subprotocols(make_engine: MakeEngine) -> None:
    engine = await make_engine()
    assert status(await request(engine, upgrade("/CP-001", protocol=None))) == 101
    assert status(await request(engine, upgrade("/CP-002", protocol="OCPP1.6"))) == 101
    twice = await request(engine, upgrade("/CP-003", "Sec-WebSocket-Protocol: ocpp2.0.1", protocol="ocpp9"))
    assert b"Sec-WebSocket-Protocol: ocpp2.0.1" in twice
    strict = msgspec.structs.replace(load_profile("bench"), conduct="strict")
    other = await make_engine(strict, data=engine.data.parent / "strict")
    assert status(await request(other, upgrade("/CP-001", protocol=None))) == 400


async def test_row_09_the_version_is_the_link_s(engine: Engine, dial: Dial, until: Until) -> None:
    for version in ("1.6", "2.0.1", "2.1", "1.6"):
        station = await dial(engine, "CP-001", version)
        assert (await station.boot())[2]["status"] == "Accepted"
        await until(lambda version=version: engine.fleet.stations["cp-001"].version == version)


async def test_row_10_a_header_that_dribbles_in_is_cut_off(make_engine: MakeEngine) -> None:
    engine = await make_engine(bench(open_timeout=0.3), listen=None)
    wire = await Wire.open(engine)
    wire.writer.write(b"GET /CP-001 HTTP/1.1\r\nHost: ")

    async def dribble() -> None:
        while True:
            wire.writer.write(b"x")
            await wire.writer.drain()
            await asyncio.sleep(0.02)

    async with asyncio.timeout(5):
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            await dribble()
    assert engine.attempts.rows[-1].reason == "no complete handshake in time"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\n\r\n", 414),
        (b"GET /CP HTTP/1.1\r\n" + b"".join(b"H%d: x\r\n" % n for n in range(200)) + b"\r\n", 431),
        (b"GET /CP HTTP/1.0\r\n\r\n", 505),
        (b"POST /CP HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", 405),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\n" * 40, 0),
        (b"\r\n" * 200, 0),
        (upgrade("/CP-001").replace(b"Sec-WebSocket-Key", b"X-Key"), 400),
        (upgrade("/CP-001").replace(b"Version: 13", b"Version: 7"), 400),
    ],
)
async def test_row_11_what_is_no_handshake_is_answered_as_http_and_one_row(
    engine: Engine, data: bytes, code: int, until: Until, caplog: pytest.LogCaptureFixture
) -> None:
    assert status(await request(engine, data)) == code
    await until(lambda: engine.attempts.rows[-1].verdict == "refused")
    assert len(engine.attempts.rows) == 1
    assert not engine.fleet.stations
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


async def test_row_11_a_call_that_comes_in_one_piece_with_the_handshake_is_answered(engine: Engine) -> None:
    wire = await Wire.open(engine)
    wire.writer.write(upgrade("/CP-001") + masked(9, b"ping") + masked(1, b'[2,"1","Heartbeat",{}]'))
    await wire.reader.readuntil(b"\r\n\r\n")
    heard = [await wire.frame(), await wire.frame()]
    assert any(opcode == 1 and json.loads(data)[:2] == [3, "1"] for opcode, data in heard)
    wire.drop()


async def test_row_12_half_open_connections_give_way_to_a_station(
    make_engine: MakeEngine, monkeypatch: pytest.MonkeyPatch, until: Until
) -> None:
    monkeypatch.setattr(listener, "MAX_TRYING", 50)
    engine = await make_engine()
    silent = [await Wire.open(engine) for _ in range(200)]
    await until(lambda: engine.attempts.total == 200)
    await until(lambda: engine.links.sockets <= 50)
    link = await Wire.link(engine)
    assert (await link.ask("1", "Heartbeat", {}))[0] == 3
    assert len(engine.attempts.rows) < 60, "the same refusal is one row"
    for wire in [*silent, link]:
        wire.drop()
    await until(lambda: engine.links.sockets == 0)


CHILD = """
import asyncio, contextlib, resource, sys, tempfile, json
from pathlib import Path
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
from console.engine.engine import Engine
from profiles import load_profile
from websockets.asyncio.client import connect
async def main():
    with tempfile.TemporaryDirectory() as folder:
        engine = Engine(load_profile("bench"), Path(folder), listen=["127.0.0.1:0"], api="127.0.0.1:0", files="127.0.0.1:0")
        await engine.start()
        print(engine.listeners[0].address[1], flush=True)
        hogged = []
        while True:
            line = await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
            if not line.strip():
                break
            if line.startswith("hog"):
                with contextlib.suppress(OSError):
                    while True:
                        hogged.append(open("/dev/null"))
            elif line.startswith("free"):
                while hogged:
                    hogged.pop().close()
            print(json.dumps([engine.links.sockets, len(engine.links), engine.failure]), flush=True)
        await engine.stop()
        print("stopped", flush=True)
asyncio.run(main())
"""


class Narrow:
    """A console of its own that may have 64 descriptors."""

    def __init__(self, process: asyncio.subprocess.Process, number: int) -> None:
        self.process = process
        self.number = number

    @classmethod
    async def begin(cls) -> Narrow:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", CHILD, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert process.stdout is not None
        return cls(process, int(await asyncio.wait_for(process.stdout.readline(), 30)))

    async def tell(self, word: str = "?") -> Any:
        """Have it do something; open connections, links, and what it says is wrong."""
        stdin, stdout = self.process.stdin, self.process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(word.encode() + b"\n")
        return json.loads(await asyncio.wait_for(stdout.readline(), 10))

    async def until(self, held: Callable[[Any], bool]) -> Any:
        deadline = time.monotonic() + 10
        while not held(told := await self.tell()):
            assert time.monotonic() < deadline, told
            await asyncio.sleep(0.02)
        return told

    async def boot(self, identity: str) -> Wire:
        """A station that connects and boots; its answer has come."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.number)
        writer.write(upgrade(f"/{identity}") + masked(1, b'[2,"1","BootNotification",{"chargePointVendor":"A"}]'))
        await asyncio.wait_for(reader.readuntil(b"currentTime"), 10)
        await asyncio.wait_for(reader.readuntil(b"}]"), 10)
        return Wire(reader, writer)

    async def end(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(b"\n")
        out, err = await asyncio.wait_for(self.process.communicate(), 20)
        assert b"stopped" in out
        assert b"Traceback" not in err, err.decode()


async def test_row_13_without_descriptors_the_console_goes_on_and_takes_stations_again() -> None:
    console = await Narrow.begin()
    flood = [await asyncio.open_connection("127.0.0.1", console.number) for _ in range(100)]
    assert (await console.tell())[0] <= 60
    for _, writer in flood:
        writer.transport.abort()
    await console.until(lambda told: told[0] == 0)
    station = await console.boot("CP-001")
    station.drop()
    await console.end()


async def test_row_13_after_emfile_accepting_pauses_says_so_and_goes_on_by_itself() -> None:
    console = await Narrow.begin()
    old = await console.boot("OLD")
    assert (await console.tell("hog"))[2] is None
    # The kernel takes the connection, the console cannot; what was there before goes on.
    waiting = asyncio.get_running_loop().create_task(console.boot("NEW"))
    told = await console.until(lambda told: told[2] is not None)
    assert told[1:] == [1, "no new connection can be taken: Too many open files"]
    status = {"connectorId": 1, "status": "Available", "errorCode": "NoError"}
    assert await old.ask("2", "StatusNotification", status) == [3, "2", {}], "also where its schema cannot be read now"
    assert not waiting.done()
    await console.tell("free")
    new = await waiting
    assert (await console.until(lambda told: told[2] is None))[1] == 2
    old.drop()
    new.drop()
    await console.end()


def test_row_15_a_listener_that_asks_nobody_stays_on_this_machine_unless_told_otherwise(tmp_path: Path) -> None:
    profile = msgspec.structs.replace(load_profile("bench"), name="mine")
    with pytest.raises(ListenError, match="without asking"):
        Engine(profile, tmp_path, listen=["0.0.0.0:0"])
    assert Engine(profile, tmp_path, listen=["0.0.0.0:0"], insecure=True).listens[0].exposed
    assert Engine(profile, tmp_path, listen=["127.0.0.1:0"])
