"""The fleet's filter line: what the word at the cursor may become. Its meaning stands in ``console.engine.filter_fleet``."""

from __future__ import annotations

from console.engine.filter_fleet import FIELDS, STATES, FleetTerm, all_text, matches, parse_fleet_filter
from widgets.completion import Completion

__all__ = ["FIELDS", "STATES", "FleetTerm", "all_text", "complete_fleet_filter", "matches", "parse_fleet_filter"]


def complete_fleet_filter(text: str, cursor: int) -> list[Completion]:
    """What the word at the cursor may become."""
    start = text.rfind(" ", 0, cursor) + 1
    while text[start:cursor].startswith("!"):
        start += 1
    typed = text[start:cursor].casefold()
    name, colon, part = typed.partition(":")
    if not colon:
        return [Completion(f"{field}:", "", start) for field in FIELDS if typed and field.startswith(typed)]
    if name != "is":
        return []
    begun = part.rpartition("|")[2]
    return [Completion(state, "", cursor - len(begun)) for state in STATES if state.startswith(begun)]
