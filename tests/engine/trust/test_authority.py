"""The certificate authority: made once, found again, renewed in time, and readable by its owner only."""

from __future__ import annotations

import asyncio
import os
import shutil
import ssl
import subprocess
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import quote

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from console.engine.endpoint.admission import identity_of
from console.engine.engine import Engine
from console.engine.errors import ListenError, TrustError
from console.engine.trust.authority import RENEW, SERVER_LASTS, Authority
from console.engine.trust.files import write_durably
from console.engine.trust.names import local_names
from profiles import Listen, Tls, load_profile

MakeEngine = Callable[..., Awaitable[Engine]]
NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "trust"
    Authority(folder, now=lambda: NOW).server_pairs(["cs.example", "192.0.2.7"])
    return folder


@pytest.fixture
def folder(tmp_path: Path, made: Path) -> Path:
    shutil.copytree(made, tmp_path / "trust")
    return tmp_path / "trust"


def _same(when: datetime) -> datetime:
    return when


def read(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def test_keys_are_readable_by_their_owner_only(folder: Path) -> None:
    Authority(folder).issue("CP-001")
    keys = sorted(path.name for path in folder.glob("*.key"))
    assert keys == ["root.key", "server-ecdsa.key", "server-rsa.key"]
    for name in keys:
        assert (folder / name).stat().st_mode & 0o777 == 0o600
    assert not [path for path in (folder / "stations").iterdir() if b"PRIVATE" in path.read_bytes()]


def test_a_root_lasts_ten_years_and_is_found_again(folder: Path) -> None:
    first, again = Authority(folder).root(), Authority(folder).root()
    assert first == again
    assert first.ends - NOW > timedelta(days=3650)
    root = read(folder / "root.pem")
    constraints = root.extensions.get_extension_for_class(x509.BasicConstraints)
    assert constraints.critical
    assert (constraints.value.ca, constraints.value.path_length) == (True, 0)


def test_server_certificates_come_in_both_kinds_for_every_name(folder: Path) -> None:
    root = read(folder / "root.pem")
    kinds = {"server-rsa.pem": rsa.RSAPublicKey, "server-ecdsa.pem": ec.EllipticCurvePublicKey}
    for name, kind in kinds.items():
        certificate = read(folder / name)
        certificate.verify_directly_issued_by(root)
        assert isinstance(certificate.public_key(), kind)
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert names.get_values_for_type(x509.DNSName) == ["cs.example"]
        assert names.get_values_for_type(x509.IPAddress) == [ip_address("192.0.2.7")]


def test_a_server_certificate_is_kept_until_thirty_days_before_its_end(folder: Path) -> None:
    names = ["cs.example", "192.0.2.7"]
    first = read(folder / "server-rsa.pem")
    for when, same in ((NOW + SERVER_LASTS - RENEW, True), (NOW + SERVER_LASTS - RENEW + timedelta(days=1), False)):
        Authority(folder, now=partial(_same, when)).server_pairs(names)
        assert (read(folder / "server-rsa.pem") == first) is same
    assert read(folder / "server-rsa.pem").not_valid_after_utc > first.not_valid_after_utc


def test_a_new_address_makes_new_server_certificates_and_fewer_make_none(folder: Path) -> None:
    authority = Authority(folder, now=lambda: NOW)
    before = read(folder / "server-ecdsa.pem")
    authority.server_pairs(["cs.example"])
    assert read(folder / "server-ecdsa.pem") == before
    authority.server_pairs(["cs.example", "192.0.2.7", "192.0.2.8"])
    assert read(folder / "server-ecdsa.pem") != before


@pytest.mark.parametrize("broken", ["server-rsa.pem", "server-rsa.key"])
def test_half_a_pair_after_a_power_cut_is_made_anew(folder: Path, broken: str) -> None:
    other = Authority(folder.parent / "other")
    other.server_pairs(["cs.example", "192.0.2.7"])
    shutil.copy(folder.parent / "other" / broken, folder / broken)
    (pair, _) = Authority(folder, now=lambda: NOW).server_pairs(["cs.example", "192.0.2.7"])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    read(pair.certificate).verify_directly_issued_by(read(folder / "root.pem"))


@pytest.mark.parametrize("harm", ["gone", "garbage", "other"])
def test_a_root_without_its_key_says_what_to_do(folder: Path, harm: str, tmp_path: Path) -> None:
    key = folder / "root.key"
    if harm == "gone":
        key.unlink()
    elif harm == "garbage":
        key.write_bytes(b"\x00" * 100)
    else:
        Authority(tmp_path / "other").root()
        shutil.copy(tmp_path / "other" / "root.key", key)
    with pytest.raises(TrustError, match=r"Put root\.pem and root.key back from a backup"):
        Authority(folder).root()
    assert key.exists() is (harm != "gone"), "nothing is made in its place"


def test_a_root_that_has_ended_says_so(folder: Path) -> None:
    with pytest.raises(TrustError, match=r"The root certificate in .* ended on 2036-"):
        Authority(folder, now=lambda: NOW + timedelta(days=4000)).root()


def test_two_that_make_a_root_at_once_make_one(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from console.engine.trust.authority import Authority; "
        "print(Authority(Path(sys.argv[1])).root().fingerprint)"
    )
    running = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path / "trust")],
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    said = [process.communicate()[0].strip() for process in running]
    assert len(set(said)) == 1
    assert said[0].count(":") == 31


@pytest.mark.parametrize("identity", ["CP-001", "a/../b", "é", "x" * 48, "EVSE*1|A@b", ".", "充" * 48, "a%2Fb"])
def test_a_station_certificate_is_for_its_identity_and_no_path(folder: Path, identity: str) -> None:
    issued, key = Authority(folder).issue(identity)
    assert issued.path.parent == folder / "stations"
    assert issued.name == identity
    assert "PRIVATE KEY" in key
    purposes = read(issued.path).extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(purposes) == [ExtendedKeyUsageOID.CLIENT_AUTH]


def test_an_identity_too_long_for_a_common_name_is_not_cut_to_that_of_another_station(folder: Path) -> None:
    authority = Authority(folder)
    authority.issue("充" * 48)
    (one,) = [one for one in authority.all() if one.kind == "station"]
    assert one.name == "充" * 48
    (common,) = read(one.path).subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    assert identity_of(f"/{quote(str(common.value))}")[0] is None


def test_every_certificate_is_listed(folder: Path) -> None:
    authority = Authority(folder)
    authority.issue("CP-002")
    authority.issue("cp-001")
    (folder / "stations" / "odd.pem").write_text("no certificate")
    assert [(one.kind, one.name) for one in authority.all()][1:] == [
        ("server", "cs.example"),
        ("server", "cs.example"),
        ("station", "cp-001"),
        ("station", "CP-002"),
    ]


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "trust").write_text("a file")
    with pytest.raises(TrustError, match="cannot be made"):
        Authority(tmp_path / "trust").root()


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a"
    write_durably(path, b"old")

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", full)
        with pytest.raises(TrustError, match="No space left"):
            write_durably(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_this_computer_is_known_by_its_names_and_addresses() -> None:
    names = local_names(["cs.example.org", "[2001:db8::5]", "0.0.0.0", "a b", "UPPER"])
    assert {"localhost", "127.0.0.1", "::1", "cs.example.org", "2001:db8::5", "upper", "upper.local"} <= set(names)
    assert "0.0.0.0" not in names
    assert "a b" not in names


async def test_a_new_certificate_is_shown_with_the_next_handshake(
    make_engine: MakeEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile = msgspec.structs.replace(load_profile("bench"), listen=[Listen(address="127.0.0.1:0", tls=Tls())])
    engine = await make_engine(profile, listen=None)
    assert engine.listen_urls[0].startswith("wss://")
    host, port = engine.listeners[0].address

    def shown() -> str:
        return ssl.get_server_certificate((host, port), ca_certs=str(tmp_path / "data" / "trust" / "root.pem"))

    before = await asyncio.to_thread(shown)
    assert not await engine.trust.look()
    monkeypatch.setattr("console.engine.trust.trust.local_names", lambda more: (*local_names(more), "new.example"))
    assert await engine.trust.look()
    after = x509.load_pem_x509_certificate((await asyncio.to_thread(shown)).encode())
    assert after != x509.load_pem_x509_certificate(before.encode())
    names = after.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert "new.example" in names.get_values_for_type(x509.DNSName)


async def test_the_root_can_be_fetched_by_a_charger_from_an_unguessable_path(make_engine: MakeEngine) -> None:
    import httpx

    profile = msgspec.structs.replace(load_profile("bench"), listen=[Listen(address="127.0.0.1:0", tls=Tls())])
    engine = await make_engine(profile, listen=None)
    url = engine.ready()["root"]
    assert url.startswith(f"{engine.files_url}/")
    assert url.endswith("/chargehand-root.pem")
    async with httpx.AsyncClient(trust_env=False) as client:
        for _ in range(2):
            fetched = await client.get(url)
            assert fetched.text == (await engine.trust.authority()).root().pem
        assert (await client.get(f"{engine.files_url}/chargehand-root.pem")).status_code == 404
        for offered in list(engine.files.transfers.values()):
            engine.files.close(offered)
        assert (await client.get(url)).status_code == 404
        assert (await client.get(await engine.offer_root())).status_code == 200


async def test_an_engine_without_tls_makes_no_authority(make_engine: MakeEngine, tmp_path: Path) -> None:
    engine = await make_engine()
    assert "root" not in engine.ready()
    assert not (tmp_path / "data" / "trust").exists()


@pytest.mark.parametrize(
    ("certificate", "key", "sentence"),
    [
        ("no.pem", "server-rsa.key", "no.pem cannot be read: no such file"),
        ("server-rsa.pem", "root.key", "cannot be used for TLS: key values mismatch"),
        ("server-rsa.key", "server-rsa.key", "cannot be used for TLS"),
    ],
)
async def test_files_that_cannot_be_used_are_named(
    make_engine: MakeEngine, folder: Path, certificate: str, key: str, sentence: str
) -> None:
    named = Tls(certificate=str(folder / certificate), key=str(folder / key))
    profile = msgspec.structs.replace(load_profile("bench"), listen=[Listen(address="127.0.0.1:0", tls=named)])
    with pytest.raises(ListenError, match=sentence):
        await make_engine(profile, listen=None)


async def test_listen_addresses_say_wss_or_not(make_engine: MakeEngine) -> None:
    from console.engine.errors import ProfileError

    both = msgspec.structs.replace(load_profile("bench"), listen=[Listen(tls=Tls()), Listen()])
    engine = await make_engine(both, listen=["wss://127.0.0.1:0", "127.0.0.1:0"])
    assert [one.partition(":")[0] for one in engine.listen_urls] == ["wss", "ws"]
    with pytest.raises(ProfileError, match="An empty one will do: chargehand makes"):
        await make_engine(listen=["wss://127.0.0.1:0"])
    secure = msgspec.structs.replace(load_profile("bench"), listen=[Listen(security_profile=2)])
    with pytest.raises(ProfileError, match="Write wss://"):
        await make_engine(secure, listen=["ws://127.0.0.1:0"])


def test_a_serial_number_is_told_in_whole_bytes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(x509, "random_serial_number", lambda: 0xA1B2C)
    Authority(folder).issue("CP-001")
    (station,) = (one for one in Authority(folder).all() if one.kind == "station")
    assert station.serial == "0A1B2C", "as OpenSSL and a station tell it"
