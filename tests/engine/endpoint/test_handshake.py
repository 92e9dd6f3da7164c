"""Who is let in, and what is said to the others: real sockets, requests written by hand (fault matrix A)."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest

from console.engine.endpoint.admission import identity_of
from console.engine.engine import Engine
from profiles import KnownStation, Listen, load_profile

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
MakeEngine = Callable[..., Awaitable[Engine]]
Until = Callable[..., Awaitable[Any]]


def port(engine: Engine) -> int:
    return engine.listeners[0].address[1]


async def exchange(engine: Engine, data: bytes) -> bytes:
    """Send bytes, give back everything that comes until the end or for half a second of silence."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port(engine))
    writer.write(data)
    heard = b""
    try:
        while piece := await asyncio.wait_for(reader.read(65536), 0.5):
            heard += piece
            if b"\r\n\r\n" in heard and heard.startswith(b"HTTP/1.1 101"):
                break
    except (TimeoutError, ConnectionResetError):
        pass
    writer.close()
    return heard


def upgrade(path: str, *headers: str, protocol: str | None = "ocpp1.6") -> bytes:
    lines = [
        f"GET {path} HTTP/1.1",
        "Host: charger.local:9000",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {KEY}",
        "Sec-WebSocket-Version: 13",
    ]
    if protocol is not None:
        lines.append(f"Sec-WebSocket-Protocol: {protocol}")
    return "\r\n".join([*lines, *headers, "", ""]).encode()


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/") else 0


def basic(user: str, password: str | bytes) -> str:
    secret = password if isinstance(password, bytes) else password.encode()
    return "Authorization: Basic " + base64.b64encode(user.encode() + b":" + secret).decode()


async def guarded(make_engine: MakeEngine, **listen: Any) -> Engine:
    profile = msgspec.structs.replace(
        load_profile("bench"),
        listen=[Listen(address="127.0.0.1:0", security_profile=1, unknown_stations="refuse", **listen)],
        stations=[
            KnownStation(id="CP-001", password="a-good-long-password"),
            KnownStation(id="CP-HEX", password_hex="00ff10203040506070809010a0b0c0d0e0f00112"),
        ],
    )
    return await make_engine(profile, listen=None)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/CP-001", "CP-001"),
        ("/ocpp/CP-001", "CP-001"),
        ("/ocpp/1.6/CP-001", "CP-001"),
        ("//CP-001", "CP-001"),
        ("/CP%2D001", "CP-001"),
        ("/CP-001?token=1", "CP-001"),
        ("/a%3Ab", "a:b"),
        ("/%F0%9F%9A%97", "\N{AUTOMOBILE}"),
        ("/" + "x" * 48, "x" * 48),
        ("ws://host:9000/CP-001", "CP-001"),
        ("/", None),
        ("/ocpp/", None),
        ("/" + "x" * 49, None),
        ("/%00", None),
        ("/a%1bb", None),
        ("/a%0ab", None),
        ("/a%2fb", None),
        ("/a%5cb", None),
        ("/a%20b", None),
        ("/..", None),
        ("/%2e%2e", None),
        ("/a..b", None),
        ("/%ff", None),
        ("/%E2%80%AEabc", None),
        ("/%C2%85", None),
    ],
)
def test_the_identity_is_the_last_path_segment_decoded_once(path: str, expected: str | None) -> None:
    assert identity_of(path)[0] == expected


async def test_a_station_is_let_in_with_its_own_first_choice_of_version(engine: Engine) -> None:
    answer = await exchange(engine, upgrade("/CP-001", protocol="ocpp2.0.1, ocpp1.6"))
    assert status(answer) == 101
    assert b"Sec-WebSocket-Protocol: ocpp2.0.1" in answer
    answer = await exchange(engine, upgrade("/CP-002", protocol="ocpp0.9 , ocpp1.6"))
    assert b"Sec-WebSocket-Protocol: ocpp1.6" in answer


async def test_subprotocols_on_several_header_lines_are_one_list(engine: Engine) -> None:
    answer = await exchange(engine, upgrade("/CP-001", "Sec-WebSocket-Protocol: ocpp2.1", protocol="ocpp0.9"))
    assert b"Sec-WebSocket-Protocol: ocpp2.1" in answer


@pytest.mark.parametrize("offer", [None, "OCPP1.6"])
async def test_no_subprotocol_is_tolerated_and_said(engine: Engine, until: Until, offer: str | None) -> None:
    answer = await exchange(engine, upgrade("/CP-001", protocol=offer))
    assert status(answer) == 101
    attempt = engine.attempts.rows[-1]
    assert attempt.version == "1.6"
    assert any("taken as OCPP 1.6" in badge for badge in attempt.badges)


async def test_a_strict_profile_refuses_a_station_without_subprotocol(make_engine: MakeEngine) -> None:
    profile = msgspec.structs.replace(
        load_profile("bench"), listen=[Listen(address="127.0.0.1:0", require_subprotocol=True)]
    )
    engine = await make_engine(profile, listen=None)
    assert status(await exchange(engine, upgrade("/CP-001", protocol=None))) == 400


async def test_no_common_subprotocol_is_refused_with_what_to_change(engine: Engine) -> None:
    assert status(await exchange(engine, upgrade("/CP-001", protocol="ocpp0.1"))) == 400
    attempt = engine.attempts.rows[-1]
    assert attempt.verdict == "refused"
    assert "ocpp0.1" in (attempt.reason or "")
    assert "ocpp1.6" in (attempt.advice or "")


async def test_the_specification_s_own_way_completes_the_handshake_and_closes(make_engine: MakeEngine) -> None:
    profile = msgspec.structs.replace(
        load_profile("bench"), listen=[Listen(address="127.0.0.1:0", subprotocol_mismatch="spec")]
    )
    engine = await make_engine(profile, listen=None)
    reader, writer = await asyncio.open_connection("127.0.0.1", port(engine))
    writer.write(upgrade("/CP-001", protocol="ocpp0.1"))
    head = await reader.readuntil(b"\r\n\r\n")
    assert status(head) == 101
    assert b"Sec-WebSocket-Protocol" not in head
    frame = await reader.readexactly(4)
    assert frame[0] == 0x88
    assert int.from_bytes(frame[2:4], "big") == 1002
    writer.close()
    assert len(engine.links) == 0


@pytest.mark.parametrize("path", ["/%00", "/a%1b%5b31m", "/..", "/" + "x" * 49])
async def test_a_bad_identity_is_refused_before_anything_is_known_of_it(engine: Engine, path: str) -> None:
    assert status(await exchange(engine, upgrade(path))) == 400
    assert not engine.fleet.stations


@pytest.mark.parametrize(
    ("request_bytes", "code", "word"),
    [
        (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", 426, "browser"),
        (b"POST /CP-001 HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", 405, "SOAP"),
        (b"GET /CP-001 HTTP/1.0\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", 505, ""),
        (b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\n\r\n", 414, ""),
        (b"GET /CP HTTP/1.1\r\n" + b"".join(b"H%d: x\r\n" % n for n in range(200)) + b"\r\n", 431, ""),
        (b"POST /CP HTTP/1.1\r\nHost: a\r\nContent-Length: 400\r\n\r\n<soap:Envelope/>", 405, "SOAP"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 40, 0, "TLS"),
        (b"\x00\x01\x02\x03\r\n\r\n", 0, ""),
    ],
)
async def test_what_is_no_charger_is_a_row_with_a_reason(
    engine: Engine, until: Until, request_bytes: bytes, code: int, word: str
) -> None:
    answer = await exchange(engine, request_bytes)
    assert status(answer) == code
    attempt = engine.attempts.rows[-1]
    await until(lambda: attempt.verdict == "refused")
    assert word in (attempt.reason or "")
    assert attempt.advice
    assert not engine.fleet.stations


async def test_a_refusal_is_kept_in_the_journal(engine: Engine, until: Until) -> None:
    await exchange(engine, upgrade("/CP-001", protocol="ocpp0.1"))

    async def kept() -> list[Any]:
        return await engine.journal.happenings(limit=10, kinds=["link.refused"])

    async with asyncio.timeout(5):
        while not (found := await kept()):
            await asyncio.sleep(0.01)
    assert found[0].data["identity"] == "CP-001"
    assert found[0].data["status"] == 400


class TestPasswords:
    """Security profile 1."""

    @pytest.mark.parametrize(
        "headers",
        [
            [],
            [basic("CP-001", "wrong")],
            [basic("CP-002", "a-good-long-password")],
            ["Authorization: Bearer abc"],
            ["Authorization: Basic !!!"],
            ["Authorization: Basic " + base64.b64encode(b"no-colon").decode()],
        ],
    )
    async def test_a_wrong_or_missing_one_is_refused(self, make_engine: MakeEngine, headers: list[str]) -> None:
        engine = await guarded(make_engine)
        answer = await exchange(engine, upgrade("/CP-001", *headers))
        assert status(answer) == 401
        assert b"WWW-Authenticate: Basic" in answer
        assert not engine.fleet.stations

    async def test_the_right_one_is_let_in_whatever_the_case_of_the_identity(self, make_engine: MakeEngine) -> None:
        engine = await guarded(make_engine)
        answer = await exchange(engine, upgrade("/cp-001", basic("CP-001", "a-good-long-password")))
        assert status(answer) == 101

    async def test_an_unknown_identity_is_answered_like_a_wrong_password(self, make_engine: MakeEngine) -> None:
        engine = await guarded(make_engine)
        unknown = await exchange(engine, upgrade("/NOBODY", basic("NOBODY", "a-good-long-password")))
        wrong = await exchange(engine, upgrade("/CP-001", basic("CP-001", "wrong")))

        def without_date(answer: bytes) -> list[bytes]:
            return [line for line in answer.split(b"\r\n") if not line.startswith(b"Date")]

        assert without_date(unknown) == without_date(wrong)

    @pytest.mark.parametrize(
        "secret",
        [
            bytes.fromhex("00ff10203040506070809010a0b0c0d0e0f00112"),
            b"00FF10203040506070809010A0B0C0D0E0F00112",
            b"00ff10203040506070809010a0b0c0d0e0f00112",
        ],
    )
    async def test_a_hex_key_is_taken_as_bytes_or_as_text(self, make_engine: MakeEngine, secret: bytes) -> None:
        engine = await guarded(make_engine)
        assert status(await exchange(engine, upgrade("/CP-HEX", basic("CP-HEX", secret)))) == 101

    async def test_guessing_is_throttled_and_an_honest_station_is_not(self, make_engine: MakeEngine) -> None:
        engine = await guarded(make_engine)
        for _ in range(12):
            assert status(await exchange(engine, upgrade("/NOBODY", basic("NOBODY", "guess")))) == 401
        assert "too many" in (engine.attempts.rows[-1].reason or "")
        honest = await exchange(engine, upgrade("/CP-001", basic("CP-001", "a-good-long-password")))
        assert status(honest) == 101

    async def test_a_colon_in_the_identity_cannot_be_carried(self, make_engine: MakeEngine) -> None:
        engine = await guarded(make_engine)
        assert status(await exchange(engine, upgrade("/a%3Ab", basic("a:b", "x" * 16)))) == 400


async def test_unknown_stations_are_refused_where_the_profile_says_so(make_engine: MakeEngine) -> None:
    profile = msgspec.structs.replace(
        load_profile("bench"), listen=[Listen(address="127.0.0.1:0", unknown_stations="refuse")]
    )
    engine = await make_engine(profile, listen=None)
    assert status(await exchange(engine, upgrade("/NOBODY"))) == 404
    assert not engine.fleet.stations


async def test_a_connection_that_says_nothing_is_closed_in_time(make_engine: MakeEngine, until: Until) -> None:
    profile = msgspec.structs.replace(load_profile("bench"), listen=[Listen(address="127.0.0.1:0", open_timeout=0.2)])
    engine = await make_engine(profile, listen=None)
    reader, writer = await asyncio.open_connection("127.0.0.1", port(engine))
    writer.write(b"GET /CP-001 HTT")
    with pytest.raises((asyncio.IncompleteReadError, ConnectionResetError)):
        await asyncio.wait_for(reader.readexactly(1), 5)
    assert engine.attempts.rows[-1].reason == "no complete handshake in time"
    writer.close()


@pytest.mark.parametrize(
    "headers",
    [
        ("Origin: http://evil.example", "Sec-Fetch-Mode: websocket", "Sec-Fetch-Site: cross-site"),
        ("Origin: null", "User-Agent: Mozilla/5.0 (X11; Linux) Firefox/150.0"),
    ],
)
async def test_a_web_page_cannot_pose_as_a_charger(engine: Engine, headers: tuple[str, ...]) -> None:
    assert status(await exchange(engine, upgrade("/CP-001", *headers))) == 403
    assert "web page" in (engine.attempts.rows[-1].reason or "")
    assert not engine.fleet.stations


@pytest.mark.parametrize("origin", ["file://", "https://github.com/gilmaimon/TinyWebsockets"])
async def test_the_origin_of_a_charger_s_library_is_no_obstacle(engine: Engine, origin: str) -> None:
    answer = await exchange(engine, upgrade("/CP-001", f"Origin: {origin}", "User-Agent: TinyWebsockets Client"))
    assert status(answer) == 101


async def test_a_simulator_in_a_browser_is_let_in_where_the_profile_says_so(make_engine: MakeEngine) -> None:
    profile = msgspec.structs.replace(
        load_profile("bench"), listen=[Listen(address="127.0.0.1:0", allow_browsers=True)]
    )
    engine = await make_engine(profile, listen=None)
    answer = await exchange(engine, upgrade("/CP-001", "Origin: http://a.example", "Sec-Fetch-Mode: websocket"))
    assert status(answer) == 101


async def test_a_station_pinned_to_a_version_is_given_no_other(make_engine: MakeEngine) -> None:
    profile = msgspec.structs.replace(
        load_profile("bench"),
        listen=[Listen(address="127.0.0.1:0")],
        stations=[KnownStation(id="CP-V", version="2.0.1")],
    )
    engine = await make_engine(profile, listen=None)
    assert status(await exchange(engine, upgrade("/CP-V", protocol="ocpp1.6"))) == 400
    answer = await exchange(engine, upgrade("/CP-V", protocol="ocpp1.6, ocpp2.0.1"))
    assert b"Sec-WebSocket-Protocol: ocpp2.0.1" in answer


async def test_an_unknown_station_hears_404_where_nothing_is_to_be_hidden(make_engine: MakeEngine) -> None:
    engine = await guarded(make_engine, hide_unknown=False)
    assert status(await exchange(engine, upgrade("/NOBODY", basic("NOBODY", "a-good-long-password")))) == 404
    assert status(await exchange(engine, upgrade("/CP-001", basic("CP-001", "wrong")))) == 401
