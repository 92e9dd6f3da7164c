"""The console with the day of ``day.py`` in its journal, standing still; and pictures of it to compare with.

Everything that would differ between two runs is fixed: the clock, the ids, the URLs, the folder, the figures that are
measured. What is left is what a person sees. Pictures are only comparable for the Textual that is pinned in
requirements.txt: with another one these tests are skipped, and ``--snapshot-update`` is refused.
"""

from __future__ import annotations

import asyncio
import inspect
import itertools
import os
import re
import time
import uuid
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot
from textual.widgets import Input

from console.app import ConsoleApp
from console.engine.endpoint.hub import Then
from console.engine.endpoint.link import Link
from console.engine.engine import Engine
from console.engine.options import EngineOptions
from console.engine.orders.desk import OrderDesk
from console.engine.transfer.server import FileServer
from console.engine.wire.exchange import Exchange, Record
from console.screens.fleet import FleetSection
from profiles import load_profile
from tests.snapshots import day
from tests.snapshots.telling import HOST, MS, Recorder, copies, make_link

PINS = Path(__file__).parents[2] / "requirements.txt"
URL = f"ws://{HOST}:9000/"
FILES = 9081
FEW_S = 6.0

Do = Callable[["Still"], Awaitable[None]]
Snap = Callable[..., bool]


def pinned() -> str:
    """The Textual that the pictures were made with."""
    found = re.search(r"^textual==(\S+)$", PINS.read_text(), re.MULTILINE)
    assert found is not None
    return found.group(1)


@pytest.fixture(scope="session", autouse=True)
def _same_textual(request: pytest.FixtureRequest) -> None:
    """Patch releases of Textual move pixels: only the pinned one can be compared with, or may make pictures."""
    ours, theirs = version("textual"), pinned()
    if ours == theirs:
        return
    if request.config.getoption("--snapshot-update"):
        pytest.exit(f"Textual {ours} is installed; snapshots are only made with the pinned {theirs}.", returncode=2)
    pytest.skip(f"Textual {ours} is installed; the snapshots are of the pinned {theirs}")


class StillEngine(Engine):
    """The engine without its web servers, for which every answer takes as long as every other."""

    live = False

    async def _start_api(self) -> None:
        self.api_url = "http://127.0.0.1:9080"

    async def _start_files(self) -> None:
        self.files_url = f"http://{HOST}:{FILES}"
        self.files = FileServer(self.data / "files", "127.0.0.1:0", max_upload=1 << 29, notify=lambda _transfer: None)
        self.files.library.prepare()
        self.desk = OrderDesk(self)

    def keep(self, record: Record, then: Then | None = None) -> int:
        """What is measured while the test runs is the same in every run."""
        if self.live and isinstance(record, Exchange) and record.latency_ns is not None:
            record.latency_ns = 42 * MS
        return super().keep(record, then)


class Still(ConsoleApp):
    """The console whose engine holds a recorded day, and in which nothing moves by itself."""

    CSS_PATH = str(
        Path(inspect.getfile(ConsoleApp)).with_name("console.tcss")
    )  # else it is looked for beside this class

    def __init__(self, recorded: Recorder | None, **options: Any) -> None:
        super().__init__(load_profile("bench"), EngineOptions(data=Path("data"), **options))
        self.recorded = recorded
        self.sent: dict[str, list[str]] = {}
        self.animation_level = "none"

    async def _start(self) -> None:
        options = self.options
        engine = StillEngine(
            self.profile,
            Path("data"),
            listen=["127.0.0.1:0"],
            read_only=options.read_only,
            clock=lambda: day.NOW,
        )
        await engine.start()
        if self.recorded is not None:
            await self._live(engine, self.recorded)
        self._engine = engine
        self.frame_screen.tick()

    async def _live(self, engine: StillEngine, recorded: Recorder) -> None:
        """Put the records into the journal, and connect whoever is connected at the end of the day."""
        folded = asyncio.Event()
        records = copies(recorded.records)
        for record in records[:-1]:
            engine.keep(record)
        engine.keep(records[-1], lambda _error: folded.set())
        await folded.wait()
        engine.live = True
        for attempt in recorded.attempts:
            engine.attempts.add(replace(attempt))
        for other in recorded.links:
            said = self.sent.setdefault(other.identity, [])
            caller = recorded.callers[other.identity]
            link = make_link(engine, replace(other.socket.attempt), caller, said.append)
            engine.links._live[link.station] = link
        engine.stats.refresh(engine.fleet)
        engine.stats.messages_per_second = 38.0

    # What a test does.

    def link(self, station: str) -> Link:
        """The link of a station."""
        found = self.engine.links.get(station)
        assert found is not None
        return found

    async def pilot_until(self, pilot: Pilot[Any], condition: Callable[[], object]) -> None:
        """Pull until a condition holds."""
        deadline = time.monotonic() + FEW_S
        while not condition():
            assert time.monotonic() < deadline, f"this is on the screen:\n{self.text()}"
            if self.ready:
                self.frame_screen.tick()
            await pilot.pause(0.01)

    def text(self) -> str:
        """What stands on the screen."""
        return "\n".join(strip.text for strip in self.screen._compositor.render_strips())

    def busy(self) -> list[str]:
        """What still goes on: reading of the journal, mounting, workers."""
        reading = [task.get_name() for task in self._tasks if not task.done()]
        lasting = ("tell the end of", "give ")
        return [name for name in reading if not name.startswith(lasting)] + [
            str(worker) for worker in self.workers if not worker.is_finished
        ]


class Stage:
    """What a test says it does before the picture is taken."""

    def __init__(self, app: Still, pilot: Pilot[Any]) -> None:
        self.app = app
        self.pilot = pilot

    async def sees(self, *words: str) -> None:
        """Wait until these words stand on the screen."""
        await self.app.pilot_until(self.pilot, lambda: all(word in self.app.text() for word in words))

    async def press(self, *keys: str) -> None:
        """Press keys, one after another."""
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def type(self, text: str) -> None:
        """Type text."""
        names = {" ": "space", "=": "equals_sign", ":": "colon", "/": "slash", "-": "minus", ".": "full_stop"}
        await self.press(*(names.get(one, one) for one in text))

    async def go(self, kind: str, subject: str | int | None = None) -> None:
        """Show a view, and wait until it is there."""
        frame = self.app.frame_screen
        frame.go(kind, subject)
        await self.app.pilot_until(
            self.pilot, lambda: frame.shown_section is not None and frame.shown_section.kind == kind
        )
        await self.pilot.pause()

    async def station(self, identity: str, tab: str = "overview") -> None:
        """Open a station at a tab."""
        await self.go("station", identity)
        section = self.app.frame_screen.shown_section
        assert section is not None
        section.set_tab(tab)
        await self.pilot.pause()

    def exchange(self, station: str, action: str | None, *, nth: int = -1) -> int:
        """The id of an exchange of that station: the last one, or the ``nth``."""
        found = [one.id for one in self.app.engine.feed.rows if (one.station, one.action) == (station, action)]
        return found[nth]

    async def answer(self, station: str, payload: str) -> None:
        """The station answers the last call that was sent to it."""
        await self.app.pilot_until(self.pilot, lambda: self.app.sent[station])
        unique_id = re.findall(r'^\[2,"([^"]+)"', self.app.sent[station].pop())[0]
        self.app.link(station).on_text(f'[3,"{unique_id}",{payload}]')
        await self.pilot.pause()

    async def settle(self) -> None:
        """Wait until nothing is read or mounted any more and the picture stays the same."""
        for box in self.app.screen.query(Input):
            box.cursor_blink = False
        shown = self.app.frame_screen.shown_section
        if isinstance(shown, FleetSection):
            shown._second = -1  # it looks at the orders once a second, and no second passes here
        # Textual works out the thumb of a bar when it scrolls and, otherwise, when it lays out: the latter comes last.
        self.app.screen.refresh(layout=True)
        same, before = 0, ""
        deadline = time.monotonic() + FEW_S
        while same < 3:
            assert time.monotonic() < deadline, f"still busy with {self.app.busy()}"
            self.app.frame_screen.tick()
            await self.pilot.pause(0.02)
            now = self.app.text()
            same = same + 1 if now == before and not self.app.busy() else 0
            before = now


Play = Callable[[Stage], Coroutine[Any, Any, None]]


@pytest.fixture(scope="session")
def recorded() -> Recorder:
    """The day, recorded once."""
    return _record(day.CALLERS, day.DAY)


@pytest.fixture(scope="session")
def hostile() -> Recorder:
    """The day of the hostile stations."""
    return _record(day.HOSTILE, day.hostile_day())


def _record(callers: Sequence[Any], lines: Sequence[Any]) -> Recorder:
    with pytest.MonkeyPatch.context() as patch:
        _fix_ids(patch)
        return asyncio.run(day.record(callers, lines))


def _fix_ids(patch: pytest.MonkeyPatch) -> None:
    numbers = itertools.count(1)
    patch.setattr(uuid, "uuid4", lambda: uuid.UUID(int=0x7E57AB1E_0000_4000_8000_000000000000 + next(numbers)))
    patch.setattr("secrets.token_urlsafe", lambda _bytes=None: f"Zm9yIHNuYXBzaG90cyBvbmx5{next(numbers)}")
    patch.setattr(time, "time_ns", lambda: day.NOW)


@pytest.fixture(autouse=True)
def _fixed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that is drawn depends on this machine, this minute or this run."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NO_COLOR", raising=False)
    _fix_ids(monkeypatch)
    monkeypatch.setattr("console.engine.upkeep.TICK_S", 3600.0)
    monkeypatch.setattr(Engine, "listen_urls", property(lambda _engine: [URL]))
    monkeypatch.setattr(Engine, "exposed", property(lambda _engine: True))
    monkeypatch.setattr(FileServer, "port", property(lambda _server: FILES))
    monkeypatch.setattr(FileServer, "url", property(lambda _server: f"http://{HOST}:{FILES}"))


@pytest.fixture
def snap(snap_compare: Snap, recorded: Recorder) -> Snap:
    """``assert snap(play, size)``: does what ``play`` says on the console of the day, and compares the picture."""

    def compare(
        play: Play,
        size: tuple[int, int] = (120, 36),
        *,
        of: Recorder | None = recorded,
        theme: str | None = None,
        **options: Any,
    ) -> bool:
        app = Still(of, **options)
        if theme is not None:
            app.theme = theme

        async def before(pilot: Pilot[Any]) -> None:
            stage = Stage(app, pilot)
            await app.pilot_until(pilot, lambda: app.ready)
            await play(stage)
            await stage.settle()

        return snap_compare(app, terminal_size=size, run_before=before)

    return compare


def lay(path: Path, size: int, modified: int) -> Path:
    """A file of that size and age."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\0" * size)
    os.utime(path, ns=(modified, modified))
    return path


__all__ = ["FILES", "MS", "URL", "Play", "Snap", "Stage", "Still", "lay"]
