"""Which stations the fleet shows, in which order, and how wide their columns are; cheap with ten thousand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from console.screens.fleet_columns import widen
from console.screens.fleet_filter import FleetTerm, all_text, matches
from console.screens.fleet_rows import alarms_by_station, rank
from widgets.line_table import sort_token
from widgets.ranked import Ranked

if TYPE_CHECKING:
    from console.engine.fleet.fleet import Fleet
    from console.engine.fleet.model import Alarm, Station

_NONE: list[Alarm] = []


class FleetOrder:
    """The sick first, then by name. Only stations that have changed are looked at, and only those that moved are put
    anywhere: of ten thousand a few change between two pulls.

    ``named``: what people call a station, and its site. ``alarms``: those that stand, by the station's key. ``needs``:
    cells by column; they only grow, so that nothing jumps while one looks at it. ``changed``: keys of the stations that
    the last look looked at.
    """

    def __init__(self, named: Callable[[str], tuple[str, str]]) -> None:
        self.alarms: dict[str, list[Alarm]] = {}
        self.needs: dict[str, int] = {}
        self.changed: list[str] = []
        self._named = named
        self._terms: Sequence[FleetTerm] = ()
        self._ranked: Ranked[str] = Ranked()
        self._known: set[str] = set()  # shown or not
        self._looked = -1
        self._texts: dict[str, tuple[int, str]] = {}
        self._names: dict[str, tuple[int, object]] = {}

    def forget(self) -> None:
        """Everything is looked at again, widths too."""
        self.needs = {}
        self._known.clear()
        self._looked = -1

    def set_terms(self, terms: Sequence[FleetTerm]) -> None:
        """Show only stations that these let pass."""
        self._terms = terms
        self._known.clear()

    def look(self, fleet: Fleet) -> list[str]:
        """Keys of the stations that pass, in order; the very list of before where that is the same."""
        known, last, ranked = self._known, self._looked, self._ranked
        before, self.alarms = self.alarms, alarms_by_station(fleet)
        alarmed = before.keys() | self.alarms.keys()
        self.changed = []
        for key, station in fleet.stations.items():
            if station.changed > last or key in alarmed or key not in known:
                known.add(key)
                self.changed.append(key)
                self._put(station)
                alarms = self.alarms.get(key, _NONE)
                if station.changed > last or before.get(key, _NONE) != alarms:
                    widen(self.needs, station, alarms, fleet.transactions, self._named(station.id))
        if len(known) > len(fleet.stations):
            for key in known - fleet.stations.keys():
                ranked.drop(key)
                known.discard(key)
                self._names.pop(key, None)
                self._texts.pop(key, None)
        self._looked = fleet.changed
        return ranked.order()

    def _put(self, station: Station) -> None:
        alarms = self.alarms.get(station.key, _NONE)
        if station.removed or (self._terms and not self._passes(station, alarms)):
            self._ranked.drop(station.key)
            return
        name = self._names.get(station.key)
        if name is None:
            name = self._names[station.key] = sort_token(station.id)
        self._ranked.put(station.key, (rank(station, alarms), name, station.key))

    def _passes(self, station: Station, alarms: Sequence[Alarm]) -> bool:
        kept = self._texts.get(station.key)
        if kept is None or kept[0] != station.changed:
            # While a filter is typed, every station is looked at with every letter.
            kept = self._texts[station.key] = (station.changed, all_text(station, self._named(station.id)))
        return matches(self._terms, station, alarms, self._named(station.id), kept[1])
