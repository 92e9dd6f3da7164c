"""A station asks for a certificate over the link it has, and comes back with it over mutual TLS."""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from console.engine.engine import Engine
from console.engine.trust.certificates import RequestError, read_request
from profiles import Listen, Tls, load_profile

MakeEngine = Callable[..., Awaitable[Engine]]
Until = Callable[..., Awaitable[Any]]
Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey


def request_of(key: Key, name: str = "SERIAL-77") -> str:
    digest = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    made = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, digest)
    return made.public_bytes(serialization.Encoding.PEM).decode()


GOOD = request_of(ec.generate_private_key(ec.SECP256R1()))


@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
async def test_a_station_gets_its_certificate_and_comes_back_with_it(
    make_engine: MakeEngine, dial: Any, until: Until, tmp_path: Path, version: str
) -> None:
    profile = msgspec.structs.replace(
        load_profile("bench"),
        listen=[Listen(address="127.0.0.1:0"), Listen(address="127.0.0.1:0", security_profile=3)],
    )
    engine = await make_engine(profile, listen=None)
    station = await dial(engine, "CP-001", version)
    await station.boot()
    key = ec.generate_private_key(ec.SECP256R1())
    asked = {"csr": request_of(key)}
    if version != "1.6":
        asked["certificateType"] = "ChargingStationCertificate"
    if version == "2.1":
        asked["requestId"] = 7  # type: ignore[assignment]
    answer = await station.call("SignCertificate", asked)
    assert answer[2] == {"status": "Accepted"}
    signed = await station.answer_next({"status": "Accepted"})
    assert signed[2] == "CertificateSigned"
    assert {name: value for name, value in signed[3].items() if name != "certificateChain"} == {
        name: value for name, value in asked.items() if name != "csr"
    }
    await until(lambda: engine.feed.rows[-1].action == "CertificateSigned")
    assert not engine.feed.rows[-1].violations

    certificate, key_file = tmp_path / "station.pem", tmp_path / "station.key"
    certificate.write_text(signed[3]["certificateChain"])
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.create_default_context(cafile=(await engine.trust.authority()).root_path)
    context.load_cert_chain(certificate, key_file)
    async with connect(
        engine.listen_urls[1] + "CP-001", ssl=context, subprotocols=[Subprotocol("ocpp1.6")], proxy=None
    ) as secured:
        await secured.send('[2,"1","Heartbeat",{}]')
        assert json.loads(await secured.recv())[0] == 3
    (told,) = [one for one in await engine.journal.happenings(limit=50) if one.kind == "certificate.issued"]
    assert told.station == "CP-001"
    assert told.data["serial"]


async def test_a_link_that_proved_nothing_gets_no_certificate_outside_the_bench(
    make_engine: MakeEngine, dial: Any
) -> None:
    engine = await make_engine(msgspec.structs.replace(load_profile("bench"), name="yard"))
    station = await dial(engine)
    await station.boot()
    answer = await station.call("SignCertificate", {"csr": GOOD})
    assert answer[2] == {"status": "Rejected"}
    (told,) = [one for one in await engine.journal.happenings(limit=50) if one.kind == "certificate.refused"]
    assert "did not prove whose it is" in told.data["reason"]


async def test_a_listener_with_a_ca_of_its_own_gets_no_certificates_that_it_would_refuse(
    make_engine: MakeEngine, dial: Any
) -> None:
    engine = await make_engine()
    named = Tls(certificate="a", key="b", client_ca="c")
    mutual = Listen(address="127.0.0.1:0", security_profile=3, tls=named)
    engine.trust.profile = msgspec.structs.replace(engine.profile, listen=[*engine.profile.listen, mutual])
    station = await dial(engine)
    await station.boot()
    assert (await station.call("SignCertificate", {"csr": GOOD}))[2] == {"status": "Rejected"}


async def test_garbage_is_rejected_in_words_and_the_link_lives(make_engine: MakeEngine, dial: Any) -> None:
    engine = await make_engine()
    station = await dial(engine, "CP-001", "2.0.1")
    await station.boot()
    for request in ("", "x", "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----", "\x00é"):
        answer = await station.call("SignCertificate", {"csr": request})
        assert answer[2]["status"] == "Rejected", request
        assert answer[2]["statusInfo"]["reasonCode"] == "InvalidCSR"
    assert (await station.call("Heartbeat", {}))[0] == 3
    assert not (engine.trust.folder / "stations").exists()


async def test_certificates_are_not_made_without_end(make_engine: MakeEngine, dial: Any) -> None:
    engine = await make_engine()
    station = await dial(engine)
    await station.boot()
    statuses = [(await station.call("SignCertificate", {"csr": GOOD}))[2]["status"] for _ in range(12)]
    assert statuses == ["Accepted"] * 10 + ["Rejected"] * 2


async def test_a_console_that_gives_no_orders_signs_nothing(make_engine: MakeEngine, dial: Any) -> None:
    engine = await make_engine(read_only=True)
    station = await dial(engine)
    await station.boot()
    assert (await station.call("SignCertificate", {"csr": GOOD}))[2] == {"status": "Rejected"}


@pytest.mark.parametrize(
    ("key", "sentence"),
    [
        (rsa.generate_private_key(65537, 1024), "the RSA key has 1024 bits, 2048 are the least"),
        (ec.generate_private_key(ec.SECP192R1()), "its key is neither RSA nor ECDSA on a curve of 256 bits"),
        (ed25519.Ed25519PrivateKey.generate(), "its key is neither RSA nor ECDSA"),
    ],
    ids=["rsa-1024", "p-192", "ed25519"],
)
def test_a_weak_key_is_refused(key: Key, sentence: str) -> None:
    with pytest.raises(RequestError, match=sentence):
        read_request(request_of(key))


def test_a_request_that_another_key_signed_is_refused() -> None:
    der = bytearray(x509.load_pem_x509_csr(GOOD.encode()).public_bytes(serialization.Encoding.DER))
    der[-1] ^= 1
    broken = x509.load_der_x509_csr(bytes(der)).public_bytes(serialization.Encoding.PEM).decode()
    with pytest.raises(RequestError, match="not signed by the key in it"):
        read_request(broken)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_whatever_a_station_sends_is_a_key_or_a_refusal(data: st.DataObject) -> None:
    text = GOOD
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text)))
        size = data.draw(st.integers(0, 40))
        text = text[:at] + data.draw(st.text(max_size=8)) + text[at + size :]
    with suppress(RequestError):
        assert read_request(text)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_broken_der_in_good_pem_is_refused(data: st.DataObject) -> None:
    der = bytearray(x509.load_pem_x509_csr(GOOD.encode()).public_bytes(serialization.Encoding.DER))
    for _ in range(data.draw(st.integers(1, 3))):  # at 7, for one, stands the version
        der[data.draw(st.integers(0, len(der) - 1))] = data.draw(st.integers(0, 255))
    body = base64.encodebytes(bytes(der)).decode()
    with suppress(RequestError):
        assert read_request(f"-----BEGIN CERTIFICATE REQUEST-----\n{body}-----END CERTIFICATE REQUEST-----\n")


async def test_the_loop_does_not_stand_still_while_a_root_is_made(make_engine: MakeEngine) -> None:
    engine = await make_engine()
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.01)
            ticks += 1

    async with asyncio.TaskGroup() as group:
        ticking = group.create_task(tick())
        await engine.trust.authority()
        await asyncio.sleep(0.05)
        ticking.cancel()
    assert ticks >= 3
