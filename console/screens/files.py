"""6 Files: what moves between stations and the file server, what it offers and has received, how far updates are."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import ClassVar, Final, cast

from textual import on
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType

from console.engine.errors import ChargehandError
from console.engine.orders.transfers import image_path
from console.engine.tasks import Owner, cancel_all, spawn
from console.engine.transfer.model import StoredFile, Transfer
from console.screens import file_rows as rows
from console.screens.ask import AskScreen
from console.screens.base import KeyHint
from console.screens.told import Line, Told, plain
from console.screens.words import FilteredSection
from widgets.columns import Cell, CellLike, Row
from widgets.format import age
from widgets.line_table import LineTable
from widgets.safe import safe_text

LOOK_NS: Final = 2_000_000_000
"""How often the folders are looked at: a person may drop an image there."""

KEPT: Final = 50
"""Transfers that are over and still shown."""

WIDE: Final = 150
"""Cells from which on every stage of an update stands in its row."""

Key = tuple[str, Hashable]
"""A row: its group (``head``, ``move``, ``image``, ``got``, ``run``) and what it is there."""


class FilesSection(FilteredSection):
    """One table in four groups, and the row at the cursor in sentences."""

    kind = "files"
    title = "Files"
    key = "6"
    filter_hint = "words of the row: CP-001 .bin moving"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n,plus", "add", "Add an image", show=False),
        Binding("o", "folder", "Open its folder", show=False),
        Binding("i", "station", "Station", show=False),
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._images: dict[str, StoredFile] = {}
        self._received: dict[str, StoredFile] = {}
        self._runs: dict[Key, rows.Run] = {}
        self._heads: dict[str, str] = {}
        self._looked = 0
        self._looking = False
        self._seen: object = None
        self._second = 0
        self._at = -1
        self._now = 0
        self._tasks: Owner = set()

    def compose(self) -> ComposeResult:
        """Filter line, table, sentences."""
        yield from self.filter_widgets()
        yield LineTable(rows.COLUMNS, self._row, version=self._version, id="files")
        yield Told()

    async def on_unmount(self) -> None:
        """Nothing goes on without the screen."""
        await cancel_all(self._tasks)

    @property
    def table(self) -> LineTable:
        """The table."""
        return self.query_one(LineTable)

    # Pulling.

    def shown(self) -> None:
        """Draw everything anew, and look at the folders at once."""
        self._seen = None
        self._looked = 0
        super().shown()

    def pull(self, now_ns: int) -> None:
        """Take in what moved; the folders are looked at now and then, in a thread."""
        self._now = now_ns
        engine = self.engine
        if now_ns - self._looked > LOOK_NS and not self._looking:
            self._looking = True
            spawn(self._look(), name="look at the folders", owner=self._tasks)
        files = engine.files
        seen = (
            files.changed,
            sum(len(one.firmware_stages) + len(one.log_stages) for one in engine.fleet.stations.values()),
        )
        moving = any(one.state == "moving" for one in files.transfers.values())
        second = now_ns // 1_000_000_000
        if seen != self._seen:
            self._seen = seen
            self.rows_changed()
        elif moving or second != self._second:
            self.table.pull()
        else:
            return
        self._second = second
        self._tell()

    async def _look(self) -> None:
        files = self.engine.files
        try:
            images = await asyncio.to_thread(files.images)
            received = await asyncio.to_thread(files.received)
        finally:
            self._looking = False
            self._looked = self._now
        found = {one.name: one for one in images}, {str(one.path): one for one in received}
        if found != (self._images, self._received):
            self._images, self._received = found
            self.rows_changed()

    def rows_changed(self) -> None:
        """Choose the rows anew, group by group."""
        engine, match = self.engine, self.words.match
        moving = [one for one in engine.files.transfers.values() if match(_facts(one))]
        running = [one for one in moving if one.state in ("waiting", "moving")]
        over = [one for one in moving if one.state not in ("waiting", "moving")][-KEPT:]
        ordered = sorted((*running, *over), key=lambda one: (one.state not in ("moving", "waiting"), -one.id))
        images = [one for one in self._images.values() if match((one.name,))]
        received = [one for one in self._received.values() if match((one.name, one.station))]
        runs = [one for one in rows.runs_of(engine.fleet.stations.values()) if match((one.station, one.what))]
        self._runs = {("run", (one.station, one.what)): one for one in runs}
        groups: list[tuple[str, str, str, list[Key]]] = [
            ("move", "TRANSFERS", f"{len(running) or 'none'} on the move", [("move", one.id) for one in ordered]),
            ("run", "UPDATES AND UPLOADS", "as told", list(self._runs)),
            ("image", "IMAGES TO OFFER", "n adds one", [("image", one.name) for one in images]),
            ("got", "RECEIVED", "", [("got", str(one.path)) for one in received]),
        ]
        keys: list[Key] = []
        for name, title, note, found in groups:
            if found:
                self._heads[name] = f"{title}\0{note}"
                keys += [("head", name), *found]
        if not keys:
            self.table.set_empty(self._empty_lines())
        self.table.set_rows(keys)
        self._pass_heading()
        self.table.pull()

    def _pass_heading(self) -> None:
        """The cursor never rests on a heading: it goes on the way it came, or turns round at the top."""
        table = self.table
        key = table.cursor_key
        if isinstance(key, tuple) and key[0] == "head":
            at = table.keys.index(key)
            down = at == 0 or self._at < at
            table.set_cursor(at + 1 if down else at - 1)
        if table.cursor_key is not None:
            self._at = table.keys.index(table.cursor_key)

    def _row(self, key: Hashable) -> Row:
        group, one = cast("Key", key)
        if group == "head":
            title, _, note = self._heads.get(str(one), "").partition("\0")
            return rows.heading(title, note)
        if group == "move":
            transfer = self._transfer(key)
            return () if transfer is None else rows.transfer_row(transfer)
        if group == "run":
            run = self._runs.get((group, one))
            return () if run is None else rows.run_row(run, whole=self.size.width >= WIDE)
        file = self._file(key)
        return () if file is None else rows.stored_row(file, self._known(file.station), self._now)

    def _known(self, folder: str | None) -> str:
        """The station whose uploads lie in that folder: its identity, where it is known."""
        found = self.engine.fleet.station(folder) if folder else None
        return found.id if found is not None else folder or ""

    def _version(self, key: Hashable) -> object:
        group, one = cast("Key", key)
        if group == "head":
            return self._heads.get(str(one))
        if group == "move":
            transfer = self._transfer(key)
            return None if transfer is None else (transfer.changed, transfer.done, int(transfer.rate), transfer.state)
        if group == "run":
            return self._runs.get((group, one)), self.size.width >= WIDE
        file = self._file(key)
        return None if file is None else age((self._now - file.modified) / rows.NS)

    def _transfer(self, key: Hashable) -> Transfer | None:
        if not isinstance(key, tuple) or key[0] != "move":
            return None
        return self.engine.files.transfers.get(key[1])

    def _file(self, key: Hashable) -> StoredFile | None:
        if not isinstance(key, tuple):
            return None
        return {"image": self._images, "got": self._received}.get(key[0], {}).get(key[1])

    # The row at the cursor.

    def _lines(self) -> list[Line]:
        key = self.table.cursor_key
        transfer, file = self._transfer(key), self._file(key)
        if transfer is not None:
            return rows.transfer_lines(transfer, self._link(transfer))
        if file is not None:
            return rows.stored_lines(file)
        run = self._runs.get(cast("Key", key)) if isinstance(key, tuple) else None
        return [] if run is None else rows.run_lines(run)

    def _link(self, transfer: Transfer) -> str:
        """The URL that the station was given, while its path is open."""
        files = self.engine.files
        if files.by_token(transfer.token) is None:
            return ""
        link = self.engine.links.get(transfer.station)
        return files.link(
            transfer, link.local_host if link is not None else files.url.split("://")[-1].rsplit(":", 1)[0]
        )

    def _tell(self) -> None:
        self.query_one(Told).show(self._lines())

    @on(LineTable.Highlighted)
    def _highlighted(self) -> None:
        self._pass_heading()
        self._tell()

    @on(LineTable.Selected)
    def _selected(self) -> None:
        key = self.table.cursor_key
        file = self._file(key)
        if file is not None and file.station is None:
            self._offer(file)
        elif file is not None:
            self.action_folder()
        elif self.selected_station() is not None:
            self.action_station()

    # What the frame asks.

    def hints(self) -> list[KeyHint]:
        """Keys of the row at the cursor."""
        key = self.table.cursor_key
        file = self._file(key)
        word = "offer" if file is not None and file.station is None else ("folder" if file is not None else "station")
        nothing = None if self._path() is not None else "This row is no file on this machine."
        return [
            KeyHint(
                "enter", word, None if file is not None or self.selected_station() else "There is nothing to open."
            ),
            KeyHint("n", "add image", self._why_not_add()),
            KeyHint("y", "copy path", nothing),
            KeyHint("o", "open folder", nothing),
            KeyHint("slash", "filter"),
        ]

    def _why_not_add(self) -> str | None:
        return "This console is read-only: it offers nothing." if self.engine.read_only else None

    def _path(self) -> Path | None:
        key = self.table.cursor_key
        transfer, file = self._transfer(key), self._file(key)
        if file is not None:
            return file.path
        return transfer.path if transfer is not None else None

    def selected_station(self) -> str | None:
        """The station of the row at the cursor, where it is known."""
        key = self.table.cursor_key
        transfer, file = self._transfer(key), self._file(key)
        run = self._runs.get(cast("Key", key)) if isinstance(key, tuple) else None
        name = transfer.station if transfer is not None else (run.station if run is not None else None)
        if name is None and file is not None:
            name = file.station
        found = self.engine.fleet.station(name) if name else None
        return None if found is None else found.id

    def copied(self) -> tuple[str, str] | None:
        """The path of the file at the cursor; for others what is told of them."""
        path = self._path()
        if path is not None:
            return str(path), "the path"
        lines = self._lines()
        return (plain(lines), "what is known of it") if lines else None

    # Actions.

    def action_station(self) -> None:
        """``i``: open the station."""
        station = self.selected_station()
        if station is not None:
            self.open_station(station)

    def action_folder(self) -> None:
        """``o``: open the folder of the file. The file itself is not opened: a station may have sent anything."""
        path = self._path()
        if path is None:
            self.host.say("This row is no file on this machine.")
            return
        self.app.open_url(path.parent.resolve().as_uri())
        self.host.say(f"{path.parent}", title="The folder")

    def _offer(self, file: StoredFile) -> None:
        fleet = self.engine.fleet

        def known(name: str) -> str | None:
            return None if fleet.station(name.strip()) is not None else f"No station {name.strip()[:48]} is known."

        def chosen(name: str | None) -> None:
            if name is not None:
                self.host.give_order("firmware", name.strip(), file=file.name)

        online = [one.id for one in fleet.stations.values() if one.connected]
        start = online[0] if len(online) == 1 else ""
        self._ask(AskScreen("Offer the image", f"{file.name} to which station?", start, check=known), chosen)

    def action_add(self) -> None:
        """``n``: copy a file of this machine to the images."""
        why = self._why_not_add()
        if why is not None:
            self.host.say(why, severity="warning")
            return

        def chosen(said: str | None) -> None:
            if said is not None:
                spawn(self._add(Path(said.strip()).expanduser()), name="add an image", owner=self._tasks)

        self._ask(AskScreen("Add an image", "Path of a firmware image on this machine:", check=_check_path), chosen)

    def _ask(self, screen: AskScreen, answered: Callable[[str | None], None]) -> None:
        cast("App[object]", self.app).push_screen(screen, answered)

    async def _add(self, path: Path) -> None:
        try:
            _, name = await image_path(self.engine.files, str(path), local=True)
        except ChargehandError as error:
            self.host.say(error.sentence, title=error.title, severity="error")
            return
        await self._look()
        self.table.select_key(("image", name))
        self.host.say(f"{safe_text(name)} can be offered now: enter, or f on a station.")

    def _empty_lines(self) -> list[CellLike]:
        if self.words:
            return [Cell("No file matches.", "bold"), "", Cell("esc shows all", "muted")]
        return [
            Cell("No file yet.", "bold"),
            "",
            Cell("n adds a firmware image   f on a station offers it", "muted"),
            Cell("d on a station fetches its log", "muted"),
            "",
            Cell(f"The file server listens at {self.engine.files_url}", "muted"),
        ]


def _facts(transfer: Transfer) -> tuple[str | None, ...]:
    return transfer.name, transfer.station, transfer.state, transfer.purpose, transfer.error


def _check_path(said: str) -> str | None:
    """What is wrong with a path; None where it is a file that can be read."""
    try:
        path = Path(said.strip()).expanduser()
        if not said.strip():
            return "Give the path of a file."
        if path.is_dir():
            return f"{path} is a folder."
        return None if path.is_file() else f"There is no file {path}."
    except (OSError, ValueError, RuntimeError) as error:
        return f"{said.strip()[:200]} cannot be looked at: {error}."
