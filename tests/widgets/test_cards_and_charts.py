"""Cards, charts and QR codes: what flows can be seen, whatever the station says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual.app import App, ComposeResult

from console.screens.session_chart import pieces
from widgets.card import CardState, ConnectorCard, card_content
from widgets.power_chart import PowerChart, Sample, runs
from widgets.qr import QUIET, QrScreen, qr_lines
from widgets.ticks import clock_ticks, duration_ticks, value_ticks

Drawn = Callable[[App[Any]], list[str]]
Forbidden = Callable[[str], list[str]]

CHARGING = CardState(
    "EVSE 1",
    "Charging",
    power_w=11_020,
    power_limit_w=22_000,
    currents=(16.0, 16.1, 15.9),
    voltage=230.1,
    soc=64,
    energy_wh=4_211,
    limit_a=32,
    id_tag="04A2B3C4",
    cable="plugged in",
    seconds=3_723,
)


class OneApp(App[None]):
    def __init__(self, widget: ConnectorCard | PowerChart) -> None:
        super().__init__()
        self.widget = widget

    def compose(self) -> ComposeResult:
        yield self.widget


def test_a_card_says_what_flows() -> None:
    assert card_content(CHARGING).plain.splitlines() == [
        "⚡Charging",
        "power    11.0 kW  ████░░░░ · 4.2 kWh",
        "current  16.0 · 16.1 · 15.9 A",
        "voltage  230.1 V",
        "limit    32.0 A",
        "battery  64 %  █████░░░",
        "cable    plugged in",
        "id tag   04A2B3C4",
        "since    1:02:03",
    ]


def test_a_card_leaves_out_what_is_not_known() -> None:
    assert card_content(CardState("1", None)).plain == "—"
    assert card_content(CardState("1", "Faulted", error_code="GroundFailure")).plain == "✖Faulted\n✖ GroundFailure"
    assert card_content(CardState("1", "Available", error_code="NoError")).plain == "○Available"
    assert card_content(CardState("1", "Occupied", "SuspendedEV")).plain == "●Occupied · ◐SuspendedEV"


async def test_the_frame_of_a_card_has_the_colour_of_its_state() -> None:
    app = OneApp(ConnectorCard(CHARGING))
    async with app.run_test(size=(80, 24)):
        assert app.widget.has_class("-busy")
        assert isinstance(app.widget, ConnectorCard)
        app.widget.set_state(CardState("EVSE 1", "Charging", error_code="GroundFailure"))
        assert app.widget.has_class("-bad")
        assert not app.widget.has_class("-busy")


@pytest.mark.parametrize("width", [26, 80, 200])
async def test_hostile_cards_are_drawn_as_text(
    width: int, hostile: list[tuple[str, str]], drawn: Drawn, forbidden: Forbidden
) -> None:
    card = ConnectorCard()
    app = OneApp(card)
    async with app.run_test(size=(width, 24)) as pilot:
        for name, text in hostile:
            card.set_state(
                CardState(
                    text, text, text, error_code=text, cable=text, id_tag=text, note=text, soc=1e300, power_w=10**400
                )
            )
            await pilot.pause()
            assert forbidden("".join(drawn(app))) == [], name


def test_gaps_stay_gaps() -> None:
    samples = [Sample(0, 1_000), Sample(60, 2_000), Sample(120, None), Sample(180, float("nan")), Sample(240, 3_000)]
    assert runs(samples) == [[(0, 1), (1, 2)], [(4, 3)]]
    assert runs([]) == []
    assert runs([Sample(0, 1e300), Sample(1, float("inf"))]) == []


@settings(deadline=None)
@given(st.integers(0, 50_000))
def test_a_long_session_is_drawn_from_an_even_choice(count: int) -> None:
    pieces = runs([Sample(at, 1.0) for at in range(count)])
    assert sum(map(len, pieces)) <= 2_001
    assert not count or pieces[-1][-1][0] == (count - 1) / 60


@given(st.floats(0, 1e8))
def test_the_time_axis_is_marked_at_whole_steps(minutes: float) -> None:
    marks, labels = duration_ticks(minutes)
    assert 1 <= len(marks) == len(labels) <= 8
    assert all(0 <= mark <= minutes for mark in marks)


def test_axes_carry_their_unit() -> None:
    assert duration_ticks(59.5)[1] == ["0:00", "10:00", "20:00", "30:00", "40:00", "50:00"]


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (0, 22, ["0", "10", "20", "30"]),
        (0, 7.36, ["0", "2", "4", "6", "8"]),
        (0, 211.9, ["0", "100", "200", "300"]),
        (0, 0.9, ["0.00", "0.25", "0.50", "0.75", "1.00"]),
        (-5, 4, ["-5.0", "-2.5", "0.0", "2.5", "5.0"]),
        (0, 0, ["0", "1"]),
        (0, 4_200, ["0", "2 000", "4 000", "6 000"]),
    ],
)
def test_values_are_marked_at_round_numbers(low: float, high: float, labels: list[str]) -> None:
    assert value_ticks(low, high, 4)[1] == labels


@given(st.floats(-1e12, 1e12), st.floats(0, 1e12))
def test_every_value_lies_between_the_marks(low: float, span: float) -> None:
    marks, labels = value_ticks(low, low + span, 4)
    room = (marks[-1] - marks[0]) * 1e-6
    assert 2 <= len(marks) == len(labels) <= 7
    assert marks[0] - room <= min(low, 0)
    assert max(low + span, 0) <= marks[-1] + room


@pytest.mark.parametrize(
    ("begin", "seconds", "labels"),
    [
        ("2026-11-24T14:39:33", 10, ["14:39:35", "14:39:40"]),
        ("2026-11-24T14:39:33", 3600, ["14:45", "15:00", "15:15", "15:30"]),
        ("2026-11-24T14:39:33", 5 * 3600, ["16:00", "18:00"]),
        ("2026-11-24T14:39:33", 4 * 86400, ["11-25", "11-26", "11-27", "11-28"]),
    ],
)
def test_the_clock_is_marked_at_round_times(begin: str, seconds: float, labels: list[str]) -> None:
    from datetime import UTC, datetime

    start = int(datetime.fromisoformat(begin).replace(tzinfo=UTC).timestamp()) * 1_000_000_000
    marks, written = clock_ticks(start, seconds, 5)
    assert written == labels
    assert all(0 <= mark <= seconds for mark in marks)


@pytest.mark.parametrize("size", [(80, 24), (200, 60), (20, 6)])
async def test_a_chart_appears_with_the_second_sample(size: tuple[int, int], drawn: Drawn) -> None:
    chart = PowerChart()
    app = OneApp(chart)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        assert "no power samples" in "".join(drawn(app))
        chart.set_samples([Sample(at * 60, 11_000) for at in range(30)], limit_w=16_000)
        await pilot.pause()
        assert "┤" in "".join(drawn(app))
        assert size[1] < 10 or "kW" in "".join(drawn(app)), "there is room for the unit on any useful screen"
        app.theme = "textual-light"
        await pilot.pause()
        chart.set_samples([])
        await pilot.pause()
        assert "no power samples" in "".join(drawn(app))


@pytest.mark.parametrize("watts", [10**400, 1e300, -1e300, float("nan"), 0, -5_000])
async def test_no_sample_breaks_the_chart(watts: float) -> None:
    chart = PowerChart()
    app = OneApp(chart)
    async with app.run_test(size=(80, 24)) as pilot:
        chart.set_samples([Sample(0, watts), Sample(60, watts), Sample(120, 1), Sample(180, watts)], limit_w=watts)
        await pilot.pause()
        assert chart.is_mounted


def test_a_code_can_be_read_back_module_by_module() -> None:
    import segno

    lines = qr_lines("ws://192.168.1.20:9000/CP-001")
    modules = [[char in upper for char in line] for line in lines for upper in ("▀█", "▄█")]
    expected = [
        [bool(module) for module in row]
        for row in segno.make("ws://192.168.1.20:9000/CP-001", error="l", micro=False, boost_error=False).matrix_iter(
            border=QUIET
        )
    ]
    assert modules[: len(expected)] == expected


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (20, 5)])
async def test_the_code_shows_its_text_too_and_any_key_closes_it(size: tuple[int, int], drawn: Drawn) -> None:
    app: App[None] = App()
    async with app.run_test(size=size) as pilot:
        app.push_screen(QrScreen("ws://10.0.0.1:9000/"))
        await pilot.pause()
        shown = "\n".join(drawn(app))
        assert "ws://10.0.0.1:9000/" in shown
        assert ("The window is too" in shown) == (size == (20, 5))
        await pilot.press("x")
        await pilot.pause()
        assert not isinstance(app.screen, QrScreen)


async def test_hostile_text_in_a_code_is_drawn_as_text(
    hostile: list[tuple[str, str]], drawn: Drawn, forbidden: Forbidden
) -> None:
    app: App[None] = App()
    async with app.run_test(size=(120, 60)) as pilot:
        for name, text in hostile:
            app.push_screen(QrScreen(text, text))
            await pilot.pause()
            assert forbidden("".join(drawn(app))) == [], name
            app.pop_screen()


async def test_the_code_is_dark_on_light_in_every_theme() -> None:
    app: App[None] = App()
    async with app.run_test(size=(80, 24)) as pilot:
        app.theme = "textual-light"
        app.push_screen(QrScreen("ws://10.0.0.1:9000/"))
        await pilot.pause()
        style = next(iter(app.screen.query_one("QrCode").render_line(0))).style
        assert str(style) == "#000000 on #ffffff"


def test_the_line_of_a_session_is_cut_where_readings_are_missing() -> None:
    times = [0, 60, 120, 240, 300, 1000]
    points = [(float(at), 1.0) for at in times]
    assert [len(piece) for piece in pieces(points, 4.0)] == [5, 1]
    assert [len(piece) for piece in pieces(points, 1.7)] == [3, 2, 1]
    assert [len(piece) for piece in pieces([(0.0, 1.0), (5.0, 1.0), (50.0, 1.0)], 4.0)] == [3], "a minute is no gap"
