"""``make soak``: a console on a bad network, for minutes or for days, and what is left of its promises at the end.

A ``chargehand serve`` in a process of its own; stations of 1.6 and 2.0.1 with sessions, and a few virtual ones of
``chargehand simulate``, all through a proxy of ours that lays a fault on them every few seconds; with ``--kills`` the
console is ended by SIGKILL now and then, with ``--freezes`` it is stopped for a while as a closed laptop is. Then the
journal is compared with what the stations were told. Exit code 1 where a promise was broken.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from benchmarks.proxy import FAULTS, Fault, Proxy
from benchmarks.screen import free_port
from benchmarks.soak_station import SoakStation
from benchmarks.soak_verdict import Promise, judge, memory
from console.engine.tasks import Owner, cancel_all, spawn

DRAIN: Final = 120.0  # seconds that the stations get to say what is left
FREEZE: Final = (1.0, 8.0)  # seconds that a frozen console stands still


class Console:
    """The console's process, as often as it is started, and what it said."""

    def __init__(self, data: Path, log: Path) -> None:
        self.data = data
        self.log = log
        self.port = free_port()
        self.lives: list[list[tuple[float, int]]] = []
        self.kills = 0
        self.process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it and wait for its ready line."""
        command = [sys.executable, "-m", "console", "serve", "--listen", f"127.0.0.1:{self.port}"]
        command += ["--api", "127.0.0.1:0", "--files", "127.0.0.1:0", "--data", str(self.data)]
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, stderr=log)
        assert self.process.stdout is not None
        async with asyncio.timeout(60):
            if b"ready" not in await self.process.stdout.readline():
                raise SystemExit(f"the console did not start; see {self.log}")
        self.lives.append([])

    async def kill(self) -> None:
        """SIGKILL, as the kernel or a power cut would."""
        assert self.process is not None
        self.process.kill()
        await self.process.wait()
        self.kills += 1

    async def freeze(self, seconds: float) -> None:
        """Stand still for a while."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)
        try:
            await asyncio.sleep(seconds)
        finally:
            self.process.send_signal(signal.SIGCONT)

    async def stop(self) -> int:
        """SIGTERM; its exit code."""
        assert self.process is not None
        self.process.terminate()
        try:
            async with asyncio.timeout(60):
                return await self.process.wait()
        except TimeoutError:
            self.process.kill()
            await self.process.wait()
            return -9

    async def watch(self) -> None:
        """Note how much memory it has, every five seconds."""
        while True:
            if self.process is not None and self.process.returncode is None and self.lives:
                with suppress(OSError, IndexError, ValueError):
                    self.lives[-1].append((time.monotonic(), _resident(self.process.pid)))
            await asyncio.sleep(5)

    def said(self, words: str) -> int:
        """How often these words stand in its log."""
        return self.log.read_text("utf-8", "replace").count(words)


def _resident(pid: int) -> int:
    """Bytes of memory of a process."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def soak(given: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Run it; the outcome as it is written to JSON. SIGTERM ends it as Ctrl+C does: with the programs it has started."""
    this = asyncio.current_task()
    assert this is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, this.cancel)
    chance = random.Random(given.seed)
    console = Console(folder / "data", folder / "console.log")
    await console.start()
    proxy = Proxy(console.port, given.seed)
    await proxy.start()
    end = time.monotonic() + given.minutes * 60
    stations = [
        SoakStation(number, "1.6" if number % 2 else "2.0.1", given.pace, lambda: time.monotonic() >= end)
        for number in range(given.stations)
    ]
    owner: Owner = set()
    helpers: Owner = set()
    for station in stations:
        spawn(station.run(proxy.port), name=station.identity, owner=owner)
    spawn(console.watch(), name="memory", owner=helpers)
    simulator = await _simulate(proxy.port, given.simulated, given.seed) if given.simulated else None
    laid: Counter[str] = Counter()
    clean = -1
    try:
        await _trouble(given, console, proxy, chance, laid, end)
        print(f"the end of the faults; the stations say what is left ({DRAIN:.0f} s at most)", flush=True)
        if owner:
            await asyncio.wait(owner, timeout=DRAIN)
    finally:
        late = sorted(station.identity for station in stations if not station.done)
        await cancel_all(owner)
        await cancel_all(helpers)
        if simulator is not None and simulator.returncode is None:
            simulator.terminate()
            await simulator.wait()
        await proxy.stop()
        clean = await console.stop()
    promises, figures = await judge(console.data, stations)
    tracebacks = console.said("Traceback (most recent call last)")
    promises += [
        Promise("stations that could not say everything", ", ".join(late[:5]) or "0", not late),
        Promise("tracebacks in the console's log", str(tracebacks), tracebacks == 0),
        Promise("exit code of the console at the end", str(clean), clean == 0),
        memory(console.lives),
    ]
    stalls = console.said("the event loop stood still") - laid["freeze"]
    figures |= {"kills": console.kills, "faults": dict(laid), "times its loop stood still by itself": max(0, stalls)}
    return {
        "minutes": given.minutes,
        "seed": given.seed,
        "stations": given.stations,
        "simulated": given.simulated,
        "arguments": " ".join(
            f"--{name} {value:g}"
            for name in ("minutes", "every", "kills", "freezes")
            if (value := getattr(given, name))
        ),
        "figures": figures,
        "promises": [{"what": one.what, "found": one.found, "kept": one.kept} for one in promises],
        "memory": [[(round(at - life[0][0], 1), size) for at, size in life] for life in console.lives if life],
    }


async def _trouble(
    given: argparse.Namespace, console: Console, proxy: Proxy, chance: random.Random, laid: Counter[str], end: float
) -> None:
    """A fault every so often, each lifted before the next; the console killed and frozen where that is asked for."""
    since_kill = since_freeze = time.monotonic()
    bag: list[Fault] = []
    while (left := end - time.monotonic()) > 0:
        await asyncio.sleep(min(left, given.every * 0.4))
        now = time.monotonic()
        if given.kills and now - since_kill >= given.kills:
            await console.kill()
            await asyncio.sleep(chance.uniform(0, 2))
            await console.start()
            since_kill = time.monotonic()
        elif given.freezes and now - since_freeze >= given.freezes:
            await console.freeze(chance.uniform(*FREEZE))
            since_freeze = time.monotonic()
            laid["freeze"] += 1
        bag = bag or chance.sample(FAULTS, len(FAULTS))
        fault = bag.pop()
        pairs = list(proxy.pairs)
        share = chance.choice((0.1, 0.5, 1.0))
        struck = proxy.lay(fault, chance.sample(pairs, max(1, int(len(pairs) * share))) if pairs else [])
        laid[fault] += 1
        print(f"{max(0, end - now):6.0f} s left  {fault} on {struck} of {len(pairs)} links", flush=True)
        await asyncio.sleep(given.every * 0.6)
        proxy.lift()


async def _simulate(port: int, count: int, seed: int) -> asyncio.subprocess.Process:
    command = [sys.executable, "-m", "console.simulator", f"ws://127.0.0.1:{port}/", "--stations", str(count)]
    return await asyncio.create_subprocess_exec(
        *command, "--seed", str(seed), stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )


def show(outcome: dict[str, Any]) -> bool:
    """Print the outcome; whether every promise was kept."""
    print()
    for what, figure in outcome["figures"].items():
        if isinstance(figure, dict):
            figure = ", ".join(f"{key} {count}" for key, count in sorted(figure.items())) or "none"
        print(f"  {what:46} {figure}")
    print()
    for promise in outcome["promises"]:
        mark = {True: "✓", False: "✖", None: "·"}[promise["kept"]]
        print(f"{mark} {promise['what']:46} {promise['found']}")
    return all(promise["kept"] is not False for promise in outcome["promises"])


def main() -> int:
    """0 where every promise was kept, else 1."""
    parser = argparse.ArgumentParser(prog="make soak ARGS=…", description="Faults on a console, and what is left.")
    parser.add_argument("--minutes", type=float, default=3.0, help="how long (3; a weekend is 4000)")
    parser.add_argument("--stations", type=int, default=40, metavar="N", help="stations with a ledger (40)")
    parser.add_argument("--simulated", type=int, default=6, metavar="N", help="virtual stations beside them (6)")
    parser.add_argument("--every", type=float, metavar="SECONDS", help="a fault every so often (6; 30 from an hour on)")
    parser.add_argument("--pace", type=float, default=0.5, metavar="SECONDS", help="between two messages of one (0.5)")
    parser.add_argument("--kills", type=float, default=0, metavar="SECONDS", help="SIGKILL the console every so often")
    parser.add_argument(
        "--freezes", type=float, default=0, metavar="SECONDS", help="stop it for a while every so often"
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="makes the order of the faults repeatable")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="leave journal and log there")
    parser.add_argument("--out", type=Path, default=Path("bench-results/soak.json"))
    given = parser.parse_args()
    given.every = given.every or (30.0 if given.minutes >= 60 else 6.0)
    with tempfile.TemporaryDirectory(prefix="chargehand-soak-") as temporary:
        folder = given.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        try:
            outcome = asyncio.run(soak(given, folder))
        except (KeyboardInterrupt, asyncio.CancelledError):
            print("\nended before its time; nothing was judged", file=sys.stderr)
            return 130
    kept = show(outcome)
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text(json.dumps(outcome, indent=1))
    print(f"\nwritten: {given.out}")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
