"""What opens over a section: a station with its tabs, a session, an exchange."""

from __future__ import annotations

import pytest

from tests.snapshots.conftest import Snap, Stage
from tests.snapshots.test_sections import SIZES, show_files, size_name
from widgets.json_tree import FrameView, Mode

sizes = pytest.mark.parametrize("size", SIZES, ids=size_name)
Size = tuple[int, int]


@sizes
def test_station(snap: Snap, size: Size) -> None:
    async def opened(stage: Stage) -> None:
        await stage.station("CP-001")
        await stage.sees("CP-001", "MeterValues")

    assert snap(opened, size)


def test_station_that_is_gone(snap: Snap) -> None:
    async def opened(stage: Stage) -> None:
        await stage.station("CP-007")
        await stage.sees("none for 4 min")

    assert snap(opened)


def test_station_with_a_direct_current_session(snap: Snap) -> None:
    async def opened(stage: Stage) -> None:
        await stage.station("depot-03")
        await stage.sees("74.2 kW")

    assert snap(opened, (140, 40))


def test_station_in_the_light(snap: Snap) -> None:
    async def opened(stage: Stage) -> None:
        await stage.station("CP-001")
        await stage.sees("CP-001", "MeterValues")

    assert snap(opened, theme="chargehand-light")


@pytest.mark.parametrize("size", SIZES[:2], ids=size_name)
@pytest.mark.parametrize("tab", ["configuration", "sessions", "messages", "files", "log"])
def test_station_tab(snap: Snap, tab: str, size: Size) -> None:
    async def opened(stage: Stage) -> None:
        await stage.station("CP-012" if tab == "files" else "CP-001", tab)
        word = {
            "configuration": "HeartbeatInterval",
            "sessions": "04A2B9C3",
            "messages": "MeterValues",
            "files": "Downloading",
            "log": "link.opened",
        }[tab]
        await stage.sees(word)

    assert snap(opened, size)


def test_device_model_before_it_was_read(snap: Snap) -> None:
    async def opened(stage: Stage) -> None:
        await stage.station("garage-left", "configuration")

    assert snap(opened)


def test_files_in_detail(snap: Snap) -> None:
    async def opened(stage: Stage) -> None:
        await show_files(stage)
        await stage.press("down", "down")

    assert snap(opened)


@sizes
def test_session(snap: Snap, size: Size) -> None:
    async def opened(stage: Stage) -> None:
        await session(stage, "CP-001", "43")
        await stage.sees("Power W")

    assert snap(opened, size)


def test_session_with_a_gap(snap: Snap) -> None:
    async def opened(stage: Stage) -> None:
        await session(stage, "garage-left", "7c4f2a10-0b6e-4f5a-9d11-3f2f8c1e5a77")

    assert snap(opened)


def test_session_by_power(snap: Snap) -> None:
    async def opened(stage: Stage) -> None:
        await session(stage, "depot-03", "d0a1")
        await stage.press("m")

    assert snap(opened)


async def session(stage: Stage, station: str, wire: str) -> None:
    """Open a transaction in the Sessions section."""
    await stage.go("sessions")
    found = stage.app.engine.fleet.transaction(station, wire)
    assert found is not None
    stage.app.open_session(found.id)
    await stage.sees("chart")


@sizes
@pytest.mark.parametrize("way", ["raw", "tree"])
def test_exchange(snap: Snap, way: Mode, size: Size) -> None:
    async def opened(stage: Stage) -> None:
        await stage.go("exchange", stage.exchange("CP-001", "MeterValues"))
        await show_as(stage, way)

    assert snap(opened, size)


def test_exchange_with_a_violation(snap: Snap) -> None:
    async def opened(stage: Stage) -> None:
        await stage.go("exchange", stage.exchange("CP-011", "StatusNotification"))
        await stage.sees("$.errorCode")

    assert snap(opened)


def test_exchange_that_is_no_json(snap: Snap) -> None:
    async def opened(stage: Stage) -> None:
        await stage.go("exchange", stage.exchange("CP-011", "MeterValues"))
        await stage.sees("transactionId")

    assert snap(opened)


def test_exchange_of_an_order(snap: Snap) -> None:
    async def opened(stage: Stage) -> None:
        await stage.go("exchange", stage.exchange("lobby-1", "UnlockConnector"))
        await stage.sees("UnlockFailed")

    assert snap(opened)


def test_exchange_without_an_answer(snap: Snap) -> None:
    async def opened(stage: Stage) -> None:
        await stage.go("exchange", stage.exchange("yard-2", "TriggerMessage"))
        await stage.sees("TriggerMessage")

    assert snap(opened)


def test_exchange_of_a_hostile_station(snap: Snap, hostile: object) -> None:
    async def opened(stage: Stage) -> None:
        await stage.go("exchange", stage.exchange("[bold]CP[/]", "DataTransfer"))
        await stage.sees("DataTransfer")

    assert snap(opened, of=hostile)


def test_station_of_a_hostile_kind(snap: Snap, hostile: object) -> None:
    async def opened(stage: Stage) -> None:
        await stage.station("[bold]CP[/]")
        await stage.sees("[bold]CP[/]")

    assert snap(opened, of=hostile)


async def show_as(stage: Stage, way: Mode) -> None:
    """Both frames exactly as sent, or as trees."""
    for view in stage.app.screen.query(FrameView):
        view.set_mode(way)
