"""Sessions as a table and in detail, of all stations or of one: the Sessions section and the station's tab share it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import ContentSwitcher

from console.engine.errors import ChargehandError
from console.engine.tasks import spawn
from console.screens.ask import AskScreen
from console.screens.base import KeyHint
from console.screens.session_detail import SessionDetail
from console.screens.session_rows import COLUMNS, length_s, sample_export, session_row, sort_value
from widgets.columns import Cell, CellLike, Row
from widgets.filter_line import Filtering, FilterLine
from widgets.line_table import Key, LineTable

if TYPE_CHECKING:
    from console.app import ConsoleApp
    from console.engine.engine import Engine
    from console.engine.fleet.model import Transaction

MOST = 2000
_NS = 1_000_000_000


class SessionsPanel(Filtering, Vertical):
    """``station``: only its sessions; None: all. Whoever shows it calls ``pull``."""

    DEFAULT_CSS = """
    SessionsPanel { height: 1fr; }
    SessionsPanel ContentSwitcher { height: 1fr; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("E", "export", "Export", id="export", show=False)]

    def __init__(self, *, station: str | None = None, id: str | None = None) -> None:
        super().__init__(id=id)
        self.station = station
        self._all = station is None
        self._older: dict[int, Transaction] = {}
        self._loaded = False
        self._changed = -1
        self._second = -1
        self._now = 0
        self._words: tuple[str, ...] = ()
        self.filter_text = ""

    def compose(self) -> ComposeResult:
        """The table with its filter line; the detail in its place when one is opened."""
        with ContentSwitcher(initial="session-list"):
            with Vertical(id="session-list"):
                yield FilterLine(hint="words: a station, an id tag, a state, a stop reason  ! negates")
                columns = COLUMNS if self._all else tuple(one for one in COLUMNS if one.key != "station")
                yield LineTable(columns, self._row, version=self._version, sort_value=self._sort_value)
            yield SessionDetail(id="session-detail")

    @property
    def console(self) -> ConsoleApp:
        """The App."""
        return cast("ConsoleApp", self.app)

    @property
    def engine(self) -> Engine:
        """The running engine."""
        return self.console.engine

    @property
    def table(self) -> LineTable:
        """The rows."""
        return self.query_one("#session-list LineTable", LineTable)

    @property
    def detail(self) -> SessionDetail:
        """The detail view."""
        return self.query_one(SessionDetail)

    @property
    def in_detail(self) -> bool:
        """Whether a session is open."""
        return self.query_one(ContentSwitcher).current == "session-detail"

    def set_station(self, station: str) -> None:
        """Show the sessions of another station."""
        if station != self.station:
            self.station = station
            self._older = {}
            self.close_detail()
            self.refresh_all()

    def refresh_all(self) -> None:
        """Read the journal's part again at the next pull."""
        self._loaded = False
        self._changed = -1

    # Pulling.

    def pull(self, now_ns: int) -> None:
        """New and changed sessions; once a second the lengths of those that run."""
        if not self._loaded:
            self._loaded = True
            spawn(self._load(), name="read sessions", owner=self.console.tasks)
        self._now = now_ns
        if self.in_detail:
            self.detail.pull(now_ns)
            return
        fleet = self.engine.fleet
        second = now_ns // _NS
        if fleet.changed != self._changed:
            self._changed = fleet.changed
            self.table.set_rows(self._order())
            self.table.set_empty(self._empty())
        elif second != self._second:
            self.table.pull()
        self._second = second

    async def _load(self) -> None:
        station = self.station
        try:
            found = await self.engine.journal.transactions(
                station=None if station is None else station.casefold(), limit=MOST
            )
        except ChargehandError as error:
            self.console.say(error.sentence, title=error.title, severity="error")
            return
        if station == self.station and self.is_attached:
            self._older = {one.id: one for one in found}
            self._changed = -1

    def _order(self) -> list[int]:
        """Active first, then by the newest; at hand and from the journal."""
        key = None if self.station is None else self.station.casefold()
        every = dict(self._older)
        every.update(self.engine.fleet.transactions)
        rows = [
            one
            for one in every.values()
            if (key is None or one.station.casefold() == key) and (not self._words or self._passes(one))
        ]
        rows.sort(key=lambda one: (one.state != "active", -(one.started or one.received), -one.id))
        return [one.id for one in rows]

    def _passes(self, one: Transaction) -> bool:
        text = " ".join(
            word
            for word in (one.station, one.wire, one.id_tag, one.state, one.stop_reason, one.charging_state, *one.flags)
            if word
        ).casefold()
        return all((word.lstrip("!") in text) is not word.startswith("!") for word in self._words)

    def _empty(self) -> list[CellLike]:
        if self._words:
            return ["No session passes the filter.", Cell("esc takes it away", "muted")]
        if self.station is not None:
            return [Cell("No session of this station yet.", "bold"), "", Cell("s starts one", "muted")]
        return [
            Cell("No session yet.", "bold"),
            "",
            Cell("One begins when an id tag is shown at a station, or with s on a station of the fleet (1).", "muted"),
        ]

    # Rows.

    def transaction(self, number: int) -> Transaction | None:
        """A session by our id: at hand, or from the journal."""
        return self.engine.fleet.transactions.get(number) or self._older.get(number)

    def _known(self, key: Key) -> Transaction:
        found = self.transaction(cast("int", key))
        assert found is not None
        return found

    def _version(self, key: Key) -> object:
        one = self._known(key)
        length = int(length_s(one, self._now) or 0) if one.state == "active" else 0
        return (one.changed, one.state, length)

    def _row(self, key: Key) -> Row:
        row = session_row(self._known(key), self._now)
        return row if self._all else [*row[:1], *row[2:]]

    def _sort_value(self, key: Key, column: str) -> str | float | None:
        return sort_value(self._known(key), column, self._now)

    @property
    def chosen(self) -> Transaction | None:
        """The session at the cursor, or the one that is open."""
        if self.in_detail:
            return self.detail.transaction
        key = self.table.cursor_key
        return None if key is None else self.transaction(cast("int", key))

    # Opening.

    @on(LineTable.Selected)
    def _selected(self, event: LineTable.Selected) -> None:
        if event.table is self.table:
            event.stop()
            if event.key is not None:
                self.open(cast("int", event.key))

    def open(self, number: int) -> None:
        """Open a session in detail."""
        found = self.transaction(number)
        if found is not None:
            self._opened(found)
        else:
            spawn(self._find(number), name="read a session", owner=self.console.tasks)

    async def _find(self, number: int) -> None:
        rows = await self.engine.journal.transactions(ids=[number])
        if rows and self.is_attached:
            self._older[number] = rows[0]
            self._opened(rows[0])
        elif self.is_attached:
            self.console.say("That session is not in the journal any more.", severity="warning")

    def _opened(self, found: Transaction) -> None:
        self.query_one(ContentSwitcher).current = "session-detail"
        self.detail.open(found)
        self.detail.pull(self._now or self.engine.clock())
        self.detail.take_focus()

    def close_detail(self) -> bool:
        """Back to the table; False where none is open."""
        if not self.in_detail:
            return False
        self.query_one(ContentSwitcher).current = "session-list"
        self._changed = -1
        self.take_focus()
        return True

    def take_focus(self) -> None:
        """The keyboard goes to the table, or to the samples of the open session."""
        if self.in_detail:
            self.detail.take_focus()
        else:
            self.table.focus(scroll_visible=False)

    # Filter.

    def set_filter(self, text: str) -> None:
        """Show only sessions with these words."""
        self.close_detail()
        self.filter_text = text.strip()
        self._words = tuple(text.casefold().split())
        self._changed = -1

    def focus_filter(self) -> bool:
        """``/``."""
        if self.in_detail:
            return False
        self.query_one(FilterLine).open(self.filter_text)
        return True

    def back(self) -> bool:
        """``esc``: the detail, then the filter."""
        if self.close_detail():
            return True
        if self.filter_text:
            self.query_one(FilterLine).value = ""
            self.set_filter("")
            return True
        return False

    def hints(self) -> list[KeyHint]:
        """Keys of the table or of the detail."""
        if self.in_detail:
            return [*self.detail.hints(), KeyHint("E", "export")]
        none = None if self.table.row_count else "There is no session yet."
        return [KeyHint("enter", "open", none), KeyHint("E", "export", none)]

    # Export.

    def action_export(self) -> None:
        """``E``: the table, or the samples of the open session, as a file."""
        if not self.table.row_count:
            self.console.say("There is no session to export yet.")
            return
        open_one = self.detail.transaction if self.in_detail else None
        name = "sessions" if open_one is None else _file_name(open_one)
        start = str(self.engine.data / "exports" / f"{name}.csv")
        what = "the sessions of the table" if open_one is None else "every sample of this session"
        ask = AskScreen("Export", f"Where to? {what}; the ending says how: .csv or .jsonl", start, check=_check_path)
        self.app.push_screen(ask, self._export)

    def _export(self, answer: str | None) -> None:
        if answer:
            spawn(self._write(Path(answer).expanduser()), name="export sessions", owner=self.console.tasks)

    async def _write(self, path: Path) -> None:
        import asyncio

        from console.engine.journal.export import write_rows
        from console.engine.journal.rows import transaction_row

        if self.in_detail and self.detail.transaction is not None:
            one = self.detail.transaction
            rows = sample_export(one, await self.engine.samples(one.id))
        else:
            rows = [transaction_row(self._known(key)) for key in self.table.keys]
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            count = await asyncio.to_thread(write_rows, path, rows)
        except ChargehandError as error:
            self.console.say(error.sentence, title=error.title, severity="error")
        except OSError as error:
            self.console.say(f"{path} cannot be written: {error.strerror}", severity="error")
        else:
            self.console.say(f"{count} rows written to {path}")


def _file_name(transaction: Transaction) -> str:
    words = f"{transaction.station}-{transaction.wire or transaction.id}"
    return f"session-{re.sub(r'[^A-Za-z0-9._-]+', '_', words)[:60]}"


def _check_path(text: str) -> str | None:
    from console.engine.journal.export import check_ending

    if not text.strip():
        return "Say where to."
    try:
        check_ending(Path(text))
    except ChargehandError as error:
        return error.sentence
    return None
