"""Forgetting what is old, a few milliseconds of the writer's time at a time: messages are committed in between.

What lies together in the file is forgotten first: exchanges, bodies, happenings. The ``by_…`` tables list what is old in
as many places as there are stations, actions and transactions; there it may stay for a while (whoever searches meets only
what is there), and goes a key at a time once there is much of it. Record by record it would be fifty times the work.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final, NamedTuple

import apsw
import orjson

from console.engine.journal.search import value

Works = Callable[[Callable[[apsw.Connection], Any]], Awaitable[Any]]
"""Has something done in the writer's thread."""

TURN_S: Final = 0.005
"""Seconds that a turn takes, about; after each the others have as long."""
_EXPIRE_FIRST: Final = 500  # records in the first turn
_EXPIRE_LEAST, _EXPIRE_MOST = 16, 8000  # and in any
_SAMPLE_SLICE: Final = 5000
_LOOK: Final = 5000  # happenings that are looked at in one turn
_STALE: Final = 100_000  # ids that the tables may still list though they are gone
_TABLES: Final = (
    ("by_action", "action"),
    ("by_station", "station"),
    ("by_trouble", "kind"),
    ("by_tx", "tx"),
    ("by_order", "ordered"),
)


class _Turn(NamedTuple):
    """What came of one: where the next begins (None: there is none), how much went, how long it took."""

    next: Any
    gone: int
    seconds: float


async def forget(works: Works, before_ns: int) -> int:
    """Forget exchanges and happenings older than ``before_ns`` that are in the snapshot already, then transactions that
    are over and were not heard of since, with their samples. Gives how many records."""
    bound = await works(lambda connection: value(connection, "SELECT min(cursor, indexed) FROM state"))
    gone = await _in_turns(works, partial(_expire, bound=bound, before=before_ns))
    await _in_turns(works, partial(_expire_transactions, before=before_ns))
    first = await works(_first_if_stale)
    if first is not None:
        for table, column in _TABLES:
            await _in_turns(works, partial(_trim, table=table, column=column, first=first))
    return gone


async def _in_turns(works: Works, turn: Callable[..., tuple[Any, int]]) -> int:
    """One turn after the other, each about ``TURN_S`` long, until one says that there is no next. A turn gets the
    connection, what the one before gave as its next (None at first), and how much it should do."""
    start, size, gone = None, _EXPIRE_FIRST, 0
    while True:
        done: _Turn = await works(partial(_timed, turn, start, size))
        gone += done.gone
        if done.next is None:
            return gone
        start = done.next
        size = max(_EXPIRE_LEAST, min(_EXPIRE_MOST, 2 * size, round(size * TURN_S / max(done.seconds, 1e-6))))
        await asyncio.sleep(done.seconds)


def _timed(turn: Callable[..., tuple[Any, int]], start: Any, size: int, connection: apsw.Connection) -> _Turn:
    began = time.perf_counter()
    following, gone = turn(connection, start, size)
    return _Turn(following, gone, time.perf_counter() - began)


def _expire(
    connection: apsw.Connection, start: int | None, size: int, *, bound: int, before: int
) -> tuple[int | None, int]:
    """Forget within the next ``size`` ids.

    What is old need not come first: after a spell with a clock in the future it lies behind what seems new. Whole runs
    of exchanges without anything old are stepped over by their times, happenings are looked through by the thousand.
    """
    old, last, count, run = orjson.loads(
        value(
            connection,
            "WITH next(id, time) AS (SELECT id, time FROM happening WHERE id BETWEEN ?1 AND ?2 ORDER BY id LIMIT ?4)"
            " SELECT json_array((SELECT min(id) FROM next WHERE time < ?3), (SELECT max(id) FROM next),"
            " (SELECT count(*) FROM next),"
            " (SELECT max(first, ?1) FROM run WHERE last >= ?1 AND oldest < ?3 ORDER BY last LIMIT 1))",
            (start or 0, bound, before, _LOOK),
        )
    )
    seen = last if count == _LOOK else bound
    first = min((at for at in (old, run) if at is not None and at <= seen), default=None)
    if first is None:
        return (None if seen == bound else seen + 1), 0
    last = min(first + size - 1, bound)
    where = "WHERE id BETWEEN ? AND ? AND time < ?"
    counting = f"SELECT (SELECT count(*) FROM exchange {where}) + (SELECT count(*) FROM happening {where})"
    gone: int = value(connection, counting, (first, last, before) * 2)
    if gone:
        connection.execute("INSERT INTO expired VALUES (?, ?, ?)", (first, last, before))
    return last + 1, gone


def _expire_transactions(
    connection: apsw.Connection, _start: bool | None, _size: int, *, before: int
) -> tuple[bool | None, int]:
    """Forget up to 50 transactions that are over and were not heard of since then, with their samples: those first, some
    thousand at a time, since a month of charging may have half a million."""
    over = "SELECT id FROM txn WHERE state != 'active' AND updated < ? ORDER BY updated LIMIT 50"
    ids = value(connection, f"SELECT json_group_array(id) FROM ({over})", (before,))
    if ids == "[]":
        return None, 0
    theirs = "IN (SELECT value FROM json_each(?))"
    some = f"SELECT rowid FROM sample WHERE txn {theirs} LIMIT {_SAMPLE_SLICE}"
    connection.execute("BEGIN IMMEDIATE")
    connection.execute(f"DELETE FROM sample WHERE rowid IN ({some})", (ids,))
    if connection.changes() < _SAMPLE_SLICE:
        connection.execute(f"DELETE FROM loose WHERE txn {theirs}", (ids,))
        connection.execute(f"DELETE FROM txn WHERE id {theirs}", (ids,))
    connection.execute("COMMIT")
    return True, 0


def _first_if_stale(connection: apsw.Connection) -> int | None:
    """The lowest id that is there, where the tables list many below it; None where they do not."""
    keys = _keys("by_action", "action", None, "k IS NOT NULL")
    sql = f"{keys} SELECT min((SELECT min(id) FROM by_action WHERE action = k)) FROM keys"
    lowest = value(connection, sql, (None,))
    first = value(connection, "SELECT coalesce((SELECT min(id) FROM exchange), (SELECT indexed + 1 FROM state))")
    return first if lowest is not None and first - lowest >= _STALE else None


def _keys(table: str, column: str, after: Any, until: str) -> str:
    """The distinct keys of a table behind ``after`` (?1), found by stepping from one to the next."""
    behind = "?1 IS NULL" if after is None else f"{column} > ?1"
    return (
        f"WITH RECURSIVE keys(k) AS (SELECT min({column}) FROM {table} WHERE {behind} UNION ALL"
        f" SELECT (SELECT min({column}) FROM {table} WHERE {column} > k) FROM keys WHERE {until})"
    )


def _trim(
    connection: apsw.Connection, done: tuple[Any] | None, size: int, *, table: str, column: str, first: int
) -> tuple[tuple[Any] | None, int]:
    """Take up to ``size`` ids below ``first`` out of a table, from the keys behind ``done``; gives which are done then."""
    after = None if done is None else done[0]
    keys = _keys(table, column, after, "k IS NOT NULL")
    last = value(connection, f"{keys} SELECT max(k) FROM (SELECT k FROM keys LIMIT {size})", (after,))
    if last is None:
        return None, 0
    keys = _keys(table, column, after, "k < ?2")
    theirs = f"SELECT {column}, id FROM keys CROSS JOIN {table} ON {column} = k WHERE id < ?3 LIMIT {size}"
    connection.execute(f"DELETE FROM {table} WHERE ({column}, id) IN ({keys} {theirs})", (after, last, first))
    return ((after,) if connection.changes() == size else (last,)), 0
