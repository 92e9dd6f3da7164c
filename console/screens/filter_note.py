"""The filter that is in force while its line is closed, and what such a line says of its filter."""

from __future__ import annotations

from textual.widgets import Static

from widgets.filter_line import FilterLine
from widgets.safe import safe_content


class FilterNote(Static):
    """One line where a filter holds, none elsewhere: nobody should look for a row that is only hidden."""

    DEFAULT_CSS = """
    FilterNote { height: 1; padding: 0 1; background: $panel; color: $text-warning; display: none; }
    FilterNote.-some { display: block; }
    """

    def __init__(self) -> None:
        super().__init__("", markup=False)

    def show(self, text: str) -> None:
        """Say which filter holds; nothing where there is none."""
        self.set_class(bool(text), "-some")
        if text:
            self.update(safe_content(f"/ {text}    esc shows all", max_chars=300))


class Filtered:
    """Takes what a filter line within says: its filter as it rests and as it is left, and the keyboard then.

    Stands before the widget's class, which says how: ``apply_filter`` and ``take_focus``.
    """

    def apply_filter(self, text: str) -> None:
        """Show only what passes; the text can be read."""
        raise NotImplementedError

    def take_focus(self) -> None:
        """The keyboard goes to what is filtered."""
        raise NotImplementedError

    def on_filter_line_filtered(self, event: FilterLine.Filtered) -> None:
        """Another filter."""
        event.stop()
        self.apply_filter(event.text)

    def on_filter_line_closed(self, event: FilterLine.Closed) -> None:
        """The line was left."""
        event.stop()
        self.apply_filter(event.line.filter_text)
        self.take_focus()
