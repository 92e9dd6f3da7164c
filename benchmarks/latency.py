"""How long a message waits for its answer and a key for its echo, while the console draws a thousand messages a second.

The console runs in a pseudo-terminal with the message log moving; it has one core, the load another. A key is a letter
typed into the command line that stands nowhere else; its echo is that letter in what the terminal gets to draw.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
from typing import Any, Final

from benchmarks.memory import allow_files
from benchmarks.screen import Terminal, console_command, free_port

LETTERS: Final = "жшюяэыъщчцхфлдбгзйпиЖШЮЯЭЫЪЩЧЦ"
WITHIN: Final = 10.0  # seconds; a key that takes longer is counted as that
_SECTION: Final = b"3"  # the message log
_GAP: Final = 0.25  # seconds between two keys


def busy(links: int, rate: int, seconds: float, *, journal: bool, flood: str = "") -> dict[str, Any]:
    """p99 of messages and p95 of keys, milliseconds. ``flood``: beside them one station floods (``benchmarks.flood``)."""
    allow_files(links + 200)
    cores = sorted(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory(prefix="chargehand-bench-", dir=os.environ.get("BENCH_DIR")) as folder:
        port = free_port()
        arguments, environment = console_command(folder, port)
        if not journal:
            arguments[arguments.index("-m") + 1] = "benchmarks.no_journal"
        terminal = Terminal(arguments, environment)
        os.sched_setaffinity(terminal.pid, {cores[0]})
        terminal.wait_open(port)
        load = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.paced", str(port), str(links), str(rate)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        os.sched_setaffinity(load.pid, {cores[-1]})
        flooding: subprocess.Popen[Any] | None = None
        try:
            terminal.wait_for(load, 300)
            terminal.write(_SECTION)
            if flood:
                flooding = subprocess.Popen([sys.executable, "-m", "benchmarks.flood", str(port), flood], stdout=-1)
                os.sched_setaffinity(flooding.pid, {cores[-1]})
            terminal.read(5)
            _ask(load)
            before = terminal.cpu()
            keys = _type(terminal, seconds)
            found = _ask(load)
            found["share_of_a_core"] = (terminal.cpu() - before) / seconds
        finally:
            for process in (load, flooding):
                if process is not None:
                    _end(process)
            terminal.end()
    keys.sort()
    return {
        "links": links,
        "rate": rate,
        "journal": journal,
        "flood": flood,
        "messages": found,
        "keys": {"count": len(keys), "p50_ms": _at(keys, 50), "p95_ms": _at(keys, 95), "p99_ms": _at(keys, 99)},
    }


def _end(process: subprocess.Popen[Any]) -> None:
    process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            stream.close()


def _type(terminal: Terminal, seconds: float) -> list[float]:
    """Type letters for some seconds; how long each took to be drawn, in ms."""
    chance = random.Random(1)
    waits: list[float] = []
    for turn in range(int(seconds / _GAP)):
        letter = LETTERS[turn % len(LETTERS)].encode()
        if turn % len(LETTERS) == 0:
            terminal.write(b"\x1b")
            terminal.read(0.5)
            terminal.write(b":")
            terminal.read(0.5)
        waits.append(terminal.press(letter, letter, WITHIN) * 1000)
        terminal.read(_GAP * chance.uniform(0.5, 1.5))
    return waits


def _ask(load: subprocess.Popen[str]) -> dict[str, Any]:
    assert load.stdin is not None
    assert load.stdout is not None
    load.stdin.write("?\n")
    load.stdin.flush()
    found: dict[str, Any] = json.loads(load.stdout.readline())
    return found


def _at(found: list[float], percent: int) -> float:
    return found[min(len(found) - 1, len(found) * percent // 100)]


def show(found: dict[str, Any]) -> None:
    """Print one measurement."""
    kept = "with the journal" if found["journal"] else "without a journal"
    messages, keys = found["messages"], found["keys"]
    if found["flood"]:
        kept += f", one station flooding with {found['flood']}"
    print(
        f"{found['links']} links, {found['rate']} messages a second, the log moving, {kept}: message p99"
        f" {messages['p99_ms']:.1f} ms, key to paint p95 {keys['p95_ms']:.0f} ms, p99 {keys['p99_ms']:.0f} ms;"
        f" longest message {messages['max_ms']:.0f} ms"
    )
