"""What the answers to our calls tell beyond their status: lines for people, made by the tables of each version."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from console.engine.dialects.reading import integer, obj
from console.engine.fleet.events import Told
from console.engine.wire.exchange import Exchange

Lines = Callable[[dict[str, Any]], Iterable[str]]

MOST: Final = 1000  # lines of one message
_ANSWERED: Final = frozenset(("result", "late"))


def told(exchange: Exchange, answers: Mapping[str, Lines], numbers: Mapping[str, str]) -> Told | None:
    """What the answer to one of our calls tells; None where it is no answer, or tells nothing but its status.

    ``answers``: what makes the lines, by action; ``numbers``: the field that holds the one number that is told.
    """
    lines = answers.get(exchange.action or "")
    if lines is None or exchange.direction != "out" or exchange.outcome not in _ANSWERED:
        return None
    response = obj(exchange.response)
    number = integer(response.get(numbers.get(exchange.action or "", "")))
    return Told(lines=cut(lines(response)), number=number)


def cut(lines: Iterable[str]) -> tuple[str, ...]:
    """The first lines, and a word where there were more."""
    found: list[str] = []
    for line in lines:
        if len(found) == MOST:
            found.append("… and more; the message has all of it")
            break
        found.append(line)
    return tuple(found)
