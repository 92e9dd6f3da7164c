"""Exchanges whose payloads are read later are the same exchanges, and nothing of them is read before somebody asks."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import apsw
import pytest

from console.engine.errors import JournalError
from console.engine.filter import parse_filter
from console.engine.journal import FILE, packs
from console.engine.journal.packs import pack_some
from console.engine.journal.rows import as_row
from console.engine.wire import frame
from console.engine.wire.exchange import Exchange
from tests.engine.journal.making import Running, exchange
from tests.engine.journal.test_journal_reading import ODD


def kept() -> list[Exchange]:
    """Exchanges of every kind, of which some can be packed."""
    return [*map(copy.copy, ODD), *(exchange(n, request={"n": n}) for n in range(len(ODD) + 1, 65))]


@pytest.fixture(params=["plain", "packed"])
async def filled(running: Running, request: pytest.FixtureRequest) -> Running:
    await running.write(*kept())
    if request.param == "packed":
        assert await running.journal._work(partial(pack_some, keep=0)) == 64
    return running


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is unpacked and what is parsed."""
    told: list[str] = []

    def noting(what: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def noted(*given: Any) -> Any:
            told.append(what)
            return work(*given)

        return noted

    monkeypatch.setattr(frame, "parse", noting("parsed", frame.parse))
    monkeypatch.setattr(packs, "unpacked", noting("unpacked", packs.unpacked))
    return told


async def test_an_exchange_that_is_read_late_is_the_one_that_was_written(filled: Running) -> None:
    journal = filled.journal
    at_once = await journal.messages(limit=100)
    for field in Exchange.__struct_fields__:  # whichever is asked for first
        page = await journal.messages(limit=100, late=True)
        assert [getattr(one, field) for one in page] == [getattr(one, field) for one in at_once], field
        assert page == at_once
        assert at_once == page
    assert page != at_once[:-1]
    assert page[0] != at_once[1]
    assert await journal.messages(limit=100, late=True) == await journal.messages(limit=100, late=True)
    page = await journal.messages(limit=100, late=True)
    assert [as_row(one) for one in page] == [as_row(one) for one in at_once]


async def test_a_copy_of_one_is_a_plain_exchange(filled: Running) -> None:
    page = await filled.journal.messages(limit=100, late=True)
    for made in (
        copy.copy(page),
        [pickle.loads(pickle.dumps(one)) for one in page],
        [copy.deepcopy(one) for one in page],
    ):
        assert made == page
    assert {type(copy.copy(one)) for one in page} == {Exchange}
    assert repr(page[0]) == repr(copy.copy(page[0]))
    with pytest.raises(AttributeError, match="raw_answer"):
        getattr(page[0], "raw_" + "answer")


async def test_nothing_is_parsed_before_somebody_asks(running: Running, reads: list[str]) -> None:
    await running.write(*(exchange(n) for n in range(1, 65)))
    page = await running.journal.messages(limit=64, late=True)
    assert [one.action for one in page] == ["Heartbeat"] * 64
    assert page[3].raw_request == frame.call("4", "Heartbeat", {})
    assert reads == []
    assert page[3].request == {}
    assert page[3].request == {}
    assert reads == ["parsed"]


async def test_a_pack_is_opened_once_and_only_where_one_of_its_frames_is_asked_for(
    running: Running, reads: list[str]
) -> None:
    await running.write(*(exchange(n) for n in range(1, 65)))
    assert await running.journal._work(partial(pack_some, keep=0)) == 64
    page = await running.journal.messages(parse_filter("id:3|17..40"), limit=64, late=True)
    assert [one.outcome for one in page] == ["result"] * 25
    assert reads == []
    assert [one.raw_request for one in page[1:17]] == [frame.call(str(n), "Heartbeat", {}) for n in range(17, 33)]
    assert reads == ["unpacked"]
    assert page[0].response == {"currentTime": "2026-01-15T12:00:00Z"}
    assert reads == ["unpacked", "unpacked", "parsed"]


async def test_a_page_of_many_packs_is_not_read_pack_by_pack(running: Running) -> None:
    for start in range(1, 1025, 64):
        await running.write(*(exchange(n) for n in range(start, start + 64)))
    while await running.journal._work(partial(pack_some, keep=0)):
        pass
    steps: list[str] = []

    def traced(_cursor: apsw.Cursor, sql: str, _bound: Any) -> bool:
        steps.append(sql)
        return True

    await running.journal._later(lambda connection: connection.set_exec_trace(traced))
    page = await running.journal.messages(parse_filter("uid:*0"), limit=100, late=True)
    await running.journal._later(lambda connection: connection.set_exec_trace(None))
    assert [one.request for one in page] == [{}] * 100
    assert len(steps) < 12


async def test_the_log_goes_on_over_a_pack_that_is_damaged_and_opening_the_message_tells_it(
    running: Running, tmp_path: Path
) -> None:
    await running.write(*(exchange(n) for n in range(1, 65)))
    assert await running.journal._work(partial(pack_some, keep=0)) == 64
    other = apsw.Connection(str(tmp_path / FILE))
    other.execute("UPDATE pack SET bodies = zeroblob(40) WHERE last = 32")
    other.close()
    page = await running.journal.messages(limit=64, late=True)
    assert [one.request for one in page] == [{}] * 16 + [None] * 16 + [{}] * 32
    assert page[20].raw_request is None
    with pytest.raises(JournalError, match="damaged"):
        await running.journal.message(20)
