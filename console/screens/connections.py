"""4 Connections: every attempt to reach the endpoint, why it was refused, and what to change on the charger."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import ClassVar, Final

from textual import on
from textual.binding import Binding, BindingType

from console.engine.dialects import VERSIONS
from console.engine.endpoint.attempts import Attempt
from console.engine.errors import ChargehandError
from console.engine.filter_attempts import FIELDS, attempt_of, close, facts
from console.engine.tasks import spawn
from console.screens.base import KeyHint
from console.screens.connection_rows import (
    COLUMNS,
    NOTHING,
    code,
    detail,
    row,
    told,
    why,
)
from console.screens.table_section import TableSection
from console.screens.told import Line, plain
from widgets.columns import Cell, CellLike, Row
from widgets.line_table import LineTable, SortValue
from widgets.safe import safe_text

PAGE: Final = 400
REFUSED: Final = "is:refused"
KINDS: Final = ("link.opened", "link.refused", "link.closed")


class ConnectionsSection(TableSection[Attempt]):
    """Attempts of this run, live, and older ones from the journal; below them the selected one in full sentences."""

    kind = "connections"
    title = "Connections"
    key = "4"
    fields = FIELDS
    filter_hint = "station:CP-0* is:refused peer:192.168.1.* code:401 since:1h"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("z", "refused", "Only refused", show=False),
        Binding("m", "more", "Older", show=False),
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._attempts: dict[int, Attempt] = {}
        self._older: dict[int, Attempt] = {}
        self._seen = -1
        self._next: int | None = None
        self._asked = False
        self._now = 0

    def make_table(self) -> LineTable:
        """Newest first."""
        return LineTable(COLUMNS, self._row, version=self._version, sort_value=self._sort_value, id="attempts")

    def facts(self, row: Attempt) -> Iterable[str | None]:
        """What a bare word is looked for in."""
        return facts(row)

    def known(self) -> Mapping[str, Sequence[str]]:
        """Values seen so far by field, for completion."""
        every = [*self._older.values(), *self._attempts.values()]
        return {
            **super().known(),
            "peer": sorted({one.peer.rpartition(":")[0] for one in every}),
            "path": sorted({one.path for one in every if one.path}),
            "code": sorted({code(one) for one in every} - {NOTHING}),
            "user": sorted({one.user for one in every if one.user}),
            "offers": sorted({name for one in every for name in one.subprotocols}),
            "version": list(VERSIONS),
        }

    # Pulling.

    def shown(self) -> None:
        """Draw everything anew."""
        self._seen = -1
        super().shown()

    def pull(self, now_ns: int) -> None:
        """Take in new attempts and what became of those in sight."""
        if not self._asked:
            self._asked = True
            spawn(self._read(), name="older attempts", owner=self.tasks)
        attempts = self.engine.attempts
        if attempts.changed != self._seen:
            self._seen = attempts.changed
            self._attempts = {one.id: one for one in attempts}
            self.rows_changed()
        self._now = now_ns
        self.tell()

    def rows_changed(self) -> None:
        """Choose the rows anew, newest first."""
        live = self._attempts
        rows = [*live.values(), *(one for number, one in self._older.items() if number not in live)]
        rows.sort(key=lambda one: (-one.time, -one.id))
        matches = self.filter.matches
        keys = [one.id for one in rows if matches(one)]
        if not keys:
            self.table.set_empty(self._empty_lines(bool(rows)))
        self.table.set_rows(keys)

    def attempt(self, key: Hashable) -> Attempt | None:
        """The attempt of that id."""
        if not isinstance(key, int):
            return None
        return self._attempts.get(key) or self._older.get(key)

    def _row(self, key: Hashable) -> Row:
        found = self.attempt(key)
        return () if found is None else row(found)

    def _version(self, key: Hashable) -> object:
        found = self.attempt(key)
        return None if found is None else (found.verdict, found.changed, found.closed)

    def _sort_value(self, key: Hashable, column: str) -> SortValue:
        found = self.attempt(key)
        if found is None:
            return None
        match column:
            case "time":
                return found.time
            case "verdict":
                return told(found).word
            case "identity":
                return found.identity
            case "offers":
                return ", ".join(found.subprotocols)
            case "status":
                return code(found)
            case "reason":
                return why(found)
            case _:
                return getattr(found, column, None)

    # The selected one.

    @property
    def chosen(self) -> Attempt | None:
        """The attempt at the cursor."""
        return self.attempt(self.table.cursor_key)

    def sentences(self) -> list[Line]:
        """The attempt at the cursor."""
        found = self.chosen
        return [] if found is None else detail(found, self._now)

    @on(LineTable.Highlighted)
    def _highlighted(self) -> None:
        self._now = self.engine.clock()
        self.tell()
        table = self.table
        if self._next is not None and table.keys and table.cursor_key == table.keys[-1]:
            self.action_more()

    @on(LineTable.Selected)
    def _selected(self) -> None:
        found = self.chosen
        if found is None:
            return
        station = self.selected_station()
        if station is None:
            self.host.say("This caller never became a station: what to change stands below the table.")
        else:
            self.open_station(station)

    # Older ones.

    def action_more(self) -> None:
        """Read older attempts from the journal."""
        if self._next is None:
            self.host.say("Every attempt that was kept is shown.")
            return
        spawn(self._read(), name="older attempts", owner=self.tasks)

    async def _read(self) -> None:
        before, self._next = self._next, None
        try:
            found = await self.engine.journal.happenings(limit=PAGE, before=before, kinds=KINDS)
        except ChargehandError as error:
            self.complain(error)
            return
        for happening in found:
            attempt = attempt_of(happening)
            if attempt is not None:
                self._older[attempt.id] = attempt
        for happening in found:
            if happening.kind == "link.closed" and happening.link in self._older:
                close(self._older[happening.link], happening)
        self._next = found[0].id if len(found) == PAGE else None
        self.rows_changed()

    # What the frame asks.

    def hints(self) -> list[KeyHint]:
        """Enter opens the station of the attempt."""
        why_not = None if self.selected_station() is not None else "This caller never became a station."
        return [
            KeyHint("enter", "station", why_not),
            KeyHint("z", "all" if REFUSED in self.filter.text.split() else "refused only"),
            KeyHint("slash", "filter"),
            KeyHint("q", "QR code"),
        ]

    def selected_station(self) -> str | None:
        """The station of the attempt at the cursor, where it is known."""
        found = self.chosen
        if found is None:
            return None
        station = self.engine.fleet.station(found.station or found.identity or "")
        return None if station is None else station.id

    def action_refused(self) -> None:
        """``z``: only those that were refused, or all; a term of the filter like any other."""
        terms = self.filter.text.split()
        self.set_filter(" ".join([one for one in terms if one != REFUSED] if REFUSED in terms else [*terms, REFUSED]))

    def copied(self) -> tuple[str, str] | None:
        """Everything that is told of the attempt, to be sent to whoever sets the charger up."""
        found = self.chosen
        if found is None:
            return None
        return plain(detail(found, self.engine.clock())), f"what is known of {safe_text(found.peer, max_chars=50)}"

    def _empty_lines(self, filtered: bool) -> list[CellLike]:
        if filtered:
            return [Cell("No attempt matches.", "bold"), "", Cell("esc shows all", "muted")]
        urls = self.engine.dial_urls
        url = urls[0] if urls else ""
        trust = "k" if url.startswith("wss:") else ""
        return [
            Cell("Nothing has tried to connect yet.", "bold"),
            "",
            Cell("Type this URL into the charger:", "muted"),
            Cell(f"{url}<station id>", "accent bold"),
            "",
            Cell("q shows it as a QR code   d starts a demo fleet", "muted"),
            Cell(f"test it from another machine:  curl -i{trust} {url.replace('ws', 'http', 1)}test", "muted"),
            *([Cell(":root shows the certificate that the charger has to trust", "muted")] if trust else []),
        ]
