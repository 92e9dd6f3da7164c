"""Idle stations: connected, booted, one connector each, heartbeats; pings are answered at once.

``python -m benchmarks.idle_load PORT STATIONS SECONDS``

``SECONDS`` is the heartbeat interval, spread evenly; 0 sends none. Prints ``ready`` when all are connected.
"""

from __future__ import annotations

import asyncio
import sys

from benchmarks.load import Station, masked
from benchmarks.traffic import boot, frame
from console.engine.tasks import Owner, spawn


async def main(port: int, count: int, interval: float) -> None:
    made: list[Station] = []
    owner: Owner = set()
    for number in range(count):
        station = await Station.dial(port, f"IDLE-{number:05d}", "ocpp1.6")
        await station.ask("boot", *boot("1.6"))
        status = {"connectorId": 1, "errorCode": "NoError", "status": "Available"}
        await station.ask("status", "StatusNotification", status)
        made.append(station)
        spawn(_listen(station), name=f"station {number}", owner=owner)
    print("ready", flush=True)
    turn = 0
    while interval:
        for place, station in enumerate(made):
            station.writer.write(masked(frame(f"h{turn}-{place}", "Heartbeat", {})))
            await asyncio.sleep(interval / len(made))
        turn += 1
    await asyncio.gather(*owner)


async def _listen(station: Station) -> None:
    """Answers come and are not looked at; ``hear`` answers pings, without which the console gives a link up."""
    while True:
        await station.hear()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
