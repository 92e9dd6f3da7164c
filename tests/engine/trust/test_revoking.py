"""Certificates that were taken back: refused at the door, links closed, told where a person looks."""

from __future__ import annotations

import asyncio
import shutil
import ssl
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from console.engine.engine import Engine
from console.engine.errors import TrustError
from console.engine.trust.authority import Authority
from console.engine.trust.certificates import utc_now
from console.engine.trust.revoked import Revocations, Revoked
from console.engine.trust.revoking import revoke
from profiles import KnownStation, Listen, Profile, load_profile
from tests.faults.raw import assert_fold

MakeEngine = Callable[..., Awaitable[Engine]]
Until = Callable[..., Awaitable[Any]]


@pytest.fixture(scope="session")
def authority_made_before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("authority") / "trust"
    Authority(folder).server_pairs(["localhost"])
    return folder


@pytest.fixture
def data(tmp_path: Path, authority_made_before: Path) -> Path:
    shutil.copytree(authority_made_before, tmp_path / "data" / "trust")
    return tmp_path / "data"


def mutual() -> Profile:
    return msgspec.structs.replace(
        load_profile("bench"),
        listen=[Listen(address="127.0.0.1:0", security_profile=3)],
        stations=[KnownStation(id="CP-001"), KnownStation(id="CP-002")],
    )


def station_context(data: Path, identity: str = "CP-001") -> ssl.SSLContext:
    """What a charger has: the root, and a certificate of its own that was made just now."""
    issued, key = Authority(data / "trust").issue(identity)
    both = data / f"{issued.serial}.pem"
    both.write_text(issued.pem + key)
    context = ssl.create_default_context(cafile=data / "trust" / "root.pem")
    context.load_cert_chain(both)
    return context


async def dial(engine: Engine, context: ssl.SSLContext, identity: str = "CP-001") -> ClientConnection:
    return await connect(
        engine.listen_urls[0] + identity,
        subprotocols=[Subprotocol("ocpp1.6")],
        ssl=context,
        proxy=None,
        compression=None,
    )


async def refusal(engine: Engine, context: ssl.SSLContext, identity: str = "CP-001") -> int:
    with pytest.raises(InvalidStatus) as told:
        await dial(engine, context, identity)
    return told.value.response.status_code


async def test_a_revoked_certificate_is_cut_off_and_does_not_come_back(
    make_engine: MakeEngine, data: Path, until: Until
) -> None:
    engine = await make_engine(mutual(), data, listen=None)
    stolen, other = station_context(data), station_context(data, "CP-002")
    station, neighbour = await dial(engine, stolen), await dial(engine, other, "CP-002")
    await station.send('[2,"1","BootNotification",{"chargePointVendor":"A","chargePointModel":"B"}]')
    await station.recv()
    (made,) = await engine.revoking.revoke("CP-001", by="operator", note="stolen from the depot")
    with pytest.raises(ConnectionClosed) as closed:
        await station.recv()
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1008, "its certificate was revoked")
    assert await refusal(engine, stolen) == 403
    attempt = engine.attempts.rows[-1]
    assert (
        attempt.reason
        == f"the charger's certificate was revoked on {made.time[:10]} by operator: stolen from the depot"
    )
    assert "chargehand trust station" in (attempt.advice or "")
    assert int(attempt.serial or "", 16) == int(made.serial, 16)
    # It stands with the station, and in the journal.
    alarm = await until(lambda: next(iter(engine.fleet.alarms.values()), None))
    assert alarm.station == "CP-001"
    assert "stolen from the depot" in alarm.text
    (kept,) = await engine.journal.happenings(limit=5, kinds=["certificate.revoked"])
    assert kept.data == {"serial": made.serial, "by": "operator", "note": "stolen from the depot"}
    # Others, and a new certificate of the same station, are let in.
    await neighbour.send('[2,"1","Heartbeat",{}]')
    assert "currentTime" in str(await neighbour.recv())
    again = await dial(engine, station_context(data))
    await until(lambda: alarm.cleared is not None)
    await assert_fold(engine)
    await again.close()
    await neighbour.close()


async def test_what_the_command_line_revokes_is_noticed_by_a_running_console(
    make_engine: MakeEngine, data: Path, until: Until
) -> None:
    engine = await make_engine(mutual(), data, listen=None)
    stolen = station_context(data)
    station = await dial(engine, stolen)
    revocations = Revocations(data / "trust" / "revoked.json")
    issued = engine.trust.issued_to("cp-001")
    await asyncio.to_thread(revoke, revocations, issued, "CP-001", by="ann (command line)")
    assert await refusal(engine, stolen) == 403, "with the very next handshake"
    with pytest.raises(ConnectionClosed):
        await asyncio.wait_for(station.recv(), 10)
    async with asyncio.timeout(10):
        while not (rows := await engine.journal.happenings(limit=5, kinds=["certificate.revoked"])):
            await asyncio.sleep(0.01)
    assert [row.data["by"] for row in rows] == ["ann (command line)"]


async def test_a_restart_knows_it_and_a_file_that_cannot_be_read_lets_nobody_in_by_chance(
    make_engine: MakeEngine, data: Path
) -> None:
    stolen = station_context(data)
    path = data / "trust" / "revoked.json"
    revocations = Revocations(path)
    revoke(revocations, [one for one in Authority(data / "trust").all() if one.kind == "station"], "CP-001", by="ann")
    engine = await make_engine(mutual(), data, listen=None)
    assert await refusal(engine, stolen) == 403
    assert not await engine.journal.happenings(limit=5, kinds=["certificate.revoked"]), "that is no news"
    good = path.read_bytes()
    path.write_bytes(b"[{")
    assert await refusal(engine, stolen) == 403, "while it runs, what it has read counts"
    await engine.stop()
    with pytest.raises(TrustError, match="let in again"):
        await make_engine(mutual(), data, listen=None)
    path.write_bytes(good)
    path.chmod(0o600)
    again = await make_engine(mutual(), data, listen=None)
    assert await refusal(again, stolen) == 403


async def test_the_certificate_that_a_station_shows_is_revoked_whoever_made_it(
    make_engine: MakeEngine, data: Path
) -> None:
    engine = await make_engine(mutual(), data, listen=None)
    context = station_context(data)
    for one in (data / "trust" / "stations").iterdir():
        one.unlink()
    station = await dial(engine, context)
    (made,) = await engine.revoking.revoke("CP-001", by="operator")
    with pytest.raises(ConnectionClosed):
        await station.recv()
    assert int(made.serial, 16) == int(engine.attempts.rows[0].serial or "", 16)
    assert await refusal(engine, context) == 403


async def test_without_a_certificate_there_is_nothing_to_revoke_and_what_to_do_is_said(
    make_engine: MakeEngine, data: Path
) -> None:
    engine = await make_engine(mutual(), data, listen=None)
    with pytest.raises(TrustError, match="refuse it"):
        await engine.revoking.revoke("CP-001", by="operator")
    Authority(data / "trust").issue("CP-001")
    await engine.revoking.revoke("CP-001", by="operator")
    with pytest.raises(TrustError, match="revoked already"):
        await engine.revoking.revoke("CP-001", by="operator")


def test_certificates_that_have_ended_are_left_alone_and_serials_compare_as_numbers(data: Path) -> None:
    old = Authority(data / "trust", now=lambda: utc_now() - timedelta(days=900))
    old.issue("CP-001")
    issued, _ = Authority(data / "trust").issue("CP-001")
    revocations = Revocations(data / "trust" / "revoked.json")
    every = [one for one in Authority(data / "trust").all() if one.kind == "station"]
    assert [one.serial for one in revoke(revocations, every, "CP-001", by="ann")] == [issued.serial]
    digits = issued.serial.lower()
    pairs = digits if len(digits) % 2 == 0 else "0" + digits
    spelt = ":".join(pairs[at : at + 2] for at in range(0, len(pairs), 2))
    assert revocations.of(spelt) is not None
    assert revocations.of(None) is None
    assert revocations.of("") is None


def test_two_that_revoke_at_once_lose_nothing(data: Path) -> None:
    path = data / "trust" / "revoked.json"
    one, other = Revocations(path), Revocations(path)
    one.load()
    other.load()
    for number in range(5):
        made = [Revoked(serial=f"A{number}", station="CP", time="2026-11-24T00:00:00Z", by="x")]
        (one if number % 2 else other).add(made)
    assert [len(each.all()) for each in (Revocations(path), one, other)] == [0, 4, 5]
    one.refresh()
    assert len(one.all()) == 5
    assert path.stat().st_mode & 0o777 == 0o600
