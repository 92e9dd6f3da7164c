"""The demo fleet: virtual stations in a child process that ends with its parent."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

from console.engine.options import DemoOptions

if TYPE_CHECKING:
    from console.engine.engine import Engine

PATIENCE_S = 3.0
IMAGE = "demo-firmware-2.0.0.bin"
IMAGE_BYTES = 3_000_000  # so much that its way can be watched


async def store_image(engine: Engine) -> None:
    """An image to offer, so that a firmware order of the demo needs no file; where there is one, nothing."""
    if engine.files.images():
        return

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(IMAGE_BYTES // 60_000):
            yield b"chargehand demo image, not for any charger. " * 1_363 + b"\0" * 28

    await engine.files.store(IMAGE, pieces())


class DemoFleet:
    """The simulator as a child process. ``start`` and ``stop`` bracket it; it also ends when we are killed."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = False

    @property
    def running(self) -> bool:
        """Whether the child runs."""
        return self._process is not None and self._process.returncode is None

    async def start(self, url: str, options: DemoOptions, *, ca: Path | None = None) -> None:
        """Start it against ``url``; ``ca`` is what it trusts for wss. Raises OSError where the process cannot be made."""
        if self.running:
            return
        self._stopping = False
        words = [sys.executable, "-m", "console.simulator", url, "--fleet", options.fleet, "--with-parent"]
        if options.stations is not None:
            words += ["--stations", str(options.stations)]
        if ca is not None:
            words += ["--ca", str(ca)]
        self._process = await asyncio.create_subprocess_exec(
            *words,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )

    async def ended(self) -> str:
        """Wait for its end; what it said last where it ended by itself, otherwise nothing."""
        process = self._process
        if process is None or process.stderr is None:
            return ""
        last = b""
        async for line in process.stderr:
            last = line
        code = await process.wait()
        if self._stopping:
            return ""
        return last.decode(errors="replace").strip() or f"It ended with code {code}."

    async def stop(self) -> None:
        """End it: its stdin closes, then it is terminated."""
        self._stopping = True
        process = self._process
        if process is None or process.returncode is not None:
            return
        if process.stdin is not None:
            process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), PATIENCE_S)
        except TimeoutError:
            process.kill()
            await process.wait()
