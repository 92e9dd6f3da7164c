"""A station (enter on a row): its connectors, its running session, its settings, its sessions, messages and files."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import ContentSwitcher

from console.screens.base import KeyHint, Section
from console.screens.station_pane import StationPane
from widgets.bar_line import BarLine, Part
from widgets.format import latency
from widgets.safe import safe_text
from widgets.tone import link_glyph

if TYPE_CHECKING:
    from console.engine.fleet.model import Station, Transaction

TABS: Final = (
    ("overview", "Overview", "console.screens.station_overview", "OverviewPane"),
    ("configuration", "Configuration", "console.screens.station_config", "ConfigPane"),
    ("sessions", "Sessions", "console.screens.station_panes", "SessionsPane"),
    ("messages", "Messages", "console.screens.station_panes", "MessagesPane"),
    ("files", "Files", "console.screens.station_files", "FilesPane"),
    ("log", "Log", "console.screens.station_panes", "LogPane"),
)


class TabLine(BarLine):
    """The station in a few words, and its tabs."""

    class Picked(Message):
        """A tab was clicked."""

        def __init__(self, tab: str) -> None:
            super().__init__()
            self.tab = tab

    def show(self, station: Station | None, name: str, tab: str, rtt_ms: float | None) -> None:
        """Draw them."""
        left = [Part(f" {name} ", "bold")]
        if station is not None:
            link = link_glyph(station.connected)
            word = latency(rtt_ms) if station.connected and rtt_ms is not None else ""
            state = "connected" if station.connected else "not connected"
            # The tabs stay in sight while a station comes and goes.
            left.append(Part(f" {link.glyph} {word or state} ", link.tone, priority=5, short=f" {link.glyph} "))
            left.append(Part(f" OCPP {station.version or '?'} ", "muted", priority=6))
        left.append(Part(" ▏", "muted", priority=7))
        for kind, title, _, _ in TABS:
            here = kind == tab
            left.append(
                Part(f" {title} ", "bold reverse" if here else "plain", kind, 0 if here else 4, title[:4] + " ")
            )
        self.set_parts(left)

    def clicked(self, target: str) -> None:
        """A tab."""
        self.post_message(self.Picked(target))


class StationSection(Section):
    """One station at a time; it opens over whatever section one came from."""

    kind = "station"
    title = "Station"

    DEFAULT_CSS = """
    StationSection ContentSwitcher { height: 1fr; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab,right_square_bracket", "turn(1)", "Next tab", show=False),
        Binding("shift+tab,left_square_bracket", "turn(-1)", "Tab before", show=False),
        Binding("a", "approve(True)", "Accept", show=False),
        Binding("delete", "approve(False)", "Refuse", show=False),
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.identity = ""
        self.tab = "overview"

    def compose(self) -> ComposeResult:
        """Tabs, and the one that is shown."""
        yield TabLine(id="station-tabs")
        yield ContentSwitcher(id="station-panes")

    @property
    def station(self) -> Station | None:
        """The station, from the fleet."""
        return self.engine.fleet.station(self.identity) if self.identity and self.host.ready else None

    @property
    def pane(self) -> StationPane | None:
        """The tab that is shown, where it was made already."""
        for child in self.query_one(ContentSwitcher).children:
            if child.id == f"pane-{self.tab}" and isinstance(child, StationPane):
                return child
        return None

    # Told by the frame.

    def opened(self, subject: str | int | None) -> None:
        """Show that station; another one begins with its overview."""
        if isinstance(subject, str) and subject.casefold() != self.identity.casefold():
            self.identity = subject
            self.tab = "overview"

    def shown(self) -> None:
        """Make or wake the tab."""
        self.set_tab(self.tab)

    def set_tab(self, name: str) -> None:
        """Show a tab."""
        kind, _, module, cls = next(one for one in TABS if one[0] == name)
        self.tab = kind
        switcher = self.query_one(ContentSwitcher)
        pane = self.pane
        if pane is None:
            pane = getattr(import_module(module), cls)(id=f"pane-{kind}")
            assert isinstance(pane, StationPane)
            switcher.mount(pane)
        switcher.current = pane.id
        pane.call_later(self._wake, pane)

    def _wake(self, pane: StationPane) -> None:
        """The pane is composed by now."""
        if pane is not self.pane or not self.identity or not self.host.ready:
            return
        pane.show(self.identity)
        pane.take_focus()
        self.pull(self.engine.clock())

    def take_focus(self) -> None:
        """The keyboard goes to the tab."""
        if self.pane is not None and self.pane.identity:
            self.pane.take_focus()

    def pull(self, now_ns: int) -> None:
        """The tab line, and the tab that is shown."""
        station = self.station
        link = self.engine.links.get(self.identity) if self.identity else None
        rtt = link.rtt_ms if link is not None else None
        name = station.id if station is not None else self.identity
        self.query_one(TabLine).show(station, safe_text(name, max_chars=40), self.tab, rtt)
        pane = self.pane
        if pane is not None and pane.identity == self.identity:
            pane.pull(now_ns)

    # Asked by the frame.

    def crumb(self) -> str:
        """The station, its tab, what is chosen within."""
        words = [safe_text(self.identity, max_chars=40)]
        if self.tab != "overview":
            words.append(next(one[1] for one in TABS if one[0] == self.tab))
        pane = self.pane
        if pane is not None and pane.identity and (more := pane.crumb()):
            words.append(more)
        return " › ".join(words)

    def hints(self) -> list[KeyHint]:
        """Keys of the tab."""
        pane = self.pane
        hints = pane.hints() if pane is not None and pane.identity else []
        station = self.station
        if station is not None and station.registration == "Pending" and not self.engine.read_only:
            hints = [KeyHint("a", "accept"), KeyHint("delete", "refuse"), *hints]
        return [*hints, KeyHint("tab", "next tab")]

    def selected_station(self) -> str | None:
        """This one."""
        return self.identity or None

    def selected_place(self) -> tuple[int | None, int | None]:
        """The connector that is chosen in the overview, or the session's."""
        pane = self.pane
        return pane.selected_place() if pane is not None and pane.identity else (None, None)

    def selected_session(self) -> Transaction | None:
        """The session that is chosen in the tab."""
        return self.pane.selected_session() if self.pane is not None and self.pane.identity else None

    def set_filter(self, text: str) -> None:
        """The filter of the tab."""
        if self.pane is not None:
            self.pane.set_filter(text)

    def focus_filter(self) -> bool:
        """``/``."""
        return self.pane.focus_filter() if self.pane is not None else False

    def copied(self) -> tuple[str, str] | None:
        """What the tab has to copy, else the identity."""
        found = self.pane.copied() if self.pane is not None and self.pane.identity else None
        return found or ((self.identity, "the identity") if self.identity else None)

    def back(self) -> bool:
        """``esc`` within the tab."""
        return self.pane.back() if self.pane is not None and self.pane.identity else False

    # Keys.

    @on(TabLine.Picked)
    def _picked(self, event: TabLine.Picked) -> None:
        event.stop()
        self.set_tab(event.tab)

    def action_turn(self, step: int) -> None:
        """The next tab, or the one before."""
        kinds = [one[0] for one in TABS]
        self.set_tab(kinds[(kinds.index(self.tab) + step) % len(kinds)])

    def action_approve(self, accept: bool) -> None:
        """``a`` and ``del`` for a pending station."""
        self.host.approve(self.identity, accept)
