"""The files of a station: how far firmware and logs are, by its own words, and what moved over the file server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from console.engine.transfer.model import StoredFile
from console.screens.base import KeyHint
from console.screens.station_pane import StationPane
from widgets.columns import Cell, Column, Row
from widgets.format import byte_rate, bytes_, date_clock
from widgets.line_table import Key, LineTable
from widgets.safe import safe_text
from widgets.spark import bar
from widgets.tone import tone_style

if TYPE_CHECKING:
    from collections.abc import Sequence

    from console.engine.fleet.model import Stage
    from console.engine.transfer.model import Transfer

_COLUMNS: Final = (
    Column("time", "TIME", width=19, min_width=19),
    Column("way", "WHAT", width=10, min_width=8),
    Column("name", "NAME", width=26, min_width=12, weight=1),
    Column("size", "SIZE", width=10, min_width=9, align="right"),
    Column("bar", "", width=16, min_width=8, priority=3, sortable=False),
    Column("state", "STATE", width=18, min_width=8),
    Column("where", "SAVED AS", width=30, min_width=12, weight=2, priority=2),
)
_BAD: Final = ("fail", "invalid", "revoked", "bad", "denied", "notsupported")


class FilesPane(StationPane):
    """Stages above, files below."""

    DEFAULT_CSS = """
    FilesPane #stages { height: auto; padding: 1 2; }
    FilesPane LineTable { height: 1fr; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._rows: dict[str, Transfer | StoredFile] = {}
        self._stamp: tuple[object, ...] = ()

    def compose(self) -> ComposeResult:
        """Stages, files."""
        yield Static("", id="stages", markup=False)
        yield LineTable(
            _COLUMNS,
            self._row,
            version=self._version,
            empty=[
                Cell("No file was sent to or by this station.", "bold"),
                "",
                [
                    Cell("f", "bold accent"),
                    Cell("  updates its firmware      "),
                    Cell("d", "bold accent"),
                    Cell("  fetches its diagnostics"),
                ],
            ],
        )

    def renew(self) -> None:
        """Another station."""
        self._stamp = ()

    def pull(self, now_ns: int) -> None:
        """Stages that came, bytes that moved."""
        station = self.station
        if station is None:
            return
        mine = [one for one in self.engine.files.transfers.values() if one.station.casefold() == station.key]
        stamp = (
            len(station.firmware_stages),
            len(station.log_stages),
            station.firmware_stages[-1:],
            station.log_stages[-1:],
            *((one.id, one.changed) for one in mine),
        )
        if stamp == self._stamp:
            return
        self._stamp = stamp
        lines = [
            *_timeline("firmware", station.firmware_stages),
            *_timeline("log", station.log_stages),
        ]
        self.query_one("#stages", Static).update(
            Content("\n").join(lines) if lines else Content.styled("no stage told yet", tone_style("muted"))
        )
        paths = {one.path for one in mine if one.path is not None}
        older = [
            one
            for one in self.engine.files.received()
            if one.station is not None and one.station.casefold() == _folder(station.id) and one.path not in paths
        ]
        rows: dict[str, Transfer | StoredFile] = {f"t{one.id}": one for one in reversed(mine)}
        rows.update({f"f{one.path}": one for one in sorted(older, key=lambda each: -each.modified)})
        self._rows = rows
        self.query_one(LineTable).set_rows(rows)

    def _version(self, key: Key) -> object:
        one = self._rows[cast("str", key)]
        return getattr(one, "changed", 0)

    def _row(self, key: Key) -> Row:
        one = self._rows[cast("str", key)]
        if isinstance(one, StoredFile):
            stored = one
            return [
                Cell(date_clock(stored.modified), "muted"),
                "received",
                stored.name,
                bytes_(stored.size),
                None,
                Cell("✓ done", "ok"),
                str(stored.path),
            ]
        return _transfer_row(one)

    def take_focus(self) -> None:
        """The table."""
        self.screen.set_focus(self.query_one(LineTable), scroll_visible=False)

    def hints(self) -> list[KeyHint]:
        """What copies."""
        return [KeyHint("y", "copy path", None if self._rows else "There is no file yet.")]

    def copied(self) -> tuple[str, str] | None:
        """Where the file at the cursor is."""
        key = self.query_one(LineTable).cursor_key
        one = self._rows.get(cast("str", key)) if key is not None else None
        return None if one is None or one.path is None else (str(one.path), "the path")


def _transfer_row(one: Transfer) -> Row:
    states = {
        "waiting": ("… waiting for it", "muted"),
        "moving": (f"→ {byte_rate(one.rate)}", "busy"),
        "done": ("✓ done", "ok"),
        "failed": (f"✖ {one.error or 'failed'}", "bad"),
        "closed": ("closed", "muted"),
    }
    word, tone = states.get(one.state, (one.state, ""))
    share = one.done / one.size if one.size else (1.0 if one.state == "done" else None)
    return [
        Cell(date_clock(one.started), "muted"),
        "offered" if one.kind == "offer" else "received",
        one.name,
        bytes_(one.size if one.size is not None else one.done),
        Cell(bar(share, 16), tone) if one.state in ("moving", "done") else None,
        Cell(word, tone),
        str(one.path) if one.kind == "upload" and one.path is not None else None,
    ]


def _timeline(name: str, stages: Sequence[Stage]) -> list[Content]:
    """``firmware  Downloading 12:04:31 → Downloaded 12:04:40 → …``, the newest attempt."""
    if not stages:
        return []
    shown = list(stages)[-8:]
    pieces: list[Content] = []
    for at, stage in enumerate(shown):
        last = at == len(shown) - 1
        bad = any(word in stage.status.casefold() for word in _BAD)
        style = tone_style("bad") if bad else tone_style("ok" if stage.status in ("Installed", "Uploaded") else "busy")
        pieces.append(
            Content.assemble(
                (safe_text(stage.status, max_chars=40), f"bold {style}" if last else ""),
                (f" {date_clock(stage.time)[11:]}", tone_style("muted")),
            )
        )
    return [Content.assemble((f"{name:<10}", tone_style("muted")), Content("  →  ").join(pieces))]


def _folder(identity: str) -> str:
    from console.engine.transfer.library import safe_station

    return safe_station(identity).casefold()
