"""Nothing a station sends reaches a terminal as anything but visible text."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from widgets.safe import Align, cut, fit, safe, safe_content, safe_content_lines, safe_lines, safe_text, wrap

Forbidden = Callable[[str], list[str]]

anything = st.text(st.characters(codec=None, exclude_categories=()), max_size=80)


def test_a_hostile_string_holds_nothing_a_terminal_obeys(hostile_text: str, forbidden: Forbidden) -> None:
    assert forbidden(safe_text(hostile_text)) == []
    assert len(safe_text(hostile_text)) <= 2_000


@given(anything)
def test_no_string_at_all_holds_anything_a_terminal_obeys(text: str) -> None:
    shown = safe_text(text)
    assert shown.isprintable()
    shown.encode("utf-8")


@given(anything, st.integers(0, 40), st.sampled_from(get_args(Align)))
def test_a_fitted_text_is_exactly_as_wide_as_its_column(text: str, width: int, align: Align) -> None:
    assert cell_len(fit(safe_text(text), width, align)) == width


@given(anything, st.integers(2, 40))
def test_wrapping_loses_nothing_and_keeps_to_the_width(text: str, width: int) -> None:
    shown = safe_text(text)
    pieces = wrap(shown, width)
    assert "".join(pieces) == shown
    assert all(cell_len(piece) <= width for piece in pieces)


def test_every_character_that_is_drawn_has_the_width_that_terminals_take_from_unicode() -> None:
    wrong = []
    for point in range(0x110000):
        letter = chr(point)
        if letter.isprintable() and safe_text(f"a{letter}") == f"a{letter}":
            marks = unicodedata.category(letter) in ("Mn", "Me")
            width = 0 if marks else 2 if unicodedata.east_asian_width(letter) in "WF" else 1
            if cell_len(letter) != width:
                wrong.append(f"U+{point:04X}")
    assert wrong == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]52;c;aGk=\x07", "\\u001b]52;c;aGk=\\u0007"),
        ("\x9b31m", "\\u009b31m"),
        ("abc\u202egpj", "abc\\u202egpj"),
        ("CP\u200b1", "CP\\u200b1"),
        ("a\ud800", "a\\ud800"),
        ("a\u2028b", "a\\u2028b"),
        ("\x7f", "\\u007f"),
        ("\U000e0041", "\\U000e0041"),
        ("one\r\ntwo\tx", "one\\r\\ntwo\\tx"),
    ],
)
def test_what_is_taken_out_can_be_seen(text: str, shown: str) -> None:
    assert safe_text(text) == shown


@pytest.mark.parametrize(
    "text", ["CP-001", "Größe 5 µ", "Зарядка", "充电桩", "e\u0301", "⚡Charging", "[/nope]", '{"a":[true]}', ""]
)
def test_honest_text_stays_as_it_is(text: str) -> None:
    assert safe_text(text) == text
    assert safe(text).plain == text
    assert safe_content(text).plain == text


def test_a_storm_of_marks_keeps_two_and_shows_the_rest() -> None:
    assert safe_text("e" + "\u0301" * 4) == "e\u0301\u0301\\u0301\\u0301"


def test_marks_that_sit_on_nothing_are_shown() -> None:
    assert safe_text("\u0301a") == "\\u0301a"


def test_a_long_text_ends_in_an_ellipsis() -> None:
    assert safe_text("A" * 1_000_000, max_chars=10) == "A" * 9 + "…"
    assert safe_text("\x1b" * 9, max_chars=10) == "\\u001b\\u0" + "…"


def test_values_that_are_no_text_are_written_out() -> None:
    assert safe_text(None) == ""
    assert safe_text(17) == "17"
    assert safe_text(b"\x1b") == "b'\\x1b'"


def test_lines_are_broken_at_line_feeds_only() -> None:
    assert safe_lines("one\r\ntwo\u2028three\nfour\x0bfive") == ["one", "two\\u2028three", "four\\u000bfive"]
    assert safe_lines("a\nb\nc\nd", max_lines=2) == ["a", "b", "…"]
    assert safe_content_lines("a\n[/b]").plain == "a\n[/b]"


def test_cutting_counts_cells_not_characters() -> None:
    assert cut("漢字漢字", 5) == "漢字…"
    assert cut("漢字漢字", 4) == "漢…"
    assert cut("漢字", 4) == "漢字"
    assert cut("abc", 0) == ""


def test_the_corpus_is_plain_json_for_every_other_test(hostile: list[tuple[str, str]]) -> None:
    assert len({name for name, _ in hostile}) == len(hostile)
    assert json.loads(json.dumps([text for _, text in hostile])) == [text for _, text in hostile]
