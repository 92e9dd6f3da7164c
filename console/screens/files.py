"""6 Files: what moves between stations and the file server, what it offers and has received, how far updates are."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable, Iterable
from pathlib import Path
from typing import ClassVar, Final, cast

from textual import on
from textual.app import App
from textual.binding import Binding, BindingType

from console.engine.errors import ChargehandError
from console.engine.orders.transfers import image_path
from console.engine.tasks import spawn
from console.engine.transfer.model import StoredFile
from console.engine.transfer.removal import delete_file, why_not_delete
from console.screens import file_rows as rows
from console.screens.ask import AskScreen
from console.screens.base import KeyHint
from console.screens.confirm import ConfirmScreen
from console.screens.file_list import FileList
from console.screens.table_section import TableSection
from console.screens.told import Line, plain
from widgets.columns import Cell, CellLike, Row
from widgets.line_table import LineTable
from widgets.safe import safe_content, safe_text

LOOK_NS: Final = 2_000_000_000
"""How often the folders are looked at: a person may drop an image there."""

WIDE: Final = 150
"""Cells from which on every stage of an update stands in its row."""


class FilesSection(TableSection[rows.Facts]):
    """One table in four groups, and the row at the cursor in sentences."""

    kind = "files"
    title = "Files"
    key = "6"
    fields = rows.FIELDS
    filter_hint = "station:CP-0* file:*.bin is:moving bytes:>1000000 since:1h"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n,plus", "add", "Add an image", show=False),
        Binding("o", "folder", "Open its folder", show=False),
        Binding("delete,backspace", "delete", "Delete", show=False),
        Binding("i", "station", "Station", show=False),
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._model: FileList | None = None
        self._looked = 0
        self._looking = False
        self._seen: object = None
        self._fleet = -1
        self._stages = 0
        self._second = 0
        self._at = -1
        self._now = 0

    def make_table(self) -> LineTable:
        """Group by group."""
        return LineTable(rows.COLUMNS, self._row, version=self._version, id="files")

    def facts(self, row: rows.Facts) -> Iterable[str | None]:
        """What a bare word is looked for in."""
        return (row.name, row.station, *row.words, *row.texts)

    @property
    def files(self) -> FileList:
        """What stands in the table."""
        if self._model is None:
            self._model = FileList(self.engine)
        return self._model

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
            spawn(self._look(), name="look at the folders", owner=self.tasks)
        files = engine.files
        if engine.fleet.changed != self._fleet:
            self._fleet = engine.fleet.changed
            told = engine.fleet.stations.values()
            self._stages = sum(len(one.firmware_stages) + len(one.log_stages) for one in told)
        seen = files.changed, self._stages
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
        self.tell()

    async def _look(self) -> None:
        files = self.engine.files
        try:
            images = await asyncio.to_thread(files.images)
            received = await asyncio.to_thread(files.received)
        finally:
            self._looking = False
            self._looked = self._now
        if self.files.looked(images, received):
            self.rows_changed()

    def rows_changed(self) -> None:
        """Choose the rows anew."""
        keys = self.files.keys(self.filter.matches)
        if not keys:
            self.table.set_empty(self._empty_lines())
        self.table.set_rows(keys)
        self._pass_heading()

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
        return self.files.row(key, wide=self.size.width >= WIDE, now_ns=self._now)

    def _version(self, key: Hashable) -> object:
        return self.files.version(key, wide=self.size.width >= WIDE, now_ns=self._now)

    # The row at the cursor.

    def sentences(self) -> list[Line]:
        """The row at the cursor."""
        return self.files.lines(self.table.cursor_key)

    @on(LineTable.Highlighted)
    def _highlighted(self) -> None:
        self._pass_heading()
        self.tell()

    @on(LineTable.Selected)
    def _selected(self) -> None:
        key = self.table.cursor_key
        file = self.files.file(key)
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
        file = self.files.file(key)
        word = "offer" if file is not None and file.station is None else ("folder" if file is not None else "station")
        nothing = None if self._path() is not None else "This row is no file on this machine."
        return [
            KeyHint(
                "enter", word, None if file is not None or self.selected_station() else "There is nothing to open."
            ),
            KeyHint("n", "add image", self._why_not_add()),
            KeyHint("delete", "delete", self._why_not_delete(file)),
            KeyHint("y", "copy path", nothing),
            KeyHint("o", "open folder", nothing),
            KeyHint("slash", "filter"),
        ]

    def _why_not_add(self) -> str | None:
        return "This console is read-only: it offers nothing." if self.engine.read_only else None

    def _why_not_delete(self, file: StoredFile | None) -> str | None:
        return "This row is no image and no upload." if file is None else why_not_delete(self.engine, file)

    def _path(self) -> Path | None:
        return self.files.path(self.table.cursor_key)

    def selected_station(self) -> str | None:
        """The station of the row at the cursor, where it is known."""
        return self.files.station(self.table.cursor_key) if self.host.ready else None

    def copied(self) -> tuple[str, str] | None:
        """The path of the file at the cursor; for others what is told of them."""
        path = self._path()
        if path is not None:
            return str(path), "the path"
        lines = self.files.lines(self.table.cursor_key)
        return (plain(lines), "what is known of it") if lines else None

    # Actions.

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
                spawn(self._add(Path(said.strip()).expanduser()), name="add an image", owner=self.tasks)

        self._ask(AskScreen("Add an image", "Path of a firmware image on this machine:", check=_check_path), chosen)

    def _ask(self, screen: AskScreen, answered: Callable[[str | None], None]) -> None:
        cast("App[object]", self.app).push_screen(screen, answered)

    async def _add(self, path: Path) -> None:
        try:
            _, name = await image_path(self.engine.files, str(path), local=True)
        except ChargehandError as error:
            self.complain(error)
            return
        await self._look()
        self.table.select_key(("image", name))
        self.host.say(f"{safe_text(name)} can be offered now: enter, or f on a station.")

    def action_delete(self) -> None:
        """``del``: delete the image or the upload at the cursor, after a question."""
        file = self.files.file(self.table.cursor_key)
        why = self._why_not_delete(file)
        if file is None or why is not None:
            self.host.say(why or "", severity="warning")
            return

        def answered(sure: bool | None) -> None:
            if sure:
                spawn(self._delete(file), name="delete a file", owner=self.tasks)

        said = [safe_content(one) for one in rows.lost_with(file, self.files.known(file.station))]
        question = ConfirmScreen("Delete the file?", said, sure="Delete", verb="deletes")
        cast("App[object]", self.app).push_screen(question, answered)

    async def _delete(self, file: StoredFile) -> None:
        try:
            await delete_file(self.engine, file)
        except ChargehandError as error:
            self.complain(error)
            return
        await self._look()
        self.host.say(f"{safe_text(file.name)} is deleted.")

    def _empty_lines(self) -> list[CellLike]:
        if self.filter:
            return [Cell("No file matches.", "bold"), "", Cell("esc shows all", "muted")]
        return [
            Cell("No file yet.", "bold"),
            "",
            Cell("n adds a firmware image   f on a station offers it", "muted"),
            Cell("d on a station fetches its log", "muted"),
            "",
            Cell(f"The file server listens at {self.engine.files_url}", "muted"),
        ]


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
