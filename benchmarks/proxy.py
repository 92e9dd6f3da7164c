"""A small TCP proxy that spoils connections on purpose: ``python -m benchmarks.soak`` puts it between stations and console.

A fault is laid on links that are open and lasts until it is lifted. What a fault does to bytes is what networks do: TCP
never delivers them altered or out of order, it delivers them late, in pieces, or never.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import struct
from collections.abc import Iterable
from typing import Final, Literal

from console.engine.tasks import Owner, cancel_all, spawn

Fault = Literal["latency", "stall", "blackhole up", "blackhole down", "drip", "split", "reset", "drop"]

FAULTS: Final[tuple[Fault, ...]] = (
    "latency",  # every piece comes late
    "stall",  # nothing moves either way, and everything comes at the end
    "blackhole up",  # nothing reaches the console; the link is dead without a word, and reset when the fault is lifted
    "blackhole down",  # the same towards the station: it gets no answer to what was received
    "drip",  # a few bytes at a time
    "split",  # every piece is cut at random places
    "reset",  # both ends get a TCP reset at once
    "drop",  # both ends see an orderly end of the connection, in the middle of whatever they were saying
)

LATENCY: Final = (0.05, 0.8)  # seconds that a piece waits
DRIP: Final = 7  # bytes at a time
DRIP_PAUSE: Final = 0.005  # seconds between them
_PIECE: Final = 65536


class Pair:
    """One proxied connection: the station's side, the console's side, and what befalls it just now."""

    def __init__(self, station: asyncio.StreamWriter, console: asyncio.StreamWriter) -> None:
        self.station = station
        self.console = console
        self.fault: Fault | None = None
        self.calm = asyncio.Event()
        self.calm.set()

    def end(self, *, reset: bool) -> None:
        """End both sides: with a reset, or in order."""
        for writer in (self.station, self.console):
            if reset:
                with contextlib.suppress(OSError):
                    linger = struct.pack("ii", 1, 0)  # on, zero seconds: the kernel sends RST instead of FIN
                    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                writer.transport.abort()
            elif not writer.is_closing():
                writer.close()


class Proxy:
    """Listens on ``port`` and hands every connection on to ``target``; ``seed`` makes its pauses repeatable."""

    def __init__(self, target: int, seed: int = 0) -> None:
        self.target = target
        self.port = 0
        self.pairs: set[Pair] = set()
        self.refused = 0
        self._chance = random.Random(seed)
        self._server: asyncio.Server | None = None
        self._pumps: Owner = set()

    async def start(self) -> None:
        """Listen on a free loopback port."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Close the port and every connection."""
        if self._server is not None:
            self._server.close()
        left = list(self.pairs)
        for pair in left:
            pair.end(reset=True)
        await cancel_all(self._pumps)
        for pair in left:
            for writer in (pair.station, pair.console):
                with contextlib.suppress(OSError):
                    await writer.wait_closed()

    def lay(self, fault: Fault, pairs: Iterable[Pair]) -> int:
        """Lay a fault on some connections; how many it struck. ``reset`` and ``drop`` end them at once."""
        struck = 0
        for pair in list(pairs):
            struck += 1
            if fault in ("reset", "drop"):
                pair.end(reset=fault == "reset")
                continue
            pair.fault = fault
            if fault in ("stall", "blackhole up", "blackhole down"):
                pair.calm.clear()
        return struck

    def lift(self) -> None:
        """End every fault. What stalled moves on; what fell into a black hole never comes, so that link is reset."""
        for pair in list(self.pairs):
            fault, pair.fault = pair.fault, None
            pair.calm.set()
            if fault in ("blackhole up", "blackhole down"):
                pair.end(reset=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            further, onward = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            # The console is down just now: the station sees its connection refused as far as a proxy can.
            self.refused += 1
            writer.transport.abort()
            return
        pair = Pair(writer, onward)
        self.pairs.add(pair)
        up = spawn(self._pump(pair, reader, onward, "blackhole up"), name="to the console", owner=self._pumps)
        down = spawn(self._pump(pair, further, writer, "blackhole down"), name="to the station", owner=self._pumps)
        try:
            await asyncio.wait((up, down), return_when=asyncio.FIRST_COMPLETED)
        finally:
            up.cancel()
            down.cancel()
            self.pairs.discard(pair)
            pair.end(reset=False)

    async def _pump(self, pair: Pair, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, hole: Fault) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(_PIECE):
                if pair.fault in ("stall", hole):
                    await pair.calm.wait()
                elif pair.fault == "latency":
                    await asyncio.sleep(self._chance.uniform(*LATENCY))
                for piece in self._pieces(pair.fault, data):
                    writer.write(piece)
                    await writer.drain()
                    if len(piece) < len(data):
                        await asyncio.sleep(DRIP_PAUSE)

    def _pieces(self, fault: Fault | None, data: bytes) -> list[bytes]:
        if fault == "drip":
            return [data[start : start + DRIP] for start in range(0, len(data), DRIP)]
        if fault == "split" and len(data) > 1:
            cuts = sorted(self._chance.sample(range(1, len(data)), min(3, len(data) - 1)))
            return [data[start:end] for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True)]
        return [data]
