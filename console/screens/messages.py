"""3 Messages: every exchange as one row, live, back to the first one in the journal."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from console.screens.base import KeyHint, Section
from console.screens.message_desk import desk_of
from console.screens.message_panel import MessagesPanel
from console.screens.send_again import why_not_again
from console.screens.within import WithMessages
from widgets.safe import safe_text

__all__ = ["MessagesPanel", "MessagesSection"]


class MessagesSection(WithMessages, Section):
    """Every exchange of every station."""

    kind = "messages"
    title = "Messages"
    key = "3"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("i", "station", "Station", show=False),
    ]

    def compose(self) -> ComposeResult:
        """The panel is all of it."""
        yield MessagesPanel()

    def pull(self, now_ns: int) -> None:
        """Take in what has come."""
        self.panel.pull(now_ns)

    def take_focus(self) -> None:
        """The keyboard goes to the log."""
        self.panel.take_focus()

    def crumb(self) -> str:
        """The section and its filter."""
        text = self.panel.filter_text
        return f"{self.title} › {safe_text(text, max_chars=40)}" if text else self.title

    def hints(self) -> list[KeyHint]:
        """Keys for the exchange at the cursor."""
        chosen = self.panel.chosen
        none = "There is no message yet." if chosen is None else None
        marks = desk_of(self.engine).marks
        return [
            KeyHint("enter", "open", none),
            KeyHint("slash", "filter"),
            KeyHint("G", "newest", "The newest is in sight already." if self.panel.log_view.following else None),
            KeyHint("b", "unmark" if chosen is not None and chosen.id in marks else "mark", none),
            KeyHint("B", "marked ones", None if marks else "No message is marked: b marks one."),
            KeyHint("e", "edit & send", none or why_not_again(self.engine, chosen)),
            KeyHint("i", "station", none),
            KeyHint("E", "export", none),
        ]

    def selected_station(self) -> str | None:
        """The station of the exchange at the cursor."""
        chosen = self.panel.chosen
        return None if chosen is None else chosen.station

    def action_station(self) -> None:
        """``i``: open the station."""
        station = self.selected_station()
        if station is not None:
            self.open_station(station)
