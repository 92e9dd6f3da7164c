"""What every section of the console is: a widget that pulls a snapshot when it is shown, and tells the frame of itself.

The frame (``frame.py``) owns header, section bar, footer, navigation and the clock that pulls. A section owns its rows,
its cursor and its filter, and keeps them while another is shown: sections are mounted once and switched, never remade.

    pulling    ``pull`` is called at most ten times a second, only while the section is shown and not frozen. It compares
               the change counters of what it shows (``engine.fleet.changed``, ``engine.attempts.changed``,
               ``engine.feed.total``, a run's ``changed``) with those of its last pull and draws only where they moved.
    keys       a section's own keys are ordinary ``BINDINGS``; ``hints`` says which of them the footer shows. Keys of
               orders, of sections and of the frame are bound once, by the frame, for ``selected_station``.
    text       whatever a station sent passes ``widgets.safe`` first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Protocol, cast

import msgspec
from textual.notifications import SeverityLevel
from textual.widget import Widget

if TYPE_CHECKING:
    from console.engine.engine import Engine
    from console.engine.fleet.model import Transaction

_LABELS = {
    "slash": "/",
    "colon": ":",
    "question_mark": "?",
    "full_stop": ".",
    "delete": "del",
    "escape": "esc",
    "plus": "+",
    "minus": "-",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "less_than_sign": "<",
    "greater_than_sign": ">",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
}


def key_label(key: str) -> str:
    """A key as people write it: ``slash`` → ``/``, ``ctrl+p`` → ``^p``."""
    if key.startswith("ctrl+"):
        return f"^{key_label(key[5:])}"
    return _LABELS.get(key, key)


class KeyHint(msgspec.Struct, frozen=True):
    """A key in the footer. ``key`` is Textual's name of it (``slash``), ``word`` what it does.

    ``why``: why it does not apply now; the hint is then dimmed, and pressing the key says this sentence.
    ``group``: hints of the same group stand together; ``orders`` are dropped first where the line is too short.
    """

    key: str
    word: str
    why: str | None = None
    group: str = "section"


class Host(Protocol):
    """What a section may ask of the console it is part of: the App, seen from a section."""

    @property
    def engine(self) -> Engine:
        """The running engine; there is none before ``ready``."""

    @property
    def ready(self) -> bool:
        """Whether the engine runs. Sections are not pulled before."""

    @property
    def frozen(self) -> bool:
        """Whether the screen stands still (``p``)."""

    def show_section(self, kind: str) -> None:
        """Go to one of the sections 1–6 by its name (``fleet``, ``messages``, …)."""

    def open_station(self, station: str) -> None:
        """Open a station over the section that is shown; esc comes back."""

    def open_exchange(self, exchange: int) -> None:
        """Open an exchange by its id over the section that is shown; esc comes back."""

    def open_session(self, transaction: int) -> None:
        """Open a transaction by our id in the Sessions section."""

    def filter_messages(self, text: str) -> None:
        """Show the Messages section with this filter line."""

    def give_order(self, name: str, station: str | None = None, **arguments: object) -> None:
        """Open the form of an order for that station (None: the selected or marked ones), filled with ``arguments``."""

    def approve(self, station: str, accept: bool) -> None:
        """Accept or refuse a station that waits for a person, or say why that does not apply."""

    def say(self, text: str, *, title: str = "", severity: SeverityLevel = "information") -> None:
        """A short notice. The text is made safe and never read as markup; severity also ``warning`` or ``error``."""

    def copy(self, text: str, what: str = "") -> None:
        """Put text on the clipboard (OSC 52 too) and say ``what`` was copied."""


class View(Widget):
    """What can be seen within the frame, a section or a tab of a station. Everything asked of it has an answer here."""

    @property
    def host(self) -> Host:
        """The console."""
        return cast("Host", self.app)

    @property
    def engine(self) -> Engine:
        """The running engine."""
        return self.host.engine

    def pull(self, now_ns: int) -> None:
        """Draw what has changed since the last pull. ``now_ns``: the time in UTC ns, for ages."""

    def crumb(self) -> str:
        """Where the person is, for the crumbs; made safe already."""
        return ""

    def hints(self) -> list[KeyHint]:
        """Its keys for the footer, most useful first. Asked after each pull: must be cheap."""
        return []

    def selected_place(self) -> tuple[int | None, int | None]:
        """(EVSE, connector) that is selected within the station, to fill forms with."""
        return None, None

    def selected_session(self) -> Transaction | None:
        """The session that is selected, where it has any."""
        return None

    def take_focus(self) -> None:
        """Give the keyboard to what is worked with first."""

    def set_filter(self, text: str) -> None:
        """Take this filter line. Does nothing where there is no filter."""

    def focus_filter(self) -> bool:
        """Open the filter line (`/`). False where there is none."""
        return False

    def copied(self) -> tuple[str, str] | None:
        """What ``y`` copies, and what it is called; None where there is nothing."""
        return None

    def back(self) -> bool:
        """``esc``: close what is open within. False where nothing is: the frame goes back then."""
        return False


class Section(View):
    """One section of the console. Subclasses set ``kind``, ``title`` and ``key`` and say what they show.

    ``kind`` is its name in profiles and `:` commands, ``title`` its word in the section bar, ``key`` its digit (None
    for views that open over a section: a station, an exchange).
    """

    DEFAULT_CSS = """
    Section { width: 1fr; height: 1fr; layout: vertical; }
    """

    kind: ClassVar[str] = ""
    title: ClassVar[str] = ""
    key: ClassVar[str | None] = None

    # Told by the frame.

    def opened(self, subject: str | int | None) -> None:
        """It is about to be shown for this subject: a station's identity, an exchange's id. None: as it was left."""

    def shown(self) -> None:
        """It is shown now: take the focus and forget change counters, so that the next pull draws everything."""
        self.take_focus()

    def hidden(self) -> None:
        """Another section is shown now."""

    # Asked by the frame.

    def crumb(self) -> str:
        """Where the person is, for the crumbs; made safe already."""
        return self.title

    def selected_station(self) -> str | None:
        """The station that keys of orders are about; None where nothing is selected."""
        return None

    def marked_stations(self) -> list[str]:
        """The marked stations, where the section has marks: an order is then given to all of them."""
        return []

    def take_focus(self) -> None:
        """Give the keyboard to what is worked with first: a table, mostly. At once: ``Widget.focus`` would do so behind the
        keys that are on their way already."""
        for child in self.walk_children(Widget):
            if child.focusable:
                self.screen.set_focus(child, scroll_visible=False)
                return

    def set_tab(self, name: str) -> None:
        """Show one of its tabs, where it has any."""

    def sometimes(self) -> list[KeyHint]:
        """Keys for the help that the footer shows only where they apply."""
        return []

    def filter_help(self) -> list[tuple[str, str]]:
        """The terms of its filter and what they mean, for the help; none where it is filtered as messages are."""
        return []

    def open_station(self, station: str) -> None:
        """Open a station over this section."""
        self.host.open_station(station)

    def open_exchange(self, exchange: int) -> None:
        """Open an exchange over this section."""
        self.host.open_exchange(exchange)
