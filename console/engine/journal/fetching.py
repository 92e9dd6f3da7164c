"""Exchanges by their ids: rows of the journal, whole or with payloads that are read later.

Ids come from ``first_of`` where there may be many: what is asked for here is read as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Any, Final

import apsw
import orjson

from console.engine.journal import codec, packs
from console.engine.journal.late import Pack, late
from console.engine.journal.search import value
from console.engine.wire.exchange import Exchange

_FETCH: Final = (
    f"SELECT json_group_array(json_array({', '.join(codec.COLUMNS[: codec.BODY])}, {packs.FRAMES}, b.id IS NULL))"
    " FROM exchange e LEFT JOIN body b ON b.id = e.id WHERE e.id IN (SELECT value FROM json_each(?))"
)
# Every pack that holds one of these ids, once. As JSON, so that 200 of them are one step.
_PACKS: Final = (
    "SELECT json_group_array(json_array(first, last, hex(bodies))) FROM pack WHERE last IN (SELECT"
    " (SELECT last FROM pack WHERE last >= wanted.value ORDER BY last LIMIT 1) FROM json_each(?) AS wanted)"
)
# Of a pack only its compressed size is known; frames are mostly a tenth of theirs.
_SIZES: Final = (
    "SELECT json_group_array(coalesce("
    "(SELECT coalesce(octet_length(request), 0) + coalesce(octet_length(response), 0) FROM body WHERE id = wanted.value),"
    " (SELECT 8 * octet_length(bodies) FROM pack WHERE last >= wanted.value ORDER BY last LIMIT 1), 0) ORDER BY wanted.key)"
    " FROM json_each(?) AS wanted"
)
ROOM: Final = 16 * 1024 * 1024
"""Bytes of frames that are read at once. A station may send a megabyte a thousand times; SQLite makes one text of what is
read, up to six times as long, and none longer than a billion."""
_FEW: Final = 4


def first_of(connection: apsw.Connection, ids: Sequence[int]) -> Sequence[int]:
    """As many of these ids, in their order, as have frames of ``ROOM`` bytes together; one at least. One step."""
    if len(ids) <= _FEW:
        return ids
    sizes: list[int] = orjson.loads(value(connection, _SIZES, (orjson.dumps(list(ids)).decode(),)))
    fits = sum(total <= ROOM for total in accumulate(sizes))
    return ids[: max(1, fits)]


def parts(connection: apsw.Connection, ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """All of these ids, so many at a time."""
    while ids:
        part = first_of(connection, ids)
        yield part
        ids = ids[len(part) :]


def exchanges(connection: apsw.Connection, ids: Sequence[int]) -> list[Exchange]:
    """These exchanges with their payloads, oldest first."""
    return [codec.exchange(row) for row in rows(connection, ids)]


def late_exchanges(connection: apsw.Connection, ids: Sequence[int]) -> list[Exchange]:
    """The same with payloads that are read when somebody asks for one (``late``); two steps."""
    found = _found(connection, ids)
    packed = _packs(connection, [row[0] for row in found if row[-1]])
    made: list[Exchange] = []
    for row in found:
        pack = packed.get(row[0])
        frames = (None, None) if row[-1] else packs.frames(row[0], *row[codec.BODY : -1])[1:]
        made.append(late((*row[: codec.BODY], *frames), pack))
    return made


def rows(connection: apsw.Connection, ids: Sequence[int]) -> Iterator[codec.Row]:
    """What ``codec.exchange`` reads of these exchanges, oldest first; one step, and one more for each pack."""
    found = _found(connection, ids)
    packed = packs.bodies(connection, [row[0] for row in found if row[-1]])
    for row in found:
        frames = packed.get(row[0]) if row[-1] else packs.frames(row[0], *row[codec.BODY : -1])
        yield (*row[: codec.BODY], *((None, None) if frames is None else frames[1:]))


def _found(connection: apsw.Connection, ids: Sequence[int]) -> list[list[Any]]:
    """What ``_FETCH`` gives, oldest first."""
    if not ids:
        return []
    found: list[list[Any]] = orjson.loads(value(connection, _FETCH, (orjson.dumps(list(ids)).decode(),)))
    return sorted(found, key=lambda row: row[0])


def _packs(connection: apsw.Connection, ids: Sequence[int]) -> dict[int, Pack]:
    """The packs of these ids (oldest first), not opened."""
    if not ids:
        return {}
    found: list[tuple[int, int, str]] = orjson.loads(value(connection, _PACKS, (orjson.dumps(ids).decode(),)))
    found.sort()
    packed: dict[int, Pack] = {}
    waiting = iter(ids)
    id_ = next(waiting, None)
    for first, last, bodies in found:
        pack = Pack(bodies)
        while id_ is not None and id_ <= last:
            if id_ >= first:
                packed[id_] = pack
            id_ = next(waiting, None)
    return packed
