"""Careful reading of payloads."""

from __future__ import annotations

from typing import Any

import pytest

from console.engine.dialects.reading import Clock, has_zone, integer, items, number, obj, pruned, stamp, text, when

NOON = 1_768_478_400_000_000_000  # 2026-01-15T12:00:00Z
SECOND = 1_000_000_000


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (7, 7),
        (7.0, 7),
        ("7", 7),
        (" 7 ", 7),
        ("-7", -7),
        (2**63 - 1, 2**63 - 1),
        (2**63, None),
        (1e300, None),
        (7.5, None),
        ("7.5", None),
        ("1_0", None),
        ("9" * 25, None),
        (True, None),
        (None, None),
        ([], None),
    ],
)
def test_an_integer_is_what_fits_into_64_bits(sent: Any, read: int | None) -> None:
    assert integer(sent) == read


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (7, 7.0),
        ("2e+01", 20.0),
        (" 16.0", 16.0),
        ("1_0", None),
        ("inf", None),
        ("", None),
        (10**400, None),
        (False, None),
    ],
)
def test_a_number_is_finite(sent: Any, read: float | None) -> None:
    assert number(sent) == read


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("2026-01-15T12:00:00Z", NOON),
        ("2026-01-15T12:00:00", NOON),
        ("2026-01-15t12:00:00.5z", NOON + SECOND // 2),
        ("2026-01-15T12:00:00.123456789Z", NOON + 123_456_000),
        ("2026-01-15T14:00:00+02:00", NOON),
        (" 2026-01-15T12:00:00Z ", NOON),
        ("1970-01-01T00:00:00Z", 0),
        ("1969-12-31T23:59:59.5Z", -SECOND // 2),
        ("9999-12-31T00:00:00Z", None),
        ("0001-01-01T00:00:00Z", None),
        ("2026-02-30T12:00:00Z", None),
        ("yesterday at noon", None),
        ("", None),
        (NOON, None),
        (None, None),
    ],
)
def test_a_time_is_utc_unless_it_says_otherwise(sent: Any, read: int | None) -> None:
    assert when(sent) == read


def test_a_zone_is_seen_where_there_is_one() -> None:
    assert [has_zone(f"2026-01-15T12:00:00{zone}") for zone in ("Z", "z", "+02:00", "-05:00", "")] == [True] * 4 + [
        False
    ]


def test_what_is_told_can_be_read_again() -> None:
    assert stamp(NOON + 123_456_789) == "2026-01-15T12:00:00.123Z"
    assert when(stamp(NOON)) == NOON


def test_the_clock_is_held_for_a_small_step_back_and_follows_a_great_one() -> None:
    clock = Clock()

    assert clock.stamp(NOON) == stamp(NOON)
    assert clock.stamp(NOON - 59 * SECOND) == stamp(NOON)
    assert clock.stamp(NOON + SECOND) == stamp(NOON + SECOND)
    assert clock.stamp(NOON - 3600 * SECOND) == stamp(NOON - 3600 * SECOND)


def test_the_rest_is_taken_as_it_comes() -> None:
    assert (text("x"), text(7), text(True), text(None), text({})) == ("x", "7", "true", None, None)
    assert (items([1]), items({"a": 1}), items(None)) == ([1], [{"a": 1}], [])
    assert (obj({"a": 1}), obj([1]), obj(None)) == ({"a": 1}, {}, {})
    assert pruned({"a": None, "b": 0, "c": ""}) == {"b": 0, "c": ""}
