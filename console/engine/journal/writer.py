"""The one thread that writes. It takes batches from the loop, commits each, and hands the outcome back to the loop.

A thread that shares the interpreter with a busy loop pays up to 5 ms whenever it comes back from SQLite, so everything
here is made to come back seldom: a batch of exchanges is one statement that is its own transaction (see
docs/decisions/0003-journal.md for the figures).
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Final

import apsw
import msgspec

from console.engine.errors import JournalError, JournalFull
from console.engine.filter_sql import clean, fold
from console.engine.journal import codec
from console.engine.journal.schema import EXCHANGE, INDEX_RUN
from console.engine.wire.exchange import Exchange, Happening, Record

log = logging.getLogger("chargehand.journal")

MAX_BATCH: Final = 256
MAX_SNAPSHOT: Final = 2048
_SIZES: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048)
_MAX_NAMES: Final = 50_000

Released = Callable[[list[Record], Exception | None], None]
Finished = Callable[[Exception | None], None]
Outcome = tuple[list[Record], Exception | None]


class Batch(msgspec.Struct):
    """Up to ``MAX_BATCH`` records to commit together, in order. ``done`` is called once, with what became of them all:
    mostly one outcome, more where a part had to be refused."""

    records: list[Record]
    done: Callable[[list[Outcome]], None]


class Work(msgspec.Struct):
    """Something else to do in the writer's thread with its connection, in turn with the batches."""

    run: Callable[[apsw.Connection], Any]
    done: Callable[[Any, Exception | None], None]


class Writer:
    """Owns the writing connection. ``submit`` from the loop; answers come back through ``post`` (call_soon_threadsafe)."""

    def __init__(self, connection: apsw.Connection, path: Path, post: Callable[..., Any]) -> None:
        self._connection = connection
        self._path = path
        self._post = post
        self._queue: SimpleQueue[Batch | Work | None] = SimpleQueue()
        self._names: dict[str, int] = {}
        self._inode = _inode(path)
        self._looked = time.monotonic()
        self._indexed = _int(connection.execute("SELECT indexed FROM state").fetchone())
        self._thread = threading.Thread(target=self._run, name="chargehand-journal", daemon=True)

    def start(self) -> None:
        """Begin to take work."""
        self._thread.start()

    def submit(self, item: Batch | Work) -> None:
        """Queue a batch or other work."""
        self._queue.put(item)

    def stop(self) -> None:
        """End after everything queued was done; returns at once."""
        self._queue.put(None)

    def join(self) -> None:
        """Wait for the end of the thread."""
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        while (item := self._queue.get()) is not None:
            if type(item) is Batch:
                self._batch(item)
            elif type(item) is Work:
                result, error = None, None
                try:
                    self._look()
                    result = item.run(self._connection)
                except Exception as caught:
                    self._roll_back()
                    error = refused(caught, self._path)
                self._tell(item.done, result, error)

    def _tell(self, done: Callable[..., Any], *what: Any) -> None:
        # The loop may be gone already, when the console ends in the middle of its own failure.
        with suppress(RuntimeError):
            self._post(done, *what)

    def _batch(self, batch: Batch) -> None:
        outcomes = self._commit(batch.records)
        self._tell(batch.done, outcomes)
        if any(error is None for _, error in outcomes):
            self._index(batch.records[-1].id)

    def _commit(self, records: list[Record]) -> list[Outcome]:
        try:
            self._look()
            self._write(records)
        except Exception as caught:
            self._roll_back()
            error = refused(caught, self._path)
            if isinstance(error, JournalFull) or len(records) == 1:
                return [(records, error)]
            # One record is at fault, not the disk: the others must not suffer for it.
            half = len(records) // 2
            return self._commit(records[:half]) + self._commit(records[half:])
        return [(records, None)]

    def _write(self, records: list[Record]) -> None:
        exchanges = [record for record in records if type(record) is Exchange]
        known = self._names
        strange = len(exchanges) != len(records) or not all(
            exchange.station in known
            and exchange.version in known
            and (exchange.action is None or exchange.action in known)
            for exchange in exchanges
        )
        if not strange:
            self._insert(exchanges)
            return
        fresh: list[str] = []
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            self._intern(exchanges, fresh)
            happenings = [codec.happening_row(record) for record in records if isinstance(record, Happening)]
            insert_many(self._connection, "INSERT INTO happening", 7, happenings)
            if exchanges:
                self._insert(exchanges)
            self._connection.execute("COMMIT")
        except BaseException:
            for name in fresh:
                known.pop(name, None)
            raise

    def _insert(self, exchanges: list[Exchange]) -> None:
        name = self._names.__getitem__
        rows = [codec.row(exchange, name) for exchange in exchanges]
        width = len(EXCHANGE) + 2
        try:
            insert_padded(self._connection, "INSERT INTO incoming", width, rows)
        except UnicodeEncodeError:
            insert_padded(self._connection, "INSERT INTO incoming", width, [codec.storable(row) for row in rows])

    def _intern(self, exchanges: list[Exchange], fresh: list[str]) -> None:
        """Number the names that are not known yet, and note them in ``fresh`` in case the transaction fails."""
        known = self._names
        if len(known) > _MAX_NAMES:
            known.clear()
        wanted = {exchange.station for exchange in exchanges} | {exchange.version for exchange in exchanges}
        wanted |= {exchange.action for exchange in exchanges if exchange.action is not None}
        for name in wanted.difference(known):
            fresh.append(name)
            text = clean(name)
            self._connection.execute("INSERT OR IGNORE INTO name(text, folded) VALUES (?, ?)", (text, fold(text)))
            found = self._connection.execute("SELECT id FROM name WHERE text = ?", (text,)).fetchone()
            known[name] = _int(found)

    def _index(self, last: int) -> None:
        """Bring the ``by_…`` tables up to date where a run is complete; the batch has been answered already."""
        if last - self._indexed < INDEX_RUN:
            return
        try:
            self._connection.execute("UPDATE state SET indexed = ?", (last,))
            self._indexed = last
        except apsw.Error as error:
            # Rows above ``indexed`` are found without the tables, only more slowly; the next batch tries again.
            self._roll_back()
            log.warning("the journal's index is behind: %s", error)

    def _roll_back(self) -> None:
        if self._connection.in_transaction:
            with suppress(apsw.Error):
                self._connection.execute("ROLLBACK")

    def _look(self) -> None:
        """Whether our file is still there; writing into a deleted one would succeed and keep nothing."""
        now = time.monotonic()
        if now - self._looked < 1.0:
            return
        if _inode(self._path) != self._inode:
            raise JournalFull(f"{self._path} was deleted or replaced while chargehand runs. Restart chargehand.")
        self._looked = now


def _int(row: Sequence[Any] | None) -> int:
    return int(row[0]) if row else 0


def _inode(path: Path) -> tuple[int, int] | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _placeholders(width: int, rows: int) -> str:
    one = "(" + ",".join("?" * width) + ")"
    return ",".join([one] * rows)


_statements: dict[tuple[str, int], str] = {}


def _statement(insert: str, width: int, rows: int) -> str:
    key = (insert, rows)
    found = _statements.get(key)
    if found is None:
        found = _statements[key] = f"{insert} VALUES {_placeholders(width, rows)}"
    return found


def insert_padded(connection: apsw.Connection, insert: str, width: int, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert up to 2048 rows in one step. Rows of NULLs fill up to the next statement's size; the target skips them."""
    size = next(size for size in _SIZES if size >= len(rows))
    bound: list[Any] = []
    for row in rows:
        bound += row
    if size > len(rows):
        bound += [None] * (width * (size - len(rows)))
    connection.execute(_statement(insert, width, size), bound)


def insert_many(connection: apsw.Connection, insert: str, width: int, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert any number of rows in few steps, within the caller's transaction."""
    position = 0
    while position < len(rows):
        size = next(size for size in reversed(_SIZES) if size <= len(rows) - position)
        bound: list[Any] = []
        for row in rows[position : position + size]:
            bound += row
        connection.execute(_statement(insert, width, size), bound)
        position += size


def write_snapshot(connection: apsw.Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    """Write a snapshot's rows in one transaction."""
    insert = "INSERT INTO changed"
    if len(rows) <= MAX_SNAPSHOT:
        insert_padded(connection, insert, len(rows[0]), rows)
        return
    connection.execute("BEGIN IMMEDIATE")
    insert_many(connection, insert, len(rows[0]), rows)
    connection.execute("COMMIT")


def refused(error: Exception, path: Path) -> Exception:
    """What the engine is told of a failed write: JournalFull with a sentence where the disk is the cause."""
    if isinstance(error, JournalError):
        return error
    if isinstance(error, apsw.FullError):
        return JournalFull(f"The disk that holds {path.parent} is full. Free some space; stations keep their messages.")
    if isinstance(error, (apsw.ReadOnlyError, apsw.PermissionsError, apsw.CantOpenError)):
        return JournalFull(f"{path} cannot be written any more: it, or its disk, is read-only. Make it writable.")
    if isinstance(error, (apsw.BusyError, apsw.LockedError)):
        return JournalFull(f"{path} is locked by another program. End that program; chargehand goes on by itself.")
    if isinstance(error, (apsw.IOError, apsw.CorruptError, apsw.NotADBError, apsw.NoMemError)):
        return JournalFull(f"The disk that holds {path.parent} fails ({error}). Stations keep their messages.")
    log.error("the journal could not write a batch", exc_info=error)
    return JournalError(f"The journal could not write ({type(error).__name__}: {error}). Please report this.")
