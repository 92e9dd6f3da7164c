"""What sessions take in the journal is measured on what the console itself writes."""

from __future__ import annotations

from benchmarks.sessions import READINGS, measure


def test_samples_of_sessions_take_a_tenth_when_they_are_packed() -> None:
    found = measure(2)
    assert found["messages"] == 2 * (READINGS + 2)
    assert found["MB a million"] < 0.1 * found["MB a million, plain"]
