"""The frame around every screen: header, sections with crumbs, a banner when something is wrong, and the keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from widgets.bar_line import BarLine, Part
from widgets.format import clock, power, rate, thousands
from widgets.safe import safe_content

_SEPARATOR = " ▏ "
_DOT = " · "
_DIMMED = "$foreground 40%"
_LEAST_CRUMB, _LEAST_FILTER = 12, 7  # cells that a long crumb keeps, and a long filter
_BADGE_WARN = "bold reverse $text-warning"


@dataclass(frozen=True, slots=True)
class HeaderState:
    """What the header says. ``url`` is what one types into the charger; ``power_w`` in W, ``clock_ns`` in UTC nanoseconds.

    ``insecure``: a listener without authentication off loopback. ``alarms`` counts those not acknowledged.
    """

    profile: str = ""
    url: str = ""
    online: int = 0
    charging: int = 0
    power_w: float | None = None
    alarms: int = 0
    messages_per_second: float = 0.0
    clock_ns: int | None = None
    insecure: bool = False
    read_only: bool = False
    demo: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """A section of the console; ``badge`` is a number worth knowing from elsewhere (alarms that wait)."""

    key: str
    title: str
    badge: int = 0


@dataclass(frozen=True, slots=True)
class Crumb:
    """One step of the way one came: what is written, and what a click goes back to."""

    label: str
    target: str = ""


@dataclass(frozen=True, slots=True)
class KeyHint:
    """A key and what it does. ``enabled`` false draws it dim; pressing or clicking it then says ``reason``.

    ``priority`` 0 stays whatever the width; larger goes earlier.
    """

    key: str
    label: str
    action: str = ""
    enabled: bool = True
    reason: str = ""
    priority: int = 5


class HeaderBar(BarLine):
    """Name, profile, the URL for the charger, the fleet in five numbers, the clock."""

    class Pressed(Message):
        """A part was clicked: ``url``, ``alarms``, ``online``, ``insecure`` or ``read_only``."""

        def __init__(self, bar: HeaderBar, target: str) -> None:
            super().__init__()
            self.bar = bar
            self.target = target

    DEFAULT_CSS = """
    HeaderBar { background: $primary 20%; }
    """

    def set_state(self, state: HeaderState) -> None:
        """Show other numbers."""
        # What goes first when it is narrow: msg/s, the profile's name, words that say nothing is wrong. The address to
        # type, the time and its zone go late.
        left = [Part(" chargehand ", "bold", priority=9, short=" ", keep=True)]
        if state.profile:
            left.append(Part(f" {state.profile} ", "muted", priority=11))
        if state.demo:
            left.append(Part(" demo ", "bold reverse $text-accent", priority=5))
        if state.read_only:
            left.append(Part(" READ-ONLY ", "bold reverse $text-accent", "read_only", 8, short=" RO ", keep=True))
        if state.insecure:
            # The short form stays: an open listener is shown on every screen.
            left.append(Part(" ⚠ NO PASSWORD ASKED ", _BADGE_WARN, "insecure", 8, short=" ⚠ OPEN ", keep=True))
        if state.url:
            # The address is what one must be able to read to the end; that an identity follows is known.
            short = state.url.replace("<station id>", "…")
            left.append(Part(state.url, "bold", "url", 7, short=short, keep=True, lead=_SEPARATOR, lead_style="muted"))
        online = "ok" if state.online else "muted"
        charging = "busy" if state.charging else "muted"
        left += [
            Part(
                f"{thousands(state.online)} online", online, "online", lead=_SEPARATOR, lead_style="muted", priority=1
            ),
            Part(f"{thousands(state.charging)} charging", charging, lead=_DOT, lead_style="muted", priority=3),
            Part(power(state.power_w), "plain", lead=_DOT, lead_style="muted", priority=4),
        ]
        if state.alarms:
            count = f"⚠ {thousands(state.alarms)}"
            long = f"{count} {'alarm' if state.alarms == 1 else 'alarms'}"
            left.append(Part(long, "bad", "alarms", 10, short=count, keep=True, lead=_DOT, lead_style="muted"))
        else:
            left.append(Part("no alarms", "muted", "alarms", lead=_DOT, lead_style="muted", priority=10))
        left.append(Part(f"{_SEPARATOR}{rate(state.messages_per_second)}", "muted", priority=12))
        time = clock(state.clock_ns)
        right = [Part(f" {time}", "bold", priority=4), Part(" UTC ", "muted", priority=6, short=" ")]
        self.set_parts(left, right)

    def clicked(self, target: str) -> None:
        """Tell the app which part was clicked."""
        self.post_message(self.Pressed(self, target))


class SectionBar(BarLine):
    """The sections with their numbers, the present one reversed, and the crumbs at the right."""

    class Picked(Message):
        """A section (its key) was clicked."""

        def __init__(self, bar: SectionBar, key: str) -> None:
            super().__init__()
            self.bar = bar
            self.key = key

    class CrumbPicked(Message):
        """A crumb was clicked: its target."""

        def __init__(self, bar: SectionBar, target: str) -> None:
            super().__init__()
            self.bar = bar
            self.target = target

    def set_sections(self, sections: Sequence[Section], current: str, crumbs: Sequence[Crumb] = ()) -> None:
        """Show the sections, which of them one is in, and the way one came."""
        left: list[Part] = [Part(" ")]  # stays, so that sections do not move when crumbs grow
        for section in sections:
            here = section.key == current
            badge = f" ({thousands(section.badge)})" if section.badge else ""
            left.append(
                Part(
                    f" {section.key} {section.title}{badge} ",
                    "bold reverse" if here else "plain",
                    target=f"section:{section.key}",
                    # On a narrow screen the numbers stay, and the name of the section one is in.
                    priority=0 if here else 10,
                    short=f" {section.key} ",
                )
            )
        right: list[Part] = []
        for at, crumb in enumerate(crumbs):
            last = at == len(crumbs) - 1
            target = f"crumb:{crumb.target}" if crumb.target and not last else ""
            # Long ones are cut before any goes. The place one stands at is needed longest; where that is a filter, what
            # it filters: names of sections that one is not in go before.
            ahead = "" if last else crumbs[at + 1].label
            is_filter = crumb.label.startswith("/")
            priority = 8 if ahead.startswith("/") else 9 if is_filter else 15 - at
            least = _LEAST_FILTER if is_filter else _LEAST_CRUMB
            # The sign between two crumbs goes with the one before it.
            style, sign = ("bold", " ") if last else ("muted", " › ")
            elastic = least if cell_len(crumb.label) > least else 0
            right.append(Part(crumb.label, style, target, priority, tail=sign, least=elastic))
        self.set_parts(left, right)

    def clicked(self, target: str) -> None:
        """Tell the app which section or crumb was clicked."""
        kind, _, name = target.partition(":")
        self.post_message(self.Picked(self, name) if kind == "section" else self.CrumbPicked(self, name))


class BannerLine(Static):
    """A line that is only there while something is wrong (the disk refuses, the clock jumped): one sentence.

    On a narrow screen it takes a second line rather than losing its end.
    """

    DEFAULT_CSS = """
    BannerLine {
        display: none; height: auto; max-height: 2; padding: 0 1; background: $error 30%; text-style: bold;
        &.-shown { display: block; }
        &.-warn { background: $warning 30%; }
    }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(Content(""), id=id, classes=classes)
        self._banner = ("", "bad")

    def set_banner(self, sentence: str, tone: str = "bad") -> None:
        """Show a sentence; an empty one takes the line away."""
        if (sentence, tone) == self._banner:
            return  # a new text lays the whole screen out again
        self._banner = (sentence, tone)
        self.set_class(bool(sentence), "-shown")
        self.set_class(tone == "warn", "-warn")
        glyph = "⚠" if tone == "warn" else "✖"
        self.update(safe_content(f"{glyph} {sentence}", max_chars=400) if sentence else Content(""))


class KeyBar(BarLine):
    """The keys that do something here, and at the right whether the screen is live or frozen."""

    class Pressed(Message):
        """A hint was clicked; where it is not ``enabled`` the screen says ``hint.reason``."""

        def __init__(self, bar: KeyBar, hint: KeyHint) -> None:
            super().__init__()
            self.bar = bar
            self.hint = hint

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._hints: dict[str, KeyHint] = {}

    def set_hints(self, hints: Sequence[KeyHint], *, live: bool | None = None, pause_key: str = "p") -> None:
        """Show other keys. ``live`` None leaves the right side empty."""
        self._hints = {f"{hint.key} {hint.label}": hint for hint in hints}
        left: list[Part] = []
        for target, hint in self._hints.items():
            key_style, style = ("bold $text-accent", "plain") if hint.enabled else (_DIMMED, _DIMMED)
            left.append(
                Part(f" {hint.label} ", style, target, hint.priority, lead=f" {hint.key}", lead_style=key_style)
            )
        right: list[Part] = []
        if live is not None:
            resume = KeyHint(pause_key, "pause" if live else "go on", "pause")
            self._hints["pause"] = resume
            right = [
                Part("● LIVE " if live else " ‖ FROZEN ", "ok" if live else _BADGE_WARN, "pause"),
                Part(f"{pause_key} {resume.label} ", "plain", "pause", priority=8, lead="▏ ", lead_style="muted"),
            ]
        self.set_parts(left, right)

    def clicked(self, target: str) -> None:
        """Tell the screen which hint was clicked."""
        hint = self._hints.get(target)
        if hint is not None:
            self.post_message(self.Pressed(self, hint))
