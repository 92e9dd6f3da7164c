"""5 Alarms: what is wrong now, worst first; what a person has taken note of; and, folded, what is over."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import ClassVar, Final, cast

from textual import on
from textual.app import App
from textual.binding import Binding, BindingType

from console.engine.errors import ChargehandError
from console.engine.filter_alarms import FIELDS, facts
from console.engine.fleet.model import Alarm
from console.engine.tasks import spawn
from console.screens.alarm_rows import COLUMNS, detail, lasted, rank, row, state
from console.screens.ask import AskScreen
from console.screens.base import KeyHint
from console.screens.table_section import TableSection
from console.screens.told import Line, plain
from widgets.columns import Cell, CellLike, Row
from widgets.line_table import LineTable, SortValue
from widgets.safe import safe_text

FOLD: Final = "cleared"
"""The key of the row that stands for all cleared alarms."""


class AlarmsSection(TableSection[Alarm]):
    """The table of alarms, and the one at the cursor in sentences."""

    kind = "alarms"
    title = "Alarms"
    key = "5"
    fields = FIELDS
    filter_hint = "station:CP-0* is:standing severity:critical kind:fault since:1h GroundFailure"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "acknowledge", "Take note", show=False),
        Binding("z", "fold", "Cleared ones", show=False),
        Binding("i", "station", "Station", show=False),
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._open = False
        self._over = 0
        self._seen: object = None
        self._second = 0
        self._now = 0

    def make_table(self) -> LineTable:
        """Worst first."""
        return LineTable(
            COLUMNS, self._row, version=self._version, sort_value=self._sort_value, markable=True, id="alarms"
        )

    def facts(self, row: Alarm) -> Iterable[str | None]:
        """What a bare word is looked for in."""
        return facts(row)

    def alarm(self, key: Hashable) -> Alarm | None:
        """The alarm of that id, as long as it is kept."""
        return self.engine.fleet.alarms.get(key) if isinstance(key, int) else None

    @property
    def chosen(self) -> Alarm | None:
        """The alarm at the cursor."""
        return self.alarm(self.table.cursor_key)

    @property
    def opened_fold(self) -> bool:
        """Whether cleared alarms are in sight: a filter finds them too."""
        return self._open or bool(self.filter)

    # Pulling.

    def shown(self) -> None:
        """Draw everything anew."""
        self._seen = None
        super().shown()

    def pull(self, now_ns: int) -> None:
        """Alarms change seldom; how long they stand is told once a second."""
        self._now = now_ns
        alarms = self.engine.fleet.alarms
        seen = (len(alarms), max((one.changed for one in alarms.values()), default=0))
        if seen != self._seen:
            self._seen = seen
            self.rows_changed()
        elif now_ns // 1_000_000_000 != self._second:
            self.table.pull()
        else:
            return
        self._second = now_ns // 1_000_000_000
        self.tell()

    def rows_changed(self) -> None:
        """Choose the rows anew."""
        matches = self.filter.matches
        found = sorted((one for one in self.engine.fleet.alarms.values() if matches(one)), key=rank)
        keys: list[Hashable] = [one.id for one in found if one.cleared is None]
        over = [one.id for one in found if one.cleared is not None]
        self._over = len(over)
        if over:
            keys.append(FOLD)
            keys += over if self.opened_fold else []
        if not keys:
            self.table.set_empty(self._empty_lines())
        self.table.set_rows(keys)
        self.table.touch([FOLD])

    def _row(self, key: Hashable) -> Row:
        if key == FOLD:
            return [
                Cell(f"{'▾' if self.opened_fold else '▸'} over", "muted"),
                Cell("", ""),
                Cell(f"{self._over} cleared alarm{'' if self._over == 1 else 's'}", "muted"),
                Cell("" if self.filter else ("enter folds" if self._open else "enter shows"), "muted"),
                None,
                None,
            ]
        found = self.alarm(key)
        return () if found is None else row(found, self._now)

    def _version(self, key: Hashable) -> object:
        found = self.alarm(key)
        if found is None:
            return self._over, self.opened_fold, bool(self.filter)
        return found.changed, lasted(found, self._now)

    def _sort_value(self, key: Hashable, column: str) -> SortValue:
        found = self.alarm(key)
        if found is None:
            return None
        match column:
            case "severity":
                return found.severity
            case "state":
                return state(found)[0]
            case "since":
                return found.raised
            case "count":
                return found.count
            case "station":
                return found.station
            case _:
                return found.text

    def sentences(self) -> list[Line]:
        """The alarm at the cursor."""
        found = self.chosen
        return [] if found is None else detail(found, self._now)

    @on(LineTable.Highlighted)
    def _highlighted(self) -> None:
        self.tell()

    @on(LineTable.Selected)
    def _selected(self, event: LineTable.Selected) -> None:
        if event.key == FOLD:
            self.action_fold()
            return
        found = self.chosen
        if found is None:
            return
        if found.exchange is None:
            self.host.say("No message raised this alarm.")
        else:
            self.open_exchange(found.exchange)

    # What the frame asks.

    def hints(self) -> list[KeyHint]:
        """Keys of the alarm at the cursor."""
        found = self.chosen
        nothing = "There is no alarm here." if found is None else None
        marks = len(self.table.marks)
        return [
            KeyHint("enter", "message", nothing if self.table.cursor_key != FOLD else None),
            KeyHint("a", f"take note of {marks}" if marks else "take note", self._why_not_note()),
            KeyHint(
                "z", "fold cleared" if self._open else "cleared ones", None if self._over else "No alarm is over yet."
            ),
            KeyHint("i", "station", None if self.selected_station() else "This alarm is about no station."),
            KeyHint("slash", "filter"),
        ]

    def _why_not_note(self) -> str | None:
        if self.engine.read_only:
            return "This console is read-only: it takes no note."
        if self.table.marks:
            return None
        found = self.chosen
        if found is None:
            return "There is no alarm here."
        return (
            None
            if found.acknowledged is None
            else f"It was noted by {safe_text(found.acknowledged_by or '?')} already."
        )

    def selected_station(self) -> str | None:
        """The station of the alarm at the cursor."""
        found = self.chosen
        return None if found is None else found.station

    def copied(self) -> tuple[str, str] | None:
        """The sentences."""
        found = self.chosen
        return None if found is None else (plain(detail(found, self._now)), "the alarm")

    def back(self) -> bool:
        """``esc`` takes marks away, then the filter, then folds the cleared ones."""
        if self.table.marks:
            self.table.set_marks(())
            return True
        if super().back():
            return True
        if self._open:
            self.action_fold()
            return True
        return False

    def action_fold(self) -> None:
        """``z``: show those that are over, or fold them away."""
        self._open = not self._open
        self.rows_changed()

    # Taking note.

    def action_acknowledge(self) -> None:
        """``a``: take note of the alarm, or of all marked ones, with a few words."""
        why = self._why_not_note()
        if why is not None:
            self.host.say(why)
            return
        marked = [one for one in (self.alarm(key) for key in self.table.marks) if one is not None]
        chosen = marked or [one for one in [self.chosen] if one is not None]
        what = chosen[0].text if len(chosen) == 1 else f"{len(chosen)} alarms"
        text = f"{what}. It stands until its cause is gone, but is no longer counted above. A few words, or none:"

        def noted(note: str | None) -> None:
            if note is not None:
                spawn(self._acknowledge(chosen, note.strip()), name="take note of alarms", owner=self.tasks)

        cast("App[object]", self.app).push_screen(AskScreen("Take note", text), noted)

    async def _acknowledge(self, alarms: list[Alarm], note: str) -> None:
        try:
            for alarm in alarms:
                await self.engine.acknowledge(alarm.id, note)
        except ChargehandError as error:
            self.complain(error)
            return
        self.table.set_marks(())
        self.pull(self.engine.clock())
        self.host.say("Taken note." if len(alarms) == 1 else f"Taken note of {len(alarms)} alarms.")

    def _empty_lines(self) -> list[CellLike]:
        if self.filter:
            return [Cell("No alarm matches.", "bold"), "", Cell("esc shows all", "muted")]
        if not self.engine.fleet.stations:
            return [
                Cell("No alarm, and no station either.", "bold"),
                "",
                Cell("4 shows what tries to connect   q the URL for the charger   d a demo fleet", "muted"),
            ]
        return [
            Cell("✓ No alarm.", "ok bold"),
            "",
            Cell("Faults, lost sessions, wrong clocks, loops and gaps will stand here.", "muted"),
        ]
