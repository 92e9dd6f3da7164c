"""What is known of one session, line by line: how it began and ended, by whom, and whether the readings agree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from console.screens.session_rows import gaps_text, length_s, place, silence
from widgets.format import date_clock, duration, energy_exact, thousands

if TYPE_CHECKING:
    from console.engine.fleet.model import Station, StoredSample, Transaction


def facts(
    transaction: Transaction, samples: Sequence[StoredSample], now_ns: int, station: Station | None = None
) -> list[tuple[str, str, str]]:
    """(name, value, tone) of everything that is known, for the detail view; values are not yet safe."""
    old = silence(transaction, station, now_ns)
    wire = transaction.wire or "none: it began offline"
    rows = [
        ("session", f"{transaction.station} · EVSE {place(transaction)}", "bold"),
        ("tx", wire, ""),
        ("started", _started(transaction), ""),
        ("stopped", _stopped(transaction, old), "warn" if transaction.state == "inferred" or old else ""),
        ("length", duration(length_s(transaction, now_ns, station)), ""),
        ("register", _register(transaction), ""),
    ]
    rows += _judged(transaction, samples)
    if transaction.soc is not None:
        rows.append(("charge", f"{thousands(transaction.soc)} %", ""))
    count = f"{thousands(transaction.samples)} {'value' if transaction.samples == 1 else 'values'}"
    stored = "" if len(samples) == transaction.samples else f", {thousands(len(samples))} of them read from the disk"
    rows.append(("samples", count + stored, ""))
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


def _stopped(transaction: Transaction, old: str | None = None) -> str:
    if old is not None:
        return f"not told: {old}; its last word came {date_clock(transaction.last_update)}"
    if transaction.state == "active":
        return "still running"
    if transaction.closed_by is not None and transaction.state == "inferred":
        return f"closed by hand ({transaction.closed_by}); its last word came {date_clock(transaction.last_update)}"
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
    told = f"{energy_exact(metered)} from the first to the last"
    if round(apart):
        told += f"; start and stop tell {abs(apart):.0f} Wh {'more' if apart > 0 else 'less'}"
    return [("readings", told, tone)]


def _wh(sample: StoredSample) -> float | None:
    value = sample.sample.value
    return value * 1000 if value is not None and sample.sample.unit == "kWh" else value
