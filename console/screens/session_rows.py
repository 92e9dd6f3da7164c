"""Sessions as rows and as facts: pure views of transactions and their samples."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len

from console.engine.silence import doing
from console.engine.silence import silence as silence_of
from console.screens.fleet_rows import seen_text
from widgets.columns import Cell, CellLike, Column, Row
from widgets.format import NOTHING, age, date_clock, duration, energy, power
from widgets.safe import safe_text

if TYPE_CHECKING:
    from console.engine.fleet.model import Station, Transaction

COLUMNS: Final = (
    Column("started", "STARTED", width=11, min_width=11),
    Column("station", "STATION", width=16, min_width=13, max_width=28),
    Column("place", "EVSE", width=4, min_width=4, priority=7),
    Column("wire", "TX", width=10, min_width=8, max_width=36, priority=6),
    Column("state", "STATE", width=15, min_width=12, max_width=17),
    Column("tag", "ID TAG", width=14, min_width=8, max_width=22, priority=4),
    Column("energy", "ENERGY", width=9, min_width=9, align="right"),
    Column("power", "POWER", width=8, min_width=8, align="right", priority=2),
    Column("length", "LENGTH", width=8, min_width=8, align="right", priority=1),
    Column("note", "NOTE", width=22, min_width=10, weight=1, priority=5),
)
FITTED: Final = ("started", "station", "wire", "state", "tag", "length")  # columns as wide as what stands in them
_DAY_NS = 86_400 * 1_000_000_000
_STATES: Final = {
    "active": ("⚡", "busy", "active"),
    "ended": ("✓", "ok", "ended"),
    "inferred": ("≈", "warn", "end inferred"),
    "orphan": ("?", "warn", "orphan"),
}


def place(transaction: Transaction) -> str:
    """``1``, or ``1.2`` for the second connector of an EVSE."""
    if transaction.evse is None:
        return NOTHING
    if transaction.connector in (None, 1):
        return str(transaction.evse)
    return f"{transaction.evse}.{transaction.connector}"


def silence(transaction: Transaction, station: Station | None, now_ns: int) -> str | None:
    """Why what a running session says is old: ``no link 3 min``, ``no word 2 h``, ``Available 5 min``; None where it is
    not (``console.engine.silence``)."""
    found = silence_of(transaction, station, now_ns)
    if found is None:
        return None
    seconds = found.ns / 1e9
    if found.kind == "no word":
        return f"no word {age(seconds)}"
    return f"{'no link' if found.kind == 'no link' else 'Available'} {seen_text(seconds)}"


def state_cell(transaction: Transaction, station: Station | None = None, now_ns: int = 0) -> Cell:
    """The state with its glyph; a session that runs says what it does, where the station told, or that nobody knows."""
    glyph, tone, word = _STATES.get(transaction.state, ("?", "muted", transaction.state))
    if transaction.closed_by is not None and transaction.state == "inferred":
        return Cell(f"{glyph} closed by hand", tone)
    old = silence(transaction, station, now_ns)
    if old is not None:
        return Cell(f"○ {old}", "warn" if old.startswith("Available") else "bad")
    told = doing(transaction, station) if transaction.state == "active" else None
    if told is not None:
        word = safe_text(told, max_chars=20)
        if word.startswith("Suspended"):
            glyph, tone = "◐", "warn"
    return Cell(f"{glyph} {word}", tone)


def length_s(transaction: Transaction, now_ns: int, station: Station | None = None) -> float | None:
    """Seconds from its start to its end, or to now; without a link to its last word."""
    if transaction.started is None:
        return None
    end = transaction.stopped
    if end is None:
        heard = transaction.state == "active" and (station is None or station.connected)
        end = now_ns if heard else max(transaction.last_update, transaction.started)
    return (end - transaction.started) / 1e9


def session_note(transaction: Transaction) -> CellLike:
    """Gaps and oddities first, then why it ended."""
    gaps = transaction.seq_gaps
    if gaps:
        return Cell(f"⚠ {gaps_text(gaps)} missing", "warn")
    if transaction.flags:
        return Cell(f"⚠ {' · '.join(transaction.flags)}", "warn")
    if transaction.stop_reason:
        return Cell(transaction.stop_reason, "muted")
    return Cell("offline", "muted") if transaction.offline else None


def gaps_text(gaps: Sequence[tuple[int, int]], most: int = 4) -> str:
    """``seqNo 5, 8–11``."""
    words = [str(low) if low == high else f"{low}–{high}" for low, high in gaps[:most]]
    more = f" and {len(gaps) - most} more" if len(gaps) > most else ""
    return f"seqNo {', '.join(words)}{more}"


def started_text(transaction: Transaction, now_ns: int) -> str:
    """When it began: to the second today, to the minute on another day; the detail has all of it."""
    if not transaction.started:
        return "not told"
    today = transaction.started // _DAY_NS == now_ns // _DAY_NS
    return date_clock(transaction.started)[11:] if today else date_clock(transaction.started)[5:16]


def session_row(transaction: Transaction, now_ns: int, station: Station | None = None) -> Row:
    """All cells, in the order of ``COLUMNS``. ``station``: where it runs, as it is now; None where that is not known."""
    running = transaction.state == "active"
    old = silence(transaction, station, now_ns) is not None
    # A link that came back has not told of it yet: the power is that of before.
    old = old or (station is not None and (station.link_opened or 0) > transaction.last_update)
    tone = "muted" if running and old else ""
    return (
        Cell(started_text(transaction, now_ns), "" if transaction.started else "muted"),
        Cell(transaction.station, "bold"),
        place(transaction),
        transaction.wire or Cell(NOTHING, "muted"),
        state_cell(transaction, station, now_ns),
        transaction.id_tag or Cell(NOTHING, "muted"),
        Cell(energy(transaction.energy_wh), tone),
        Cell(power(transaction.power_w), tone) if running else Cell(NOTHING, "muted"),
        Cell(duration(length_s(transaction, now_ns, station)), tone),
        session_note(transaction),
    )


def needs(rows: Iterable[Row], most: Mapping[str, int]) -> dict[str, int]:
    """Cells that the text of these columns needs, at least ``most``, which they had before."""
    found = dict(most)
    for row in rows:
        for at, key in _FITTED_AT:
            cell = row[at]
            text = cell.text if isinstance(cell, Cell) else cell
            if isinstance(text, str) and len(text) + 3 > found.get(key, 0):
                found[key] = max(found.get(key, 0), cell_len(safe_text(text, max_chars=60)))
    return found


_FITTED_AT = [(at, column.key) for at, column in enumerate(COLUMNS) if column.key in FITTED]


def sort_value(
    transaction: Transaction, column: str, now_ns: int, station: Station | None = None
) -> str | float | None:
    """What a column is ordered by."""
    found: dict[str, str | float | None] = {
        "started": -float(transaction.started or transaction.received),
        "station": transaction.station,
        "place": float(transaction.evse or 0),
        "wire": transaction.wire,
        "state": transaction.state,
        "tag": transaction.id_tag,
        "energy": None if transaction.energy_wh is None else -transaction.energy_wh,
        "power": None if transaction.power_w is None or transaction.state != "active" else -transaction.power_w,
        "length": length_s(transaction, now_ns, station),
    }
    return found.get(column)
