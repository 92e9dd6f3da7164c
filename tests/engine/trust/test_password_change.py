"""Changing a station's password from here: at no moment is it locked out, and at none does an old one stay open."""

from __future__ import annotations

import asyncio
import base64
import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from console.engine.engine import Engine
from console.engine.errors import OrderError, TrustError
from console.engine.trust.secrets import Secrets
from profiles import KnownStation, Listen, Profile, load_profile

MakeEngine = Callable[..., Awaitable[Engine]]
Until = Callable[..., Awaitable[Any]]
OLD, NEW = "the-old-password-1", "the-new-password-2"
KEY = "000102030405060708090A0B0C0D0E0F"


def guarded(*levels: int, **known: Any) -> Profile:
    return msgspec.structs.replace(
        load_profile("bench"),
        listen=[Listen(address="127.0.0.1:0", security_profile=level) for level in levels or (1,)],
        stations=[KnownStation(id="CP-001", **{"password": OLD, **known})],
    )


class Station:
    """A station that logs in with a given password and answers as a test says."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    @classmethod
    async def dial(cls, url: str, password: str | bytes, version: str = "ocpp1.6") -> Station:
        secret = password.encode() if isinstance(password, str) else password
        authorization = "Basic " + base64.b64encode(b"CP-001:" + secret).decode()
        socket = await connect(
            url + "CP-001",
            subprotocols=[Subprotocol(version)],
            additional_headers={"Authorization": authorization},
            compression=None,
            proxy=None,
        )
        station = cls(socket)
        boot: dict[str, Any] = {"chargePointVendor": "Acme", "chargePointModel": "One"}
        if version != "ocpp1.6":
            boot = {"reason": "PowerUp", "chargingStation": {"vendorName": "Acme", "model": "One"}}
        await socket.send(json.dumps([2, "boot", "BootNotification", boot]))
        await socket.recv()
        return station

    async def hear(self) -> Any:
        return json.loads(await asyncio.wait_for(self.socket.recv(), 10))

    async def answer(self, frame: Any, payload: Any) -> None:
        await self.socket.send(json.dumps([3, frame[1], payload]))


async def lets_in(url: str, password: str | bytes) -> bool:
    try:
        station = await Station.dial(url, password)
    except InvalidStatus as refused:
        if refused.response.status_code != 401:
            raise
        return False
    await station.socket.close()
    return True


async def test_both_are_valid_until_the_answer_and_then_only_the_new_one(make_engine: MakeEngine, until: Until) -> None:
    engine = await make_engine(guarded(), listen=None)
    url = engine.listen_urls[0]
    station = await Station.dial(url, OLD)
    run = await engine.order("CP-001", "set", {"key": "AuthorizationKey", "value": KEY})
    frame = await station.hear()
    assert frame[3] == {"key": "AuthorizationKey", "value": KEY}
    kept = json.loads(engine.secrets.path.read_bytes())
    assert kept["stations"]["cp-001"]["changes"], "on the disk before the call left"
    known = engine.profile.station("CP-001")
    assert engine.secrets.check("CP-001", known, OLD.encode()) is not None
    assert engine.secrets.check("CP-001", known, bytes.fromhex(KEY)) is not None
    await station.answer(frame, {"status": "Accepted"})
    assert (await run.done()).seen
    assert not await lets_in(url, OLD)
    assert await lets_in(url, bytes.fromhex(KEY))
    assert await lets_in(url, KEY), "firmware that uses the digits as text"
    assert await lets_in(url, KEY.lower())


@pytest.mark.parametrize(
    "answer",
    [
        [3, "", {"status": "Rejected"}],
        [3, "", {"status": "NotSupported"}],
        [4, "", "InternalError", "", {}],
        [3, "", {}],
    ],
)
async def test_anything_but_accepted_leaves_the_old_one(make_engine: MakeEngine, answer: list[Any]) -> None:
    engine = await make_engine(guarded(), listen=None)
    station = await Station.dial(engine.listen_urls[0], OLD)
    run = await engine.order("CP-001", "set", {"key": "AuthorizationKey", "value": KEY})
    frame = await station.hear()
    await station.socket.send(json.dumps([answer[0], frame[1], *answer[2:]]))
    await run.done()
    assert not await lets_in(engine.listen_urls[0], bytes.fromhex(KEY))
    assert await lets_in(engine.listen_urls[0], OLD)


@pytest.mark.parametrize(("used", "other"), [(NEW, OLD), (OLD, NEW)])
async def test_without_an_answer_the_next_login_decides(
    make_engine: MakeEngine, until: Until, used: str, other: str
) -> None:
    engine = await make_engine(guarded(), listen=None)
    url = engine.listen_urls[0]
    station = await Station.dial(url, OLD)
    run = await engine.order("CP-001", "set", {"key": "AuthorizationKey", "value": NEW})
    assert (await station.hear())[3]["value"] == NEW.encode().hex().upper(), "a text goes as hex digits"
    await station.socket.close()
    await run.done()
    assert await lets_in(url, used)
    assert not await lets_in(url, other)
    assert await lets_in(url, used)


async def test_reboot_required_keeps_both_until_the_new_one_is_used(make_engine: MakeEngine) -> None:
    engine = await make_engine(guarded(), listen=None)
    url = engine.listen_urls[0]
    station = await Station.dial(url, OLD)
    run = await engine.order("CP-001", "set", {"key": "AuthorizationKey", "value": NEW})
    await station.answer(await station.hear(), {"status": "RebootRequired"})
    await run.done()
    assert await lets_in(url, OLD), "a redial before the restart"
    assert await lets_in(url, NEW)
    assert not await lets_in(url, OLD)


async def test_an_answer_that_comes_late_counts(make_engine: MakeEngine, until: Until) -> None:
    engine = await make_engine(guarded(), listen=None)
    url = engine.listen_urls[0]
    station = await Station.dial(url, OLD)
    payload = {"key": "AuthorizationKey", "value": KEY}
    exchange = await engine.raw("CP-001", "ChangeConfiguration", payload, timeout=0.1)
    assert exchange.outcome == "timeout"
    await station.answer(await station.hear(), {"status": "Accepted"})
    await until(lambda: engine.feed.rows[-1].outcome == "late")
    assert not await lets_in(url, OLD)
    assert await lets_in(url, bytes.fromhex(KEY))


async def test_a_basic_auth_password_of_2x(make_engine: MakeEngine) -> None:
    engine = await make_engine(guarded(), listen=None)
    url = engine.listen_urls[0]
    station = await Station.dial(url, OLD, "ocpp2.0.1")
    arguments = {"component": "SecurityCtrlr", "variable": "BasicAuthPassword", "value": NEW}
    run = await engine.order("CP-001", "set", arguments)
    frame = await station.hear()
    (asked,) = frame[3]["setVariableData"]
    assert asked["attributeValue"] == NEW
    result = {"component": asked["component"], "variable": asked["variable"], "attributeStatus": "Accepted"}
    await station.answer(frame, {"setVariableResult": [result]})
    assert (await run.done()).seen
    assert not await lets_in(url, OLD)
    assert await lets_in(url, NEW)


async def test_the_secret_is_nowhere_but_on_the_wire(make_engine: MakeEngine, tmp_path: Path) -> None:
    engine = await make_engine(guarded(), listen=None)
    station = await Station.dial(engine.listen_urls[0], OLD)
    for value in (KEY, NEW):
        run = await engine.order("CP-001", "set", {"key": "AuthorizationKey", "value": value})
        await station.answer(await station.hear(), {"status": "Accepted"})
        await run.done()
    (first, _) = [one for one in engine.feed.rows if one.action == "ChangeConfiguration"]
    assert first.request == {"key": "AuthorizationKey", "value": "***"}
    assert '"***"' in str(first.raw_request)
    await engine.stop()
    for path in (tmp_path / "data").rglob("*"):
        if path.is_file():
            held = path.read_bytes()
            for secret in (KEY, NEW, NEW.encode().hex().upper()):
                assert secret.encode() not in held, path
    assert engine.secrets.path.stat().st_mode & 0o077 == 0
    assert engine.secrets.path.parent.stat().st_mode & 0o077 == 0


async def test_a_masked_call_cannot_be_sent_again_as_a_password(make_engine: MakeEngine) -> None:
    engine = await make_engine(guarded(), listen=None)
    await Station.dial(engine.listen_urls[0], OLD)
    payload = {"key": "AuthorizationKey", "value": "***"}
    run = await engine.order("CP-001", "raw", {"action": "ChangeConfiguration", "payload": payload})
    with pytest.raises(OrderError, match="Type the new one"):
        await run.answered()


async def test_where_the_disk_refuses_nothing_is_sent(make_engine: MakeEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = await make_engine(guarded(), listen=None)
    station = await Station.dial(engine.listen_urls[0], OLD)

    def full(_data: bytes) -> None:
        raise TrustError("The disk is full.")

    with monkeypatch.context() as broken:
        broken.setattr(engine.secrets, "_write", full)
        run = await engine.order("CP-001", "set", {"key": "AuthorizationKey", "value": NEW})
        assert not (await run.done()).seen
    assert run.exchanges == []
    assert await lets_in(engine.listen_urls[0], OLD)
    assert not await lets_in(engine.listen_urls[0], NEW)
    await station.socket.close()


async def test_a_password_that_is_edited_in_the_profile_later_is_meant(tmp_path: Path) -> None:
    secrets = Secrets(tmp_path / "trust" / "secrets.json")
    before = KnownStation(id="CP-001", password=OLD)
    forms = KnownStation(id="", password=NEW).secrets()
    number = await secrets.propose("CP-001", before, forms)
    secrets.settle("CP-001", number, before, forms, "Accepted")
    await secrets.close()
    again = Secrets(secrets.path)
    again.load()
    assert again.check("cp-001", before, NEW.encode()) is not None
    assert again.check("cp-001", before, OLD.encode()) is None
    edited = KnownStation(id="CP-001", password="edited-by-hand-later")
    assert again.check("CP-001", edited, b"edited-by-hand-later") is not None
    assert again.check("CP-001", edited, NEW.encode()) is None


async def test_a_file_of_secrets_that_is_broken_keeps_the_door_shut(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    path.write_bytes(b'{"key": 1}')
    with pytest.raises(TrustError, match=r"secrets\.json cannot be understood"):
        Secrets(path).load()


async def test_a_station_that_must_come_with_a_higher_profile_is_refused_below_it(make_engine: MakeEngine) -> None:
    engine = await make_engine(guarded(1, security_profile=2), listen=None)
    assert not await lets_in(engine.listen_urls[0], OLD)
    attempt = next(iter(engine.attempts))
    assert attempt.reason == "a downgrade: this station comes with security profile 2, and this listener has 1"


async def test_once_it_came_with_the_profile_it_was_told_the_way_back_is_shut(make_engine: MakeEngine) -> None:
    engine = await make_engine(guarded(0, 1), listen=None)
    plain, basic = engine.listen_urls
    station = await Station.dial(plain, OLD)
    with pytest.raises(OrderError, match="No listener here speaks security profile 3"):
        await engine.order("CP-001", "set", {"key": "SecurityProfile", "value": "3"})
    run = await engine.order("CP-001", "set", {"key": "SecurityProfile", "value": "1"})
    await station.answer(await station.hear(), {"status": "Accepted"})
    await station.answer(
        await station.hear(), {"configurationKey": [{"key": "SecurityProfile", "readonly": False, "value": "1"}]}
    )
    await run.done()
    assert await lets_in(plain, OLD), "it has not come with the new profile yet, and must not be locked out"
    assert await lets_in(basic, OLD)
    assert not await lets_in(plain, OLD)


@pytest.mark.parametrize(("used", "other"), [(NEW, OLD), (OLD, NEW)])
async def test_a_console_killed_between_call_and_answer_knows_both(tmp_path: Path, used: str, other: str) -> None:
    profile = tmp_path / "guarded.toml"
    profile.write_text(
        f'[listen]\naddress = "127.0.0.1:0"\nsecurity_profile = 1\n[[stations]]\nid = "CP-001"\npassword = "{OLD}"\n'
    )

    async def serve() -> tuple[asyncio.subprocess.Process, dict[str, Any]]:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "console", "serve", "--profile", str(profile), "--data", str(tmp_path / "data"),
            "--api", "127.0.0.1:0", "--files", "127.0.0.1:0",
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        assert process.stdout is not None
        return process, json.loads(await asyncio.wait_for(process.stdout.readline(), 30))

    process, ready = await serve()
    station = await Station.dial(ready["listen"][0], OLD)
    order = {"key": "AuthorizationKey", "value": NEW}
    async with httpx.AsyncClient(trust_env=False, timeout=20) as client, asyncio.TaskGroup() as group:

        async def give() -> None:
            try:
                await client.post(f"{ready['api']}/stations/CP-001/orders/set", json=order)
            except httpx.TransportError:
                return

        group.create_task(give())
        frame = await station.hear()
        process.kill()
        await process.wait()
    assert frame[2] == "ChangeConfiguration"
    process, ready = await serve()
    try:
        assert await lets_in(ready["listen"][0], used)
        assert not await lets_in(ready["listen"][0], other)
    finally:
        process.terminate()
        await process.wait()


async def test_a_password_that_is_called_off_before_it_left_lets_nobody_in(
    make_engine: MakeEngine, until: Until
) -> None:
    engine = await make_engine(guarded(), listen=None)
    station = await Station.dial(engine.listen_urls[0], OLD)
    first = await engine.order("CP-001", "data-transfer", {"vendor": "acme"})
    waiting = await station.hear()
    run = await engine.order("CP-001", "set", {"key": "AuthorizationKey", "value": KEY})
    known = engine.profile.station("CP-001")
    link = engine.links.get("CP-001")
    assert link is not None
    await until(lambda: link.queue_depth == 2)
    assert engine.secrets.check("CP-001", known, bytes.fromhex(KEY)) is not None
    run.cancel()
    await run.done()
    await station.answer(waiting, {"status": "Accepted"})
    await first.done()
    await until(lambda: engine.secrets.check("CP-001", known, bytes.fromhex(KEY)) is None)
    assert engine.secrets.check("CP-001", known, OLD.encode()) is not None
    await station.socket.close()
