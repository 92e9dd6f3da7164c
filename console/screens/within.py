"""What sections and tabs share that have a panel of messages or of sessions within."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual.widget import Widget

from console.engine.filter_sessions import FIELDS
from console.screens.base import KeyHint
from console.screens.close_session import KEY as CLOSE
from console.screens.message_panel import MessagesPanel
from console.screens.sessions_panel import SessionsPanel

if TYPE_CHECKING:
    from console.engine.fleet.model import Transaction


class WithMessages:
    """Hands filter, copying and ``esc`` on to the panel of messages within. Stands before the widget's class."""

    @property
    def panel(self) -> MessagesPanel:
        """The log and its filter line."""
        return cast("Widget", self).query_one(MessagesPanel)

    def set_filter(self, text: str) -> None:
        """Show only messages that pass."""
        self.panel.set_filter(text)

    def focus_filter(self) -> bool:
        """``/``."""
        return self.panel.focus_filter()

    def copied(self) -> tuple[str, str] | None:
        """Both frames of the message at the cursor."""
        return self.panel.copied()

    def back(self) -> bool:
        """``esc``."""
        return self.panel.back()


class WithSessions:
    """The same for the panel of sessions, and which of them is chosen."""

    @property
    def panel(self) -> SessionsPanel:
        """Table and detail."""
        return cast("Widget", self).query_one(SessionsPanel)

    def pull(self, now_ns: int) -> None:
        """What has changed."""
        self.panel.pull(now_ns)

    def hints(self) -> list[KeyHint]:
        """Keys of the panel."""
        return self.panel.hints()

    def sometimes(self) -> list[KeyHint]:
        """Closing by hand: the footer shows it with a session whose station is away."""
        return [KeyHint(CLOSE, "close by hand: its station never came back to end it")]

    def selected_session(self) -> Transaction | None:
        """The session at the cursor, or the open one."""
        return self.panel.chosen

    def selected_place(self) -> tuple[int | None, int | None]:
        """Where the session runs: stop and unlock are filled with it."""
        chosen = self.panel.chosen
        return (None, None) if chosen is None else (chosen.evse, chosen.connector)

    def set_filter(self, text: str) -> None:
        """Show only sessions that pass."""
        self.panel.set_filter(text)

    def focus_filter(self) -> bool:
        """``/``."""
        return self.panel.focus_filter()

    def filter_help(self) -> list[tuple[str, str]]:
        """The terms of the filter, for the help."""
        return [(one.example, one.meaning) for one in FIELDS.values()]

    def copied(self) -> tuple[str, str] | None:
        """The id on the wire."""
        chosen = self.panel.chosen
        return None if chosen is None or chosen.wire is None else (chosen.wire, "the transaction's id")

    def back(self) -> bool:
        """``esc``."""
        return self.panel.back()
