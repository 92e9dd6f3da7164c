"""``make bench``: every measurement, a table on the screen and JSON beside it.

``--quick`` for a look (minutes); ``--only NAME`` for one of: throughput, memory, paint, idle. Figures are ratios taken
side by side in one run; absolute times belong to the machine.
"""

from __future__ import annotations

import argparse
import json
import platform
from pathlib import Path
from typing import Any


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks", description="Measure chargehand; ratios, never absolute times.")
    parser.add_argument("--quick", action="store_true", help="fewer repetitions and stations")
    parser.add_argument("--only", action="append", choices=["throughput", "memory", "paint", "idle"], default=[])
    parser.add_argument("--out", type=Path, default=Path("bench-results/latest.json"))
    given = parser.parse_args()
    wanted = given.only or ["throughput", "memory", "paint", "idle"]
    found: dict[str, Any] = {"python": platform.python_version(), "quick": given.quick}
    if "throughput" in wanted:
        from benchmarks.throughput import measure

        found["throughput"] = measure(2 if given.quick else 5, 100, 10_000 if given.quick else 30_000)
        _throughput(found["throughput"])
    if "memory" in wanted:
        from benchmarks.memory import idle_stations

        found["memory"] = idle_stations(500 if given.quick else 5000)
        row = found["memory"]["KiB a station"]
        print(f"memory: {row['ours']:.1f} KiB a connected idle station (bare websockets server: {row['echo']:.1f})")
    if "paint" in wanted:
        from benchmarks.screen import first_paint

        found["paint"] = first_paint(3 if given.quick else 9)
        print(f"first paint: {found['paint']['first paint against python -c pass']:.1f} × python -c pass")
    if "idle" in wanted:
        from benchmarks.screen import idle

        found["idle"] = [idle(200, 15 if given.quick else 60, interval) for interval in (300, 10)]
        for row in found["idle"]:
            share = f"{row['share_of_a_core']:.2%} of a core"
            print(f"idle console, 200 stations heartbeating every {row['heartbeat_s']} s: {share}")
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text(json.dumps(found, indent=1))
    print(f"written: {given.out}")


def _throughput(table: dict[str, Any]) -> None:
    print("server CPU a message, microseconds (medians), and ratios (higher is better for us)")
    for version, row in table.items():
        costs = "  ".join(f"{name} {cost:.1f}" for name, cost in row["us_per_message"].items())
        print(f"  {version:6} {costs}")
        for name in ("against ocpp routing", "against raw echo", "journal on against off"):
            print(f"         {name}: {row[name]:.2f} ×")


main()
