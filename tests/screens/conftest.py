"""The console over a real engine, at a real terminal size; and what the terminal was given."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest
from textual.pilot import Pilot

from console.app import ConsoleApp
from console.engine.engine import Engine
from console.screens.base import Section
from profiles import Profile, load_profile

SIZES = [(80, 24), (120, 36), (200, 60)]


class Console:
    """An open console, as a person has it: keys go in, lines come out."""

    def __init__(self, app: ConsoleApp, pilot: Pilot[Any]) -> None:
        self.app = app
        self.pilot = pilot

    @property
    def section(self) -> Section:
        """The section that is shown."""
        found = self.app.frame_screen.shown_section
        assert found is not None
        return found

    @property
    def engine(self) -> Engine:
        """The engine behind it."""
        return self.app.engine

    def pull(self) -> None:
        """One tick of the frame, now."""
        self.app.frame_screen.tick()

    async def press(self, *keys: str) -> None:
        """Press keys and let them work."""
        await self.pilot.press(*keys)
        await self.pilot.pause()

    def lines(self) -> list[str]:
        """What the compositor hands to the terminal."""
        return [strip.text for strip in self.app.screen._compositor.render_strips()]

    def text(self) -> str:
        """All lines."""
        return "\n".join(self.lines())

    def line(self, words: str) -> str:
        """The first line that holds these words; empty where none does."""
        return next((line for line in self.lines() if words in line), "")

    async def sees(self, *words: str, within: float = 10) -> str:
        """Wait until all these words stand on the screen; gives the screen."""
        deadline = time.monotonic() + within
        while not all(word in self.text() for word in words):
            missing = [word for word in words if word not in self.text()]
            assert time.monotonic() < deadline, f"{missing} never stood on the screen:\n{self.text()}"
            self.pull()
            await self.pilot.pause(0.02)
        return self.text()

    async def go(self, kind: str) -> Section:
        """Show a section and wait until it has the keyboard."""
        self.app.frame_screen.go(kind)
        async with asyncio.timeout(10):
            while self.app.frame_screen.shown_section is None or self.section.kind != kind:
                await self.pilot.pause(0.02)
        self.pull()
        await self.pilot.pause()
        return self.section


@pytest.fixture
def booted(dial: Any) -> Callable[..., Awaitable[Any]]:
    """``station = await booted(engine, "CP-002", "2.0.1", chargePointModel="…")``: connected, and its boot answered."""

    async def made(engine: Engine, identity: str = "CP-001", version: str = "1.6", **boot: Any) -> Any:
        station = await dial(engine, identity, version)
        await station.boot(**boot)
        return station

    return made


OpenConsole = Callable[..., AbstractAsyncContextManager[Console]]


@pytest.fixture
def open_console() -> OpenConsole:
    """``async with open_console(engine, size=(120, 36), section="messages") as console``."""

    @asynccontextmanager
    async def opened(
        engine: Engine,
        *,
        size: tuple[int, int] = (120, 36),
        section: str | None = None,
        profile: Profile | None = None,
    ) -> AsyncIterator[Console]:
        app = ConsoleApp(profile or load_profile("bench"), engine=engine)
        async with app.run_test(size=size, notifications=True) as pilot:
            await pilot.pause()
            console = Console(app, pilot)
            if section is not None:
                await console.go(section)
            yield console

    return opened


@pytest.fixture(params=SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def size(request: pytest.FixtureRequest) -> tuple[int, int]:
    """The terminal sizes that everything must work at."""
    found: tuple[int, int] = request.param
    return found
