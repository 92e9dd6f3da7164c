"""``python -m benchmarks.report``: the table and the picture in docs/performance.md, made anew of what was measured.

Reads bench-results/latest.json (``make bench``), soak.json and soak-long.json (``make soak``) and fuzz/outcome.json
(``make fuzz``); what was not measured is said to be so.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from benchmarks.plot import write as write_plot

RESULTS: Final = Path("bench-results")
PAGE: Final = Path("docs/performance.md")
BEGIN: Final = "<!-- figures: python -m benchmarks.report -->"
END: Final = "<!-- end of figures -->"


class Figure(NamedTuple):
    """One row. ``found`` None: not measured. ``least``: as much or more is wanted, otherwise as much or less."""

    what: str
    wanted: float
    found: float | None
    command: str
    least: bool = False
    unit: str = ""
    digits: int = 2
    why: str = ""

    @property
    def kept(self) -> bool | None:
        """Whether it is as good as it should be."""
        if self.found is None:
            return None
        return self.found >= self.wanted if self.least else self.found <= self.wanted

    def value(self, number: float) -> str:
        """A number with its unit."""
        text = f"{number:,.{self.digits}f}"
        return f"{text}{self.unit}" if self.unit.startswith(("×", " ", "%")) else f"{text} {self.unit}".rstrip()

    @property
    def row(self) -> str:
        """The table's row."""
        sign = "≥" if self.least else "≤"
        wanted = f"{sign} {self.value(self.wanted)}" if self.wanted or self.least else "0"
        found = "not measured" if self.found is None else self.value(self.found)
        mark = {True: "✓", False: "✖", None: "·"}[self.kept]
        return f"| {self.what} | {wanted} | {found} | {mark} | `{self.command}` |"

    @property
    def missed(self) -> str | None:
        """By how much it is missed, and why."""
        if self.kept is not False or self.found is None:
            return None
        by = f"{abs(self.found / self.wanted - 1):.0%}" if self.wanted else self.value(self.found)
        return f"- **{self.what}**: {self.value(self.found)}, missed by {by}. {self.why}".rstrip()


def figures(
    bench: dict[str, Any], soak: dict[str, Any] | None, fuzz: dict[str, Any] | None, long: dict[str, Any] | None = None
) -> Iterator[Figure]:
    """Every figure that we hold ourselves to."""
    yield from _throughput(_found(bench, "throughput"))
    yield from _links(bench)
    yield from _screen(bench)
    yield from _filters(_found(bench, "filters"))
    yield from _kept_promises(soak, fuzz)
    yield _memory_slope(long)


def _throughput(table: dict[str, Any] | None) -> Iterator[Figure]:
    wanted = {"1.6": (8.0, 0.55), "2.0.1": (12.0, 0.55)}
    command = "make bench ARGS='--only throughput'"
    peer = "against ocpp-rpc, both without a store"
    for version, (routed, echoed) in wanted.items():
        row = (table or {}).get(version, {})
        yield Figure(
            f"CPU a message on {version}, stored, against the `ocpp` package's routing as shipped",
            routed,
            row.get("against ocpp routing"),
            command,
            least=True,
            unit="×",
            digits=1,
            why="Ours does more by the record and the fold; the rows without a store and against the echo tell them.",
        )
        yield Figure(
            f"the same against a bare `websockets` echo, on {version}",
            echoed,
            row.get("against raw echo"),
            command,
            least=True,
            unit="×",
            why="The echo neither reads the JSON, nor checks two schemas, nor waits for a disk. Of the rest about half is "
            "the record: its row, its commit and its fold.",
        )
        yield Figure(
            f"the same against npm's ocpp-rpc with strict validation, both without a store, on {version}",
            1.0,
            row.get(peer),
            command,
            least=True,
            unit="×",
            why="The peer answers and forgets; ours also folds every message into sessions, readings and alarms. In Python "
            "the bare echo alone costs as much as all of the peer.",
        )
        yield Figure(
            f"journal on (synchronous=FULL) against off, on {version}",
            0.5,
            row.get("journal on against off"),
            command,
            least=True,
            unit="×",
        )


def _links(bench: dict[str, Any]) -> Iterator[Figure]:
    memory = _found(bench, "memory")
    count = f"{memory['stations']:,}" if memory else "10,000"
    yield Figure(
        f"memory of a connected station with all the console keeps of it ({count} of them)",
        60,
        memory["KiB a station"]["ours"] if memory else None,
        "make bench ARGS='--only memory'",
        unit="KiB",
        digits=1,
    )
    links = _found(bench, "links")
    most = max((int(count) for count in links["us_per_message"]), default=0) if links else 10_000
    yield Figure(
        f"cost of a message with {most:,} links against 100: flat",
        1.15,
        links["most against fewest links"] if links else None,
        "make bench ARGS='--only links'",
        unit="×",
        why="Of it some 9 µs a message are the snapshots, as runs without them show: every station is written once in ten "
        "seconds. The rest is supposed, not measured: nothing that belongs to a link is in the CPU's cache when "
        "its turn comes, after 9,900 others.",
    )


def _screen(bench: dict[str, Any]) -> Iterator[Figure]:
    command = "make bench ARGS='--only latency'"
    every = _found(bench, "latency") or ()
    runs = {(run["links"], run["journal"]): run for run in every if not run.get("flood")}
    why = "Engine and screen share one loop and one core here; who needs them apart runs `serve` and looks from elsewhere."
    for links, message, key, percent in ((200, 20, 50, "p95"), (10_000, 20, 60, "p99")):
        run = runs.get((links, True))
        where = f"{links:,} links, 1,000 messages a second, the log moving"
        found = run["messages"]["p99_ms"] if run else None
        yield Figure(f"{where}: message p99", message, found, command, unit="ms", digits=1, why=why)
        drawn = run["keys"][f"{percent}_ms"] if run else None
        yield Figure(f"{where}: key to paint {percent}", key, drawn, command, unit="ms", digits=0, why=why)
    floods = {run["flood"]: run for run in every if run.get("flood")}
    for kind, words in (("reports", "reports of 60 kB"), ("calls", "5,000 calls a second")):
        run = floods.get(kind)
        where = f"one station floods with {words}, beside 50 others"
        longest = run["messages"]["max_ms"] if run else None
        yield Figure(f"{where}: longest wait of their messages", 1000, longest, command, unit="ms", digits=0, why=why)
        drawn = run["keys"]["p95_ms"] if run else None
        yield Figure(f"{where}: key to paint p95", 100, drawn, command, unit="ms", digits=0, why=why)
    idle = {run["heartbeat_s"]: run for run in _found(bench, "idle") or ()}
    yield Figure(
        "idle console, 200 stations heartbeating every 300 s: share of a core",
        2,
        idle[300]["share_of_a_core"] * 100 if 300 in idle else None,
        "make bench ARGS='--only idle'",
        unit="%",
        digits=1,
    )
    paint = _found(bench, "paint")
    yield Figure(
        "first paint, in times of `python -c pass`",
        30,
        paint["first paint against python -c pass"] if paint else None,
        "make bench ARGS='--only paint'",
        unit="×",
        digits=1,
    )


def _filters(found: dict[str, Any] | None) -> Iterator[Figure]:
    command = "make bench ARGS='--only filters'"
    rows = f"{found['rows']:,}" if found else "1,000,000"
    from benchmarks.filters import FILTERS

    growth = [ratio for name, ratio in found["full against a tenth"].items() if name in FILTERS] if found else []
    yield Figure(
        f"newest 200 of {rows} exchanges by any filter that has a table, with all that a screen needs of them, the slowest",
        5,
        found["slowest indexed filter ms"] if found else None,
        command,
        unit="ms",
        digits=1,
        why="The search itself takes under 1 ms; the rest is 200 rows, and the payloads of the fifty in sight.",
    )
    yield Figure(
        f"the same at {rows} against a tenth of it, the worst: flat",
        1.5,
        max(growth) if growth else None,
        command,
        unit="×",
        why="At a tenth all bodies are plain; at the full size a page out of the past is unpacked first.",
    )
    yield Figure(
        "size of the journal for a million messages, with the samples of their sessions",
        250,
        found["MB a million"] + found["sessions"]["MB a million"] if found and "sessions" in found else None,
        command,
        unit="MB",
        digits=0,
    )


def _kept_promises(soak: dict[str, Any] | None, fuzz: dict[str, Any] | None) -> Iterator[Figure]:
    arguments = (soak or {}).get("arguments", "--minutes 5 --kills 13 --freezes 37")
    command = f"make soak ARGS='{arguments}'"
    promises = {one["what"]: one for one in soak["promises"]} if soak else {}
    kills = soak["figures"]["kills"] if soak else 0
    told = f" of {soak['figures']['acknowledged records']:,}, {kills} kills" if soak else ""
    names = {
        "acknowledged records that are lost": f"acknowledged records lost on a bad network{told}",
        "transactions that are there twice": "transactions that are there twice after it",
        "tracebacks in the console's log": "tracebacks in its log",
    }
    for name, what in names.items():
        found = promises.get(name)
        yield Figure(what, 0, float(found["found"].partition(":")[0]) if found else None, command, digits=0)
    cases = f" ({fuzz['cases']['cases']:,} payloads)" if fuzz else ""
    yield Figure(
        f"escaped exceptions and answers that break their schema, all schemas{cases} and the frame parser",
        0,
        float(fuzz["escaped"] + fuzz["frame finds"]) if fuzz else None,
        "make fuzz ARGS='--rounds 1000'",
        digits=0,
    )


def _memory_slope(long: dict[str, Any] | None) -> Figure:
    promise = next((one for one in (long or {}).get("promises", ()) if one["what"].startswith("memory")), None)
    judged = promise is not None and promise["kept"] is not None
    arguments = (long or {}).get("arguments", "--minutes 62 --every 7")
    return Figure(
        "memory of a console on a bad network, after the first third: MB an hour",
        1,
        float(promise["found"].split()[0]) if promise is not None and judged else None,
        f"make soak ARGS='{arguments} --out bench-results/soak-long.json'",
        why="Lists with a bound (the last 2,000 connections, 256 sessions a station) fill for half an hour and more"
        + _last_part(long)
        + ".",
    )


def _last_part(long: dict[str, Any] | None) -> str:
    """What memory did over the last fifth of the longest life."""
    lives: list[list[tuple[float, int]]] = (long or {}).get("memory", [])
    life = max(lives, key=len, default=[])
    late = [(at / 3600, size / 1e6) for at, size in life if at >= life[-1][0] * 0.8]
    if len(late) < 10:
        return ""
    slope = statistics.linear_regression([at for at, _ in late], [size for _, size in late]).slope
    return f"; over the last fifth of the run it rose by {slope:.1f} MB an hour"


def _found(bench: dict[str, Any], name: str) -> Any:
    part = bench.get(name)
    return None if part is None else part["found"]


def _read(path: Path) -> dict[str, Any] | None:
    if not path.is_file():
        return None
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def table(
    bench: dict[str, Any], soak: dict[str, Any] | None, fuzz: dict[str, Any] | None, long: dict[str, Any] | None = None
) -> str:
    """The table, when it was measured, and what is missed."""
    rows = list(figures(bench, soak, fuzz, long))
    parts = [part for part in bench.values() if isinstance(part, dict) and "at" in part]
    notes = [f"CPython {bench.get('python', '?')}"]
    if parts:
        notes.append(f"measured on {max(part['at'] for part in parts)[:10]}")
        notes.append(f"load of the machine before each part up to {max(part['load before'] for part in parts):.1f}")
    if any(part["quick"] for part in parts):
        notes.append("some parts with `--quick`")
    missed = [line for line in (row.missed for row in rows) if line is not None]
    lines = [
        "| what | wanted | measured | | made by |",
        "|---|---|---|---|---|",
        *(row.row for row in rows),
        "",
        "; ".join(notes) + ".",
        "",
        *(("Missed:", "", *missed) if missed else ("None is missed.",)),
    ]
    return "\n".join(lines)


def main() -> None:
    bench = _read(RESULTS / "latest.json") or {}
    soak, long = _read(RESULTS / "soak.json"), _read(RESULTS / "soak-long.json")
    made = table(bench, soak, _read(RESULTS / "fuzz" / "outcome.json"), long)
    page = PAGE.read_text()
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n{made}\n{END}{after}")
    write_plot(bench, PAGE.with_suffix(".svg"))
    print(made)


if __name__ == "__main__":
    main()
