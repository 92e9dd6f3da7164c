"""The fleet: the read model as a fold. Folding the same records gives the same fleet, always.

Nothing here reads a clock, a socket or a file: time comes from the records. ``fold.py`` holds how each event changes
the model; this module holds the entities, how they are found, and the change counter that views pull by.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from console.engine.fleet.model import Alarm, Past, Reading, Station, Transaction


class Dirty:
    """What changed and is not yet in the journal's snapshot, by the key of its station, so that it can be written station
    by station. Holds the entities themselves. Alarms of no station have the key ``""``.

    ``gone``: keys without a station (it was forgotten, or never was one). ``waiting`` counts the readings in ``samples``.
    """

    __slots__ = ("alarms", "gone", "samples", "stations", "transactions", "waiting")

    def __init__(self) -> None:
        self.stations: dict[str, Station] = {}
        self.transactions: dict[str, dict[int, Transaction]] = {}
        self.alarms: dict[str, dict[int, Alarm]] = {}
        self.samples: dict[str, list[Reading]] = {}
        self.gone: set[str] = set()
        self.waiting = 0

    def __bool__(self) -> bool:
        return bool(self.stations or self.transactions or self.alarms or self.samples or self.gone)

    def keys(self) -> set[str]:
        """Every key that something changed under."""
        return {*self.stations, *self.transactions, *self.alarms, *self.samples, *self.gone}


class Fleet:
    """Stations by casefolded identity, transactions by our id, alarms by id; all of them only changed by folding.

    ``cursor`` is the id of the last folded record; ``changed`` counts changes, each entity carries the count of its own
    last one. ``ahead``: while the journal is folded at a start, keys of which the stored entities know more than the rest,
    and up to which record.
    """

    def __init__(self) -> None:
        self.stations: dict[str, Station] = {}
        self.transactions: dict[int, Transaction] = {}
        self.alarms: dict[int, Alarm] = {}
        self.cursor = 0
        self.changed = 0
        self.last_transaction = 0  # the highest transaction id handed out to a 1.6 station
        self.wires: dict[tuple[str, str], int] = {}
        self.alarm_keys: dict[tuple[str | None, str, str], int] = {}
        self.standing: dict[str | None, int] = {}  # alarms not cleared, by station
        self.last_slot = (0, 0)  # the record that raised the newest alarm, and how many it had raised before
        self.strangers: set[str] = set()  # keys of stations that may be forgotten
        self.ahead: dict[str, int] = {}
        self.dirty = Dirty()

    # Finding. ``station`` is any spelling of the identity.

    def station(self, identity: str) -> Station | None:
        """The station of that identity, compared case-insensitively."""
        return self.stations.get(identity.casefold())

    def transaction(self, station: str, wire: str | None) -> Transaction | None:
        """The station's newest transaction with that id on the wire (active or recently ended)."""
        if wire is None:
            return None
        found = self.wires.get((station.casefold(), wire))
        return None if found is None else self.transactions.get(found)

    def past(self, station: Station, wire: str | None) -> Past | None:
        """What is still known of the station's newest transaction with that id that is not at hand any more."""
        return next((one for one in reversed(station.past) if one.wire == wire), None)

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
    ) -> str | None:
        """The id on the wire of a transaction with the very same beginning: a retried StartTransaction gets it again.

        Of those that are not at hand only time and EVSE are known; a station begins no two on one EVSE in one second.
        """
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
                return one.wire
        return next((one.wire for one in reversed(owner.past) if (one.started, one.evse) == (at, evse)), None)

    def active(self) -> list[Transaction]:
        """Every active transaction."""
        return [
            self.transactions[number]
            for station in self.stations.values()
            for number in station.active
            if number in self.transactions
        ]

    # What changed, for views and for the journal's snapshot.

    def touch(self, station: Station) -> None:
        """Mark a station as changed."""
        self.changed += 1
        station.changed = self.changed
        self.dirty.stations[station.key] = station
        if self.dirty.gone:
            self.dirty.gone.discard(station.key)

    def forget(self, station: Station) -> None:
        """Let a station go; whatever it is, it is made anew when it comes back."""
        self.changed += 1
        del self.stations[station.key]
        self.strangers.discard(station.key)
        self.dirty.stations.pop(station.key, None)
        self.dirty.gone.add(station.key)

    def touch_transaction(self, transaction: Transaction) -> None:
        """Mark a transaction as changed."""
        self.changed += 1
        transaction.changed = self.changed
        key, due = transaction.station.casefold(), self.dirty.transactions
        if key in due:
            due[key][transaction.id] = transaction
        else:
            due[key] = {transaction.id: transaction}

    def touch_alarm(self, alarm: Alarm) -> None:
        """Mark an alarm as changed."""
        self.changed += 1
        alarm.changed = self.changed
        self.dirty.alarms.setdefault((alarm.station or "").casefold(), {})[alarm.id] = alarm

    def store(self, reading: Reading) -> None:
        """What a meter told, for the journal alone."""
        dirty = self.dirty
        dirty.waiting += 1
        if (waiting := dirty.samples.get(reading.station)) is not None:
            waiting.append(reading)
        else:
            dirty.samples[reading.station] = [reading]

    def take_dirty(self, keys: Iterable[str] | None = None) -> Dirty:
        """What changed under these keys (None: under all) since it was last taken, each with its station, so that all of
        a station is of one moment. The caller writes it, or hands it to ``give_back``."""
        dirty, taken = self.dirty, Dirty()
        for key in dirty.keys() if keys is None else keys:
            station = self.stations.get(key)
            if station is None:
                taken.gone.add(key)
            else:
                taken.stations[key] = station
            dirty.stations.pop(key, None)
            dirty.gone.discard(key)
            if (transactions := dirty.transactions.pop(key, None)) is not None:
                taken.transactions[key] = transactions
            if (alarms := dirty.alarms.pop(key, None)) is not None:
                taken.alarms[key] = alarms
            if (samples := dirty.samples.pop(key, None)) is not None:
                taken.samples[key] = samples
                taken.waiting += len(samples)
        dirty.waiting -= taken.waiting
        return taken

    def give_back(self, taken: Dirty) -> None:
        """What could not be written is due again; samples keep their order."""
        dirty = self.dirty
        for key, station in taken.stations.items():
            if self.stations.get(key) is station:
                dirty.stations[key] = station
        dirty.gone.update(key for key in (*taken.gone, *taken.stations) if key not in dirty.stations)
        for key, transactions in taken.transactions.items():
            dirty.transactions[key] = transactions | dirty.transactions.get(key, {})
        for key, alarms in taken.alarms.items():
            dirty.alarms[key] = alarms | dirty.alarms.get(key, {})
        for key, samples in taken.samples.items():
            dirty.samples[key] = samples + dirty.samples.get(key, [])
        dirty.waiting += taken.waiting

    def restore(
        self,
        *,
        cursor: int,
        last_transaction: int,
        stations: Iterable[Station],
        transactions: Iterable[Transaction],
        alarms: Iterable[Alarm],
        ahead: Mapping[str, int] | None = None,
    ) -> None:
        """Take over a snapshot; folding goes on after ``cursor``, for keys that are ``ahead`` after theirs."""
        self.cursor = cursor
        self.ahead = dict(ahead or {})
        self.last_transaction = last_transaction
        for station in stations:
            self.stations[station.key] = station
            self.changed = max(self.changed, station.changed)
            if station.stranger:
                self.strangers.add(station.key)
        for transaction in sorted(transactions, key=lambda one: one.id):
            self.transactions[transaction.id] = transaction
            self.changed = max(self.changed, transaction.changed)
            if transaction.wire is not None:
                self.wires[transaction.station.casefold(), transaction.wire] = transaction.id
        for alarm in alarms:
            self.alarms[alarm.id] = alarm
            self.changed = max(self.changed, alarm.changed)
            if alarm.cleared is None:
                self.alarm_keys[alarm.station, alarm.kind, alarm.cause] = alarm.id
                self.standing[alarm.station] = self.standing.get(alarm.station, 0) + 1
