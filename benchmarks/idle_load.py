"""Idle stations: connected, booted, one connector each, heartbeats.

``python -m benchmarks.idle_load PORT STATIONS SECONDS``

``SECONDS`` is the heartbeat interval, spread evenly; 0 sends none. Prints ``ready`` when all are connected.
"""

from __future__ import annotations

import asyncio
import sys

from benchmarks.load import Station
from benchmarks.traffic import boot


async def main(port: int, count: int, interval: float) -> None:
    made: list[Station] = []
    for number in range(count):
        station = await Station.dial(port, f"IDLE-{number:05d}", "ocpp1.6")
        await station.ask("boot", *boot("1.6"))
        status = {"connectorId": 1, "errorCode": "NoError", "status": "Available"}
        await station.ask("status", "StatusNotification", status)
        made.append(station)
    print("ready", flush=True)
    if not interval:
        await asyncio.gather(*(station.hear() for station in made))
    turn = 0
    while True:
        for place, station in enumerate(made):
            await station.ask(f"h{turn}-{place}", "Heartbeat", {})
            await asyncio.sleep(interval / len(made))
        turn += 1


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
