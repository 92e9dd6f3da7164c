"""Files over HTTP: firmware that comes (GET, resumed where it broke off) and logs that go (PUT)."""

from __future__ import annotations

import asyncio
import logging
import re
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import httpx

from console.simulator import obey
from console.simulator.clock import parse, stamp

if TYPE_CHECKING:
    from console.simulator.station import SimulatedStation

log = logging.getLogger("chargehand.simulator")

CHUNK = 8 * 1024
LOG_BYTES = 100_000
WINDOW = 16 * 1024
RETRIES = 2  # of a firmware download, where the order says nothing
RETRY_SECONDS = 5
PATIENCE_FOR_SESSIONS = 180.0  # seconds of its own time that a station waits before it ends sessions to install


@dataclass(frozen=True, slots=True)
class FirmwareOrder:
    """UpdateFirmware in any version. ``detailed``: the version knows more statuses than those of plain 1.6."""

    location: str
    retrieve_at: datetime | None
    install_at: datetime | None = None
    request_id: int | None = None
    signed: bool = False
    detailed: bool = False
    retries: int = RETRIES
    retry_interval: int = RETRY_SECONDS


def detailed_update(request: dict[str, Any]) -> FirmwareOrder:
    """The order in a SignedUpdateFirmware of 1.6 or an UpdateFirmware of 2.x."""
    firmware = request["firmware"]
    return FirmwareOrder(
        firmware["location"],
        parse(firmware["retrieveDateTime"]),
        parse(firmware.get("installDateTime", "")),
        request["requestId"],
        signed="signingCertificate" in firmware,
        detailed=True,
        retries=request.get("retries", RETRIES),
        retry_interval=request.get("retryInterval", RETRY_SECONDS),
    )


@dataclass(frozen=True, slots=True)
class LogOrder:
    """GetDiagnostics or GetLog. ``request_id`` is None for GetDiagnostics."""

    location: str
    file_name: str
    request_id: int | None = None
    security: bool = False
    retries: int = 0
    retry_interval: int = RETRY_SECONDS


class Transfers:
    """The firmware update and the log upload of one station; a new order takes the place of a running one."""

    def __init__(self, station: SimulatedStation) -> None:
        self._station = station
        self.firmware_status = "Idle"
        self.firmware_request: int | None = None
        self.log_status = "Idle"
        self.log_request: int | None = None
        self.installing = False
        self._firmware: asyncio.Task[None] | None = None
        self._upload: asyncio.Task[None] | None = None
        self._installed: Callable[[], None] | None = None

    @property
    def updating(self) -> bool:
        """Whether an update is under way."""
        return self._firmware is not None and not self._firmware.done()

    @property
    def uploading(self) -> bool:
        """Whether an upload is under way."""
        return self._upload is not None and not self._upload.done()

    def update(self, order: FirmwareOrder) -> None:
        """Begin an update."""
        if self._firmware:
            self._firmware.cancel()
        self.installing = False
        self._firmware = self._station.spawn(self._update(order), "firmware update")

    def upload(self, order: LogOrder) -> None:
        """Begin an upload."""
        if self._upload:
            self._upload.cancel()
        self._upload = self._station.spawn(self._send_log(order), "log upload")

    def booted(self) -> None:
        """The station has booted: an installation that waited for it is done."""
        if self._installed:
            self._installed()
            self._installed = None

    async def tell_firmware(self, status: str, request_id: int | None) -> None:
        """Take and send a firmware status."""
        self.firmware_status, self.firmware_request = status, request_id
        await self._station.speech.firmware_status(status, request_id)

    async def tell_log(self, status: str, request_id: int | None) -> None:
        """Take and send an upload status."""
        self.log_status, self.log_request = status, request_id
        await self._station.speech.log_status(status, request_id)

    # --- firmware -----------------------------------------------------------------------------------------------

    async def _update(self, order: FirmwareOrder) -> None:
        station = self._station
        if (pause := self._until(order.retrieve_at)) > 1:
            if order.detailed:
                await self.tell_firmware("DownloadScheduled", order.request_id)
            await asyncio.sleep(pause)
        await self.tell_firmware("Downloading", order.request_id)
        if not await self._download(order):
            await self.tell_firmware("DownloadFailed", order.request_id)
            return
        await self.tell_firmware("Downloaded", order.request_id)
        if order.signed:
            await self.tell_firmware("SignatureVerified", order.request_id)
        self.installing = True
        if (pause := self._until(order.install_at)) > 1 or any(c.session for c in station.connectors):
            if order.detailed:
                await self.tell_firmware("InstallScheduled", order.request_id)
            await asyncio.sleep(max(pause, 0))
            try:
                async with asyncio.timeout(PATIENCE_FOR_SESSIONS / max(station.behaviour.speed, 1)):
                    await obey.idle(station)
            except TimeoutError:
                log.info("%s: sessions end for the firmware update", station.identity)
        await self.tell_firmware("Installing", order.request_id)
        await asyncio.sleep(station.behaviour.install_seconds)
        if order.detailed:
            await self.tell_firmware("InstallRebooting", order.request_id)
        self._installed = lambda: self._finish(order)
        station.firmware_version = next_version(station.firmware_version, order.location)
        await obey.reset(station, "reboot", "FirmwareUpdate")

    def _finish(self, order: FirmwareOrder) -> None:
        self.installing = False
        self._station.spawn(self.tell_firmware("Installed", order.request_id), "firmware installed")

    def _until(self, moment: datetime | None) -> float:
        return (moment - self._station.clock.now()).total_seconds() if moment else 0.0

    async def _download(self, order: FirmwareOrder) -> bool:
        got = 0
        for attempt in range(order.retries + 1):
            if attempt:
                await asyncio.sleep(order.retry_interval)
            try:
                async for size in self._pieces(order.location, got):
                    got += size
            except httpx.HTTPStatusError as error:
                log.info("%s: firmware: %s", self._station.identity, error.response.status_code)
                if error.response.status_code < 500:
                    return False
            except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
                log.info("%s: firmware broke off after %d bytes: %s", self._station.identity, got, error)
            else:
                return True
        return False

    async def _pieces(self, location: str, start: int) -> AsyncIterator[int]:
        headers = {"Range": f"bytes={start}-"} if start else {}
        async with self._client() as client, client.stream("GET", location, headers=headers) as answer:
            answer.raise_for_status()
            skip = 0 if answer.status_code == 206 else start
            total = start * (skip == 0) + int(answer.headers.get("Content-Length", 0))
            async for piece in answer.aiter_raw():
                fresh = max(0, len(piece) - skip)
                skip = max(0, skip - len(piece))
                yield fresh
                await asyncio.sleep(self._pause(len(piece), total))

    def _pause(self, size: int, total: int) -> float:
        return self._station.behaviour.transfer_seconds * size / max(total, size)

    def _client(self) -> httpx.AsyncClient:
        # a small window, so that the sender sees how slowly a station takes its image
        window = (socket.SOL_SOCKET, socket.SO_RCVBUF, WINDOW)
        transport = httpx.AsyncHTTPTransport(trust_env=False, socket_options=[window])
        return httpx.AsyncClient(timeout=30.0, transport=transport, follow_redirects=True)

    # --- logs ---------------------------------------------------------------------------------------------------

    async def _send_log(self, order: LogOrder) -> None:
        await self.tell_log("Uploading", order.request_id)
        target = order.location + quote(order.file_name) if order.location.endswith("/") else order.location
        if urlsplit(target).scheme not in ("http", "https"):
            await self.tell_log("NotSupportedOperation", order.request_id)
            return
        text = generated_log(self._station, security=order.security).encode()
        for attempt in range(order.retries + 1):
            if attempt:
                await asyncio.sleep(order.retry_interval)
            try:
                async with self._client() as client:
                    headers = {"Content-Type": "text/plain; charset=utf-8", "Content-Length": str(len(text))}
                    answer = await client.put(target, content=self._slowly(text), headers=headers)
                answer.raise_for_status()
            except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
                log.info("%s: log upload failed: %s", self._station.identity, error)
            else:
                await self.tell_log("Uploaded", order.request_id)
                return
        await self.tell_log("UploadFailure", order.request_id)

    async def _slowly(self, text: bytes) -> AsyncIterator[bytes]:
        for start in range(0, len(text), CHUNK):
            yield text[start : start + CHUNK]
            await asyncio.sleep(self._pause(CHUNK, len(text)))


def next_version(present: str, location: str) -> str:
    """The version after an update: the one in the file's name, or else the present one with its last number raised."""
    name = urlsplit(location).path.rsplit("/", 1)[-1]
    if found := re.search(r"\d+(?:\.\d+)+", name):
        return found.group()
    numbers = list(re.finditer(r"\d+", present))
    if not numbers:
        return f"{present}.1"[:50]
    last = numbers[-1]
    raised = str(int(last.group()) + 1).zfill(len(last.group()))
    return present[: last.start()] + raised + present[last.end() :]


def log_name(station: SimulatedStation, *, security: bool = False) -> str:
    """A file name for a log, safe in a URL and on a disk."""
    safe = re.sub(r"[^A-Za-z0-9._-]", "_", station.identity)
    return f"{safe}-{'security' if security else 'diagnostics'}-{station.clock.now():%Y%m%dT%H%M%SZ}.log"


def generated_log(station: SimulatedStation, *, security: bool = False) -> str:
    """A text of some 100 kB that looks like a station's log; the newest line is the last."""
    rng, moment, lines, size = station.rng, station.clock.now(), [], 0
    makers = SECURITY_LINES if security else LINES
    while size < LOG_BYTES:
        moment -= timedelta(seconds=rng.uniform(0.2, 20))
        level, source, template = rng.choice(makers)
        detail = template.format(
            n=rng.randrange(1, len(station.connectors) + 1), v=rng.uniform(225, 235), w=rng.random()
        )
        lines.append(f"{stamp(moment)} {level:<5} {source:<9} {detail}\n")
        size += len(lines[-1])
    head = f"# {station.identity} {station.spec.vendor} {station.spec.model} {station.firmware_version}\n"
    return head + "".join(reversed(lines))


LINES = (
    ("INFO", "meter", "connector {n}: L1 {v:.1f} V, register ok, crc {w:.8f}"),
    ("DEBUG", "ocpp", "queue empty, next heartbeat due, jitter {w:.3f} s"),
    ("DEBUG", "pilot", "connector {n}: state B, duty {w:.3f}, 12.0/-11.9 V"),
    ("INFO", "network", "modem rssi -{v:.0f} dBm, lte band 20, cell reselected"),
    ("INFO", "relay", "connector {n}: weld check passed, residual {w:.2f} mA"),
    ("WARN", "thermal", "board {v:.0f} K above reference, derating threshold far"),
    ("WARN", "network", "dns lookup took {w:.2f} s"),
    ("ERROR", "rfid", "reader {n}: frame crc mismatch, retried"),
)
SECURITY_LINES = (
    ("INFO", "auth", "tls session resumed, cipher ok, entropy {w:.6f}"),
    ("INFO", "auth", "settings opened from the local network by installer, panel {n}"),
    ("WARN", "time", "clock moved by {w:.3f} s after time sync"),
    ("WARN", "case", "cover contact {n} opened and closed"),
)
