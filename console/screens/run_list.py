"""The orders of this session and how far they are (`o`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from console.screens.run_panel import run_cells
from widgets.columns import Cell, Column, Row
from widgets.format import clock
from widgets.line_table import Key, LineTable

if TYPE_CHECKING:
    from console.app import ConsoleApp
    from console.engine.orders.run import Run

_COLUMNS = (
    Column("time", "TIME", width=8, min_width=8),
    Column("order", "ORDER", width=13, min_width=8),
    Column("station", "STATION", width=18, min_width=8, weight=1, max_width=28),
    Column("state", "STATE", width=10, min_width=8),
    Column("bar", "", width=10, min_width=10, priority=2, sortable=False),
    Column("text", "WHAT", width=30, min_width=10, weight=3, sortable=False),
)


class RunList(ModalScreen[None]):
    """Every order of this session, newest first."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,o", "leave", "Close", show=False)]

    def __init__(self) -> None:
        super().__init__(classes="dialog-screen")
        self._runs: dict[int, Run] = {}
        self._count = -1

    @property
    def console(self) -> ConsoleApp:
        """The App."""
        return cast("ConsoleApp", self.app)

    def compose(self) -> ComposeResult:
        """A table."""
        with Vertical(classes="dialog -wide") as dialog:
            dialog.border_title = Content("Orders given")
            yield LineTable(_COLUMNS, self._row, version=self._version, id="runs-table")
            yield Static("enter follow · esc close", classes="keys", markup=False)

    def on_mount(self) -> None:
        """Newest first."""
        self.pull(self.console.now())
        self.query_one(LineTable).focus()

    def pull(self, _now_ns: int) -> None:
        """Runs that are new, and those that moved."""
        runs = self.console.engine.desk.runs
        if len(runs) != self._count or (runs and id(runs[-1]) not in self._runs):
            self._count = len(runs)
            self._runs = {id(run): run for run in reversed(runs)}
        self.query_one(LineTable).set_rows(self._runs)

    def _version(self, key: Key) -> object:
        run = self._runs[cast("int", key)]
        return (run.changed, run.state)

    def _row(self, key: Key) -> Row:
        run = self._runs[cast("int", key)]
        return [Cell(clock(run.started), "muted"), run.order.name, *run_cells(run)]

    def on_line_table_selected(self, event: LineTable.Selected) -> None:
        """Follow that one."""
        run = self._runs.get(cast("int", event.key))
        if run is not None:
            self.dismiss()
            self.console.orders.show([run])

    def action_leave(self) -> None:
        """Close."""
        self.dismiss()
