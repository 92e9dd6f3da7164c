"""The frame tells the same story at every width, and every part of it can be clicked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rich.cells import cell_len
from textual import on
from textual.app import App, ComposeResult
from textual.widget import Widget

from widgets.bar_line import Part, arrange
from widgets.header import BannerLine, Crumb, HeaderBar, HeaderState, KeyBar, KeyHint, Section, SectionBar

Drawn = Callable[[App[Any]], list[str]]
Forbidden = Callable[[str], list[str]]

STATE = HeaderState(
    profile="bench",
    url="ws://192.168.1.20:9000/<station id>",
    online=12,
    charging=3,
    power_w=21_400,
    alarms=2,
    messages_per_second=38,
    clock_ns=1_763_985_869_000_000_000,
)
SECTIONS = [Section("1", "Fleet"), Section("2", "Sessions"), Section("3", "Messages"), Section("5", "Alarms", 2)]
HINTS = [
    KeyHint("enter", "open", priority=1),
    KeyHint("r", "reset", enabled=False, reason="CP-001 is not connected"),
    KeyHint("f", "firmware", priority=9),
    KeyHint("?", "help", priority=1),
]


class FrameApp(App[None]):
    CSS = "#body { height: 1fr; }"

    def __init__(self, state: HeaderState = STATE) -> None:
        super().__init__()
        self.state = state
        self.seen: list[object] = []

    def compose(self) -> ComposeResult:
        yield HeaderBar()
        yield SectionBar()
        yield BannerLine()
        yield Widget(id="body")
        yield KeyBar()

    def on_mount(self) -> None:
        self.query_one(HeaderBar).set_state(self.state)
        self.query_one(SectionBar).set_sections(SECTIONS, "1", [Crumb("Fleet", "fleet"), Crumb("CP-001", "cp")])
        self.query_one(KeyBar).set_hints(HINTS, live=True)

    @on(HeaderBar.Pressed)
    def pressed(self, event: HeaderBar.Pressed) -> None:
        self.seen.append(event.target)

    @on(SectionBar.Picked)
    def picked(self, event: SectionBar.Picked) -> None:
        self.seen.append(event.key)

    @on(SectionBar.CrumbPicked)
    def crumb(self, event: SectionBar.CrumbPicked) -> None:
        self.seen.append(event.target)

    @on(KeyBar.Pressed)
    def hint(self, event: KeyBar.Pressed) -> None:
        self.seen.append((event.hint.key, event.hint.reason))


async def test_a_wide_header_says_everything(drawn: Drawn) -> None:
    app = FrameApp()
    async with app.run_test(size=(140, 24)) as pilot:
        await pilot.pause()
        header, sections, *_, keys = drawn(app)
        address = "chargehand  bench  ▏ ws://192.168.1.20:9000/<station id> ▏ "
        assert header.startswith(f" {address}12 online · 3 charging · 21.4 kW · ⚠ 2 alarms ▏ 38 msg/s ")
        assert header.rstrip().endswith("12:04:29 UTC")
        assert "1 Fleet" in sections
        assert "5 Alarms (2)" in sections
        assert sections.rstrip().endswith("Fleet › CP-001")
        assert keys.startswith(" enter open  r reset  f firmware  ? help")
        assert keys.rstrip().endswith("● LIVE ▏ p pause")


async def test_with_large_counts_the_traffic_goes_before_the_address_and_the_zone_of_the_clock(drawn: Drawn) -> None:
    state = HeaderState(
        profile=STATE.profile,
        url=STATE.url,
        clock_ns=1,
        online=200,
        charging=153,
        power_w=1_210_000.0,
        alarms=12,
        messages_per_second=380.0,
    )
    app = FrameApp(state)
    async with app.run_test(size=(120, 24)) as pilot:
        await pilot.pause()
        header = drawn(app)[0]
        for piece in ("/<station id> ▏", "200 online · 153 charging", "⚠ 12", "UTC"):
            assert piece in header, header
        assert "msg/s" not in header


async def test_sections_stand_still_however_long_the_crumbs_are(drawn: Drawn) -> None:
    app = FrameApp()
    async with app.run_test(size=(100, 24)) as pilot:
        bar = app.query_one(SectionBar)
        starts = set()
        for words in ("CP-001", "a station with a name of forty-eight letters or so"):
            bar.set_sections(
                [Section("1", "Fleet"), Section("2", "Sessions")], "1", [Crumb("Fleet", "0"), Crumb(words)]
            )
            await pilot.pause()
            starts.add(drawn(app)[1].index("1 Fleet"))
        assert len(starts) == 1


async def test_at_eighty_columns_the_address_the_alarms_and_the_open_door_stay(drawn: Drawn) -> None:
    app = FrameApp(HeaderState(url=STATE.url, online=12, alarms=2, insecure=True, read_only=True, clock_ns=1))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        header = drawn(app)[0]
        for piece in ("ws://192.168.1.20:9000/…", "12 online", "⚠ 2", "⚠ OPEN", " RO "):
            assert piece in header, header


@pytest.mark.parametrize("width", [1, 5, 20, 40, 80, 120, 200])
async def test_lines_are_never_wider_than_the_screen(width: int, drawn: Drawn) -> None:
    app = FrameApp()
    async with app.run_test(size=(width, 24)) as pilot:
        app.query_one(BannerLine).set_banner("The disk is full: stations are told to keep their records.")
        await pilot.pause()
        assert {cell_len(line) for line in drawn(app)} == {width}


async def test_a_banner_takes_no_room_while_all_is_well(drawn: Drawn) -> None:
    app = FrameApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert not app.query_one(BannerLine).display
        app.query_one(BannerLine).set_banner("The clock jumped by 1 h.", "warn")
        await pilot.pause()
        assert drawn(app)[2].startswith(" ⚠ The clock jumped by 1 h.")
        app.query_one(BannerLine).set_banner("")
        await pilot.pause()
        assert not app.query_one(BannerLine).display


async def test_every_part_can_be_clicked(drawn: Drawn) -> None:
    app = FrameApp()
    async with app.run_test(size=(140, 24)) as pilot:
        await pilot.pause()
        lines = drawn(app)
        await pilot.click(HeaderBar, offset=(lines[0].index("ws://") + 3, 0))
        await pilot.click(HeaderBar, offset=(lines[0].index("alarms"), 0))
        await pilot.click(SectionBar, offset=(lines[1].index("Sessions"), 0))
        await pilot.click(SectionBar, offset=(lines[1].index("Fleet ›"), 0))
        await pilot.click(KeyBar, offset=(lines[-1].index("reset"), 0))
        await pilot.click(KeyBar, offset=(lines[-1].index("pause"), 0))
        await pilot.click(KeyBar, offset=(70, 0))
        await pilot.pause()
        assert app.seen == ["url", "alarms", "2", "fleet", ("r", "CP-001 is not connected"), ("p", "")]


async def test_the_frozen_screen_says_so(drawn: Drawn) -> None:
    app = FrameApp()
    async with app.run_test(size=(80, 24)) as pilot:
        app.query_one(KeyBar).set_hints(HINTS, live=False)
        await pilot.pause()
        assert "FROZEN" in drawn(app)[-1]
        assert "p go on" in drawn(app)[-1]


async def test_the_same_state_draws_nothing_again() -> None:
    app = FrameApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        bar = app.query_one(HeaderBar)
        drawn_before = bar._repaint_required
        bar.set_state(STATE)
        assert not bar._repaint_required
        assert not drawn_before
        bar.set_state(HeaderState(online=13))
        assert bar._repaint_required


async def test_hostile_names_are_drawn_as_text(
    hostile: list[tuple[str, str]], drawn: Drawn, forbidden: Forbidden
) -> None:
    app = FrameApp()
    async with app.run_test(size=(120, 24)) as pilot:
        for name, text in hostile:
            app.query_one(HeaderBar).set_state(HeaderState(profile=text, url=text))
            app.query_one(SectionBar).set_sections([Section("1", text)], "1", [Crumb(text, text), Crumb(text)])
            app.query_one(BannerLine).set_banner(text)
            app.query_one(KeyBar).set_hints([KeyHint(text, text)], live=True)
            await pilot.pause()
            lines = drawn(app)
            assert forbidden("".join(lines)) == [], name
            assert {cell_len(line) for line in lines} == {120}, name


def test_the_least_needed_part_goes_first() -> None:
    parts = [Part("name", priority=0), Part("long text", priority=2, short="s"), Part("extra", priority=5)]
    assert [part.text for part in arrange(parts, (), 18)[0]] == ["name", "long text", "extra"]
    assert [part.text for part in arrange(parts, (), 13)[0]] == ["name", "long text"]
    assert [part.text for part in arrange(parts, (), 6)[0]] == ["name", "s"]
    assert [part.text for part in arrange(parts, (), 2)[0]] == ["name"]


@pytest.mark.parametrize("width", [80, 120, 200])
async def test_a_long_filter_is_cut_and_its_section_stays(width: int, drawn: Drawn) -> None:
    app = FrameApp()
    async with app.run_test(size=(width, 24)) as pilot:
        titles = ("Fleet", "Sessions", "Messages", "Connections", "Alarms", "Files")
        sections = [Section(str(at), title) for at, title in enumerate(titles, start=1)]
        line = "/station:CP-GARAGE-* is:charging|faulted model:alfen !ocpp:1.6"
        app.query_one(SectionBar).set_sections(sections, "3", [Crumb("Messages", "0"), Crumb(line)])
        await pilot.pause()
        bar = drawn(app)[1]
        assert "Messages › /stati" in bar
        assert "3 Messages" in bar
        assert ("6 Files" in bar) == (width > 80)
        assert bar.rstrip().endswith("…" if width < 200 else "1.6")


def test_a_part_that_may_be_cut_is_cut_before_another_goes() -> None:
    parts = [Part("name", priority=3), Part("a long text", least=4)]
    assert [part.text for part in arrange(parts, (), 12)[0]] == ["name", "a long …"]
    assert [part.text for part in arrange(parts, (), 8)[0]] == ["name", "a l…"]
    assert [part.text for part in arrange(parts, (), 7)[0]] == ["a l…"]
