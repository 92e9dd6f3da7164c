"""What all views of messages share: the marks a person has set, and the list an exchange was opened from.

The engine keeps the marks; the list is only remembered while the console runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from console.engine.errors import ChargehandError
from console.engine.filter import Filter, parse_filter
from console.engine.marks import Marks
from console.engine.wire.exchange import Exchange
from console.screens.base import Host

if TYPE_CHECKING:
    from console.engine.engine import Engine

MARKED = "is:marked"  # the filter line that finds them


class MessageDesk:
    """``marks``: ids of marked exchanges; ``where``: the filter of the list that the last exchange was opened from.

    ``changed`` counts changes of the marks, for views that pull.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.where: Filter = parse_filter("")

    @property
    def marks(self) -> Marks:
        """Which are marked."""
        return self._engine.marks

    @property
    def changed(self) -> int:
        """Goes up with every change of the marks, whoever made it."""
        return self.marks.changed

    async def load(self) -> None:
        """Read the marks of earlier runs, once."""
        await self.marks.load(self._engine.journal)

    async def toggle(self, exchange: int) -> bool:
        """Mark it, or take the mark away; gives which. Raises JournalFull where that cannot be kept."""
        on = exchange not in self.marks
        await self._engine.bookmark(exchange, on)
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
    if host.engine.read_only:
        host.say("This console is read-only: it marks nothing.", severity="warning")
        return
    try:
        on = await desk_of(host.engine).toggle(exchange.id)
    except ChargehandError as error:
        host.say(error.sentence, title=error.title, severity="error")
        return
    host.say("Marked: B in Messages shows all marked ones." if on else "The mark is taken away.")
