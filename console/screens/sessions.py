"""2 Sessions: those that run first, then history from the journal; each opens with its chart and every sample."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult

from console.screens.base import KeyHint, Section
from console.screens.sessions_panel import SessionsPanel
from widgets.safe import safe_text

if TYPE_CHECKING:
    from console.engine.fleet.model import Transaction


class SessionsSection(Section):
    """Every session of every station."""

    kind = "sessions"
    title = "Sessions"
    key = "2"

    def compose(self) -> ComposeResult:
        """The panel is all of it."""
        yield SessionsPanel()

    @property
    def panel(self) -> SessionsPanel:
        """Table and detail."""
        return self.query_one(SessionsPanel)

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

    def pull(self, now_ns: int) -> None:
        """What has changed."""
        self.panel.pull(now_ns)

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

    def hints(self) -> list[KeyHint]:
        """Keys of the panel."""
        return self.panel.hints()

    def selected_station(self) -> str | None:
        """The station of the session at the cursor."""
        chosen = self.panel.chosen
        return None if chosen is None else chosen.station

    def selected_session(self) -> Transaction | None:
        """The session at the cursor, or the open one."""
        return self.panel.chosen

    def selected_place(self) -> tuple[int | None, int | None]:
        """Where the session runs: stop and unlock are filled with it."""
        chosen = self.panel.chosen
        return (None, None) if chosen is None else (chosen.evse, chosen.connector)

    def set_filter(self, text: str) -> None:
        """Words."""
        self.panel.set_filter(text)

    def focus_filter(self) -> bool:
        """``/``."""
        return self.panel.focus_filter()

    def back(self) -> bool:
        """``esc``."""
        return self.panel.back()

    def copied(self) -> tuple[str, str] | None:
        """The id on the wire."""
        chosen = self.panel.chosen
        return None if chosen is None or chosen.wire is None else (chosen.wire, "the transaction's id")
