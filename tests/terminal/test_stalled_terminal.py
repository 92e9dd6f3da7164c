"""A terminal that stops reading must not stop the endpoint: one loop serves both."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import pty
import re
import signal
import struct
import sys
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol


@pytest.fixture
def console(tmp_path: Path) -> Iterator[int]:
    """`chargehand run` in a pseudo-terminal of 120×36; its master end."""
    arguments = [sys.executable, "-m", "console", "run", "--listen", "127.0.0.1:0", "--api", "127.0.0.1:0"]
    arguments += ["--files", "127.0.0.1:0", "--data", str(tmp_path)]
    pid, master = pty.fork()
    if pid == 0:
        os.execvpe(arguments[0], arguments, {**os.environ, "TERM": "xterm-256color"})
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", 36, 120, 0, 0))
    os.set_blocking(master, False)
    yield master
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    os.close(master)


async def read_until(master: int, pattern: bytes) -> re.Match[bytes]:
    seen = b""
    async with asyncio.timeout(30):
        while (found := re.search(pattern, seen)) is None:
            try:
                seen += os.read(master, 65536)
            except BlockingIOError:
                await asyncio.sleep(0.01)
    return found


async def test_stations_are_served_while_the_terminal_reads_nothing(console: int) -> None:
    port = int((await read_until(console, rb"ws://127\.0\.0\.1:(\d+)/"))[1])
    link = await connect(f"ws://127.0.0.1:{port}/CP-001", subprotocols=[Subprotocol("ocpp1.6")], compression=None)
    statuses = ["Available", "Preparing", "Charging", "SuspendedEV", "Finishing", "Faulted"]

    async def call(number: int, action: str, payload: dict[str, object]) -> None:
        await link.send(json.dumps([2, str(number), action, payload]))
        while json.loads(await asyncio.wait_for(link.recv(), 5))[1] != str(number):
            pass

    # From here on nothing is read from the terminal, and something changes on the screen all the time.
    async with asyncio.timeout(60):
        for number in range(240):
            status = {"connectorId": number % 8 + 1, "errorCode": "NoError", "status": statuses[number % 6]}
            await call(number, "StatusNotification", status)
            await asyncio.sleep(0.05)
    await link.close()
