"""The console's App: it owns the engine, the demo fleet and the frame, and hands everything else on.

The engine is started after the first paint, and belongs to the App, never to a screen. ``console.running`` runs it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import App
from textual.binding import Binding, BindingType
from textual.command import Provider
from textual.events import Event, InputEvent
from textual.notifications import SeverityLevel
from textual.screen import Screen

from console.engine.errors import ChargehandError
from console.engine.options import DemoOptions, EngineOptions, data_directory
from console.engine.tasks import Owner, cancel_all, spawn
from console.log_file import LogFile
from console.screens.demo import DemoFleet, store_image
from console.screens.frame import Frame
from console.screens.order_keys import Orders
from console.terminal import light_terminal
from console.themes import LIGHT
from profiles import Profile
from widgets.safe import safe_text

if TYPE_CHECKING:
    from console.engine.engine import Engine


log = logging.getLogger("chargehand.console")

LOG_NAME = "console.log"


def _palette() -> type[Provider]:
    from console.screens.palette import ConsoleCommands

    return ConsoleCommands


class ConsoleApp(App[int]):
    """The console. ``engine``: one that already runs and is not ours to stop, for tests and embedding.

    ``log_file`` is opened in the data directory once that is ours; without one the program's log goes where it goes.
    """

    TITLE = "chargehand"
    CSS_PATH = "console.tcss"
    ENABLE_COMMAND_PALETTE = True
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {_palette}

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "leave", "Quit", id="quit", show=False, priority=True),
        Binding("ctrl+c", "leave", "Quit", show=False),
        Binding("f2", "picture", "Screenshot", id="screenshot", show=False, priority=True),
    ]

    def __init__(
        self,
        profile: Profile,
        options: EngineOptions | None = None,
        *,
        demo: DemoOptions | None = None,
        engine: Engine | None = None,
        log_file: LogFile | None = None,
    ) -> None:
        super().__init__()
        self.profile = profile
        self.options = options or EngineOptions()
        self.demo_options = demo
        self.demo = DemoFleet()
        self.orders: Orders = Orders(self)
        self.frozen = False
        self.failure: ChargehandError | None = None
        self.view_failures: list[str] = []
        self.marks: set[str] = set()
        self._engine = engine
        self._owns_engine = engine is None
        self._log_file = log_file
        self._tasks: Owner = set()
        self._begun = time.perf_counter()
        self.touched = time.monotonic()  # when the last key or mouse event came
        self._told: dict[tuple[str, str], float] = {}
        self.register_theme(LIGHT)
        if profile.screen.theme == "light" or (profile.screen.theme == "auto" and light_terminal()):
            self.theme = LIGHT.name
        if profile.keys:
            self.set_keymap(profile.keys)

    # The engine.

    @property
    def engine(self) -> Engine:
        """The running engine."""
        if self._engine is None:
            raise RuntimeError("the engine is asked for before it runs")
        return self._engine

    @property
    def ready(self) -> bool:
        """Whether the engine runs."""
        return self._engine is not None and self._engine.running

    @property
    def tasks(self) -> Owner:
        """The owner of what the screen does in the background."""
        return self._tasks

    @property
    def first_section(self) -> str:
        """The section that is shown first."""
        return self.profile.screen.start

    def now(self) -> int:
        """UTC nanoseconds, by the engine's clock."""
        return self._engine.clock() if self._engine is not None else time.time_ns()

    @property
    def frame_screen(self) -> Frame:
        """The one screen below all dialogs."""
        found = self.screen_stack[0]
        assert isinstance(found, Frame)
        return found

    def get_default_screen(self) -> Screen[Any]:
        """The frame is the default screen: it is there at the first paint."""
        return Frame()

    async def on_event(self, event: Event) -> None:
        """Note when somebody was last at the keys."""
        if isinstance(event, InputEvent):
            self.touched = time.monotonic()
        await super().on_event(event)

    def on_mount(self) -> None:
        """The engine starts behind the first paint."""
        # A shell that had the terminal meanwhile (SIGTSTP, fg) has left its own picture on it.
        self.app_resume_signal.subscribe(self, lambda _app: self.refresh(layout=True))
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        if not self._owns_engine:
            self.frame_screen.tick()
            return
        spawn(self._start(), name="start the engine", owner=self._tasks)

    async def _start(self) -> None:
        options = self.options
        data = data_directory(options)
        try:
            from console.engine.engine import Engine

            engine = Engine(
                self.profile,
                data,
                listen=options.listen or None,
                api=options.api,
                files=options.files,
                read_only=options.read_only,
                insecure=options.insecure,
            )
            await engine.start()
        except ChargehandError as error:
            self.failure = error
            self.exit(return_code=2)
            return
        except Exception as error:
            self._open_log(data)
            log.exception("the engine could not be started")
            self.failure = ChargehandError(
                f"{type(error).__name__}: {error}. {data / LOG_NAME} tells more.", title="An error of this program"
            )
            self.exit(return_code=2)
            return
        self._engine = engine
        self._open_log(data)
        self.frame_screen.tick()
        if self.demo_options is not None:
            await self.start_demo(self.demo_options)

    def _open_log(self, data: Path) -> None:
        if self._log_file is not None:
            self._log_file.open(data / LOG_NAME)

    async def on_unmount(self) -> None:
        """Everything that runs is ended before the App is."""
        await self.demo.stop()
        await cancel_all(self._tasks)
        if self._owns_engine and self._engine is not None:
            await self._engine.stop()

    async def start_demo(self, options: DemoOptions) -> None:
        """Start the simulated fleet against our own endpoint."""
        try:
            await store_image(self.engine)
            root = self.engine.trust.folder / "root.pem" if self.engine.trust.serves else None
            await self.demo.start(self.engine.own_url, options, ca=root)
        except (OSError, ChargehandError) as error:
            self.say(f"The demo fleet cannot be started: {error}", severity="error")
            return
        spawn(self._watch_demo(), name="watch the demo fleet", owner=self._tasks)

    async def _watch_demo(self) -> None:
        trouble = await self.demo.ended()
        if trouble:
            self.say(trouble, title="The demo fleet has ended", severity="error")

    # What sections and the frame ask for (``screens.base.Host``).

    def show_section(self, kind: str) -> None:
        """Go to one of the sections 1–6."""
        self.frame_screen.go(kind)

    def open_station(self, station: str) -> None:
        """Open a station over the section that is shown."""
        self.frame_screen.go("station", station)

    def open_exchange(self, exchange: int) -> None:
        """Open an exchange over the section that is shown."""
        self.frame_screen.go("exchange", exchange)

    def open_session(self, transaction: int) -> None:
        """Open a transaction in the Sessions section; esc comes back to where one was."""
        self.frame_screen.go("sessions", transaction, over=True)

    def filter_messages(self, text: str) -> None:
        """Show the Messages section with this filter line."""
        section = self.frame_screen.go("messages")
        section.call_later(section.set_filter, text)

    def give_order(self, name: str, station: str | None = None, **arguments: object) -> None:
        """Open the form of an order."""
        self.orders.open(name, [station] if station is not None else None, arguments)

    def say(self, text: str, *, title: str = "", severity: SeverityLevel = "information") -> None:
        """A short notice; never read as markup. One that still stands there is not put there again."""
        now = time.monotonic()
        self._told = {said: at for said, at in self._told.items() if now - at < self.NOTIFICATION_TIMEOUT}
        if (title, text) in self._told:
            return
        self._told[title, text] = now
        self.notify(safe_text(text, max_chars=400), title=safe_text(title), severity=severity, markup=False)

    def copy(self, text: str, what: str = "") -> None:
        """Put text on the clipboard, also over SSH where the terminal knows OSC 52."""
        self.copy_to_clipboard(text)
        self.say(f"Copied {what or safe_text(text, max_chars=60)}.")

    def approve(self, station: str, accept: bool) -> None:
        """Accept or refuse a station that waits for a person, or say why not."""
        found = self.engine.fleet.station(station) if station else None
        if found is None:
            self.say("Choose a station first.", severity="warning")
        elif self.engine.read_only:
            self.say("This console is read-only.", severity="warning")
        elif found.registration not in ("Pending", "Rejected") and found.approved is not False:
            self.say(f"{found.id} does not wait for anybody: it is {found.registration.lower()}.", severity="warning")
        else:
            spawn(self._approve(found.id, accept), name=f"approve {found.id}", owner=self._tasks)

    async def _approve(self, station: str, accept: bool) -> None:
        try:
            await self.engine.approve(station, accept)
        except ChargehandError as error:
            self.say(error.sentence, title=error.title, severity="error")
            return
        self.say(f"{station} is {'accepted; it boots again' if accept else 'refused'}.")

    def view_failed(self, view: str, error: Exception) -> None:
        """Something could not be drawn: say so once, and put the rest into the log."""
        name = f"{view}: {type(error).__name__}: {error}"
        if name not in self.view_failures:
            self.view_failures.append(name)
            log.error("%s could not be drawn", view, exc_info=error)
            self.say("This view could not be drawn; console.log in the data directory tells why.", severity="error")

    # Actions.

    def key_order(self, name: str) -> None:
        """The key of an order: on an empty console ``d`` starts the demo fleet."""
        if not self.ready:
            self.say("The console is still starting.")
        elif name == "diagnostics" and not self.engine.fleet.stations:
            self.action_demo()
        else:
            self.orders.key(name)

    def action_demo(self) -> None:
        """Start the demo fleet."""
        if self.demo.running:
            self.say("The demo fleet is running.")
            return
        self.say("The demo fleet is connecting …")
        spawn(self.start_demo(self.demo_options or DemoOptions()), name="start the demo fleet", owner=self._tasks)

    def show_help(self) -> None:
        """The help page."""
        from console.screens.help import HelpScreen

        self.push_screen(HelpScreen(self.frame_screen.shown_section))

    def show_qr(self) -> None:
        """The URL, full screen."""
        from widgets.qr import QrScreen

        if not self.ready or not self.engine.dial_urls:
            return
        urls = self.engine.dial_urls
        note = "Type this into the charger as its central system URL (CSMS).\nAny key closes this."
        if len(urls) > 1:
            note = f"{note}\nAlso: {', '.join(urls[1:])}"
        self.push_screen(QrScreen(urls[0], note))

    def show_root(self) -> None:
        """Where a charger fetches the root certificate, full screen."""
        if self.ready:
            spawn(self._show_root(), name="offer the root certificate", owner=self._tasks)

    async def _show_root(self) -> None:
        from widgets.qr import QrScreen

        try:
            url = await self.engine.offer_root()
            root = (await self.engine.trust.authority()).root()
        except ChargehandError as error:
            self.say(error.sentence, title=error.title, severity="error")
            return
        note = (
            f"Install this certificate on the charger for wss:// ({root.path}).\n"
            f"SHA-256 {root.fingerprint}, until {root.ends:%Y-%m-%d}.\nAny key closes this."
        )
        self.push_screen(QrScreen(url, note))

    def action_leave(self) -> None:
        """Quit; with live links it asks first."""
        from console.screens.leave import LeaveScreen, losses

        if not self.ready or not len(self.engine.links):
            self.exit(0)
            return
        if any(isinstance(screen, LeaveScreen) for screen in self.screen_stack):
            return
        self.push_screen(LeaveScreen(losses(self.engine)), self._left)

    def _left(self, sure: bool | None) -> None:
        if sure:
            self.exit(0)

    def action_picture(self) -> None:
        """Save a screenshot beside the data."""
        folder = (self.engine.data if self.ready else Path.cwd()) / "screenshots"
        name = time.strftime("chargehand-%Y%m%d-%H%M%S.svg", time.gmtime())
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path = self.save_screenshot(name, str(folder))
        except OSError as error:
            self.say(f"{folder} cannot be written: {error.strerror or error}", severity="error")
            return
        self.say(f"Saved {path}")
