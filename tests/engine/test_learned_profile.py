"""What an operator decided goes into the profile that is saved."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from console.engine.engine import Engine
from profiles import Listen, load_profile, save_profile

Dial = Callable[..., Awaitable[Any]]
MakeEngine = Callable[..., Awaitable[Engine]]


async def test_an_accepted_station_is_known_after_saving_and_loading(make_engine: MakeEngine, dial: Dial) -> None:
    profile = msgspec.structs.replace(
        load_profile("bench"), listen=[Listen(address="127.0.0.1:0", unknown_stations="pending")]
    )
    engine = await make_engine(profile, listen=None)
    station = await dial(engine, "CP-NEW")
    assert (await station.boot())[2]["status"] == "Pending"
    await engine.approve("CP-NEW", True)
    save_profile(engine.learned_profile(), "mine")
    again = load_profile("mine")
    known = again.station("cp-new")
    assert known is not None
    assert known.accepted


async def test_a_known_station_that_is_not_accepted_waits(make_engine: MakeEngine, dial: Dial) -> None:
    from profiles import KnownStation

    profile = msgspec.structs.replace(
        load_profile("bench"),
        listen=[Listen(address="127.0.0.1:0")],
        stations=[KnownStation(id="CP-001", accepted=False)],
    )
    engine = await make_engine(profile, listen=None)
    station = await dial(engine, "CP-001")
    assert (await station.boot())[2]["status"] == "Pending"
