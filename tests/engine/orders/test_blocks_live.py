"""The orders beyond the core against the real engine and an independent simulated station, in all three versions."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import msgspec
import pytest

from console.engine.engine import Engine
from console.engine.orders.run import Run
from console.simulator.station import SimulatedStation
from profiles import Profile, Tag, Tags, load_profile
from profiles.fleet_file import Behaviour, ConnectorSpec, StationSpec
from tests.engine.orders.order_port import until

VERSIONS = ("1.6", "2.0.1", "2.1")
QUICK = Behaviour(meter_seconds=0, reboot_seconds=(0.05, 0.1), transfer_seconds=0.1, install_seconds=0.05)

Order = Callable[..., Awaitable[Run]]


def with_cards() -> Profile:
    known = [Tag(id="ALICE", parent="FLEET"), Tag(id="BOB", status="Blocked")]
    return msgspec.structs.replace(load_profile("bench"), tags=Tags(known=known))


@pytest.fixture
async def engine(make_engine: Callable[..., Awaitable[Engine]]) -> Engine:
    return await make_engine(with_cards())


@pytest.fixture(params=VERSIONS)
async def station(request: pytest.FixtureRequest, engine: Engine) -> AsyncIterator[SimulatedStation]:
    """A booted station with two connectors."""
    spec = StationSpec(
        identity="CP-001", vendor="Vendor", model="Model", serial="S-1", firmware="1.2.3", ocpp=request.param,
        connectors=(ConnectorSpec(power_kw=22), ConnectorSpec(power_kw=22)),
    )  # fmt: skip
    made = SimulatedStation(engine.listen_urls[0], spec, behaviour=QUICK, seed=1, response_timeout=5)
    await made.connect()
    await made.boot()
    await until(lambda: (known := engine.fleet.station("CP-001")) is not None and len(known.connectors()) == 2)
    yield made
    await made.close()


only_2x = pytest.mark.parametrize("station", ["2.0.1", "2.1"], indirect=True)


@pytest.fixture
def order(engine: Engine, station: SimulatedStation) -> Order:
    """Give an order and wait for its effect, which must be seen within ten seconds."""

    async def give(name: str, *, done: bool = True, **arguments: Any) -> Run:
        run = await engine.desk.give("cp-001", name, arguments, timeout=10)
        effect = await run.done()
        assert effect.seen == done, [(stage.what, stage.text) for stage in run.stages]
        assert all(not one.violations for one in run.exchanges), run.exchanges
        return run

    return give


async def test_a_limit_is_set_told_by_the_schedule_and_cleared(station: SimulatedStation, order: Order) -> None:
    run = await order("limit", limit="10", connector=1)
    assert run.effect is not None
    assert run.effect.text == "connector 1 draws at most 10 A"
    await order("limit", limit="8", connector=1)  # the same number: it takes the place of the other
    assert (await order("schedule", connector=1, duration=600, unit="A")).lines == ["8 A"]
    if station.spec.ocpp != "1.6":
        (line,) = (await order("limits", evse=1)).lines
        assert line == "EVSE 1, CSO: profile 1010, TxDefaultProfile, stack 0, Absolute: 8 A"
    await order("clear-limit", connector=1)
    if station.spec.ocpp != "1.6":
        run = await order("limits")
        assert run.effect is not None
        assert (run.lines, run.effect.text) == ([], "none: answered NoProfiles")


async def test_the_limit_of_a_running_session_names_it(engine: Engine, station: SimulatedStation, order: Order) -> None:
    await station.plug_in(1)
    await order("start", tag="ALICE", connector=1)
    running = engine.fleet.active_on("CP-001", 1)
    assert running is not None
    run = await order("limit", limit="6", connector=1, purpose="session")
    assert run.order.arguments["transaction"] == running.wire
    assert run.effect is not None
    assert run.effect.text == "connector 1 draws at most 6 A"


async def test_the_cards_of_the_profile_are_sent_and_their_version_reads_back(order: Order) -> None:
    assert (await order("list-version")).lines == ["no local list"]
    run = await order("send-list", version=3)
    assert run.effect is not None
    assert run.effect.text == "the station has local list version 3"
    assert run.exchange is not None
    sent = json.dumps(run.exchange.request)
    assert all(word in sent for word in ("ALICE", "FLEET", "BOB", "Blocked"))
    run = await order("send-list", version=2, update="differential", remove="BOB", done=False)
    assert run.state == "rejected"
    assert "list-version" in " ".join(run.hints)


async def test_a_reservation_is_made_and_cancelled(order: Order) -> None:
    run = await order("reserve", connector=1, tag="ALICE", until="2h")
    await order("cancel-reservation", id=run.order.id & 0x7FFFFFFF)
    assert (await order("cancel-reservation", id=99, done=False)).state == "rejected"


async def test_installed_certificates_are_listed(order: Order) -> None:
    run = await order("certificates")
    assert run.state == "done"


@only_2x
async def test_a_message_is_shown_listed_and_taken_away(order: Order) -> None:
    run = await order("display", text="Out of order until noon", priority="AlwaysFront")
    number = run.order.id & 0x7FFFFFFF
    (line,) = (await order("displays")).lines
    assert line.startswith(f"message {number}, AlwaysFront")
    assert "“Out of order until noon” (UTF8" in line
    await order("clear-display", id=number)
    run = await order("displays")
    assert run.effect is not None
    assert run.effect.text == "none: answered Unknown"


@only_2x
async def test_a_monitor_is_set_listed_and_cleared(order: Order) -> None:
    place = {"component": "Connector", "variable": "AvailabilityState", "evse": 1}
    run = await order("monitor", **place, type="Delta", value=1, severity=5)
    number = int(run.lines[0].partition("monitor ")[2].split()[0])
    lines = (await order("monitors")).lines
    assert [one for one in lines if f"monitor {number} Delta 1, severity 5" in one]
    await order("clear-monitor", id=str(number))
    await order("monitoring", base="All")
    await order("monitoring", level=5)


@only_2x
async def test_what_is_known_of_a_customer_and_of_a_session_is_told(
    engine: Engine, station: SimulatedStation, order: Order
) -> None:
    await station.plug_in(1)
    await order("start", tag="ALICE", connector=1)
    assert "the transaction goes on" in (await order("transaction-status", connector=1)).lines
    await order("cost", connector=1, total="2.50")
    assert (await order("customer", tag="ALICE", type="ISO14443")).state == "done"
    run = await order("customer", tag="ALICE", type="ISO14443", clear=True, report=False)
    assert run.state == "done"
