"""Every order against the real engine and an independent simulated station, in all three versions."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from console.engine.engine import Engine
from console.engine.errors import NotConnected
from console.engine.orders.run import Run
from console.simulator.station import SimulatedStation
from profiles.fleet_file import Behaviour, ConnectorSpec, StationSpec
from tests.engine.orders.order_port import until

VERSIONS = ("1.6", "2.0.1", "2.1")
QUICK = Behaviour(
    meter_seconds=0,
    reboot_seconds=(0.05, 0.1),
    transfer_seconds=0.1,
    install_seconds=0.05,
    redial_seconds=0.05,
)

Order = Callable[..., Awaitable[Run]]


@pytest.fixture(params=VERSIONS)
async def station(request: pytest.FixtureRequest, engine: Engine) -> AsyncIterator[SimulatedStation]:
    """A booted station with two connectors."""
    spec = StationSpec(
        identity="CP-001",
        vendor="Vendor",
        model="Model",
        serial="S-1",
        firmware="1.2.3",
        ocpp=request.param,
        connectors=(ConnectorSpec(power_kw=22), ConnectorSpec(power_kw=22)),
    )
    made = SimulatedStation(engine.listen_urls[0], spec, behaviour=QUICK, seed=1, response_timeout=5)
    await made.connect()
    await made.boot()
    await until(lambda: _statuses(engine) == {"Available"})
    yield made
    await made.close()


def _statuses(engine: Engine) -> set[str | None]:
    known = engine.fleet.station("CP-001")
    return {one.status for one in known.connectors()} if known and len(known.connectors()) == 2 else set()


@pytest.fixture
def order(engine: Engine, station: SimulatedStation) -> Order:
    """Give an order and wait for its effect, which must be seen within ten seconds."""

    async def give(name: str, *, local: bool = False, **arguments: Any) -> Run:
        run = await engine.desk.give("cp-001", name, arguments, timeout=10, local=local)
        effect = await run.done()
        assert effect.seen, [(stage.what, stage.text) for stage in run.stages]
        assert run.state == "done"
        assert all(not one.violations for one in run.exchanges), run.exchanges
        return run

    return give


@pytest.mark.parametrize("kind", ["soft", "hard"])
async def test_reset_until_it_has_booted_again(engine: Engine, order: Order, kind: str) -> None:
    known = engine.fleet.station("CP-001")
    assert known is not None
    boots = known.boots
    await order("reset", type=kind)
    assert known.boots == boots + 1


async def test_reset_of_one_evse(engine: Engine, station: SimulatedStation, order: Order) -> None:
    if station.spec.ocpp == "1.6":
        pytest.skip("1.6 resets the whole station only")
    run = await order("reset", type="soft", evse=1)
    assert "EVSE 1 is reset" in run.stages[-1].text


async def test_unlock(station: SimulatedStation, order: Order) -> None:
    run = await order("unlock", connector=2)
    assert run.stages[-1].text == "answered Unlocked"


async def test_start_and_stop_by_connector(engine: Engine, station: SimulatedStation, order: Order) -> None:
    await station.plug_in(2)
    await order("start", tag="VISITOR", connector=2)
    running = engine.fleet.active_on("CP-001", 2)
    assert running is not None
    assert running.id_tag == "VISITOR"
    await order("stop", connector=2)
    assert running.state == "ended"


async def test_start_and_stop_by_the_wire_id(engine: Engine, station: SimulatedStation, order: Order) -> None:
    await station.plug_in(1)
    await order("start", tag="VISITOR", connector=1)
    running = engine.fleet.active_on("CP-001", 1)
    assert running is not None
    await order("stop", transaction=running.wire)
    assert engine.fleet.active() == []


async def test_firmware_from_a_file_of_this_machine(
    engine: Engine, station: SimulatedStation, order: Order, tmp_path: Path
) -> None:
    image = tmp_path / "fw-2.0.bin"
    image.write_bytes(b"firmware" * 1000)
    run = await order("firmware", file=str(image), local=True)
    told = " ".join(stage.text for stage in run.stages)
    assert all(word in told for word in ("Downloading", "Downloaded", "Installing", "Installed"))
    assert run.progress == 1.0
    assert [one.name for one in engine.files.images()] == ["fw-2.0.bin"]


@pytest.mark.parametrize("log", ["diagnostics", "security"])
async def test_diagnostics_until_the_upload_is_here(engine: Engine, order: Order, log: str) -> None:
    run = await order("diagnostics", log=log, since="2h")
    assert " arrived after" in run.stages[-1].text
    assert len(engine.files.received()) == 1


@pytest.mark.parametrize(("message", "connector"), [("Heartbeat", None), ("StatusNotification", 2), ("MeterValues", 1)])
async def test_trigger_until_the_message_has_come(order: Order, message: str, connector: int | None) -> None:
    await order("trigger", message=message, **({} if connector is None else {"connector": connector}))


async def test_a_boot_can_be_triggered_where_the_version_allows_it(engine: Engine, station: SimulatedStation) -> None:
    run = await engine.desk.give("CP-001", "trigger", {"message": "BootNotification"}, timeout=10)
    await run.done()
    # 2.x: an accepted station answers Rejected (F06.FR.17).
    assert run.state == ("done" if station.spec.ocpp == "1.6" else "rejected")


@pytest.mark.parametrize("place", [{}, {"connector": 1}])
async def test_availability_out_of_service_and_back(engine: Engine, order: Order, place: dict[str, int]) -> None:
    await order("availability", operative=False, **place)
    assert "Unavailable" in _statuses(engine)
    await order("availability", operative=True, **place)
    assert _statuses(engine) == {"Available"}


def _setting(station: SimulatedStation) -> dict[str, str]:
    if station.spec.ocpp == "1.6":
        return {"key": "HeartbeatInterval"}
    return {"component": "OCPPCommCtrlr", "variable": "HeartbeatInterval"}


async def test_set_reads_back_and_get_tells_the_value(station: SimulatedStation, order: Order) -> None:
    setting = _setting(station)
    await order("set", **setting, value="777")
    run = await order("get", **setting)
    assert run.stages[-1].text.endswith("HeartbeatInterval = 777")


async def test_get_of_everything(engine: Engine, order: Order) -> None:
    run = await order("get")
    known = engine.fleet.station("CP-001")
    assert known is not None
    assert len(known.variables) > 10
    assert len(run.values) >= len(known.variables)


async def test_clear_cache(order: Order) -> None:
    await order("clear-cache")


async def test_data_transfer_to_an_unknown_vendor_is_rejected(engine: Engine, station: SimulatedStation) -> None:
    run = await engine.desk.give("CP-001", "data-transfer", {"vendor": "nobody", "data": "x"})
    await run.done()
    assert run.state == "rejected"
    assert "UnknownVendorId" in run.stages[-1].text


async def test_raw_and_the_journal_keep_the_same_exchange(engine: Engine, station: SimulatedStation) -> None:
    exchange = await engine.raw("CP-001", "GetLocalListVersion", {})
    assert exchange.outcome == "result"
    kept = await engine.journal.messages(None, limit=5)
    assert exchange.id in [one.id for one in kept]


async def test_the_audit_row_is_committed_before_the_call_and_numbers_it(engine: Engine, order: Order) -> None:
    run = await order("clear-cache")
    kinds = {one.id: one for one in await engine.journal.happenings(limit=50)}
    assert kinds[run.order.id].kind == "order.given"
    assert kinds[run.order.id].data["order"] == "clear-cache"
    assert run.order.id < run.exchanges[0].id
    assert any(one.kind == "order.ended" and one.data["order"] == run.order.id for one in kinds.values())


async def test_a_station_that_has_gone_is_not_connected(engine: Engine, station: SimulatedStation) -> None:
    await station.go_offline()
    await until(lambda: engine.links.get("CP-001") is None)
    with pytest.raises(NotConnected):
        await engine.desk.give("CP-001", "clear-cache", {})


async def test_an_engine_that_stops_lets_no_order_hang(engine: Engine, station: SimulatedStation) -> None:
    run = await engine.desk.give("CP-001", "trigger", {"message": "FirmwareStatusNotification"}, timeout=60)
    await run.judged()
    waiting = await engine.desk.give("CP-001", "start", {"tag": "T", "connector": 1}, timeout=60)
    await engine.stop()
    assert run.over
    assert not (await waiting.done()).seen
