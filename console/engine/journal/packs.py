"""Old bodies, compressed: a tenth of the size, and a little slower to read.

The newest ``KEEP`` bodies stay as they are, so that what people look at is at hand. Older ones are put together sixteen
at a time while the console has little to do (``Journal`` asks for it); sixteen because a search may need one of each pack.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from typing import Any, Final

import apsw
import msgspec
import orjson

from console.engine.journal.writer import insert_padded

KEEP: Final = 80_000
"""So many ids at the end of the journal keep plain bodies."""
SIZE: Final = 16
_AT_ONCE: Final = 16  # packs in one transaction
_ROOM: Final = 4 * 1024 * 1024  # or one of more bytes: messages wait meanwhile
_SIZE: Final = "coalesce(octet_length(request), 0) + coalesce(octet_length(response), 0)"
_LEVEL: Final = 3

Frames = tuple[int, str | bytes | None, str | bytes | None]
"""An exchange's id and its two frames as table ``body`` holds them: text, or bytes where SQLite takes no text."""

FRAMES: Final = ", ".join(
    f"CASE typeof(b.{frame}) WHEN 'blob' THEN hex(b.{frame}) ELSE b.{frame} END, typeof(b.{frame}) = 'blob'"
    for frame in ("request", "response")
)
"""Both frames in a form that JSON can hold; read by ``frames``."""

_encode = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder().decode


def frames(id_: int, request: str | None, is_hex: int, response: str | None, is_hex_too: int) -> Frames:
    """What ``FRAMES`` selected."""
    return (
        id_,
        bytes.fromhex(request) if request is not None and is_hex else request,
        bytes.fromhex(response) if response is not None and is_hex_too else response,
    )


def pack_some(connection: apsw.Connection, keep: int = KEEP) -> int:
    """Put the oldest plain bodies into packs, in one transaction; gives how many, 0 where none is old enough.

    For the writer's thread.
    """
    newest = connection.execute("SELECT max(id) FROM body").fetchall()[0][0]
    if newest is None:
        return 0
    sql = (
        f"SELECT json_group_array(json_array(b.id, {FRAMES})) FROM body b WHERE b.id IN (SELECT id FROM (SELECT id,"
        f" row_number() OVER (ORDER BY id) AS place, sum({_SIZE}) OVER (ORDER BY id) AS together"
        f" FROM (SELECT * FROM body WHERE id <= ? ORDER BY id LIMIT {SIZE * _AT_ONCE}))"
        f" WHERE place <= {SIZE} OR together <= {_ROOM})"
    )
    found = connection.execute(sql, (int(newest) - keep,)).fetchall()[0][0]
    rows = sorted(frames(*row) for row in orjson.loads(str(found)))
    whole = len(rows) - len(rows) % SIZE
    packs = [
        (part[-1][0], part[0][0], zlib.compress(_encode(part), _LEVEL))
        for part in (rows[start : start + SIZE] for start in range(0, whole, SIZE))
    ]
    if packs:
        insert_padded(connection, "INSERT INTO packing", 3, packs)
    return whole


def packed_to(connection: apsw.Connection) -> int:
    """The highest id whose body is in a pack."""
    found = connection.execute("SELECT max(last) FROM pack").fetchall()[0][0]
    return 0 if found is None else int(found)


def opened(connection: apsw.Connection, ids: Sequence[int]) -> Iterator[tuple[bytes, set[int]]]:
    """The packs that hold these ids, decompressed but not decoded, each with those of the ids that lie in its range."""
    waiting = sorted(ids)
    position = 0
    while position < len(waiting):
        sql = "SELECT last, bodies FROM pack WHERE last >= ? ORDER BY last LIMIT 1"
        found: Any = connection.execute(sql, (waiting[position],)).fetchone()
        if found is None:
            return
        last, bodies = found
        start = position
        while position < len(waiting) and waiting[position] <= last:
            position += 1
        yield zlib.decompress(bodies), set(waiting[start:position])


def unpacked(data: bytes) -> list[Frames]:
    """The bodies of a decompressed pack."""
    rows: list[list[Any]] = _decode(data)
    return [(id_, request, response) for id_, request, response in rows]


def bodies(connection: apsw.Connection, ids: Sequence[int]) -> dict[int, Frames]:
    """The bodies of these ids, as far as they are in packs."""
    return {row[0]: row for data, wanted in opened(connection, ids) for row in unpacked(data) if row[0] in wanted}
