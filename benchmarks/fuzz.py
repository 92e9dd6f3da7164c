"""``make fuzz``: every schema of the three versions, and the frame parser, at whatever a station could say.

``--rounds N`` payloads for each request that a station may send and for each answer that it may give, one half valid, the
other with something wrong, each through the whole road (``benchmarks.fuzz_road``); then ``--seconds N`` of the frame
parser under a coverage-guided fuzzer (``benchmarks.fuzz_frames``). What escapes is written to a file that repeats it.
Exit code 1 where anything did.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import subprocess
import sys
import time
import traceback
from collections import Counter
from pathlib import Path
from typing import Any, Final

from benchmarks.fuzz_road import Broken, Road
from benchmarks.schema_words import call_text, words
from console.engine.dialects import VERSIONS
from console.engine.fleet.order import Order
from console.engine.wire.frame import SEND
from console.engine.wire.schema import violations

LOOKED: Final = 100  # rounds after which the fleet is looked at as programs see it
_FRAMES_EACH: Final = 3  # different finds of one place that are written


class Finds:
    """What escaped: one file for each, few for each place in the code."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.places: Counter[str] = Counter()

    def add(self, error: Exception, what: dict[str, Any]) -> None:
        """Note it and write it down."""
        last = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{type(error).__name__} in {Path(last.filename).name}:{last.lineno} {str(error)[:120]}"
        place = str(error)[:160] if isinstance(error, Broken) else place
        self.places[place] += 1
        if self.places[place] > _FRAMES_EACH:
            return
        what = {**what, "error": "".join(traceback.format_exception(error))}
        text = json.dumps(what, indent=1, default=str)
        self.folder.mkdir(parents=True, exist_ok=True)
        name = f"schema-{hashlib.sha256(text.encode()).hexdigest()[:12]}.json"
        (self.folder / name).write_text(text)


async def schemas(rounds: int, seed: int, finds: Finds) -> dict[str, Any]:
    """Every request and every answer; how many cases there were, and how many of the mutated ones were wrong indeed."""
    cases: Counter[str] = Counter()
    for version in VERSIONS:
        road = Road(version)
        dialect = road.dialect
        for action in sorted(dialect.sendable | dialect.sends):
            made = words(version, action, seed=seed)
            kind = SEND if action in dialect.sends else 2
            for turn in range(rounds):
                payload = made.valid() if turn % 2 else made.broken(made.valid())
                unique_id = f"f{cases['cases']}"
                text = call_text(unique_id, action, payload).replace("[2,", f"[{kind},", 1)
                cases["cases"] += 1
                cases["valid"] += not violations(version, action, payload)
                try:
                    road.call(unique_id, action, payload, text)
                    if turn % LOOKED == 0:
                        road.look()
                    if turn % 4 == 0:
                        cases["spoilt text"] += 1
                        road.hear(made.spoilt(text))
                except Exception as error:
                    finds.add(error, {"version": version, "action": action, "text": text})
        for action in sorted(dialect.callable):
            asked, said = words(version, action, seed=seed), words(version, action, answer=True, seed=seed)
            order = Order(id=7, station="CP-FUZZ", name="raw", arguments={"action": action})
            for turn in range(rounds):
                request = asked.valid()
                response = said.valid() if turn % 2 else said.broken(said.valid())
                cases["cases"] += 1
                cases["answers"] += 1
                cases["valid"] += not violations(version, action, response, answer=True)
                try:
                    exchange = road.answer(action, request, response)
                    dialect.judge(order, exchange)
                    if turn % LOOKED == 0:
                        road.look()
                except Exception as error:
                    finds.add(error, {"version": version, "action": action, "request": request, "response": response})
        await asyncio.sleep(0)
    return dict(cases)


def frames(seconds: int, folder: Path) -> tuple[str, int]:
    """The frame parser in a process of its own, which a find ends; with what, and how many finds are in the folder."""
    command = [sys.executable, "-m", "benchmarks.fuzz_frames", str(seconds), str(folder)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "frames.log").write_text(done.stdout)
    by = next((line for line in done.stdout.splitlines() if line.startswith("fuzzed by")), "did not start")
    found = len(list(folder.glob("frames-*")))
    return by, found or (0 if done.returncode == 0 else 1)


def main() -> int:
    """0 where nothing escaped, else 1."""
    parser = argparse.ArgumentParser(prog="make fuzz ARGS=…", description="Whatever a station could say.")
    parser.add_argument("--rounds", type=int, default=200, metavar="N", help="payloads for each schema (200)")
    parser.add_argument("--seconds", type=int, default=60, metavar="N", help="of the frame parser (60); 0: not at all")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="other payloads")
    parser.add_argument("--out", type=Path, default=Path("bench-results/fuzz"), help="where finds are written")
    given = parser.parse_args()
    for old in given.out.glob("*-*"):
        old.unlink()
    finds = Finds(given.out)
    began = time.monotonic()
    cases = asyncio.run(schemas(given.rounds, given.seed, finds))
    escaped = sum(finds.places.values())
    share = cases["valid"] / cases["cases"]
    print(
        f"schemas: {cases['cases']} payloads ({share:.0%} valid, {cases['answers']} of them answers) and"
        f" {cases['spoilt text']} spoilt texts in {time.monotonic() - began:.0f} s, {escaped} escaped"
    )
    for place, count in finds.places.most_common():
        print(f"  {count} × {place}")
    found = 0
    by = "not asked for"
    if given.seconds:
        by, found = frames(given.seconds, given.out)
        print(f"frames: {by}, {found} finds")
    outcome = {"cases": cases, "escaped": escaped, "places": dict(finds.places), "frames": by, "frame finds": found}
    given.out.mkdir(parents=True, exist_ok=True)
    (given.out / "outcome.json").write_text(json.dumps(outcome, indent=1))
    if escaped or found:
        print(f"what repeats them is in {given.out}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
