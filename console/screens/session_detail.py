"""One session in detail: its facts, energy (or power, or charge) against time, and every sample."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll

from console.engine.errors import ChargehandError
from console.engine.tasks import spawn
from console.screens.base import KeyHint
from console.screens.lines import Lines
from console.screens.session_chart import METRICS, SessionChart
from console.screens.session_facts import facts
from console.screens.session_samples import Moment, sample_columns, sample_rows
from console.screens.station_facts import facts_lines
from widgets.columns import Cell, Column, Row
from widgets.line_table import Key, LineTable

if TYPE_CHECKING:
    from console.app import ConsoleApp
    from console.engine.fleet.model import StoredSample, Transaction

_NS = 1_000_000_000


class SessionDetail(Vertical):
    """A session; while it runs, facts, chart and samples grow."""

    DEFAULT_CSS = """
    SessionDetail { height: 1fr; }
    SessionDetail #upper { height: 14; }
    SessionDetail #facts { width: 1fr; min-width: 40; padding: 0 1; }
    SessionDetail #facts Static { height: auto; }
    SessionDetail SessionChart { width: 1fr; }
    SessionDetail LineTable { height: 1fr; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("m", "metric", "Another chart", show=False),
        Binding("b", "messages", "Its messages", show=False),
        Binding("i", "station", "Station", show=False),
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.transaction: Transaction | None = None
        self._samples: list[StoredSample] = []
        self._counted = -1
        self._drawn: tuple[object, ...] = ()
        self._keys: list[tuple[str, str | None, str | None]] = []
        self._rows: dict[Moment, Row] = {}
        self._reading = False
        self._read_at = 0

    def compose(self) -> ComposeResult:
        """Facts and chart side by side, samples below."""
        with Horizontal(id="upper"):
            with VerticalScroll(id="facts", can_focus=False):
                yield Lines()
            yield SessionChart()
        yield LineTable(
            [Column("time", "TIME", 12, 12)],
            self._row,
            empty=[Cell("No sampled values were stored for this session.", "muted")],
        )

    @property
    def console(self) -> ConsoleApp:
        """The App."""
        return cast("ConsoleApp", self.app)

    def open(self, transaction: Transaction) -> None:
        """Show this one."""
        self.transaction = transaction
        self._samples = []
        self._rows = {}
        self._keys = []
        self._counted = -1
        self._drawn = ()
        self.query_one(LineTable).set_rows([])
        self.query_one(SessionChart).show(transaction)

    def pull(self, now_ns: int) -> None:
        """What has changed; while it runs its length each second."""
        one = self.transaction
        if one is None:
            return
        one = self.transaction = self.console.engine.fleet.transactions.get(one.id, one)
        if one.samples != self._counted and not self._reading and now_ns - self._read_at > _NS // 2:
            self._reading = True
            self._read_at = now_ns
            spawn(self._read(one), name="read samples", owner=self.console.tasks)
        second = now_ns // _NS if one.state == "active" else 0
        place = self.query_one("#facts Lines", Lines)
        drawn = (one.id, one.changed, one.state, second, len(self._samples), place.size.width)
        if drawn == self._drawn:
            return
        self._drawn = drawn
        station = self.console.engine.fleet.station(one.station)
        place.set_lines(facts_lines(facts(one, self._samples, now_ns, station), place.size.width))
        self.query_one(SessionChart).show(one)

    async def _read(self, one: Transaction) -> None:
        counted = one.samples
        try:
            samples = await self.console.engine.samples(one.id)
        except ChargehandError as error:
            self.console.say(error.sentence, title=error.title, severity="error")
            return
        finally:
            self._reading = False
        if self.transaction is None or self.transaction.id != one.id or not self.is_attached:
            return
        self._counted = counted
        self._samples = samples
        columns, keys = sample_columns(samples)
        table = self.query_one(LineTable)
        self._rows = sample_rows(samples, keys)
        if keys != self._keys:
            self._keys = keys
            table.set_columns(columns)
        table.set_rows(sorted(self._rows, reverse=True))

    def _row(self, key: Key) -> Row:
        return self._rows[cast("Moment", key)]

    def take_focus(self) -> None:
        """The keyboard goes to the samples."""
        self.screen.set_focus(self.query_one(LineTable), scroll_visible=False)

    def hints(self) -> list[KeyHint]:
        """Keys of the detail."""
        metric = self.query_one(SessionChart).metric
        following = METRICS[(METRICS.index(metric) + 1) % len(METRICS)]
        return [KeyHint("m", f"{following} chart"), KeyHint("b", "its messages"), KeyHint("i", "station")]

    def action_metric(self) -> None:
        """``m``: energy, power or state of charge against time."""
        self.query_one(SessionChart).turn()

    def action_messages(self) -> None:
        """``b``: every message of this session."""
        one = self.transaction
        if one is None:
            return
        from console.engine.journal.queries import quoted

        line = f"station:{quoted(one.station)}"
        self.console.filter_messages(f"{line} tx:{quoted(one.wire)}" if one.wire else line)

    def action_station(self) -> None:
        """``i``: the station it ran on."""
        if self.transaction is not None:
            self.console.open_station(self.transaction.station)
