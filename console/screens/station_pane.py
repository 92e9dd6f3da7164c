"""What every tab of a station is."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from console.screens.base import View

if TYPE_CHECKING:
    from console.app import ConsoleApp
    from console.engine.fleet.model import Station


class StationPane(View):
    """One tab. ``identity`` is the station it shows; empty before the first ``show``."""

    DEFAULT_CSS = """
    StationPane { width: 1fr; height: 1fr; layout: vertical; overflow: hidden hidden; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.identity = ""

    @property
    def console(self) -> ConsoleApp:
        """The App."""
        return cast("ConsoleApp", self.app)

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
