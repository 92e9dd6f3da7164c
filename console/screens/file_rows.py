"""How files are told: those on the move, images at rest, what stations have sent, and how far an update is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from console.engine.filter_rows import RowField, numbers, texts, times, words
from console.engine.fleet.model import Stage, Station
from console.engine.transfer.model import StoredFile, Transfer
from console.screens.told import Line
from widgets.columns import Cell, Column, Row
from widgets.format import age, byte_rate, bytes_, clock, date_clock
from widgets.spark import bar
from widgets.tone import Tone

NS: Final = 1_000_000_000
BAR: Final = 16

COLUMNS: Final = (
    Column("file", "FILE", 26, 20, max_width=48, weight=1, sortable=False),
    Column("station", "STATION", 14, 10, max_width=24, sortable=False),
    Column("progress", "PROGRESS", BAR, BAR, priority=1, sortable=False),
    Column("size", "SIZE", 10, 9, align="right", sortable=False),
    Column("rate", "RATE", 12, 10, align="right", priority=3, sortable=False),
    Column("where", "STATE", 30, 17, weight=3, sortable=False),
)

_STATES: Final[dict[str, tuple[str, Tone]]] = {
    "waiting": ("◔ awaited", "busy"),
    "moving": ("● moving", "busy"),
    "done": ("✓ done", "ok"),
    "failed": ("✖ failed", "bad"),
    "closed": ("○ not fetched", "idle"),
}

# The stages that a good run goes through; what a station says beside them is shown where it says it.
_LADDERS: Final = {
    "firmware": ("Downloading", "Downloaded", "Installing", "Installed"),
    "log": ("Uploading", "Uploaded"),
}
_BEGINS: Final = frozenset(("Downloading", "DownloadScheduled", "Uploading"))
_GOES_ON: Final = _BEGINS | {"DownloadPaused"}
_GOOD_ENDS: Final = frozenset(("Installed", "Uploaded"))
_BAD_WORDS: Final = ("Fail", "Invalid", "Revoked", "Bad", "Denied", "NotSupported", "Canceled")


class Run(NamedTuple):
    """The last update or upload of a station as it told of it: ``what`` is ``firmware`` or ``log``."""

    station: str
    what: str
    stages: tuple[Stage, ...]

    @property
    def tone(self) -> Tone:
        """How it stands."""
        last = self.stages[-1].status
        if last in _GOOD_ENDS:
            return "ok"
        return "bad" if any(word in last for word in _BAD_WORDS) else "busy"


class Facts(NamedTuple):
    """What the filter of files looks at: whose, what it is called, the words of ``is:`` that hold, from when to when (UTC
    ns), how big, and what a bare word may be in."""

    station: str
    name: str
    words: tuple[str, ...]
    first: int
    last: int
    size: int | None
    texts: tuple[str | None, ...] = ()


FIELDS: Final[dict[str, RowField[Facts]]] = {
    "station": texts(lambda one: (one.station,), "station:CP-0*", "the station's identity"),
    "file": texts(lambda one: (one.name,), "file:*.bin", "its name"),
    "is": words(
        lambda one: one.words,
        ("moving", "awaited", "done", "failed", "closed", "offer", "upload", "update", "image", "received"),
        "is:moving",
    ),
    "bytes": numbers(lambda one: one.size, "bytes:>1000000", "its size"),
    **times(lambda one: one.first, lambda one: one.last),
}
"""What the filter of files can ask for."""

_FOREVER: Final = (1 << 63) - 1


def facts_of_transfer(transfer: Transfer) -> Facts:
    """A file on the move; one that nobody has come for belongs to no time but now."""
    state = "awaited" if transfer.state == "waiting" else transfer.state
    said = (transfer.error, transfer.purpose, transfer.peer)
    first, last = transfer.started or 0, transfer.ended or _FOREVER
    known = transfer.done if transfer.size is None else transfer.size
    return Facts(transfer.station, name_of(transfer), (state, transfer.kind), first, last, known, said)


def facts_of_run(run: Run) -> Facts:
    """How far an update or an upload is."""
    state = {"ok": "done", "bad": "failed"}.get(run.tone, "moving")
    what = "update" if run.what == "firmware" else "upload"
    stages = tuple(one.status for one in run.stages)
    return Facts(run.station, title_of(run), (state, what), run.stages[0].time, run.stages[-1].time, None, stages)


def facts_of_file(file: StoredFile, station: str) -> Facts:
    """A file at rest."""
    word = "image" if file.station is None else "received"
    return Facts(station, file.name, (word,), file.modified, file.modified, file.size)


def last_run(station: Station, what: str) -> Run | None:
    """The stages since it last began; None where there were none. ``Idle`` says nothing and is left out."""
    told = station.firmware_stages if what == "firmware" else station.log_stages
    start = 0
    for at in range(1, len(told)):
        before, now = told[at - 1], told[at]
        if now.request != before.request or (now.status in _BEGINS and before.status not in _GOES_ON):
            start = at
    found = tuple(one for one in told[start:] if one.status != "Idle")
    return Run(station.id, what, found) if found else None


_GLYPHS: Final[dict[Tone, str]] = {"ok": "✓", "bad": "✖", "busy": "◐"}


def steps(run: Run) -> list[tuple[str, Tone]]:
    """Every stage told, in its tone, and while it goes on those still to come, muted."""
    told: list[tuple[str, Tone]] = [(stage.status, "plain") for stage in run.stages[:-1]]
    told.append((run.stages[-1].status, run.tone))
    if run.tone == "busy":
        way = _LADDERS[run.what]
        reached = max((way.index(one.status) for one in run.stages if one.status in way), default=-1)
        told += [(step, "muted") for step in way[reached + 1 :]]
    return told


def dots(run: Run) -> list[Cell]:
    """The stages as dots: told, the present one, still to come."""
    cells: list[Cell] = []
    for _, tone in steps(run)[-BAR // 2 :]:
        glyph = {"plain": "●", "muted": "○"}.get(tone) or _GLYPHS[tone]
        cells.append(Cell(f"{glyph} ", "ok" if tone == "plain" else tone))
    return cells


def ladder(run: Run, *, whole: bool) -> list[Cell]:
    """The stages in words, the present one lit; without ``whole`` those before it are left to the dots."""
    cells: list[Cell] = []
    for word, tone in steps(run):
        if tone == "plain" and not whole:
            continue
        if cells:
            cells.append(Cell(" → ", "muted"))
        glyph = _GLYPHS.get(tone)
        cells.append(Cell(f"{glyph} {word}", f"{tone} bold") if glyph else Cell(word, "" if tone == "plain" else tone))
    return cells


def heading(title: str, note: str) -> Row:
    """A line that parts the groups of the table."""
    return [Cell(title, "accent bold"), None, None, None, None, Cell(note, "muted")]


def transfer_row(transfer: Transfer) -> Row:
    """A file on the move, or awaited, or that has moved."""
    arrow = "↓" if transfer.kind == "offer" else "↑"
    word, tone = _standing(transfer)
    where: list[Cell] = [Cell(word, tone)]
    if transfer.error:
        where.append(Cell(f": {transfer.error}", "bad"))
    elif transfer.kind == "upload" and transfer.path is not None:
        where = [Cell("✓ saved ", "ok"), Cell(transfer.path.name, "")]
    return [
        [Cell(f"{arrow} ", "accent"), Cell(name_of(transfer), "bold")],
        transfer.station or "whoever asks",
        Cell(_bar(transfer), tone),
        Cell(_size(transfer)),
        Cell(byte_rate(transfer.rate) if transfer.state == "moving" else "", "muted"),
        where,
    ]


def _standing(transfer: Transfer) -> tuple[str, Tone]:
    if transfer.state == "waiting" and transfer.done:
        return "◔ broke off, awaited again", "warn"
    return _STATES[transfer.state]


def _size(transfer: Transfer) -> str:
    """Its size, or as much as has come of an upload whose size nobody knows yet."""
    known = transfer.done if transfer.size is None else transfer.size
    return bytes_(known) if known or transfer.state == "done" else ""


def name_of(transfer: Transfer) -> str:
    """What a person calls it."""
    if transfer.name:
        return transfer.name
    return {"diagnostics": "diagnostics", "security": "security log"}.get(
        transfer.purpose, transfer.purpose or "upload"
    )


def _bar(transfer: Transfer) -> str:
    if transfer.state == "waiting" and not transfer.done:
        return ""
    share = transfer.progress
    if share is None:
        return bar(None, BAR, label=bytes_(transfer.done))
    return bar(share, BAR, label=f"{share * 100:.0f} %")


def stored_row(file: StoredFile, station: str, now_ns: int) -> Row:
    """An image, or what a station has sent; ``station`` as it is known."""
    return [
        Cell(f"  {file.name}", ""),
        station,
        Cell(f"{age((now_ns - file.modified) / NS)} ago", "muted"),
        bytes_(file.size),
        None,
        Cell(str(file.path.parent), "muted"),
    ]


def title_of(run: Run) -> str:
    """What a person calls it."""
    return "firmware update" if run.what == "firmware" else "log upload"


def run_row(run: Run, *, whole: bool) -> Row:
    """How far an update or an upload is, in the station's own words."""
    return [Cell(f"  {title_of(run)}", ""), Cell(run.station, "bold"), dots(run), None, None, ladder(run, whole=whole)]


def transfer_lines(transfer: Transfer, link: str) -> list[Line]:
    """Everything there is to say of a transfer. ``link``: its URL while the path is open."""
    word, tone = _standing(transfer)
    way = "to" if transfer.kind == "offer" else "from"
    size = f" of {bytes_(transfer.size)}" if transfer.size is not None else ""
    rate = f", {byte_rate(transfer.rate)}" if transfer.state == "moving" else ""
    head = (
        f"{word}: {name_of(transfer)} {way} {transfer.station or 'whoever asks'}, {bytes_(transfer.done)}{size}{rate}"
    )
    lines: list[Line] = [("", head, f"bold {tone}")]
    if transfer.error:
        lines.append(("Trouble", transfer.error, "bad"))
    if link:
        lines.append(("URL", link, "accent"))
    if transfer.path is not None:
        lines.append(("Saved" if transfer.kind == "upload" else "File", str(transfer.path), ""))
    begun = (
        f"begun {date_clock(transfer.started)} UTC" if transfer.started is not None else "nobody has come for it yet"
    )
    peer = f" by {transfer.peer}" if transfer.peer else ""
    ended = f", ended {clock(transfer.ended)}" if transfer.ended is not None else ""
    lines.append(("Order", f"#{transfer.order} · {begun}{peer}{ended}", "muted"))
    return lines


def stored_lines(file: StoredFile) -> list[Line]:
    """Where a file lies, and what can be done with it."""
    lines: list[Line] = [("", f"{file.name} · {bytes_(file.size)}", "bold"), ("Saved", str(file.path), "")]
    lines.append(("Since", f"{date_clock(file.modified)} UTC", "muted"))
    if file.station is None:
        lines.append(("Offer it", "enter asks for the station and opens the form of the update", ""))
    else:
        lines.append(("Careful", "A station sent it: look at it as text, do not run it.", "warn"))
    return lines


def lost_with(file: StoredFile, station: str) -> list[str]:
    """What is lost where the file is deleted."""
    if file.station is None:
        return [
            f"{file.name} ({bytes_(file.size)}) can be offered to no station any more. "
            "The journal keeps that it was deleted.",
        ]
    return [
        f"{file.name} ({bytes_(file.size)}) was sent by {station or 'a station'} on {date_clock(file.modified)} UTC.",
        "There is no other copy of it here, and the station may not have it any more. The journal keeps that it came, and "
        "that it was deleted.",
    ]


def run_lines(run: Run) -> list[Line]:
    """Every stage with its time."""
    lines: list[Line] = [("", f"{run.station}: {title_of(run)}, {run.stages[-1].status}", f"bold {run.tone}")]
    before: int | None = None
    for stage in run.stages:
        took = "" if before is None else f"  after {age((stage.time - before) / NS)}"
        lines.append((clock(stage.time), f"{stage.status}{took}", ""))
        before = stage.time
    return lines


def runs_of(stations: Iterable[Station]) -> Sequence[Run]:
    """The last update and the last upload of every station that told of one, newest first."""
    found = [run for one in stations for what in _LADDERS if (run := last_run(one, what)) is not None]
    return sorted(found, key=lambda run: -run.stages[-1].time)
