"""The soak's verdict finds what it is there to find: each promise is broken here once."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.soak_station import Acknowledged, Session, SoakStation
from benchmarks.soak_verdict import Promise, judge, memory, slope
from console.engine.engine import Engine
from console.engine.tasks import Owner, cancel_all, spawn

MakeEngine = Callable[..., Awaitable[Engine]]


@pytest.fixture
async def after(make_engine: MakeEngine, tmp_path: Path) -> tuple[Path, list[SoakStation]]:
    """Two stations that have said all they had to say, and the journal that is left."""
    engine = await make_engine()
    turns = itertools.count()
    stations = [
        SoakStation(number, version, 0, lambda: next(turns) > 20) for number, version in enumerate(("1.6", "2.0.1"))
    ]
    owner: Owner = set()
    for station in stations:
        spawn(station.run(engine.listeners[0].address[1]), name=station.identity, owner=owner)
    async with asyncio.timeout(30):
        await asyncio.gather(*owner)
    await cancel_all(owner)
    await engine.stop()
    return tmp_path / "data", stations


async def _broken(data: Path, stations: list[SoakStation]) -> list[str]:
    promises, _ = await judge(data, stations)
    return [promise.what for promise in promises if not promise.kept]


async def test_an_undisturbed_run_keeps_every_promise(after: tuple[Path, list[SoakStation]]) -> None:
    data, stations = after
    promises, figures = await judge(data, stations)
    assert [promise for promise in promises if not promise.kept] == []
    assert figures["sessions"] >= 2
    assert figures["acknowledged records"] >= 20
    assert all(session.closed for station in stations for session in station.sessions)


async def test_an_acknowledgement_without_a_record_is_found(after: tuple[Path, list[SoakStation]]) -> None:
    data, stations = after
    answer = json.dumps([3, "gone", {}])
    stations[0].acknowledged.append(Acknowledged("gone", "StatusNotification", answer))
    assert await _broken(data, stations) == ["acknowledged records that are lost"]
    stations[0].acknowledged.pop()
    known = next(one for one in stations[0].acknowledged if one.action == "StartTransaction")
    stations[0].acknowledged.append(known._replace(answer=known.answer.replace("Accepted", "Blocked")))
    assert await _broken(data, stations) == ["acknowledged records that are lost"]


async def test_a_heartbeat_acknowledges_nothing(after: tuple[Path, list[SoakStation]]) -> None:
    data, stations = after
    stations[0].acknowledged.append(Acknowledged("gone", "Heartbeat", "[3]"))
    assert await _broken(data, stations) == []


async def test_a_session_that_is_missing_or_ended_otherwise_is_found(after: tuple[Path, list[SoakStation]]) -> None:
    data, stations = after
    stations[1].sessions.append(Session(99, "2026-01-15T12:00:00Z", 0, 5, "nowhere", closed=True))
    assert await _broken(data, stations) == ["sessions that are not there"]
    stations[1].sessions.pop()
    stations[1].sessions[0].stop_wh = 7
    assert await _broken(data, stations) == ["sessions with another end than the station's"]


async def test_a_transaction_that_is_there_twice_is_found(
    after: tuple[Path, list[SoakStation]], make_engine: MakeEngine, dial: Any
) -> None:
    data, stations = after
    engine = await make_engine(data=data)
    one = next(one for one in stations[0].sessions if one.wire is not None)
    station = await dial(engine, stations[0].identity)
    start = {"connectorId": 2, "idTag": "SOAK", "meterStart": one.start_wh, "timestamp": one.started}
    assert (await station.call("StartTransaction", start))[0] == 3
    await engine.stop()
    assert await _broken(data, stations) == ["transactions that are there twice"]


async def test_a_refused_call_is_found(after: tuple[Path, list[SoakStation]]) -> None:
    data, stations = after
    stations[0].refused.append("Heartbeat: InternalError")
    assert await _broken(data, stations) == ["well-formed calls that were refused"]


def test_memory_is_judged_by_its_slope_after_the_warm_up() -> None:
    warm = [(float(second), 50_000_000 + second * 100_000) for second in range(0, 1200, 60)]
    flat = [(float(second), 170_000_000) for second in range(1200, 3600, 60)]
    assert slope(flat[:5]) is None
    assert slope(warm + flat) == pytest.approx(0, abs=1)
    assert memory([warm + flat, []]).kept is True
    rising = [(float(second), 170_000_000 + second * 600) for second in range(0, 3600, 60)]
    assert memory([rising]).kept is False
    assert memory([rising[:20]]).kept is None
    assert memory([]) == Promise(memory([]).what, "too short to tell", None)
