"""A record into the fleet: read by its dialect, then folded. The running console and ``--data`` both go through here."""

from __future__ import annotations

import logging

from console.engine.dialects import dialect
from console.engine.fleet.events import Event
from console.engine.fleet.fleet import Fleet
from console.engine.fleet.fold import fold_exchange, fold_happening
from console.engine.fleet.happenings import OF_NO_STATION, owner
from console.engine.wire.exchange import Exchange, Happening, Record

log = logging.getLogger("chargehand.engine")


def fold_record(fleet: Fleet, record: Record) -> tuple[Event, ...]:
    """Fold a record; what was read from it. One that cannot be understood is passed over, now and at every start.

    At a start also one that the stored entities of its station hold already is passed over.
    """
    if fleet.ahead and _stored(fleet, record):
        fleet.cursor = record.id
        return ()
    events: tuple[Event, ...] = ()
    try:
        if isinstance(record, Exchange):
            events = dialect(record.version).read(record)
    except Exception:
        log.exception("exchange %d of %s could not be read", record.id, record.station)
    try:
        if isinstance(record, Exchange):
            fold_exchange(fleet, record, events)
        else:
            fold_happening(fleet, record)
    except Exception:
        log.exception("record %d could not be folded", record.id)
        fleet.cursor = record.id
    return events


def _stored(fleet: Fleet, record: Record) -> bool:
    """Whether the stored entities hold this record already. What befalls all stations is for the fold itself to tell."""
    if isinstance(record, Happening) and record.kind in OF_NO_STATION:
        return fleet.ahead.get(owner(fleet, record), 0) >= record.id
    return record.station is not None and fleet.ahead.get(record.station.casefold(), 0) >= record.id
