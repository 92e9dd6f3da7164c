"""A load that keeps a pace: ``python -m benchmarks.paced PORT LINKS RATE``.

Connects that many stations of 1.6, prints ``ready``, then sends RATE messages a second spread evenly over them. Each line
on stdin begins a new measurement; the waits of the last one are printed as one JSON line. Ends with stdin.
"""

from __future__ import annotations

import asyncio
import gc
import json
import random
import sys
import time
from typing import Any

from benchmarks.load import Station, masked
from benchmarks.traffic import boot, calls, frame, start
from console.engine.tasks import Owner, cancel_all, spawn

AT_ONCE = 32  # stations that dial at the same time
KINDS = 10  # messages that a station has ready; see ``benchmarks.traffic.calls``


async def main(port: int, links: int, rate: float) -> None:
    owner: Owner = set()
    gate = asyncio.Semaphore(AT_ONCE)
    waits: list[float] = []

    async def dial(number: int) -> None:
        async with gate:
            station = await Station.dial(port, f"PACED-{number:05d}", "ocpp1.6")
            await station.ask("boot", *boot("1.6"))
            answer = json.loads(await station.ask("start", *start("1.6", number)))
        script = list(calls("1.6", number, answer[2]["transactionId"], KINDS))
        # At once: a station that neither talks nor answers pings until all are there would be given up.
        spawn(talk(number, station, script), name=f"station {number}", owner=owner)

    async def talk(turn: int, station: Station, script: list[tuple[str, dict[str, Any]]]) -> None:
        period = links / rate
        due = time.perf_counter() + random.random() * period
        while True:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            due += period
            data = masked(frame(f"m{turn}", *script[turn % KINDS]))
            turn += 1
            began = time.perf_counter()
            station.writer.write(data)
            await station.hear()
            waits.append(time.perf_counter() - began)

    await asyncio.gather(*(dial(number) for number in range(links)))
    gc.collect()
    gc.freeze()  # ten thousand stations: our own garbage collection must not be what is measured
    print("ready", flush=True)
    loop = asyncio.get_running_loop()
    while await loop.run_in_executor(None, sys.stdin.readline):
        found = sorted(waits)
        waits.clear()
        print(json.dumps(_figures(found)), flush=True)
    await cancel_all(owner)


def _figures(found: list[float]) -> dict[str, float]:
    if not found:
        return {"messages": 0}
    return {
        "messages": len(found),
        "p50_ms": found[len(found) // 2] * 1000,
        "p99_ms": found[len(found) * 99 // 100] * 1000,
        "max_ms": found[-1] * 1000,
    }


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
