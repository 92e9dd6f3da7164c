"""Traffic of real chargers, through real sockets and through replay: both end in the same fleet."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from console.engine.dialects import dialect
from console.engine.engine import Engine
from console.engine.fleet.fleet import Fleet
from console.engine.fleet.fold import fold_exchange, fold_happening
from console.engine.journal import Reader
from console.engine.wire.exchange import Exchange
from tests.captures import CAPTURES
from tests.fleets import facts

NAMES = sorted(path.stem for path in CAPTURES.glob("*.jsonl")) if CAPTURES.is_dir() else []

Dial = Callable[..., Awaitable[Any]]
MakeEngine = Callable[..., Awaitable[Engine]]
Until = Callable[..., Awaitable[Any]]


def replayed(journal: Reader) -> Fleet:
    """A new fleet out of all that the journal keeps."""
    fleet = Fleet()
    for record in journal.tail(0):
        if isinstance(record, Exchange):
            fold_exchange(fleet, record, dialect(record.version).read(record))
        else:
            fold_happening(fleet, record)
    return fleet


class Player:
    """Plays a capture from the charger's side, and the calls of its central system from ours."""

    def __init__(self, engine: Engine, station: Any, identity: str) -> None:
        self.engine = engine
        self.station = station
        self.identity = identity
        self.transaction = 1
        self.called: dict[str, tuple[str, asyncio.Task[Exchange]]] = {}

    async def play(self, line: dict[str, Any]) -> None:
        raw = line.get("raw", "").replace("{{TX}}", str(self.transaction))
        try:
            frame = json.loads(raw)
        except ValueError:
            frame = None
        if line["dir"] == "csms->cp":
            if frame is not None and frame[0] == 2:
                await self._call(frame)
            return
        if line["dir"] != "cp->csms":
            return
        if frame is not None and frame[0] in (3, 4) and frame[1] in self.called:
            own, task = self.called.pop(frame[1])
            await self.station.say(raw.replace(frame[1], own, 1))
            await task
            return
        await self.station.say(raw)
        if frame is None or frame[0] == 2:
            answer = await self._answer()
            if answer[0] == 3 and isinstance(answer[2].get("transactionId"), int):
                self.transaction = answer[2]["transactionId"]

    async def _call(self, frame: list[Any]) -> None:
        call = self.engine.links.call(self.identity, frame[2], frame[3], timeout=5)
        task = asyncio.get_running_loop().create_task(call)
        while True:
            heard = await self.station.hear()
            if heard[0] == 2:
                self.called[frame[1]] = (heard[1], task)
                return
            self.station.seen.append(heard)

    async def _answer(self) -> Any:
        while True:
            heard = await self.station.hear()
            if heard[0] != 2:
                return heard


@pytest.mark.skipif(not NAMES, reason="no captures of real stations on this machine")
@pytest.mark.parametrize("name", NAMES)
async def test_a_capture_through_sockets_and_through_replay_ends_in_the_same_fleet(
    make_engine: MakeEngine, dial: Dial, until: Until, tmp_path: Path, name: str
) -> None:
    meta, *lines = [json.loads(text) for text in (CAPTURES / f"{name}.jsonl").read_text().splitlines() if text.strip()]
    meta = meta["meta"]
    engine = await make_engine(data=tmp_path / "journal")
    offered = meta.get("subprotocols") or []
    version = meta["ocpp"] if offered else None
    station = await dial(engine, name, version)
    player = Player(engine, station, name)
    for line in lines:
        await player.play(line)
    for _, task in player.called.values():
        task.cancel()
    sent = sum(line["dir"] == "cp->csms" for line in lines)
    await until(lambda: (known := engine.fleet.station(name)) is not None and known.messages >= sent)
    live = facts(engine.fleet)
    assert facts(replayed(engine.journal)) == live
    rows = await engine.messages(limit=100)
    kept = {row.raw_request for row in rows} | {row.raw_response for row in rows}
    for line in lines:
        if line["dir"] == "cp->csms" and "{{TX}}" not in line["raw"] and not line["raw"].startswith("[3"):
            assert line["raw"] in kept
    await station.close()
    await until(lambda: engine.links.get(name) is None)
    await engine.stop()
    before = facts(engine.fleet)
    again = await make_engine(data=tmp_path / "journal")
    after = facts(again.fleet)
    # The only news since is that the console started again.
    assert after["cursor"] == before["cursor"] + 1
    assert {**after, "cursor": 0} == {**before, "cursor": 0}
