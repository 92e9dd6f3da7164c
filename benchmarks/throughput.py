"""Server CPU per message: servers interleaved, each pinned to one core and the load to the other, medians of the runs."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from typing import Any

from benchmarks import peers
from benchmarks.memory import allow_files

SERVERS = ("ours", "ours-no-journal", "ocpp", "echo")
PEER = "ocpp-rpc"


def one_run(server: str, version: str, stations: int, messages: int, *, turns: bool = False) -> dict[str, Any]:
    """One server, one load: CPU microseconds a message, waits, memory. ``turns``: at most 100 stations at a time."""
    cores = sorted(os.sched_getaffinity(0))
    command, environment = [sys.executable, "-m", "benchmarks.servers", server, version], None
    if server == PEER:
        peer = peers.command()
        assert peer is not None
        command, environment = peer
    serve = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
    assert serve.stdin is not None
    assert serve.stdout is not None
    os.sched_setaffinity(serve.pid, {cores[0]})
    port = int(serve.stdout.readline())
    load = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.load", str(port), version, str(stations), str(messages), server]
        + (["turns"] if turns else []),
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
    missing = peers.install()
    if missing is not None:
        print(missing)
    servers = SERVERS if missing is not None else (*SERVERS, PEER)
    for version in ("1.6", "2.0.1"):
        runs: dict[str, list[dict[str, Any]]] = {server: [] for server in servers}
        for _ in range(repetitions):
            for server in servers:
                # The slow one gets fewer messages: it is the cost of one that counts.
                count = messages // 8 if server == "ocpp" else messages
                runs[server].append(one_run(server, version, stations, count))
        cost = {server: statistics.median(run["us_per_message"] for run in runs[server]) for server in servers}
        table[version] = {
            "us_per_message": cost,
            "p99_ms": {server: statistics.median(run["p99_ms"] for run in runs[server]) for server in servers},
            "against ocpp routing": cost["ocpp"] / cost["ours"],
            "against raw echo": cost["echo"] / cost["ours"],
            "journal on against off": cost["ours-no-journal"] / cost["ours"],
            "runs": runs,
        }
        if PEER in cost:
            table[version]["against ocpp-rpc, both without a store"] = cost[PEER] / cost["ours-no-journal"]
    return table


def by_links(repetitions: int, counts: tuple[int, ...]) -> dict[str, Any]:
    """What a message costs our engine with ever more links; every link has its turn, so none of them is warm.

    Each says the whole mix of ten at least once: a status or a heartbeat costs half of a message with readings.
    """
    allow_files(max(counts) + 200)
    runs: dict[int, list[float]] = {count: [] for count in counts}
    for _ in range(repetitions):
        for count in counts:
            runs[count].append(one_run("ours", "1.6", count, max(20_000, 10 * count), turns=True)["us_per_message"])
    cost = {count: statistics.median(found) for count, found in runs.items()}
    return {"us_per_message": cost, "most against fewest links": cost[max(counts)] / cost[min(counts)]}
