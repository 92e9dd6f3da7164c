"""One station that floods: ``python -m benchmarks.flood PORT KIND``, until it is killed.

KIND ``reports``: NotifyReport of 60 kB, one after the other as fast as they are taken; ``calls``: 5,000 heartbeats a
second. Neither waits for an answer. Prints ``ready`` when it has begun.
"""

from __future__ import annotations

import asyncio
import sys
import time
from typing import Any

from benchmarks.load import Station, masked
from benchmarks.traffic import boot, frame, stamp
from console.engine.tasks import Owner, spawn

KINDS = ("reports", "calls")
RATE = 5000  # heartbeats a second
_VARIABLES = 300  # of a report: about 60 kB
_TICK = 0.01


def report(number: int) -> dict[str, Any]:
    """A page of an inventory."""
    data = [
        {
            "component": {"name": f"Component{place}", "evse": {"id": 1}},
            "variable": {"name": "Variable", "instance": str(place)},
            "variableAttribute": [{"type": "Actual", "value": "x" * 40, "mutability": "ReadWrite"}],
        }
        for place in range(_VARIABLES)
    ]
    return {"requestId": 1, "generatedAt": stamp(number), "seqNo": number, "tbc": True, "reportData": data}


async def main(port: int, kind: str) -> None:
    owner: Owner = set()
    station = await Station.dial(port, "FLOOD", "ocpp2.0.1")
    await station.ask("boot", *boot("2.0.1"))

    async def hear() -> None:
        while True:
            await station.hear()

    spawn(hear(), name="answers", owner=owner)
    print("ready", flush=True)
    number = 0
    pages = [masked(frame(f"r{number}", "NotifyReport", report(number))) for number in range(8)]
    due = time.perf_counter()
    while True:
        number += 1
        if kind == "reports":
            station.writer.write(pages[number % len(pages)])
        else:
            due += _TICK
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            many = int(RATE * _TICK)
            station.writer.write(b"".join(masked(frame(f"h{number}-{one}", "Heartbeat", {})) for one in range(many)))
        await station.writer.drain()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
