"""What all views of messages share: the marks a person has set, and the list an exchange was opened from.

Marks are kept as happenings in the journal; the list is only remembered while the console runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from console.engine.errors import ChargehandError
from console.engine.filter import Filter, parse_filter
from console.engine.wire.exchange import Exchange
from console.screens.base import Host

if TYPE_CHECKING:
    from console.engine.engine import Engine

KEPT = 2_000  # marks that are looked at when the console starts
MARKED = "is:marked"  # the filter line that finds them


class MessageDesk:
    """``marks``: ids of marked exchanges; ``where``: the filter of the list that the last exchange was opened from.

    ``changed`` counts changes of the marks, for views that pull.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.marks: set[int] = set()
        self.where: Filter = parse_filter("")
        self.changed = 0
        self._loaded = False

    async def load(self) -> None:
        """Read the marks of earlier runs, once."""
        if self._loaded:
            return
        self._loaded = True
        for happening in await self._engine.journal.happenings(limit=KEPT, kinds=("bookmark",)):
            exchange = happening.data.get("exchange")
            if isinstance(exchange, int):
                (self.marks.add if happening.data.get("on") else self.marks.discard)(exchange)
        self.changed += 1

    async def toggle(self, exchange: int) -> bool:
        """Mark it, or take the mark away; gives which. Raises JournalFull where that cannot be kept."""
        on = exchange not in self.marks
        await self._engine.bookmark(exchange, on)
        (self.marks.add if on else self.marks.discard)(exchange)
        self.changed += 1
        return on

    def filter(self, text: str) -> Filter:
        """Understand a filter line, with the marks as they are at any time. Raises FilterError."""
        return parse_filter(text, marked=lambda exchange: exchange in self.marks)


_BY_ENGINE: WeakKeyDictionary[Engine, MessageDesk] = WeakKeyDictionary()


def desk_of(engine: Engine) -> MessageDesk:
    """The one desk of a running console."""
    found = _BY_ENGINE.get(engine)
    if found is None:
        found = _BY_ENGINE[engine] = MessageDesk(engine)
    return found


async def mark(host: Host, exchange: Exchange) -> None:
    """Mark an exchange, or take its mark away, and say so."""
    try:
        on = await desk_of(host.engine).toggle(exchange.id)
    except ChargehandError as error:
        host.say(error.sentence, title=error.title, severity="error")
        return
    host.say("Marked: B in Messages shows all marked ones." if on else "The mark is taken away.")
