"""A journal without a disk: what the engine costs when nothing waits for a commit. Only for measuring.

``python -m benchmarks.no_journal run …`` is the console with it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from console.engine.journal import Snapshot, Stored
from console.engine.journal.reader import Count, Page
from console.engine.wire.exchange import Record

Released = Callable[[list[Record], Exception | None], None]


class NoJournal:
    """Releases every record in the next turn of the loop."""

    failure: str | None = None
    pending = 0

    def __init__(self) -> None:
        self.last_id = 0
        self._batch: list[Record] = []
        self._released: Released | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @classmethod
    def open(cls, _directory: Path, **_: Any) -> Any:
        """A new one."""
        return cls()

    def start(self, loop: asyncio.AbstractEventLoop, released: Released) -> None:
        """Say whom to release to."""
        self._loop, self._released = loop, released

    def append(self, record: Record) -> int:
        """Number a record; it is released at once."""
        self.last_id += 1
        record.id = self.last_id
        self._batch.append(record)
        if len(self._batch) == 1 and self._loop is not None:
            self._loop.call_soon(self._release)
        return self.last_id

    def _release(self) -> None:
        batch, self._batch = self._batch, []
        if self._released is not None:
            self._released(batch, None)

    def save(self, _snapshot: Snapshot, saved: Callable[[Exception | None], None]) -> None:
        """Nothing is kept."""
        saved(None)

    def load(self) -> Stored:
        """Nothing is there."""
        return Stored()

    def tail(self, _cursor: int) -> Iterator[Record]:
        """Nothing is there."""
        return iter(())

    async def messages(self, *_: Any, **__: Any) -> list[Any]:
        """Nothing is there."""
        return []

    async def page(self, *_: Any, **__: Any) -> Page:
        """Nothing is there."""
        return Page([], None)

    async def count(self, *_: Any, **__: Any) -> Count:
        """Nothing is there."""
        return Count(0, True)

    async def happenings(self, *_: Any, **__: Any) -> list[Any]:
        """Nothing is there."""
        return []

    async def transactions(self, *_: Any, **__: Any) -> list[Any]:
        """Nothing is there."""
        return []

    async def recent_answers(self, *_: Any, **__: Any) -> list[Any]:
        """Nothing is there."""
        return []

    async def close(self) -> None:
        """Nothing to do."""


if __name__ == "__main__":
    from console.cli import main
    from console.engine.engine import Engine

    defaults = Engine.__init__.__kwdefaults__
    assert defaults is not None
    defaults["open_journal"] = NoJournal.open
    main()
