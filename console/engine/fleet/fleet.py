"""The fleet: the read model as a fold. Folding the same records gives the same fleet, always.

Nothing here reads a clock, a socket or a file: time comes from the records. ``fold.py`` holds how each event changes
the model; this module holds the entities, how they are found, and the change counter that views pull by.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from console.engine.fleet.events import Event
from console.engine.fleet.model import Alarm, Station, StoredSample, Transaction
from console.engine.wire.exchange import Exchange, Happening


class Fleet:
    """Stations by casefolded identity, transactions by our id, alarms by id; all of them only changed by folding.

    ``cursor`` is the id of the last folded record; ``changed`` counts changes, each entity carries the count of its own
    last one; ``epoch`` names this fleet, so that a cursor of another run is not taken for one of this.
    """

    def __init__(self) -> None:
        self.stations: dict[str, Station] = {}
        self.transactions: dict[int, Transaction] = {}
        self.alarms: dict[int, Alarm] = {}
        self.cursor = 0
        self.changed = 0
        self.last_transaction = 0  # the highest transaction id handed out to a 1.6 station
        self.site_energy_wh = 0.0
        self._wires: dict[tuple[str, str], int] = {}
        self._alarm_keys: dict[tuple[str | None, str, str], int] = {}
        self._dirty_stations: set[str] = set()
        self._dirty_transactions: set[int] = set()
        self._dirty_alarms: set[int] = set()
        self._samples: list[StoredSample] = []

    # Finding. ``station`` is any spelling of the identity.

    def station(self, identity: str) -> Station | None:
        """The station of that identity, compared case-insensitively."""
        return self.stations.get(identity.casefold())

    def transaction(self, station: str, wire: str | None) -> Transaction | None:
        """The station's newest transaction with that id on the wire (active or recently ended)."""
        if wire is None:
            return None
        found = self._wires.get((station.casefold(), wire))
        return None if found is None else self.transactions.get(found)

    def active_on(self, station: str, evse: int | None, connector: int | None = None) -> Transaction | None:
        """The newest active transaction on that EVSE; with ``evse`` None, the only active one of the station."""
        owner = self.station(station)
        if owner is None:
            return None
        running = [self.transactions[number] for number in owner.active if number in self.transactions]
        if evse is None:
            return running[0] if len(running) == 1 else None
        for one in reversed(running):
            if one.evse == evse and (connector is None or one.connector in (None, connector)):
                return one
        return None

    def same_start(
        self, station: str, evse: int | None, id_tag: str | None, at: int | None, meter_wh: float | None
    ) -> Transaction | None:
        """A transaction with the very same beginning: a retried StartTransaction gets the same id (wire-rules 4)."""
        owner = self.station(station)
        if owner is None or at is None:
            return None
        for number in (*reversed(owner.active), *reversed(owner.recent)):
            one = self.transactions.get(number)
            if (
                one is not None
                and one.started == at
                and one.evse == evse
                and one.id_tag == id_tag
                and one.start_wh == meter_wh
                and one.start_exchange is not None
            ):
                return one
        return None

    def active(self) -> list[Transaction]:
        """Every active transaction."""
        return [
            self.transactions[number]
            for station in self.stations.values()
            for number in station.active
            if number in self.transactions
        ]

    # Folding: see fold.py.

    def exchange(self, exchange: Exchange, events: Sequence[Event]) -> None:
        """Fold an exchange and what it means."""
        from console.engine.fleet.fold import fold_exchange

        fold_exchange(self, exchange, events)

    def happening(self, happening: Happening) -> None:
        """Fold a happening."""
        from console.engine.fleet.fold import fold_happening

        fold_happening(self, happening)

    # What changed, for views and for the journal's snapshot.

    def stations_since(self, counter: int) -> Iterable[Station]:
        """Stations whose last change is newer than ``counter``."""
        return (one for one in self.stations.values() if one.changed > counter)
