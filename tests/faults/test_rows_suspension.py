"""Row 98: the computer sleeps, or the process is stopped, for longer than every deadline; then it goes on."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidMessage
from websockets.typing import Subprotocol

STOP_S = float(os.environ.get("CHARGEHAND_STOP", "5"))
"""Longer than the 2 s after which a silent station is given up here, and the 3 s after which the console blames itself."""

PROFILE = """
name = "bench"
[listen]
address = "127.0.0.1:0"
open_timeout = 2
ping_interval = 1
ping_timeout = 1
"""


class Station:
    """In mid-session. A patient one waits for its answer, another one gives up after a second and dials again."""

    def __init__(self, url: str, *, patient: bool) -> None:
        self.url = url
        self.patient = patient
        self.dials = 0
        self.transaction = 0
        self._link: ClientConnection | None = None

    async def call(self, unique_id: str, action: str, payload: dict[str, Any]) -> Any:
        """Said until it is answered."""
        while True:
            try:
                link = self._link or await self._dial()
                await link.send(json.dumps([2, unique_id, action, payload]))
                async with asyncio.timeout(None if self.patient else 1):
                    while (frame := json.loads(await link.recv()))[1] != unique_id:
                        pass
                assert frame[0] == 3, frame
                return frame[2]
            except (ConnectionClosed, InvalidMessage, OSError, TimeoutError):
                await self.drop()

    async def _dial(self) -> ClientConnection:
        self.dials += 1
        self._link = await connect(
            self.url,
            subprotocols=[Subprotocol("ocpp1.6")],
            compression=None,
            proxy=None,
            open_timeout=1,
            close_timeout=0,
            ping_interval=None,
        )
        return self._link

    async def drop(self) -> None:
        """Hang up, where there is a link."""
        link, self._link = self._link, None
        if link is not None:
            with suppress(OSError):
                await link.close()

    async def begin(self) -> None:
        """Boot and begin a session."""
        await self.call("boot", "BootNotification", {"chargePointVendor": "A", "chargePointModel": "B"})
        await self.call("s", "StatusNotification", {"connectorId": 1, "status": "Charging", "errorCode": "NoError"})
        start = {"connectorId": 1, "idTag": "TAG", "meterStart": 0, "timestamp": _now()}
        self.transaction = (await self.call("start", "StartTransaction", start))["transactionId"]

    async def read(self, number: int) -> None:
        """Send a meter reading."""
        values = {"timestamp": _now(), "sampledValue": [{"value": str(number)}]}
        payload = {"connectorId": 1, "transactionId": self.transaction, "meterValue": [values]}
        await self.call(f"m{number}", "MeterValues", payload)

    async def end(self, number: int) -> None:
        """End the session."""
        stop = {"transactionId": self.transaction, "meterStop": number, "timestamp": _now()}
        await self.call("stop", "StopTransaction", stop)


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


@pytest.fixture(name="serving")
async def _serving(tmp_path: Path) -> AsyncIterator[tuple[asyncio.subprocess.Process, dict[str, Any]]]:
    profile = tmp_path / "short.toml"
    profile.write_text(PROFILE)
    words = ["--profile", str(profile), "--api", "127.0.0.1:0", "--files", "127.0.0.1:0", "--data", str(tmp_path / "d")]
    with (tmp_path / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "console", "serve", *words, stdout=asyncio.subprocess.PIPE, stderr=log
        )
    assert process.stdout is not None
    yield process, json.loads(await asyncio.wait_for(process.stdout.readline(), 30))
    process.send_signal(signal.SIGCONT)
    process.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(process.wait(), 20) == 0
    assert "Traceback" not in (tmp_path / "log").read_text()
    assert "stood still" in (tmp_path / "log").read_text()


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="a process cannot be stopped here")
async def test_row_98_after_a_long_stop_everybody_is_there_sessions_go_on_and_nothing_is_alarmed(
    serving: tuple[asyncio.subprocess.Process, dict[str, Any]],
) -> None:
    process, ready = serving
    stations = [Station(f"{ready['listen'][0]}CP-{n}", patient=n < 4) for n in range(8)]
    await asyncio.gather(*(one.begin() for one in stations))
    await asyncio.gather(*(one.read(10) for one in stations))

    process.send_signal(signal.SIGSTOP)
    waiting = asyncio.gather(*(one.read(20) for one in stations))
    await asyncio.sleep(STOP_S)
    assert not waiting.done()
    process.send_signal(signal.SIGCONT)
    async with asyncio.timeout(20):
        await waiting
        await asyncio.sleep(2.5)  # whoever would be given up for it is given up by now
        await asyncio.gather(*(one.read(30) for one in stations))

    assert {one.dials for one in stations[:4]} == {1}, "a link that both ends kept was dropped"
    assert all(one.dials > 1 for one in stations[4:])
    async with httpx.AsyncClient(base_url=ready["api"], trust_env=False) as web:
        assert all(one["connected"] for one in (await web.get("/stations")).json())
        standing = [one for one in (await web.get("/alarms")).json() if one["cleared"] is None]
        assert [(one["station"], one["text"]) for one in standing] == []
        await asyncio.gather(*(one.end(40) for one in stations))
        sessions = (await web.get("/transactions")).json()
    assert sorted(one["station"] for one in sessions) == [f"CP-{n}" for n in range(8)]
    assert {(one["state"], one["energy_wh"], one["samples"]) for one in sessions} == {("ended", 40, 3)}
    for one in stations:
        await one.drop()
