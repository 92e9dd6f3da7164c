"""Live tables: only what changed is drawn, and the cursor stays with its row."""

from __future__ import annotations

import random
from collections.abc import Callable, Hashable
from typing import Any

import pytest
from textual.app import App, ComposeResult
from textual.strip import Strip

from widgets.columns import Cell, CellLike, Column, lay_out
from widgets.line_styles import CURSOR, PLAIN
from widgets.line_table import LineTable, SortValue, sort_token

COLUMNS = [
    Column("station", "STATION", width=14, min_width=8),
    Column("model", "MODEL", width=18, min_width=6, priority=5),
    Column("power", "POWER", width=10, min_width=8, align="right"),
    Column("note", "NOTE", width=12, min_width=6, weight=1, priority=2),
]

Drawn = Callable[[App[Any]], list[str]]
Forbidden = Callable[[str], list[str]]


def _shown(table: LineTable) -> tuple[str, ...]:
    """Keys of the columns that are not folded away."""
    return tuple(column.key for column in table.columns if table.column_width(column.key))


class Fleet:
    """Rows of a test: values by key, and how often each changed."""

    def __init__(self, count: int) -> None:
        self.keys: list[Hashable] = [f"CP-{number:05d}" for number in range(count)]
        self.power: dict[Hashable, float | None] = {key: float(at) for at, key in enumerate(self.keys)}
        self.versions: dict[Hashable, int] = dict.fromkeys(self.keys, 0)
        self.asked: list[Hashable] = []

    def row(self, key: Hashable) -> list[CellLike]:
        self.asked.append(key)
        return [str(key), "Alfen NG910", Cell(f"{self.power[key]} W", "ok"), [Cell("⚡", "busy"), Cell("Charging")]]

    def version(self, key: Hashable) -> int:
        return self.versions[key]

    def sort_value(self, key: Hashable, column: str) -> SortValue:
        return self.power[key] if column == "power" else str(key)

    def change(self, key: Hashable, power: float | None) -> None:
        self.power[key] = power
        self.versions[key] += 1


class CountingTable(LineTable):
    lines_drawn: list[int]

    def render_line(self, y: int) -> Strip:
        self.lines_drawn.append(y)
        return super().render_line(y)


class TableApp(App[None]):
    def __init__(self, count: int = 200) -> None:
        super().__init__()
        self.fleet = Fleet(count)
        self.opened: list[Hashable | None] = []
        self.table = CountingTable(
            COLUMNS,
            self.fleet.row,
            version=self.fleet.version,
            sort_value=self.fleet.sort_value,
            markable=True,
            empty=["No stations yet.", Cell("Type ws://192.168.1.20:9000/ into the charger.", "muted")],
        )
        self.table.lines_drawn = []

    def compose(self) -> ComposeResult:
        yield self.table

    def on_mount(self) -> None:
        self.table.set_rows(self.fleet.keys)
        self.table.focus()

    def on_line_table_selected(self, event: LineTable.Selected) -> None:
        self.opened.append(event.key)


def first(app: TableApp) -> Hashable:
    return app.table.keys[0]


def cursor(app: TableApp) -> Hashable | None:
    return app.table.cursor_key


async def test_a_change_of_one_cell_draws_one_line() -> None:
    app = TableApp(10_000)
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        app.table.lines_drawn.clear()
        app.fleet.asked.clear()
        app.fleet.change("CP-00007", 1.5)
        app.table.pull()
        await pilot.pause()
        assert app.table.lines_drawn == [8]
        assert app.fleet.asked == ["CP-00007"]


async def test_nothing_is_drawn_when_nothing_changed() -> None:
    app = TableApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        app.table.lines_drawn.clear()
        app.table.set_rows(app.fleet.keys)
        app.table.pull()
        app.fleet.change("CP-00150", 9.0)  # far below the screen
        app.table.pull()
        await pilot.pause()
        assert app.table.lines_drawn == []


async def test_only_rows_in_sight_are_asked_for() -> None:
    app = TableApp(10_000)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert len(set(app.fleet.asked)) <= 24


async def test_moving_the_cursor_draws_two_lines() -> None:
    app = TableApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        app.table.lines_drawn.clear()
        await pilot.press("j")
        await pilot.pause()
        assert sorted(app.table.lines_drawn) == [1, 2]
        assert cursor(app) == "CP-00001"


async def test_the_cursor_stays_on_its_row_when_the_order_changes(drawn: Drawn) -> None:
    app = TableApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("j", "j", "j")
        assert cursor(app) == "CP-00003"
        app.table.sort_by("power", descending=True)
        await pilot.pause()
        assert cursor(app) == "CP-00003"
        assert first(app) == "CP-00199"
        assert any("CP-00003" in line for line in drawn(app)), "the cursor's row is in sight"
        app.fleet.change("CP-00003", 1_000.0)
        app.table.pull()
        await pilot.pause()
        assert first(app) == "CP-00003"
        assert cursor(app) == "CP-00003"
        await pilot.press("enter")
        assert app.opened == ["CP-00003"]


async def test_the_cursor_survives_any_mixture_of_rows_coming_and_going() -> None:
    app = TableApp(60)
    rng = random.Random(7)
    async with app.run_test(size=(80, 24)) as pilot:
        app.table.select_key("CP-00030")
        for _ in range(40):
            others = rng.sample([key for key in app.fleet.keys if key != "CP-00030"], 45)
            keys = [*others, "CP-00030"]
            rng.shuffle(keys)
            app.table.set_rows(keys)
            assert cursor(app) == "CP-00030"
            assert "CP-00030" in app.table.visible_keys()
        await pilot.pause()


async def test_a_row_that_goes_leaves_the_cursor_where_it_stood() -> None:
    app = TableApp(10)
    async with app.run_test(size=(80, 24)) as pilot:
        app.table.select_key("CP-00004")
        app.table.set_rows([key for key in app.fleet.keys if key != "CP-00004"])
        assert cursor(app) == "CP-00005"
        app.table.set_rows([])
        assert app.table.cursor_key is None
        await pilot.press("enter", "space", "j", "G")
        assert app.opened == []


async def test_an_empty_table_says_what_to_do(drawn: Drawn) -> None:
    app = TableApp(0)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        text = "\n".join(drawn(app))
        assert "No stations yet." in text
        assert "ws://192.168.1.20:9000/" in text


async def test_marks_stay_with_their_rows_and_go_with_them() -> None:
    app = TableApp(20)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("space", "space")
        assert app.table.marks == {"CP-00000", "CP-00001"}
        app.table.sort_by("power", descending=True)
        assert app.table.marks == {"CP-00000", "CP-00001"}
        app.table.set_rows(app.fleet.keys[1:])
        assert app.table.marks == {"CP-00001"}
        await pilot.press("ctrl+a")
        assert len(app.table.marks) == 19
        await pilot.press("ctrl+a")
        assert app.table.marks == set()


async def test_a_click_on_a_title_sorts_and_shows_the_direction(drawn: Drawn) -> None:
    app = TableApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.click(LineTable, offset=(3, 0))
        assert app.table.sort == ("station", False)
        await pilot.pause()
        assert "STATION ▲" in drawn(app)[0]
        await pilot.click(LineTable, offset=(3, 0))
        assert app.table.sort == ("station", True)
        await pilot.click(LineTable, offset=(3, 0))
        assert app.table.sort is None
        assert list(app.table.keys) == app.fleet.keys


async def test_the_mouse_moves_opens_and_scrolls() -> None:
    app = TableApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.click(LineTable, offset=(3, 5))
        assert cursor(app) == "CP-00004"
        await pilot.click(LineTable, offset=(3, 5), times=2)
        assert app.opened == ["CP-00004"]
        for _ in range(12):
            app.table.action_scroll_down()
        await pilot.pause()
        assert app.table.cursor_key in app.table.visible_keys(), "what enter opens is in sight"


async def test_keys_reach_every_row() -> None:
    app = TableApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("G")
        assert cursor(app) == "CP-00199"
        assert app.table.visible_keys()[-1] == "CP-00199"
        await pilot.press("g")
        assert app.table.visible_keys()[0] == "CP-00000"
        await pilot.press("pagedown")
        assert cursor(app) == "CP-00023"
        await pilot.press("up")
        assert cursor(app) == "CP-00022"


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 60), (20, 5), (1, 1)])
async def test_columns_fold_and_lines_keep_their_width(size: tuple[int, int], drawn: Drawn) -> None:
    app = TableApp()
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        assert all(len(line.encode("utf-16-le")) > 0 for line in drawn(app))
        if size[0] >= 80:
            assert _shown(app.table) == ("station", "model", "power", "note")
        elif size[0] == 20:
            assert _shown(app.table) == ("station", "power")
        await pilot.resize_terminal(24, 10)
        await pilot.pause()
        assert _shown(app.table) == ("station", "power")


async def test_columns_that_can_not_fold_scroll_sideways(drawn: Drawn) -> None:
    app = TableApp()
    async with app.run_test(size=(14, 10)) as pilot:
        await pilot.pause()
        assert "POWER" not in drawn(app)[0]
        await pilot.press("right")
        await pilot.pause()
        assert "POWER" in drawn(app)[0]


async def test_hostile_cells_are_drawn_as_text(
    hostile: list[tuple[str, str]], drawn: Drawn, forbidden: Forbidden
) -> None:
    app = TableApp(0)
    texts = dict(hostile)
    app.table._getter = lambda key: [texts[str(key)], Cell(texts[str(key)], "bad"), [Cell(texts[str(key)]), Cell("x")]]
    app.table._version = None
    async with app.run_test(size=(120, 80)) as pilot:
        for text in texts.values():
            app.table.set_empty([text])
            assert forbidden("".join(app.table.render_line(y).text for y in range(80))) == []
        app.table.set_rows(texts)
        await pilot.pause()
        assert app.table.row_count == len(texts) > 50
        assert forbidden("".join(drawn(app))) == []
        for y in range(app.table.view_size.height):
            strip = app.table.render_line(y)
            assert sum(segment.cell_length for segment in strip) == app.table.view_size.width


async def test_the_cursor_can_be_seen_without_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = TableApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        styles = [segment.style for segment in app.table.render_line(1)]
        assert all(style is not None and style.reverse for style in styles)
        assert not any(segment.style and segment.style.reverse for segment in app.table.render_line(2))


@pytest.mark.parametrize("theme", ["textual-dark", "textual-light", "ansi-dark"])
async def test_themes_change_what_is_drawn(theme: str) -> None:
    app = TableApp()
    async with app.run_test(size=(80, 24)) as pilot:
        before = list(app.table.render_line(1))
        app.theme = "nord"
        await pilot.pause()
        assert list(app.table.render_line(1)) != before
        app.theme = theme
        await pilot.pause()
        cursor, other = next(iter(app.table.render_line(1))).style, next(iter(app.table.render_line(2))).style
        assert cursor != other


async def test_the_cursor_is_weaker_where_keys_do_not_go() -> None:
    app = TableApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        focused = list(app.table.render_line(1))
        app.set_focus(None)
        await pilot.pause()
        assert list(app.table.render_line(1)) != focused


def test_sorting_knows_numbers_inside_names_and_puts_nothing_last() -> None:
    names = ["CP-10", "cp-2", "CP-1", None, "b", 7, 3.5]
    assert sorted(names, key=sort_token) == [3.5, 7, "b", "CP-1", "cp-2", "CP-10", None]


async def test_rows_without_a_value_are_last_in_both_directions() -> None:
    app = TableApp(5)
    app.fleet.power["CP-00002"] = None
    async with app.run_test(size=(80, 24)):
        app.table.sort_by("power")
        assert app.table.keys[-1] == "CP-00002"
        app.table.sort_by("power", descending=True)
        assert list(app.table.keys) == ["CP-00004", "CP-00003", "CP-00001", "CP-00000", "CP-00002"]


def test_room_goes_to_columns_in_the_order_they_are_needed() -> None:
    narrow = lay_out(COLUMNS, 40)
    assert [place.column.key for place in narrow.placed] == ["station", "model", "power", "note"]
    assert narrow.width == 40
    tight = lay_out(COLUMNS, 30)
    assert [place.column.key for place in tight.placed] == ["station", "power", "note"]
    wide = lay_out(COLUMNS, 200)
    assert wide.gap == 2
    assert wide.placed[-1].x + wide.placed[-1].width == 200


@pytest.mark.parametrize("width", range(0, 220, 7))
def test_a_layout_never_overlaps_and_fills_what_there_is(width: int) -> None:
    layout = lay_out(COLUMNS, width)
    end = 0
    for place in layout.placed:
        assert place.x > end or not end
        assert place.width >= place.column.min_width
        end = place.x + place.width
    assert layout.width == max(width, end)


async def test_a_cursor_that_rests_stays_on_the_first_row_until_a_person_moves_it() -> None:
    table: LineTable = LineTable([Column("name", "NAME")], lambda key: [str(key)], rests_first=True)

    class Page(App[None]):
        def compose(self) -> ComposeResult:
            yield table

    async with Page().run_test(size=(40, 10)) as pilot:
        table.focus()
        table.set_rows(["well"])
        seen = []
        for rows, key in ((["b", "z"], ""), (["a", "b", "z"], "down"), (["0", "a", "b", "z"], "up")):
            if key:
                await pilot.press(key)
            table.set_rows(rows)
            seen.append(table.cursor_key)
        assert seen == ["b", "z", "b"]


async def test_without_colours_the_chosen_row_and_what_is_bad_are_as_clear_as_can_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = TableApp()
    async with app.run_test(size=(80, 24)) as pilot:
        app.table.focus()
        await pilot.pause()
        plain = app.table.base_style
        chosen, bad = app.table.style_for(CURSOR, "bad"), app.table.style_for(PLAIN, "bad")
        assert chosen.reverse
        assert (chosen.color, chosen.bgcolor) == (plain.color, plain.bgcolor)
        assert (bad.color, bad.bold) == (plain.color, True)
        assert app.table.style_for(PLAIN, "muted").color != plain.color


async def test_rows_are_sorted_by_cheap_versions_where_there_are_any() -> None:
    asked: list[Hashable] = []
    fleet = Fleet(1000)

    def cheap(key: Hashable) -> int:
        asked.append(key)
        return fleet.versions[key]

    table = LineTable(
        COLUMNS, fleet.row, version=fleet.row, sort_value=fleet.sort_value, sort_version=cheap, id="cheap"
    )

    class OneApp(App[None]):
        def compose(self) -> ComposeResult:
            yield table

    async with OneApp().run_test(size=(80, 24)) as pilot:
        table.set_rows(fleet.keys)
        await pilot.pause()
        table.sort_by("power", descending=True)
        await pilot.pause()
        before = table.keys[0]
        fleet.asked.clear()
        fleet.change("CP-00005", 1e6)
        table.pull()
        assert (before, table.keys[0]) == ("CP-00999", "CP-00005")
        assert len(asked) >= 1000
        assert len(fleet.asked) < 100, "only rows in sight are made"


async def test_rows_that_are_told_to_have_changed_are_the_only_ones_that_are_asked_about() -> None:
    asked: list[Hashable] = []
    fleet = Fleet(1000)

    def cheap(key: Hashable) -> int:
        asked.append(key)
        return 0  # changes unseen: what is told is looked at whatever the version says

    table = LineTable(COLUMNS, fleet.row, version=fleet.row, sort_value=fleet.sort_value, sort_version=cheap)

    class OneApp(App[None]):
        def compose(self) -> ComposeResult:
            yield table

    async with OneApp().run_test(size=(80, 24)) as pilot:
        table.set_rows(fleet.keys)
        await pilot.pause()
        for descending, place in ((True, 0), (False, -1)):
            table.sort_by("power", descending=descending)
            asked.clear()
            fleet.change("CP-00005", 1e6)
            table.pull(["CP-00005"])
            assert (table.keys[place], asked) == ("CP-00005", ["CP-00005"])
            fleet.change("CP-00005", 0)
            table.pull(["CP-00005"])
            equal = [key for key in table.keys if fleet.power[key] == 0]
            assert equal == ["CP-00000", "CP-00005"], "of equal ones the first that was given is first"
        table.sort_by(None)
        assert list(table.keys) == list(fleet.keys)
        table.sort_by("power")
        assert table.keys[-1] == "CP-00999"


def test_a_narrow_column_stays_where_a_wide_one_that_went_after_it_leaves_room() -> None:
    columns = [
        Column("name", "NAME", width=14, min_width=10),
        Column("narrow", "N", width=4, min_width=4, priority=9),
        Column("wide", "WIDE", width=12, min_width=12, priority=5),
    ]
    shown = {width: [place.column.key for place in lay_out(columns, width).placed] for width in (29, 28, 20, 19)}
    assert shown == {29: ["name", "narrow", "wide"], 28: ["name", "wide"], 20: ["name", "narrow"], 19: ["name"]}
    assert lay_out(columns, 19).placed[0].width == 14, "what it wants goes before"
