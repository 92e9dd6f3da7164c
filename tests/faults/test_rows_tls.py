"""Fault matrix row 14: TLS handshakes that must fail, with `openssl s_client` as the charger."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from console.engine.engine import Engine
from console.engine.trust.authority import STATION_LASTS, Authority
from console.engine.trust.certificates import utc_now
from console.screens.connection_rows import told
from profiles import KnownStation, Listen, load_profile

MakeEngine = Callable[..., Awaitable[Engine]]
Until = Callable[..., Awaitable[Any]]

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")


@pytest.fixture(scope="module")
def authorities(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The console's own authority, and one of somebody else."""
    own, other = (tmp_path_factory.mktemp("authority") / "trust" for _ in range(2))
    Authority(own).server_pairs(["localhost"])
    Authority(other).root()
    return own, other


def shown(folder: Path, to: Path, *, ended: bool = False) -> list[str]:
    """The flags by which `openssl s_client` shows a certificate that an authority made for CP-001."""
    then = utc_now() - STATION_LASTS - timedelta(days=2) if ended else utc_now()
    issued, key = Authority(folder, now=lambda: then).issue("CP-001")
    (to / "cp.pem").write_text(issued.pem)
    (to / "cp.key").write_text(key)
    return ["-cert", str(to / "cp.pem"), "-key", str(to / "cp.key")]


async def s_client(engine: Engine, *flags: str, say: bytes = b"") -> str:
    process = await asyncio.create_subprocess_exec(
        "openssl", "s_client", "-connect", f"127.0.0.1:{engine.listeners[0].address[1]}", "-ign_eof", *flags,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    out, _ = await asyncio.wait_for(process.communicate(say), 20)
    return out.decode(errors="replace")


OLD = ["-cipher", "ALL:@SECLEVEL=0"]
CASES: list[tuple[str, int, list[str], str, str, str]] = [
    ("TLS 1.0", 2, ["-tls1", *OLD], "protocol version", "the charger speaks TLS 1.0 at most", "firmware"),
    ("TLS 1.1", 2, ["-tls1_1", *OLD], "protocol version", "the charger speaks TLS 1.1 at most", "firmware"),
    (
        "expired",
        3,
        ["ended"],
        "certificate expired",
        "the charger's certificate has expired",
        "SignChargePointCertificate",
    ),
    ("wrong CA", 3, ["other"], "unknown ca", "comes from a CA that is not known here", "client_ca"),
    ("none", 3, [], "certificate required", "the charger showed no client certificate", "chargehand trust station"),
]


TRIED = [
    pytest.param(version, *case, id=f"{name} {version}".strip())
    for name, *case in CASES
    for version in (("-tls1_2", "-tls1_3") if case[0] == 3 else ("",))
]


@pytest.mark.parametrize(("version", "level", "flags", "alert", "reason", "advice"), TRIED)
async def test_row_14_what_must_not_get_through_is_told_by_an_alert_and_in_connections(
    make_engine: MakeEngine,
    until: Until,
    tmp_path: Path,
    authorities: tuple[Path, Path],
    version: str,
    level: int,
    flags: list[str],
    alert: str,
    reason: str,
    advice: str,
) -> None:
    own, other = authorities
    shutil.copytree(own, tmp_path / "data" / "trust")
    profile = msgspec.structs.replace(
        load_profile("bench"),
        listen=[Listen(address="127.0.0.1:0", security_profile=level)],
        stations=[KnownStation(id="CP-001", password="a-good-long-password")],
    )
    engine = await make_engine(profile, tmp_path / "data", listen=None)
    if flags[:1] in (["ended"], ["other"]):
        flags = shown(other if flags == ["other"] else own, tmp_path, ended=flags == ["ended"])
    said = (await s_client(engine, *([version, *flags] if level == 3 else flags))).casefold()
    if version == "-tls1_2" and alert == "certificate required":
        alert = "handshake failure"  # TLS 1.2 has no alert of its own for that
    assert f"alert {alert}" in said
    attempt = await until(lambda: next((one for one in engine.attempts if one.verdict == "refused"), None))
    assert reason in (attempt.reason or "")
    assert advice in (attempt.advice or "")
    assert told(attempt).word == "refused"
    assert not engine.fleet.stations
    assert not len(engine.links)


async def test_row_14_with_the_right_certificate_openssl_gets_through(
    make_engine: MakeEngine, until: Until, tmp_path: Path, authorities: tuple[Path, Path]
) -> None:
    shutil.copytree(authorities[0], tmp_path / "data" / "trust")
    profile = msgspec.structs.replace(load_profile("bench"), listen=[Listen(address="127.0.0.1:0", security_profile=3)])
    engine = await make_engine(profile, tmp_path / "data", listen=None)
    flags = shown(authorities[0], tmp_path)
    said = await s_client(engine, *flags, say=b"GET /CP-001 HTTP/1.1\r\nHost: x\r\n\r\n")
    assert "HTTP/1.1 426" in said, "the refusals above are not for want of a working peer"
