"""Quitting with live links: what that does, and which chargers will not call again by themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import msgspec
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from profiles import quirks_for
from widgets.safe import safe_content, safe_text

if TYPE_CHECKING:
    from console.engine.engine import Engine

NAMED = 8


class Losses(msgspec.Struct, frozen=True):
    """What ends with the console: live links, running sessions, and stations that do not redial."""

    links: int
    sessions: int
    silent: tuple[str, ...]


def losses(engine: Engine) -> Losses:
    """What quitting now would cut."""
    silent: list[str] = []
    sessions = 0
    for link in engine.links:
        station = engine.fleet.station(link.station)
        if station is None:
            continue
        sessions += len(station.active)
        known = engine.profile.station(station.id)
        switches = known.quirks if known is not None else ()
        if not quirks_for(station.vendor, station.model, station.firmware, switches).redials:
            silent.append(station.id)
    return Losses(len(engine.links), sessions, tuple(sorted(silent)))


class LeaveScreen(ModalScreen[bool]):
    """Really quit?"""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,n", "answer(False)", "Stay", show=False),
        Binding("y", "answer(True)", "Quit", show=False),
        Binding("left,right,up,down", "app.focus_next", "Other", show=False),
    ]

    def __init__(self, lost: Losses) -> None:
        super().__init__(classes="dialog-screen")
        self._lost = lost

    def compose(self) -> ComposeResult:
        """What is lost, stay or quit."""
        lost = self._lost
        with Vertical(classes="dialog -danger") as dialog:
            dialog.border_title = Content("Quit?")
            links = f"{lost.links} station{'s are' if lost.links != 1 else ' is'} connected"
            running = f", {lost.sessions} session{'s run' if lost.sessions != 1 else ' runs'}" if lost.sessions else ""
            going = "Quitting closes the links; stations go on by themselves and call again later."
            yield Static(safe_content(f"{links}{running}. {going}"), classes="said", markup=False)
            if lost.silent:
                names = ", ".join(safe_text(one, max_chars=32) for one in lost.silent[:NAMED])
                more = f" and {len(lost.silent) - NAMED} more" if len(lost.silent) > NAMED else ""
                yield Static(
                    Content.assemble(
                        ("⚠ These will not call again before they are restarted: ", "bold $text-warning"),
                        (f"{names}{more}", "bold"),
                    ),
                    classes="said",
                    markup=False,
                )
            with Horizontal(classes="buttons"):
                yield Button("Stay", id="stay", variant="primary", compact=True)
                yield Button("Quit", id="quit", variant="error", compact=True)
                yield Static("y quits · esc stays", classes="keys", markup=False)

    def on_mount(self) -> None:
        """The keyboard is on staying."""
        self.query_one("#stay").focus()

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "quit")

    def action_answer(self, sure: bool) -> None:
        """The answer."""
        self.dismiss(sure)
