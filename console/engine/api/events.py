"""Server-sent events: every exchange, happening and alarm as it is folded, with a way to go on after a broken link.

``event`` is ``exchange``, ``happening`` or ``alarm``; ``id`` the number of the record, so that ``Last-Event-ID`` finds the
place in the journal again. Alarms are told live only; ``GET /alarms`` gives where they stand.
Source: HTML standard, section 9.2.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import closing
from itertools import islice, takewhile
from typing import TYPE_CHECKING, Any

from console.engine.api import views
from console.engine.fleet.events import Event
from console.engine.visible import json_line
from console.engine.wire.exchange import Exchange, Record

if TYPE_CHECKING:
    from console.engine.engine import Engine
    from console.engine.filter import Filter
    from console.engine.journal import Reader

QUEUE = 5_000  # events that wait for a slow client; beyond that it is served from the journal again
KEEP_ALIVE_SECONDS = 15
QUEUE_BYTES = 16 * 1024 * 1024  # or so much text of them
_SLICE = 500  # records that are read at a time


class _Follower:
    """One client: what waits for it, and the newest record it was given."""

    def __init__(self, where: Filter | None, sent: int, secrets: bool) -> None:
        self.where = where
        self.secrets = secrets
        self.sent = sent
        self.waiting: deque[tuple[int, bytes]] = deque()
        self.bytes = 0
        self.behind = False
        self.wake = asyncio.Event()

    @property
    def full(self) -> bool:
        """Whether so much waits that the journal is the better place for it."""
        return len(self.waiting) >= QUEUE or self.bytes >= QUEUE_BYTES

    def put(self, number: int, text: bytes) -> None:
        """What the client is to be given."""
        self.waiting.append((number, text))
        self.bytes += len(text)

    def take(self) -> bytes:
        """What it is given next."""
        self.sent, text = self.waiting.popleft()
        self.bytes -= len(text)
        return text

    def clear(self) -> None:
        """Forget what waits."""
        self.waiting.clear()
        self.bytes = 0


class EventStream:
    """Hands the engine's records to all followers; belongs to one engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._followers: set[_Follower] = set()
        self._alarms_seen = engine.fleet.changed
        self._closed = False
        self._unwatch = engine.watch(self._folded)

    def close(self) -> None:
        """End every stream."""
        self._closed = True
        self._unwatch()
        for follower in self._followers:
            follower.wake.set()

    async def follow(
        self, where: Filter | None, after: int | None, *, secrets: bool = False
    ) -> AsyncGenerator[bytes, None]:
        """The stream of one client: from the journal what came after ``after``, then what comes.

        ``secrets``: with the passwords, keys and PIN codes in them.
        """
        follower = _Follower(where, self._engine.fleet.cursor if after is None else after, secrets)
        follower.behind = after is not None
        self._followers.add(follower)
        try:
            yield b"retry: 2000\n\n"
            while not self._closed:
                if follower.behind:
                    async for text in self._missed(follower):
                        yield text
                while follower.waiting and not follower.behind:
                    yield follower.take()
                if self._closed or follower.behind:
                    continue
                follower.wake.clear()
                try:
                    async with asyncio.timeout(KEEP_ALIVE_SECONDS):
                        await follower.wake.wait()
                except TimeoutError:
                    yield b": still here\n\n"
        finally:
            self._followers.discard(follower)

    async def _missed(self, follower: _Follower) -> AsyncIterator[bytes]:
        """From the journal, up to what is folded now; what is folded meanwhile waits in the queue."""
        follower.behind = False
        follower.clear()
        end = self._engine.fleet.cursor
        cursor: int | None = follower.sent
        while cursor is not None:
            # Each part is read to its end within one thread: nothing of the journal is held while a client is slow,
            # or after it has gone.
            batch = await asyncio.to_thread(_part, self._engine.journal, cursor, end)
            for record in batch:
                text = _record(record, follower.where, follower.secrets)
                follower.sent = record.id
                if text is not None:
                    yield text
            cursor = batch[-1].id if len(batch) == _SLICE else None
        follower.sent = max(follower.sent, end)

    def _folded(self, record: Record, _events: tuple[Event, ...]) -> None:
        fleet = self._engine.fleet
        if not self._followers:
            self._alarms_seen = fleet.changed
            return
        texts: dict[tuple[Filter | None, bool], bytes | None] = {}
        alarms = [_text("alarm", record.id, views.alarm(one)) for one in self._changed_alarms()]
        for follower in self._followers:
            if follower.behind:
                continue
            if follower.full:
                follower.behind = True
            else:
                wanted = (follower.where, follower.secrets)
                if wanted not in texts:
                    texts[wanted] = _record(record, *wanted)
                text = texts[wanted]
                if text is not None:
                    follower.put(record.id, text)
                for alarm in alarms:
                    follower.put(record.id, alarm)
            follower.wake.set()

    def _changed_alarms(self) -> list[Any]:
        fleet = self._engine.fleet
        seen, self._alarms_seen = self._alarms_seen, fleet.changed
        return [one for mine in fleet.dirty.alarms.values() for one in mine.values() if one.changed > seen]


def _part(journal: Reader, cursor: int, end: int) -> list[Record]:
    """The next records after ``cursor``, up to ``end``. Blocking."""
    with closing(journal.tail(cursor)) as records:
        return list(islice(takewhile(lambda record: record.id <= end, records), _SLICE))


def _record(record: Record, where: Filter | None, secrets: bool) -> bytes | None:
    if isinstance(record, Exchange):
        if where is not None and not where.matches(record):
            return None
        return _text("exchange", record.id, views.message(record, secrets=secrets))
    return None if where is not None else _text("happening", record.id, views.happening(record, secrets=secrets))


def _text(kind: str, number: int, row: dict[str, Any]) -> bytes:
    return b"event: %b\nid: %d\ndata: %b\n" % (kind.encode(), number, json_line(row))
