"""Rows 72 and 76 with the real program: the disk answers its syncs with an error, or very late. `strace` is the disk."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from console.engine.offline import open_fleet
from console.engine.wire.exchange import Exchange


def _uninjectable() -> str:
    """Why no call can be made to fail here; "" where it can."""
    if shutil.which("strace") is None:
        return "strace is not installed"
    words = ["strace", "-qq", "-e", "trace=fsync", "-e", "inject=fsync:error=EIO:when=1..2", "-o", os.devnull, "true"]
    tried = subprocess.run(words, capture_output=True, text=True, check=False)
    return "" if tried.returncode == 0 else f"processes may not be traced here: {tried.stderr.strip()}"


pytestmark = pytest.mark.skipif(bool(_uninjectable()), reason=_uninjectable())


@asynccontextmanager
async def serving(data: Path, inject: str) -> AsyncIterator[ClientConnection]:
    """A link to a console whose syncs do as ``inject`` says, counted in each thread by itself; at the end it is killed."""
    words = [item for name in ("--listen", "--api", "--files") for item in (name, "127.0.0.1:0")]
    process = await asyncio.create_subprocess_exec(
        *("strace", "-f", "-qq", "-e", "trace=fdatasync", "-e", f"inject=fdatasync:{inject}", "-o", os.devnull),
        *(sys.executable, "-m", "console", "serve", *words, "--data", str(data)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        assert process.stdout is not None
        ready = json.loads(await asyncio.wait_for(process.stdout.readline(), 30))
        url = ready["listen"][0] + "CP-001"
        async with connect(url, subprotocols=[Subprotocol("ocpp1.6")], compression=None, proxy=None) as link:
            yield link
    finally:
        os.kill(int((data / "chargehand.lock").read_text()), signal.SIGKILL)
        await process.wait()


async def call(link: ClientConnection, uid: str) -> Any:
    await link.send(json.dumps([2, uid, "DataTransfer", {"vendorId": "V", "data": "x" * 500}]))
    while (frame := json.loads(await asyncio.wait_for(link.recv(), 20)))[1] != uid:
        pass
    return frame


def kept(data: Path) -> list[str | None]:
    """The ids of the station's calls in the journal, in order."""
    _, journal = open_fleet(data)
    found = [one.unique_id for one in journal.tail(0) if isinstance(one, Exchange) and one.direction == "in"]
    journal.shut()
    return found


async def test_row_72_a_sync_that_fails_acknowledges_nothing_and_the_next_one_writes_it_all_again(
    tmp_path: Path,
) -> None:
    said = []
    async with serving(tmp_path / "data", "error=EIO:when=12..19") as link:
        for number in range(30):
            while (answer := await call(link, f"c{number}"))[0] == 4:
                assert answer[2] == "InternalError"
                said.append(f"c{number}")
            assert answer[0] == 3
    assert len(said) >= 4, "no sync has failed"
    found = kept(tmp_path / "data")
    assert [uid for uid in found if uid is not None] == [f"c{number}" for number in range(30)]


async def test_row_76_a_disk_that_takes_a_second_for_a_sync_delays_answers_and_nothing_else(tmp_path: Path) -> None:
    async with serving(tmp_path / "data", "delay_enter=1000000:when=10..12") as link:
        held: list[tuple[float, float]] = []
        for number in range(30):
            began = time.monotonic()
            waiting = asyncio.get_running_loop().create_task(call(link, f"c{number}"))
            await asyncio.wait_for(await link.ping(), 20)
            ponged = time.monotonic() - began
            assert (await waiting)[0] == 3
            if (answered := time.monotonic() - began) >= 1:
                held.append((ponged, answered))
    assert held
    assert min(ponged / answered for ponged, answered in held) < 0.5, "the loop waits for the disk"
    assert kept(tmp_path / "data") == [f"c{number}" for number in range(30)]
