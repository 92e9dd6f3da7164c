"""A whole fleet of virtual stations, run until it is cancelled."""

from __future__ import annotations

import asyncio
import logging
import random
import ssl
from pathlib import Path
from urllib.parse import urlsplit

from console.simulator.station import SimulatedStation
from console.simulator.tasks import Owner, cancel_all, spawn
from profiles.errors import ChargehandError
from profiles.fleet_file import load_fleet

log = logging.getLogger("chargehand.simulator")

PATIENCE = 5.0


async def simulate(
    url: str,
    fleet: str | Path = "mixed",
    stations: int | None = None,
    *,
    seed: int | None = None,
    ca: Path | None = None,
) -> None:
    """Run a fleet (by name, or from a file) against the central system at ``url`` until cancelled.

    ``stations`` repeats or cuts the fleet; ``seed`` makes chance repeatable; ``ca`` is a PEM file with the authority
    that signed the certificate of a ``wss`` address. The identity is appended to ``url``.
    Raises ``ProfileError`` when there is no such fleet or its file is wrong, ``ChargehandError`` for another bad
    argument.
    """
    plan = load_fleet(fleet)
    if urlsplit(url).scheme not in ("ws", "wss") or not urlsplit(url).netloc:
        raise ChargehandError(f"{url!r} is not an address such as ws://127.0.0.1:9000/.", title="A bad address")
    if stations is not None and stations < 1:
        raise ChargehandError("Ask for one station or more.", title="No stations")
    tls = _trust(ca) if url.startswith("wss:") else None
    rng = random.Random(seed)
    owner: Owner = set()
    made = [SimulatedStation(url, spec, behaviour=plan.behaviour, seed=seed, tls=tls) for spec in plan.expand(stations)]
    try:
        for station in made:
            pause = rng.uniform(0, plan.behaviour.start_spread_seconds)
            spawn(_one(station, pause), name=station.identity, owner=owner)
        log.info("%d station%s of fleet %s: dialling %s", len(made), "" if len(made) == 1 else "s", plan.name, url)
        await asyncio.sleep(plan.behaviour.start_spread_seconds + PATIENCE)
        _complain(url, made)
        await asyncio.Event().wait()
    finally:
        await cancel_all(owner)


async def _one(station: SimulatedStation, pause: float) -> None:
    await asyncio.sleep(pause)
    await station.run()


def _complain(url: str, stations: list[SimulatedStation]) -> None:
    if any(station.online for station in stations):
        return
    troubles = {f"{type(s.trouble).__name__}: {s.trouble}" for s in stations if s.trouble}
    log.warning("no station has reached %s yet (%s); dialling goes on", url, "; ".join(sorted(troubles)) or "no answer")


def _trust(ca: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca)
    except (OSError, ssl.SSLError) as error:
        raise ChargehandError(f"{ca} cannot be used: {error}.", title="No certificate authority") from error
