from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]

# A station as a program of its own: it boots, says what its connector does, and answers calls from a table.
STATION = """
import asyncio, json, sys
from websockets.asyncio.client import connect

ANSWERS = json.loads(sys.argv[2])

async def main():
    async with connect(sys.argv[1], subprotocols=["ocpp1.6"], proxy=None) as socket:
        async def call(number, action, payload):
            await socket.send(json.dumps([2, number, action, payload]))
            return json.loads(await socket.recv())[2]
        await call("1", "BootNotification", {
            "chargePointVendor": "Ven\\u001b]0;x\\u0007dor", "chargePointModel": "[b]M[/b]"})
        await call("2", "StatusNotification", {"connectorId": 1, "status": "Available", "errorCode": "NoError"})
        started = await call("3", "StartTransaction", {
            "connectorId": 1, "idTag": "TAG", "meterStart": 100, "timestamp": "2026-01-15T10:00:00Z"})
        await call("4", "MeterValues", {"connectorId": 1, "transactionId": started["transactionId"], "meterValue": [
            {"timestamp": "2026-01-15T10:30:00Z", "sampledValue": [{"value": "2000"}]}]})
        await call("5", "StopTransaction", {
            "transactionId": started["transactionId"], "meterStop": 4311, "timestamp": "2026-01-15T11:00:00Z"})
        print("ready", flush=True)
        async for text in socket:
            kind, number, action, payload = json.loads(text)
            answer = ANSWERS.get(action, {"status": "Accepted"})
            if answer is None:
                continue
            elif isinstance(answer, str):
                await socket.send(json.dumps([4, number, answer, "no", {}]))
            else:
                await socket.send(json.dumps([3, number, answer]))

asyncio.run(main())
"""

ANSWERS = {
    "Reset": {"status": "Rejected"},
    "UnlockConnector": "NotImplemented",
    "DataTransfer": {"status": "Nonsense"},
    "TriggerMessage": {"status": "Accepted"},
    "GetLocalListVersion": {"listVersion": 7},
    "GetConfiguration": None,
    "UpdateFirmware": {},
}

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of every command: nothing of the user who runs the tests."""
    home = tmp_path_factory.mktemp("home")
    kept = {
        name: os.environ[name]
        for name in ("PATH", "LANG", "SYSTEMROOT", "COVERAGE_PROCESS_START")
        if name in os.environ
    }
    return {
        **kept,
        "HOME": str(home),
        "PYTHONPATH": str(ROOT),
        "PYTHONWARNINGS": "error",
        "CHARGEHAND_RUNTIME_DIR": str(home / "runtime"),
        "CHARGEHAND_CONFIG_DIR": str(home / "config"),
        "CHARGEHAND_DATA_DIR": str(home / "data"),
    }


@pytest.fixture(scope="session")
def chargehand(environment: dict[str, str]) -> Run:
    """Run a command to its end."""

    def run(*words: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "console", *words],
            env={**environment, **more},
            capture_output=True,
            text=True,
            timeout=60,
            stdin=subprocess.DEVNULL,
            check=False,
        )

    return run


class Server:
    """``chargehand serve`` as a process. ``ready`` is its ready line."""

    def __init__(self, environment: dict[str, str], data: Path, *words: str) -> None:
        addresses = [] if words else ["--listen", "127.0.0.1:0", "--api", "127.0.0.1:0", "--files", "127.0.0.1:0"]
        self.data = data
        self.log = data.with_suffix(".log")
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "console", "serve", "--data", str(data), *addresses, *words],
                env=environment,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self.process.stdout is not None
        self.ready: dict[str, Any] = json.loads(line(self.process) or "{}")

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal; the exit code."""
        self.process.send_signal(number)
        code = self.process.wait(30)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code


def line(process: subprocess.Popen[str], seconds: float = 30) -> str:
    """The next line that the process prints."""
    assert process.stdout is not None
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if select.select([process.stdout], [], [], 0.2)[0]:
            return process.stdout.readline()
        if process.poll() is not None:
            break
    raise AssertionError(f"no line came; exit code {process.poll()}")


@pytest.fixture
def serve(environment: dict[str, str], tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Start servers of one's own; they are ended with the test."""
    started: list[Server] = []

    def start(*words: str, data: Path | None = None) -> Server:
        server = Server(environment, data or tmp_path / f"data{len(started)}", *words)
        started.append(server)
        return server

    yield start
    for server in started:
        if server.process.poll() is None:
            server.stop()


@pytest.fixture(scope="session")
def site(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running console with one station, CP-1, that has had one transaction."""
    folder = tmp_path_factory.mktemp("site")
    server = Server(environment, folder / "data")
    (folder / "station.py").write_text(STATION)
    words = [sys.executable, str(folder / "station.py"), server.ready["listen"][0] + "CP-1", json.dumps(ANSWERS)]
    station = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    assert line(station).strip() == "ready"
    yield server
    station.kill()
    station.wait()
    assert station.stdout is not None
    station.stdout.close()
    assert server.stop() == 0
    assert "Traceback" not in server.log.read_text()
