"""Row 96: whatever goes on for months, what is kept of it in memory has a bound."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from console.engine.api import events as event_stream
from console.engine.endpoint import links
from console.engine.engine import Engine
from console.engine.errors import OrderError
from console.engine.orders import configuration
from console.engine.orders import desk as desk_module
from console.engine.orders import run as run_module
from tests.faults.raw import Wire, settled

Until = Callable[..., Awaitable[Any]]
BOOT = {"chargePointVendor": "A", "chargePointModel": "B"}


@pytest.fixture(name="link")
async def _link(engine: Engine) -> AsyncIterator[Wire]:
    link = await Wire.link(engine)
    await link.ask("boot", "BootNotification", BOOT)
    yield link
    link.drop()


async def test_row_96_the_stages_of_an_order_are_the_first_and_the_newest(
    engine: Engine, link: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_module, "STAGES", 12)
    giving = asyncio.get_running_loop().create_task(engine.order("CP-001", "diagnostics", {}))
    frame = await link.hear()
    link.say([3, frame[1], {}])
    run = await giving
    await run.answered()
    for number in range(60):
        status = "Uploading" if number % 2 else "Idle again"
        await link.ask(f"d{number}", "DiagnosticsStatusNotification", {"status": status})
    await settled(engine)
    assert [one.what for one in run.stages][:1] == ["sent"]
    assert len(run.stages) == 12
    assert run.stages[-1].text.startswith("Uploading")
    run.cancel()
    await run.done()


async def test_row_96_a_report_without_end_is_collected_as_far_as_there_is_room(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(configuration, "MOST_VALUES", 25)
    link = await Wire.link(engine, "CP-2", protocol="ocpp2.0.1")
    await link.ask("b", "BootNotification", {"reason": "PowerUp", "chargingStation": {"vendorName": "A", "model": "B"}})
    giving = asyncio.get_running_loop().create_task(engine.order("CP-2", "get", {}))
    frame = await link.hear()
    link.say([3, frame[1], {"status": "Accepted"}])
    run = await giving
    for part in range(10):
        data = [
            {
                "component": {"name": "C"},
                "variable": {"name": f"V{part}-{number}"},
                "variableAttribute": [{"value": "1"}],
            }
            for number in range(10)
        ]
        report = {"requestId": frame[3]["requestId"], "generatedAt": "2026-11-24T10:00:00Z", "seqNo": part}
        await link.ask(f"p{part}", "NotifyReport", {**report, "tbc": part < 9, "reportData": data})
    assert (await run.done()).seen
    assert len(run.values) == 25
    link.drop()


async def test_row_96_runs_are_remembered_by_the_size_of_their_calls(
    engine: Engine, link: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk_module, "RUNS_CHARACTERS", 30_000)
    for _ in range(12):
        asking = asyncio.get_running_loop().create_task(engine.raw("CP-001", "DataTransfer", {"vendorId": "V"}))
        frame = await link.hear()
        link.say([3, frame[1], {"status": "Accepted", "data": "x" * 10_000}])
        await asking
    assert 2 <= len(engine.desk.runs) <= 4


async def test_row_96_a_silent_station_is_not_called_without_end(
    engine: Engine, link: Wire, monkeypatch: pytest.MonkeyPatch, until: Until
) -> None:
    monkeypatch.setattr(links, "WAITING", 5)
    loop = asyncio.get_running_loop()
    asking = [loop.create_task(engine.raw("CP-001", "DataTransfer", {"vendorId": "V"})) for _ in range(5)]
    live = engine.links.get("CP-001")
    assert live is not None
    await until(lambda: live.queue_depth == 5)
    with pytest.raises(OrderError, match="5 calls to answer already"):
        await engine.raw("CP-001", "DataTransfer", {"vendorId": "V"})
    for _ in asking:
        frame = await link.hear()
        link.say([3, frame[1], {"status": "Accepted"}])
    assert {exchange.outcome for exchange in await asyncio.gather(*asking)} == {"result"}


async def test_row_96_a_slow_follower_is_served_from_the_journal_once_much_text_waits_for_it(
    engine: Engine, link: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_stream, "QUEUE_BYTES", 50_000)
    assert engine.api is not None
    stream = engine.api._events
    assert stream is not None
    following = stream.follow(None, None)
    assert await anext(following) == b"retry: 2000\n\n"
    for number in range(20):
        await link.ask(f"t{number}", "DataTransfer", {"vendorId": "V", "data": "x" * 9000})
    (follower,) = stream._followers
    assert follower.behind
    assert sum(len(text) for _, text in follower.waiting) == follower.bytes < 80_000
    async with asyncio.timeout(10):
        texts = [await anext(following) for _ in range(20)]
    assert [text.count(f'"t{number}"'.encode()) > 0 for number, text in enumerate(texts)] == [True] * 20
    assert follower.bytes == 0
    await following.aclose()


async def test_row_96_requests_for_certificates_that_are_refused_leave_nothing_behind(
    engine: Engine, link: Wire
) -> None:
    assert (await link.ask("1", "SignCertificate", {"csr": "nonsense"}))[2]["status"] == "Rejected"
    assert not engine.signing._granted
