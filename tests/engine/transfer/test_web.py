from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import pytest

from console.engine.transfer.server import FileServer


async def test_who_never_finishes_a_request_is_cut_off(files: FileServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("console.engine.transfer.web._SILENT_SECONDS", 0)
    connections = [await asyncio.open_connection("127.0.0.1", files.port) for _ in range(3)]
    for _, writer in connections[1:]:
        writer.write(b"GET / HTTP/1.1\r\nX-Slow: ")
    async with asyncio.timeout(10):
        for reader, writer in connections:
            with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
                await reader.readexactly(1)
            writer.close()


async def test_signals_are_left_to_the_screen(tmp_path: Path) -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    server = FileServer(tmp_path / "files", "127.0.0.1:0", max_upload=1000, notify=lambda _: None)
    await server.start()
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before
    await server.stop()


async def test_stopping_cuts_off_a_transfer_that_does_not_move(tmp_path: Path) -> None:
    server = FileServer(tmp_path / "files", "127.0.0.1:0", max_upload=1000, notify=lambda _: None)
    await server.start()
    large = tmp_path / "large.bin"
    with large.open("wb") as file:
        file.truncate(64 * 1024 * 1024)
    transfer = server.offer(large, name="large.bin", station="CP-1", order=1)
    path = server.link(transfer, "127.0.0.1").split("/", 3)[3]
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port, limit=1024)
    writer.write(f"GET /{path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    await reader.readline()
    async with asyncio.timeout(10):
        await server.stop()
    assert transfer.state == "closed"
    writer.transport.abort()
