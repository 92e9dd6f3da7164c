"""The overview of a station: connectors at the left, power and facts at the right, its messages live below."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Static

from console.screens.base import KeyHint
from console.screens.lines import Lines
from console.screens.messages import MessagesPanel
from console.screens.station_cards import Card, card_state
from console.screens.station_facts import facts_lines, station_facts
from console.screens.station_pane import StationPane
from console.screens.within import WithMessages
from profiles import quirks_for
from widgets.power_chart import PowerChart, Sample
from widgets.safe import safe_content

if TYPE_CHECKING:
    from console.engine.fleet.model import Connector, Transaction

_NS = 1_000_000_000
TALL = 32  # lines of terminal from which there is room for the chart
NO_CONNECTOR = "No connector has told its state yet.\nt asks for StatusNotification."


class OverviewPane(WithMessages, StationPane):
    """Cards, chart, facts, messages."""

    DEFAULT_CSS = """
    OverviewPane #station-upper { height: 3fr; }
    OverviewPane #cards { width: 2fr; min-width: 36; max-width: 56; padding: 0 0 0 1; }
    OverviewPane #station-right { width: 3fr; padding: 0 1; }
    OverviewPane PowerChart { height: 12; border-top: solid $surface-lighten-2; border-title-color: $text-muted; }
    OverviewPane #facts-scroll { height: 1fr; }
    OverviewPane #facts-scroll Static { height: auto; }
    OverviewPane #no-connector { height: auto; color: $text-muted; padding: 1; }
    OverviewPane MessagesPanel { height: 2fr; min-height: 6; border-top: solid $surface-lighten-2; }
    OverviewPane.-low PowerChart { display: none; }
    OverviewPane.-low #station-upper { height: 1fr; min-height: 9; }
    OverviewPane.-low MessagesPanel { height: 8; min-height: 4; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "choose(1)", "Next connector", show=False),
        Binding("N", "choose(-1)", "Connector before", show=False),
        Binding("i", "session", "Its session", show=False),
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._chosen = 0
        self._stamp: tuple[int, ...] = ()
        self._places: list[tuple[int, int]] = []
        self._cards: list[Card] = []

    def compose(self) -> ComposeResult:
        """Left, right, below."""
        with Horizontal(id="station-upper"):
            with VerticalScroll(id="cards", can_focus=False):
                yield Static(NO_CONNECTOR, id="no-connector", markup=False)
            with Vertical(id="station-right"):
                yield PowerChart()
                with VerticalScroll(id="facts-scroll", can_focus=False):
                    yield Lines(id="station-facts")
        yield MessagesPanel(station="—")

    def renew(self) -> None:
        """Another station."""
        self._chosen = 0
        self._stamp = ()
        self._places = []
        for card in self._cards:
            card.remove()
        self._cards = []
        self.query_one("#no-connector").display = True
        self.panel.set_station(self.identity)

    def show(self, identity: str) -> None:
        """In sight again: draw everything."""
        super().show(identity)
        self._stamp = ()

    def pull(self, now_ns: int) -> None:
        """Cards, chart and facts where the station has changed, and their ages once a second."""
        # A low terminal has no room for the chart.
        self.set_class(self.app.size.height < TALL, "-low")
        self.panel.pull(now_ns)
        station = self.station
        if station is None:
            return
        transactions = self.engine.fleet.transactions
        moved = max((transactions[one].changed for one in station.active if one in transactions), default=0)
        place = self.query_one("#station-facts", Lines)
        stamp = (max(station.changed, moved), now_ns // _NS, place.size.width)
        if stamp == self._stamp:
            return
        self._stamp = stamp
        connectors = station.connectors()
        places = [(one.evse, one.connector) for one in connectors]
        if places != self._places:
            self._places = places
            self._chosen = min(self._chosen, max(0, len(places) - 1))
            self._remake(places)
        several = len(places) > 1
        for card, connector in zip(self._cards, connectors, strict=False):
            running = self._session_on(connector)
            chosen = several and card.place == places[self._chosen]
            card.set_state(card_state(station, connector, running, now_ns))
            card.set_class(chosen, "-chosen")
        self._chart()
        known = self.console.profile.station(station.id)
        quirks = quirks_for(station.vendor, station.model, station.firmware, known.quirks if known is not None else ())
        alarms = [
            one
            for one in self.engine.fleet.alarms.values()
            if one.station == station.id and one.cleared is None and one.kind != "fault"
        ]
        link = self.engine.links.get(station.id)
        named = self.console.profile.named(station.id)
        facts = station_facts(station, link, alarms, quirks, now_ns, named)
        place.set_lines(facts_lines(facts, place.size.width))

    def _chart(self) -> None:
        session = self.chosen_session
        series = session.series if session is not None else []
        begin = series[0].time if series else 0
        chart = self.query_one(PowerChart)
        chart.set_samples([Sample((point.time - begin) / 1e9, point.power_w) for point in series])
        state = "" if session is None or session.state == "active" else f" · {session.state}"
        chart.border_title = safe_content(f"tx {session.wire or '—'}{state}" if session is not None else "no session")

    def _remake(self, places: list[tuple[int, int]]) -> None:
        """Other connectors than before: other cards."""
        cards = self.query_one("#cards", VerticalScroll)
        for card in self._cards:
            card.remove()
        self.query_one("#no-connector").display = not places
        self._cards = [Card(place) for place in places]
        cards.mount_all(self._cards)

    def _session_on(self, connector: Connector) -> Transaction | None:
        fleet = self.engine.fleet
        found = fleet.transactions.get(connector.transaction or 0)
        if found is not None and found.state == "active":
            return found
        return fleet.active_on(self.identity, connector.evse, connector.connector)

    @property
    def chosen_session(self) -> Transaction | None:
        """The session of the chosen connector, else any that runs here, else the last one."""
        station = self.station
        if station is None:
            return None
        fleet = self.engine.fleet
        if self._places:
            found = fleet.active_on(self.identity, *self._places[self._chosen])
            if found is not None:
                return found
        for number in (*reversed(station.active), *reversed(station.recent)):
            if number in fleet.transactions:
                return fleet.transactions[number]
        return None

    # Asked by the section.

    def take_focus(self) -> None:
        """The messages have the keyboard: enter opens one."""
        self.panel.take_focus()

    def crumb(self) -> str:
        """The chosen connector, where there are several."""
        if len(self._places) < 2:
            return ""
        evse, connector = self._places[self._chosen]
        return f"EVSE {evse}" if connector == 1 else f"EVSE {evse} connector {connector}"

    def hints(self) -> list[KeyHint]:
        """Connector, chart, session, message."""
        hints = [KeyHint("n", "connector")] if len(self._places) > 1 else []
        session = None if self.chosen_session is not None else "No session has run here yet."
        return [*hints, KeyHint("i", "session", session)]

    def selected_session(self) -> Transaction | None:
        """That of the chosen connector."""
        return self.chosen_session

    def selected_place(self) -> tuple[int | None, int | None]:
        """The chosen connector, where there are several."""
        return self._places[self._chosen] if len(self._places) > 1 else (None, None)

    # Keys.

    @on(Card.Chosen)
    def _card(self, event: Card.Chosen) -> None:
        event.stop()
        if event.place in self._places:
            self._chosen = self._places.index(event.place)
            self._stamp = ()

    def action_choose(self, step: int) -> None:
        """``n``: another connector."""
        if self._places:
            self._chosen = (self._chosen + step) % len(self._places)
            self._stamp = ()
            self._cards[self._chosen].scroll_visible(animate=False)
            self.pull(self.engine.clock())

    def action_session(self) -> None:
        """``i``: the session in detail."""
        found = self.chosen_session
        if found is None:
            self.console.say("No session has run here yet.")
        else:
            self.console.open_session(found.id)
