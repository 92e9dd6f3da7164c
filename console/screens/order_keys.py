"""Orders on the screen: which apply to what is selected and why not, their forms, their runs, and the runs' endings.

One object of the App. Keys, the palette and `:` commands all end in ``open`` or ``give``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from console.engine.errors import ChargehandError
from console.engine.orders.table import CONFIGURE_KEY, OrderKind, key_rows, order_kind
from console.engine.tasks import spawn
from console.screens.base import KeyHint
from widgets.safe import safe_text

if TYPE_CHECKING:
    from console.app import ConsoleApp
    from console.engine.engine import Engine
    from console.engine.orders.run import Run

WORDS = {"availability": "availability", "data-transfer": "data"}
READ_ONLY = "This console is read-only: it gives no orders."
_WHILE_PENDING = frozenset(("trigger", "get", "set", "raw"))


def why_not(engine: Engine, order: str, station: str | None, marked: Sequence[str] = ()) -> str | None:
    """A sentence why the order does not apply to that station (or to none of the marked ones); None where it does."""
    if engine.read_only:
        return READ_ONLY
    if marked:
        reasons = [why_not(engine, order, one) for one in marked]
        return None if None in reasons else f"None of the {len(marked)} marked stations can take it. {reasons[0]}"
    if station is None:
        return "Choose a station first." if engine.fleet.stations else "No station has connected yet."
    found = engine.fleet.station(station)
    if found is None:
        return f"No station {safe_text(station, max_chars=48)} is known."
    name = safe_text(found.id, max_chars=48)
    if engine.links.get(station) is None:
        return f"{name} is not connected; it can be told nothing until it is back."
    if found.registration == "Pending" and order not in _WHILE_PENDING:
        return f"{name} is pending: accept it first (a), then it takes orders."
    kind = order_kind(order)
    if found.version is not None and found.version not in kind.versions:
        return f"OCPP {found.version} does not know {kind.id}."
    if order == "stop" and not found.active:
        return f"No transaction runs on {name}."
    return None


class Orders:
    """What the console does with orders. ``watched``: runs whose end is told when no dialog shows it."""

    def __init__(self, console: ConsoleApp) -> None:
        self._console = console
        self._shown: set[int] = set()

    def _selected(self) -> tuple[str | None, list[str], tuple[int | None, int | None]]:
        section = self._console.frame_screen.shown_section
        if section is None:
            return None, [], (None, None)
        return section.selected_station(), section.marked_stations(), section.selected_place()

    def hints(self) -> list[KeyHint]:
        """The keys of orders for the footer, dimmed where they do not apply to what is selected."""
        station, marked, _ = self._selected()
        engine = self._console.engine
        if station is None and not marked:
            return []
        return [
            KeyHint(key, WORDS.get(word, word), why_not(engine, ids[0], station, marked), "orders")
            for key, word, ids in key_rows()
        ]

    def key(self, name: str) -> None:
        """The key of an order was pressed: its form, or why it does not apply."""
        station, marked, place = self._selected()
        if name == "get" and not marked:
            self._configure(station)
            return
        why = why_not(self._console.engine, name, station, marked)
        if why is not None:
            self._console.say(why, severity="warning")
            return
        self._form("set" if name == "get" else name, marked or [station or ""], {}, place)

    def _configure(self, station: str | None) -> None:
        if station is None:
            self._console.say("Choose a station first.", severity="warning")
            return
        section = self._console.frame_screen.go("station", station)
        section.call_later(section.set_tab, "configuration")

    def open(self, name: str, stations: list[str] | None, arguments: Mapping[str, object]) -> None:
        """The form of an order, for these stations (None: what is selected), filled with ``arguments``."""
        station, marked, place = self._selected()
        chosen = stations if stations is not None else (marked or ([station] if station else []))
        why = why_not(self._console.engine, name, chosen[0] if chosen else None, chosen if len(chosen) > 1 else ())
        if why is not None:
            self._console.say(why, severity="warning")
            return
        self._form(name, chosen, arguments, (None, None) if stations is not None else place)

    def _form(
        self, name: str, stations: Sequence[str], arguments: Mapping[str, object], place: tuple[int | None, int | None]
    ) -> None:
        from console.screens.order_form import OrderForm

        self._console.push_screen(OrderForm(order_kind(name), list(stations), arguments, place))

    async def give(self, kind: OrderKind, stations: Sequence[str], arguments: Mapping[str, Any]) -> list[Run]:
        """Give it, to one station or to many. Raises a ChargehandError where it cannot be given at all."""
        desk = self._console.engine.desk
        if len(stations) == 1:
            runs = [await desk.give(stations[0], kind.id, arguments, local=True)]
        else:
            runs = desk.give_many(stations, kind.id, arguments, local=True)
        for run in runs:
            spawn(self._tell_end(run), name=f"tell the end of {kind.id}", owner=self._console.tasks)
        return runs

    async def _tell_end(self, run: Run) -> None:
        effect = await run.done()
        if id(run) in self._shown:
            return
        self._console.say(
            effect.text,
            title=f"{safe_text(run.station, max_chars=40)} · {run.kind.id} {run.state}",
            severity="information" if effect.seen else "warning",
        )

    def show(self, runs: Sequence[Run]) -> None:
        """The panel of these runs."""
        from console.screens.run_panel import RunPanel

        self.watching(runs, True)  # from now on: a quick station is done before the panel is there
        self._console.push_screen(RunPanel(runs))

    def watching(self, runs: Sequence[Run], on: bool) -> None:
        """A panel shows these runs (or no longer): their end needs no notice then."""
        for run in runs:
            (self._shown.add if on else self._shown.discard)(id(run))

    def show_runs(self) -> None:
        """The orders given in this session."""
        from console.screens.run_list import RunList

        if not self._console.ready:
            return
        if not self._console.engine.desk.runs:
            self._console.say("No order was given yet.")
            return
        self._console.push_screen(RunList())

    def run_now(
        self, kind: OrderKind, stations: Sequence[str], arguments: Mapping[str, Any], *, quietly: bool = False
    ) -> None:
        """A whole order at once: a dangerous one asks first, the others show their way.

        ``quietly``: no panel, a notice at the end, for what is only read.
        """
        if kind.danger(arguments) == "danger":
            self._form(kind.id, stations, arguments, (None, None))
            return
        work = self._run_now(kind, stations, arguments, quietly)
        spawn(work, name=f"order {kind.id}", owner=self._console.tasks)

    async def _run_now(
        self, kind: OrderKind, stations: Sequence[str], arguments: Mapping[str, Any], quietly: bool
    ) -> None:
        try:
            runs = await self.give(kind, stations, arguments)
        except ChargehandError as error:
            self._console.say(error.sentence, title=error.title, severity="error")
            return
        if not quietly:
            self.show(runs)


__all__ = ["CONFIGURE_KEY", "Orders", "why_not"]
