"""Orders that move files: the image a station fetches, the log it sends, and the stages it tells on the way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from console.engine.errors import OrderError
from console.engine.fleet.events import Booted, Event, FirmwareStage, LogStage
from console.engine.fleet.order import Verdict
from console.engine.orders.follow import Follower
from console.engine.orders.port import OrderFiles, Port
from console.engine.orders.run import Run
from console.engine.tasks import Owner, spawn
from console.engine.transfer.model import Transfer
from console.engine.wire.exchange import Exchange, Record

_BLOCK = 256 * 1024

# How far an update is at each stage; within the download (up to _DOWNLOADED) it is what the file server has sent.
_DOWNLOADED: Final = 0.6
_FIRMWARE_PROGRESS: Final = {
    "downloading": 0.0,
    "downloaded": _DOWNLOADED,
    "signatureverified": 0.63,
    "installscheduled": 0.66,
    "installing": 0.7,
    "installrebooting": 0.9,
    "installed": 1.0,
}
_FIRMWARE_FAILED: Final = frozenset(
    (
        "downloadfailed",
        "installationfailed",
        "installverificationfailed",
        "invalidsignature",
        "invalidcertificate",
        "revokedcertificate",
    )
)
_LOG_FAILED: Final = frozenset(
    ("uploadfailed", "uploadfailure", "badmessage", "notsupportedoperation", "permissiondenied", "acceptedcanceled")
)


async def image_path(files: OrderFiles, said: str, *, local: bool) -> tuple[Path, str]:
    """The image that ``file=`` means, as (path within our files, name).

    A name of a stored image comes first. ``local``: the caller sits at this console, so that a path on this machine is
    meant too; it is copied into the images first. Raises OrderError that names what there is.
    """
    images = await asyncio.to_thread(files.images)
    for one in images:
        if one.name == said:
            return one.path, one.name
    if local:
        path = await asyncio.to_thread(_on_this_machine, said)
        if path is not None:
            stored = await files.store(path.name, _blocks(path))
            return stored.path, stored.name
    there = ", ".join(one.name for one in images[:5]) or "none yet"
    raise OrderError(f"firmware: there is no image “{said[:80]}” to offer; stored are: {there}.")


def _on_this_machine(said: str) -> Path | None:
    path = Path(said).expanduser()
    return path if path.is_file() else None


def _size(count: int) -> str:
    """A number of bytes as people say it: ``812 bytes``, ``97.7 KiB``, ``4.2 MiB``."""
    if count < 1024:
        return f"{count} bytes"
    return f"{count / 1024:.1f} KiB" if count < 1024 * 1024 else f"{count / 1024 / 1024:.1f} MiB"


async def _blocks(path: Path) -> AsyncIterator[bytes]:
    try:
        file = await asyncio.to_thread(path.open, "rb")
    except OSError as error:
        raise OrderError(f"firmware: {path} cannot be read: {error.strerror or error}.") from None
    try:
        while block := await asyncio.to_thread(file.read, _BLOCK):
            yield block
    finally:
        await asyncio.to_thread(file.close)


class TransferFollower(Follower):
    """What both share: the transfer of the file server, its progress, its end."""

    def __init__(self, run: Run, port: Port) -> None:
        super().__init__(run, port)
        self.transfer: Transfer | None = None
        self.stages: list[str] = []
        self._tasks: Owner = set()

    def open(self, transfer: Transfer) -> None:
        """The transfer that this order made."""
        self.transfer = transfer

    def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        if self.transfer is not None:
            self.port.files.close(self.transfer)

    def _of_this(self, request: int | None) -> bool:
        # 1.6 tells no request id; 2.x may leave it out too.
        return request is None or request == self.run.order.id & 0x7FFFFFFF

    def _stage(self, status: str) -> None:
        if not self.stages or self.stages[-1] != status:
            self.stages = [status]
            self.run.tell("told", f"{status} {self.since()}")


class FirmwareFollower(TransferFollower):
    """Until Installed, stage by stage."""

    def __init__(self, run: Run, port: Port) -> None:
        super().__init__(run, port)
        station = port.fleet.station(run.station)
        self.version_before = station.firmware if station is not None else None
        self.version_after: str | None = None

    def accepted(self, exchange: Exchange, verdict: Verdict) -> None:
        """An answer installs nothing."""

    def see(self, record: Record, events: tuple[Event, ...]) -> None:
        for event in events:
            if isinstance(event, FirmwareStage) and self._of_this(event.request):
                self._told(event.status)
            elif isinstance(event, Booted) and event.firmware and event.firmware != self.version_before:
                self.version_after = event.firmware
                self.run.tell("told", f"booted {self.since()} with firmware {event.firmware}")

    def _told(self, status: str) -> None:
        word = status.casefold()
        if word == "idle":
            return  # "nothing is going on" is no stage; it comes when a station is asked before it begins
        self._stage(status)
        if word in _FIRMWARE_PROGRESS:
            self.run.move(max(self.run.progress or 0.0, _FIRMWARE_PROGRESS[word]))
        if word == "installed":
            version = f", firmware {self.version_after}" if self.version_after else ""
            self.found(f"Installed {self.since()}{version}")
        elif word in _FIRMWARE_FAILED:
            self.failed(f"the station says {status}{self._fetched()}")

    def _fetched(self) -> str:
        transfer = self.transfer
        if transfer is None:
            return ""
        if transfer.started is None:
            return "; it never came to fetch the file: is the address of this console right for it?"
        if transfer.state != "done":
            return f"; it fetched {_size(transfer.done)} of {_size(transfer.size or 0)}"
        return ""

    def lacking(self) -> str:
        if self.version_after:
            return f"Installed was not told, though it booted with firmware {self.version_after}"
        told = f"the last stage told is {self.stages[-1]}" if self.stages else "no stage was told"
        return f"{told}, not Installed{self._fetched()}"

    def pulse(self) -> None:
        transfer = self.transfer
        if transfer is not None and transfer.size and (self.run.progress or 0.0) < _DOWNLOADED:
            self.run.move(_DOWNLOADED * min(1.0, transfer.done / transfer.size))


def _within(path: Path | None) -> str:
    """Where in the data directory an upload is: ``files/received/STATION/NAME``. The rest is this machine's business."""
    return "nothing" if path is None else Path(*path.parts[-4:]).as_posix()


class DiagnosticsFollower(TransferFollower):
    """Until the upload has arrived here; the station's word that it has sent it is not enough."""

    def open(self, transfer: Transfer) -> None:
        super().open(transfer)
        spawn(self._arrival(transfer), name=f"upload-{transfer.id}", owner=self._tasks)

    def accepted(self, exchange: Exchange, verdict: Verdict) -> None:
        if verdict.hint:
            self.run.tell("told", verdict.hint)

    def see(self, record: Record, events: tuple[Event, ...]) -> None:
        for event in events:
            if isinstance(event, LogStage) and self._of_this(event.request) and event.status.casefold() != "idle":
                self._stage(event.status)
                if event.status.casefold() in _LOG_FAILED:
                    self.failed(f"the station says {event.status}{self._came()}")

    async def _arrival(self, transfer: Transfer) -> None:
        state = await transfer.wait_done()
        if state == "done":
            self.run.move(1.0)
            self.found(f"{_size(transfer.done)} arrived {self.since()}, saved as {_within(transfer.path)}")
        elif state == "failed":
            self.failed(f"the upload failed: {transfer.error or 'it cannot be kept'}")

    def _came(self) -> str:
        if self.transfer is None or self.transfer.started is not None:
            return ""
        return "; it never came to upload: is the address of this console right for it?"

    def lacking(self) -> str:
        told = f" (the last stage told is {self.stages[-1]})" if self.stages else ""
        return f"no upload arrived{told}{self._came()}"

    def pulse(self) -> None:
        if self.transfer is not None:
            self.run.move(self.transfer.progress)
