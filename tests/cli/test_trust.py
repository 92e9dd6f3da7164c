"""`chargehand trust`, and `serve` with TLS against the independent simulator."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("trusting") / "data"


def test_the_root_is_written_and_told_of(chargehand: Run, data: Path, tmp_path: Path) -> None:
    done = chargehand("trust", "root", "--data", str(data))
    assert done.returncode == 0, done.stderr
    root = x509.load_pem_x509_certificate(done.stdout.encode())
    assert "SHA-256: " in done.stderr
    assert "PRIVATE" not in done.stdout
    again = chargehand("trust", "root", "--data", str(data), "-o", str(tmp_path / "root.pem"))
    assert (again.returncode, again.stdout) == (0, "")
    assert x509.load_pem_x509_certificate((tmp_path / "root.pem").read_bytes()) == root


def test_a_station_gets_certificate_and_key_in_a_file_of_its_own(chargehand: Run, data: Path, tmp_path: Path) -> None:
    made = tmp_path / "cp.pem"
    done = chargehand("trust", "station", "CP-001", "--data", str(data), "-o", str(made))
    assert done.returncode == 0, done.stderr
    assert made.stat().st_mode & 0o777 == 0o600
    assert "BEGIN CERTIFICATE" in made.read_text()
    assert "BEGIN PRIVATE KEY" in made.read_text()
    again = chargehand("trust", "station", "CP-001", "--data", str(data), "-o", str(made))
    assert again.returncode == 2
    assert "is there already" in again.stderr
    listed = chargehand("trust", "list", "--data", str(data), "--json").stdout
    assert listed.count('"CP-001"') == 1, "none was made whose key nobody has"
    wrong = chargehand("trust", "station", "a/b", "--data", str(data))
    assert wrong.returncode == 2
    assert "is no station identity" in wrong.stderr


def test_a_signing_request_is_granted_without_a_key(chargehand: Run, data: Path, tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, hashes.SHA256())
    (tmp_path / "r.csr").write_bytes(request.public_bytes(serialization.Encoding.PEM))
    done = chargehand("trust", "station", "CP-002", "--csr", str(tmp_path / "r.csr"), "--data", str(data))
    assert done.returncode == 0, done.stderr
    assert x509.load_pem_x509_certificate(done.stdout.encode()).public_key() == key.public_key()
    assert "PRIVATE" not in done.stdout
    (tmp_path / "r.csr").write_text("nonsense")
    done = chargehand("trust", "station", "CP-002", "--csr", str(tmp_path / "r.csr"), "--data", str(data))
    assert done.returncode == 2
    assert "no certificate request in PEM" in done.stderr


def test_what_was_made_is_listed(chargehand: Run, data: Path, tmp_path: Path) -> None:
    chargehand("trust", "station", "CP-003", "--data", str(data))
    done = chargehand("trust", "list", "--json", "--data", str(data))
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert rows[0]["kind"] == "root"
    assert {"kind", "name", "serial", "fingerprint", "starts", "ends", "names", "path", "revoked"} == set(rows[0])
    assert ("station", "CP-003") in {(row["kind"], row["name"]) for row in rows}
    assert "CP-003" in chargehand("trust", "list", "--data", str(data)).stdout
    empty = chargehand("trust", "list", "--data", str(tmp_path / "none"))
    assert empty.returncode == 0
    assert not (tmp_path / "none").exists()


def test_certificates_are_revoked_all_of_a_station_or_one(chargehand: Run, data: Path) -> None:
    for identity in ("CP-004", "CP-005"):
        chargehand("trust", "station", identity, "--data", str(data))
    done = chargehand("trust", "revoke", "cp-004", "--note", "stolen", "--data", str(data))
    assert done.returncode == 0, done.stderr
    assert "revoked: cp-004, serial " in done.stderr
    rows = [json.loads(line) for line in chargehand("trust", "list", "--json", "--data", str(data)).stdout.splitlines()]
    revoked = {row["name"]: row["revoked"] for row in rows if row["kind"] == "station"}
    assert revoked["CP-004"]["note"] == "stolen"
    assert revoked["CP-005"] is None
    assert "revoked" in chargehand("trust", "list", "--data", str(data)).stdout
    again = chargehand("trust", "revoke", "CP-004", "--data", str(data))
    assert again.returncode == 2
    assert "revoked already" in again.stderr
    assert chargehand("trust", "revoke", "CP-009", "--serial", "0A:1b", "--data", str(data)).returncode == 0
    wrong = chargehand("trust", "revoke", "CP-009", "--serial", "mine", "--data", str(data))
    assert wrong.returncode == 2
    assert "no serial number" in wrong.stderr


def test_simulated_stations_connect_with_the_root_and_not_without(
    environment: dict[str, str], tmp_path: Path, chargehand: Run
) -> None:
    data = tmp_path / "data"
    profile = tmp_path / "secure.toml"
    profile.write_text('[listen]\naddress = "127.0.0.1:0"\n[listen.tls]\n')
    words = [
        "serve",
        "--profile",
        str(profile),
        "--listen",
        "wss://127.0.0.1:0",
        "--api",
        "127.0.0.1:0",
        "--files",
        "127.0.0.1:0",
    ]
    server = subprocess.Popen(
        [sys.executable, "-m", "console", *words, "--data", str(data)],
        env=environment, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert server.stdout is not None
    fleet: subprocess.Popen[bytes] | None = None
    try:
        ready = json.loads(server.stdout.readline())
        assert ready["listen"][0].startswith("wss://127.0.0.1:")
        fetched = tmp_path / "fetched.pem"
        fetched.write_bytes(httpx.get(ready["root"], trust_env=False).content)
        for ca in ((), ("--ca", str(fetched))):
            fleet = subprocess.Popen(
                [sys.executable, "-m", "console", "simulate", ready["listen"][0], "--stations", "3", *ca],
                env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            rows = _connections(ready["api"], enough=bool(ca))
            fleet.send_signal(signal.SIGTERM)
            fleet.wait(20)
            events = {row["event"] for row in rows} - {"closed"}
            assert events == ({"refused", "opened"} if ca else {"refused"})
        reasons = {row["reason"] for row in rows if row["event"] == "refused"}
        assert any("does not trust" in reason or "saw our certificate" in reason for reason in reasons)
        assert {row["tls"] for row in rows if row["event"] == "opened"} == {"TLSv1.3 TLS_AES_256_GCM_SHA384"}
    finally:
        if fleet is not None and fleet.poll() is None:
            os.kill(fleet.pid, signal.SIGKILL)
            fleet.wait()
        server.terminate()
        server.wait(20)
        server.stdout.close()


def _connections(api: str, *, enough: bool) -> list[dict[str, str]]:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        rows: list[dict[str, str]] = httpx.get(f"{api}/connections", trust_env=False).json()
        standing = [row for row in rows if row["event"] == ("opened" if enough else "refused")]
        if len(standing) >= (3 if enough else 1):
            return rows
        time.sleep(0.05)
    raise AssertionError(rows)
