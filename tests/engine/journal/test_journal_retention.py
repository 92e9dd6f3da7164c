"""Row 78: what is old is forgotten a little at a time, however much one transaction has."""

from __future__ import annotations

import random
from typing import Any

import pytest

from console.engine.filter import parse_filter
from console.engine.fleet.events import MeterSample
from console.engine.fleet.model import Transaction
from console.engine.journal import Snapshot, retention
from console.engine.journal.schema import INDEX_RUN
from tests.engine.journal.making import NOON, SECOND, Running, exchange, reading


async def test_row_78_the_samples_of_a_long_transaction_go_before_it_and_by_and_by(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "_SAMPLE_SLICE", 10)
    over = Transaction(id=4, station="cp-001", wire="4", state="ended", started=0, stopped=0, last_update=NOON)
    sample = MeterSample("Voltage", 230.0, "230", "V", "L1", None, "Outlet")
    for number in range(25):
        told = reading(4, NOON + number, sample)
        await running.save(Snapshot(cursor=0, transactions=[over], samples=[told]))
    left = []
    while (await running.journal._work(lambda c: retention._expire_transactions(c, None, 1, before=NOON + 1)))[0]:
        left.append((len(await running.journal.samples(4)), len(await running.journal.transactions())))
    assert left == [(15, 1), (5, 1), (0, 0)]


TABLES = ("by_station", "by_action", "by_trouble", "by_tx", "by_order")


def mixed(n: int) -> Any:
    """Exchanges of many stations, actions, transactions and orders."""
    chance = random.Random(n)
    return exchange(
        n,
        station=f"CP-{chance.randrange(50)}",
        action=chance.choice(["Heartbeat", "MeterValues", "Reset", None]),
        outcome=chance.choice(["result", "late", "error"]),
        transaction=chance.choice([None, "", "a\0b", "41", "TX-ä", str(n // 100)]),
        order=chance.choice([None, 0, n // 300]),
    )


@pytest.mark.parametrize("turns", ["short", "long"])
async def test_what_the_tables_list_goes_once_there_is_much_of_it(
    running: Running, monkeypatch: pytest.MonkeyPatch, turns: str
) -> None:
    monkeypatch.setattr(retention, "_STALE", 3000)
    if turns == "short":
        monkeypatch.setattr(retention, "TURN_S", 0.0)
    count = 2 * INDEX_RUN
    rows = [mixed(n) for n in range(count)]
    await running.write(*rows)
    journal = running.journal
    await running.save(Snapshot(cursor=count))

    def listed() -> dict[str, list[tuple[Any, ...]]]:
        return {table: journal._connection.execute(f"SELECT * FROM {table}").fetchall() for table in TABLES}

    everything = listed()
    for first, kept_first in ((2000, 0), (3500, 3500)):
        await journal.prune(NOON + first * SECOND)
        wanted = {table: [one for one in every if int(str(one[1])) > kept_first] for table, every in everything.items()}
        assert listed() == wanted, "little is left as it is"
        for line in ("station:CP-7", "action:Reset", "is:late", "is:error|late", "tx:41", "order:0", "tx:TX-ä|20"):
            where = parse_filter(line)
            found = [row.id for row in rows if row.id > first and where.matches(row)]
            assert [row.id for row in await journal.messages(where, limit=5000)] == found, line
            assert [row.id for row in await journal.messages(where, limit=5000, after=0)] == found, line
            assert (await journal.count(where)).number == len(found)


async def test_forgetting_goes_on_where_it_was_cut_short(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "_STALE", 1)
    count = INDEX_RUN
    await running.write(*(mixed(n) for n in range(count)))
    journal = running.journal
    await running.save(Snapshot(cursor=count))
    done = 0

    async def works(run: Any) -> Any:
        nonlocal done
        done += 1
        if done > 4:
            raise OSError("the power fails")
        return await journal._work(run)

    with pytest.raises(OSError, match="power"):
        await retention.forget(works, NOON + count * SECOND)
    await journal.prune(NOON + count * SECOND)
    for table in (*TABLES, "exchange", "body"):
        assert journal._connection.execute(f"SELECT count(*) FROM {table}").fetchall() == [(0,)], table
