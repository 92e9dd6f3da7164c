"""``make bench``: every measurement, a table on the screen and JSON beside it.

``--quick`` for a look (minutes); ``--only NAME`` for some; what is not measured anew stays as it was in the JSON, so that
a long run may be made in parts. Figures are ratios taken side by side in one run; absolute times belong to the machine.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any


def throughput(quick: bool) -> Any:
    """CPU a message, beside other servers."""
    from benchmarks.throughput import measure

    table = measure(2 if quick else 5, 100, 10_000 if quick else 30_000)
    print("server CPU a message, microseconds (medians), and ratios (higher is better for us)")
    for version, row in table.items():
        costs = "  ".join(f"{name} {cost:.1f}" for name, cost in row["us_per_message"].items())
        print(f"  {version:6} {costs}")
        for name, ratio in row.items():
            if isinstance(ratio, float):
                print(f"         {name}: {ratio:.2f} ×")
    return table


def links(quick: bool) -> Any:
    """CPU a message with a hundred links and with many."""
    from benchmarks.throughput import by_links

    found = by_links(1 if quick else 3, (100, 1000) if quick else (100, 1000, 10_000))
    for count, cost in found["us_per_message"].items():
        print(f"{count} links, each with its turn: {cost:.1f} µs a message")
    return found


def memory(quick: bool) -> Any:
    """Memory of idle stations."""
    from benchmarks.memory import idle_stations

    found = idle_stations(500 if quick else 10_000)
    row = found["KiB a station"]
    print(f"memory: {row['ours']:.1f} KiB a connected idle station (bare websockets server: {row['echo']:.1f})")
    return found


def paint(quick: bool) -> Any:
    """Time to the first paint."""
    from benchmarks.screen import first_paint

    found = first_paint(3 if quick else 9)
    print(f"first paint: {found['first paint against python -c pass']:.1f} × python -c pass")
    return found


def idle(quick: bool) -> Any:
    """CPU of an idle console."""
    from benchmarks.screen import idle as measure

    found = [measure(200, 15 if quick else 60, interval) for interval in (300, 10)]
    for row in found:
        share = f"{row['share_of_a_core']:.2%} of a core"
        print(f"idle console, 200 stations heartbeating every {row['heartbeat_s']} s: {share}")
    return found


ROWS = 1_000_000


def filters(_quick: bool, rows: int = ROWS) -> Any:
    """Looking into a large journal, and its size: always the large one, a small one would tell nothing."""
    from benchmarks import sessions
    from benchmarks.filters import measure, show

    found = measure(rows)
    show(found)
    found["sessions"] = sessions.measure(400)
    print(
        f"  {found['sessions']['MB a million']:.0f} MB a million readings of eight samples, for the samples and sessions"
    )
    return found


def latency(quick: bool) -> Any:
    """Messages and keys while the console is busy drawing."""
    from benchmarks.flood import KINDS
    from benchmarks.latency import busy, show

    plans = [(200, True), (200, False)] if quick else [(200, True), (200, False), (10_000, True)]
    found = []
    for count, journal in plans:
        found.append(busy(count, 1000, 8 if quick else 30, journal=journal))
        show(found[-1])
    for kind in KINDS:
        found.append(busy(50, 50, 8 if quick else 30, journal=True, flood=kind))
        show(found[-1])
    return found


MEASUREMENTS: dict[str, Callable[[bool], Any]] = {
    one.__name__: one for one in (throughput, links, memory, paint, idle, filters, latency)
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks", description="Measure chargehand; ratios, never absolute times.")
    parser.add_argument("--quick", action="store_true", help="fewer repetitions and stations")
    parser.add_argument("--only", action="append", choices=list(MEASUREMENTS), default=[])
    parser.add_argument("--out", type=Path, default=Path("bench-results/latest.json"))
    parser.add_argument("--rows", type=int, default=ROWS, help="exchanges in the journal that is looked into")
    given = parser.parse_args()
    measurements: dict[str, Callable[[bool], Any]] = {**MEASUREMENTS, "filters": partial(filters, rows=given.rows)}
    given.out.parent.mkdir(parents=True, exist_ok=True)
    found: dict[str, Any] = json.loads(given.out.read_text()) if given.only and given.out.is_file() else {}
    found["python"] = platform.python_version()
    for name in given.only or MEASUREMENTS:
        load = os.getloadavg()[0]
        measured = measurements[name](given.quick)
        when = datetime.now(UTC).isoformat(timespec="seconds")
        found[name] = {"at": when, "quick": given.quick, "load before": round(load, 2), "found": measured}
        given.out.write_text(json.dumps(found, indent=1))
    print(f"written: {given.out}")


if __name__ == "__main__":
    main()
