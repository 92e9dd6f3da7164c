"""A whole fleet of virtual stations, run until it is cancelled."""

from __future__ import annotations

import asyncio
import logging
import random
from pathlib import Path

from console.simulator.station import SimulatedStation
from console.simulator.tasks import Owner, cancel_all, spawn
from profiles.fleet_file import Behaviour, StationSpec, load_fleet

log = logging.getLogger("chargehand.simulator")


async def simulate(
    url: str, fleet: str | Path = "mixed", stations: int | None = None, *, seed: int | None = None
) -> None:
    """Run a fleet (by name, or from a file) against the central system at ``url`` until cancelled.

    ``stations`` repeats or cuts the fleet; ``seed`` makes chance repeatable. The identity is appended to ``url``.
    Raises ``profiles.errors.ProfileError`` when there is no such fleet or its file is wrong.
    """
    plan = load_fleet(fleet)
    rng = random.Random(seed)
    tasks: Owner = set()
    try:
        for spec in plan.expand(stations):
            pause = rng.uniform(0, plan.behaviour.start_spread_seconds)
            spawn(_one(url, spec, plan.behaviour, seed, pause), name=spec.identity, owner=tasks)
        log.info("%d stations of fleet %s dial %s", len(tasks), plan.name, url)
        await asyncio.Event().wait()
    finally:
        await cancel_all(tasks)


async def _one(url: str, spec: StationSpec, behaviour: Behaviour, seed: int | None, pause: float) -> None:
    await asyncio.sleep(pause)
    await SimulatedStation(url, spec, behaviour=behaviour, seed=seed).run()
