from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import pytest

from console.engine import descriptors
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


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("console.engine.transfer.web.visitors_allowed", lambda: 8)


async def ask(port: int) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    async with asyncio.timeout(10):
        said = await reader.readline()
    writer.close()
    return said


async def test_who_opens_connections_and_asks_for_nothing_gives_way(few: None, files: FileServer) -> None:
    silent = [await asyncio.open_connection("127.0.0.1", files.port) for _ in range(40)]
    assert await ask(files.port) == b"HTTP/1.1 404 Not Found\r\n"
    ended = 0
    async with asyncio.timeout(10):
        while ended < len(silent) - 8:
            await asyncio.sleep(0)
            ended = sum(reader.at_eof() or reader.exception() is not None for reader, _ in silent)
    assert not silent[-1][0].at_eof()  # the oldest went
    for _, writer in silent:
        writer.close()


async def test_who_is_being_served_is_not_sent_away(few: None, files: FileServer, tmp_path: Path) -> None:
    large = tmp_path / "large.bin"
    with large.open("wb") as file:
        file.truncate(64 * 1024 * 1024)
    path = files.link(files.offer(large, name="large.bin", station="CP-1", order=1), "127.0.0.1").split("/", 3)[3]
    served = []
    for _ in range(8):
        reader, writer = await asyncio.open_connection("127.0.0.1", files.port, limit=1024)
        writer.write(f"GET /{path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert await reader.readline() == b"HTTP/1.1 200 OK\r\n"
        served.append((reader, writer))
    reader, writer = await asyncio.open_connection("127.0.0.1", files.port)
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await asyncio.wait_for(reader.readexactly(1), 10)
    writer.transport.abort()
    for reader, writer in served:
        assert await reader.readexactly(100_000)
        writer.transport.abort()


def test_descriptors_are_left_for_stations_and_the_journal(monkeypatch: pytest.MonkeyPatch) -> None:
    for limit in (64, 256, 1024, 65_536):
        monkeypatch.setattr(descriptors, "_limit", lambda limit=limit: limit)
        taken = descriptors.links_allowed() + 2 * descriptors.visitors_allowed()
        assert descriptors.links_allowed() >= limit // 2
        assert taken <= limit - min(descriptors.SPARE, limit // 4)
