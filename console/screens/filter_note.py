"""The filter that is in force while its line is closed, and what such a line says of its filter."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, cast

from textual.widgets import Static

from widgets.filter_line import FilterLine
from widgets.safe import safe_content

if TYPE_CHECKING:
    from textual.widget import Widget


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
    """A filter line with its note, within a widget: how it opens, and what is taken from it as it rests and as it is left.

    Stands before the widget's class, which says how: ``wrong``, ``apply_filter`` and ``take_focus``.
    """

    @abstractmethod
    def wrong(self, text: str) -> str | None:
        """What is wrong with a filter line, None where it is right."""

    @abstractmethod
    def apply_filter(self, text: str) -> None:
        """Show only what passes; the text can be read. ``note_filter`` belongs to its end."""

    @abstractmethod
    def take_focus(self) -> None:
        """The keyboard goes to what is filtered."""

    @property
    def filter_line(self) -> FilterLine:
        """The line."""
        return cast("Widget", self).query_one(FilterLine)

    def set_filter(self, text: str) -> None:
        """Show only what passes; a line that is wrong opens and says why, and what was shown stays."""
        line = self.filter_line
        line.value = text
        if self.wrong(text) is not None:
            line.open()
        else:
            self.apply_filter(text)

    def focus_filter(self) -> bool:
        """Open the filter line."""
        self._note.show("")
        self.filter_line.open()
        return True

    def note_filter(self, text: str) -> None:
        """Say which filter holds, where the line itself does not."""
        self._note.show("" if self.filter_line.has_class("-shown") else text)

    @property
    def _note(self) -> FilterNote:
        return cast("Widget", self).query_one(FilterNote)

    def on_filter_line_filtered(self, event: FilterLine.Filtered) -> None:
        """Another filter."""
        event.stop()
        self.apply_filter(event.text)

    def on_filter_line_closed(self, event: FilterLine.Closed) -> None:
        """The line was left."""
        event.stop()
        self.apply_filter(event.line.filter_text)
        self.take_focus()
