"""1 Fleet: every station in a row, the sick ones first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from console.engine.errors import FilterError
from console.screens.base import KeyHint, Section
from console.screens.fleet_columns import fit
from console.screens.fleet_filter import FIELDS, FleetTerm, complete_fleet_filter, parse_fleet_filter
from console.screens.fleet_order import FleetOrder
from console.screens.fleet_rows import (
    COLUMNS,
    columns,
    fleet_row,
    seen_text,
    sort_value,
)
from widgets.columns import WIDE_SCREEN, Cell, CellLike, Column, Row
from widgets.filter_line import Filtering, FilterLine
from widgets.line_table import Key, LineTable
from widgets.safe import safe_text

if TYPE_CHECKING:
    from console.app import ConsoleApp
    from console.engine.fleet.model import Station
    from profiles import Profile

_SECOND = 1_000_000_000
_PLACES = {column.key: at for at, column in enumerate(COLUMNS)}


class FleetSection(Filtering, Section):
    """The fleet. Rows are made from the read model when they are in sight, and again only where they would differ."""

    kind = "fleet"
    title = "Fleet"
    key = "1"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "approve(True)", "Accept", id="accept", show=False),
        Binding("delete,backspace", "approve(False)", "Refuse", id="refuse", show=False),
        Binding("m", "messages", "Its messages", id="its messages", show=False),
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._changed = -1
        self._second = -1
        self._now = 0
        self._terms: tuple[FleetTerm, ...] = ()
        self._filter = ""
        self._orders: dict[str, str] = {}
        self._all: Sequence[Column] = ()
        self._fitted: tuple[object, ...] = ()
        self._order = FleetOrder(lambda station: self._profile.named(station))
        self._rows: dict[str, tuple[object, Row]] = {}

    def compose(self) -> ComposeResult:
        """The table, and the filter line below it."""
        profile = self._profile
        self._all = columns(profile.screen.columns, sites=len(profile.sites) > 1)
        yield LineTable(
            self._all,
            self._row,
            version=self._version,
            sort_value=self._sort_value,
            sort_version=self._sort_version,
            markable=True,
            rests_first=True,
            id="fleet-table",
        )
        yield FilterLine(
            _check,
            complete_fleet_filter,
            hint="words, station: model: ocpp: site: is:offline|charging|faulted|pending|alarm  ! negates",
            id="fleet-filter",
        )

    @property
    def _profile(self) -> Profile:
        return cast("ConsoleApp", self.app).profile

    @property
    def table(self) -> LineTable:
        """The rows."""
        return self.query_one(LineTable)

    # Pulling.

    def shown(self) -> None:
        """Everything is looked at again; columns fit what there is now."""
        self._changed = -1
        self._order.forget()
        self.take_focus()

    def take_focus(self) -> None:
        """The table has the keyboard."""
        self.screen.set_focus(self.table, scroll_visible=False)

    def pull(self, now_ns: int) -> None:
        """Rows whose text differs; once a second the ages."""
        fleet = self.engine.fleet
        second = now_ns // _SECOND
        orders = self._on_the_way()
        if fleet.changed == self._changed and second == self._second and orders == self._orders:
            return
        self._now = now_ns
        self._second = second
        self._orders = orders
        if fleet.changed != self._changed:
            self._changed = fleet.changed
            order = self._order.look(fleet)
            self._fit()
            self.table.set_rows(order, self._order.changed)
            self.table.set_empty(self._empty())
        else:
            self.table.pull(())  # what rows are sorted by changes with a station, or with its alarms

    def _fit(self) -> None:
        wide = self.table.size.width >= WIDE_SCREEN
        seen = (wide, *self._order.needs.items())
        if seen == self._fitted:
            return
        self._fitted = seen
        made = fit(self._all, self._order.needs, wide=wide)
        if made != self.table.columns:
            self.table.set_columns(made)

    def _on_the_way(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for run in self.engine.desk.runs:
            if not run.over:
                share = f" {run.progress * 100:.0f} %" if run.progress is not None else " …"
                found[run.station.casefold()] = f"◔ {run.order.name}{share}"
        return found

    def _empty(self) -> list[CellLike]:
        if self._terms:
            return ["No station passes the filter.", Cell("esc takes it away", "muted")]
        urls = self.engine.dial_urls
        return [
            "No charger has called yet.",
            "",
            [
                Cell("Type this into it as the central system (CSMS) URL:  "),
                Cell(urls[0] if urls else "—", "bold accent"),
            ],
            Cell("the charger puts its own identity behind it", "muted"),
            "",
            [
                Cell("q", "bold accent"),
                Cell("  shows it as a QR code"),
                Cell("      d", "bold accent"),
                Cell("  starts a demo fleet"),
            ],
            [Cell("4", "bold accent"), Cell("  lists every attempt to connect, and why it failed")],
        ]

    # Rows.

    def _station(self, key: Key) -> Station:
        name = cast("str", key)
        # One that came, was never accepted and went may have been forgotten since the rows were chosen.
        return self.engine.fleet.stations.get(name) or Station(key=name, id=name)

    def _version(self, key: Key) -> object:
        """The row itself: equal rows are not drawn again."""
        return self._row(key)

    def _row(self, key: Key) -> Row:
        station = self._station(key)
        engine = self.engine
        link = engine.links.get(station.key) if station.connected else None
        rtt = link.rtt_ms if link is not None else None
        now = self._now
        gone = 0 if station.connected else (station.link_closed or station.last_seen)
        order = self._orders.get(station.key)
        width = self.table.column_width
        room = width("connectors"), width("power"), width("note"), width("station"), width("model")
        stamp = (
            station.changed,
            rtt,
            seen_text((now - station.last_seen) / 1e9),
            gone and seen_text((now - gone) / 1e9),
            order,
            room,
            self._changed if station.active else 0,
            tuple(
                (one.id, one.count, one.acknowledged, one.kind == "fault" and seen_text((now - one.raised) / 1e9))
                for one in self._order.alarms.get(station.key, ())
            ),
        )
        kept = self._rows.get(station.key)
        if kept is not None and kept[0] == stamp:
            return kept[1]
        row = fleet_row(
            station,
            engine.fleet.transactions,
            self._order.alarms.get(station.key, ()),
            rtt_ms=rtt,
            now_ns=now,
            order=order,
            connector_room=room[0],
            power_room=room[1],
            note_room=room[2],
            station_room=room[3],
            model_room=room[4],
            site=self._profile.named(station.id)[1],
        )
        shown = [row[at] for at in self._picked()]
        if kept is not None and kept[1] == shown:
            # The same text: the same object, so that the table sees at once that nothing is to be drawn.
            shown = cast("list[CellLike]", kept[1])
        self._rows[station.key] = (stamp, shown)
        return shown

    def _sort_version(self, key: Key) -> object:
        return self._station(key).changed

    def _picked(self) -> Sequence[int]:
        return [_PLACES[one.key] for one in self.table.columns]

    def _sort_value(self, key: Key, column: str) -> str | float | None:
        station = self._station(key)
        if column == "site":
            return self._profile.named(station.id)[1] or None
        return sort_value(station, column, self.engine.fleet.transactions, self._order.alarms.get(station.key, ()))

    # The filter line.

    def set_filter(self, text: str) -> None:
        """Take this filter line. Raises FilterError where it cannot be understood."""
        self._terms = parse_fleet_filter(text)
        self._filter = text.strip()
        self._changed = -1
        self._order.set_terms(self._terms)
        if self.host.ready:
            self.pull(self.engine.clock())

    def filter_help(self) -> list[tuple[str, str]]:
        """The terms of the filter, for the help."""
        return list(FIELDS.values())

    def focus_filter(self) -> bool:
        """``/``."""
        self.query_one(FilterLine).open(self._filter)
        return True

    def back(self) -> bool:
        """``esc`` takes first the marks, then the filter away."""
        if self.table.marks:
            self.table.set_marks(())
            return True
        if self._terms:
            self.query_one(FilterLine).value = ""
            self.set_filter("")
            return True
        return False

    # What the frame asks.

    def crumb(self) -> str:
        """Fleet, and how many are marked."""
        words = ["Fleet"]
        if self._filter:
            words.append(f"/{safe_text(self._filter, max_chars=40)}")
        if self.query(LineTable) and (marked := len(self.table.marks)):
            words.append(f"{marked} marked")
        return " › ".join(words)

    def selected_station(self) -> str | None:
        """The station at the cursor."""
        key = self.table.cursor_key
        found = self.engine.fleet.stations.get(cast("str", key)) if key is not None else None
        return found.id if found is not None else None

    def marked_stations(self) -> list[str]:
        """The marked ones, in the order they are shown."""
        marks = self.table.marks
        return [self._station(key).id for key in self.table.keys if key in marks]

    def hints(self) -> list[KeyHint]:
        """Open, mark, and what a pending station waits for."""
        if not self.engine.fleet.stations:
            return [KeyHint("q", "QR code"), KeyHint("d", "demo fleet")]
        hints = [KeyHint("enter", "open"), KeyHint("space", "mark"), KeyHint("m", "its messages")]
        station = self.selected_station()
        found = self.engine.fleet.station(station) if station is not None else None
        if found is not None and found.registration == "Pending" and not self.engine.read_only:
            hints[:0] = [KeyHint("a", "accept"), KeyHint("delete", "refuse")]
        return hints

    def copied(self) -> tuple[str, str] | None:
        """The identity at the cursor."""
        station = self.selected_station()
        return None if station is None else (station, f"the identity {safe_text(station, max_chars=48)}")

    @on(LineTable.Selected)
    def _opened(self, event: LineTable.Selected) -> None:
        self.open_station(self._station(event.key).id if event.key is not None else "")

    def action_messages(self) -> None:
        """``m``: the messages of the station at the cursor."""
        from console.engine.journal.queries import quoted

        station = self.selected_station()
        if station is None:
            self.host.say("No station has connected yet.")
        else:
            self.host.filter_messages(f"station:{quoted(station)}")

    def action_approve(self, accept: bool) -> None:
        """``a`` and ``del``, for the marked or the selected one."""
        console = cast("ConsoleApp", self.app)
        for station in self.marked_stations() or [self.selected_station() or ""]:
            console.approve(station, accept)


def _check(text: str) -> str | None:
    try:
        parse_fleet_filter(text)
    except FilterError as error:
        return error.sentence
    return None
