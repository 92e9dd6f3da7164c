"""Which files stand in the table, in four groups, and what is told of each: the model behind the Files section."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Final, cast

from console.engine.transfer.model import StoredFile, Transfer
from console.screens import file_rows as rows
from console.screens.told import Line
from widgets.columns import Row
from widgets.format import age

if TYPE_CHECKING:
    from pathlib import Path

    from console.engine.engine import Engine

KEPT: Final = 50
"""Transfers that are over and still shown."""

Key = tuple[str, Hashable]
"""A row: its group (``head``, ``move``, ``image``, ``got``, ``run``) and what it is there."""


class FileList:
    """Rows by key. ``images`` and ``received`` are what the folders held when they were last looked at."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.images: dict[str, StoredFile] = {}
        self.received: dict[str, StoredFile] = {}
        self._runs: dict[Key, rows.Run] = {}
        self._heads: dict[str, tuple[str, str]] = {}

    def looked(self, images: Sequence[StoredFile], received: Sequence[StoredFile]) -> bool:
        """Take in what the folders hold; tells whether it differs from before."""
        found = {one.name: one for one in images}, {str(one.path): one for one in received}
        changed = found != (self.images, self.received)
        self.images, self.received = found
        return changed

    def keys(self, matches: Callable[[rows.Facts], bool]) -> list[Key]:
        """The rows that pass the filter, group by group, each group behind its heading."""
        engine = self._engine
        moving = [one for one in engine.files.transfers.values() if matches(rows.facts_of_transfer(one))]
        running = [one for one in moving if one.state in ("waiting", "moving")]
        over = [one for one in moving if one.state not in ("waiting", "moving")][-KEPT:]
        ordered = sorted((*running, *over), key=lambda one: (one.state not in ("moving", "waiting"), -one.id))
        runs = [one for one in rows.runs_of(engine.fleet.stations.values()) if matches(rows.facts_of_run(one))]
        self._runs = {("run", (one.station, one.what)): one for one in runs}
        images = [one for one in self.images.values() if matches(rows.facts_of_file(one, ""))]
        received = [one for one in self.received.values() if matches(rows.facts_of_file(one, self.known(one.station)))]
        groups: list[tuple[str, str, str, list[Key]]] = [
            ("move", "TRANSFERS", f"{len(running) or 'none'} on the move", [("move", one.id) for one in ordered]),
            ("run", "UPDATES AND UPLOADS", "in the stations' words", list(self._runs)),
            ("image", "IMAGES TO OFFER", "n adds one", [("image", one.name) for one in images]),
            ("got", "RECEIVED", "", [("got", str(one.path)) for one in received]),
        ]
        keys: list[Key] = []
        for name, title, note, found in groups:
            if found:
                self._heads[name] = (title, note)
                keys += [("head", name), *found]
        return keys

    def row(self, key: Hashable, *, wide: bool, now_ns: int) -> Row:
        """The cells of a row."""
        group, one = cast("Key", key)
        if group == "head":
            return rows.heading(*self._heads[str(one)])
        transfer, run, file = self.transfer(key), self.run(key), self.file(key)
        if transfer is not None:
            return rows.transfer_row(transfer)
        if run is not None:
            return rows.run_row(run, whole=wide)
        return () if file is None else rows.stored_row(file, self.known(file.station), now_ns)

    def version(self, key: Hashable, *, wide: bool, now_ns: int) -> object:
        """What changes when the row does."""
        group, one = cast("Key", key)
        if group == "head":
            return self._heads.get(str(one))
        transfer, run, file = self.transfer(key), self.run(key), self.file(key)
        if transfer is not None:
            return transfer.changed, transfer.done, int(transfer.rate), transfer.state
        if run is not None:
            return run, wide
        return None if file is None else age((now_ns - file.modified) / rows.NS)

    def lines(self, key: Hashable) -> list[Line]:
        """A row in sentences."""
        transfer, run, file = self.transfer(key), self.run(key), self.file(key)
        if transfer is not None:
            return rows.transfer_lines(transfer, self._link(transfer))
        if file is not None:
            return rows.stored_lines(file)
        return [] if run is None else rows.run_lines(run)

    def transfer(self, key: Hashable) -> Transfer | None:
        """The transfer of that row."""
        found = key[1] if isinstance(key, tuple) and key[0] == "move" else None
        return None if found is None else self._engine.files.transfers.get(found)

    def run(self, key: Hashable) -> rows.Run | None:
        """The update or upload of that row."""
        return self._runs.get(cast("Key", key)) if isinstance(key, tuple) else None

    def file(self, key: Hashable) -> StoredFile | None:
        """The file at rest of that row."""
        if not isinstance(key, tuple):
            return None
        return {"image": self.images, "got": self.received}.get(key[0], {}).get(key[1])

    def path(self, key: Hashable) -> Path | None:
        """Where the row's file lies on this machine."""
        transfer, file = self.transfer(key), self.file(key)
        if file is not None:
            return file.path
        return transfer.path if transfer is not None else None

    def station(self, key: Hashable) -> str | None:
        """The station of a row, where it is known."""
        transfer, run, file = self.transfer(key), self.run(key), self.file(key)
        name = transfer.station if transfer is not None else (run.station if run is not None else None)
        if name is None and file is not None:
            name = file.station
        found = self._engine.fleet.station(name) if name else None
        return None if found is None else found.id

    def known(self, folder: str | None) -> str:
        """The station whose uploads lie in that folder: its identity, where it is known."""
        found = self._engine.fleet.station(folder) if folder else None
        return found.id if found is not None else folder or ""

    def _link(self, transfer: Transfer) -> str:
        """The URL that the station was given, while its path is open."""
        files = self._engine.files
        if files.by_token(transfer.token) is None:
            return ""
        link = self._engine.links.get(transfer.station)
        own = files.url.split("://")[-1].rsplit(":", 1)[0]
        return files.link(transfer, link.local_host if link is not None else own)
