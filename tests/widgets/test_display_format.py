"""Numbers, times and states read the same on every screen, whatever a station sent."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from widgets import format as f
from widgets.spark import bar, sparkline
from widgets.tone import link_glyph, status_content, status_glyph, status_text, tone_style, verdict_glyph

FORMATS: list[Callable[[float | int | None], str]] = [
    f.power,
    f.energy,
    f.energy_exact,
    f.current,
    f.voltage,
    f.percent,
    f.bytes_,
    f.rate,
    f.byte_rate,
    f.age,
    f.duration,
    f.skew,
    f.latency,
    f.thousands,
]


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (f.power(11_000), "11.0 kW"),
        (f.power(0), "0.0 kW"),
        (f.power(450), "450 W"),
        (f.power(1_234_567), "1.2 MW"),
        (f.energy(4_211), "4.2 kWh"),
        (f.energy(812), "812 Wh"),
        (f.energy_exact(4_211), "4 211 Wh"),
        (f.energy_exact(4_211.5), "4 211.5 Wh"),
        (f.bytes_(1_536), "1.50 KiB"),
        (f.rate(38), "38 msg/s"),
        (f.rate(0.5), "0.5 msg/s"),
        (f.age(2), "2 s"),
        (f.age(250), "4 min"),
        (f.age(3 * 3600), "3 h"),
        (f.age(-3), "0 s"),
        (f.duration(42), "0:42"),
        (f.duration(3723), "1:02:03"),
        (f.skew(372), "+00:06:12"),
        (f.skew(-7200), "-02:00:00"),
        (f.latency(812), "812 ms"),
        (f.latency(30_000), "30.0 s"),
        (f.clock(1_763_985_869_118_000_000, millis=True), "12:04:29.118"),
        (f.clock(1_763_985_869_118_000_000), "12:04:29"),
        (f.date_clock(1_763_985_869_118_000_000), "2025-11-24 12:04:29"),
        (f.clock(10**40), "—"),
    ],
)
def test_a_value_is_written_the_way_the_design_shows_it(shown: str, expected: str) -> None:
    assert shown == expected


@pytest.mark.parametrize("function", FORMATS)
@pytest.mark.parametrize("value", [None, math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_a_dash(function: Callable[[float | None], str], value: float | None) -> None:
    assert function(value) == "—"


@pytest.mark.parametrize("function", FORMATS)
@given(st.one_of(st.integers(), st.floats(), st.sampled_from([10**400, -(10**5000), 1e308, 5e-324])))
def test_no_number_is_too_strange_to_write(function: Callable[[float | int | None], str], value: float) -> None:
    assert 0 < len(function(value)) < 45


@given(st.lists(st.one_of(st.none(), st.floats(), st.integers())), st.integers(0, 30))
def test_a_sparkline_is_as_wide_as_asked(values: list[float | None], width: int) -> None:
    assert cell_len(sparkline(values, width)) == width


def test_a_sparkline_shows_gaps_and_scale() -> None:
    assert sparkline([0, 50, None, 100], 6, top=100) == "  ▁▅ █"
    assert sparkline([3, 3], 2) == "██"
    assert sparkline([0, 0], 2) == "▁▁"
    assert sparkline([10**400, math.inf, 1], 3) == "  █"


@given(st.one_of(st.none(), st.floats()), st.integers(0, 30))
def test_a_bar_is_as_wide_as_asked(share: float | None, width: int) -> None:
    assert cell_len(bar(share, width)) == width
    assert cell_len(bar(share, width, label="42 %")) == width


def test_a_bar_fills_from_the_left() -> None:
    assert bar(0.5, 4) == "██░░"
    assert bar(None, 4) == "┄┄┄┄"
    assert bar(7.0, 4) == "████"


@pytest.mark.parametrize(
    "status",
    [
        "Available",
        "Preparing",
        "Charging",
        "SuspendedEV",
        "SuspendedEVSE",
        "Finishing",
        "Reserved",
        "Unavailable",
        "Faulted",
        "Occupied",
    ],
)
def test_every_status_has_a_glyph_and_keeps_its_word(status: str) -> None:
    assert status_glyph(status).glyph != "?"
    assert status_text(status).endswith(status)
    assert status_content(status).plain == status_text(status)


def test_an_unknown_status_is_shown_as_it_was_sent() -> None:
    assert status_text("Error") == "?Error"
    assert status_text("\x1b[2J") == "?\\u001b[2J"
    assert status_text(None) == "—"
    assert status_glyph(17).glyph == "?"


def test_tones_name_theme_colours() -> None:
    assert tone_style("bad") == "bold $text-error"
    assert tone_style("no such tone") == ""
    assert link_glyph(True).tone == "ok"
    assert link_glyph(False).tone == "bad"
    assert verdict_glyph("warn").glyph == "⚠"


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("register 1 076 147.4 Wh → 2 Wh", 14, ["register", "1 076 147.4 Wh", "→ 2 Wh"]),
        ("12 messages · 4 211 errors", 16, ["12 messages ·", "4 211 errors"]),
        ("for 3 min and 5 h of it", 8, ["for", "3 min", "and 5 h", "of it"]),
        ("tag 12 345 min", 10, ["tag", "12 345 min"]),
        ("", 10, [""]),
        ("averylongword", 5, ["avery", "longw", "ord"]),
        ("充电桩 故障", 7, ["充电桩", "故障"]),
        ("a 充电桩故障 b", 7, ["a", "充电桩", "故障 b"]),
    ],
)
def test_a_line_is_not_broken_within_a_number_nor_before_its_unit(text: str, width: int, lines: list[str]) -> None:
    assert f.wrap_words(text, width) == lines
