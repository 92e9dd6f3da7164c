"""When everything in memory is looked at for what only the collector can free."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from console.engine.collector import Collector


@pytest.fixture(name="calm")
def _calm() -> Iterator[Collector]:
    before = gc.get_threshold()
    made = Collector()
    made.calm(0.0)
    yield made
    gc.set_threshold(*before)
    gc.unfreeze()


def test_a_busy_console_waits_an_hour_and_a_quiet_one_two_minutes(calm: Collector) -> None:
    assert not calm.turn(100.0, 0.0)
    assert not calm.turn(1000.0, 500.0)
    assert calm.turn(3600.0, 500.0)
    assert calm.turn(3720.0, 1.0)
