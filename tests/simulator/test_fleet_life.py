"""A fleet lives by chance, repeatably, and its process ends when it is told to."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from console.simulator.run import simulate
from console.simulator.tasks import Owner, cancel_all, spawn
from profiles.errors import ChargehandError, ProfileError

LIVELY = """
title = "Lively"

[behaviour]
speed = 1200
session_minutes = [10, 20]
idle_minutes = [5, 10]
busy_at_start = 0
meter_seconds = 0.2
fault_minutes = 30
fault_seconds = [0.2, 0.4]
unplug_seconds = [0.1, 0.2]
start_spread_seconds = 0

[[stations]]
identity = "A-{n}"
count = 2
ocpp = "1.6"
vendor = "V"
model = "M"

[[stations]]
identity = "B"
ocpp = "2.0.1"
vendor = "V"
model = "M"
odd_frames = ["[]"]

[[stations]]
identity = "C"
ocpp = "2.1"
vendor = "V"
model = "M"
connectors = [{ kind = "DC", power_kw = 100 }]
"""


CALM = """
title = "Calm"

[behaviour]
sessions = false
start_spread_seconds = 0

[[stations]]
identity = "Q-{n}"
count = 3
ocpp = "1.6"
vendor = "V"
model = "M"
"""


@pytest.fixture
def calm(tmp_path: Path) -> Path:
    """A fleet of three that only boots and beats."""
    path = tmp_path / "calm.toml"
    path.write_text(CALM)
    return path


@pytest.fixture
async def running() -> AsyncIterator[Owner]:
    """Tasks that end with the test."""
    owner: Owner = set()
    yield owner
    await cancel_all(owner)


async def test_drivers_come_charge_and_leave_in_every_version(central: Any, running: Owner, tmp_path: Path) -> None:
    fleet = tmp_path / "lively.toml"
    fleet.write_text(LIVELY)
    spawn(simulate(central.url, fleet, seed=5), name="fleet", owner=running)
    await central.hear("StopTransaction", count=2)
    await central.hear("TransactionEvent", count=2, eventType="Ended")
    identities = {link.request.path for link in central.links}
    assert identities == {"/A-001", "/A-002", "/B", "/C"}
    assert central.of("MeterValues")
    assert len(central.of("BootNotification")) == 4


async def test_a_fleet_can_be_repeated_and_ends_without_leftovers(central: Any, calm: Path) -> None:
    before = asyncio.all_tasks()
    owner: Owner = set()
    spawn(simulate(central.url, calm, 13, seed=1), name="fleet", owner=owner)
    await central.hear("BootNotification", count=13)
    assert len({link.request.path for link in central.links}) == 13
    await cancel_all(owner)
    await central.until(lambda: all(link.close_code is not None for link in central.links))
    left = {t for t in asyncio.all_tasks() - before if "conn_handler" not in repr(t)}
    assert left == set()
    assert not central.of("Authorize")


async def test_an_unknown_fleet_is_an_error_that_names_the_shipped_ones() -> None:
    with pytest.raises(ProfileError, match="mixed"):
        await simulate("ws://127.0.0.1:1/", "no-such-fleet")


async def start_process(url: str, fleet: Path | str, *more: str) -> asyncio.subprocess.Process:
    """``python -m console.simulator`` with pipes."""
    command = [sys.executable, "-m", "console.simulator", url, "--fleet", str(fleet), "--stations", "2", *more]
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, stderr=pipe, env={**os.environ})


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
async def test_the_process_ends_cleanly_on_a_signal(central: Any, calm: Path, how: signal.Signals) -> None:
    process = await start_process(central.url, calm)
    await central.hear("BootNotification", count=2)
    process.send_signal(how)
    out, err = await process.communicate()
    assert (process.returncode, out, err) == (0, b"", b"")
    assert [link.close_code for link in central.links] == [1000, 1000]


async def test_the_process_ends_when_its_parent_is_gone(central: Any, calm: Path) -> None:
    process = await start_process(central.url, calm, "--with-parent")
    await central.hear("BootNotification", count=2)
    assert process.stdin is not None
    process.stdin.close()
    assert await process.wait() == 0
    await process.communicate()


async def test_a_wrong_fleet_ends_the_process_with_2_and_a_sentence() -> None:
    process = await start_process("ws://127.0.0.1:1/", "nope")
    _, err = await process.communicate()
    assert process.returncode == 2
    assert b"Shipped fleets: hostile, mixed" in err


@pytest.mark.parametrize(
    ("url", "stations", "sentence"),
    [("http://127.0.0.1/", 2, "is not an address"), ("ws://", 2, "is not an address"), ("ws://x/", 0, "one station")],
)
async def test_a_bad_argument_is_said_in_a_sentence(url: str, stations: int, sentence: str) -> None:
    with pytest.raises(ChargehandError, match=sentence):
        await simulate(url, "quiet", stations)


async def test_the_simulator_knows_nothing_of_the_console() -> None:
    code = (
        "import sys, console.simulator.run, console.simulator.v16.speech, console.simulator.v2.station_end21\n"
        "banned = ('console.engine', 'console.app', 'console.screens', 'widgets', 'textual')\n"
        "print([name for name in sys.modules if name.startswith(banned)])"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate()
    assert out.strip() == b"[]"
