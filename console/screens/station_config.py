"""The configuration of a station: keys of OCPP 1.6, the device model of 2.x; read, filtered, changed, saved, compared."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from console.engine.masking import is_secret_setting
from console.engine.orders.table import order_kind
from console.screens.ask import AskScreen
from console.screens.base import KeyHint
from console.screens.config_copy import (
    Values,
    copy_name,
    newest_copy,
    read_copy,
    setting_name,
    setting_value,
    write_copy,
)
from console.screens.order_keys import why_not
from console.screens.station_pane import StationPane
from widgets.columns import Cell, CellLike, Column, Row
from widgets.filter_line import Filtering, FilterLine
from widgets.line_table import Key, LineTable, sort_token
from widgets.safe import safe_text

if TYPE_CHECKING:
    from console.engine.fleet.model import Variable

_COLUMNS: Final = (
    Column("name", "SETTING", width=38, min_width=20, max_width=64, weight=2),
    Column("value", "VALUE", width=26, min_width=12, weight=3),
    Column("access", "ACCESS", width=11, min_width=11),
    Column("type", "TYPE", width=16, min_width=8, max_width=30, priority=3, weight=1),
    Column("copy", "IN THE COPY", width=20, min_width=10, weight=2, priority=2),
)
_PLACES: Final = {column.key: at for at, column in enumerate(_COLUMNS)}
_ACCESS: Final = {
    "ReadOnly": ("read only", "muted"),
    "WriteOnly": ("write only", "warn"),
    "ReadWrite": ("read, write", ""),
}
_ONLY_THERE = "only in the copy"


class ConfigPane(Filtering, StationPane):
    """Settings by name. Enter changes one; what counts only after a restart is marked until it has booted."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("R", "read", "Read all", show=False),
        Binding("S", "save", "Save a copy", show=False),
        Binding("D", "compare", "Compare", show=False),
        Binding("c", "edit", "Change", show=False),
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._rows: dict[str, Variable] = {}
        self._gone: Values = {}
        self._changed = -1
        self._runs = 0
        self._words: tuple[str, ...] = ()
        self.filter_text = ""
        self._copy: Values | None = None
        self._restart: set[str] = set()

    def compose(self) -> ComposeResult:
        """The filter line and the table."""
        yield FilterLine(
            hint="words of a name, a value or an access; changed: only what differs from the copy  ! negates"
        )
        yield LineTable(_COLUMNS, self._row, version=self._version, sort_value=self._sort_value)

    @property
    def table(self) -> LineTable:
        """The rows."""
        return self.query_one(LineTable)

    def renew(self) -> None:
        """Another station: its copy is another one."""
        self._copy = None
        self._changed = -1
        self.set_filter("")

    def pull(self, now_ns: int) -> None:
        """Settings that were read or changed."""
        station = self.station
        runs = sum(run.changed for run in self.engine.desk.runs)
        if station is None or (station.changed == self._changed and runs == self._runs):
            return
        self._changed, self._runs = station.changed, runs
        self._restart = self._after_restart()
        every = {setting_name(one): one for one in station.variables.values()}
        self._rows = every
        self._gone = {name: value for name, value in (self._copy or {}).items() if name not in every}
        names = [name for name in (*every, *self._gone) if self._passes(name)]
        names.sort(key=sort_token)
        self._fit()
        self.table.set_rows(names)
        self.table.set_empty(self._empty())

    def _fit(self) -> None:
        """Only columns that hold something: many stations tell no types, and without a comparison there is no copy."""
        typed = any(_kind(one) for one in self._rows.values())
        left_out = {key for key, there in (("type", typed), ("copy", self._copy is not None)) if not there}
        columns = tuple(one for one in _COLUMNS if one.key not in left_out)
        if columns != self.table.columns:
            self.table.set_columns(columns)

    def _after_restart(self) -> set[str]:
        """Settings that were answered with RebootRequired since the station's last boot."""
        station = self.station
        booted = station.booted or 0 if station is not None else 0
        found: set[str] = set()
        for run in self.engine.desk.runs:
            if run.kind.id != "set" or run.station.casefold() != self.identity.casefold() or run.verdict is None:
                continue
            if "reboot" in run.verdict.status.casefold() and (run.sent or 0) > booted:
                arguments = run.order.arguments
                head = f"{arguments['component']}." if arguments.get("component") else ""
                found.add(f"{head}{arguments.get('key') or arguments.get('variable')}".casefold())
        return found

    def _empty(self) -> list[CellLike]:
        if self._words:
            return ["No setting passes the filter.", Cell("esc takes it away", "muted")]
        return [
            Cell("Nothing was read from this station yet.", "bold"),
            "",
            [Cell("R", "bold accent"), Cell("  reads its whole configuration")],
        ]

    # Rows.

    def _passes(self, name: str) -> bool:
        if not self._words:
            return True
        variable = self._rows.get(name)
        value = setting_value(variable) if variable is not None else self._gone.get(name)
        access = _ACCESS.get(variable.mutability or "", ("", ""))[0] if variable is not None else _ONLY_THERE
        text = f"{name} {value or ''} {access}".casefold()
        for word in self._words:
            bare = word.lstrip("!")
            holds = self._differs(name) if bare == "changed:" or bare == "changed" else bare in text
            if holds is word.startswith("!"):
                return False
        return True

    def _differs(self, name: str) -> bool:
        if self._copy is None:
            return False
        variable = self._rows.get(name)
        return variable is None or name not in self._copy or self._copy[name] != setting_value(variable)

    def _version(self, key: Key) -> object:
        name = cast("str", key)
        variable = self._rows.get(name)
        seen = (variable.seen, setting_value(variable)) if variable is not None else None
        return (seen, self._copy is not None, self._copy.get(name) if self._copy else None, self._waits(name))

    def _waits(self, name: str) -> bool:
        return name.casefold() in self._restart

    def _row(self, key: Key) -> Row:
        name = cast("str", key)
        variable = self._rows.get(name)
        differs = self._differs(name)
        mine = (self._copy or {}).get(name)
        there: CellLike = None
        if self._copy is not None and differs:
            there = Cell("not in the copy" if name not in self._copy else _shown(name, mine), "warn")
        if variable is None:
            return self._picked([Cell(name, "muted"), Cell(_ONLY_THERE, "muted"), None, None, there])
        word, tone = _ACCESS.get(variable.mutability or "", (variable.mutability or "", "muted"))
        value: CellLike = Cell(_shown(name, setting_value(variable)), "bold" if differs else "")
        if self._waits(name):
            value = [Cell(_shown(name, setting_value(variable))), Cell("  ⟳ after a restart", "warn")]
        named = Cell(name, "bold" if differs else "")
        return self._picked([named, value, Cell(word, tone), Cell(_kind(variable), "muted"), there])

    def _picked(self, cells: list[CellLike]) -> Row:
        """The cells of the columns that are shown."""
        return [cells[_PLACES[one.key]] for one in self.table.columns]

    def _sort_value(self, key: Key, column: str) -> str | None:
        name = cast("str", key)
        variable = self._rows.get(name)
        if column == "name" or variable is None:
            return name
        if column == "value":
            return setting_value(variable)
        return variable.mutability if column == "access" else variable.data_type

    # Asked by the section.

    def take_focus(self) -> None:
        """The table."""
        self.screen.set_focus(self.table, scroll_visible=False)

    def crumb(self) -> str:
        """The filter."""
        return f"/{safe_text(self.filter_text, max_chars=30)}" if self.filter_text else ""

    def hints(self) -> list[KeyHint]:
        """Change, read, save, compare."""
        reading = why_not(self.engine, "get", self.identity)
        none = None if self._rows else "Nothing was read yet: R reads it."
        word = "no comparison" if self._copy is not None else "compare"
        return [
            KeyHint("enter", "change", none or why_not(self.engine, "set", self.identity)),
            KeyHint("R", "read all", reading),
            KeyHint("S", "save copy", none),
            KeyHint("D", word, none),
        ]

    def set_filter(self, text: str) -> None:
        """Words."""
        self.filter_text = text.strip()
        self._words = tuple(text.casefold().split())
        self._changed = -1

    def focus_filter(self) -> bool:
        """``/``."""
        self.query_one(FilterLine).open(self.filter_text)
        return True

    def back(self) -> bool:
        """``esc``: the filter, then the comparison."""
        if self.filter_text:
            self.query_one(FilterLine).value = ""
            self.set_filter("")
            return True
        if self._copy is not None:
            self._copy = None
            self._changed = -1
            return True
        return False

    def copied(self) -> tuple[str, str] | None:
        """``name = value`` at the cursor."""
        key = self.table.cursor_key
        variable = self._rows.get(cast("str", key)) if key is not None else None
        if variable is None:
            return None
        name = setting_name(variable)
        return f"{name} = {_shown(name, setting_value(variable))}", safe_text(name, max_chars=60)

    # Keys.

    @on(LineTable.Selected)
    def _selected(self, event: LineTable.Selected) -> None:
        event.stop()
        self.action_edit()

    def action_edit(self) -> None:
        """``enter``: the form of ``set``, filled."""
        key = self.table.cursor_key
        variable = self._rows.get(cast("str", key)) if key is not None else None
        if variable is None:
            self.console.say("There is no setting here; R reads them.")
            return
        if variable.mutability == "ReadOnly":
            self.console.say(f"{setting_name(variable)} is read only.", severity="warning")
            return
        secret = is_secret_setting(variable.variable)
        value = "" if secret else (setting_value(variable) or "")
        if variable.component:
            self.console.give_order(
                "set",
                self.identity,
                component=variable.component,
                variable=variable.variable,
                evse=variable.evse,
                value=value,
            )
        else:
            self.console.give_order("set", self.identity, key=variable.variable, value=value)

    def action_read(self) -> None:
        """``R``: everything the station tells."""
        why = why_not(self.engine, "get", self.identity)
        if why is not None:
            self.console.say(why, severity="warning")
            return
        self.console.orders.run_now(order_kind("get"), [self.identity], {}, quietly=True)

    def action_save(self) -> None:
        """``S``: a copy in a file."""
        station = self.station
        if station is None or not self._rows:
            self.console.say("Nothing was read yet: R reads it.")
            return
        start = self._folder / copy_name(station, self.engine.clock())
        self.app.push_screen(AskScreen("Save a copy of the settings", "Where to?", str(start)), self._save)

    @property
    def _folder(self) -> Path:
        return self.engine.data / "settings"

    def _save(self, answer: str | None) -> None:
        station = self.station
        if not answer or station is None:
            return
        path = Path(answer).expanduser()
        try:
            count = write_copy(path, station, self.engine.clock())
        except OSError as error:
            self.console.say(f"{path} cannot be written: {error.strerror}", severity="error")
            return
        self.console.say(f"{count} settings written to {path}")

    def action_compare(self) -> None:
        """``D``: with the newest copy, or another one."""
        station = self.station
        if self._copy is not None:
            self._copy = None
            self._changed = -1
        elif station is not None:
            newest = newest_copy(self._folder, station)
            text = "Which copy? (S saves one)" if newest is None else "Which copy? This is the newest of this station."
            self.app.push_screen(AskScreen("Compare with a saved copy", text, str(newest or "")), self._compare)

    def _compare(self, answer: str | None) -> None:
        if not answer:
            return
        try:
            self._copy = read_copy(Path(answer).expanduser())
        except ValueError as error:
            self.console.say(str(error), severity="error")
            return
        self._changed = -1
        self.pull(self.engine.clock())
        count = sum(1 for name in (*self._rows, *self._gone) if self._differs(name))
        self.console.say(f"{count} settings differ. The filter word “changed” shows only those.")


def _kind(variable: Variable) -> str:
    return " ".join(each for each in (variable.data_type, variable.unit, variable.choices) if each)


def _shown(name: str, value: str | None) -> str:
    if value is None:
        return "not told"
    return "•••" if is_secret_setting(name.rpartition(".")[2]) and value else value
