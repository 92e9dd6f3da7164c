"""A simulated station fetches real firmware over HTTP, reports every stage, and uploads real logs."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest

from console.simulator.transfer import next_version

EVERY = ("1.6", "2.0.1", "2.1")
IMAGE = bytes(range(256)) * 256


@dataclass
class FileServer:
    """HTTP by hand: serves IMAGE (with ranges), takes PUTs, breaks off where it is told to."""

    url: str = ""
    break_off_after: int | None = None
    put_status: int = 201
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    stored: dict[str, bytes] = field(default_factory=dict)
    sent: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request, one answer."""
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            request, *lines = head.split("\r\n")
            method, path, _ = request.split(" ")
            headers = {k.lower(): v for k, _, v in (line.partition(": ") for line in lines if line)}
            self.asked.append((method, path, headers))
            if method == "PUT":
                body = await reader.readexactly(int(headers["content-length"]))
                self.stored[path] = body
                writer.write(f"HTTP/1.1 {self.put_status} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
            else:
                self._get(path, headers, writer)
            await writer.drain()
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    def _get(self, path: str, headers: dict[str, str], writer: asyncio.StreamWriter) -> None:
        if not path.startswith("/fw-"):
            writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            return
        start = int(match.group(1)) if (match := re.match(r"bytes=(\d+)-", headers.get("range", ""))) else 0
        body = IMAGE[start:]
        status = "206 Partial Content" if start else "200 OK"
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode())
        if self.break_off_after is not None and not start:
            body = body[: self.break_off_after]
        self.sent += len(body)
        writer.write(body)


@pytest.fixture
async def files() -> AsyncIterator[FileServer]:
    """A file server on a free port."""
    server = FileServer()
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    async with listening:
        yield server


def update_order(version: str, location: str, when: str = "2026-03-01T11:00:00Z") -> tuple[str, dict[str, Any]]:
    """UpdateFirmware in the words of the version."""
    if version == "1.6":
        return "UpdateFirmware", {"location": location, "retrieveDate": when, "retries": 2, "retryInterval": 0}
    firmware = {"location": location, "retrieveDateTime": when}
    return "UpdateFirmware", {"requestId": 31, "firmware": firmware, "retries": 2, "retryInterval": 0}


async def stages_until(central: Any, last: str, action: str = "FirmwareStatusNotification") -> list[str]:
    """The statuses up to ``last``."""
    await central.hear(action, status=last)
    return [one["status"] for one in central.of(action)]


@pytest.mark.parametrize("version", EVERY)
async def test_an_update_goes_through_every_stage_and_the_new_version_boots(
    central: Any, make_station: Any, files: FileServer, version: str
) -> None:
    await make_station(version)
    answer = await central.call(*update_order(version, f"{files.url}/fw-2.7.0.bin"))
    assert answer == ({} if version == "1.6" else {"status": "Accepted"})
    stages = await stages_until(central, "Installed")
    rebooting = [] if version == "1.6" else ["InstallRebooting"]
    assert stages == ["Downloading", "Downloaded", "Installing", *rebooting, "Installed"]
    boot = central.of("BootNotification")[1]
    if version == "1.6":
        assert boot["firmwareVersion"] == "2.7.0"
    else:
        assert (boot["chargingStation"]["firmwareVersion"], boot["reason"]) == ("2.7.0", "FirmwareUpdate")
        assert {one["requestId"] for one in central.of("FirmwareStatusNotification")} == {31}
    actions = [one.action for one in central.heard]
    assert len(actions) - 1 - actions[::-1].index("BootNotification") < actions.index("FirmwareStatusNotification") + 30
    assert files.sent == len(IMAGE)


@pytest.mark.parametrize("version", EVERY)
async def test_a_missing_image_is_a_failed_download(
    central: Any, make_station: Any, files: FileServer, version: str
) -> None:
    station = await make_station(version)
    await central.call(*update_order(version, f"{files.url}/nothing.bin"))
    assert await stages_until(central, "DownloadFailed") == ["Downloading", "DownloadFailed"]
    assert station.firmware_version == "1.2.3"
    assert len(files.asked) == 1


async def test_a_broken_download_is_resumed_where_it_broke_off(
    central: Any, make_station: Any, files: FileServer
) -> None:
    await make_station("2.0.1")
    files.break_off_after = 20_000
    await central.call(*update_order("2.0.1", f"{files.url}/fw-3.0.bin"))
    await stages_until(central, "Downloaded")
    assert [headers.get("range") for _, _, headers in files.asked] == [None, "bytes=20000-"]
    assert files.sent == len(IMAGE)


async def test_an_update_of_the_future_is_scheduled_first(central: Any, make_station: Any, files: FileServer) -> None:
    await make_station("2.0.1")
    order = update_order("2.0.1", f"{files.url}/fw-3.0.bin", when="2026-03-01T18:00:00Z")
    await central.call(*order)
    assert await stages_until(central, "DownloadScheduled") == ["DownloadScheduled"]
    assert files.asked == []
    # a second order takes the place of the first
    assert await central.call(*update_order("2.0.1", f"{files.url}/fw-3.0.bin")) == {"status": "AcceptedCanceled"}
    await stages_until(central, "Downloaded")


async def test_a_signed_update_of_1_6_is_verified_and_refused_without_a_certificate(
    central: Any, make_station: Any, files: FileServer
) -> None:
    await make_station("1.6")
    firmware = {
        "location": f"{files.url}/fw-4.1.bin",
        "retrieveDateTime": "2026-03-01T11:00:00Z",
        "signingCertificate": "junk",
        "signature": "c2ln",
    }
    order = {"requestId": 8, "firmware": firmware}
    assert await central.call("SignedUpdateFirmware", order) == {"status": "InvalidCertificate"}
    firmware["signingCertificate"] = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"
    assert await central.call("SignedUpdateFirmware", order) == {"status": "Accepted"}
    stages = await stages_until(central, "Installed", "SignedFirmwareStatusNotification")
    assert "SignatureVerified" in stages
    assert {one["requestId"] for one in central.of("SignedFirmwareStatusNotification")} == {8}


@pytest.mark.parametrize("version", EVERY)
async def test_an_update_waits_for_the_running_session(
    central: Any, make_station: Any, files: FileServer, version: str
) -> None:
    station = await make_station(version)
    await station.start_session(1, "TAG")
    await central.call(*update_order(version, f"{files.url}/fw-5.0.bin"))
    await central.hear("FirmwareStatusNotification", status="Downloaded")
    await station.stop_session(1)
    await central.hear("FirmwareStatusNotification", status="Installed")
    if version == "1.6":
        assert central.of("StopTransaction")[0]["reason"] == "Local"


@pytest.mark.parametrize("version", EVERY)
async def test_a_log_is_uploaded_under_the_announced_name(
    central: Any, make_station: Any, files: FileServer, version: str
) -> None:
    await make_station(version)
    folder = f"{files.url}/inbox/"
    if version == "1.6":
        answer = await central.call("GetDiagnostics", {"location": folder})
        name, action = answer["fileName"], "DiagnosticsStatusNotification"
    else:
        order = {"logType": "DiagnosticsLog", "requestId": 12, "log": {"remoteLocation": folder}}
        answer = await central.call("GetLog", order)
        name, action = answer["filename"], "LogStatusNotification"
    assert await stages_until(central, "Uploaded", action) == ["Uploading", "Uploaded"]
    body = files.stored[f"/inbox/{name}"]
    assert len(body) > 100_000
    assert body.startswith("# CP 1/ü Vendor Model 1.2.3\n".encode())


async def test_a_log_of_1_6_by_get_log_has_the_request_id(central: Any, make_station: Any, files: FileServer) -> None:
    await make_station("1.6")
    order = {"logType": "SecurityLog", "requestId": 5, "log": {"remoteLocation": f"{files.url}/one-place"}}
    assert (await central.call("GetLog", order))["status"] == "Accepted"
    await central.hear("LogStatusNotification", status="Uploaded", requestId=5)
    assert list(files.stored) == ["/one-place"]


@pytest.mark.parametrize(("version", "status"), [("1.6", "UploadFailed"), ("2.1", "UploadFailure")])
async def test_a_refused_upload_is_a_failure(
    central: Any, make_station: Any, files: FileServer, version: str, status: str
) -> None:
    await make_station(version)
    files.put_status = 403
    if version == "1.6":
        await central.call("GetDiagnostics", {"location": files.url + "/"})
        await central.hear("DiagnosticsStatusNotification", status=status)
    else:
        order = {"logType": "DiagnosticsLog", "requestId": 1, "log": {"remoteLocation": files.url + "/"}}
        await central.call("GetLog", order)
        await central.hear("LogStatusNotification", status=status)


@pytest.mark.parametrize(
    ("present", "location", "following"),
    [
        ("1.2.3", "http://h/fw-2.0.1.bin", "2.0.1"),
        ("1.2.9", "http://h/image.bin", "1.2.10"),
        ("P0113B0123", "http://h/x", "P0113B0124"),
        ("alpha", "http://h/x", "alpha.1"),
    ],
)
def test_the_version_after_an_update(present: str, location: str, following: str) -> None:
    assert next_version(present, location) == following
