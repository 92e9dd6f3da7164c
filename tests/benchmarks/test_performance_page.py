"""The page of figures is made of what was measured, and says what was not, and what is missed."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

from benchmarks.filters import FILTERS, SCANS, measure
from benchmarks.plot import draw
from benchmarks.report import BEGIN, END, PAGE, table

COST = {"ours": 50.0, "ours-no-journal": 40.0, "echo": 28.0, "ocpp": 600.0, "ocpp-rpc": 45.0}
ROW: dict[str, Any] = {
    "us_per_message": COST,
    "against ocpp routing": 12.0,
    "against raw echo": 0.44,
    "journal on against off": 0.8,
}
BENCH: dict[str, Any] = {
    "python": "3.11",
    "throughput": {"at": "2026-01-15T12:00:00+00:00", "quick": False, "load before": 0.1, "found": {"1.6": ROW}},
}


def test_a_figure_is_kept_missed_or_not_measured() -> None:
    made = table(BENCH, None, None)
    assert "| ≥ 8.0× | 12.0× | ✓ |" in made
    assert "| ≥ 0.55× | 0.44× | ✖ |" in made
    assert "missed by 20%" in made
    assert "| not measured | · |" in made
    assert "CPython 3.11; measured on 2026-01-15" in made


def test_the_outcome_of_soak_and_fuzz_stands_in_the_table() -> None:
    soak = {
        "figures": {"kills": 3, "acknowledged records": 6012},
        "promises": [{"what": "acknowledged records that are lost", "found": "2: a; b", "kept": False}],
    }
    fuzz = {"cases": {"cases": 39_400}, "escaped": 0, "frame finds": 0}
    made = table({}, soak, fuzz)
    assert "acknowledged records lost on a bad network of 6,012, 3 kills | 0 | 2 | ✖ |" in made
    assert "(39,400 payloads) and the frame parser | 0 | 0 | ✓ |" in made


def test_memory_counts_only_where_the_soak_was_long_enough_to_judge_it() -> None:
    promise = {"what": "memory after the warm-up", "found": "+0.42 over 90 min", "kept": True}
    assert "| ≤ 1.00 | 0.42 | ✓ |" in table({}, None, None, {"promises": [promise]})
    assert "| ≤ 1.00 | not measured | · |" in table({}, None, None, {"promises": [{**promise, "kept": None}]})


def test_the_page_has_the_place_for_the_table() -> None:
    page = PAGE.read_text()
    assert page.index(BEGIN) < page.index(END)
    assert (PAGE.parent / "performance.svg").is_file()


def test_the_picture_has_a_bar_for_each_server_and_ours_is_shorter_than_the_dearest() -> None:
    root = ElementTree.fromstring(draw({"1.6": ROW, "2.0.1": ROW}))
    bars = [one for one in root.iter("{http://www.w3.org/2000/svg}rect") if one.get("class") in ("bar", "ours")]
    assert len(bars) == 2 * len(COST)
    widths = [float(one.get("width") or 0) for one in bars[: len(COST)]]
    assert max(widths) > widths[0] > 0


def test_every_filter_finds_something_in_a_small_journal() -> None:
    found = measure(20_000)
    assert set(SCANS) <= set(found["ms"]["full"]) <= {*FILTERS, *SCANS}
    assert found["MB a million"] > 0
