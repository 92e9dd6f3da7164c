"""Quitting with live links: what that does, and which chargers will not call again by themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from textual.content import Content

from console.screens.confirm import ConfirmScreen
from profiles import quirks_for
from widgets.safe import safe_content, safe_text

if TYPE_CHECKING:
    from console.engine.engine import Engine

NAMED = 8


class Losses(msgspec.Struct, frozen=True):
    """What ends with the console: live links, running sessions, and stations that do not redial."""

    links: int
    sessions: int
    silent: tuple[str, ...]


def losses(engine: Engine) -> Losses:
    """What quitting now would cut."""
    silent: list[str] = []
    sessions = 0
    for link in engine.links:
        station = engine.fleet.station(link.station)
        if station is None:
            continue
        sessions += len(station.active)
        known = engine.profile.station(station.id)
        switches = known.quirks if known is not None else ()
        if not quirks_for(station.vendor, station.model, station.firmware, switches).redials:
            silent.append(station.id)
    return Losses(len(engine.links), sessions, tuple(sorted(silent)))


class LeaveScreen(ConfirmScreen):
    """Really quit?"""

    def __init__(self, lost: Losses) -> None:
        super().__init__("Quit?", _said(lost), sure="Quit", verb="quits", stay="Stay")


def _said(lost: Losses) -> list[Content]:
    links = f"{lost.links} station{'s are' if lost.links != 1 else ' is'} connected"
    running = f", {lost.sessions} session{'s run' if lost.sessions != 1 else ' runs'}" if lost.sessions else ""
    going = "Quitting closes the links; stations go on by themselves and call again later."
    said = [safe_content(f"{links}{running}. {going}")]
    if lost.silent:
        names = ", ".join(safe_text(one, max_chars=32) for one in lost.silent[:NAMED])
        more = f" and {len(lost.silent) - NAMED} more" if len(lost.silent) > NAMED else ""
        warning = ("⚠ These will not call again before they are restarted: ", "bold $text-warning")
        said.append(Content.assemble(warning, (f"{names}{more}", "bold")))
    return said
