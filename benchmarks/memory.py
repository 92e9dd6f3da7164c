"""Memory of connected idle stations, everything included: the engine's process before and after they connect."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from typing import Any


def idle_stations(count: int) -> dict[str, Any]:
    """KiB a connected, booted station with one connector; ours and a bare websockets server."""
    allow_files(count + 200)
    return {"stations": count, "KiB a station": {name: _one(name, count) for name in ("ours", "echo")}}


def allow_files(count: int) -> None:
    """Let this process, and those it starts, open so many files, as far as the system allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, count), hard))


def _one(server: str, count: int) -> float:
    serve = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.servers", server, "1.6"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONMALLOC": "pymalloc"},
    )
    assert serve.stdin is not None
    assert serve.stdout is not None
    port = serve.stdout.readline().strip()

    def resident() -> int:
        assert serve.stdin is not None
        assert serve.stdout is not None
        serve.stdin.write("?\n")
        serve.stdin.flush()
        kib: int = json.loads(serve.stdout.readline())["rss_kib"]
        return kib

    _connect(port, 20)
    before = resident()
    load = _connect(port, count, keep=True)
    after = resident()
    assert load is not None
    load.kill()
    load.wait()
    serve.stdin.close()
    serve.wait(60)
    serve.stdout.close()
    return (after - before) / count


def _connect(port: str, count: int, *, keep: bool = False) -> subprocess.Popen[str] | None:
    load = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.idle_load", port, str(count), "0"], stdout=subprocess.PIPE, text=True
    )
    assert load.stdout is not None
    load.stdout.readline()
    load.stdout.close()
    if keep:
        return load
    load.kill()
    load.wait()
    return None
