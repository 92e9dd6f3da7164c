"""What views share that have a filter line, or a panel of messages, within."""

from __future__ import annotations

from typing import cast

from textual.widget import Widget

from console.screens.message_panel import MessagesPanel


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
        self.panel.focus_filter()
        return True

    def copied(self) -> tuple[str, str] | None:
        """Both frames of the message at the cursor."""
        return self.panel.copied()

    def back(self) -> bool:
        """``esc``."""
        return self.panel.back()
