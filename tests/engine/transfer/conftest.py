from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import httpx
import pytest

from console.engine.transfer.model import Transfer
from console.engine.transfer.server import FileServer

LIMIT = 300_000


@pytest.fixture
def told() -> list[tuple[int, str]]:
    """Id and state of each notification."""
    return []


@pytest.fixture
async def files(tmp_path: Path, told: list[tuple[int, str]]) -> AsyncIterator[FileServer]:
    def notify(transfer: Transfer) -> None:
        told.append((transfer.id, transfer.state))

    server = FileServer(tmp_path / "files", "127.0.0.1:0", max_upload=LIMIT, notify=notify)
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def web() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False) as client:
        yield client


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "firmware 1.bin"
    path.write_bytes(bytes(range(256)) * 2_000)
    return path


@pytest.fixture
def until() -> Callable[[Callable[[], bool]], Awaitable[None]]:
    """Wait until a condition holds, 10 seconds at most."""

    async def wait(condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not condition():
                await asyncio.sleep(0.005)

    return wait
