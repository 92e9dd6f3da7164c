"""Which stations the fleet shows, in which order, and how wide their names and connectors are; cheap with ten thousand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from console.screens.fleet_filter import FleetTerm, all_text, matches
from console.screens.fleet_rows import alarms_by_station, connectors_width, rank
from widgets.line_table import sort_token

if TYPE_CHECKING:
    from console.engine.fleet.fleet import Fleet
    from console.engine.fleet.model import Alarm, Station

Place = tuple[int, tuple[int, object], str]
"""What a station is ordered by: how sick it is, its name as people count; and its key."""

_NONE: list[Alarm] = []


class FleetOrder:
    """The sick first, then by name. Only stations that have changed are looked at, and only where one moved is anything
    sorted: of ten thousand a few change between two pulls.

    ``named``: what people call a station, and its site. ``alarms``: those that stand, by the station's key. ``needs``:
    cells by column; they only grow, so that nothing jumps while one looks at it.
    """

    def __init__(self, named: Callable[[str], tuple[str, str]]) -> None:
        self.alarms: dict[str, list[Alarm]] = {}
        self.needs: dict[str, int] = {}
        self._named = named
        self._terms: Sequence[FleetTerm] = ()
        self._places: dict[str, Place | None] = {}
        self._order: list[str] = []
        self._looked = -1
        self._texts: dict[str, tuple[int, str]] = {}
        self._names: dict[str, tuple[int, object]] = {}

    def forget(self) -> None:
        """Everything is looked at again, widths too."""
        self.needs = {}
        self._places = {}
        self._looked = -1

    def set_terms(self, terms: Sequence[FleetTerm]) -> None:
        """Show only stations that these let pass."""
        self._terms = terms
        self._places = {}

    def place(self, key: str) -> Place | None:
        """What the station was ordered by when it was looked at last; None where it is not shown."""
        return self._places.get(key)

    def look(self, fleet: Fleet) -> list[str]:
        """Keys of the stations that pass, in order."""
        places, last = self._places, self._looked
        before, self.alarms = self.alarms, alarms_by_station(fleet)
        alarmed = before.keys() | self.alarms.keys()
        moved = not places
        for key, station in fleet.stations.items():
            if station.changed > last or key in alarmed or key not in places:
                place = self._place(station)
                if places.get(key, ()) != place:
                    places[key] = place
                    moved = True
                if station.changed > last:
                    self._widen(station, fleet)
        if len(places) > len(fleet.stations):
            places = self._places = {key: place for key, place in places.items() if key in fleet.stations}
            moved = True
            for kept in (self._names, self._texts):
                for key in kept.keys() - places.keys():
                    del kept[key]
        self._looked = fleet.changed
        if moved:
            self._order = [place[2] for place in sorted(place for place in places.values() if place is not None)]
        return self._order

    def _place(self, station: Station) -> Place | None:
        alarms = self.alarms.get(station.key, _NONE)
        if station.removed or (self._terms and not self._passes(station, alarms)):
            return None
        name = self._names.get(station.key)
        if name is None:
            name = self._names[station.key] = sort_token(station.id)
        return rank(station, alarms), name, station.key

    def _passes(self, station: Station, alarms: Sequence[Alarm]) -> bool:
        kept = self._texts.get(station.key)
        if kept is None or kept[0] != station.changed:
            # While a filter is typed, every station is looked at with every letter.
            kept = self._texts[station.key] = (station.changed, all_text(station, self._named(station.id)))
        return matches(self._terms, station, alarms, self._named(station.id), kept[1])

    def _widen(self, station: Station, fleet: Fleet) -> None:
        needs = self.needs
        name = len(station.id) + 2 * (station.registration == "Pending")
        needs["station"] = max(needs.get("station", 0), name)
        needs["connectors"] = max(needs.get("connectors", 0), connectors_width(station, fleet.transactions))
