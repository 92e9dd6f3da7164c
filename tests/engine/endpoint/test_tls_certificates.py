"""Client certificates as makers of chargers, or somebody with worse in mind, put them together."""

from __future__ import annotations

import asyncio
import datetime
import logging
import shutil
import socket
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from console.engine.endpoint.attempts import Attempt
from console.engine.endpoint.tls_shown import read
from console.engine.engine import Engine
from console.engine.trust import certificates
from console.engine.trust.authority import Authority
from profiles import Listen, Tls, load_profile

MakeEngine = Callable[..., Awaitable[Engine]]
Until = Callable[..., Awaitable[Any]]

DIAL = (
    "GET /CP-001 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: ocpp1.6\r\n\r\n"
)
NAMES, ISSUER_URLS, LISTS = "2.5.29.17", "1.3.6.1.5.5.7.1.1", "2.5.29.31"
LATIN = "München".encode("latin-1")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Server certificates that were made before."""
    folder = tmp_path_factory.mktemp("shown") / "trust"
    Authority(folder).server_pairs(["localhost"])
    return folder


class Maker:
    """A certificate authority that signs anything."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key = certificates.ec_key()
        self.now = datetime.datetime.now(datetime.UTC)
        self.root = certificates.make_root(self.key, "A maker of chargers", self.now, datetime.timedelta(days=9))
        self.root_path = folder / "maker.pem"
        self.root_path.write_bytes(certificates.pem(self.root))

    def made(self, name: str, *more: tuple[x509.ObjectIdentifier, str], extension: tuple[str, bytes] | None) -> Any:
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(*pair) for pair in ((NameOID.COMMON_NAME, name), *more)]))
            .issuer_name(self.root.subject)
            .serial_number(0xABC)
            .not_valid_before(self.now - datetime.timedelta(days=1))
            .not_valid_after(self.now + datetime.timedelta(days=1))
        )
        if extension is not None:
            oid, value = extension
            builder = builder.add_extension(x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), value), False)
        key = ec.generate_private_key(ec.SECP256R1())
        return builder.public_key(key.public_key()).sign(self.key, hashes.SHA256()), key

    def context(self, name: str, *more: tuple[x509.ObjectIdentifier, str], extension: Any = None) -> ssl.SSLContext:
        certificate, key = self.made(name, *more, extension=extension)
        path = self.folder / "shown.pem"
        path.write_bytes(certificates.key_pem(key) + certificates.pem(certificate))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.load_cert_chain(path)
        return context


def der(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    assert len(body) < 128
    return bytes((tag, len(body))) + body


UNREADABLE: dict[str, tuple[str, bytes]] = {
    "a host name in Latin-1": (NAMES, der(0x30, der(0x82, LATIN))),
    "a mail address with a NUL": (NAMES, der(0x30, der(0x81, b"a\xff\0b"))),
    "the URL of its issuer": (
        ISSUER_URLS,
        der(0x30, der(0x30, bytes.fromhex("06082b06010505073001"), der(0x86, LATIN))),
    ),
    "the URL of a list": (LISTS, der(0x30, der(0x30, der(0xA0, der(0xA0, der(0x86, LATIN)))))),
}


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    return Maker(tmp_path)


@pytest.fixture
async def engine(make_engine: MakeEngine, tmp_path: Path, server: Path, maker: Maker) -> Engine:
    shutil.copytree(server, tmp_path / "data" / "trust")
    listen = Listen(
        address="127.0.0.1:0",
        security_profile=3,
        unknown_stations="accept",
        tls=Tls(client_ca=str(maker.root_path)),
    )
    profile = msgspec.structs.replace(load_profile("bench"), listen=[listen])
    return await make_engine(profile, tmp_path / "data", listen=None)


async def dial(engine: Engine, context: ssl.SSLContext) -> str:
    """The first line of the answer to a WebSocket handshake."""

    def attempt() -> str:
        address = ("127.0.0.1", engine.listeners[0].address[1])
        with socket.create_connection(address, timeout=10) as plain, context.wrap_socket(plain) as secured:
            secured.sendall(DIAL.encode())
            return secured.recv(1000).decode("latin-1").partition("\r\n")[0]

    return await asyncio.to_thread(attempt)


def newest(engine: Engine) -> Attempt:
    return list(engine.attempts)[-1]


@pytest.mark.parametrize("what", UNREADABLE)
async def test_a_name_that_nobody_asks_for_and_that_cannot_be_read_keeps_no_station_out(
    engine: Engine, maker: Maker, caplog: pytest.LogCaptureFixture, what: str
) -> None:
    context = maker.context("CP-001", (NameOID.ORGANIZATION_NAME, "Lader"), extension=UNREADABLE[what])
    with caplog.at_level(logging.WARNING):
        assert await dial(engine, context) == "HTTP/1.1 101 Switching Protocols"
    assert not caplog.records
    attempt = newest(engine)
    assert (attempt.certificate, attempt.serial) == ("CN=CP-001, O=Lader", "0ABC")


@pytest.mark.parametrize("what", UNREADABLE)
async def test_it_lets_no_other_station_in(engine: Engine, maker: Maker, until: Until, what: str) -> None:
    assert await dial(engine, maker.context("CP-002", extension=UNREADABLE[what])) == "HTTP/1.1 403 Forbidden"
    attempt = newest(engine)
    assert attempt.verdict == "refused"
    assert attempt.reason == "the certificate is for CP-002, but the URL says CP-001"


async def test_a_serial_number_is_written_as_openssl_writes_it(engine: Engine, maker: Maker) -> None:
    await dial(engine, maker.context("CP-001"))
    assert newest(engine).serial == "0ABC"


@pytest.mark.parametrize("data", [b"", b"\x30\x03abc", b"\xff" * 40])
def test_what_is_no_certificate_is_nobodys(data: bytes) -> None:
    assert read(data) == {"subject": ()}


def test_a_subject_that_cannot_be_read_names_nobody(maker: Maker) -> None:
    whole = certificates.pem(maker.made("CP-001", (NameOID.ORGANIZATION_NAME, "QQQQ"), extension=None)[0])
    data = ssl.PEM_cert_to_DER_cert(whole.decode()).replace(b"\x0c\x04QQQQ", b"\x0c\x04\xff\xfe\xfd\xfc")
    assert read(data) == {"subject": (), "serialNumber": "0ABC"}
