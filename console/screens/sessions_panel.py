"""Sessions as a table and in detail, of all stations or of one: the Sessions section and the station's tab share it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import ContentSwitcher

from console.engine.dialects import VERSIONS
from console.engine.errors import ChargehandError, FilterError
from console.engine.filter_rows import complete_row
from console.engine.filter_sessions import ALIASES, FIELDS, SessionFilter
from console.engine.filter_terms import word_at
from console.engine.silence import doing
from console.engine.tasks import spawn
from console.screens.base import KeyHint
from console.screens.close_session import KEY, ask_to_close, why_not_close
from console.screens.session_detail import SessionDetail
from console.screens.session_export import ask_to_export
from console.screens.session_rows import (
    COLUMNS,
    length_s,
    needs,
    session_row,
    silence,
    sort_value,
)
from widgets.columns import Cell, CellLike, Row, fitted
from widgets.completion import Completion
from widgets.filter_line import Filtering, FilterLine
from widgets.line_table import Key, LineTable

if TYPE_CHECKING:
    from console.app import ConsoleApp
    from console.engine.engine import Engine
    from console.engine.fleet.model import Station, Transaction

HINT = 'station:CP-0* tag:04A2* is:active evse:1 kwh:>10 since:1d "word"   ! negates   | or'
MOST = 2000
ROOMY = 140  # cells from which on there is room for whole ids and notes
FITTED_ROWS = 200  # rows that columns are fitted to: those that run, and the newest
_NS = 1_000_000_000
_DAY_NS = 86_400 * _NS


class SessionsPanel(Filtering, Vertical):
    """``station``: only its sessions; None: all. Whoever shows it calls ``pull``."""

    DEFAULT_CSS = """
    SessionsPanel { height: 1fr; }
    SessionsPanel ContentSwitcher { height: 1fr; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("E", "export", "Export", id="export", show=False),
        Binding(KEY, "close_by_hand", "Close by hand", id="close by hand", show=False),
    ]

    def __init__(self, *, station: str | None = None, id: str | None = None) -> None:
        super().__init__(id=id)
        self.station = station
        self._all = station is None
        self._columns = COLUMNS if self._all else tuple(one for one in COLUMNS if one.key != "station")
        self._needs: dict[str, int] = {}
        self._narrow = True
        self._older: dict[int, Transaction] = {}
        self._loaded = False
        self._changed = -1
        self._second = -1
        self._now = 0
        self._filter = self._read("")
        self.filter_text = ""

    def compose(self) -> ComposeResult:
        """The table with its filter line; the detail in its place when one is opened."""
        with ContentSwitcher(initial="session-list"):
            with Vertical(id="session-list"):
                yield FilterLine(self._wrong, self._complete, hint=HINT)
                yield LineTable(
                    self._columns,
                    self._row,
                    version=self._version,
                    sort_value=self._sort_value,
                    sort_version=self._sort_version,
                )
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
        """Read the journal's part again at the next pull; columns fit what there is then."""
        self._needs = {}
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
            order = self._order()
            self._fit(order)
            self.table.set_rows(order)
            self.table.set_empty(self._empty())
        elif second != self._second:
            self.table.pull()
        self._second = second

    def _fit(self, order: Sequence[int]) -> None:
        """Columns as wide as what stands in them, the rest to the notes; while one looks at them they only grow."""
        rows = (session_row(self._known(key), self._now, self._station_of(key)) for key in order[:FITTED_ROWS])
        wanted = needs(rows, self._needs)
        narrow = self.table.size.width < ROOMY
        if wanted != self._needs or narrow != self._narrow:
            self._needs, self._narrow = wanted, narrow
            # Where it is narrow, long ids are cut before notes are.
            made = fitted(self._columns, {**wanted, "wire": min(wanted.get("wire", 0), 10)} if narrow else wanted)
            if made != self.table.columns:
                self.table.set_columns(made)

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
            if (key is None or one.station.casefold() == key)
            and (not self._filter or self._filter.matches(one, self._now))
        ]
        rows.sort(key=lambda one: (one.state != "active", -(one.started or one.received), -one.id))
        return [one.id for one in rows]

    def _empty(self) -> list[CellLike]:
        if self._filter:
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

    def _station_of(self, key: Key) -> Station | None:
        return self.engine.fleet.station(self._known(key).station)

    def _version(self, key: Key) -> object:
        one = self._known(key)
        if one.state != "active":
            return (one.changed, one.state, self._now // _DAY_NS)
        station = self._station_of(key)
        length = int(length_s(one, self._now, station) or 0)
        told = (silence(one, station, self._now), doing(one, station), station and station.link_opened)
        return (one.changed, one.state, length, told)

    def _row(self, key: Key) -> Row:
        row = session_row(self._known(key), self._now, self._station_of(key))
        return row if self._all else [*row[:1], *row[2:]]

    def _sort_version(self, key: Key) -> object:
        one = self._known(key)
        sort = self.table.sort
        grows = sort is not None and sort[0] == "length" and one.state == "active"
        return one.changed, one.state, self._now // _NS if grows else 0

    def _sort_value(self, key: Key, column: str) -> str | float | None:
        return sort_value(self._known(key), column, self._now, self._station_of(key))

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
            self.screen.set_focus(self.table, scroll_visible=False)

    # Filter.

    def set_filter(self, text: str) -> None:
        """Show only what passes; a line that is wrong opens and says why, and what was shown stays."""
        self.close_detail()
        line = self.query_one(FilterLine)
        if self._wrong(text) is not None:
            line.open(text)
            return
        self.filter_text = text.strip()
        self._filter = self._read(text)
        self._changed = -1

    def _read(self, text: str) -> SessionFilter:
        return SessionFilter(
            text,
            lambda station: self.engine.fleet.station(station),
            lambda station: self.console.profile.named(station),
        )

    def _wrong(self, text: str) -> str | None:
        try:
            self._read(text)
        except FilterError as error:
            return error.sentence
        return None

    def _complete(self, text: str, cursor: int) -> list[Completion]:
        known: dict[str, list[str]] = {}
        if self.console.ready:
            seen = [*self._older.values(), *self.engine.fleet.transactions.values()]
            known = {
                "station": sorted(one.id for one in self.engine.fleet.stations.values()),
                "tag": sorted({one.id_tag for one in seen if one.id_tag}),
                "reason": sorted({one.stop_reason for one in seen if one.stop_reason}),
                "site": sorted(self.console.profile.sites),
                "version": list(VERSIONS),
            }
        start, _ = word_at(text, cursor)
        return [Completion(word, start=start) for word in complete_row(text, cursor, FIELDS, known, ALIASES)]

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
        chosen = self.chosen
        closing: list[KeyHint] = []
        if chosen is not None and chosen.state == "active" and why_not_close(self.engine, chosen) is None:
            closing = [KeyHint(KEY, "close by hand")]
        if self.in_detail:
            return [*self.detail.hints(), *closing, KeyHint("E", "export")]
        none = None if self.table.row_count else "There is no session yet."
        return [KeyHint("enter", "open", none), *closing, KeyHint("E", "export", none)]

    def action_close_by_hand(self) -> None:
        """``X``: a session whose station never came back to end it."""
        ask_to_close(self.console, self.chosen)

    def action_export(self) -> None:
        """``E``: the table, or the samples of the open session, as a file."""
        if self.in_detail and self.detail.transaction is not None:
            ask_to_export(self.console, self.detail.transaction)
        elif self.table.row_count:
            ask_to_export(self.console, [self._known(key) for key in self.table.keys])
        else:
            self.console.say("There is no session to export yet.")
