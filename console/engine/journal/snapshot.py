"""What the fleet leaves in the journal now and then, and what it finds there when the console starts again."""

from __future__ import annotations

import msgspec

from console.engine.fleet.model import Alarm, Station, StoredSample, Transaction


class Snapshot(msgspec.Struct, kw_only=True):
    """The entities that have changed since the last snapshot, as they are after record ``cursor`` was folded.

    ``samples`` are new ones only; ``gone`` are keys of stations that were forgotten; ``counters`` are all the numbers
    that must go on (transaction ids, …).
    """

    cursor: int
    stations: list[Station] = msgspec.field(default_factory=list)
    transactions: list[Transaction] = msgspec.field(default_factory=list)
    alarms: list[Alarm] = msgspec.field(default_factory=list)
    samples: list[StoredSample] = msgspec.field(default_factory=list)
    gone: list[str] = msgspec.field(default_factory=list)
    counters: dict[str, int] = msgspec.field(default_factory=dict)


class Stored(msgspec.Struct, kw_only=True):
    """What is known at start: every station, its active and recent transactions, alarms that stand and the newest others.

    Records with an id above ``cursor`` are still to be folded (``Journal.tail``).
    """

    cursor: int = 0
    stations: list[Station] = msgspec.field(default_factory=list)
    transactions: list[Transaction] = msgspec.field(default_factory=list)
    alarms: list[Alarm] = msgspec.field(default_factory=list)
    counters: dict[str, int] = msgspec.field(default_factory=dict)
