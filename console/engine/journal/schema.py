"""The tables of ``chargehand.db``, how they are made and brought up to date, and how a connection is set up.

An exchange is one row of small facts (``exchange``) and one with both frames as they crossed the wire (``body``), so that
a filter reads 80 bytes a row and not 1,300. Both are written through the view ``incoming``: a whole batch is then one
SQLite step (docs/decisions/0003-journal.md tells why that matters). Bodies that have grown old are compressed, sixteen in
a ``pack``, and the samples of a transaction that is over in one row of ``sample``. The ``by_…`` tables find exchanges by
station, action, trouble (and marks, and our calls), transaction and order; they are filled a run of records at a time
(``INDEX_RUN``), which costs a fifth of what ordinary indexes cost; what is newer than ``state.indexed`` is looked through
row by row. ``run`` keeps each run's times.
The views ``changed`` (a snapshot's rows) and ``expired`` (a slice to forget) do their work in one step for the same reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final
from urllib.parse import quote

import apsw

from console.engine.errors import JournalError
from console.engine.filter_sql import MARKED_KIND, OUT, OUTCOME_BITS, OUTCOME_MASK, VIOLATED
from console.engine.private import private_file
from profiles.durable import sync_folder

FILE: Final = "chargehand.db"
APPLICATION_ID: Final = 0x43484748  # "CHGH"
INDEX_RUN: Final = 2048
PAGE_SIZE: Final = 8192
CHECKPOINT_PAGES: Final = 1000  # 8 MB of WAL
BUSY_MS: Final = 2000  # so long a locked file is waited for
VIOLATION_KIND: Final = 100  # in by_trouble, beside the outcomes
OUT_KIND: Final = 102  # likewise: our calls, of which there are few among a fleet's

EXCHANGE: Final = (
    "id",
    "time",
    "station",
    "version",
    "link",
    "action",
    "bits",
    "uid",
    "code",
    "description",
    "latency",
    "notes",
    "tx",
    "ordered",
)

_CLEAN = f"({OUTCOME_BITS['result']},{OUTCOME_BITS['send']})"
_RUN = "id > OLD.indexed AND id <= NEW.indexed"
_OLD = "id BETWEEN NEW.first AND NEW.last AND time < NEW.before"


_CHANGED = """
CREATE TRIGGER changed_station INSTEAD OF INSERT ON changed WHEN NEW.kind = 'station' BEGIN
  INSERT INTO station VALUES (NEW.station, NEW.body) ON CONFLICT(key) DO UPDATE SET body = excluded.body;
END;
CREATE TRIGGER changed_gone INSTEAD OF INSERT ON changed WHEN NEW.kind = 'gone' BEGIN
  DELETE FROM station WHERE key = NEW.station;
END;
CREATE TRIGGER changed_sample INSTEAD OF INSERT ON changed WHEN NEW.kind = 'sample' BEGIN
  INSERT INTO sample VALUES (NEW.id, NEW.station, NEW.started, NEW.body);
END;
CREATE TRIGGER changed_alarm INSTEAD OF INSERT ON changed WHEN NEW.kind = 'alarm' BEGIN
  INSERT OR REPLACE INTO alarm VALUES (NEW.id, NEW.station, NEW.started, NEW.stopped, NEW.body);
END;
CREATE TRIGGER changed_state INSTEAD OF INSERT ON changed WHEN NEW.kind = 'state' BEGIN
  UPDATE state SET cursor = NEW.id, counters = NEW.body;
END;
"""

VERSION_1: Final = f"""
CREATE TABLE name(id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE, folded TEXT NOT NULL);
CREATE INDEX name_folded ON name(folded);
CREATE TABLE exchange({EXCHANGE[0]} INTEGER PRIMARY KEY, {", ".join(EXCHANGE[1:])});
CREATE TABLE body(id INTEGER PRIMARY KEY, request, response);
CREATE TABLE pack(last INTEGER PRIMARY KEY, first INTEGER NOT NULL, bodies BLOB NOT NULL);
CREATE VIEW packing AS SELECT last, first, bodies FROM pack WHERE 0;
CREATE TRIGGER packing_insert INSTEAD OF INSERT ON packing WHEN NEW.last IS NOT NULL BEGIN
  INSERT INTO pack VALUES (NEW.last, NEW.first, NEW.bodies);
  DELETE FROM body WHERE id BETWEEN NEW.first AND NEW.last;
END;
CREATE VIEW incoming AS SELECT exchange.*, request, response FROM exchange JOIN body USING(id);
CREATE TRIGGER incoming_insert INSTEAD OF INSERT ON incoming WHEN NEW.id IS NOT NULL BEGIN
  INSERT INTO exchange VALUES ({", ".join("NEW." + column for column in EXCHANGE)});
  INSERT INTO body VALUES (NEW.id, NEW.request, NEW.response);
END;
CREATE TABLE by_station(station INTEGER, id INTEGER, PRIMARY KEY(station, id)) WITHOUT ROWID;
CREATE TABLE by_action(action INTEGER, id INTEGER, PRIMARY KEY(action, id)) WITHOUT ROWID;
CREATE TABLE by_trouble(kind INTEGER, id INTEGER, PRIMARY KEY(kind, id)) WITHOUT ROWID;
CREATE TABLE by_tx(tx TEXT, id INTEGER, PRIMARY KEY(tx, id)) WITHOUT ROWID;
CREATE TABLE by_order(ordered INTEGER, id INTEGER, PRIMARY KEY(ordered, id)) WITHOUT ROWID;
CREATE TABLE run(last INTEGER PRIMARY KEY, first INTEGER, oldest INTEGER, newest INTEGER);
CREATE TABLE state(only INTEGER PRIMARY KEY CHECK(only = 1), indexed INTEGER NOT NULL, cursor INTEGER NOT NULL,
  counters TEXT NOT NULL);
INSERT INTO state VALUES (1, 0, 0, '{{}}');
CREATE TRIGGER index_run AFTER UPDATE OF indexed ON state WHEN NEW.indexed > OLD.indexed BEGIN
  INSERT INTO by_station SELECT station, id FROM exchange WHERE {_RUN} ORDER BY 1, 2;
  INSERT INTO by_action SELECT action, id FROM exchange WHERE {_RUN} AND action IS NOT NULL ORDER BY 1, 2;
  INSERT INTO by_trouble SELECT bits & {OUTCOME_MASK}, id FROM exchange
    WHERE {_RUN} AND bits & {OUTCOME_MASK} NOT IN {_CLEAN} ORDER BY 1, 2;
  INSERT INTO by_trouble SELECT {VIOLATION_KIND}, id FROM exchange WHERE {_RUN} AND bits & {VIOLATED} ORDER BY 2;
  INSERT INTO by_tx SELECT lower(tx), id FROM exchange WHERE {_RUN} AND tx IS NOT NULL ORDER BY 1, 2;
  INSERT INTO by_order SELECT ordered, id FROM exchange WHERE {_RUN} AND ordered IS NOT NULL ORDER BY 1, 2;
  INSERT INTO run SELECT NEW.indexed, OLD.indexed + 1, min(time), max(time) FROM exchange WHERE {_RUN} HAVING count(*);
END;
CREATE TABLE happening(id INTEGER PRIMARY KEY, time INTEGER NOT NULL, kind TEXT NOT NULL, station TEXT, key TEXT,
  link INTEGER, data TEXT NOT NULL);
CREATE INDEX happening_key ON happening(key) WHERE key IS NOT NULL;
CREATE INDEX happening_kind ON happening(kind);
CREATE TABLE station(key TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE txn(id INTEGER PRIMARY KEY, station TEXT NOT NULL, wire TEXT, state TEXT NOT NULL, started INTEGER,
  stopped INTEGER, body TEXT NOT NULL);
CREATE INDEX txn_station ON txn(station);
CREATE INDEX txn_active ON txn(state) WHERE state = 'active';
CREATE TABLE sample(txn INTEGER, station TEXT NOT NULL, first INTEGER NOT NULL, body TEXT NOT NULL);
CREATE INDEX sample_txn ON sample(txn);
CREATE TABLE alarm(id INTEGER PRIMARY KEY, station TEXT, raised INTEGER NOT NULL, cleared INTEGER, body TEXT NOT NULL);
CREATE VIEW changed AS SELECT NULL AS kind, NULL AS id, NULL AS station, NULL AS wire, NULL AS state, NULL AS started,
  NULL AS stopped, NULL AS body WHERE 0;
{_CHANGED}
CREATE TRIGGER changed_txn INSTEAD OF INSERT ON changed WHEN NEW.kind = 'txn' BEGIN
  INSERT OR REPLACE INTO txn VALUES (NEW.id, NEW.station, NEW.wire, NEW.state, NEW.started, NEW.stopped, NEW.body);
END;
CREATE VIEW expired AS SELECT NULL AS first, NULL AS last, NULL AS before WHERE 0;
CREATE TRIGGER expired_insert INSTEAD OF INSERT ON expired BEGIN
  DELETE FROM by_station WHERE (station, id) IN (SELECT station, id FROM exchange WHERE {_OLD});
  DELETE FROM by_action WHERE (action, id) IN (SELECT action, id FROM exchange WHERE {_OLD});
  DELETE FROM by_trouble WHERE (kind, id) IN (SELECT bits & {OUTCOME_MASK}, id FROM exchange WHERE {_OLD}
    UNION ALL SELECT {VIOLATION_KIND}, id FROM exchange WHERE {_OLD});
  DELETE FROM by_tx WHERE (tx, id) IN (SELECT lower(tx), id FROM exchange WHERE {_OLD});
  DELETE FROM by_order WHERE (ordered, id) IN (SELECT ordered, id FROM exchange WHERE {_OLD});
  DELETE FROM body WHERE id IN (SELECT id FROM exchange WHERE {_OLD});
  DELETE FROM exchange WHERE {_OLD};
  DELETE FROM pack WHERE last BETWEEN NEW.first AND NEW.last
    AND NOT EXISTS (SELECT 1 FROM exchange WHERE id BETWEEN pack.first AND pack.last);
  DELETE FROM happening WHERE {_OLD};
  DELETE FROM run WHERE last <= NEW.last AND newest < NEW.before;
END;
"""

VERSION_2: Final = f"""
ALTER TABLE txn ADD COLUMN updated INTEGER NOT NULL DEFAULT 0;
UPDATE txn SET updated = coalesce(json_extract(body, '$.last_update'), 0);
CREATE INDEX txn_over ON txn(updated) WHERE state != 'active';
DROP VIEW changed;
CREATE VIEW changed AS SELECT NULL AS kind, NULL AS id, NULL AS station, NULL AS wire, NULL AS state, NULL AS started,
  NULL AS stopped, NULL AS updated, NULL AS body WHERE 0;{_CHANGED}
CREATE TRIGGER changed_txn INSTEAD OF INSERT ON changed WHEN NEW.kind = 'txn' BEGIN
  INSERT OR REPLACE INTO txn(id, station, wire, state, started, stopped, updated, body)
    VALUES (NEW.id, NEW.station, NEW.wire, NEW.state, NEW.started, NEW.stopped, NEW.updated, NEW.body);
END;
UPDATE state SET counters = json_set(counters, '$.link', (SELECT max(coalesce((SELECT max(link) FROM exchange), 0),
  coalesce((SELECT max(link) FROM happening), 0))));
"""
"""``txn.updated`` is when we last heard of a transaction, by our clock: what expires must not hang on a station's clock.
And the highest link number is counted on, so that none comes twice."""

VERSION_3: Final = """
ALTER TABLE station ADD COLUMN at INTEGER NOT NULL DEFAULT 0;
CREATE TABLE ahead(key TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE loose(txn INTEGER PRIMARY KEY);
INSERT INTO loose SELECT id FROM txn WHERE state != 'active';
DROP TRIGGER changed_station;
CREATE TRIGGER changed_station INSTEAD OF INSERT ON changed WHEN NEW.kind = 'station' BEGIN
  INSERT INTO station(key, body, at) VALUES (NEW.station, NEW.body, NEW.id)
    ON CONFLICT(key) DO UPDATE SET body = excluded.body, at = excluded.at;
END;
DROP TRIGGER changed_gone;
CREATE TRIGGER changed_gone INSTEAD OF INSERT ON changed WHEN NEW.kind = 'gone' BEGIN
  DELETE FROM station WHERE key = NEW.station;
  INSERT INTO ahead VALUES (NEW.station, NEW.id) ON CONFLICT(key) DO UPDATE SET at = excluded.at;
END;
DROP TRIGGER changed_txn;
CREATE TRIGGER changed_txn INSTEAD OF INSERT ON changed WHEN NEW.kind = 'txn' BEGIN
  INSERT INTO txn(id, station, wire, state, started, stopped, updated, body)
    VALUES (NEW.id, NEW.station, NEW.wire, NEW.state, NEW.started, NEW.stopped, NEW.updated, NEW.body)
    ON CONFLICT(id) DO UPDATE SET wire = excluded.wire, state = excluded.state, started = excluded.started,
      stopped = excluded.stopped, updated = excluded.updated, body = excluded.body;
  INSERT OR IGNORE INTO loose SELECT NEW.id WHERE NEW.state != 'active' AND NEW.stopped IS NOT NULL;
END;
DROP TRIGGER changed_state;
CREATE TRIGGER changed_state INSTEAD OF INSERT ON changed WHEN NEW.kind = 'state' BEGIN
  UPDATE state SET cursor = max(cursor, NEW.id), counters = NEW.body;
END;
"""
"""Stations are written a few at a time: ``station.at`` is the record up to which its entities are folded, ``ahead`` the same
for keys without a station. ``loose``: transactions that are over and whose samples are not packed yet."""

_MARK = "NEW.data ->> '$.exchange'"

VERSION_4: Final = f"""
INSERT INTO by_trouble SELECT {MARKED_KIND}, exchange FROM (SELECT data ->> '$.exchange' AS exchange,
  data ->> '$.on' AS kept, max(id) FROM happening WHERE kind = 'bookmark' GROUP BY 1)
  WHERE kept AND exchange IN (SELECT id FROM exchange) ORDER BY 2;
CREATE TRIGGER bookmark AFTER INSERT ON happening WHEN NEW.kind = 'bookmark' AND typeof({_MARK}) = 'integer' BEGIN
  DELETE FROM by_trouble WHERE kind = {MARKED_KIND} AND id = {_MARK};
  INSERT INTO by_trouble SELECT {MARKED_KIND}, {_MARK} WHERE NEW.data ->> '$.on';
END;
DROP TRIGGER expired_insert;
CREATE TRIGGER expired_insert INSTEAD OF INSERT ON expired BEGIN
  DELETE FROM body WHERE id IN (SELECT id FROM exchange WHERE {_OLD});
  DELETE FROM exchange WHERE {_OLD};
  DELETE FROM pack WHERE last BETWEEN NEW.first AND NEW.last
    AND NOT EXISTS (SELECT 1 FROM exchange WHERE id BETWEEN pack.first AND pack.last);
  DELETE FROM happening WHERE {_OLD};
  DELETE FROM run WHERE last <= NEW.last AND newest < NEW.before;
END;
INSERT INTO by_trouble SELECT {OUT_KIND}, id FROM exchange WHERE bits & {OUT} AND id <= (SELECT indexed FROM state);
CREATE TRIGGER index_out AFTER UPDATE OF indexed ON state WHEN NEW.indexed > OLD.indexed BEGIN
  INSERT INTO by_trouble SELECT {OUT_KIND}, id FROM exchange WHERE {_RUN} AND bits & {OUT} ORDER BY 2;
END;
CREATE TRIGGER caught_up AFTER UPDATE OF cursor ON state WHEN NEW.cursor > OLD.cursor BEGIN
  DELETE FROM ahead WHERE at <= NEW.cursor;
END;
DELETE FROM ahead WHERE at <= (SELECT cursor FROM state);
"""
"""Marked exchanges and our calls are listed in ``by_trouble``: ``is:marked`` and ``dir:out`` need no look at all others.
What was ahead goes once the rest has caught up with it: strangers come without end, also where nothing is ever forgotten."""

MIGRATIONS: tuple[str, ...] = (VERSION_1, VERSION_2, VERSION_3, VERSION_4)
"""Each brings the file one version on, in one transaction. Add at the end; never change one that was released."""


def connect(path: Path, *, read_only: bool = False) -> apsw.Connection:
    """A connection with the settings that everything here relies on. A new file can be read by its owner alone; SQLite
    gives ``-wal`` and ``-shm`` the rights of the file itself."""
    if read_only:
        return _reader(path)
    if not path.exists():
        private_file(path)
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE)
    connection.set_busy_timeout(BUSY_MS)
    return connection


def _reader(path: Path) -> apsw.Connection:
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        connection.set_busy_timeout(BUSY_MS)
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchall()
    except apsw.CantOpenError:
        # Nobody runs on it and the directory cannot be written, so that not even the shared memory file can be made.
        connection.close()
        uri = f"file:{quote(str(path.resolve()))}?immutable=1"
        connection = apsw.Connection(uri, flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI)
    connection.execute("PRAGMA cache_size=-8000")
    connection.execute("PRAGMA query_only=1")
    return connection


def tune(connection: apsw.Connection) -> None:
    """Make a connection the writer: WAL, and on the disk before a commit returns."""
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    # macOS: fsync alone leaves the data in the drive's cache.
    connection.execute("PRAGMA fullfsync=1")
    connection.execute("PRAGMA checkpoint_fullfsync=1")
    connection.execute("PRAGMA cache_size=-16000")
    connection.execute("PRAGMA temp_store=MEMORY")
    connection.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")
    connection.execute("PRAGMA journal_size_limit=16777216")
    if connection.pragma("synchronous") != 2:
        raise JournalError(
            "SQLite does not take synchronous=FULL; without it an answer could be given for a lost message."
        )


def check(connection: apsw.Connection, path: Path) -> int:
    """The schema version of the file, 0 for a new one.

    Raises JournalError where it is no journal, damaged, or of a newer chargehand. Nothing is written.
    """
    try:
        version = int(str(connection.pragma("user_version")))
        tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        foreign = connection.pragma("application_id") != APPLICATION_ID and tables != (0,)
        if not foreign and version:
            for table in ("exchange", "body", "happening", "state", "name"):
                connection.execute(f"SELECT * FROM {table} ORDER BY 1 DESC LIMIT 1").fetchall()
    except (apsw.NotADBError, apsw.CorruptError, apsw.SQLError) as error:
        raise damaged(path, error) from error
    if foreign:
        raise JournalError(
            f"{path} is a SQLite file, but no journal of chargehand. Give another directory with --data DIR."
        )
    if version > len(MIGRATIONS):
        raise JournalError(
            f"{path} was written by a newer chargehand (schema {version}; this one knows {len(MIGRATIONS)}). "
            f"Update chargehand, or give another directory with --data DIR. Nothing was changed."
        )
    return version


def migrate(connection: apsw.Connection, path: Path, migrations: Sequence[str] | None = None) -> None:
    """Bring the file up to date, each step in one transaction, after a copy of it was put beside it."""
    steps = MIGRATIONS if migrations is None else migrations
    version = int(str(connection.pragma("user_version")))
    if version and version < len(steps):
        _copy(connection, path.with_name(f"{path.name}.version-{version}"))
    for number, step in enumerate(steps[version:], start=version + 1):
        if number == 1:
            connection.execute(f"PRAGMA page_size={PAGE_SIZE}")
            connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("BEGIN IMMEDIATE")
        try:
            connection.execute(step)
            connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version={number}")
            connection.execute("COMMIT")
        except BaseException:
            with suppress(apsw.Error):
                connection.execute("ROLLBACK")
            raise


def _copy(connection: apsw.Connection, target: Path) -> None:
    partial = target.with_name(target.name + ".partial")
    partial.unlink(missing_ok=True)
    private_file(partial)
    connection.execute("VACUUM INTO ?", (str(partial),))
    partial.replace(target)
    # SQLite has put its bytes on the disk; the name must be there before the update can be.
    sync_folder(target.parent)


def damaged(path: Path, error: BaseException) -> JournalError:
    """The sentence for a file that SQLite cannot make sense of."""
    return JournalError(
        f"{path} is damaged ({error}). Nothing was changed. Copy it away, then rescue what can be read with "
        f"“sqlite3 {path.name} .recover | sqlite3 rescued.db”, or move it aside and start with an empty journal."
    )
