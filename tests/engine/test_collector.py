"""When everything in memory is looked at for what only the collector can free."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from console.engine import collector
from console.engine.collector import Collector


class Knot:
    """Two names for one object, one of them its own: nothing but the collector frees it."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(name="calm")
def _calm() -> Iterator[Collector]:
    before = gc.get_threshold()
    made = Collector()
    made.calm(0.0)
    yield made
    gc.set_threshold(*before)
    gc.unfreeze()


def test_a_busy_console_waits_an_hour_and_a_quiet_one_two_minutes(calm: Collector) -> None:
    assert not calm.turn(100.0, 0.0, 0)
    assert not calm.turn(1000.0, 500.0, 0)
    assert calm.turn(3600.0, 500.0, 0)
    assert calm.turn(3720.0, 1.0, 0)


def test_many_connections_that_ended_are_freed_however_busy_it_is(calm: Collector) -> None:
    knot = weakref.ref(Knot())
    assert not calm.turn(1.0, 500.0, collector.MANY - 1)
    assert calm.turn(1.5, 500.0, collector.MANY)
    assert knot() is None
    assert not calm.turn(2.0, 500.0, 2 * collector.MANY - 1)
    assert calm.turn(2.5, 500.0, 2 * collector.MANY)
