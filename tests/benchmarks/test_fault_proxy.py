"""The proxy of the soak: bytes come late, in pieces or never, but always the same ones in the same order."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from benchmarks import proxy as module
from benchmarks.proxy import FAULTS, Fault, Proxy

Until = Callable[..., Awaitable[object]]
TEXT = bytes(range(256)) * 20
DIALLED: list[asyncio.StreamWriter] = []


@pytest.fixture
async def through(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Proxy]:
    """A proxy in front of a server that says everything back."""
    monkeypatch.setattr(module, "LATENCY", (0.0, 0.01))
    monkeypatch.setattr(module, "DRIP_PAUSE", 0.0)

    async def back(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        DIALLED.append(writer)
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                writer.write(data)
        writer.close()

    server = await asyncio.start_server(back, "127.0.0.1", 0)
    made = Proxy(server.sockets[0].getsockname()[1])
    await made.start()
    yield made
    await made.stop()
    server.close()
    while DIALLED:
        writer = DIALLED.pop()
        writer.transport.abort()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def _dial(proxy: Proxy) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    DIALLED.append(writer)
    writer.write(b"!")
    assert await reader.readexactly(1) == b"!"
    return reader, writer


@pytest.mark.parametrize("fault", ["latency", "drip", "split"])
async def test_what_is_spoilt_in_time_is_whole_in_the_end(through: Proxy, fault: Fault) -> None:
    reader, writer = await _dial(through)
    assert through.lay(fault, through.pairs) == 1
    writer.write(TEXT)
    assert await asyncio.wait_for(reader.readexactly(len(TEXT)), 20) == TEXT
    writer.close()


async def test_what_stalls_comes_when_the_fault_is_lifted(through: Proxy) -> None:
    reader, writer = await _dial(through)
    through.lay("stall", through.pairs)
    writer.write(TEXT)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(reader.read(1), 0.1)
    through.lift()
    assert await asyncio.wait_for(reader.readexactly(len(TEXT)), 10) == TEXT
    writer.close()


@pytest.mark.parametrize("fault", ["blackhole up", "blackhole down"])
async def test_what_falls_into_a_black_hole_never_comes_and_the_link_is_reset(through: Proxy, fault: Fault) -> None:
    reader, writer = await _dial(through)
    through.lay(fault, through.pairs)
    writer.write(b"lost")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(reader.read(1), 0.1)
    through.lift()
    with pytest.raises(ConnectionResetError):
        await asyncio.wait_for(reader.read(1), 10)


async def test_a_reset_and_an_end_are_told_apart_by_the_station(through: Proxy, until: Until) -> None:
    reader, _ = await _dial(through)
    through.lay("reset", through.pairs)
    with pytest.raises(ConnectionResetError):
        await asyncio.wait_for(reader.read(1), 10)
    await until(lambda: not through.pairs)
    reader, writer = await _dial(through)
    through.lay("drop", through.pairs)
    assert await asyncio.wait_for(reader.read(1), 10) == b""
    writer.close()


async def test_a_console_that_is_down_is_a_connection_that_ends(through: Proxy) -> None:
    through.target = 1
    reader, writer = await asyncio.open_connection("127.0.0.1", through.port)
    with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
        await asyncio.wait_for(reader.readexactly(1), 10)
    assert through.refused == 1
    writer.close()


def test_there_is_every_fault_that_a_network_has() -> None:
    assert len(set(FAULTS)) == 8
