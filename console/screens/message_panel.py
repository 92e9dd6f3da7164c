"""A live log of exchanges with its filter line, of all stations or of one: the Messages section, and part of a station."""

from __future__ import annotations

from asyncio import Task
from typing import TYPE_CHECKING, ClassVar, Final, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from console.engine.dialects import VERSIONS
from console.engine.errors import ChargehandError, FilterError
from console.engine.filter import Filter, complete, parse_filter
from console.engine.filter_terms import word_at
from console.engine.journal.queries import quoted
from console.engine.tasks import Owner, cancel_all, spawn
from console.engine.wire.exchange import Exchange
from console.engine.wire.schema import actions
from console.screens.base import Host
from console.screens.filter_note import Filtered, FilterNote
from console.screens.message_desk import MARKED, MessageDesk, desk_of, mark
from console.screens.message_log import MessageLog, copied
from console.screens.message_rows import JournalSource
from console.screens.send_again import send_again
from widgets.columns import Cell, CellLike
from widgets.completion import Completion
from widgets.filter_line import FilterLine
from widgets.line_log import LineLog

if TYPE_CHECKING:
    from console.app import ConsoleApp
    from console.engine.engine import Engine

HINT: Final = (
    'station:CP-0* action:MeterValues dir:in is:error ms:>500 since:5m tx:41 "GroundFailure"   ! negates   | or'
)


class MessagesPanel(Filtered, Vertical):
    """A live log of exchanges with its filter line, of all stations or of one. Whoever shows it calls ``pull``.

    ``station``: only its exchanges. The panel reads nothing before the first ``pull``.
    """

    DEFAULT_CSS = """
    MessagesPanel { height: 1fr; width: 1fr; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("b", "mark", "Mark", show=False),
        Binding("B", "marked", "Marked ones", show=False),
        Binding("e", "again", "Edit and send again", show=False),
        Binding("E", "export", "Export", show=False),
    ]

    def __init__(self, *, station: str | None = None, id: str | None = None) -> None:
        super().__init__(id=id)
        self.station = station
        self.where: Filter = parse_filter("" if station is None else f"station:{quoted(station)}")
        self._all_stations = station is None
        self._fresh = False
        self._last_id = 0
        self._total = 0
        self._marks = -1
        self._early = False  # the filter was typed before the engine, which knows the marks, was there
        self._tasks: Owner = set()
        self._reading: Task[None] | None = None
        self.filter_text = ""

    def compose(self) -> ComposeResult:
        """Filter line, log."""
        yield FilterLine(self.wrong, self._complete, hint=HINT)
        yield FilterNote()
        yield MessageLog(all_stations=self._all_stations, marked=self._is_marked)

    async def on_unmount(self) -> None:
        """Nothing is read for a log that is gone."""
        await cancel_all(self._tasks)

    @property
    def host(self) -> Host:
        """The console."""
        return cast("Host", self.app)

    @property
    def engine(self) -> Engine:
        """The running engine."""
        return self.host.engine

    @property
    def log_view(self) -> MessageLog:
        """The log."""
        return self.query_one(MessageLog)

    @property
    def chosen(self) -> Exchange | None:
        """The exchange at the cursor."""
        return self.log_view.chosen

    # Pulling.

    def pull(self, now_ns: int) -> None:
        """Take in what has come since the last pull."""
        engine = self.engine
        if not self._fresh:
            self._start()
        feed = engine.feed
        if feed.total != self._total:
            missed = feed.total - self._total - len(feed.rows) if self._total else 0
            self._total = feed.total
            if missed > 0:
                self._skip(missed)
        if feed.last_id > self._last_id:
            matches = self.where.matches
            log = self.log_view
            for exchange in feed.since(self._last_id):
                if matches(exchange):
                    log.append(exchange.id, exchange)
            self._last_id = feed.last_id
        desk = self._desk
        if desk.changed != self._marks:
            self._marks = desk.changed
            if "marked" in self.filter_text.casefold():
                self._start()  # other rows pass now
            self.log_view.forget_strips()
            self.log_view.refresh()

    def _skip(self, missed: int) -> None:
        """More came than is kept in memory: the tail is read anew; one who looks back keeps the place."""
        if self.log_view.following:
            self._start()
        else:
            self.log_view.skipped(missed)

    def _start(self) -> None:
        self._fresh = True
        if self._early:
            self._early, self.where = False, self._desk.filter(self.where.text)
        self._last_id = self.engine.feed.last_id
        self._total = self.engine.feed.total
        self.log_view.clear()
        searching = [Cell("Looking through the journal …", "muted")] if self.filter_text else self._empty_lines()
        self.log_view.set_empty(searching)
        if self._reading is not None:
            self._reading.cancel()
        self._reading = spawn(self._load(), name="read messages", owner=self._tasks)

    async def _load(self) -> None:
        engine, matches = self.engine, self.where.matches
        try:
            await self._desk.load()
            # From here on the pull goes on where the feed ends now; what the feed holds stands before it, in order.
            newest = [(one.id, one) for one in engine.feed.since(0) if matches(one)]
            self._last_id = engine.feed.last_id
            await self.log_view.load(JournalSource(engine, self.where), newest=newest)
        except ChargehandError as error:
            self.host.say(error.sentence, title=error.title, severity="error")
        self.log_view.set_empty(self._empty_lines())

    @property
    def _desk(self) -> MessageDesk:
        return desk_of(self.engine)

    def _is_marked(self, exchange: int) -> bool:
        return self.host.ready and exchange in self._desk.marks

    def _empty_lines(self) -> list[CellLike]:
        if self.filter_text:
            return [
                Cell("No message matches this filter.", "bold"),
                "",
                Cell("/ changes it   esc takes it away", "muted"),
            ]
        if self.station is not None:
            return [Cell("No message of this station yet.", "bold"), "", Cell("t asks it to send one", "muted")]
        urls = self.engine.dial_urls
        return [
            Cell("No message yet.", "bold"),
            "",
            Cell("Type this URL into a charger:", "muted"),
            Cell(f"{urls[0] if urls else ''}<station id>", "accent bold"),
            "",
            Cell("q shows it as a QR code   d starts a demo fleet", "muted"),
        ]

    # Filter.

    def set_station(self, station: str) -> None:
        """Show the exchanges of another station."""
        if station != self.station:
            self.station = station
            self.filter_text = "\0"  # holds for another station: never the same
            self.set_filter("")

    def wrong(self, text: str) -> str | None:
        """What is wrong with a filter line, None where it is right."""
        try:
            parse_filter(text)
        except FilterError as error:
            return error.sentence
        return None

    def apply_filter(self, text: str) -> None:
        """Show only what passes."""
        text = text.strip()
        if text != self.filter_text:
            self.filter_text = text
            scope = "" if self.station is None else f"station:{quoted(self.station)} "
            self._early = not self.host.ready
            self.where = parse_filter(scope + text) if self._early else self._desk.filter(scope + text)
            self._fresh = False
            if self.host.ready:
                self.pull(self.engine.clock())
        self.note_filter(text)

    def _complete(self, text: str, cursor: int) -> list[Completion]:
        if not self.host.ready:
            return []
        known = {
            "station": sorted(one.id for one in self.engine.fleet.stations.values()),
            "action": sorted({name for version in VERSIONS for name in actions(version)}),
            "version": list(VERSIONS),
        }
        start, _ = word_at(text, cursor)
        return [Completion(word, start=start) for word in complete(text, cursor, known)]

    def take_focus(self) -> None:
        """The keyboard goes to the log."""
        self.screen.set_focus(self.log_view, scroll_visible=False)

    def back(self) -> bool:
        """``esc``: takes the filter away, then follows the newest again."""
        if self.filter_text:
            self.set_filter("")
            self.take_focus()
            return True
        if not self.log_view.following:
            self.log_view.follow()
            return True
        return False

    # What rows can do.

    @on(LineLog.Selected)
    def _selected(self, event: LineLog.Selected) -> None:
        event.stop()
        if isinstance(event.key, int):
            self._desk.where = self.where
            self.host.open_exchange(event.key)

    def copied(self) -> tuple[str, str] | None:
        """Both frames of the exchange at the cursor, secrets hidden."""
        chosen = self.chosen
        return None if chosen is None else copied(chosen)

    async def action_mark(self) -> None:
        """``b``: mark the exchange, or take the mark away."""
        if self.chosen is not None:
            await mark(self.host, self.chosen)

    def action_marked(self) -> None:
        """``B``: only the marked ones, or all again."""
        if self.filter_text == MARKED:
            self.set_filter("")
        elif self._desk.marks:
            self.set_filter(MARKED)
        else:
            self.host.say("No message is marked: b marks one.")

    def action_again(self) -> None:
        """``e``: edit a call of ours and send it again."""
        if self.chosen is not None:
            send_again(self.host, self.chosen)

    def action_export(self) -> None:
        """``E``: what the filter finds, into a file."""
        from console.screens.message_export import ask_to_export_messages

        if self.host.ready:
            ask_to_export_messages(cast("ConsoleApp", self.app), self.where, self.where.text)
