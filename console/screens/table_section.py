"""What Connections, Alarms and Files share: a filter line, a table, and the row at the cursor in sentences below it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Generic, TypeVar

from textual.app import ComposeResult

from console.engine.errors import ChargehandError, FilterError
from console.engine.filter_rows import RowField, RowFilter, complete_row
from console.engine.filter_terms import word_at
from console.engine.tasks import Owner, cancel_all
from console.screens.base import Section
from console.screens.filter_note import Filtered, FilterNote
from console.screens.told import Line, Told
from widgets.completion import Completion
from widgets.filter_line import FilterLine
from widgets.line_table import LineTable
from widgets.safe import safe_text

RowT = TypeVar("RowT")


class TableSection(Filtered, Section, Generic[RowT]):
    """A section with one table of rows that a filter chooses from.

    ``fields`` are the terms of its filter, ``filter_hint`` shows a few of them. ``filter`` is what is in force.
    """

    fields: ClassVar[Mapping[str, RowField[Any]]] = {}
    filter_hint: ClassVar[str] = ""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.filter: RowFilter[RowT] = self.read_filter("")
        self.tasks: Owner = set()

    # What each of them says.

    @abstractmethod
    def facts(self, row: RowT) -> Iterable[str | None]:
        """What a bare word is looked for in."""

    @abstractmethod
    def make_table(self) -> LineTable:
        """The table."""

    @abstractmethod
    def rows_changed(self) -> None:
        """Choose the rows anew."""

    @abstractmethod
    def sentences(self) -> list[Line]:
        """The row at the cursor in sentences."""

    def known(self) -> Mapping[str, Sequence[str]]:
        """Values seen so far by field, for completion."""
        return {"station": sorted(one.id for one in self.engine.fleet.stations.values())}

    # What they share.

    def compose(self) -> ComposeResult:
        """Filter line, table, sentences."""
        yield FilterLine(self.wrong, self._complete, hint=f"{self.filter_hint}   ! negates   | or")
        yield FilterNote()
        yield self.make_table()
        yield Told()

    async def on_unmount(self) -> None:
        """Nothing goes on without the screen."""
        await cancel_all(self.tasks)

    @property
    def table(self) -> LineTable:
        """The table."""
        return self.query_one(LineTable)

    def tell(self) -> None:
        """Say what there is to say of the row at the cursor."""
        self.query_one(Told).show(self.sentences())

    def complain(self, error: ChargehandError) -> None:
        """Something could not be done."""
        self.host.say(error.sentence, title=error.title, severity="error")

    def crumb(self) -> str:
        """The section and its filter."""
        return f"{self.title} › {safe_text(self.filter.text, max_chars=40)}" if self.filter else self.title

    def take_focus(self) -> None:
        """The keyboard goes to the table."""
        self.screen.set_focus(self.table, scroll_visible=False)

    def action_station(self) -> None:
        """``i``: open the station."""
        station = self.selected_station()
        if station is not None:
            self.open_station(station)

    # The filter.

    def read_filter(self, text: str) -> RowFilter[RowT]:
        """Understand a filter line. Raises FilterError."""
        return RowFilter(text, self.fields, self.facts)

    def filter_help(self) -> list[tuple[str, str]]:
        """The terms of the filter, for the help."""
        return [(one.example, one.meaning) for one in self.fields.values()]

    def back(self) -> bool:
        """``esc`` takes the filter away."""
        if not self.filter:
            return False
        self.set_filter("")
        self.take_focus()
        return True

    def wrong(self, text: str) -> str | None:
        """What is wrong with a filter line, None where it is right."""
        try:
            self.read_filter(text)
        except FilterError as error:
            return error.sentence
        return None

    def _complete(self, text: str, cursor: int) -> list[Completion]:
        known = self.known() if self.host.ready else {}
        start, _ = word_at(text, cursor)
        return [Completion(word, start=start) for word in complete_row(text, cursor, self.fields, known)]

    def apply_filter(self, text: str) -> None:
        """Show only what passes."""
        if text.strip() != self.filter.text:
            self.filter = self.read_filter(text)
            self.rows_changed()
        self.note_filter(self.filter.text)
