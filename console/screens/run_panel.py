"""An order on its way, in place: sent → accepted → done, or what is missing; for many stations one row each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, cast

import orjson
from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from console.engine.masking import masked_payload
from widgets.columns import Cell, Column, Row
from widgets.format import age, clock, date_clock
from widgets.line_table import Key, LineTable
from widgets.safe import safe_content, safe_text
from widgets.spark import bar

if TYPE_CHECKING:
    from console.app import ConsoleApp
    from console.engine.fleet.model import Transaction
    from console.engine.orders.run import Run

GLYPHS = {
    "waiting": ("…", "muted"),
    "sent": ("→", "busy"),
    "accepted": ("◔", "busy"),
    "told": ("·", "muted"),
    "done": ("✓", "ok"),
    "missing": ("⚠", "warn"),
    "rejected": ("✖", "bad"),
    "failed": ("✖", "bad"),
}
LINES = 500  # of what was told that are drawn
STYLES = {
    "ok": "bold $text-success",
    "busy": "$text-primary",
    "warn": "bold $text-warning",
    "bad": "bold $text-error",
    "muted": "$text-muted",
}
WORDS = {
    "waiting": "waiting to be sent",
    "sent": "sent, waiting for the answer",
    "accepted": "accepted, waiting for the effect",
}


class RunPanel(ModalScreen[None]):
    """What becomes of one order, or of the same order to many stations. Leaving it does not stop anything."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "leave", "Close", show=False),
        Binding("enter", "open", "Open the message", show=False),
        Binding("m", "messages", "Its messages", show=False),
        Binding("i", "session", "The session", show=False),
        Binding("y", "copy", "Copy", show=False),
        Binding("up", "scroll(-1)", "Up", show=False),
        Binding("down", "scroll(1)", "Down", show=False),
        Binding("pageup", "scroll(-10)", "Page up", show=False),
        Binding("pagedown", "scroll(10)", "Page down", show=False),
    ]

    def __init__(self, runs: Sequence[Run]) -> None:
        super().__init__(classes="dialog-screen")
        self.runs = list(runs)
        self._drawn: tuple[object, ...] = ()
        self._by_key = {str(at): run for at, run in enumerate(self.runs)}

    @property
    def console(self) -> ConsoleApp:
        """The App."""
        return cast("ConsoleApp", self.app)

    def compose(self) -> ComposeResult:
        """One order as a story, many as a table."""
        with Vertical(classes="dialog -wide" if len(self.runs) > 1 else "dialog"):
            if len(self.runs) == 1:
                yield Static("", id="now", markup=False)
                with VerticalScroll(id="story-scroll", can_focus=False):
                    yield Static("", id="story", markup=False)
                    yield Static("", id="told", markup=False)
                yield Static("", id="bar", markup=False)
                yield Static("", id="hint", markup=False)
            else:
                yield Static("", id="now", markup=False)
                yield LineTable(
                    _COLUMNS, self._row, version=self._version, sort_value=self._sort_value, id="runs-table"
                )
            yield Static("", classes="keys", markup=False)

    def on_mount(self) -> None:
        """Whose order it is."""
        first = self.runs[0]
        dialog = self.query_one(".dialog")
        if len(self.runs) == 1:
            dialog.border_title = safe_content(f"{first.title} · {safe_text(first.station, max_chars=48)}")
        else:
            dialog.border_title = safe_content(f"{first.title} · {len(self.runs)} stations")
            table = self.query_one(LineTable)
            table.set_rows(self._by_key)
            table.focus()
        self.console.orders.watching(self.runs, True)
        self.pull(self.console.now())

    def on_unmount(self) -> None:
        """From now on its end is told by a notice."""
        self.console.orders.watching(self.runs, False)

    def pull(self, now_ns: int) -> None:
        """Draw what has changed; while it runs, the seconds too."""
        over = all(run.over for run in self.runs)
        second = 0 if over else now_ns // 1_000_000_000
        drawn = (second, *((run.changed, run.state) for run in self.runs))
        if drawn == self._drawn:
            return
        self._drawn = drawn
        if len(self.runs) == 1:
            self._draw_one(self.runs[0], now_ns)
        else:
            self._draw_many()
        session = len(self.runs) == 1 and self._session(self.runs[0]) is not None
        words = ["enter message", "m its messages", *(["i session"] if session else [])]
        if len(self.runs) == 1 and len(self.runs[0].lines) > 1:
            words.append("↑↓ read")
        words.append("esc close" if over else "esc close, it goes on")
        self.query_one(".keys", Static).update(safe_content(" · ".join(words)))

    def _draw_one(self, run: Run, now_ns: int) -> None:
        glyph, tone = GLYPHS[run.state]
        if run.over and run.effect is not None:
            now = Content.assemble(
                (f"{glyph} {run.state.upper()}  ", STYLES[tone]), said_whole(run.effect.text, self._width())
            )
        else:
            passed = age((now_ns - (run.sent or run.started)) / 1e9)
            now = Content.assemble((f"{glyph} {WORDS[run.state]}  ", STYLES[tone]), (passed, "$text-muted"))
            if run.state == "accepted":
                now = Content.assemble(
                    now, ("\n  done when ", "$text-muted"), (run.kind.waits_for(run.order.arguments), "$text-muted")
                )
        self.query_one("#now", Static).update(now)
        self.query_one("#story", Static).update(
            Content("\n").join([self._line(one.time, one.what, _told(run, one.text)) for one in run.stages])
        )
        self.query_one("#told", Static).update(told_lines(run))
        scroll = self.query_one("#story-scroll", VerticalScroll)
        if not run.over:
            scroll.scroll_end(animate=False)  # what is told at the end is read from its beginning
        progress = self.query_one("#bar", Static)
        progress.display = run.progress is not None and not run.over
        if run.progress is not None:
            progress.update(bar(run.progress, 48, label=f"{run.progress * 100:.0f} %"))
        self.query_one("#hint", Static).update(
            Content("\n").join([safe_content(f"⚠ {hint}", "$text-warning") for hint in run.hints])
        )

    def _width(self) -> int:
        """Cells that a line of the dialog has."""
        return self.query_one("#now", Static).size.width or 70

    def _line(self, time: int, what: str, text: str) -> Content:
        glyph, tone = GLYPHS.get(what, GLYPHS["told"])
        return Content.assemble(
            (f"{clock(time, millis=True)}  ", "$text-muted"),
            (f"{glyph} ", STYLES[tone]),
            safe_text(text, max_chars=300),
        )

    def _draw_many(self) -> None:
        done = sum(1 for run in self.runs if run.state == "done")
        bad = sum(1 for run in self.runs if run.over and run.state != "done")
        total = len(self.runs)
        text = Content.assemble(
            f"{bar((done + bad) / total, 30)}  ",
            (f"{done} done", "bold $text-success"),
            f" · {total - done - bad} on the way · ",
            (f"{bad} not", "bold $text-error" if bad else "$text-muted"),
        )
        self.query_one("#now", Static).update(text)
        self.query_one(LineTable).pull()

    def _version(self, key: Key) -> object:
        run = self._by_key[str(key)]
        return (run.changed, run.state)

    def _row(self, key: Key) -> Row:
        return run_cells(self._by_key[str(key)])

    def _sort_value(self, key: Key, column: str) -> str | float | None:
        run = self._by_key[str(key)]
        return {"station": run.station, "state": run.state, "text": _last(run)}.get(column)

    def _chosen(self) -> Run | None:
        if len(self.runs) == 1:
            return self.runs[0]
        key = self.query_one(LineTable).cursor_key
        return None if key is None else self._by_key[str(key)]

    # Keys.

    def action_leave(self) -> None:
        """Close the panel; the order goes on."""
        self.dismiss()

    def on_line_table_selected(self) -> None:
        """Enter on a row."""
        self.action_open()

    def action_open(self) -> None:
        """The exchange that carried the order."""
        run = self._chosen()
        if run is None or run.exchange is None:
            self.console.say("There is no answer yet.")
            return
        number = run.exchange.id
        self.dismiss()
        self.console.open_exchange(number)

    def action_messages(self) -> None:
        """The station's messages since the order was given."""
        run = self._chosen()
        if run is not None:
            self.dismiss()
            self.console.filter_messages(messages_of(run))

    def _session(self, run: Run) -> Transaction | None:
        """The session that a start began or a stop ended, where it is known by now."""
        fleet = self.console.engine.fleet
        arguments = run.order.arguments
        if run.kind.id == "stop":
            return fleet.transaction(run.station, str(arguments.get("transaction")))
        if run.kind.id != "start":
            return None
        station = fleet.station(run.station)
        for number in reversed(station.active if station is not None else []):
            one = fleet.transactions.get(number)
            if one is not None and one.remote_start == run.order.id:
                return one
        evse = arguments.get("evse") or arguments.get("connector")
        return fleet.active_on(run.station, evse) if run.state == "done" else None

    def action_session(self) -> None:
        """``i``: the session in detail, energy against time."""
        run = self._chosen()
        found = self._session(run) if run is not None else None
        if found is None:
            self.console.say("There is no session of this order yet.")
            return
        self.dismiss()
        self.console.open_session(found.id)

    def action_scroll(self, step: int) -> None:
        """What was told, where it is longer than the panel."""
        if len(self.runs) == 1:
            self.query_one("#story-scroll", VerticalScroll).scroll_relative(y=step, animate=False)

    def action_copy(self) -> None:
        """The story as text."""
        run = self._chosen()
        if run is not None:
            lines = [f"{clock(one.time, millis=True)} {one.what}: {safe_text(one.text)}" for one in run.stages]
            lines += [safe_text(line) for line in run.lines]
            self.console.copy("\n".join(lines), "what became of the order")


_COLUMNS = (
    Column("station", "STATION", width=18, min_width=8, max_width=28, weight=1),
    Column("state", "STATE", width=10, min_width=8),
    Column("bar", "", width=10, min_width=10, priority=2, sortable=False),
    Column("text", "WHAT", width=30, min_width=10, weight=3, sortable=False),
)


def _told(run: Run, text: str) -> str:
    """A stage's text; how it ended stands above already, and where a file lies is said once."""
    return text.partition(", saved as ")[0] if run.effect is not None and text == run.effect.text else text


def told_lines(run: Run) -> Content:
    """What answers and reports told, one thing a line, below the story; one that is the effect itself is said above."""
    lines = run.lines or _answered(run)
    if run.effect is not None and len(lines) == 1 and lines[0] == run.effect.text:
        return Content("")
    shown = [safe_content(f"  {line}") for line in lines[:LINES]]
    if len(lines) > LINES:
        shown.append(safe_content(f"  … and {len(lines) - LINES} more; y copies all of it", "$text-muted"))
    return Content("\n").join(shown)


def _answered(run: Run) -> list[str]:
    """The answer to a raw call, as it came: nothing else reads it."""
    exchange = run.exchange
    if run.kind.id != "raw" or exchange is None or exchange.response in (None, {}):
        return []
    text = orjson.dumps(masked_payload(exchange.response), option=orjson.OPT_INDENT_2, default=str).decode()
    return text.splitlines()


def said_whole(text: str, width: int) -> str:
    """How it ended; a path at its end has lines of its own, broken at ``/`` only."""
    before, saved, path = text.partition(", saved as ")
    if not saved:
        return safe_text(text)
    lines = [""]
    for part in safe_text(path).replace("/", "/\0").split("\0"):
        if lines[-1] and cell_len(lines[-1] + part) > width:
            lines.append("")
        lines[-1] += part
    return "\n".join([f"{safe_text(before)}, saved as", *lines])


def _last(run: Run) -> str:
    return run.stages[-1].text if run.stages else WORDS.get(run.state, "")


def run_cells(run: Run) -> Row:
    """A run as a row: station, state, progress, the newest of its story."""
    glyph, tone = GLYPHS[run.state]
    share = run.progress
    if share is None:
        share = {"waiting": 0.0, "sent": 0.25, "accepted": 0.6}.get(run.state, 1.0)
    return [run.station, Cell(f"{glyph} {run.state}", tone), Cell(bar(share, 10), tone), _last(run)]


def messages_of(run: Run) -> str:
    """The filter line that finds what the order did."""
    station = run.station if run.station.isascii() and " " not in run.station else f'"{run.station}"'
    return f"station:{station} since:{date_clock(run.started - 1_000_000_000).replace(' ', 'T')}Z"


__all__ = ["RunPanel", "messages_of", "run_cells", "said_whole"]
