"""The tabs of a station that show one thing over the whole height: sessions, messages, log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from textual.app import ComposeResult

from console.engine.errors import ChargehandError
from console.engine.tasks import spawn
from console.screens.base import KeyHint
from console.screens.messages import MessagesPanel
from console.screens.sessions_panel import SessionsPanel
from console.screens.station_pane import StationPane
from console.screens.within import WithMessages, WithSessions
from widgets.columns import Cell, Column, Row
from widgets.format import bytes_, date_clock
from widgets.line_table import Key, LineTable
from widgets.safe import safe_text

if TYPE_CHECKING:
    from console.engine.wire.exchange import Happening

_NS = 1_000_000_000
_MOST = 1000


class SessionsPane(WithSessions, StationPane):
    """The station's sessions."""

    def compose(self) -> ComposeResult:
        """The same panel as section 2, for one station."""
        yield SessionsPanel(station="")

    def renew(self) -> None:
        """Another station's sessions."""
        self.panel.set_station(self.identity)

    def take_focus(self) -> None:
        """The table."""
        self.panel.refresh_all()
        self.panel.take_focus()

    def crumb(self) -> str:
        """The open session."""
        one = self.panel.detail.transaction if self.panel.in_detail else None
        return "" if one is None else f"tx {safe_text(one.wire or '—', max_chars=20)}"


class MessagesPane(WithMessages, StationPane):
    """The station's messages, back to the first one."""

    def compose(self) -> ComposeResult:
        """The same panel as section 3, for one station."""
        yield MessagesPanel(station="—")

    def renew(self) -> None:
        """Another station's messages."""
        self.panel.set_station(self.identity)

    def pull(self, now_ns: int) -> None:
        """What has come."""
        self.panel.pull(now_ns)

    def take_focus(self) -> None:
        """The log."""
        self.panel.take_focus()

    def hints(self) -> list[KeyHint]:
        """Open and filter."""
        return [KeyHint("enter", "open", None if self.panel.chosen is not None else "There is no message yet.")]


_LOG_COLUMNS = (
    Column("time", "TIME", width=19, min_width=19),
    Column("kind", "WHAT", width=18, min_width=12),
    Column("text", "IN WORDS", width=60, min_width=20, weight=1),
)


class LogPane(StationPane):
    """What befell the station's links and what was decided about it, newest first."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._rows: dict[int, Happening] = {}
        self._changed = -1
        self._read = 0
        self._reading = False

    def compose(self) -> ComposeResult:
        """A table."""
        yield LineTable(_LOG_COLUMNS, self._row, empty=[Cell("Nothing has happened yet.", "muted")])

    def renew(self) -> None:
        """Another station."""
        self._rows = {}
        self._changed = -1
        self._read = 0
        self.query_one(LineTable).set_rows([])

    def pull(self, now_ns: int) -> None:
        """Read again, at most once a second, where the station has changed."""
        station = self.station
        changed = station.changed if station is not None else 0
        if self._reading or changed == self._changed or now_ns - self._read < _NS:
            return
        self._changed, self._read, self._reading = changed, now_ns, True
        spawn(self._load(self.identity), name="read what happened", owner=self.console.tasks)

    async def _load(self, identity: str) -> None:
        try:
            rows = await self.engine.journal.happenings(limit=_MOST, station=identity)
        except ChargehandError as error:
            self.console.say(error.sentence, title=error.title, severity="error")
            return
        finally:
            self._reading = False
        if identity == self.identity and self.is_attached:
            self._rows = {one.id: one for one in reversed(rows)}
            self.query_one(LineTable).set_rows(self._rows)

    def take_focus(self) -> None:
        """The table."""
        self.screen.set_focus(self.query_one(LineTable), scroll_visible=False)

    def _row(self, key: Key) -> Row:
        one = self._rows[cast("int", key)]
        tone, text = in_words(one.kind, one.data)
        return [Cell(date_clock(one.time), "muted"), Cell(one.kind, tone), text]


def in_words(kind: str, data: dict[str, Any]) -> tuple[str, str]:
    """(tone, sentence) of a happening; the sentence is not yet safe."""
    by = f" by {data['by']}" if data.get("by") else ""
    if kind == "link.opened":
        badges = f" · {', '.join(map(str, data['badges']))}" if data.get("badges") else ""
        offered = data.get("subprotocol") or "no subprotocol"
        return "ok", f"from {data.get('peer')} · {offered} · security profile {data.get('security', 0)}{badges}"
    if kind == "link.refused":
        return "bad", f"{data.get('status')}: {data.get('reason')} {data.get('advice') or ''}"
    if kind == "link.closed":
        code = data.get("code")
        reason = f" · {data['reason']}" if data.get("reason") else ""
        return "warn", f"{f'code {code}' if code else 'without a close frame'}{by}{reason}"
    if kind == "order.given":
        arguments = "".join(f" {name}={value}" for name, value in (data.get("arguments") or {}).items())
        return "accent", f"{data.get('order')}{arguments}{by}"
    if kind == "order.ended":
        return ("ok" if data.get("seen") else "warn"), f"order {data.get('order')}: {data.get('text')}"
    if kind in ("station.accepted", "station.refused"):
        return "accent", f"{kind.partition('.')[2]}{by}"
    if kind in ("file.received", "file.offered"):
        name = data.get("path") or data.get("name")
        return "accent", f"{name} · {bytes_(data.get('bytes'))} · {data.get('state')} · order {data.get('order')}"
    if kind == "transaction.closed":
        return "warn", f"session closed{by or ' by hand'}: {data.get('note') or 'no note'}"
    if kind == "alarm.acknowledged":
        return "", f"alarm {data.get('alarm')}{by}: {data.get('note') or 'no note'}"
    return "", " ".join(f"{name}={value}" for name, value in data.items() if value not in (None, "", [], {}))
