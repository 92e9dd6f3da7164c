"""The load: stations as raw sockets with frames made beforehand, so that the client costs next to nothing.

``python -m benchmarks.load PORT VERSION STATIONS MESSAGES`` connects, boots, starts a transaction each, then sends
every station's messages one after another (the next when the answer has come) and prints one JSON line.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import struct
import sys
import time
from contextlib import suppress

from benchmarks.traffic import boot, calls, frame, start
from console.engine.tasks import Owner, cancel_all, spawn


def masked(payload: bytes) -> bytes:
    """A client's text frame; the mask is zero, which is a mask all the same."""
    size = len(payload)
    if size < 126:
        head = struct.pack("!BB", 0x81, 0x80 | size)
    elif size < 65536:
        head = struct.pack("!BBH", 0x81, 0x80 | 126, size)
    else:
        head = struct.pack("!BBQ", 0x81, 0x80 | 127, size)
    return head + b"\0\0\0\0" + payload


class Station:
    """One raw connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def dial(cls, port: int, identity: str, subprotocol: str) -> Station:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
        key = base64.b64encode(os.urandom(16)).decode()
        writer.write(
            f"GET /{identity} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Protocol: {subprotocol}\r\n\r\n".encode()
        )
        head = await reader.readuntil(b"\r\n\r\n")
        if b" 101 " not in head:
            raise SystemExit(f"refused: {head[:80]!r}")
        return cls(reader, writer)

    async def hear(self) -> bytes:
        """The next text message; pings are answered."""
        while True:
            first, size = await self.reader.readexactly(2)
            size &= 0x7F
            if size == 126:
                (size,) = struct.unpack("!H", await self.reader.readexactly(2))
            elif size == 127:
                (size,) = struct.unpack("!Q", await self.reader.readexactly(8))
            data = await self.reader.readexactly(size)
            if first == 0x81:
                return data
            if first == 0x89:
                self.writer.write(struct.pack("!BB", 0x8A, 0x80 | size) + b"\0\0\0\0" + data)

    async def ask(self, unique_id: str, action: str, payload: dict[str, object]) -> bytes:
        self.writer.write(masked(frame(unique_id, action, payload)))
        return await self.hear()


async def listen(station: Station, heard: asyncio.Queue[bytes]) -> None:
    """Hear what comes at once, pings too."""
    with suppress(EOFError, OSError):
        while True:
            heard.put_nowait(await station.hear())


AT_ONCE = 100  # stations that talk at the same time where they take turns


async def main(port: int, version: str, stations: int, messages: int, *, echo: bool, turns: bool) -> None:
    each = messages // stations
    made: list[Station] = []
    heard: dict[Station, asyncio.Queue[bytes]] = {}
    owner: Owner = set()
    scripts: list[list[bytes]] = []
    for number in range(stations):
        station = await Station.dial(port, f"BENCH-{number:05d}", f"ocpp{version}")
        await station.ask("boot", *boot(version))
        answer = json.loads(await station.ask("start", *start(version, number)))
        transaction = 1 if echo or version != "1.6" else answer[2]["transactionId"]
        script = [masked(frame(f"m{n}", *one)) for n, one in enumerate(calls(version, number, transaction, each))]
        if turns:
            # It has to wait for long; one that answers no pings meanwhile would be given up.
            heard[station] = asyncio.Queue()
            spawn(listen(station, heard[station]), name=f"station {number}", owner=owner)
        made.append(station)
        scripts.append(script)
    print("warm", flush=True)
    sys.stdin.readline()
    waits: list[float] = []

    gate = asyncio.Semaphore(AT_ONCE if turns else stations)

    async def run(station: Station, script: list[bytes]) -> None:
        hear = heard[station].get if turns else station.hear
        for data in script:
            async with gate:
                began = time.perf_counter()
                station.writer.write(data)
                await hear()
                waits.append(time.perf_counter() - began)

    began = time.perf_counter()
    await asyncio.gather(*(run(station, script) for station, script in zip(made, scripts, strict=True)))
    elapsed = time.perf_counter() - began
    await cancel_all(owner)
    waits.sort()
    print(
        json.dumps(
            {
                "messages": len(waits),
                "seconds": elapsed,
                "p50_ms": waits[len(waits) // 2] * 1000,
                "p99_ms": waits[len(waits) * 99 // 100] * 1000,
            }
        ),
        flush=True,
    )


if __name__ == "__main__":
    asyncio.run(
        main(
            int(sys.argv[1]),
            sys.argv[2],
            int(sys.argv[3]),
            int(sys.argv[4]),
            echo="echo" in sys.argv[5:],
            turns="turns" in sys.argv[5:],
        )
    )
