"""A filter gives the same verdict on a live exchange and, as SQL, on the stored one."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console.engine.filter import parse_filter
from console.engine.filter_sql import FLAGS
from console.engine.journal import Journal, Reader, packs
from console.engine.journal import schema as journal_schema
from console.engine.journal import search as journal_search
from console.engine.journal.packs import pack_some
from console.engine.wire.exchange import Exchange, Outcome, Violation
from tests.engine.journal.making import NOON, SECOND, Running, exchange, happening

# Few letters, so that words are found now and then; among them what SQL, GLOB and JSON treat specially.
LETTERS = "aAbäÄß*?[]%_'\"\\ 1.İ"
word = st.text(LETTERS, min_size=1, max_size=4)
name = st.sampled_from(["CP-001", "cp-001", "CP-002", "CP[1]", "Säule", "SÄULE", "a*b", "a?b", "aXb", "Straße"])
raw = st.one_of(
    st.none(),
    st.text(LETTERS + "\0\ud800é", max_size=12),
    st.binary(max_size=6),
    st.sampled_from(['[2,"1","Heartbeat",{}]', '[3,"1",{"a":"Äb"}]', "Ground\nFailure"]),
)
optional_text = st.one_of(st.none(), st.text(LETTERS + "\ud800", max_size=5))

exchanges = st.builds(
    Exchange,
    time=st.integers(NOON - 100 * SECOND, NOON),
    station=name,
    version=st.sampled_from(["1.6", "2.0.1", "2.1"]),
    direction=st.sampled_from(["in", "out"]),
    action=st.one_of(st.none(), st.sampled_from(["Heartbeat", "MeterValues", "heartbeat", "ä*"])),
    unique_id=optional_text,
    outcome=st.sampled_from(get_args(Outcome)),
    error_code=st.one_of(st.none(), st.sampled_from(["InternalError", "GenericError"])),
    error_description=optional_text,
    latency_ns=st.one_of(st.none(), st.integers(0, 2_000_000_000)),
    violations=st.sampled_from([(), (Violation("$", "type", "odd"),)]),
    tolerances=st.sampled_from([(), ("odd",)]),
    repeat=st.booleans(),
    transaction=st.one_of(st.none(), st.sampled_from(["41", "42", "-1", "Tx-ä"])),
    order=st.one_of(st.none(), st.integers(1, 4)),
    raw_request=raw,
    raw_response=raw,
)


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def term(field: str, values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    alternatives = st.lists(values, min_size=1, max_size=3).map("|".join)
    return st.builds(lambda minus, text: f"{minus}{field}{text}", st.sampled_from(["", "!"]), alternatives)


number = st.builds(
    lambda sign, n: f"{sign}{n}", st.sampled_from(["", ">", "<", ">=", "<=", "="]), st.sampled_from([0, 1, 2, 3, 500])
)
bare = st.text("aAbäß*?[%_1.", min_size=1, max_size=4)
terms = st.one_of(
    term("station:", name.map(quoted) | st.sampled_from(["cp-*", "*1", "s*E", "a*b", "cp-001", "STRASSE"])),
    term("action:", st.sampled_from(["Heartbeat", "*", "Meter*", "none", "Ä*", '"ä*"'])),
    term("version:", st.sampled_from(["1.6", "2.*"])),
    term("dir:", st.sampled_from(["in", "out"])),
    term("is:", st.sampled_from(list(FLAGS))),
    term("outcome:", st.sampled_from(get_args(Outcome))),
    term("error:", st.sampled_from(["*error", "internalerror", "Generic*"])),
    term("ms:", number | st.just("0..900.5")),
    term("id:", number | st.just("5..9")),
    term("order:", number),
    term("tx:", st.sampled_from(["41", "4*", "-1", "TX-ä", "TX-Ä"])),
    term("uid:", bare | word.map(quoted)),
    term("since:", st.sampled_from(["10s", "50s", "2m"])),
    term("until:", st.sampled_from(["10s", "50s", "2m"])),
    term("", bare | word.map(quoted) | st.sampled_from(["heart", "ground", "cp", "säule"])),
)
lines = st.lists(terms, min_size=1, max_size=3).map(" ".join)


async def stored(directory: Path, rows: list[Exchange], *, packed: bool) -> None:
    running = Running(directory)
    await running.write(*rows)
    assert running.errors == []
    if packed:
        await running.journal._work(partial(pack_some, keep=5))
    await running.journal.close()


@pytest.mark.parametrize("run", [10, 2048], ids=["mostly indexed", "not indexed"])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_stored_and_live_rows_are_judged_alike(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, run: int, data: Any
) -> None:
    directory = tmp_path_factory.mktemp("agreement")
    monkeypatch.setattr("console.engine.journal.writer.INDEX_RUN", run)
    monkeypatch.setattr(packs, "SIZE", 4)
    monkeypatch.setattr(journal_search, "_CANDIDATES", 3)
    monkeypatch.setattr(journal_search, "_SLICE", 4)
    monkeypatch.setattr(journal_search, "_TEXT_SLICE", 4)
    packed = data.draw(st.booleans())
    rows = data.draw(st.lists(exchanges, min_size=1, max_size=25))
    asking = data.draw(st.lists(lines, min_size=5, max_size=15))
    limit = data.draw(st.sampled_from([1, 3, 100]))

    async def ask() -> None:
        await stored(directory, rows[: len(rows) // 2], packed=packed)
        await stored(directory, rows[len(rows) // 2 :], packed=packed)
        reader = Reader.read(directory)
        try:
            await compare(reader)
        finally:
            reader.shut()

    async def compare(reader: Reader) -> None:
        for line in asking:
            where = parse_filter(line, now_ns=NOON)
            live = [row.id for row in rows if where.matches(row)]
            assert [row.id for row in await reader.messages(where, limit=limit)] == live[-limit:], line
            assert [row.id for row in await reader.messages(where, limit=limit, after=0)] == live[:limit], line
            middle = len(rows) // 2
            below = [id_ for id_ in live if id_ < middle][-limit:]
            assert [row.id for row in await reader.messages(where, limit=limit, before=middle)] == below, line
            assert await reader.count(where) == (len(live), True)
            # What is read back is judged as the live one was.
            assert [row.id for row in await reader.messages(None, limit=100) if where.matches(row)] == live, line

    asyncio.run(ask())


async def test_marks_are_judged_alike_and_the_last_word_of_each_counts(tmp_path: Path) -> None:
    running = Running(tmp_path)
    rows = [exchange(number) for number in range(6)]
    await running.write(*rows)
    first, second, third = (row.id for row in rows[1:4])
    for number, on in ((first, True), (second, True), (third, True), (second, False), (first, False), (first, True)):
        await running.write(happening("bookmark", None, exchange=number, on=on))
    marks = {first, third}
    for line in ("is:marked", "!is:marked", "is:marked|error", "is:marked station:CP-001 Heartbeat"):
        where = parse_filter(line, marked=marks.__contains__)
        live = [row.id for row in rows if where.matches(row)]
        assert [row.id for row in await running.journal.messages(where, limit=100)] == live, line
    assert [row.id for row in await running.journal.messages(parse_filter("is:marked"), limit=100)] == [first, third]
    await running.journal.close()


def test_the_journal_module_and_the_schema_agree_on_the_file(tmp_path: Path) -> None:
    Journal.open(tmp_path).release()
    assert (tmp_path / journal_schema.FILE).is_file()
