"""Row 78: what is old is forgotten a little at a time, however much one transaction has."""

from __future__ import annotations

import pytest

from console.engine.fleet.events import MeterSample
from console.engine.fleet.model import Transaction
from console.engine.journal import Snapshot, journal
from tests.engine.journal.making import NOON, Running, reading


async def test_row_78_the_samples_of_a_long_transaction_go_before_it_and_by_and_by(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "_SAMPLE_SLICE", 10)
    over = Transaction(id=4, station="cp-001", wire="4", state="ended", started=0, stopped=0, last_update=NOON)
    sample = MeterSample("Voltage", 230.0, "230", "V", "L1", None, "Outlet")
    for number in range(25):
        told = reading(4, NOON + number, sample)
        await running.save(Snapshot(cursor=0, transactions=[over], samples=[told]))
    left = []
    while await running.journal._work(lambda c: journal._expire_transactions(c, NOON + 1)):
        left.append((len(await running.journal.samples(4)), len(await running.journal.transactions())))
    assert left == [(15, 1), (5, 1), (0, 0)]
