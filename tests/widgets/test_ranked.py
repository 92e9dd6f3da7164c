"""Keys stay in order whatever moves, and only what moves costs anything."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from widgets.ranked import Ranked

STEPS = st.lists(st.tuples(st.integers(0, 30), st.one_of(st.none(), st.integers(0, 5)), st.booleans()), max_size=60)


@given(STEPS)
def test_the_order_is_that_of_sorting_everything_anew(steps: list[tuple[int, int | None, bool]]) -> None:
    ranked: Ranked[int] = Ranked()
    ranked.fill((key, (9, key)) for key in range(200, 800))  # so many that a few moves are made one by one
    expected = {key: (9, key) for key in range(200, 800)}
    for key, place, look in steps:
        if place is None:
            assert ranked.drop(key) is (expected.pop(key, None) is not None)
        else:
            assert ranked.put(key, (place, key)) is (expected.get(key) != (place, key))
            expected[key] = (place, key)
        if look:
            assert ranked.order() == sorted(expected, key=lambda one: expected[one])
    assert ranked.order() == sorted(expected, key=lambda one: expected[one])
    assert len(ranked) == len(expected)


def test_an_order_that_was_given_away_stays_as_it_was() -> None:
    ranked: Ranked[int] = Ranked()
    ranked.fill((key, (key,)) for key in range(100))
    before = ranked.order()
    assert ranked.order() is before, "where nothing moved nothing is made"
    ranked.put(5, (1000,))
    assert ranked.order()[-1] == 5
    assert before == list(range(100))
