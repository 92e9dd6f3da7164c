"""A small engine for order tests: a real fleet, real dialects, and one station whose answers the test writes."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any

from console.engine.dialects import dialect
from console.engine.dialects.base import Dialect
from console.engine.errors import NotConnected
from console.engine.fleet.events import Event
from console.engine.fleet.fleet import Fleet
from console.engine.fleet.fold import fold_exchange, fold_happening
from console.engine.orders.run import Run
from console.engine.transfer.server import FileServer
from console.engine.wire.exchange import Exchange, Happening, Outcome, Record
from console.engine.wire.schema import violations
from profiles import Profile

Answer = dict[str, Any] | str | None


class FakeLink:
    """A link to a station of one version."""

    local_host = "127.0.0.1"
    queue_depth = 0

    def __init__(self, identity: str, version: str) -> None:
        self.identity = identity
        self.dialect: Dialect = dialect(version)
        self.opened = time.time_ns()


class FakeLinks:
    """Answers every call with what the test wrote for its action: a payload, ``CALLERROR:Code``, an outcome, None for
    no answer until ``release``."""

    def __init__(self, port: FakePort) -> None:
        self.port = port
        self.live: dict[str, FakeLink] = {}
        self.calls: list[tuple[str, Any]] = []
        self.busy = 0
        self.busiest = 0
        self.gate = asyncio.Event()
        self.gate.set()

    def get(self, station: str) -> FakeLink | None:
        return self.live.get(station.casefold())

    async def call(
        self, station: str, action: str, payload: Any, *, timeout: float, order: int | None = None
    ) -> Exchange:
        link = self.get(station)
        if link is None:
            raise NotConnected(f"{station} is not connected.")
        self.calls.append((action, payload))
        self.busy += 1
        self.busiest = max(self.busiest, self.busy)
        await self.gate.wait()
        self.busy -= 1
        answers = self.port.answers.get(action, [{"status": "Accepted"}])
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if callable(answer):
            answer = answer(payload)
        outcome: Outcome = "result"
        code: str | None = None
        response: Any = None
        if isinstance(answer, dict):
            response = answer
        elif answer.startswith("CALLERROR:"):
            outcome, code = "error", answer.removeprefix("CALLERROR:")
        else:
            outcome = answer
        version = link.dialect.version
        exchange = Exchange(
            time=time.time_ns(),
            station=link.identity,
            version=version,
            direction="out",
            action=action,
            unique_id=f"out-{len(self.calls)}",
            request=payload,
            response=response,
            outcome=outcome,
            error_code=code,
            violations=violations(version, action, response, answer=True) if response is not None else (),
            latency_ns=1_000_000 if outcome in ("result", "error") else None,
            order=order,
            raw_request=json.dumps([2, f"out-{len(self.calls)}", action, payload]),
        )
        self.port.fold(exchange)
        return exchange


class FakePort:
    """What the order desk needs of the engine."""

    def __init__(self, files: FileServer, profile: Profile) -> None:
        self.fleet = Fleet()
        self.profile = profile
        self.files = files
        self.read_only = False
        self.clock = time.time_ns
        self.links = FakeLinks(self)
        self.answers: dict[str, list[Any]] = {}
        self.happenings: list[Happening] = []
        self._watchers: list[Callable[[Record, tuple[Event, ...]], None]] = []
        self._last = 0

    def fold(self, record: Record) -> None:
        self._last += 1
        record.id = self._last
        events: tuple[Event, ...] = ()
        if isinstance(record, Exchange):
            events = dialect(record.version).read(record)
            fold_exchange(self.fleet, record, events)
        else:
            fold_happening(self.fleet, record)
            self.happenings.append(record)
        for watcher in list(self._watchers):
            watcher(record, events)

    async def happen(self, kind: str, *, station: str | None = None, link: int | None = None, **data: Any) -> Happening:
        await asyncio.sleep(0)
        happening = Happening(time=time.time_ns(), kind=kind, station=station, link=link, data=data)
        self.fold(happening)
        return happening

    def watch(self, callback: Callable[[Record, tuple[Event, ...]], None]) -> Callable[[], None]:
        self._watchers.append(callback)
        return lambda: self._watchers.remove(callback)

    # For tests.

    def connect(self, station: str, version: str, *, boot: str | None = "Accepted", **facts: str) -> None:
        """A station connects and, unless ``boot`` is None, boots."""
        self.links.live[station.casefold()] = FakeLink(station, version)
        opened = Happening(time=time.time_ns(), kind="link.opened", station=station, link=1, data={"version": version})
        self.fold(opened)
        if boot is not None:
            self.boot(station, boot, **facts)

    def boot(self, station: str, status: str = "Accepted", **facts: str) -> None:
        facts = {"vendor": "Vendor", "model": "Model", "firmware": "1.0", **facts}
        link = self.links.get(station)
        assert link is not None
        if link.dialect.version == "1.6":
            request: dict[str, Any] = {
                "chargePointVendor": facts["vendor"],
                "chargePointModel": facts["model"],
                "firmwareVersion": facts["firmware"],
            }
        else:
            inner = {"vendorName": facts["vendor"], "model": facts["model"], "firmwareVersion": facts["firmware"]}
            request = {"reason": facts.get("reason", "PowerUp"), "chargingStation": inner}
        answer = {"currentTime": "2025-01-01T00:00:00Z", "interval": 300, "status": status}
        self.hear(station, "BootNotification", request, answer)

    def hear(self, station: str, action: str, request: dict[str, Any], response: dict[str, Any] | None = None) -> None:
        """The station calls; the exchange is folded as it would be."""
        link = self.links.get(station)
        assert link is not None
        self.fold(
            Exchange(
                time=time.time_ns(),
                station=station,
                version=link.dialect.version,
                direction="in",
                action=action,
                unique_id=f"in-{self._last}",
                request=request,
                response=response or {},
                outcome="result",
                latency_ns=1,
            )
        )

    def ended(self) -> dict[str, Any]:
        """What the last ``order.ended`` says."""
        return next(one.data for one in reversed(self.happenings) if one.kind == "order.ended")


async def until(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    """Wait until the condition holds; fails where it does not in time."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.002)


async def accepted(run: Run) -> None:
    """Wait until the run awaits its effect."""
    await until(lambda: run.state == "accepted" or run.over)
    assert run.state == "accepted", run.stages
