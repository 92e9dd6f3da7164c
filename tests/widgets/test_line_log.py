"""The log follows the newest row, holds still when one looks back, and reads ten million rows page by page."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from widgets.columns import Cell, CellLike, Column
from widgets.line_log import LineLog
from widgets.log_rows import LogRows

COLUMNS = [
    Column("time", "TIME", width=12, min_width=8),
    Column("station", "STATION", width=10, min_width=6),
    Column("summary", "SUMMARY", width=30, min_width=10, weight=1),
    Column("verdict", "VERDICT", width=10, min_width=3, priority=3),
]

Drawn = Callable[[App[Any]], list[str]]
Forbidden = Callable[[str], list[str]]


class Journal:
    """``count`` rows with keys 0 … count-1, of which nothing exists until it is asked for."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.read: list[tuple[str, Hashable, int]] = []
        self.gate: asyncio.Event | None = None
        self.broken = False

    async def before(self, key: Hashable | None, n: int) -> Sequence[tuple[Hashable, str]]:
        self.read.append(("before", key, n))
        if self.gate is not None:
            await self.gate.wait()
        if self.broken:
            raise OSError("the disk does not answer")
        end = self.count if key is None else int(str(key))
        return [(at, f"row {at}") for at in range(max(0, end - n), end)]

    async def after(self, key: Hashable, n: int) -> Sequence[tuple[Hashable, str]]:
        self.read.append(("after", key, n))
        start = int(str(key)) + 1
        return [(at, f"row {at}") for at in range(start, min(self.count, start + n))]

    def push(self, log: LineLog[str], rows: int = 1) -> None:
        for _ in range(rows):
            log.append(self.count, f"row {self.count}")
            self.count += 1


class LogApp(App[None]):
    def __init__(self, journal: Journal, **options: Any) -> None:
        super().__init__()
        self.journal = journal
        self.drawn: list[str] = []
        self.opened: list[Hashable | None] = []
        self.log_view: LineLog[str] = LineLog(COLUMNS, self.cells, source=journal, **options)

    def cells(self, row: str) -> list[CellLike]:
        self.drawn.append(row)
        return ["12:04:29.118", "CP-001", row, Cell("✓", "ok")]

    def compose(self) -> ComposeResult:
        yield self.log_view

    async def on_mount(self) -> None:
        self.log_view.focus()
        await self.log_view.load()

    def on_line_log_selected(self, event: LineLog.Selected) -> None:
        self.opened.append(event.key)


async def until(pilot: Pilot[None], condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await pilot.pause()


def shown(app: LogApp) -> list[int]:
    return [int(str(key)) for key in app.log_view.visible_keys()]


async def test_new_rows_are_followed(drawn: Drawn) -> None:
    app = LogApp(Journal(1_000))
    async with app.run_test(size=(100, 24)) as pilot:
        await pilot.pause()
        assert shown(app)[-1] == 999
        app.journal.push(app.log_view, 50)
        app.log_view.tick()
        await pilot.pause()
        assert shown(app) == list(range(1_028, 1_050))
        assert "▼ TAIL  +0" in drawn(app)[-1]
        assert "row 1049" in drawn(app)[-2]


async def test_looking_back_holds_still_and_counts_what_comes(drawn: Drawn) -> None:
    app = LogApp(Journal(1_000))
    async with app.run_test(size=(100, 24)) as pilot:
        await pilot.press("k")
        before = shown(app)
        app.journal.push(app.log_view, 1_234)
        app.log_view.tick()
        await pilot.pause()
        assert shown(app) == before
        assert app.log_view.new_rows == 1_234
        assert "▼ TAIL  +1,234 new" in drawn(app)[-1]
        await pilot.press("G")
        await pilot.pause()
        assert app.log_view.following
        assert shown(app)[-1] == 2_233
        assert "▼ TAIL  +0" in drawn(app)[-1]


async def test_a_click_on_the_pill_follows_again() -> None:
    app = LogApp(Journal(1_000))
    async with app.run_test(size=(100, 24)) as pilot:
        await pilot.press("pageup")
        assert not app.log_view.following
        await pilot.click(LineLog, offset=(90, 23))
        assert app.log_view.following


async def test_the_wheel_stops_following_and_the_bottom_begins_it_again() -> None:
    app = LogApp(Journal(1_000))
    async with app.run_test(size=(100, 24)) as pilot:
        await pilot.pause()
        await until(pilot, lambda: app.log_view.allow_vertical_scroll)
        app.log_view.action_scroll_up()
        await until(pilot, lambda: not app.log_view.following)
        for _ in range(3):
            app.log_view.action_scroll_down()
        await until(pilot, lambda: app.log_view.following)


async def test_ten_million_rows_scroll_like_ten() -> None:
    app = LogApp(Journal(10_000_000), ring_rows=300, page_rows=100)
    async with app.run_test(size=(100, 24)) as pilot:
        await pilot.pause()
        oldest = shown(app)[0]
        for _ in range(60):
            app.log_view.action_page_up()
            await until(pilot, lambda: not app.log_view._pages.reading)
        assert shown(app)[0] < oldest - 1_200
        assert app.log_view.row_count <= 300 + 2 * 100, "rows held do not grow with the way gone"
        assert max(n for _, _, n in app.journal.read) == 100
        assert shown(app) == list(range(shown(app)[0], shown(app)[0] + 22)), "no row is skipped"
        for _ in range(80):
            app.log_view.action_page_down()
            await until(pilot, lambda: not app.log_view._pages.reading)
        assert app.log_view.following
        assert shown(app)[-1] == 9_999_999


async def test_the_rows_in_sight_stay_put_when_older_ones_are_read() -> None:
    app = LogApp(Journal(1_000))
    async with app.run_test(size=(100, 24)) as pilot:
        await pilot.pause()
        app.journal.gate = asyncio.Event()
        app.log_view.set_cursor(3, by_user=True)
        before, cursor = shown(app), app.log_view.cursor_key
        await until(pilot, lambda: len(app.journal.read) == 2)
        app.journal.gate.set()
        await until(pilot, lambda: app.log_view.row_count == 400)
        assert shown(app) == before
        assert app.log_view.cursor_key == cursor


async def test_the_very_first_row_is_the_end(drawn: Drawn) -> None:
    app = LogApp(Journal(30))
    async with app.run_test(size=(100, 24)) as pilot:
        await pilot.press("g")
        await pilot.pause()
        assert shown(app)[0] == 0
        assert "this is the first row" in drawn(app)[-1]
        assert len(app.journal.read) == 1, "nothing older is asked for"


async def test_a_journal_that_can_not_be_read_says_so_and_the_log_lives(drawn: Drawn) -> None:
    app = LogApp(Journal(1_000))
    async with app.run_test(size=(100, 24)) as pilot:
        await pilot.pause()
        app.journal.broken = True
        await pilot.press("g")
        await until(pilot, lambda: "the disk does not answer" in drawn(app)[-1])
        app.journal.broken = False
        await pilot.press("g")
        await until(pilot, lambda: app.log_view.row_count == 400)


async def test_rows_that_were_read_for_another_filter_are_dropped() -> None:
    slow = Journal(500)
    app = LogApp(slow)
    async with app.run_test(size=(100, 24)) as pilot:
        await pilot.pause()
        slow.gate = asyncio.Event()
        await pilot.press("g")
        await until(pilot, lambda: len(slow.read) == 2)
        await app.log_view.load(Journal(5))
        slow.gate.set()
        await pilot.pause()
        await pilot.pause()
        assert shown(app) == [0, 1, 2, 3, 4]


async def test_a_page_that_is_asked_for_just_before_another_filter_is_not_read() -> None:
    app = LogApp(Journal(500))
    async with app.run_test(size=(100, 24)) as pilot:
        await pilot.pause()
        other = Journal(5)
        app.log_view.set_cursor(0, by_user=True)
        await app.log_view.load(other)
        await pilot.pause()
        await pilot.pause()
        assert shown(app) == [0, 1, 2, 3, 4]
        assert other.read == [("before", None, 200)]


async def test_while_the_newest_page_is_looked_for_the_log_says_so(drawn: Drawn) -> None:
    app = LogApp(Journal(5))
    async with app.run_test(size=(100, 24)) as pilot:
        await pilot.pause()
        slow = Journal(500)
        slow.gate = asyncio.Event()
        loading = asyncio.get_running_loop().create_task(app.log_view.load(slow))
        await until(pilot, lambda: bool(slow.read))
        await until(pilot, lambda: "reading older rows" in drawn(app)[-1])
        slow.gate.set()
        await loading
        await pilot.pause()
        assert "reading" not in drawn(app)[-1]
        assert shown(app)[-1] == 499
        slow.broken = True
        with pytest.raises(OSError, match="does not answer"):
            await app.log_view.load(slow)
        await pilot.pause()
        assert "reading" not in drawn(app)[-1]


async def test_rows_in_memory_stand_at_once_and_the_source_adds_only_older_ones() -> None:
    app = LogApp(Journal(0))
    async with app.run_test(size=(100, 24)) as pilot:
        await pilot.pause()
        source = Journal(300)
        held = [(key, f"row {key}") for key in range(290, 298)]  # two rows will still be pushed
        await app.log_view.load(source, newest=held)
        app.log_view.extend([(298, "row 298"), (299, "row 299")])
        app.log_view.tick()
        await pilot.pause()
        assert shown(app) == list(range(278, 300))
        assert app.log_view.row_count == 200


async def test_appending_draws_nothing_and_keeps_a_bounded_ring() -> None:
    app = LogApp(Journal(0), ring_rows=5_000)
    async with app.run_test(size=(100, 24)) as pilot:
        await pilot.pause()
        app.drawn.clear()
        app.journal.push(app.log_view, 64_000)
        assert app.drawn == []
        app.log_view.tick()
        await pilot.pause()
        assert app.log_view.row_count == 5_000
        assert 22 <= len(app.drawn) <= 44, "rows that are not in sight are never made into cells"


async def test_a_row_that_gets_its_answer_is_drawn_again_alone() -> None:
    app = LogApp(Journal(100))
    async with app.run_test(size=(100, 24)) as pilot:
        await pilot.press("k")
        await pilot.pause()
        app.drawn.clear()
        app.log_view.replace(95, "answered")
        app.log_view.tick()
        await pilot.pause()
        assert app.drawn == ["answered"]


async def test_enter_opens_the_row_at_the_cursor() -> None:
    app = LogApp(Journal(100))
    async with app.run_test(size=(100, 24)) as pilot:
        await pilot.press("enter", "k", "k", "enter")
        assert app.opened == [99, 97]


async def test_hostile_rows_are_drawn_as_text(
    hostile: list[tuple[str, str]], drawn: Drawn, forbidden: Forbidden
) -> None:
    app = LogApp(Journal(0))
    async with app.run_test(size=(100, 80)) as pilot:
        for name, text in hostile:
            app.log_view.append(name, text)
        app.log_view.tick()
        await pilot.pause()
        assert app.log_view.row_count == len(hostile)
        assert forbidden("".join(drawn(app))) == []
        for y in range(80):
            strip = app.log_view.render_line(y)
            assert sum(segment.cell_length for segment in strip) == app.log_view.view_size.width


async def test_an_error_of_the_source_is_drawn_as_text(drawn: Drawn, forbidden: Forbidden) -> None:
    class Nasty(Journal):
        async def before(self, key: Hashable | None, n: int) -> Sequence[tuple[Hashable, str]]:
            if key is not None:
                raise OSError("\x1b]0;owned\x07[/nope]")
            return await super().before(key, n)

    app = LogApp(Nasty(1_000))
    async with app.run_test(size=(100, 24)) as pilot:
        await pilot.press("g")
        await until(pilot, lambda: "\\u001b" in drawn(app)[-1])
        assert forbidden("".join(drawn(app))) == []


@given(st.lists(st.tuples(st.sampled_from(["append", "prepend", "oldest", "newest", "replace"]), st.integers(0, 40))))
def test_a_window_of_rows_always_knows_where_each_row_is(steps: list[tuple[str, int]]) -> None:
    window: LogRows[str] = LogRows()
    model: list[tuple[Hashable, str]] = []
    for step, (what, number) in enumerate(steps):
        known = [key for key, _ in model]
        if what == "append":
            if window.append(number, f"{step}"):
                model.append((number, f"{step}"))
            else:
                model[known.index(number)] = (number, f"{step}")
        elif what == "prepend":
            rows: list[tuple[Hashable, str]] = [(number, f"{step}"), (number + 100, f"{step}")]
            window.prepend(rows)
            model = [row for row in rows if row[0] not in known] + model
        elif what == "oldest":
            window.drop_oldest(number)
            model = model[-number:] if number else []
        elif what == "newest":
            window.drop_newest(number)
            model = model[:number]
        elif window.replace(number, "new"):
            model[known.index(number)] = (number, "new")
        assert [(window.key_at(at), window.row(window.key_at(at))) for at in range(len(window))] == model
        assert [window.index_of(key) for key, _ in model] == list(range(len(model)))
        if model:
            assert window.after(model[0][0]) == model[1:]
