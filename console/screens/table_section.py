"""The filter of tables that are no messages: every word must stand somewhere in the row, ``!word`` must not."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import on
from textual.widgets import Static

from console.screens.base import Section
from widgets.filter_line import FilterLine
from widgets.line_view import LineView
from widgets.safe import safe_content, safe_text


class Words:
    """A filter of words, understood once. Case does not matter; an empty one lets everything pass."""

    def __init__(self, text: str = "") -> None:
        self.text = text.strip()
        words = [word.casefold() for word in self.text.split()]
        self._wanted = [word for word in words if not word.startswith("!")]
        self._unwanted = [word[1:] for word in words if word.startswith("!") and len(word) > 1]

    def __bool__(self) -> bool:
        return bool(self._wanted or self._unwanted)

    def match(self, facts: Iterable[str | None]) -> bool:
        """Whether a row with these facts passes."""
        if not self:
            return True
        row = "\n".join(one for one in facts if one).casefold()
        return all(word in row for word in self._wanted) and not any(word in row for word in self._unwanted)


class FilterNote(Static):
    """The filter that is in force while its line is closed: nobody should look for a row that is only hidden."""

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


class FilteredSection(Section):
    """A section with a table and a filter of words. Subclasses yield ``filter_widgets()`` first and fill the table."""

    filter_hint: ClassVar[str] = "words that must stand in the row   !word must not"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.words = Words()

    def rows_changed(self) -> None:
        """The filter is another one: choose the rows anew."""
        raise NotImplementedError

    def filter_widgets(self) -> tuple[FilterLine, FilterNote]:
        """The filter line and the note that stands in its place while it is closed."""
        return FilterLine(hint=self.filter_hint), FilterNote()

    def crumb(self) -> str:
        """The section and its filter."""
        return f"{self.title} › {safe_text(self.words.text, max_chars=40)}" if self.words else self.title

    def take_focus(self) -> None:
        """The keyboard goes to the first table."""
        self.query(LineView).first().focus(scroll_visible=False)

    def set_filter(self, text: str) -> None:
        """Show only rows that hold these words."""
        self.query_one(FilterLine).value = text
        self._filter(text)

    def focus_filter(self) -> bool:
        """Open the filter line."""
        self.query_one(FilterNote).show("")
        self.query_one(FilterLine).open()
        return True

    def back(self) -> bool:
        """``esc`` takes the filter away."""
        if not self.words:
            return False
        self.set_filter("")
        self.take_focus()
        return True

    def _filter(self, text: str) -> None:
        line = self.query_one(FilterLine)
        if text.strip() != self.words.text:
            self.words = Words(text)
            self.rows_changed()
        self.query_one(FilterNote).show("" if line.has_class("-shown") else self.words.text)

    @on(FilterLine.Filtered)
    def _filtered(self, event: FilterLine.Filtered) -> None:
        event.stop()
        self._filter(event.text)

    @on(FilterLine.Closed)
    def _filter_closed(self, event: FilterLine.Closed) -> None:
        event.stop()
        self._filter(event.line.value)
        self.take_focus()
