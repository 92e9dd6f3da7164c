"""Server CPU per message: servers interleaved, each pinned to one core and the load to the other, medians of the runs."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from typing import Any

SERVERS = ("ours", "ours-no-journal", "ocpp", "echo")


def one_run(server: str, version: str, stations: int, messages: int) -> dict[str, Any]:
    """One server, one load: CPU microseconds a message, waits, memory."""
    cores = sorted(os.sched_getaffinity(0))
    serve = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.servers", server, version],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert serve.stdin is not None
    assert serve.stdout is not None
    os.sched_setaffinity(serve.pid, {cores[0]})
    port = int(serve.stdout.readline())
    load = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.load", str(port), version, str(stations), str(messages), server],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert load.stdin is not None
    assert load.stdout is not None
    os.sched_setaffinity(load.pid, {cores[-1]})
    try:
        if load.stdout.readline().strip() != "warm":
            raise SystemExit(f"the load for {server} did not start")
        before = _ask(serve)
        load.stdin.write("go\n")
        load.stdin.flush()
        result: dict[str, Any] = json.loads(load.stdout.readline())
        after = _ask(serve)
    finally:
        load.kill()
        serve.stdin.close()
        serve.wait(20)
        load.wait(20)
        for stream in (serve.stdout, load.stdin, load.stdout):
            stream.close()
    result["us_per_message"] = (after["cpu"] - before["cpu"]) / result["messages"] * 1e6
    result["rss_kib"] = after["rss_kib"]
    return result


def _ask(serve: subprocess.Popen[str]) -> dict[str, float]:
    assert serve.stdin is not None
    assert serve.stdout is not None
    serve.stdin.write("?\n")
    serve.stdin.flush()
    answer: dict[str, float] = json.loads(serve.stdout.readline())
    return answer


def measure(repetitions: int, stations: int, messages: int) -> dict[str, Any]:
    """All servers, both versions; medians and the ratios that quality is measured by."""
    table: dict[str, Any] = {}
    for version in ("1.6", "2.0.1"):
        runs: dict[str, list[dict[str, Any]]] = {server: [] for server in SERVERS}
        for _ in range(repetitions):
            for server in SERVERS:
                # The slow one gets fewer messages: it is the cost of one that counts.
                count = messages // 8 if server == "ocpp" else messages
                runs[server].append(one_run(server, version, stations, count))
        cost = {server: statistics.median(run["us_per_message"] for run in runs[server]) for server in SERVERS}
        table[version] = {
            "us_per_message": cost,
            "p99_ms": {server: statistics.median(run["p99_ms"] for run in runs[server]) for server in SERVERS},
            "against ocpp routing": cost["ocpp"] / cost["ours"],
            "against raw echo": cost["echo"] / cost["ours"],
            "journal on against off": cost["ours-no-journal"] / cost["ours"],
            "runs": runs,
        }
    return table
