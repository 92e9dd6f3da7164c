"""What ctrl+p offers, by what is selected now: orders that apply, stations, sections, and the console's own words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.style import Style

from console.engine.orders.table import ORDERS
from console.screens.commands import WORDS
from console.screens.order_keys import why_not
from console.screens.places import BAR
from widgets.safe import safe_content, safe_text

if TYPE_CHECKING:
    from console.app import ConsoleApp

STATIONS = 500
_WITH_TEXT = ("filter", "station", "accept", "refuse")  # words that want more than themselves

Entry = tuple[str, str, Callable[[], None]]


class ConsoleCommands(Provider):
    """The entries for Textual's palette. What its own provider is given it reads as markup, names of stations too."""

    async def discover(self) -> Hits:
        """All of them, likeliest first."""
        for title, text, action in self._entries():
            yield DiscoveryHit(_shown(title, text), action, text=title)

    async def search(self, query: str) -> Hits:
        """Those whose title has the letters of the query, the letters marked."""
        matcher = self.matcher(query)
        for title, text, action in self._entries():
            score, places = matcher.fuzzy_search.match(query, title)
            if score > 0:
                yield Hit(score, _shown(title, text, places, matcher.match_style), action, text=title)

    def _entries(self) -> Iterator[Entry]:
        return entries(cast("ConsoleApp", self.app))


def _shown(title: str, text: str, places: Sequence[int] = (), style: Style | str = "") -> Content:
    shown = safe_content(title)
    for place in places:
        shown = shown.stylize(style, place, place + 1)
    return shown + Content("\n") + safe_content(text, "dim not bold")


def entries(console: ConsoleApp) -> Iterator[Entry]:
    """(title, what it does, how), likeliest first."""
    if console.ready:
        yield from _orders(console)
    for one in BAR:
        yield f"{one.title}", f"section {one.key}", partial(console.show_section, one.kind)
    for word in WORDS:
        if word.name == "theme":
            yield "Light theme", "theme", partial(word.run, console, "light")
            yield "Dark theme", "theme", partial(word.run, console, "dark")
        elif word.name not in _WITH_TEXT:
            yield word.name.capitalize(), word.text, partial(word.run, console, "")
    if console.ready:
        stations = sorted(console.engine.fleet.stations.values(), key=lambda one: one.key)
        for station in stations[:STATIONS]:
            state = "online" if station.connected else "offline"
            model = safe_text(" ".join(word for word in (station.vendor, station.model) if word), max_chars=60)
            yield _plain(station.id), f"{state} {model}", partial(console.open_station, station.id)


def _orders(console: ConsoleApp) -> Iterator[Entry]:
    section = console.frame_screen.shown_section
    station = section.selected_station() if section is not None else None
    marked = section.marked_stations() if section is not None else []
    target = f"{len(marked)} stations" if marked else _plain(station or "")
    for kind in ORDERS:
        if why_not(console.engine, kind.id, station, marked) is None:
            yield kind.title, f"{target}: {kind.gist}", partial(console.orders.open, kind.id, None, {})


def _plain(text: str) -> str:
    # Titles of palette entries are plain strings to Textual's matcher.
    return safe_text(text, max_chars=48)
