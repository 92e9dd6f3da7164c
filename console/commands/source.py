"""Where the tables come from: a running console, or a data directory read without one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Coroutine, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, TypeVar

from console.commands.trouble import CommandFailed

T = TypeVar("T")
Row = dict[str, Any]


class Source(Protocol):
    """Rows as ``--json`` prints them. ``where`` is a filter line, ``limit`` the newest so many.

    ``secrets``: with the passwords, keys and PIN codes in the frames.
    """

    def stations(self, where: str) -> Iterable[Row]: ...
    def connectors(self, where: str) -> Iterable[Row]: ...
    def transactions(self, where: str, limit: int | None) -> Iterable[Row]: ...
    def samples(self, session: int) -> Iterable[Row]: ...
    def messages(self, where: str, limit: int | None, secrets: bool = False) -> Iterable[Row]: ...
    def connections(self, where: str, limit: int | None) -> Iterable[Row]: ...
    def alarms(self, where: str, limit: int | None) -> Iterable[Row]: ...


@contextmanager
def opened(api: str | None, data: Path | None) -> Iterator[Source]:
    """The source that the command line names. Raises ChargehandError."""
    if api is not None and data is not None:
        raise CommandFailed("give --api or --data, not both.")
    if data is not None:
        directory = Directory(data)
        try:
            yield directory
        finally:
            directory.close()
        return
    from console.commands.client import Client

    client = Client.found(api)
    try:
        yield Running(client)
    finally:
        client.close()


class Running:
    """A running console."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def stations(self, where: str) -> Iterable[Row]:
        return self._rows("/stations", filter=where or None)

    def connectors(self, where: str) -> Iterable[Row]:
        return self._rows("/connectors", filter=where or None)

    def transactions(self, where: str, limit: int | None) -> Iterable[Row]:
        return self._rows("/transactions", filter=where or None, limit=limit)

    def samples(self, session: int) -> Iterable[Row]:
        return self._rows(f"/transactions/{session}/samples")

    def messages(self, where: str, limit: int | None, secrets: bool = False) -> Iterable[Row]:
        whole = "true" if secrets else None
        return self._rows("/messages", filter=where or None, limit=limit, secrets=whole)

    def connections(self, where: str, limit: int | None) -> Iterable[Row]:
        return self._rows("/connections", filter=where or None, limit=limit)

    def alarms(self, where: str, limit: int | None) -> Iterable[Row]:
        return self._rows("/alarms", filter=where or None, limit=limit)

    def _rows(self, path: str, **query: Any) -> Iterable[Row]:
        rows: Iterable[Row] = self._client.rows(path, **query)
        return rows


class Directory:
    """A data directory, whether a console runs on it or not. Nothing in it is changed."""

    def __init__(self, directory: Path) -> None:
        from console.engine.offline import open_fleet

        directory = directory.expanduser()
        self._loop = asyncio.new_event_loop()
        try:
            self.fleet, self.journal = open_fleet(directory)
        except BaseException:
            self._loop.close()
            raise
        if not _in_use(directory):
            self._end_links()

    def close(self) -> None:
        """Let the journal go."""
        self.journal.shut()
        self._loop.close()

    def stations(self, where: str) -> Iterable[Row]:
        from console.engine.api import views
        from console.engine.filter_fleet import passing

        return views.stations(self.fleet, passing(where, self.fleet))

    def connectors(self, where: str) -> Iterable[Row]:
        from console.engine.api import views
        from console.engine.filter_fleet import passing

        return views.connectors(self.fleet, passing(where, self.fleet))

    def transactions(self, where: str, limit: int | None) -> Iterable[Row]:
        from console.engine.api import views
        from console.engine.filter_sessions import SessionFilter

        chosen = SessionFilter(where, self.fleet.station)
        return self._run(views.transactions(self.fleet, self.journal, chosen, limit))

    def samples(self, session: int) -> Iterable[Row]:
        from console.engine.api import views
        from console.engine.history import samples_of
        from console.engine.sample_rows import sample_rows

        found = self._run(views.transaction(self.fleet, self.journal, session))
        return sample_rows(found, self._run(samples_of(self.fleet, self.journal, session)))

    def messages(self, where: str, limit: int | None, secrets: bool = False) -> Iterable[Row]:
        from console.engine.api import views
        from console.engine.filter import parse_filter

        return self._each(views.messages(self.journal, parse_filter(where), limit, secrets=secrets))

    def connections(self, where: str, limit: int | None) -> Iterable[Row]:
        from console.engine.api import views
        from console.engine.filter_attempts import attempt_filter

        return self._run(views.connections(self.fleet, self.journal, attempt_filter(where), limit))

    def alarms(self, where: str, limit: int | None) -> Iterable[Row]:
        from console.engine.api import views
        from console.engine.filter_alarms import alarm_filter

        return views.alarms(self.fleet, alarm_filter(where), limit)

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._loop.run_until_complete(work)

    def _each(self, rows: AsyncIterator[Row]) -> Iterator[Row]:
        async def following() -> Row | None:
            return await anext(rows, None)

        while (row := self._run(following())) is not None:
            yield row

    def _end_links(self) -> None:
        """A console that was killed wrote no ends of its links: nobody is connected to one that does not run."""
        from console.engine.fleet.fold import fold_happening
        from console.engine.wire.exchange import Happening

        ended = Happening(id=self.fleet.cursor, time=time.time_ns(), kind="console.started")
        fold_happening(self.fleet, ended)


def _in_use(directory: Path) -> bool:
    """Whether a console holds the directory. Its lock is asked, not its pid, which another process may have by now."""
    from console.engine.journal.lock import held

    return held(directory)
