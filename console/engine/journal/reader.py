"""Reading the journal: from a running console, from another program while one runs, or when none does.

Reading goes on in one thread of its own with its own connection. Every query is built to be one SQLite step, since a
thread that shares the interpreter with a busy loop may wait 5 ms after each.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator, Callable, Collection, Generator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeVar

import apsw
import msgspec
import orjson

from console.engine.errors import JournalError
from console.engine.filter import MAX_ID, Filter, parse_filter
from console.engine.filter_sql import fold
from console.engine.fleet.model import StoredSample, Transaction
from console.engine.journal import codec, fetching, queries, samples, search
from console.engine.journal.schema import FILE, MIGRATIONS, check, connect, damaged
from console.engine.journal.search import value
from console.engine.journal.snapshot import Stored
from console.engine.wire.exchange import Exchange, Happening, Record

T = TypeVar("T")

_BUDGET = 0.05  # seconds of searching before others have their turn
_IDS = 10_000  # that are looked for in one step
_ROWS = 500  # that are read in one step
_DAMAGE = (apsw.CorruptError, apsw.NotADBError, msgspec.DecodeError, orjson.JSONDecodeError, zlib.error)


class Page(NamedTuple):
    """Exchanges, oldest first. ``next`` says where to look on (``before`` or ``after``), None where there is no more."""

    rows: list[Exchange]
    next: int | None


class Count(NamedTuple):
    """How many match; ``exact`` is False where counting stopped early."""

    number: int
    exact: bool


class StoredAnswer(NamedTuple):
    """A call of a station that was answered, as far as the same answer may have to be given again."""

    unique_id: str
    action: str
    raw_request: str
    raw_response: str
    transaction: str | None


class Reader:
    """The reading half of the journal; on its own (``Journal.read``) it needs no lock and changes nothing.

    Raises JournalError with a sentence where the file is missing, damaged or of a newer chargehand.
    """

    def __init__(self, directory: Path) -> None:
        self.path = directory / FILE
        self._reading: apsw.Connection | None = None
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="chargehand-read")

    @classmethod
    def read(cls, directory: Path) -> Reader:
        """Look into a data directory, whether a console runs on it or not."""
        reader = Reader(directory)
        if not reader.path.is_file():
            raise JournalError(
                f"There is no journal in {directory}. A console that ran with --data {directory} makes one."
            )
        version = reader._guarded(lambda connection: check(connection, reader.path))
        if version < len(MIGRATIONS):
            reader.shut()
            raise JournalError(
                f"{reader.path} was written by an older chargehand (schema {version}; this one reads {len(MIGRATIONS)}). "
                f"Start chargehand with --data {directory} once: that brings it up to date and leaves a copy beside it."
            )
        return reader

    def shut(self) -> None:
        """End reading; queries that wait are dropped."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        if self._reading is not None:
            self._reading.close()
            self._reading = None

    def _fresh(self) -> apsw.Connection:
        try:
            return connect(self.path, read_only=True)
        except (apsw.CorruptError, apsw.NotADBError) as error:
            raise damaged(self.path, error) from error
        except apsw.Error as error:
            raise JournalError(f"{self.path} cannot be read ({error}).") from error

    def _guarded(self, work: Callable[[apsw.Connection], T], connection: apsw.Connection | None = None) -> T:
        if connection is None:
            connection = self._reading = self._reading or self._fresh()
        try:
            return work(connection)
        except _DAMAGE as error:
            raise damaged(self.path, error) from error
        except apsw.Error as error:
            raise JournalError(f"{self.path} cannot be read ({error}).") from error

    async def _later(self, work: Callable[[apsw.Connection], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._guarded, work)

    # At start, in the caller's thread.

    def load(self) -> Stored:
        """The last snapshot."""
        return self._guarded(queries.load)

    def tail(self, cursor: int) -> Generator[Record]:
        """Every record after ``cursor``, in order, with payloads; up to what is committed when it gets there.

        Read some hundred at a time, so that a slow consumer keeps no part of the WAL from being reused.
        """
        connection = self._fresh()
        try:
            while True:
                records, further = self._guarded(partial(queries.chunk, cursor=cursor), connection)
                yield from records
                if further is None:
                    return
                cursor = further
        finally:
            connection.close()

    # While the loop runs.

    async def page(
        self,
        where: Filter | None,
        *,
        limit: int,
        before: int | None = None,
        after: int | None = None,
        late: bool = False,
    ) -> Page:
        """What a short search finds: up to ``limit`` exchanges, perhaps none yet; go on at ``next``. Fewer where they are
        large.

        The newest with ids below ``before`` (or at all), or the oldest with ids above ``after``. ``late``: for a screen,
        which looks at a few of them; payloads are read when they are asked for (``journal.late``).
        """
        low, high = 0 if after is None else after + 1, MAX_ID if before is None else before - 1
        down = after is None

        def work(connection: apsw.Connection) -> Page:
            found = search.find(connection, where, limit=limit, low=low, high=high, newest_first=down, budget=_BUDGET)
            further = None if found.next is None else found.next + (1 if down else -1)
            ids = fetching.first_of(connection, found.ids)
            if len(ids) < len(found.ids):
                further = ids[-1]
            return Page((fetching.late_exchanges if late else fetching.exchanges)(connection, ids), further)

        return await self._later(work)

    async def messages(
        self,
        where: Filter | None = None,
        *,
        limit: int,
        before: int | None = None,
        after: int | None = None,
        late: bool = False,
    ) -> list[Exchange]:
        """Up to ``limit`` matching exchanges, oldest first: the newest below ``before``, or the oldest above ``after``.

        ``late`` as in ``page``.
        """
        pages: list[list[Exchange]] = []
        missing = limit
        up = after is not None
        while missing > 0:
            page = await self.page(where, limit=min(missing, 1000), before=before, after=after, late=late)
            pages.append(page.rows)
            missing -= len(page.rows)
            if page.next is None:
                break
            before, after = (before, page.next) if up else (page.next, None)
        return [row for rows in (pages if up else reversed(pages)) for row in rows]

    async def newest(self, where: Filter | None, limit: int) -> AsyncIterator[Exchange]:
        """The newest ``limit`` that match, oldest first. Read some at a time: they may be large."""
        ids: list[int] = []
        high: int | None = MAX_ID
        while high is not None and len(ids) < limit:
            missing = min(limit - len(ids), _IDS)
            find = partial(search.find, where=where, limit=missing, high=high, budget=_BUDGET)
            more, high = await self._later(find)
            ids += more
        ids.reverse()
        while ids:
            part = await self._later(partial(fetching.first_of, ids=ids[:_ROWS]))
            for exchange in await self._later(partial(fetching.exchanges, ids=part)):
                yield exchange
            ids = ids[len(part) :]

    async def count(self, where: Filter | None = None, *, limit: int = 10_000, seconds: float = 0.5) -> Count:
        """How many match, counted up to ``limit`` and for about ``seconds``."""

        def work(connection: apsw.Connection) -> Count:
            found = search.find(connection, where, limit=limit, budget=seconds)
            return Count(len(found.ids), found.next is None)

        return await self._later(work)

    async def message(self, id: int) -> Exchange | None:
        """One exchange by its number, None where there is none (any more)."""
        rows = await self._later(lambda connection: fetching.exchanges(connection, [id]))
        return rows[0] if rows else None

    async def neighbours(self, exchange: Exchange) -> tuple[int | None, int | None]:
        """Ids of the exchanges before and after this one in the same transaction, or of the same station without one."""
        line = f"station:{queries.quoted(exchange.station)}"
        if exchange.transaction is not None:
            line += f" tx:{queries.quoted(exchange.transaction)}"
        where = parse_filter(line)

        def work(connection: apsw.Connection) -> tuple[int | None, int | None]:
            past = search.find(connection, where, limit=1, high=exchange.id - 1)
            later = search.find(connection, where, limit=1, low=exchange.id + 1, newest_first=False)
            return next(iter(past.ids), None), next(iter(later.ids), None)

        return await self._later(work)

    async def happenings(
        self,
        *,
        limit: int,
        before: int | None = None,
        station: str | None = None,
        kinds: Collection[str] | None = None,
    ) -> list[Happening]:
        """The newest ``limit`` happenings below ``before``, oldest first. ``kinds`` as in ``Happening``."""
        where = ["id < ?"]
        params: list[int | str | None] = [MAX_ID if before is None else before]
        if station is not None:
            where.append("key = ?")
            params.append(fold(station))
        if kinds is not None:
            where.append("kind IN (SELECT value FROM json_each(?))")
            params.append(orjson.dumps(sorted(kinds)).decode())
        sql = (
            "SELECT json_group_array(json_array(id, time, kind, station, link, data)) FROM"
            f" (SELECT * FROM happening WHERE {' AND '.join(where)} ORDER BY id DESC LIMIT ?)"
        )
        rows = orjson.loads(await self._later(lambda connection: value(connection, sql, (*params, limit))))
        return sorted((codec.happening(row) for row in rows), key=lambda happening: happening.id)

    async def transactions(
        self,
        *,
        station: str | None = None,
        limit: int = 200,
        before: int | None = None,
        ids: Collection[int] | None = None,
    ) -> list[Transaction]:
        """The newest ``limit`` transactions below ``before``, oldest first; of one station, or just ``ids``."""
        where = ["id < ?"]
        params: list[int | str | None] = [MAX_ID if before is None else before]
        if station is not None:
            where.append("station = ?")
            params.append(fold(station))
        if ids is not None:
            where.append("id IN (SELECT value FROM json_each(?))")
            params.append(orjson.dumps(sorted(ids)).decode())
        sql = f"SELECT body FROM txn WHERE {' AND '.join(where)} ORDER BY id DESC LIMIT ?"

        def work(connection: apsw.Connection) -> list[Transaction]:
            return queries.transactions(connection, sql, *params, limit)

        return sorted(await self._later(work), key=lambda transaction: transaction.id)

    async def samples(self, transaction: int) -> list[StoredSample]:
        """Every sampled value of a transaction (our id), by the time the station gave."""
        found = await self._later(lambda connection: samples.stored(connection, transaction))
        return sorted(found, key=lambda sample: sample.time)

    async def recent_answers(
        self, station_key: str, actions: Collection[str], since_ns: int, limit: int = 256
    ) -> list[StoredAnswer]:
        """The newest answered calls of a station, oldest first, so that a repeated call can be given the same answer."""

        def work(connection: apsw.Connection) -> list[StoredAnswer]:
            start = value(connection, "SELECT min(first) FROM run WHERE newest >= ?", (since_ns,))
            low = value(connection, "SELECT indexed FROM state") + 1 if start is None else start
            wanted = orjson.dumps(sorted(actions)).decode()
            found = value(connection, queries.ANSWERS, (fold(station_key), low, low, wanted, since_ns, limit))
            return [
                StoredAnswer(row[7], row[5], row[14], row[15], row[12])
                for part in fetching.parts(connection, sorted(orjson.loads(found)))
                for row in fetching.rows(connection, part)
                if type(row[14]) is str and type(row[15]) is str
            ]

        return await self._later(work)
