"""What the fleet leaves in the journal now and then, and what it finds there when the console starts again."""

from __future__ import annotations

import msgspec

from console.engine.fleet.model import Alarm, Reading, Station, Transaction


class Snapshot(msgspec.Struct, kw_only=True):
    """The entities of some stations that have changed since they were last written, as they are after record ``at`` was
    folded (0: ``cursor``); of each of these stations it is everything that changed.

    ``cursor``: every record up to it is in the entities of every station, these included; it never goes back (0: nothing
    new is known of the others). ``samples`` are new ones only;
    ``gone`` are keys without a station: it was forgotten, or what changed belongs to none (``""``). ``counters`` are all
    the numbers that must go on (transaction ids, …).
    """

    cursor: int
    at: int = 0
    stations: list[Station] = msgspec.field(default_factory=list)
    transactions: list[Transaction] = msgspec.field(default_factory=list)
    alarms: list[Alarm] = msgspec.field(default_factory=list)
    samples: list[Reading] = msgspec.field(default_factory=list)
    gone: list[str] = msgspec.field(default_factory=list)
    counters: dict[str, int] = msgspec.field(default_factory=dict)


class Stored(msgspec.Struct, kw_only=True):
    """What is known at start: every station, its active and recent transactions, alarms that stand and the newest others.

    Records with an id above ``cursor`` are still to be folded (``Journal.tail``), but not those up to ``ahead`` of their
    station's key: its entities were written later than others.
    """

    cursor: int = 0
    stations: list[Station] = msgspec.field(default_factory=list)
    transactions: list[Transaction] = msgspec.field(default_factory=list)
    alarms: list[Alarm] = msgspec.field(default_factory=list)
    counters: dict[str, int] = msgspec.field(default_factory=dict)
    ahead: dict[str, int] = msgspec.field(default_factory=dict)
