"""Finding exchanges, newest or oldest first, page by page.

A search walks ids in slices, so that a rare word never holds up others: each slice is one SQLite step, and after
``budget`` seconds it stops and says where to go on. Where a term names a station, an action, a trouble, a transaction or
an order, only the ids that the ``by_…`` tables list for it are looked at; of several such terms the rarest leads.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, Final, NamedTuple

import apsw
import orjson

from console.engine.filter import MAX_ID, Filter, Term
from console.engine.filter_sql import (
    BINARY_REQUEST,
    BINARY_RESPONSE,
    FLAGS,
    MARKED_KIND,
    OUTCOME_BITS,
    UNANSWERED,
    clean,
    fold,
    glob,
    lower,
)
from console.engine.journal import codec, packs
from console.engine.journal.schema import OUT_KIND, VIOLATION_KIND

_CANDIDATES: Final = 1024
_SLICE: Final = 8192
_TEXT_SLICE: Final = 1024
_MAX_VALUES: Final = 16


class Found(NamedTuple):
    """Ids that matched, in the order of the walk. ``next`` is the first id not looked at yet, None at the end."""

    ids: list[int]
    next: int | None


class _Driver(NamedTuple):
    """Keys of a ``by_…`` table, of which one must match."""

    table: str
    column: str
    keys: tuple[Any, ...]


_KINDS: Final[dict[str, tuple[int, ...]]] = {
    "error": (OUTCOME_BITS["error"], OUTCOME_BITS["malformed"]),
    "unanswered": tuple(OUTCOME_BITS[name] for name in UNANSWERED),
    "violation": (VIOLATION_KIND,),
    "marked": (MARKED_KIND,),
    "out": (OUT_KIND,),
    **{name: (OUTCOME_BITS[name],) for name in ("late", "malformed", "unsolicited", "timeout", "lost")},
}


def value(connection: apsw.Connection, sql: str, params: Sequence[Any] = ()) -> Any:
    """The first column of the first row, or None."""
    found = connection.execute(sql, tuple(params)).fetchone()
    return None if found is None else found[0]


def find(
    connection: apsw.Connection,
    where: Filter | None,
    *,
    limit: int,
    low: int = 0,
    high: int = MAX_ID,
    newest_first: bool = True,
    budget: float | None = None,
) -> Found:
    """Up to ``limit`` ids from ``low`` to ``high`` that match, walking down or up."""
    # One transaction: bodies may be packed, and rows forgotten, between two slices.
    connection.execute("BEGIN")
    try:
        return _found(connection, where, limit, low, high, newest_first, budget)
    finally:
        connection.execute("ROLLBACK")


def _found(
    connection: apsw.Connection,
    where: Filter | None,
    limit: int,
    low: int,
    high: int,
    newest_first: bool,
    budget: float | None,
) -> Found:
    low, high = _bounds(connection, where, low, high)
    if low > high:
        return Found([], None)
    if where is None or where.empty:
        order = "DESC" if newest_first else "ASC"
        sql = f"SELECT id FROM exchange WHERE id BETWEEN ? AND ? ORDER BY id {order} LIMIT ?"
        ids = _ids(connection, sql, low, high, limit)
        return Found(_sorted(ids, newest_first), _after(ids, newest_first) if len(ids) == limit else None)
    walk = _Walk(connection, where, newest_first)
    found: list[int] = []
    until = None if budget is None else time.monotonic() + budget
    for at, ids in walk.run(low, high, limit):
        found += ids
        if len(found) >= limit:
            found = found[:limit]
            return Found(found, _after(found, newest_first))
        if at is not None and until is not None and time.monotonic() >= until:
            return Found(found, at if low <= at <= high else None)
    return Found(found, None)


def _after(ids: list[int], newest_first: bool) -> int | None:
    if not ids:
        return None
    return min(ids) - 1 if newest_first else max(ids) + 1


def _sorted(ids: list[int], newest_first: bool) -> list[int]:
    return sorted(ids, reverse=newest_first)


def _ids(connection: apsw.Connection, sql: str, *params: Any) -> list[int]:
    """Every id that a query gives, in one step; unordered."""
    found = value(connection, f"SELECT json_group_array(id) FROM ({sql})", params)
    ids: list[int] = orjson.loads(found)
    return ids


def _bounds(connection: apsw.Connection, where: Filter | None, low: int, high: int) -> tuple[int, int]:
    """The ids to walk: what exists, narrowed by what the runs tell of the times that are asked for."""
    last = value(connection, "SELECT max(id) FROM exchange")
    first = value(connection, "SELECT min(id) FROM exchange")
    if last is None:
        return 1, 0
    low, high = max(low, first), min(high, last)
    if where is not None:
        lowest, highest = where.ids
        low, high = max(low, lowest), min(high, highest)
    indexed = value(connection, "SELECT indexed FROM state")
    since, until = (None, None) if where is None else (where.since, where.until)
    if since is not None:
        start = value(connection, "SELECT min(first) FROM run WHERE newest >= ?", (_int64(since),))
        low = max(low, indexed + 1 if start is None else start)
    if until is not None:
        bound = _int64(until)
        # What no run tells of yet is some 2,048 rows at most: they are looked at.
        newer = "SELECT max(id) FROM exchange WHERE id > ? AND time <= ?"
        end = value(connection, newer, (indexed, bound)) if high > indexed else None
        if end is None:
            end = value(connection, "SELECT max(last) FROM run WHERE oldest <= ?", (bound,))
        high = min(high, 0 if end is None else end)
    return low, high


def _int64(number: int) -> int:
    return max(-MAX_ID, min(MAX_ID, number))


class _Walk:
    def __init__(self, connection: apsw.Connection, where: Filter, newest_first: bool) -> None:
        self._connection = connection
        self._condition, self._params = where.sql()
        self._facts, self._fact_params = where.facts_sql()
        self._words = where.words
        self._packed = packs.packed_to(connection) if where.words else 0
        self._down = newest_first
        self._order = "DESC" if newest_first else "ASC"
        self._drivers = [driver for term in where.terms if (driver := _driver(connection, term)) is not None]
        self._indexed = value(connection, "SELECT indexed FROM state")

    def run(self, low: int, high: int, limit: int) -> Iterator[tuple[int | None, list[int]]]:
        """Pairs of where the walk would go on, and what was found so far."""
        if not self._drivers:
            yield from self._slices(low, high, limit)
            return
        indexed = self._indexed
        parts = [(self._candidates, low, min(high, indexed)), (self._slices, max(low, indexed + 1), high)]
        for walk, first, last in reversed(parts) if self._down else parts:
            if first <= last:
                yield from walk(first, last, limit)

    def _slices(self, low: int, high: int, limit: int) -> Iterator[tuple[int | None, list[int]]]:
        size = _TEXT_SLICE if self._words else _SLICE
        while low <= high:
            first, last = (max(low, high - size + 1), high) if self._down else (low, min(high, low + size - 1))
            yield self._step(first, last), self._matching("e.id BETWEEN ? AND ?", (first, last), limit)
            low, high = (low, first - 1) if self._down else (last + 1, high)

    def _candidates(self, low: int, high: int, limit: int) -> Iterator[tuple[int | None, list[int]]]:
        # As many first as are wanted: mostly all of them match, and each is a row somewhere in the file.
        size = min(limit * len(self._drivers), _CANDIDATES)
        while low <= high:
            rarity = partial(self._rarity, size)
            ids = min((self._listed(driver, low, high, size) for driver in self._drivers), key=rarity)
            among = orjson.dumps(ids).decode()
            matching = self._matching("e.id IN (SELECT value FROM json_each(?))", (among,), limit) if ids else []
            if len(ids) < size:
                yield self._step(low, high), matching
                return
            size = _CANDIDATES
            low, high = (low, min(ids) - 1) if self._down else (max(ids) + 1, high)
            yield high if self._down else low, matching

    def _rarity(self, size: int, ids: list[int]) -> tuple[bool, int]:
        """The rarest driver has few candidates, or those that reach furthest."""
        if len(ids) < size:
            return False, len(ids)
        return True, min(ids) if self._down else -max(ids)

    def _step(self, first: int, last: int) -> int:
        return first - 1 if self._down else last + 1

    def _listed(self, driver: _Driver, low: int, high: int, size: int) -> list[int]:
        one = (
            f"SELECT * FROM (SELECT id FROM {driver.table} WHERE {driver.column} = ? AND id BETWEEN ? AND ?"
            f" ORDER BY id {self._order} LIMIT {size})"
        )
        union = " UNION ALL ".join([one] * len(driver.keys))
        params = [part for key in driver.keys for part in (key, low, high)]
        if len(driver.keys) > 1:
            # UNION, not ALL: one exchange may have two of the troubles asked for.
            union = f"SELECT DISTINCT id FROM ({union}) ORDER BY id {self._order} LIMIT {size}"
        return _ids(self._connection, union, *params) if driver.keys else []

    def _matching(self, ids: str, params: tuple[Any, ...], limit: int) -> list[int]:
        source, also = "exchange e", "1"
        packed: list[int] = []
        if self._words:
            # CROSS JOIN and the plus: SQLite is to walk the slice, not all bodies, and not all ids from here on.
            source, also = "exchange e CROSS JOIN body b ON b.id = e.id", f"+e.id > {self._packed}"
            packed = self._in_packs(ids, params)
        sql = f"SELECT e.id FROM {source} WHERE {ids} AND {also} AND {self._condition} ORDER BY e.id {self._order} LIMIT ?"
        plain = _ids(self._connection, sql, *params, *self._params, limit)
        return _sorted([*packed, *plain], self._down)[:limit]

    def _in_packs(self, ids: str, params: tuple[Any, ...]) -> list[int]:
        """Ids whose bodies are packed and hold the words. A pack without a word is passed over as a whole."""
        every = [word for term in self._words for word in term.alternatives]
        sql = (
            f"SELECT json_group_array(json_array(e.id, e.bits, {', '.join(word.elsewhere for word in every)}))"
            f" FROM exchange e WHERE {ids} AND +e.id <= {self._packed} AND {self._facts}"
        )
        bound = (*(param for word in every for param in word.elsewhere_params), *params, *self._fact_params)
        found = {row[0]: row[1:] for row in orjson.loads(value(self._connection, sql, bound))}
        matching: list[int] = []
        for data, wanted in packs.opened(self._connection, list(found)):
            elsewhere = [any(found[id_][place] for id_ in wanted) for place in range(1, len(every) + 1)]
            lowered = data.lower()
            near = {word for word, else_ in zip(every, elsewhere, strict=True) if else_ or word.within(lowered)}
            if all(term.negated or not near.isdisjoint(term.alternatives) for term in self._words):
                matching += [
                    row[0] for row in packs.unpacked(data) if row[0] in wanted and self._holds(row, found[row[0]])
                ]
        return matching

    def _holds(self, frames: packs.Frames, facts: list[int]) -> bool:
        bits = facts[0]
        request = codec.frame_of(frames[1], bits & BINARY_REQUEST)
        response = codec.frame_of(frames[2], bits & BINARY_RESPONSE)
        place = 1
        for term in self._words:
            found = False
            for word in term.alternatives:
                found = found or bool(facts[place]) or word.found(request) or word.found(response)
                place += 1
            if found == term.negated:
                return False
        return True


def _driver(connection: apsw.Connection, term: Term) -> _Driver | None:
    if term.negated:
        return None
    texts = [value.text for value in term.values]
    match term.field:
        case "station" | "action":
            keys = _names(connection, [(value.text, value.quoted) for value in term.values])
            return None if keys is None else _Driver(f"by_{term.field}", term.field, keys)
        case "tx" if all(value.quoted or "*" not in value.text for value in term.values):
            return _Driver("by_tx", "tx", tuple(lower(clean(text)) for text in texts))
        case "order" if all(text.isdigit() for text in texts):
            return _Driver("by_order", "ordered", tuple(int(text) for text in texts))
        case "is" | "dir":
            kinds = [_KINDS.get(text.lower()) for text in texts]
        case "outcome":
            kinds = [None if text in ("result", "send") else (OUTCOME_BITS[text],) for text in map(str.lower, texts)]
        case _:
            return None
    if None in kinds:
        return None
    return _Driver("by_trouble", "kind", tuple({number for numbers in kinds if numbers for number in numbers}))


def _names(connection: apsw.Connection, values: Sequence[tuple[str, bool]]) -> tuple[int, ...] | None:
    """The numbers of the names that match, None where they are too many to be followed one by one."""
    keys: set[int] = set()
    for text, literal in values:
        wild = "*" in text and not literal
        condition, param = ("GLOB ?", glob(fold(text))) if wild else ("= ?", fold(text))
        keys.update(_ids(connection, f"SELECT id FROM name WHERE folded {condition} LIMIT {_MAX_VALUES + 1}", param))
    return None if len(keys) > _MAX_VALUES else tuple(sorted(keys))


assert set(_KINDS) <= set(FLAGS)
