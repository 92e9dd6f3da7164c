"""The running console and ``--data`` fold alike, also what cannot be understood."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from console.engine import reading
from console.engine.engine import Engine
from console.engine.fleet.events import Event
from console.engine.offline import open_fleet
from console.engine.wire.exchange import Exchange
from profiles import load_profile


class _Puzzled:
    """A dialect that does not understand one message."""

    def read(self, exchange: Exchange) -> tuple[Event, ...]:
        raise ValueError(f"no idea what {exchange.action} is")


async def test_a_record_that_cannot_be_read_stops_neither_the_console_nor_a_look_into_its_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("CHARGEHAND_RUNTIME_DIR", str(tmp_path / "runtime"))
    monkeypatch.setattr(reading, "dialect", lambda _version: _Puzzled())
    data = tmp_path / "data"
    engine = Engine(load_profile("bench"), data, listen=["127.0.0.1:0"], api="127.0.0.1:0", files="127.0.0.1:0")
    monkeypatch.setattr(engine.upkeep, "snapshot", lambda: None)  # as after a kill: all of it is folded again
    await engine.start()
    odd = Exchange(
        time=engine.clock(),
        station="CP-1",
        version="1.6",
        direction="in",
        action="Odd",
        unique_id="1",
        outcome="result",
    )
    engine.keep(odd)
    await engine.happen("bookmark", exchange=odd.id, on=True)
    folded = engine.fleet.cursor
    await engine.stop()
    with caplog.at_level(logging.ERROR):
        fleet, journal = open_fleet(data)
    journal.shut()
    assert fleet.cursor > folded
    assert any("could not be read" in record.message for record in caplog.records)
