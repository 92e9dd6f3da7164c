"""What the fault matrix is tried with: sockets that say any bytes, a disk that stands still, and the fold done again."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

from console.engine.dialects import dialect
from console.engine.engine import Engine
from console.engine.fleet.fleet import Fleet
from console.engine.fleet.fold import fold_exchange, fold_happening
from console.engine.wire.exchange import Exchange
from profiles import Listen, Profile, load_profile
from tests.fleets import facts

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
MASK = b"\x01\x02\x03\x04"
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


def port(engine: Engine) -> int:
    return engine.listeners[0].address[1]


def bench(**listen: Any) -> Profile:
    """The bench profile with another listener."""
    return msgspec.structs.replace(load_profile("bench"), listen=[Listen(address="127.0.0.1:0", **listen)])


def upgrade(path: str | bytes, *headers: str, protocol: str | None = "ocpp1.6") -> bytes:
    target = path if isinstance(path, bytes) else path.encode()
    lines = [
        "Host: charger.local:9000",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {KEY}",
        "Sec-WebSocket-Version: 13",
    ]
    if protocol is not None:
        lines.append(f"Sec-WebSocket-Protocol: {protocol}")
    return b"GET " + target + b" HTTP/1.1\r\n" + "\r\n".join([*lines, *headers, "", ""]).encode("latin-1")


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/") else 0


def masked(opcode: int, data: bytes, *, fin: bool = True) -> bytes:
    """One frame as a client sends it."""
    size = len(data)
    head = bytes([opcode | (0x80 if fin else 0)])
    if size < 126:
        head += bytes([0x80 | size])
    elif size < 65536:
        head += b"\xfe" + size.to_bytes(2, "big")
    else:
        head += b"\xff" + size.to_bytes(8, "big")
    mask = (MASK * (size // 4 + 1))[:size]
    return head + MASK + (int.from_bytes(data, "big") ^ int.from_bytes(mask, "big")).to_bytes(size, "big")


class Wire:
    """A TCP connection to the endpoint that does as it is told."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def open(cls, engine: Engine, **options: Any) -> Wire:
        return cls(*await asyncio.open_connection("127.0.0.1", port(engine), **options))

    @classmethod
    async def link(cls, engine: Engine, identity: str = "CP-001", protocol: str = "ocpp1.6", **options: Any) -> Wire:
        wire = await cls.open(engine, **options)
        wire.writer.write(upgrade(f"/{identity}", protocol=protocol))
        head = await wire.reader.readuntil(b"\r\n\r\n")
        assert status(head) == 101, head
        return wire

    def say(self, frame: Any) -> None:
        """A text frame: a list as JSON, text as it stands."""
        text = frame if isinstance(frame, str) else json.dumps(frame)
        self.writer.write(masked(TEXT, text.encode()))

    def call(self, unique_id: str, action: str, payload: Any) -> None:
        self.say([2, unique_id, action, payload])

    async def frame(self, within: float = 10) -> tuple[int, bytes]:
        async with asyncio.timeout(within):
            first, size = await self.reader.readexactly(2)
            if size == 126:
                size = int.from_bytes(await self.reader.readexactly(2), "big")
            elif size == 127:
                size = int.from_bytes(await self.reader.readexactly(8), "big")
            return first & 0x0F, await self.reader.readexactly(size)

    async def hear(self, within: float = 10) -> Any:
        """The next text frame, decoded; pings are answered on the way."""
        while True:
            opcode, data = await self.frame(within)
            if opcode == PING:
                self.writer.write(masked(PONG, data))
            elif opcode == TEXT:
                return json.loads(data)
            else:
                raise AssertionError(f"frame {opcode}: {data!r}")

    async def ask(self, unique_id: str, action: str, payload: Any) -> Any:
        """A call and its answer."""
        self.call(unique_id, action, payload)
        while True:
            frame = await self.hear()
            if frame[0] in (3, 4) and frame[1] == unique_id:
                return frame

    async def close_code(self, within: float = 10) -> int:
        """Read on to the close frame; its code."""
        while True:
            opcode, data = await self.frame(within)
            if opcode == CLOSE:
                return int.from_bytes(data[:2], "big")

    def drop(self) -> None:
        """End it with a reset."""
        self.writer.transport.abort()

    async def close(self) -> None:
        self.writer.close()


async def request(engine: Engine, data: bytes) -> bytes:
    """Send bytes; what comes until the end, or the head of an upgrade."""
    wire = await Wire.open(engine)
    wire.writer.write(data)
    heard = b""
    try:
        async with asyncio.timeout(3):
            while piece := await wire.reader.read(65536):
                heard += piece
                if b"\r\n\r\n" in heard:
                    break
    except (TimeoutError, ConnectionResetError):
        pass
    wire.drop()
    return heard


@contextmanager
def standing_still(engine: Engine) -> Iterator[None]:
    """The disk does nothing meanwhile: the writer's thread waits within a piece of work of its own."""
    free = threading.Event()
    waiting = asyncio.get_running_loop().create_task(engine.journal._work(lambda _connection: free.wait(20)))
    try:
        yield
    finally:
        free.set()
        waiting.add_done_callback(lambda task: task.exception())


def refolded(engine: Engine) -> Fleet:
    """The fleet made from nothing but the journal."""
    fleet = Fleet()
    for record in engine.journal.tail(0):
        if isinstance(record, Exchange):
            fold_exchange(fleet, record, dialect(record.version).read(record))
        else:
            fold_happening(fleet, record)
    return fleet


async def settled(engine: Engine) -> None:
    """Everything that was appended is committed and folded."""
    await engine.happen("bookmark", exchange=0, on=False)


async def assert_fold(engine: Engine) -> None:
    """The fleet is the fold of the journal; what is still on its way is waited for."""
    for _ in range(20):
        await settled(engine)
        if facts(refolded(engine)) == facts(engine.fleet):
            return
    assert facts(refolded(engine)) == facts(engine.fleet)
