"""2 Sessions: those that run first, then history from the journal; each opens with its chart and every sample."""

from __future__ import annotations

from textual.app import ComposeResult

from console.screens.base import Section
from console.screens.sessions_panel import SessionsPanel
from console.screens.within import WithSessions
from widgets.safe import safe_text


class SessionsSection(WithSessions, Section):
    """Every session of every station."""

    kind = "sessions"
    title = "Sessions"
    key = "2"

    def compose(self) -> ComposeResult:
        """The panel is all of it."""
        yield SessionsPanel()

    def opened(self, subject: str | int | None) -> None:
        """Our id of a session opens it."""
        if isinstance(subject, int):
            self.panel.open(subject)

    def shown(self) -> None:
        """History may have grown meanwhile."""
        self.panel.refresh_all()
        self.take_focus()

    def take_focus(self) -> None:
        """The keyboard goes to the table."""
        self.panel.take_focus()

    def crumb(self) -> str:
        """The section, its filter, the open session."""
        words = [self.title]
        panel = self.panel
        if panel.filter_text:
            words.append(f"/{safe_text(panel.filter_text, max_chars=40)}")
        if panel.in_detail and panel.detail.transaction is not None:
            one = panel.detail.transaction
            words.append(f"{safe_text(one.station, max_chars=30)} tx {safe_text(one.wire or '—', max_chars=20)}")
        return " › ".join(words)

    def selected_station(self) -> str | None:
        """The station of the session at the cursor."""
        chosen = self.panel.chosen
        return None if chosen is None else chosen.station
