"""What most tests need: a real engine on a free port, and a station that is not written on our own wire code."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from console.engine.engine import Engine
from profiles import Profile, load_profile

SUBPROTOCOLS = {"1.6": "ocpp1.6", "2.0.1": "ocpp2.0.1", "2.1": "ocpp2.1"}


class RawStation:
    """A charging station as plain text over the `websockets` client: says exactly what a test tells it to say."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.ids = itertools.count(1)
        self.seen: list[Any] = []

    async def say(self, text: str | bytes) -> None:
        """Send one frame exactly as it stands."""
        await self.socket.send(text)

    async def hear(self, within: float = 10) -> Any:
        """The next frame, decoded."""
        return json.loads(await asyncio.wait_for(self.socket.recv(), within))

    async def call(self, action: str, payload: Any, unique_id: str | None = None) -> Any:
        """Call the central system; the whole answer frame."""
        own = unique_id or str(next(self.ids))
        await self.say(json.dumps([2, own, action, payload]))
        while True:
            frame = await self.hear()
            if frame[0] in (3, 4) and frame[1] in (own, "-1"):
                return frame
            self.seen.append(frame)

    async def answer_next(self, payload: Any) -> Any:
        """Wait for a call of the central system and answer it; the call."""
        frame = await self.called()
        await self.answer(frame, payload)
        return frame

    async def called(self) -> Any:
        """The next call of the central system, not answered yet."""
        while True:
            frame = self.seen.pop(0) if self.seen else await self.hear()
            if frame[0] == 2:
                return frame

    async def answer(self, call: Any, payload: Any) -> None:
        """Answer a call with a result."""
        await self.say(json.dumps([3, call[1], payload]))

    async def boot(self, **more: Any) -> Any:
        """Boot in the words of the link's version."""
        if self.socket.subprotocol in (None, "ocpp1.6"):
            payload = {"chargePointVendor": "Acme", "chargePointModel": "One", **more}
        else:
            payload = {"reason": "PowerUp", "chargingStation": {"vendorName": "Acme", "model": "One"}, **more}
        return await self.call("BootNotification", payload)

    async def close(self) -> None:
        """Close with a close frame."""
        await self.socket.close()


Dial = Callable[..., Awaitable[RawStation]]
MakeEngine = Callable[..., Awaitable[Engine]]


async def until(condition: Callable[[], Any], within: float = 10) -> Any:
    """Wait until a condition holds; what it gave."""
    async with asyncio.timeout(within):
        while not (found := condition()):
            await asyncio.sleep(0.005)
    return found


@pytest.fixture(name="until")
def _until() -> Callable[..., Awaitable[Any]]:
    return until


@pytest.fixture(autouse=True)
def _own_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test looks at, or leaves anything in, the places of the person who runs it."""
    monkeypatch.setenv("CHARGEHAND_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("CHARGEHAND_RUNTIME_DIR", str(tmp_path / "runtime"))


@pytest.fixture
async def make_engine(tmp_path: Path) -> AsyncIterator[MakeEngine]:
    """Starts engines on free loopback ports; stops them at the end."""
    made: list[Engine] = []

    async def make(profile: Profile | str = "bench", data: Path | None = None, **options: Any) -> Engine:
        loaded = load_profile(profile) if isinstance(profile, str) else profile
        options = {
            "listen": ["127.0.0.1:0"],
            "api": "127.0.0.1:0",
            "files": "127.0.0.1:0",
            **options,
        }
        engine = Engine(loaded, data or tmp_path / "data", **options)
        await engine.start()
        made.append(engine)
        return engine

    yield make
    for engine in made:
        if engine.running:
            await engine.stop()


@pytest.fixture
async def engine(make_engine: MakeEngine) -> Engine:
    """A running engine with the bench profile."""
    return await make_engine()


@pytest.fixture
async def dial() -> AsyncIterator[Dial]:
    """Connects raw stations; drops them at the end."""
    made: list[ClientConnection] = []

    async def call(engine: Engine, identity: str = "CP-001", version: str | None = "1.6", **options: Any) -> RawStation:
        offered = None if version is None else [Subprotocol(SUBPROTOCOLS.get(version, version))]
        options.setdefault("compression", None)
        socket = await connect(engine.listen_urls[0] + identity, subprotocols=offered, **options)
        made.append(socket)
        return RawStation(socket)

    yield call
    for socket in made:
        await socket.close()
