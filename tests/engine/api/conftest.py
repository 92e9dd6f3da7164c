from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from console.engine.engine import Engine
from profiles import load_profile

Answers = dict[str, Any]


class Station:
    """A station of a few lines: it boots, then answers calls by action; an Exception in the table is a CALLERROR."""

    def __init__(self, identity: str, socket: ClientConnection, answers: Answers) -> None:
        self.identity = identity
        self.socket = socket
        self.answers = answers
        self._next = 0
        self._replies: asyncio.Queue[Any] = asyncio.Queue()

    async def say(self, action: str, payload: Any) -> Any:
        """A call of the station's own; the answer's payload."""
        self._next += 1
        await self.socket.send(orjson.dumps([2, str(self._next), action, payload]).decode())
        return (await asyncio.wait_for(self._replies.get(), 5))[2]

    async def obey(self) -> None:
        """Answer calls until the link ends."""
        async for text in self.socket:
            frame = orjson.loads(text)
            if frame[0] != 2:
                self._replies.put_nowait(frame)
                continue
            answer = self.answers.get(frame[2], {"status": "Accepted"})
            if answer is None:
                continue
            if isinstance(answer, Exception):
                await self.socket.send(orjson.dumps([4, frame[1], str(answer), "no", {}]).decode())
            else:
                await self.socket.send(orjson.dumps([3, frame[1], answer]).decode())


@pytest.fixture(autouse=True)
def _runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHARGEHAND_RUNTIME_DIR", str(tmp_path / "runtime"))


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[Engine]:
    made = Engine(
        load_profile("bench"), tmp_path / "data", listen=["127.0.0.1:0"], api="127.0.0.1:0", files="127.0.0.1:0"
    )
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def web(engine: Engine) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False, base_url=str(engine.api_url), timeout=20) as client:
        yield client


Plug = Callable[..., Awaitable[Station]]


@pytest.fixture
async def plug(engine: Engine) -> AsyncIterator[Plug]:
    """Connect a station that boots and obeys."""
    async with asyncio.TaskGroup() as group:
        tasks: list[asyncio.Task[None]] = []
        sockets: list[ClientConnection] = []

        async def make(identity: str, answers: Answers | None = None) -> Station:
            socket = await connect(engine.listen_urls[0] + identity, subprotocols=[Subprotocol("ocpp1.6")], proxy=None)
            sockets.append(socket)
            station = Station(identity, socket, answers or {})
            tasks.append(group.create_task(station.obey()))
            await station.say("BootNotification", {"chargePointVendor": "Vendor", "chargePointModel": "Model"})
            await station.say("StatusNotification", {"connectorId": 1, "status": "Available", "errorCode": "NoError"})
            return station

        yield make
        for socket in sockets:
            await socket.close()
