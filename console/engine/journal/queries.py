"""The queries of ``Reader`` that are more than a line, each one SQLite step."""

from __future__ import annotations

from typing import Any, Final

import apsw
import msgspec
import orjson

from console.engine.filter_sql import BINARY_REQUEST, BINARY_RESPONSE, OUT, OUTCOME_BITS, OUTCOME_MASK
from console.engine.fleet.model import Alarm, Station, Transaction
from console.engine.journal import codec, fetching, samples
from console.engine.journal.search import value
from console.engine.journal.snapshot import Stored
from console.engine.wire.exchange import Record

ANSWERS = f"""
WITH them(station) AS (SELECT id FROM name WHERE folded = ?),
  theirs(id) AS (
    SELECT id FROM them CROSS JOIN by_station USING(station) WHERE id >= ?
    UNION ALL SELECT id FROM exchange
      WHERE id >= max(?, (SELECT indexed + 1 FROM state)) AND station IN (SELECT station FROM them))
SELECT json_group_array(id) FROM (
  SELECT e.id FROM theirs CROSS JOIN exchange e ON e.id = theirs.id JOIN name ON name.id = e.action
  WHERE name.text IN (SELECT value FROM json_each(?)) AND e.time >= ? AND e.uid IS NOT NULL
    AND e.bits & {OUT | OUTCOME_MASK} = {OUTCOME_BITS["result"]} AND e.bits & {BINARY_REQUEST | BINARY_RESPONSE} = 0
  ORDER BY e.id DESC LIMIT ?)
"""


_CHUNK = 256
_EXCHANGES_AFTER = f"SELECT json_group_array(id) FROM (SELECT id FROM exchange WHERE id > ? ORDER BY id LIMIT {_CHUNK})"
_HAPPENINGS_AFTER = (
    "SELECT json_group_array(json_array(id, time, kind, station, link, data)) FROM"
    f" (SELECT * FROM happening WHERE id > ? ORDER BY id LIMIT {_CHUNK})"
)


def chunk(connection: apsw.Connection, cursor: int) -> tuple[list[Record], int | None]:
    """The next records, and where to go on; None at the end."""
    # One transaction: what is committed between the two reads must not be seen by the second alone.
    connection.execute("BEGIN")
    try:
        ids: list[int] = orjson.loads(value(connection, _EXCHANGES_AFTER, (cursor,)))
        part = fetching.first_of(connection, sorted(ids))
        exchanges = fetching.exchanges(connection, part)
        rows = orjson.loads(value(connection, _HAPPENINGS_AFTER, (cursor,)))
    finally:
        connection.execute("ROLLBACK")
    happenings = sorted((codec.happening(row) for row in rows), key=lambda happening: happening.id)
    records: list[Record] = sorted([*exchanges, *happenings], key=lambda record: record.id)
    ends = [part[-1]] if len(part) < len(ids) or len(ids) == _CHUNK else []
    if len(happenings) == _CHUNK:
        ends.append(happenings[-1].id)
    if not ends:
        return records, None
    return [record for record in records if record.id <= min(ends)], min(ends)


def quoted(text: str) -> str:
    """A value as the filter language takes it literally."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def entities(connection: apsw.Connection, kind: type[list[Any]], sql: str, *params: Any) -> list[Any]:
    """The JSON of many rows as structs, in one step."""
    joined = value(connection, f"SELECT '[' || coalesce(group_concat(body, ','), '') || ']' FROM ({sql})", params)
    found: list[Any] = msgspec.json.decode(joined, type=kind)
    return found


def transactions(connection: apsw.Connection, sql: str, *params: Any) -> list[Transaction]:
    """What ``entities`` gives, of rows of ``txn``: the bodies of those that are over may be compressed."""
    found = entities(connection, list[Transaction | str], f"SELECT {samples.BODY} AS body FROM ({sql})", *params)
    return [_read_transaction(samples.body_of(one)) if isinstance(one, str) else one for one in found]


_read_transaction: Final = msgspec.json.Decoder(Transaction).decode
_AHEAD = (
    "SELECT json_group_array(json_array(key, at)) FROM (SELECT key, at FROM ahead UNION ALL SELECT key, at FROM station)"
    " WHERE at > (SELECT cursor FROM state)"
)


def load(connection: apsw.Connection) -> Stored:
    connection.execute("BEGIN")
    try:
        stations: list[Station] = entities(connection, list[Station], "SELECT body FROM station ORDER BY key")
        recent = sorted({id_ for station in stations for id_ in (*station.recent, *station.active)})
        known = "SELECT body FROM txn WHERE state = 'active' OR id IN (SELECT value FROM json_each(?)) ORDER BY id"
        return Stored(
            cursor=value(connection, "SELECT cursor FROM state"),
            stations=stations,
            transactions=transactions(connection, known, orjson.dumps(recent).decode()),
            alarms=entities(
                connection,
                list[Alarm],
                "SELECT body FROM alarm WHERE cleared IS NULL OR id IN (SELECT id FROM alarm ORDER BY id DESC LIMIT 500)"
                " ORDER BY id",
            ),
            ahead=dict(orjson.loads(value(connection, _AHEAD))),
            counters=msgspec.json.decode(value(connection, "SELECT counters FROM state"), type=dict[str, int]),
        )
    finally:
        connection.execute("ROLLBACK")
