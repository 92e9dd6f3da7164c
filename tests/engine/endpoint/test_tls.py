"""TLS listeners: who gets through, and what is said of those who do not. Peers are Python's ssl and `openssl s_client`."""

from __future__ import annotations

import asyncio
import base64
import shutil
import socket
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from console.engine.endpoint.attempts import Attempt
from console.engine.engine import Engine
from console.engine.trust.authority import Authority
from profiles import KnownStation, Listen, Profile, Tls, load_profile

MakeEngine = Callable[..., Awaitable[Engine]]
Until = Callable[..., Awaitable[Any]]
PASSWORD = "a-good-long-password"
BOOT = '[2,"1","BootNotification",{"chargePointVendor":"Acme","chargePointModel":"One"}]'

needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")


@pytest.fixture(scope="session")
def trust(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate authority that was made before: making its root takes a moment."""
    folder = tmp_path_factory.mktemp("authority") / "trust"
    Authority(folder).server_pairs(["localhost"])
    return folder


@pytest.fixture
def data(tmp_path: Path, trust: Path) -> Path:
    """A data directory with that authority."""
    shutil.copytree(trust, tmp_path / "data" / "trust")
    return tmp_path / "data"


def profile_of(level: int, **listen: Any) -> Profile:
    return msgspec.structs.replace(
        load_profile("bench"),
        listen=[Listen(address="127.0.0.1:0", security_profile=level, **listen)],
        stations=[KnownStation(id="CP-001", password=PASSWORD)],
    )


def port(engine: Engine) -> int:
    return engine.listeners[0].address[1]


def client_context(data: Path, *, certificate: Path | None = None, key: Path | None = None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=data / "trust" / "root.pem")
    if certificate is not None:
        context.load_cert_chain(certificate, key)
    return context


def station_files(authority: Authority, identity: str, folder: Path) -> tuple[Path, Path]:
    issued, key = authority.issue(identity)
    key_path = folder / f"{identity}.key"
    key_path.write_text(key)
    return issued.path, key_path


async def dial(
    engine: Engine, context: ssl.SSLContext, identity: str = "CP-001", password: str | None = PASSWORD
) -> ClientConnection:
    headers = {}
    if password is not None:
        headers["Authorization"] = "Basic " + base64.b64encode(f"{identity}:{password}".encode()).decode()
    return await connect(
        engine.listen_urls[0] + identity,
        subprotocols=[Subprotocol("ocpp1.6")],
        ssl=context,
        additional_headers=headers,
        proxy=None,
        compression=None,
    )


async def handshake(engine: Engine, context: ssl.SSLContext) -> str:
    """Try a TLS handshake and read on; what the peer's own library says of it."""

    def attempt() -> str:
        # Not asyncio's TLS: that drops the alerts which OpenSSL wants to send.
        with socket.create_connection(("127.0.0.1", port(engine)), timeout=10) as plain:
            try:
                with context.wrap_socket(plain, server_hostname="localhost") as secured:
                    secured.sendall(b"GET / HTTP/1.1\r\n\r\n")
                    secured.recv(1000)
            except OSError as error:
                return str(error)
        return ""

    return await asyncio.to_thread(attempt)


async def refused(engine: Engine, until: Until) -> Attempt:
    attempt: Attempt = await until(lambda: next((one for one in engine.attempts if one.verdict == "refused"), None))
    return attempt


async def openssl(engine: Engine, *flags: str) -> str:
    """`openssl s_client` against the listener; everything it says."""
    process = await asyncio.create_subprocess_exec(
        "openssl", "s_client", "-connect", f"127.0.0.1:{port(engine)}", *flags,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    out, _ = await asyncio.wait_for(process.communicate(), 20)
    return out.decode(errors="replace")


async def test_a_station_with_its_password_talks_over_tls(make_engine: MakeEngine, data: Path) -> None:
    engine = await make_engine(profile_of(2), data, listen=None)
    assert engine.listen_urls == [f"wss://127.0.0.1:{port(engine)}/"]
    station = await dial(engine, client_context(data))
    await station.send(BOOT)
    assert '"Accepted"' in str(await station.recv())
    (attempt,) = engine.attempts
    assert (attempt.verdict, attempt.security, attempt.user) == ("open", 2, "CP-001")
    assert attempt.tls == "TLSv1.3 TLS_AES_256_GCM_SHA384"
    await station.close()


async def test_large_messages_go_both_ways_in_many_records(make_engine: MakeEngine, data: Path, until: Until) -> None:
    engine = await make_engine(profile_of(2), data, listen=None)
    station = await dial(engine, client_context(data))
    await station.send(BOOT)
    await station.recv()
    text = "x" * 300_000
    for number in range(3):
        await station.send(f'[2,"d{number}","DataTransfer",{{"vendorId":"acme","data":"{text}"}}]')
        assert '"UnknownVendorId"' in str(await station.recv())
    async with asyncio.TaskGroup() as group:
        call = group.create_task(engine.raw("CP-001", "DataTransfer", {"vendorId": "acme", "data": text}))
        frame = str(await station.recv())
        assert text in frame
        await station.send(f'[3,"{frame[4:40]}",{{"status":"Accepted"}}]')
    assert call.result().outcome == "result"
    await station.close()
    await until(lambda: next(iter(engine.attempts)).verdict == "closed")
    assert next(iter(engine.attempts)).close_code == 1000


async def test_a_wrong_password_over_tls_is_answered_401(make_engine: MakeEngine, data: Path, until: Until) -> None:
    engine = await make_engine(profile_of(2), data, listen=None)
    with pytest.raises(InvalidStatus) as told:
        await dial(engine, client_context(data), password="not-the-password-at-all")
    assert told.value.response.status_code == 401
    attempt = await refused(engine, until)
    assert attempt.status == 401
    assert attempt.tls is not None


async def test_a_charger_without_the_root_is_told_apart_by_its_alert(
    make_engine: MakeEngine, data: Path, until: Until
) -> None:
    engine = await make_engine(profile_of(2), data, listen=None)
    said = await handshake(engine, ssl.create_default_context())
    assert "certificate verify failed" in said
    attempt = await refused(engine, until)
    assert "does not trust this server" in (attempt.reason or "")
    assert "chargehand trust root" in (attempt.advice or "")
    assert "TLS 1.3" in (attempt.offer or "")
    assert "localhost" in (attempt.offer or "")


async def test_a_charger_that_leaves_without_an_alert_is_suspected_not_to_trust(
    make_engine: MakeEngine, data: Path, until: Until
) -> None:
    engine = await make_engine(profile_of(2), data, listen=None)
    with pytest.raises(ssl.SSLCertVerificationError):
        await asyncio.open_connection(
            "127.0.0.1", port(engine), ssl=ssl.create_default_context(), server_hostname="localhost"
        )
    attempt = await refused(engine, until)
    assert "broke the handshake off after it saw our certificate" in (attempt.reason or "")
    assert "may not trust this server" in (attempt.advice or "")


@needs_openssl
@pytest.mark.parametrize("flag", ["-tls1", "-tls1_1"])
async def test_old_tls_is_refused_with_the_version_in_words(
    make_engine: MakeEngine, data: Path, until: Until, flag: str
) -> None:
    engine = await make_engine(profile_of(2), data, listen=None)
    said = await openssl(engine, flag, "-cipher", "ALL:@SECLEVEL=0")
    assert "alert protocol version" in said, "the charger's own log has to say why"
    attempt = await refused(engine, until)
    version = {"-tls1": "TLS 1.0", "-tls1_1": "TLS 1.1"}[flag]
    assert f"the charger speaks {version} at most" in (attempt.reason or "")
    assert "TLS 1.2 or 1.3 is needed" in (attempt.reason or "")
    assert "security profile 1" in (attempt.advice or "")


@needs_openssl
@pytest.mark.parametrize(
    ("suite", "named"),
    [
        ("ECDHE-ECDSA-AES128-GCM-SHA256", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"),
        ("ECDHE-ECDSA-AES256-GCM-SHA384", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"),
        ("ECDHE-RSA-AES128-GCM-SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"),
        ("ECDHE-RSA-AES256-GCM-SHA384", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"),
        ("AES128-GCM-SHA256", "TLS_RSA_WITH_AES_128_GCM_SHA256"),
        ("AES256-GCM-SHA384", "TLS_RSA_WITH_AES_256_GCM_SHA384"),
    ],
)
async def test_every_suite_that_ocpp_names_is_spoken_with_the_certificate_that_fits(
    make_engine: MakeEngine, data: Path, until: Until, suite: str, named: str
) -> None:
    engine = await make_engine(profile_of(2), data, listen=None)
    root = str(data / "trust" / "root.pem")
    said = await openssl(engine, "-tls1_2", "-cipher", suite, "-CAfile", root, "-verify_return_error")
    assert f"Cipher is {suite}" in said
    assert "Verify return code: 0 (ok)" in said
    attempt = await until(lambda: next((one for one in engine.attempts if one.tls), None))
    assert attempt.tls == f"TLSv1.2 {named}"


@needs_openssl
async def test_a_suite_that_nobody_should_use_is_refused_by_name(
    make_engine: MakeEngine, data: Path, until: Until
) -> None:
    engine = await make_engine(profile_of(2), data, listen=None)
    said = await openssl(engine, "-tls1_2", "-cipher", "AES128-SHA", "-servername", "cs.example")
    assert "handshake failure" in said
    attempt = await refused(engine, until)
    assert "no common cipher suite" in (attempt.reason or "")
    assert "TLS_RSA_WITH_AES_128_CBC_SHA" in (attempt.reason or "")
    assert "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256" in (attempt.advice or "")
    assert "cs.example" in (attempt.offer or "")


@needs_openssl
@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
async def test_a_charger_whose_clock_is_years_off_is_told_by_its_alert(
    make_engine: MakeEngine, data: Path, until: Until, version: str
) -> None:
    engine = await make_engine(profile_of(2), data, listen=None)
    root = str(data / "trust" / "root.pem")
    said = await openssl(engine, version, "-CAfile", root, "-verify_return_error", "-attime", "4102444800")
    assert "certificate has expired" in said
    attempt = await refused(engine, until)
    assert attempt.reason == ("the charger refuses this server's certificate: it sent the alert “certificate expired”")
    assert "Look at the charger's clock" in (attempt.advice or "")


@needs_openssl
async def test_no_session_ticket_is_given(make_engine: MakeEngine, data: Path) -> None:
    engine = await make_engine(profile_of(2), data, listen=None)
    for version in ("-tls1_2", "-tls1_3"):
        assert "session ticket" not in (await openssl(engine, version)).casefold()


async def test_plain_http_on_a_tls_port_is_told_so_on_both_sides(
    make_engine: MakeEngine, data: Path, until: Until
) -> None:
    engine = await make_engine(profile_of(2), data, listen=None)
    reader, writer = await asyncio.open_connection("127.0.0.1", port(engine))
    writer.write(b"GET /CP-001 HTTP/1.1\r\nHost: x\r\n\r\n")
    answer = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"wss://" in answer
    attempt = await refused(engine, until)
    assert (attempt.status, attempt.tls) == (400, None)
    assert "plain HTTP on a TLS port" in (attempt.reason or "")
    assert "wss://" in (attempt.advice or "")


@pytest.mark.parametrize(
    ("first", "reason"),
    [
        (b"\x00\x01\x02\x03garbage", "no TLS handshake"),
        (b"\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10", "SSL 2.0"),
        (b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00", "TLS handshake failed"),
        (b"\x16\x03\x01\x40\x00" + b"\x01\x00\xff\xff" + b"a" * 20_000, "longer than"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03half", "broken off before it was whole"),
    ],
)
async def test_anything_that_is_no_handshake_is_a_row_with_words(
    make_engine: MakeEngine, data: Path, until: Until, first: bytes, reason: str
) -> None:
    engine = await make_engine(profile_of(2), data, listen=None)
    reader, writer = await asyncio.open_connection("127.0.0.1", port(engine))
    writer.write(first)
    if "half" in first.decode("latin-1"):
        writer.write_eof()
    with suppress(ConnectionResetError):
        await asyncio.wait_for(reader.read(), 5)
    writer.close()
    assert reason in ((await refused(engine, until)).reason or "")


async def test_a_handshake_that_stops_half_way_is_given_up_in_time(
    make_engine: MakeEngine, data: Path, until: Until
) -> None:
    engine = await make_engine(profile_of(2, open_timeout=1), data, listen=None)
    _, writer = await asyncio.open_connection("127.0.0.1", port(engine))
    writer.write(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03half")
    attempt = await refused(engine, until)
    assert "no complete handshake in time: in the TLS handshake its first message is not whole" in (
        attempt.reason or ""
    )
    await until(lambda: engine.links.sockets == 0)
    writer.close()


async def test_with_mutual_tls_the_certificate_is_the_identity(make_engine: MakeEngine, data: Path) -> None:
    engine = await make_engine(profile_of(3), data, listen=None)
    authority = Authority(data / "trust")
    context = client_context(data, certificate=(files := station_files(authority, "cp-001", data))[0], key=files[1])
    station = await dial(engine, context, password=None)
    await station.send(BOOT)
    assert '"Accepted"' in str(await station.recv())
    (attempt,) = engine.attempts
    assert (attempt.verdict, attempt.certificate) == ("open", "O=chargehand, CN=cp-001")
    await station.close()


async def test_a_certificate_of_another_station_is_refused(make_engine: MakeEngine, data: Path, until: Until) -> None:
    engine = await make_engine(profile_of(3), data, listen=None)
    certificate, key = station_files(Authority(data / "trust"), "CP-002", data)
    with pytest.raises(InvalidStatus) as told:
        await dial(engine, client_context(data, certificate=certificate, key=key), password=None)
    assert told.value.response.status_code == 403
    attempt = await refused(engine, until)
    assert attempt.reason == "the certificate is for CP-002, but the URL says CP-001"


async def test_mutual_tls_without_a_certificate(make_engine: MakeEngine, data: Path, until: Until) -> None:
    engine = await make_engine(profile_of(3), data, listen=None)
    said = await handshake(engine, client_context(data))
    assert "certificate required" in said.casefold()
    attempt = await refused(engine, until)
    assert "showed no client certificate" in (attempt.reason or "")
    assert "SignChargePointCertificate" in (attempt.advice or "")


async def test_mutual_tls_with_a_certificate_of_another_authority(
    make_engine: MakeEngine, data: Path, until: Until, tmp_path: Path
) -> None:
    engine = await make_engine(profile_of(3), data, listen=None)
    certificate, key = station_files(Authority(tmp_path / "other"), "CP-001", tmp_path)
    said = await handshake(engine, client_context(data, certificate=certificate, key=key))
    assert "unknown ca" in said.casefold()
    assert "comes from a CA that is not known here" in ((await refused(engine, until)).reason or "")


async def test_mutual_tls_with_a_certificate_that_has_expired(
    make_engine: MakeEngine, data: Path, until: Until
) -> None:
    from console.engine.trust import authority as module
    from console.engine.trust.certificates import utc_now

    engine = await make_engine(profile_of(3), data, listen=None)
    # Time did not stand still since it was made.
    old = Authority(data / "trust", now=lambda: utc_now() - module.STATION_LASTS - module.RENEW)
    certificate, key = station_files(old, "CP-001", data)
    said = await handshake(engine, client_context(data, certificate=certificate, key=key))
    assert "expired" in said.casefold()
    assert (await refused(engine, until)).reason == "the charger's certificate has expired"


async def test_files_of_the_profile_are_used_and_a_server_certificate_is_no_stations(
    make_engine: MakeEngine, data: Path, until: Until, tmp_path: Path
) -> None:
    other = Authority(tmp_path / "other")
    pairs = other.server_pairs(["localhost", "127.0.0.1"])
    named = Tls(
        certificate=[str(one.certificate) for one in pairs],
        key=[str(one.key) for one in pairs],
        client_ca=str(other.root_path),
    )
    engine = await make_engine(profile_of(3, tls=named), data, listen=None)
    context = ssl.create_default_context(cafile=other.root_path)
    context.load_cert_chain(pairs[0].certificate, pairs[0].key)
    await handshake(engine, context)
    assert "is not meant for clients" in ((await refused(engine, until)).reason or "")


async def test_a_password_listener_with_tls_shows_wss_and_two_listeners_stand_side_by_side(
    make_engine: MakeEngine, data: Path
) -> None:
    profile = msgspec.structs.replace(
        profile_of(2), listen=[Listen(address="127.0.0.1:0"), Listen(address="127.0.0.1:0", security_profile=2)]
    )
    engine = await make_engine(profile, data, listen=None)
    assert [one.partition("://")[0] for one in engine.listen_urls] == ["ws", "wss"]
    assert engine.ready()["listen"] == engine.listen_urls
