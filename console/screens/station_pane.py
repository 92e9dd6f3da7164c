"""What every tab of a station is."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual.containers import Vertical

from console.screens.base import KeyHint

if TYPE_CHECKING:
    from console.app import ConsoleApp
    from console.engine.engine import Engine
    from console.engine.fleet.model import Station, Transaction


class StationPane(Vertical):
    """One tab. ``identity`` is the station it shows; empty before the first ``show``."""

    DEFAULT_CSS = """
    StationPane { height: 1fr; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.identity = ""

    @property
    def console(self) -> ConsoleApp:
        """The App."""
        return cast("ConsoleApp", self.app)

    @property
    def engine(self) -> Engine:
        """The running engine."""
        return self.console.engine

    @property
    def station(self) -> Station | None:
        """The station, from the fleet."""
        return self.engine.fleet.station(self.identity) if self.identity else None

    def show(self, identity: str) -> None:
        """Show this station from now on; the tab is in sight."""
        changed = identity != self.identity
        self.identity = identity
        if changed:
            self.renew()

    def renew(self) -> None:
        """Another station: forget what was shown."""

    def pull(self, now_ns: int) -> None:
        """Draw what has changed."""

    def take_focus(self) -> None:
        """The keyboard is wanted."""

    def crumb(self) -> str:
        """What is chosen within, already safe."""
        return ""

    def hints(self) -> list[KeyHint]:
        """The keys of this tab."""
        return []

    def selected_session(self) -> Transaction | None:
        """The session that is chosen within."""
        return None

    def selected_place(self) -> tuple[int | None, int | None]:
        """(EVSE, connector) that orders are filled with."""
        return None, None

    def set_filter(self, text: str) -> None:
        """Take a filter line."""

    def focus_filter(self) -> bool:
        """``/``; False where there is no filter."""
        return False

    def copied(self) -> tuple[str, str] | None:
        """What ``y`` copies."""
        return None

    def back(self) -> bool:
        """``esc``; False where nothing is open within."""
        return False
