"""What was written comes back the same, page by page, and is forgotten when its time is over."""

from __future__ import annotations

import asyncio
import random
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import pytest

from console.engine.errors import JournalError
from console.engine.filter import parse_filter
from console.engine.journal import FILE, Journal, Reader, Snapshot
from console.engine.journal.packs import pack_some
from console.engine.journal.schema import INDEX_RUN
from console.engine.journal.search import value
from console.engine.wire.exchange import Exchange, Happening, Violation
from tests.captures import CAPTURES
from tests.engine.journal.making import NOON, SECOND, Running, exchange, happening

NO_FRAMES: dict[str, Any] = {"raw_request": "", "raw_response": ""}

ODD: list[Exchange] = [
    exchange(1),
    exchange(2, direction="out", action="Reset", order=12, request={"type": "Soft"}, latency_ns=None),
    exchange(
        3,
        outcome="error",
        error_code="FormationViolation",
        error_description="not that",
        response=None,
        raw_response='[4,"3","FormationViolation","not that",{"odd":1}]',
    ),
    exchange(
        4,
        outcome="malformed",
        action=None,
        unique_id="4",
        request=None,
        raw_request='[2,"4",',
        response=None,
        raw_response=None,
    ),
    exchange(5, outcome="malformed", action=None, request=None, raw_request=b"\0\xff", response=None, raw_response=b""),
    exchange(6, outcome="malformed", request=None, raw_request='[2,"6","Heart\ud800",{}]'),
    exchange(7, request={"a": [None, True, 1.5, "ä\u0000😀"]}, station="Säule 7", version="2.0.1"),
    exchange(8, outcome="timeout", response=None, raw_response=None, latency_ns=None, direction="out"),
    exchange(9, violations=(Violation("$.a[0]", "type", "no «ä»"), Violation("$", "required", "b", "response"))),
    exchange(10, tolerances=("a lone comma",), repeat=True, transaction="-1"),
    exchange(11, outcome="unsolicited", action=None, request=None, raw_request=None, response={"a": 1}),
    exchange(12, outcome="send", response=None, raw_response=None, request={"n": 9223372036854775807}, transaction="9"),
    exchange(13, raw_request='\ufeff[2,"13","Heartbeat",{}]'),
    exchange(14, link=0, latency_ns=0, station="", unique_id="x" * 36),
    exchange(15, outcome="malformed", request=None, raw_request="a\0b", response=None, raw_response=""),
]  # fmt: skip


async def test_every_kind_of_exchange_comes_back_unchanged(running: Running) -> None:
    await running.write(*ODD)
    assert await running.journal.messages(limit=100) == ODD
    assert list(running.journal.tail(0)) == ODD
    assert await running.journal.message(7) == ODD[6]
    assert await running.journal.message(99) is None


async def test_a_name_that_is_no_unicode_is_kept_as_near_as_can_be(running: Running) -> None:
    await running.write(
        exchange(
            1, station="CP\ud800", unique_id="\udfff1", error_description="\ud800", raw_request="", raw_response=""
        )
    )
    (found,) = await running.journal.messages(limit=1)
    assert (found.station, found.unique_id, found.error_description) == ("CP\ufffd", "\ufffd1", "\ufffd")


@pytest.mark.skipif(not CAPTURES.is_dir(), reason="the captures are not on this machine")
async def test_frames_of_real_chargers_come_back_to_the_byte(running: Running) -> None:
    lines = [orjson.loads(line) for path in CAPTURES.glob("*.jsonl") for line in path.read_bytes().splitlines()]
    raws = [line["raw"] for line in lines if line.get("dir") == "cp->csms"]
    await running.write(*(exchange(n, raw_request=raw) for n, raw in enumerate(raws)))
    assert [row.raw_request for row in await running.journal.messages(limit=1000)] == raws
    assert len(raws) > 20


async def test_pages_lead_through_everything_in_both_directions(running: Running) -> None:
    rng = random.Random(4)
    rows = [exchange(n, station=f"CP-{rng.randrange(5)}", outcome=rng.choice(["result", "late"])) for n in range(3000)]
    await running.write(*rows)
    for line in ("", "station:CP-1", "is:late station:CP-1", "CP-3", "station:CP-* is:ok", "is:error"):
        where = parse_filter(line)
        wanted = [row.id for row in rows if where.matches(row)]
        down: list[int] = []
        before: int | None = None
        while True:
            page = await running.journal.page(where, limit=70, before=before)
            down = [row.id for row in page.rows] + down
            if page.next is None:
                break
            before = page.next
        assert down == wanted, line
        up: list[int] = []
        after = 0
        while True:
            page = await running.journal.page(where, limit=70, after=after)
            up += [row.id for row in page.rows]
            if page.next is None:
                break
            after = page.next
        assert up == wanted, line
        assert [row.id for row in await running.journal.messages(where, limit=50)] == wanted[-50:]
        assert [row.id for row in await running.journal.messages(where, limit=50, before=1000)] == [
            id_ for id_ in wanted if id_ < 1000
        ][-50:]
    assert await running.journal.count(parse_filter("is:late"), limit=10) == (10, False)


async def test_a_search_for_a_rare_word_stops_now_and_then(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    await running.write(exchange(1, request={"word": "needle"}), *(exchange(n) for n in range(2, 3000)))
    monkeypatch.setattr("console.engine.journal.reader._BUDGET", 0.0)
    page = await running.journal.page(parse_filter("needle"), limit=10)
    assert page.rows == []
    assert page.next is not None
    assert [row.id for row in await running.journal.messages(parse_filter("needle"), limit=10)] == [1]


async def test_times_that_do_not_follow_the_ids_are_found_all_the_same(running: Running) -> None:
    times = [NOON + ((n * 7919) % 9000) * SECOND for n in range(2 * INDEX_RUN + 100)]
    rows = [exchange(n, time=time) for n, time in enumerate(times)]
    await running.write(*rows)
    for line in ("since:10s", "until:2h", "since:2h until:1h"):
        where = parse_filter(line, now_ns=NOON + 9000 * SECOND)
        wanted = [row.id for row in rows if where.matches(row)]
        assert wanted
        assert [row.id for row in await running.journal.messages(where, limit=10_000)] == wanted


async def test_the_log_of_an_hour_ago_needs_no_look_at_what_came_before(running: Running) -> None:
    await running.write(*(exchange(n) for n in range(3 * INDEX_RUN)))
    where = parse_filter("since:1s", now_ns=NOON + 3 * INDEX_RUN * SECOND)
    page = await running.journal.page(where, limit=10)
    assert (len(page.rows), page.next) == (1, None)


async def test_the_log_up_to_an_hour_ago_needs_no_look_at_what_came_after(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.engine.journal.search._SLICE", 2 * INDEX_RUN)
    monkeypatch.setattr("console.engine.journal.reader._BUDGET", 0.0)
    await running.write(*(exchange(n) for n in range(4 * INDEX_RUN + 100)))
    where = parse_filter("until:1s", now_ns=NOON + 200 * SECOND)
    page = await running.journal.page(where, limit=10)
    assert [row.time for row in page.rows] == [NOON + n * SECOND for n in range(190, 200)]


async def test_messages_asked_for_by_their_numbers_need_no_look_at_others(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.engine.journal.search._SLICE", 16)
    monkeypatch.setattr("console.engine.journal.reader._BUDGET", 0.0)
    await running.write(*(exchange(n) for n in range(1, 201)))
    for line, found in {
        "id:100": [100],
        "id:100..103": [100, 101, 102, 103],
        "id:<3": [1, 2],
        "id:>198": [199, 200],
        "id:90|100": [90, 100],
        "id:>90 id:<92|100..101": [91, 100, 101],
        "id:0..5 id:>7": [],
        "id:300": [],
        "id:>99999999999": [],
    }.items():
        page = await running.journal.page(parse_filter(line), limit=10)
        assert ([row.id for row in page.rows], page.next) == (found, None), line
    assert (await running.journal.page(parse_filter("!id:100"), limit=200)).next is not None


async def test_neighbours_are_of_the_same_transaction_or_station(running: Running) -> None:
    await running.write(
        exchange(1, transaction="41"),
        exchange(2, transaction="41", station="CP-002"),
        exchange(3),
        exchange(4, transaction="41"),
        exchange(5, transaction="41", station="cp-001"),
    )
    four, three = await running.journal.message(4), await running.journal.message(3)
    assert four is not None
    assert three is not None
    assert await running.journal.neighbours(four) == (1, 5)
    assert await running.journal.neighbours(three) == (1, 4)


async def test_happenings_are_found_by_station_and_kind(running: Running) -> None:
    await running.write(
        happening("link.opened", peer="192.0.2.1", badges=["no subprotocol"]),
        happening("link.closed", code=1006),
        happening("console.started", None, profile="bench"),
        happening("link.opened", "cp-001"),
        happening("bookmark", "CP-002", note="\ud800"),
    )
    kinds = [one.kind for one in await running.journal.happenings(limit=10)]
    assert kinds == ["link.opened", "link.closed", "console.started", "link.opened", "bookmark"]
    found = await running.journal.happenings(limit=10, station="CP-001", kinds=["link.opened"])
    assert [one.id for one in found] == [1, 4]
    assert found[0].data == {"peer": "192.0.2.1", "badges": ["no subprotocol"]}
    assert [one.id for one in await running.journal.happenings(limit=1, before=4)] == [3]
    (last,) = await running.journal.happenings(limit=1)
    assert last.data == {"note": "\ufffd"}


@pytest.mark.parametrize("many", [10, 2 * INDEX_RUN])
async def test_answers_that_may_be_asked_for_again_are_found(running: Running, many: int) -> None:
    def start(number: int, **changed: Any) -> Exchange:
        facts: dict[str, Any] = {"action": "StartTransaction", "transaction": "41", "response": {"transactionId": 41}}
        return exchange(number, **(facts | changed))

    await running.write(
        start(1),
        start(2, station="CP-002"),
        start(3, station="cp-001"),
        start(4, outcome="error", response=None),
        start(5, direction="out"),
        *(exchange(n) for n in range(6, many)),
        start(many, action="StopTransaction"),
    )
    wanted = {"StartTransaction", "StopTransaction"}
    found = await running.journal.recent_answers("cp-001", wanted, 0)
    assert [(one.unique_id, one.action, one.transaction) for one in found] == [
        ("1", "StartTransaction", "41"),
        ("3", "StartTransaction", "41"),
        (str(many), "StopTransaction", "41"),
    ]
    assert orjson.loads(found[0].raw_response) == [3, "1", {"transactionId": 41}]
    assert [one.unique_id for one in await running.journal.recent_answers("cp-001", wanted, 0, limit=1)] == [str(many)]
    assert len(await running.journal.recent_answers("cp-001", wanted, NOON + 2 * SECOND)) == 2
    assert await running.journal.recent_answers("nobody", wanted, 0) == []


async def test_a_reader_sees_what_a_running_console_writes(running: Running, tmp_path: Path) -> None:
    await running.write(exchange(1))
    reader = Reader.read(tmp_path)
    assert [row.id for row in await reader.messages(limit=10)] == [1]
    await running.write(exchange(2))
    assert [row.id for row in await reader.messages(limit=10)] == [1, 2]
    reader.shut()


async def test_a_reader_that_stands_still_does_not_make_the_wal_grow(running: Running, tmp_path: Path) -> None:
    await running.write(*(exchange(n) for n in range(600)))
    tail = running.journal.tail(0)
    next(tail)
    for _ in range(12):
        await running.write(*(exchange(n, request={"data": "x" * 4000}) for n in range(400)))
    assert (tmp_path / f"{FILE}-wal").stat().st_size < 16 * 1024 * 1024
    assert sum(1 for _ in tail) == 599 + 12 * 400


async def test_a_directory_that_cannot_be_written_can_be_read(tmp_path: Path) -> None:
    running = Running(tmp_path)
    await running.write(exchange(1))
    await running.journal.close()
    tmp_path.chmod(0o500)
    try:
        reader = Reader.read(tmp_path)
        assert len(await reader.messages(limit=10)) == 1
        reader.shut()
    finally:
        tmp_path.chmod(0o700)


async def test_a_damaged_page_is_told_where_it_is_read(tmp_path: Path) -> None:
    running = Running(tmp_path)
    await running.write(*(exchange(n, request={"data": "x" * 2000}) for n in range(1, 400)))
    await running.journal.close()
    data = bytearray((tmp_path / FILE).read_bytes())
    for page in range(60, 70):
        data[page * 8192 : page * 8192 + 200] = b"\xa5" * 200
    (tmp_path / FILE).write_bytes(data)
    reader = Reader.read(tmp_path)
    with pytest.raises(JournalError, match="damaged"):
        await reader.messages(limit=500)
    reader.shut()


async def test_retention_forgets_old_records_that_the_snapshot_knows(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.engine.journal.retention._STALE", 3000)
    count = 2 * INDEX_RUN
    rows = [exchange(n, station=f"CP-{n % 3}", outcome="late", transaction="41", order=5) for n in range(count)]
    await running.write(*rows)
    journal = running.journal
    assert await journal.prune(NOON + count * SECOND) == 0, "nothing that still has to be folded may go"
    assert await running.save(Snapshot(cursor=count)) is None
    writing = asyncio.create_task(running.write(*(exchange(n) for n in range(50))))  # noqa: TID251
    assert await journal.prune(NOON + 3000 * SECOND) == 3000
    await writing
    left = [record.id for record in journal.tail(0)]
    assert left == list(range(3001, count + 51))
    for line in ("station:CP-1", "is:late", "tx:41", "order:5", "action:Heartbeat"):
        where = parse_filter(line)
        wanted = [row.id for row in [*rows, *running.released[count:]] if row.id > 3000 and where.matches(row)]  # type: ignore[arg-type]
        assert [row.id for row in await journal.messages(where, limit=10_000)] == wanted
    tables = ("by_station", "by_action", "by_trouble", "by_tx", "by_order")
    for table in tables:
        (lowest,) = journal._connection.execute(f"SELECT min(id) FROM {table}").fetchall()[0]
        assert lowest == 3001


async def test_retention_goes_on_behind_a_spell_with_a_clock_in_the_future(running: Running) -> None:
    ahead = {"time": NOON + 10**17}
    spell = range(1200, 1200 + 2 * INDEX_RUN)
    count = 4 * INDEX_RUN
    await running.write(*(exchange(n, **(ahead if n in spell else {})) for n in range(count)))
    assert await running.save(Snapshot(cursor=count)) is None
    journal = running.journal
    assert await journal.prune(NOON + count * SECOND) == count - len(spell)
    assert [record.id for record in journal.tail(0)] == [n + 1 for n in spell]
    assert await journal.prune(NOON + count * SECOND) == 0
    assert await journal.prune(NOON + 10**17 + 1) == len(spell)
    assert list(journal.tail(0)) == []


async def test_retention_finds_old_happenings_behind_newer_ones(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.engine.journal.retention._LOOK", 50)
    newer = [Happening(time=NOON + 10**17, kind="bookmark", data={}) for _ in range(1300)]
    await running.write(happening(), *newer, happening(), happening(), *(exchange(n) for n in range(INDEX_RUN)))
    total = INDEX_RUN + 1303
    assert await running.save(Snapshot(cursor=total)) is None
    assert await running.journal.prune(NOON + 1) == 3 + 1
    left = [record.id for record in running.journal.tail(0)]
    assert left == [*range(2, 1302), *range(1305, total + 1)]


async def test_after_everything_was_forgotten_the_sequence_goes_on(tmp_path: Path) -> None:
    running = Running(tmp_path)
    await running.write(*(exchange(n) for n in range(INDEX_RUN)))
    assert await running.save(Snapshot(cursor=INDEX_RUN)) is None
    assert await running.journal.prune(NOON + 9999 * SECOND) == INDEX_RUN
    await running.journal.close()
    journal = Journal.open(tmp_path)
    assert journal.last_id == INDEX_RUN
    journal.release()


async def test_old_bodies_are_compressed_and_read_as_before(running: Running) -> None:
    many = [exchange(n, request={"n": n, "text": "x" * 300}) for n in range(200)]
    await running.write(*ODD, *many)
    journal = running.journal
    packed = await journal._work(partial(pack_some, keep=50))
    assert packed % 16 == 0
    assert packed >= 150
    assert value(journal._connection, "SELECT min(id) FROM body") == packed + 1
    assert await journal.messages(limit=1000) == [*ODD, *many]
    assert list(journal.tail(0)) == [*ODD, *many]
    assert await journal.message(7) == ODD[6]
    assert len(await journal.recent_answers("cp-001", {"Heartbeat"}, 0)) > 200
    words = [
        "heart",
        "!heart",
        "'\"n\":77,'",
        "station:säule*",
        "heart ä",
        "is:malformed heart",
        "FormationViolation|😀",
    ]
    for line in words:
        where = parse_filter(line)
        wanted = [row.id for row in [*ODD, *many] if where.matches(row)]
        assert [row.id for row in await journal.messages(where, limit=1000)] == wanted, line
        assert [row.id for row in await journal.messages(where, limit=2, after=0)] == wanted[:2], line
    assert await journal._work(partial(pack_some, keep=50)) == 0
    assert await journal._work(partial(pack_some, keep=0)) > 0
    assert await journal.messages(limit=1000) == [*ODD, *many]


async def test_bodies_are_compressed_by_themselves_while_it_is_quiet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.engine.journal.journal.TIDY_SECONDS", 0.01)
    monkeypatch.setattr("console.engine.journal.journal.pack_some", partial(pack_some, keep=32))
    running = Running(tmp_path)
    await running.write(*(exchange(n) for n in range(64)))
    async with asyncio.timeout(20):
        while value(running.journal._connection, "SELECT count(*) FROM pack") < 2:
            await asyncio.sleep(0.01)
    await running.journal.close()


async def test_packs_are_forgotten_with_what_they_hold(running: Running) -> None:
    count = INDEX_RUN
    await running.write(*(exchange(n) for n in range(count)))
    journal = running.journal
    assert await running.save(Snapshot(cursor=count)) is None
    while await journal._work(partial(pack_some, keep=100)):
        pass
    assert await journal.prune(NOON + 1000 * SECOND) == 1000
    assert [row.id for row in await journal.messages(limit=5000)] == list(range(1001, count + 1))
    assert value(journal._connection, "SELECT min(last) FROM pack") >= 1001
    assert await journal.prune(NOON + count * SECOND) == count - 1000
    assert value(journal._connection, "SELECT count(*) FROM pack") == 0
