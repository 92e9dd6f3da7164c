"""Sessions as rows and as facts: pure views of transactions and their samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from console.engine.journal.rows import iso, transaction_row
from widgets.columns import Cell, CellLike, Column, Row
from widgets.format import NOTHING, clock, date_clock, duration, energy, energy_exact, power, thousands
from widgets.safe import safe_text

if TYPE_CHECKING:
    from console.engine.fleet.model import StoredSample, Transaction

COLUMNS: Final = (
    Column("started", "STARTED", width=14, min_width=14),
    Column("station", "STATION", width=16, min_width=9, max_width=26, weight=1),
    Column("place", "EVSE", width=4, min_width=4, priority=5),
    Column("wire", "TX", width=10, min_width=5, max_width=20, weight=1, priority=4),
    Column("state", "STATE", width=15, min_width=10),
    Column("tag", "ID TAG", width=14, min_width=8, max_width=22, weight=1, priority=3),
    Column("energy", "ENERGY", width=9, min_width=9, align="right"),
    Column("power", "POWER", width=8, min_width=8, align="right", priority=2),
    Column("length", "LENGTH", width=9, min_width=8, align="right", priority=1),
    Column("note", "NOTE", width=22, min_width=10, weight=3, priority=6),
)
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


def state_cell(transaction: Transaction) -> Cell:
    """The state with its glyph; a session that runs says what it does, where the station told."""
    glyph, tone, word = _STATES.get(transaction.state, ("?", "muted", transaction.state))
    if transaction.state == "active" and transaction.charging_state:
        word = safe_text(transaction.charging_state, max_chars=20)
        if word.startswith("Suspended"):
            glyph, tone = "◐", "warn"
    return Cell(f"{glyph} {word}", tone)


def length_s(transaction: Transaction, now_ns: int) -> float | None:
    """Seconds from its start to its end, or to now."""
    if transaction.started is None:
        return None
    end = transaction.stopped
    if end is None:
        end = now_ns if transaction.state == "active" else transaction.last_update
    return (end - transaction.started) / 1e9


def session_note(transaction: Transaction) -> CellLike:
    """Gaps and oddities first, then why it ended."""
    gaps = transaction.seq_gaps
    if gaps:
        return Cell(f"⚠ {gaps_text(gaps)} missing", "warn")
    if transaction.flags:
        return Cell(f"⚠ {transaction.flags[0]}", "warn")
    if transaction.stop_reason:
        return Cell(transaction.stop_reason, "muted")
    return Cell("offline", "muted") if transaction.offline else None


def gaps_text(gaps: Sequence[tuple[int, int]], most: int = 4) -> str:
    """``seqNo 5, 8–11``."""
    words = [str(low) if low == high else f"{low}–{high}" for low, high in gaps[:most]]
    more = f" and {len(gaps) - most} more" if len(gaps) > most else ""
    return f"seqNo {', '.join(words)}{more}"


def session_row(transaction: Transaction, now_ns: int) -> Row:
    """All cells, in the order of ``COLUMNS``."""
    running = transaction.state == "active"
    return (
        # Month to second: the year stands in the detail.
        date_clock(transaction.started)[5:] if transaction.started else Cell("not told", "muted"),
        Cell(transaction.station, "bold"),
        place(transaction),
        transaction.wire or Cell(NOTHING, "muted"),
        state_cell(transaction),
        transaction.id_tag or Cell(NOTHING, "muted"),
        energy(transaction.energy_wh),
        power(transaction.power_w) if running else Cell(NOTHING, "muted"),
        duration(length_s(transaction, now_ns)),
        session_note(transaction),
    )


def sort_value(transaction: Transaction, column: str, now_ns: int) -> str | float | None:
    """What a column is ordered by."""
    found: dict[str, str | float | None] = {
        "started": -float(transaction.started or transaction.received),
        "station": transaction.station,
        "place": float(transaction.evse or 0),
        "wire": transaction.wire,
        "state": transaction.state,
        "tag": transaction.id_tag,
        "energy": None if transaction.energy_wh is None else -transaction.energy_wh,
        "power": None if transaction.power_w is None else -transaction.power_w,
        "length": length_s(transaction, now_ns),
    }
    return found.get(column)


def facts(transaction: Transaction, samples: Sequence[StoredSample], now_ns: int) -> list[tuple[str, str, str]]:
    """(name, value, tone) of everything that is known, for the detail view; values are not yet safe."""
    wire = transaction.wire or "none: it began offline"
    rows = [
        ("session", f"{transaction.station} · EVSE {place(transaction)} · tx {wire}", ""),
        ("started", _started(transaction), ""),
        ("stopped", _stopped(transaction), "warn" if transaction.state == "inferred" else ""),
        ("length", duration(length_s(transaction, now_ns)), ""),
        ("register", _register(transaction), ""),
    ]
    rows += _judged(transaction, samples)
    if transaction.soc is not None:
        rows.append(("charge", f"{thousands(transaction.soc)} %", ""))
    count = f"{thousands(transaction.samples)} sampled values"
    rows.append(("samples", f"{count}, {thousands(len(samples))} stored", ""))
    if transaction.seq_gaps:
        rows.append(("gaps", f"{gaps_text(transaction.seq_gaps, 8)} never came", "warn"))
    elif transaction.sequences:
        low, high = transaction.sequences[0][0], transaction.sequences[-1][1]
        rows.append(("sequence", f"seqNo {low}–{high}, none missing", ""))
    rows += [("note", flag, "warn") for flag in transaction.flags]
    if transaction.offline:
        rows.append(("note", "part of it was told later: the station was offline", "warn"))
    return rows


def _started(transaction: Transaction) -> str:
    when = date_clock(transaction.started) if transaction.started else "not told"
    if transaction.remote_start is not None:
        how = f"by this console, order {transaction.remote_start}"
    elif transaction.state == "orphan" and transaction.start_exchange is None:
        how = "its beginning was never seen"
    else:
        how = "at the station"
    tag = f" · id tag {transaction.id_tag}" if transaction.id_tag else ""
    return f"{when} · {how}{tag}"


def _stopped(transaction: Transaction) -> str:
    if transaction.state == "active":
        return "still running"
    if transaction.state == "inferred":
        return "the station never said so: the end is inferred"
    if transaction.stopped is None:
        return "not told"
    words = [date_clock(transaction.stopped)]
    if transaction.stop_reason:
        words.append(f"reason {transaction.stop_reason}")
    if transaction.stop_reason in ("Remote", "RemoteStop"):
        words.append("by an order")
    if transaction.stop_tag:
        same = "" if transaction.stop_tag != transaction.id_tag else ", the same"
        words.append(f"id tag {transaction.stop_tag}{same}")
    return " · ".join(words)


def _register(transaction: Transaction) -> str:
    end = transaction.stop_wh if transaction.stop_wh is not None else transaction.last_wh
    delivered = energy_exact(transaction.energy_wh)
    return f"{energy_exact(transaction.start_wh)} → {energy_exact(end)} = {delivered}"


def _judged(transaction: Transaction, samples: Sequence[StoredSample]) -> list[tuple[str, str, str]]:
    """What the station said at start and stop against what its meter readings say."""
    register = [
        (one.time, _wh(one))
        for one in samples
        if one.sample.measurand == "Energy.Active.Import.Register" and one.sample.phase is None
    ]
    values = [value for _, value in sorted(register) if value is not None]
    if len(values) < 2 or transaction.energy_wh is None or transaction.stop_wh is None:
        return []
    metered = values[-1] - values[0]
    apart = transaction.energy_wh - metered
    tone = "warn" if abs(apart) > max(100.0, abs(metered) * 0.05) else ""
    return [("readings", f"{energy_exact(metered)} between first and last reading; {apart:+.0f} Wh apart", tone)]


def _wh(sample: StoredSample) -> float | None:
    value = sample.sample.value
    return value * 1000 if value is not None and sample.sample.unit == "kWh" else value


# Samples, one row a moment and one column a measurand and phase.

_SHORT: Final = {
    "Energy.Active.Import.Register": "Energy",
    "Power.Active.Import": "Power",
    "Current.Import": "I",
    "Current.Offered": "I offered",
    "Power.Offered": "P offered",
    "Voltage": "U",
    "Temperature": "T",
    "Frequency": "f",
}

Moment = tuple[int, str]


def sample_columns(samples: Sequence[StoredSample]) -> tuple[list[Column], list[tuple[str, str | None, str | None]]]:
    """(columns, what each holds): time and context, then every measurand with its phase and location."""
    found: dict[tuple[str, str | None, str | None], str | None] = {}
    for one in samples:
        sample = one.sample
        found.setdefault((sample.measurand, sample.phase, sample.location), sample.unit)
    keys = sorted(found, key=lambda key: (list(_SHORT).index(key[0]) if key[0] in _SHORT else 99, key[0], key[1] or ""))
    places = {key[2] for key in keys}
    columns = [Column("time", "TIME", 12, 12), Column("context", "CONTEXT", 15, 15, priority=1)]
    for at, key in enumerate(keys):
        unit = found[key]
        where = f" {key[2]}" if len(places) > 1 and key[2] else ""
        name = " ".join(word for word in (_SHORT.get(key[0], key[0]), key[1]) if word)
        title = safe_text(f"{name}{where}{f' {unit}' if unit else ''}", max_chars=24)
        columns.append(Column(f"m{at}", title, max(10, len(title)), max(9, min(len(title), 14)), align="right"))
    return columns, keys


def sample_rows(
    samples: Sequence[StoredSample], keys: Sequence[tuple[str, str | None, str | None]]
) -> dict[Moment, Row]:
    """One row a moment and context, in order of time."""
    index = {key: at for at, key in enumerate(keys)}
    cells: dict[Moment, list[CellLike]] = {}
    for one in sorted(samples, key=lambda each: each.time):
        sample = one.sample
        moment = (one.time, sample.context or "")
        row = cells.get(moment)
        if row is None:
            row = cells[moment] = [
                clock(one.time, millis=True),
                Cell(sample.context or "Sample.Periodic", "muted"),
                *([None] * len(keys)),
            ]
        bad = sample.value is None
        row[2 + index[(sample.measurand, sample.phase, sample.location)]] = Cell(sample.text, "bad" if bad else "")
    return dict(cells)


def sample_export(transaction: Transaction, samples: Sequence[StoredSample]) -> list[dict[str, Any]]:
    """Every sample as a plain row for a file, each with the session it belongs to."""
    session: Mapping[str, Any] = transaction_row(transaction)
    return [
        {
            "session": session["id"],
            "station": session["station"],
            "transaction_id": session["transaction_id"],
            "time": iso(one.time),
            "evse": one.evse,
            "connector": one.connector,
            "measurand": one.sample.measurand,
            "phase": one.sample.phase,
            "location": one.sample.location,
            "context": one.sample.context,
            "value": one.sample.value,
            "unit": one.sample.unit,
            "text": one.sample.text,
        }
        for one in samples
    ]
