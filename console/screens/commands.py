"""The `:` command line: orders as text, sections by name, filters, and a few words of the console's own.

:reset CP-001 type=hard      an order, in the words of ``chargehand call``; the station may be left out where one is selected
:messages   :3               a section
:filter is:offline           the filter line of the section that is shown
:station CP-001              open a station
:demo  :pause  :qr  :theme light  :quit …
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, Final, NamedTuple, cast

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Input, Static

from console.engine.errors import ChargehandError
from console.engine.orders.check import check_arguments
from console.engine.orders.grammar import CommandError, parse_command
from console.screens.places import BAR
from widgets.safe import safe_content, safe_text

if TYPE_CHECKING:
    from console.app import ConsoleApp

ROWS = 8
KEPT = 50  # lines that ↑ brings back


class Word(NamedTuple):
    """A word of the console's own: what it does, and how."""

    name: str
    text: str
    run: Callable[[ConsoleApp, str], None]


def _theme(console: ConsoleApp, word: str) -> None:
    console.theme = "textual-light" if word.startswith("l") else "textual-dark"


def _station(console: ConsoleApp, word: str) -> None:
    found = console.engine.fleet.station(word)
    if found is None:
        raise CommandError(f"No station “{safe_text(word, max_chars=48)}” is known.")
    console.open_station(found.id)


def _filter(console: ConsoleApp, text: str) -> None:
    section = console.frame_screen.shown_section
    if section is not None:
        section.set_filter(text)


def _decide(accept: bool) -> Callable[[ConsoleApp, str], None]:
    def run(console: ConsoleApp, word: str) -> None:
        console.approve(word or (_selected(console) or ""), accept)

    return run


WORDS: Final[tuple[Word, ...]] = (
    Word("filter", "the filter line of what is shown", _filter),
    Word("station", "open a station", _station),
    Word("accept", "accept a pending station", _decide(True)),
    Word("refuse", "refuse a pending station", _decide(False)),
    Word("orders", "the orders given and how far they are", lambda console, _: console.orders.show_runs()),
    Word("demo", "start the demo fleet", lambda console, _: console.action_demo()),
    Word("pause", "stop or go on with the picture", lambda console, _: console.frame_screen.action_freeze()),
    Word("qr", "the URL as a QR code", lambda console, _: console.show_qr()),
    Word("theme", "light or dark", _theme),
    Word("screenshot", "save a picture of the screen", lambda console, _: console.action_picture()),
    Word("help", "keys, orders and filters", lambda console, _: console.show_help()),
    Word("quit", "leave", lambda console, _: console.action_leave()),
)
_BY_NAME: Final = {word.name: word for word in WORDS}


def _selected(console: ConsoleApp) -> str | None:
    section = console.frame_screen.shown_section
    return section.selected_station() if section is not None else None


def run_command(console: ConsoleApp, line: str) -> None:
    """Do what a line says. Raises CommandError or another ChargehandError with a sentence; nothing was done then."""
    text = line.strip().removeprefix(":").strip()
    if not text:
        return
    head, _, rest = text.partition(" ")
    folded = head.casefold()
    for view in BAR:
        if folded in (view.kind, view.key):
            section = console.frame_screen.go(view.kind)
            if rest.strip():
                section.call_later(section.set_filter, rest.strip())
            return
    word = _BY_NAME.get("quit" if folded in ("q", "q!", "exit") else folded)
    if word is not None:
        word.run(console, rest.strip())
        return
    if not console.ready:
        raise CommandError("The console is still starting.")
    _order(console, text)


def _order(console: ConsoleApp, text: str) -> None:
    command = parse_command(text)
    section = console.frame_screen.shown_section
    marked = section.marked_stations() if section is not None else []
    stations = [command.station] if command.station is not None else (marked or [_selected(console) or ""])
    if stations == [""]:
        raise CommandError(f"Name the station: {command.order.id} STATION {command.order.usage()}")
    fleet = console.engine.fleet
    if command.raw_action is not None:
        arguments: dict[str, object] = {"action": command.raw_action, "payload": command.raw_payload}
    else:
        arguments = dict(command.arguments)
    for station in stations:
        found = fleet.station(station)
        if found is None:
            raise CommandError(f"No station “{safe_text(station, max_chars=48)}” is known.")
        check_arguments(command.order, found.version, arguments)
    console.orders.run_now(command.order, stations, arguments)


class CommandBar(Vertical):
    """The line itself, with what can stand at the cursor above it. It is hidden until ``:`` is pressed."""

    DEFAULT_CSS = """
    CommandBar { height: auto; display: none; background: $panel; dock: bottom; }
    CommandBar.-open { display: block; }
    CommandBar #offers { height: auto; max-height: 8; padding: 0 1; background: $panel; }
    CommandBar #complaint { height: auto; display: none; padding: 0 1; color: $text-error; text-style: bold; }
    CommandBar Horizontal { height: 1; }
    CommandBar #colon { width: 2; color: $text-accent; text-style: bold; padding-left: 1; }
    CommandBar Input { height: 1; border: none; padding: 0; background: $panel; }
    CommandBar Input:focus { border: none; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "Leave", show=False),
        Binding("tab", "take(1)", "Complete", show=False, priority=True),
        Binding("shift+tab", "take(-1)", "Complete", show=False, priority=True),
        Binding("up", "older", "Line before", show=False),
        Binding("down", "newer", "Line after", show=False),
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._offers: list[tuple[str, str, int]] = []
        self._at = -1
        self._typed = ("", 0)
        self._history: list[str] = []
        self._back = 0
        self._own = False

    @property
    def console(self) -> ConsoleApp:
        """The App."""
        return cast("ConsoleApp", self.app)

    @property
    def input(self) -> Input:
        """Where the line is written."""
        return self.query_one(Input)

    def compose(self) -> ComposeResult:
        """Offers, a complaint, the line."""
        yield Static("", id="complaint", markup=False)
        yield Static("", id="offers", markup=False)
        with Horizontal():
            yield Static(":", id="colon", markup=False)
            yield Input(select_on_focus=False, placeholder="an order, a section, filter …   tab completes, esc leaves")

    def open(self, text: str = "") -> None:
        """Take the keyboard."""
        self.add_class("-open")
        self._back = 0
        self.input.value = text
        self.input.cursor_position = len(text)
        self.input.focus()
        self._complain("")
        self._look()

    def action_close(self) -> None:
        """Give the keyboard back to the section."""
        self.remove_class("-open")
        section = self.console.frame_screen.shown_section
        if section is not None:
            section.take_focus()

    def _complain(self, sentence: str) -> None:
        line = self.query_one("#complaint", Static)
        line.display = bool(sentence)
        line.update(safe_content(sentence))

    @on(Input.Changed)
    def _changed(self) -> None:
        if self._own:
            self._own = False
            return
        self._complain("")
        self._look()

    def _look(self) -> None:
        text, cursor = self.input.value, self.input.cursor_position
        self._typed = (text, cursor)
        self._at = -1
        self._offers = self._find(text[:cursor])
        self._draw()

    def _find(self, text: str) -> list[tuple[str, str, int]]:
        """(what can stand there, what it is, where it begins)."""
        console = self.console
        begun = text.lstrip()
        if " " not in begun:
            names = [(view.kind, f"section {view.key}") for view in BAR] + [(one.name, one.text) for one in WORDS]
            own = [(name, what, len(text) - len(begun)) for name, what in names if begun and name.startswith(begun)]
        else:
            own = []
            head, _, rest = begun.partition(" ")
            if head in ("station", "accept", "refuse") and console.ready:
                start = len(text) - len(rest)
                folded = rest.casefold()
                return [
                    (one.id, "online" if one.connected else "offline", start)
                    for one in console.engine.fleet.stations.values()
                    if one.key.startswith(folded)
                ][:ROWS]
            if head in _BY_NAME or any(head in (view.kind, view.key) for view in BAR):
                return []
        if not console.ready:
            return own
        from console.engine.orders.complete import complete

        engine = console.engine
        images = [one.name for one in engine.files.images()] if "file=" in text else []
        found = complete(text, len(text), engine.fleet, station=_selected(console), images=images)
        return [*((one.text, one.meta, one.start) for one in found), *own]

    def _draw(self) -> None:
        shown = max(0, min(self._at, len(self._offers) - ROWS // 2) - ROWS // 2)
        lines: list[Content] = []
        for at, (text, meta, _) in enumerate(self._offers[shown : shown + ROWS], start=shown):
            style = "reverse bold" if at == self._at else "bold"
            name = safe_text(text, max_chars=40)
            lines.append(
                Content.assemble((f" {name:<24}", style), (f" {safe_text(meta, max_chars=80)}", "$text-muted"))
            )
        more = len(self._offers) - shown - ROWS
        if more > 0:
            lines.append(Content.styled(f" … {more} more", "$text-muted"))
        offers = self.query_one("#offers", Static)
        offers.display = bool(lines)
        offers.update(Content("\n").join(lines))

    def action_take(self, step: int) -> None:
        """Put the next offer in."""
        if not self._offers:
            return
        self._at = (self._at + step) % len(self._offers)
        text, _, start = self._offers[self._at]
        typed, cursor = self._typed
        tail = "" if text.endswith("=") else " "
        line = f"{typed[:start]}{text}{tail}{typed[cursor:].lstrip()}"
        self._own = True
        self.input.value = line
        self.input.cursor_position = start + len(text) + len(tail)
        if len(self._offers) == 1:
            self._look()
        else:
            self._draw()

    def on_key(self, event: events.Key) -> None:
        """A space after a taken offer goes on from there."""
        if event.key == "space" and self._at >= 0 and self.input.value.endswith(" "):
            event.stop()
            event.prevent_default()
            self._look()

    def action_older(self) -> None:
        """The line given before."""
        self._recall(1)

    def action_newer(self) -> None:
        """The line given after."""
        self._recall(-1)

    def _recall(self, step: int) -> None:
        self._back = max(0, min(self._back + step, len(self._history)))
        line = self._history[-self._back] if self._back else ""
        self.input.value = line
        self.input.cursor_position = len(line)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        line = event.value.strip()
        if not line:
            self.action_close()
            return
        try:
            run_command(self.console, line)
        except CommandError as error:
            self.input.cursor_position = min(error.column, len(event.value))
            self._complain(error.sentence)
            return
        except ChargehandError as error:
            self._complain(error.sentence)
            return
        if not self._history or self._history[-1] != line:
            self._history = [*self._history[-KEPT + 1 :], line]
        self.action_close()
