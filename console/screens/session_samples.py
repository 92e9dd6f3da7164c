"""The sampled values of a session: one row a moment, one column a measurand and phase."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from widgets.columns import Cell, CellLike, Column, Row
from widgets.format import clock
from widgets.safe import safe_text

if TYPE_CHECKING:
    from console.engine.fleet.model import StoredSample

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
    named = Counter((measurand, phase) for measurand, phase, _ in keys)
    columns = [Column("time", "TIME", 12, 12), Column("context", "CONTEXT", 15, 15, priority=1)]
    for at, key in enumerate(keys):
        unit = "%" if found[key] == "Percent" else found[key]
        # Where it was measured is told only where the same is measured at two places.
        where = f" {key[2]}" if named[key[:2]] > 1 and key[2] else ""
        name = " ".join(word for word in (_SHORT.get(key[0], key[0]), key[1]) if word)
        title = safe_text(f"{name}{where}{f' {unit}' if unit else ''}", max_chars=24)
        columns.append(Column(f"m{at}", title, max(10, len(title)), max(8, min(len(title), 14)), align="right"))
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
