"""Which views there are, and where their code is. They are imported when they are first shown: a cold start is quick."""

from __future__ import annotations

from importlib import import_module
from typing import Final

import msgspec

from console.screens.base import Section


class View(msgspec.Struct, frozen=True):
    """One view: its name, its word in the section bar, its digit (None: opened over a section), where it is defined."""

    kind: str
    title: str
    key: str | None
    module: str
    name: str


VIEWS: Final[tuple[View, ...]] = (
    View("fleet", "Fleet", "1", "console.screens.fleet", "FleetSection"),
    View("sessions", "Sessions", "2", "console.screens.sessions", "SessionsSection"),
    View("messages", "Messages", "3", "console.screens.messages", "MessagesSection"),
    View("connections", "Connections", "4", "console.screens.connections", "ConnectionsSection"),
    View("alarms", "Alarms", "5", "console.screens.alarms", "AlarmsSection"),
    View("files", "Files", "6", "console.screens.files", "FilesSection"),
    View("station", "Station", None, "console.screens.station", "StationSection"),
    View("exchange", "Message", None, "console.screens.exchange", "ExchangeSection"),
)

BAR: Final = tuple(view for view in VIEWS if view.key is not None)
_BY_KIND: Final = {view.kind: view for view in VIEWS}


class Place(msgspec.Struct, frozen=True):
    """Where the person is: a view, and what it shows."""

    kind: str
    subject: str | int | None = None


def view(kind: str) -> View:
    """The view of that name."""
    return _BY_KIND[kind]


def make_section(kind: str) -> Section:
    """A new section widget of that name."""
    found = _BY_KIND[kind]
    made = getattr(import_module(found.module), found.name)(id=f"section-{kind}")
    assert isinstance(made, Section)
    return made
