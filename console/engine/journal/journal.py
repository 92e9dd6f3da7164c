"""The journal of a running console: it numbers records, has them committed in groups, and keeps the fleet's snapshots.

    append ─▶ (this loop turn's records) ─▶ writer's thread: one commit ─▶ ``released`` in the loop, in commit order

While one batch is being committed the next one gathers. No answer waits longer than a commit and ``WINDOW`` seconds.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import apsw

from console.engine.errors import EngineError, JournalError, JournalFull
from console.engine.journal import codec
from console.engine.journal.lock import DirectoryLock
from console.engine.journal.packs import pack_some
from console.engine.journal.reader import Reader
from console.engine.journal.retention import forget
from console.engine.journal.samples import pack_session
from console.engine.journal.schema import FILE, check, connect, damaged, migrate, tune
from console.engine.journal.search import value
from console.engine.journal.snapshot import Snapshot
from console.engine.journal.wal import Wal
from console.engine.journal.writer import MAX_BATCH, Batch, Finished, Outcome, Released, Work, Writer, write_snapshot
from console.engine.private import keep_private
from console.engine.tasks import Owner, cancel_all, spawn
from console.engine.wire.exchange import Record
from profiles.durable import new_folder

log = logging.getLogger("chargehand.journal")

WINDOW: Final = 0.002
"""Seconds that a batch waits for more while traffic is dense; thin traffic is committed in the same turn of the loop."""
_DENSE: Final = 8
TIDY_SECONDS: Final = 1.0
_QUIET: Final = 1000  # records a second, up to which old bodies are compressed
_SESSIONS_A_TURN: Final = 32
_PACKS_A_TURN: Final = 8  # of 256 bodies: more than arrive while it is quiet


class Journal(Reader):
    """See the module. ``last_id`` is the newest number given; ``failure`` a sentence while the disk refuses, else None."""

    def __init__(self, directory: Path, connection: apsw.Connection, lock: DirectoryLock) -> None:
        super().__init__(directory)
        self.failure: str | None = None
        self.last_id = max(
            value(connection, sql) or 0
            for sql in ("SELECT cursor FROM state", "SELECT max(id) FROM exchange", "SELECT max(id) FROM happening")
        )
        self._connection = connection
        self._lock = lock
        self._loop: asyncio.AbstractEventLoop | None = None
        self._writer: Writer | None = None
        self._released: Released = lambda _records, _error: None
        self._pending: list[Record] = []
        self._timer: asyncio.Handle | None = None
        self._in_flight = 0
        self._dense = False
        self._closed = False
        self._tasks: Owner = set()

    @classmethod
    def open(cls, directory: Path, *, migrations: tuple[str, ...] | None = None) -> Journal:
        """Take the data directory for this process; make the journal, or bring it up to date.

        Raises JournalBusy where another console has it, JournalError where it cannot be used; a file that is damaged
        or of a newer chargehand is left as it is.
        """
        try:
            new_folder(directory)
        except OSError as error:
            raise JournalError(
                f"{directory} cannot be made ({error.strerror}). Give another directory with --data DIR."
            ) from error
        lock = DirectoryLock(directory)
        try:
            return cls(directory, _opened(directory / FILE, migrations), lock)
        except BaseException:
            lock.release()
            raise

    def start(self, loop: asyncio.AbstractEventLoop, released: Released) -> None:
        """Begin to write. ``released`` is called in the loop once a batch: with its records, in commit order, and with
        the error where the disk refused them all."""
        self._loop = loop
        self._released = released
        self._writer = Writer(self._connection, self.path, loop.call_soon_threadsafe)
        self._writer.start()
        self._arrange()
        spawn(self._tidy(), name="journal compression", owner=self._tasks)

    @property
    def pending(self) -> int:
        """Records that are not committed yet, roughly: those queued, and the batches on their way."""
        return len(self._pending) + self._in_flight

    def append(self, record: Record) -> int:
        """Number a record and queue it for the next commit. Never blocks; a disk that refuses is told by ``released``."""
        self.last_id = record.id = self.last_id + 1
        self._pending.append(record)
        if self._timer is None and (self._in_flight == 0 or len(self._pending) >= MAX_BATCH):
            self._arrange()
        return record.id

    def _arrange(self) -> None:
        if self._loop is None or not self._pending:
            return
        if len(self._pending) >= MAX_BATCH:
            self._flush()
        elif self._timer is None and self._in_flight == 0:
            later = self._loop.call_later
            self._timer = later(WINDOW, self._flush) if self._dense else self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._pending and self._writer is not None:
            records, self._pending = self._pending, []
            self._dense = len(records) >= _DENSE
            for start in range(0, len(records), MAX_BATCH):
                self._in_flight += 1
                batch = records[start : start + MAX_BATCH]
                if self._closed:
                    # Whoever waits for these must be told; but never from within ``append``.
                    refused: list[Outcome] = [(batch, JournalError("The journal is closed."))]
                    asyncio.get_running_loop().call_soon(self._committed, refused)
                else:
                    self._writer.submit(Batch(batch, self._committed))

    def _committed(self, outcomes: list[Outcome]) -> None:
        self._in_flight -= 1
        for records, error in outcomes:
            self._note(error)
            try:
                self._released(records, error)
            except Exception:
                log.exception("what follows records %d to %d failed", records[0].id, records[-1].id)
        self._arrange()

    def _note(self, error: Exception | None) -> None:
        if error is None:
            self.failure = None
        elif isinstance(error, JournalFull):
            self.failure = error.sentence

    def save(self, snapshot: Snapshot, saved: Finished) -> None:
        """Write a snapshot in one transaction after every record appended before. ``saved`` is called in the loop.

        The entities are read here and now, so they may change as soon as this returns.
        """
        if self._writer is None or self._closed:
            raise JournalError("The journal is not running.")
        rows = codec.snapshot_rows(snapshot)
        self._flush()

        def done(_result: Any, error: Exception | None) -> None:
            self._note(error)
            saved(error)

        self._writer.submit(Work(lambda connection: write_snapshot(connection, rows), done))

    async def _work(self, run: Callable[[apsw.Connection], Any]) -> Any:
        if self._writer is None or self._closed:
            raise JournalError("The journal is not running.")
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

        def done(result: Any, error: Exception | None) -> None:
            if future.done():
                return
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)

        self._writer.submit(Work(run, done))
        return await future

    async def _tidy(self) -> None:
        """Keep the WAL short; compress old bodies while there is little else to do."""
        wal = Wal(self.path)
        while True:
            seen = self.last_id
            await asyncio.sleep(TIDY_SECONDS)
            if wal.long():
                with suppress(EngineError):
                    await self._work(wal.fold)
            if self.last_id - seen > TIDY_SECONDS * _QUIET or self.failure is not None:
                continue
            with suppress(EngineError):
                for _ in range(_PACKS_A_TURN):
                    if not await self._work(pack_some):
                        break
                for _ in range(_SESSIONS_A_TURN):
                    if not await self._work(pack_session):
                        break

    async def prune(self, before_ns: int) -> int:
        """Forget exchanges and happenings older than ``before_ns`` that are in the snapshot already, then transactions
        that are over and were not heard of since, with their samples. By the time of receipt: a station's clock may be
        decades off. In small slices between which messages are written. Gives how many records.
        """
        return await forget(self._work, before_ns)

    async def close(self) -> None:
        """Write what is queued, fold the WAL into the file, and let the directory go."""
        if self._closed:
            return
        if self._writer is not None:
            await cancel_all(self._tasks)
            self._flush()
            # A disk that refuses to the last has been told already; closing must not fail for it.
            with suppress(EngineError):
                await self._work(lambda connection: connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE))
            # What came in meanwhile goes before the end, what comes later is refused.
            self._flush()
            self._closed = True
            self._writer.stop()
            await asyncio.get_running_loop().run_in_executor(None, self._writer.join)
        self.release()

    def release(self) -> None:
        """Let the directory go without writing anything more; for a journal that was not started."""
        self._closed = True
        try:
            self.shut()
            self._connection.close()
        finally:
            self._lock.release()


def _opened(path: Path, migrations: tuple[str, ...] | None) -> apsw.Connection:
    connection: apsw.Connection | None = None
    try:
        connection = connect(path)
        check(connection, path)
        keep_private(path, *(path.with_name(path.name + end) for end in ("-wal", "-shm")))
        migrate(connection, path, migrations)
        tune(connection)
        return connection
    except BaseException as error:
        if connection is not None:
            connection.close()
        if isinstance(error, (apsw.NotADBError, apsw.CorruptError)):
            raise damaged(path, error) from error
        if isinstance(error, apsw.FullError):
            raise JournalFull(
                f"The disk that holds {path.parent} is full. Free some space, or use --data DIR."
            ) from error
        if isinstance(error, apsw.BusyError):
            raise JournalError(f"{path} is locked by another program. End that program and start again.") from error
        if isinstance(error, apsw.Error):
            raise JournalError(f"{path} cannot be opened ({error}). Give another directory with --data DIR.") from error
        if isinstance(error, OSError):
            raise JournalError(
                f"The copy of {path} before its update cannot be made ({error.strerror or error}). Nothing was changed."
            ) from error
        raise
