"""The frame around every section: header, section bar, banner, command line, footer, navigation, and the clock that pulls.

Sections are mounted when first shown and then only switched, so that cursor, filter and scroll stay where they were.
The frame pulls the one that is shown ten times a second at most while somebody is at the keys, else three times; a frozen
screen is one that is not pulled.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar, Protocol, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import ContentSwitcher, Input

from console.engine.orders.table import key_rows
from console.screens.base import KeyHint, Section, key_label
from console.screens.places import BAR, Place, make_section, view
from console.terminal import keeps_up
from widgets import header
from widgets.command_line import CommandLine
from widgets.header import BannerLine, Crumb, HeaderBar, HeaderState, KeyBar, SectionBar

if TYPE_CHECKING:
    from console.app import ConsoleApp

BEAT_S = 0.1
WATCHED = 3  # beats from one pull to the next while nobody is at the keys
LIVELY_S = 2.0  # seconds after the last key or mouse event that count as being there
_DEEPEST = 6  # places that esc comes back through
ARRIVES_S = 2.0  # after so long keys do not wait for a section any more


def _order_bindings() -> list[BindingType]:
    return [Binding(key, f"order('{ids[0]}')", word, id=word, show=False) for key, word, ids in key_rows()]


class Pulled(Protocol):
    """What the clock pulls: a section, or a dialog that tells of something that goes on."""

    def pull(self, now_ns: int) -> None:
        """Draw what has changed."""


class Frame(Screen[None]):
    """The console's one screen; dialogs lie over it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        # First of all keys, so that what is typed or pasted behind them is for the section, or goes into the line, and gives
        # no order.
        *(
            Binding(one.key or "", f"section('{one.kind}')", one.title, id=one.kind, show=False, priority=True)
            for one in BAR
        ),
        Binding("colon", "command", "Command", id="command", show=False, priority=True),
        Binding("slash", "filter", "Filter", id="filter", show=False, priority=True),
        Binding("question_mark,f1", "help", "Help", id="help", show=False),
        Binding("p", "freeze", "Pause", id="pause", show=False),
        Binding("q", "qr", "QR code", id="qr", show=False),
        Binding("y", "copy", "Copy", id="copy", show=False),
        Binding("o", "runs", "Orders given", id="orders", show=False),
        Binding("escape", "back", "Back", id="back", show=False),
        *_order_bindings(),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.places: list[Place] = [Place("fleet")]
        self.frozen = False
        self._shown: Section | None = None
        self._arrived = asyncio.Event()
        self._stamp: tuple[object, ...] = ()
        self._laid_out = False
        self._beats = 0

    @property
    def console(self) -> ConsoleApp:
        """The App that this frame is of."""
        return cast("ConsoleApp", self.app)

    def compose(self) -> ComposeResult:
        """Header, section bar, banner, the sections, command line, footer."""
        from console.screens.commands import command_line

        yield HeaderBar(id="header")
        yield SectionBar(id="bar")
        yield BannerLine(id="banner")
        yield ContentSwitcher(id="sections")
        yield command_line(self.console)
        yield KeyBar(id="footer")

    def on_mount(self) -> None:
        """The first section is there at the first paint; what it shows comes when the engine runs."""
        self.header = self.query_one(HeaderBar)
        self.bar = self.query_one(SectionBar)
        self.footer = self.query_one(KeyBar)
        self.banner = self.query_one(BannerLine)
        self.switcher = self.query_one("#sections", ContentSwitcher)
        self.go(self.console.first_section)
        self.set_interval(BEAT_S, self._beat)
        self.call_after_refresh(self._open_keys)

    def _open_keys(self) -> None:
        self._laid_out = True

    # Pulling.

    def _beat(self) -> None:
        """A picture that changes only by itself is pulled at a third of the pace: most of what an idle console does."""
        self._beats += 1
        if self._beats % WATCHED == 0 or time.monotonic() - self.console.touched < LIVELY_S:
            self.tick()

    def tick(self) -> None:
        """Pull what is shown, and the frame's own lines; not while the terminal is behind with what it was given."""
        console = self.console
        if not keeps_up(console):
            return
        now = console.now()
        if console.ready:
            if not self.frozen and self._shown is not None and self._shown.is_attached:
                self._pull(self._shown, now)
            # Dialogs tell of what was just done: they go on while the picture stands still.
            top = self.app.screen
            if top is not self and top.is_mounted and hasattr(top, "pull"):
                self._pull(top, now)
        if self._moved(now):
            self.draw(now)

    def _pull(self, view: Pulled, now: int) -> None:
        """A view that fails is told of once and left alone otherwise: the stations' links must outlive it."""
        try:
            view.pull(now)
        except Exception as error:
            self.console.view_failed(type(view).__name__, error)

    def _moved(self, now: int) -> bool:
        """Whether anything the frame's lines tell of may have changed: once a second, or with the fleet or a key."""
        console = self.console
        shown = self._shown
        told: tuple[object, ...] = ()
        if console.ready and shown is not None:
            told = (shown.selected_station(), len(shown.marked_stations()), shown.crumb(), *shown.hints())
        changed = console.engine.fleet.changed if console.ready else 0
        stamp = (now // 1_000_000_000, changed, shown, tuple(self.places), told, self.frozen, self.size)
        moved = stamp != self._stamp
        self._stamp = stamp
        return moved

    def draw(self, now: int) -> None:
        """The frame's own lines: each is drawn only where its text has changed."""
        console = self.console
        alarms = 0
        if console.ready:
            engine = console.engine
            stats = engine.stats
            alarms = stats.alarms
            urls = engine.dial_urls
            self.banner.set_banner(engine.failure or "")
            state = HeaderState(
                profile=engine.profile.name,
                url=f"{urls[0]}<station id>" if urls else "",
                online=stats.online,
                charging=stats.charging,
                power_w=stats.power_w,
                alarms=alarms,
                messages_per_second=stats.messages_per_second,
                clock_ns=now,
                insecure=engine.exposed,
                read_only=engine.read_only,
                demo=console.demo.running,
            )
        else:
            state = HeaderState(profile=console.profile.name, url="starting …", clock_ns=now)
        self.header.set_state(state)
        sections = [header.Section(one.key or "", one.title, alarms if one.kind == "alarms" else 0) for one in BAR]
        here = next((key for place in reversed(self.places) if (key := view(place.kind).key)), "")
        self.bar.set_sections(sections, here, self.crumbs())
        self.footer.set_hints(self.hints(), live=not self.frozen, pause_key=self._key("pause", "p"))

    def crumbs(self) -> list[Crumb]:
        """Where the person is, from the section on."""
        crumbs: list[Crumb] = []
        for depth, place in enumerate(self.places):
            shown = self._shown
            if shown is not None and depth == len(self.places) - 1 and shown.kind == place.kind:
                # Only a section that is shown can be asked: one that was just mounted has no children yet.
                words = [word for word in shown.crumb().split(" › ") if word]
            elif place.subject is not None and isinstance(place.subject, str):
                words = [place.subject]
            else:
                words = [view(place.kind).title]
            crumbs += [Crumb(word, str(depth)) for word in words]
        return crumbs

    # Keys and their words.

    def hints(self) -> list[header.KeyHint]:
        """The section's keys, those of orders (dimmed where they do not apply), and those that work everywhere."""
        console = self.console
        hints: list[header.KeyHint] = []
        if console.ready and self._shown is not None:
            hints = [self._hint(one, 2 + at) for at, one in enumerate(self._shown.hints())]
            if not console.engine.read_only:
                hints += [self._hint(one, 3 + at) for at, one in enumerate(console.orders.hints())]
        own = {one.key for one in hints}
        for word, key, priority in (("filter", "slash", 8), ("command", "colon", 9), ("help", "question_mark", 1)):
            hint = self._hint(KeyHint(key, word), priority)
            if hint.key not in own:  # a section that names it itself wants it seen
                hints.append(hint)
        return hints

    def _hint(self, hint: KeyHint, priority: int) -> header.KeyHint:
        key = self._key(hint.word, hint.key)
        return header.KeyHint(
            key_label(key), hint.word, action=key, enabled=hint.why is None, reason=hint.why or "", priority=priority
        )

    def _key(self, word: str, key: str) -> str:
        return self.console.profile.keys.get(word, key)

    # Navigation.

    @property
    def shown_section(self) -> Section | None:
        """The section that is shown."""
        return self._shown

    def section(self, kind: str) -> Section | None:
        """The section of that name, where it was shown before."""
        for child in self.switcher.children:
            if child.id == f"section-{kind}" and isinstance(child, Section):
                return child
        return None

    def go(self, kind: str, subject: str | int | None = None, *, over: bool = False) -> Section:
        """Show a section; one of 1–6 begins the crumbs anew, the others (or where ``over``) open over what is shown."""
        place = Place(kind, subject)
        if view(kind).key is not None and not over:
            self.places = [place]
        elif self.places[-1].kind == kind:
            self.places[-1] = place
        else:
            self.places = [*self.places[-_DEEPEST:], place]
        return self._show(place)

    def _show(self, place: Place) -> Section:
        section = self.section(place.kind)
        if section is None:
            section = make_section(place.kind)
            self.switcher.mount(section)
        before = self._shown
        if before is not None and before is not section:
            before.hidden()
        self._shown = None
        self._arrived.clear()
        self.switcher.current = section.id
        section.call_later(self._take, section, place)
        return section

    def _take(self, section: Section, place: Place) -> None:
        """The section is composed by now: it runs behind its own mounting."""
        if self.places[-1] != place:
            return
        self._shown = section
        self._arrived.set()
        section.opened(place.subject)
        section.shown()
        if self.console.ready:
            section.pull(self.console.now())
        self.draw(self.console.now())

    @on(CommandLine.Submitted)
    def _submitted(self, event: CommandLine.Submitted) -> None:
        from console.screens.commands import submit

        submit(self.console, event.line, event.text)

    @on(CommandLine.Closed)
    def _command_closed(self) -> None:
        if self._shown is not None:
            self._shown.take_focus()

    @on(SectionBar.Picked)
    def _picked(self, event: SectionBar.Picked) -> None:
        self.go(next(one.kind for one in BAR if one.key == event.key))

    @on(SectionBar.CrumbPicked)
    def _crumb(self, event: SectionBar.CrumbPicked) -> None:
        depth = int(event.target)
        self.places = self.places[: depth + 1]
        self._show(self.places[-1])

    @on(HeaderBar.Pressed)
    def _header(self, event: HeaderBar.Pressed) -> None:
        if event.target == "url":
            self.action_qr()
        elif event.target == "alarms":
            self.go("alarms")
        elif event.target == "online":
            self.go("fleet")

    @on(KeyBar.Pressed)
    def _key_pressed(self, event: KeyBar.Pressed) -> None:
        if event.hint.action == "pause":
            self.action_freeze()
        else:
            self.app.simulate_key(event.hint.action)

    # Actions.

    async def action_section(self, kind: str) -> None:
        """A digit. The next keys are for the section: they wait until it is there."""
        self.go(kind)
        with suppress(TimeoutError):
            async with asyncio.timeout(ARRIVES_S):
                await self._arrived.wait()

    def action_back(self) -> None:
        """``esc``: close what is open, or go back where one came from."""
        came = self.places[-2] if len(self.places) > 1 else None
        opened = view(self.places[-1].kind).key is not None and self.places[-1].subject is not None
        if self._shown is not None and self._shown.back() and not (opened and came):
            return  # one that was opened from elsewhere, as a session from its station, does not leave by its list
        if came is not None:
            self.places = self.places[:-1]
            self._show(self.places[-1])

    def action_freeze(self) -> None:
        """``p``: the screen stands still; nothing is lost meanwhile."""
        self.frozen = not self.frozen
        self.console.frozen = self.frozen
        self.draw(self.console.now())

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """In a line that is typed, digits, ``:`` and ``/`` are text; what comes before the first paint is dropped."""
        if not self._laid_out:
            return False
        return action not in ("section", "command", "filter") or not isinstance(self.focused, Input)

    def action_filter(self) -> None:
        """``/``."""
        if self._shown is not None and not self._shown.focus_filter():
            self.console.say(f"{self._shown.title} has nothing to filter.")

    def action_command(self, text: str = "") -> None:
        """``:``."""
        self.query_one(CommandLine).open(text)

    def action_help(self) -> None:
        """``?``."""
        self.console.show_help()

    def action_qr(self) -> None:
        """``q``: the URL full screen, as text and as a QR code."""
        self.console.show_qr()

    def action_copy(self) -> None:
        """``y``."""
        found = self._shown.copied() if self._shown is not None else None
        if found is None:
            self.console.say("There is nothing to copy here.")
        else:
            self.console.copy(*found)

    def action_runs(self) -> None:
        """``o``: the orders of this console and how far they are."""
        self.console.orders.show_runs()

    def action_order(self, name: str) -> None:
        """The key of an order."""
        self.console.key_order(name)
