"""Messages that a person has marked. Marks are happenings in the journal; the newest are at hand, for what is live."""

from __future__ import annotations

from console.engine.journal import Reader

KEPT = 2_000  # marks that are looked at when they are first asked for


class Marks:
    """Ids of marked exchanges. ``changed`` counts changes, for views that pull."""

    def __init__(self) -> None:
        self._ids: set[int] = set()
        self._noted: dict[int, bool] = {}
        self._loaded = False
        self.changed = 0

    def __contains__(self, exchange: object) -> bool:
        return exchange in self._ids

    def __len__(self) -> int:
        return len(self._ids)

    async def load(self, journal: Reader) -> None:
        """Read the marks of earlier runs, once."""
        if self._loaded:
            return
        self._loaded = True
        stored: dict[int, bool] = {}
        for happening in await journal.happenings(limit=KEPT, kinds=("bookmark",)):
            exchange = happening.data.get("exchange")
            if isinstance(exchange, int):
                stored[exchange] = bool(happening.data.get("on"))
        last = stored | self._noted  # some may have been set meanwhile
        self._ids = {exchange for exchange, on in last.items() if on}
        self.changed += 1

    def note(self, exchange: int, on: bool) -> None:
        """A mark was set, or taken away."""
        self._noted[exchange] = on
        (self._ids.add if on else self._ids.discard)(exchange)
        self.changed += 1
