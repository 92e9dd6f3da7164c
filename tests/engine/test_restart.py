"""A console that is killed in mid-charge, and started again: what was acknowledged is there, and the session goes on."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from console.engine.offline import open_fleet
from console.engine.wire.exchange import Exchange


class Serving:
    """`chargehand serve` as a process of its own."""

    def __init__(self, process: asyncio.subprocess.Process, ready: dict[str, Any]) -> None:
        self.process = process
        self.url: str = ready["listen"][0]

    @classmethod
    async def start(cls, data: Path) -> Serving:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "console",
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--api",
            "127.0.0.1:0",
            "--files",
            "127.0.0.1:0",
            "--data",
            str(data),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        assert process.stdout is not None
        line = await asyncio.wait_for(process.stdout.readline(), 30)
        return cls(process, json.loads(line))

    async def kill(self) -> None:
        self.process.kill()
        await self.process.wait()

    async def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return await asyncio.wait_for(self.process.wait(), 20)


async def dial(serving: Serving, identity: str) -> ClientConnection:
    return await connect(serving.url + identity, subprotocols=[Subprotocol("ocpp1.6")], compression=None)


async def call(link: ClientConnection, unique_id: str, action: str, payload: dict[str, Any]) -> Any:
    await link.send(json.dumps([2, unique_id, action, payload]))
    while True:
        frame = json.loads(await asyncio.wait_for(link.recv(), 10))
        if frame[1] == unique_id:
            return frame[2]


def reading(transaction: int, n: int) -> dict[str, Any]:
    return {
        "connectorId": 1,
        "transactionId": transaction,
        "meterValue": [
            {"timestamp": f"2026-11-24T10:{n // 60:02d}:{n % 60:02d}Z", "sampledValue": [{"value": str(n)}]}
        ],
    }


START = {"connectorId": 1, "idTag": "TAG", "meterStart": 0, "timestamp": "2026-11-24T10:00:00Z"}


async def test_a_session_goes_on_after_the_console_was_killed(tmp_path: Path) -> None:
    serving = await Serving.start(tmp_path)
    link = await dial(serving, "CP-001")
    transaction = (await call(link, "start", "StartTransaction", START))["transactionId"]
    for n in range(1, 20):
        await call(link, f"m{n}", "MeterValues", reading(transaction, n))
    await serving.kill()

    serving = await Serving.start(tmp_path)
    link = await dial(serving, "CP-001")
    # The answer to the start may never have arrived: the station sends it again.
    assert (await call(link, "start", "StartTransaction", START))["transactionId"] == transaction
    await call(link, "m20", "MeterValues", reading(transaction, 20))
    stop = {"transactionId": transaction, "meterStop": 25, "timestamp": "2026-11-24T10:01:00Z"}
    await call(link, "stop", "StopTransaction", stop)
    await link.close()
    assert await serving.end() == 0

    fleet, journal = open_fleet(tmp_path)
    (kept,) = fleet.transactions.values()
    assert (kept.state, kept.samples, kept.energy_wh) == ("ended", 20, 25)
    assert len(await journal.samples(kept.id)) == 20
    journal.shut()


@pytest.mark.parametrize("round_", range(int(os.environ.get("CHARGEHAND_KILLS", "4"))))
async def test_nothing_that_was_acknowledged_is_missing_after_a_kill(tmp_path: Path, round_: int) -> None:
    serving = await Serving.start(tmp_path)
    acknowledged: list[str] = []

    async def station(number: int) -> None:
        link = await dial(serving, f"CP-{number}")
        for n in range(100_000):
            await call(link, f"{number}-{n}", "DataTransfer", {"vendorId": f"{n}"})
            acknowledged.append(f"{number}-{n}")

    async with asyncio.TaskGroup() as group:
        stations = [group.create_task(_until_cut(station(number))) for number in range(8)]
        while len(acknowledged) < 150 + 37 * (round_ % 100):
            await asyncio.sleep(0.001)
        await serving.kill()
        await asyncio.wait(stations)

    _fleet, journal = open_fleet(tmp_path)
    kept = {record.unique_id for record in journal.tail(0) if isinstance(record, Exchange)}
    journal.shut()
    assert len(acknowledged) >= 150
    assert set(acknowledged) <= kept


async def _until_cut(work: Any) -> None:
    from websockets.exceptions import ConnectionClosed

    try:
        await work
    except (ConnectionClosed, OSError, TimeoutError):
        return
