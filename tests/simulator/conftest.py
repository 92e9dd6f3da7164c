"""A central system of a few lines, independent of chargehand's own: plain WebSockets and the OCPP schemas."""

from __future__ import annotations

import asyncio
import functools
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import jsonschema_rs
import ocpp
import pytest
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from console.simulator.station import SimulatedStation
from profiles.fleet_file import Behaviour, ConnectorSpec, StationSpec

DEADLINE = 15.0
VERSIONS = {"ocpp1.6": "1.6", "ocpp2.0.1": "2.0.1", "ocpp2.1": "2.1"}
CALM = Behaviour(
    meter_seconds=0,
    reboot_seconds=(0.05, 0.1),
    transfer_seconds=0.1,
    install_seconds=0.05,
    redial_seconds=0.05,
)


@functools.cache
def schema(kind: int, action: str, version: str) -> jsonschema_rs.Draft4Validator:
    """The schema of a CALL (2), CALLRESULT (3) or SEND (6), read from the ocpp package's files without its code."""
    folder = Path(ocpp.__file__).parent / f"v{version.replace('.', '')}" / "schemas"
    ending = "Response" if kind == 3 else "" if version == "1.6" or kind == 6 else "Request"
    text = (folder / f"{action}{ending}.json").read_text(encoding="utf-8-sig")
    return jsonschema_rs.Draft4Validator(json.loads(text))


@dataclass
class Heard:
    """One CALL from a station."""

    uid: str
    action: str
    payload: dict[str, Any]


@dataclass
class Central:
    """Answers every call of a station, checks every message against its schema, and remembers all of them."""

    heard: list[Heard] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    links: list[ServerConnection] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    answers: dict[str, Callable[[dict[str, Any]], dict[str, Any] | None]] = field(default_factory=dict)
    url: str = ""
    _pending: dict[str, tuple[str, asyncio.Future[dict[str, Any]]]] = field(default_factory=dict)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve_link(self, link: ServerConnection) -> None:
        """One station's link."""
        self.links.append(link)
        self.headers.append(dict(link.request.headers.raw_items()) if link.request else {})
        self._news.set()
        version = VERSIONS[str(link.subprotocol)]
        try:
            async for text in link:
                await self._take(link, version, json.loads(text))
        except ConnectionClosed:
            pass
        finally:
            self._news.set()

    async def _take(self, link: ServerConnection, version: str, message: list[Any]) -> None:
        if message[0] == 2:
            _, uid, action, payload = message
            self._check(2, action, version, payload)
            self.heard.append(Heard(uid, action, payload))
            answer = self.answers[action](payload) if action in self.answers else self._usual(action, version)
            if answer is not None:
                self._check(3, action, version, answer)
                await link.send(json.dumps([3, uid, answer]))
        elif message[0] == 6:
            self._check(6, message[2], version, message[3])
            self.heard.append(Heard(*message[1:]))
        elif message[1] in self._pending:
            action, future = self._pending.pop(message[1])
            if message[0] == 3:
                self._check(3, action, version, message[2])
                future.set_result(message[2])
            else:
                future.set_exception(RuntimeError(f"{action}: {message[2]}: {message[3]}"))
        self._news.set()

    def _check(self, kind: int, action: str, version: str, payload: dict[str, Any]) -> None:
        for error in schema(kind, action, version).iter_errors(payload):
            self.faults.append(f"{action}: {error.message} in {payload}")

    def _usual(self, action: str, version: str) -> dict[str, Any]:
        now = datetime.now(UTC).isoformat()
        tag = {"idTagInfo": {"status": "Accepted"}}
        token = {"idTokenInfo": {"status": "Accepted"}}
        usual: dict[str, dict[str, Any]] = {
            "BootNotification": {"currentTime": now, "interval": 3600, "status": "Accepted"},
            "Heartbeat": {"currentTime": now},
            "Authorize": tag if version == "1.6" else token,
            "StartTransaction": {"transactionId": len(self.of("StartTransaction")), **tag},
            "TransactionEvent": token,
            "SignCertificate": {"status": "Accepted"},
            "OpenPeriodicEventStream": {"status": "Accepted"},
        }
        return usual.get(action, {})

    async def call(self, action: str, payload: dict[str, Any] | None = None) -> dict[str, Any]:
        """Give an order; the answer's payload. The payload must fit the schema."""
        link = self.links[-1]
        uid = f"order-{len(self._pending)}-{datetime.now(UTC).timestamp()}"
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._pending[uid] = (action, future)
        self._check(2, action, VERSIONS[str(link.subprotocol)], payload or {})
        await link.send(json.dumps([2, uid, action, payload or {}]))
        return await asyncio.wait_for(future, DEADLINE)

    def of(self, action: str) -> list[dict[str, Any]]:
        """Payloads of every call of that action so far."""
        return [one.payload for one in self.heard if one.action == action]

    async def until(self, condition: Callable[[], Any]) -> Any:
        """Wait until the condition gives something true, and give that."""

        async def watch() -> Any:
            while not (found := condition()):
                self._news.clear()
                if not (found := condition()):
                    await self._news.wait()
                    continue
                return found
            return found

        return await asyncio.wait_for(watch(), DEADLINE)

    async def hear(self, action: str, count: int = 1, **fields: Any) -> dict[str, Any]:
        """Wait for the ``count``-th call of that action whose payload has these fields, and give it."""

        def fitting() -> list[dict[str, Any]]:
            return [p for p in self.of(action) if all(p.get(k) == v for k, v in fields.items())]

        await self.until(lambda: len(fitting()) >= count)
        return fitting()[count - 1]


class TurnedClock:
    """A clock whose hands a test turns."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.start = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

    def turn(self, seconds: float) -> None:
        """Let time pass."""
        self.seconds += seconds

    def monotonic(self) -> float:
        """Seconds since some fixed moment."""
        return self.seconds

    def now(self) -> datetime:
        """The present moment."""
        return self.start + timedelta(seconds=self.seconds - 1000.0)


@pytest.fixture
async def central() -> AsyncIterator[Central]:
    """A central system on a free port; every message of the test must have fitted its schema."""
    system = Central()

    async def serve_link(link: ServerConnection) -> None:
        await system.serve_link(link)

    server: Server
    async with serve(serve_link, "127.0.0.1", 0, subprotocols=list(VERSIONS)) as server:  # type: ignore[arg-type]
        port = next(iter(server.sockets)).getsockname()[1]
        system.url = f"ws://127.0.0.1:{port}/"
        yield system
    assert system.faults == []


@pytest.fixture
def clock() -> TurnedClock:
    """A clock whose hands the test turns."""
    return TurnedClock()


MakeStation = Callable[..., Awaitable[SimulatedStation]]


@pytest.fixture
async def make_station(central: Central, clock: TurnedClock) -> AsyncIterator[MakeStation]:
    """Make a station that is connected and booted: ``await make_station("2.0.1", connectors=2)``."""
    made: list[SimulatedStation] = []

    async def make(
        version: str = "1.6",
        *,
        boot: bool = True,
        kind: str = "AC",
        connectors: int = 1,
        behaviour: Behaviour = CALM,
        **more: Any,
    ) -> SimulatedStation:
        outlet = ConnectorSpec(kind="DC", power_kw=150, type="cCCS2") if kind == "DC" else ConnectorSpec(power_kw=22)
        given = {"identity": "CP 1/ü", "vendor": "Vendor", "model": "Model", "serial": "S-1", "firmware": "1.2.3"}
        spec = StationSpec(**{**given, **more}, ocpp=version, connectors=(outlet,) * connectors)  # type: ignore[arg-type]
        station = SimulatedStation(central.url, spec, behaviour=behaviour, seed=1, clock=clock, response_timeout=5)
        made.append(station)
        await station.connect()
        if boot:
            await station.boot()
        return station

    yield make
    for station in made:
        await station.close()


def identity_of(link: ServerConnection) -> str:
    """The identity under which a link was opened."""
    assert link.request is not None
    return unquote(link.request.path.rsplit("/", 1)[-1])
