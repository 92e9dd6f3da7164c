"""Row 86, once more: a fault of our own in what goes on for ever, or in one of many, stops nothing else."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, cast

import msgspec
import pytest

from console.engine.endpoint import deadlines, listener
from console.engine.endpoint.socket import Socket
from console.engine.engine import Engine
from console.engine.fleet.order import Order
from console.engine.orders import desk as desks
from console.engine.orders.follow import Follower
from console.engine.orders.port import Port
from console.engine.orders.run import Run
from console.engine.orders.table import order_kind
from console.engine.trust import trust
from profiles import Listen, Tls, load_profile
from tests.faults.raw import Wire, bench

MakeEngine = Callable[..., Awaitable[Engine]]
Until = Callable[..., Awaitable[Any]]


async def test_row_86_a_fault_on_one_connection_leaves_the_deadlines_of_the_others(
    make_engine: MakeEngine, monkeypatch: pytest.MonkeyPatch, until: Until, caplog: pytest.LogCaptureFixture
) -> None:
    whole = deadlines.overdue
    seen: list[Socket] = []

    def broken(socket: Socket, listen: Listen, now: float, *, measure: bool = True) -> str | None:
        if not seen:
            seen.append(socket)
        if socket is seen[0]:
            raise RuntimeError("a fault of ours")
        return whole(socket, listen, now, measure=measure)

    monkeypatch.setattr(listener, "overdue", broken)
    engine = await make_engine(bench(open_timeout=0.1), listen=None)
    wires = [await Wire.open(engine) for _ in range(2)]
    async with asyncio.timeout(10):
        for wire in wires:
            with suppress(ConnectionError):
                assert await wire.reader.read() == b""
            wire.writer.transport.abort()
    reasons = await until(lambda: {one.reason for one in engine.attempts if one.verdict == "refused"} or None)
    assert "no complete handshake in time" in reasons
    assert "a fault of ours" in caplog.text


async def test_row_86_certificates_are_looked_at_again_after_a_look_that_failed(
    make_engine: MakeEngine, monkeypatch: pytest.MonkeyPatch, until: Until, caplog: pytest.LogCaptureFixture
) -> None:
    looks = 0

    async def broken(self: trust.Trust) -> bool:
        nonlocal looks
        looks += 1
        raise ValueError("no certificate at all")

    monkeypatch.setattr(trust.Trust, "look", broken)
    monkeypatch.setattr(trust, "LOOK_S", 0.01)
    profile = msgspec.structs.replace(load_profile("bench"), listen=[Listen(address="127.0.0.1:0", tls=Tls())])
    with caplog.at_level(logging.ERROR):
        await make_engine(profile, listen=None)
        await until(lambda: looks > 2)
    assert "server certificates could not be renewed" in caplog.text


async def test_row_86_a_fault_with_one_station_of_many_ends_its_run_with_a_sentence(
    make_engine: MakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(desks, "admit", broken)
    engine = await make_engine()
    runs = engine.desk.give_many(["CP-1", "CP-2"], "clear-cache", {})
    async with asyncio.timeout(5):
        effects = [await run.done() for run in runs]
    assert {effect.text for effect in effects} == {"an error of this console; its log tells more"}
    assert {run.state for run in runs} == {"failed"}


@pytest.mark.parametrize("seconds", [-3600, 86_400])
def test_row_65_how_long_an_order_took_does_not_hang_on_a_clock_that_is_set(seconds: int) -> None:
    run = Run(Order(station="CP-1", name="reset"), order_kind("reset"), "1.6", title="", effect_text="")
    run.enter("sent", "Reset sent")
    assert run.sent is not None
    run.sent += seconds * 1_000_000_000
    assert re.fullmatch(r"after \d+ ms", Follower(run, cast(Port, None)).since())
