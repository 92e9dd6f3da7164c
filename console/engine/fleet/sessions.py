"""Folding transactions: beginnings, updates and ends, in any order, once or more than once. Nothing is ever dropped."""

from __future__ import annotations

import zlib

from console.engine.fleet.alarms import WARNING, clear_alarm, raise_alarm
from console.engine.fleet.entities import begin, ensure_connector, flag, quieten, resume, retire, suspend, unnumbered
from console.engine.fleet.events import TransactionSeen
from console.engine.fleet.fleet import Fleet
from console.engine.fleet.model import RANGES, Station, Transaction
from console.engine.fleet.readings import fold_sampled, fold_skew, long_over, orphan, taken_at
from console.engine.wire.exchange import Exchange

STILL = frozenset(("SuspendedEV", "SuspendedEVSE", "EVConnected", "Idle"))  # states in which no energy flows


def fold_transaction(fleet: Fleet, station: Station, event: TransactionSeen, exchange: Exchange) -> None:
    """Fold one word about a transaction (StartTransaction, StopTransaction, TransactionEvent)."""
    transaction = _find(fleet, station, event)
    if event.at is not None and not event.offline:
        fold_skew(station, event.at, exchange.time, queued=True)
    if transaction is None and _told_before(fleet, station, event):
        return
    if transaction is None:
        transaction = _make(fleet, station, event, exchange)
    if transaction.closed_by is not None and event.phase == "updated":
        resume(station, transaction, taken_at(station, event.at, exchange.time))
    _place(station, transaction, event)
    for text in event.suspect:
        flag(transaction, text)
    if event.offline:
        transaction.offline = True
    if event.sequence is not None:
        _sequence(fleet, station, transaction, event.sequence, exchange)
    if event.phase == "started":
        _start(fleet, station, transaction, event, exchange)
    elif event.phase == "updated":
        _update(transaction, event)
    if event.phase != "ended" or transaction.stop_key != _end_key(event):
        # An end that comes again brings its readings again.
        for reading in event.readings:
            fold_sampled(fleet, station, reading, exchange, transaction)
    if event.phase == "ended":
        _end(fleet, station, transaction, event, exchange)
    transaction.last_update = exchange.time
    fleet.touch_transaction(transaction)


def _find(fleet: Fleet, station: Station, event: TransactionSeen) -> Transaction | None:
    if event.sequence is not None or not unnumbered(event.transaction):
        found = fleet.transaction(station.key, event.transaction)
        if found is not None and event.phase == "started" and event.sequence is None and found.start_exchange is None:
            # 1.6: we have only now given this id; whatever came under it before was another central system's.
            return None
        return found
    if event.phase != "ended":
        return None
    # The station never got an id (offline start, lost answer). It may be sending the same end again …
    key = _end_key(event)
    for number in reversed(station.recent):
        ended = fleet.transactions.get(number)
        if ended is not None and ended.stop_key == key:
            return ended
    # … else the only running one that fits in time is meant.
    running = fleet.active_on(station.key, event.evse)
    if running is None or running.state != "active":
        return None
    if event.at is not None and running.started is not None and event.at < running.started:
        return None
    if event.meter_wh is not None and running.start_wh is not None and event.meter_wh < running.start_wh:
        return None
    flag(running, "end matched by connector and time")
    return running


def _told_before(fleet: Fleet, station: Station, event: TransactionSeen) -> bool:
    """Whether that is about a transaction that ended long ago and is not at hand: it comes again, and changes nothing.

    A station that counts anew after a restart uses an id a second time; its beginning then has another time. Where that
    was lost, 2.x tells by the rest: what is later than the end that we know is not of that transaction.
    """
    if not long_over(fleet, station, event.transaction):
        return False
    known = fleet.past(station, event.transaction)
    if known is None:
        return False
    if event.phase == "started":
        return known.started == event.at
    ours = event.sequence is None  # the ids of 1.6 are given by us, and only once
    return ours or event.at is None or known.stopped is None or event.at <= known.stopped


def _end_key(event: TransactionSeen) -> int:
    """A number that tells one end from another, the same in every process."""
    return zlib.crc32(f"{event.at}|{event.meter_wh}|{event.reason}|{event.id_tag}".encode("utf-8", "surrogatepass"))


def _make(fleet: Fleet, station: Station, event: TransactionSeen, exchange: Exchange) -> Transaction:
    wire = None if event.transaction is None else event.transaction
    if event.phase == "started":
        made = Transaction(
            id=exchange.id,
            station=station.id,
            wire=wire,
            received=exchange.time,
            last_update=exchange.time,
        )
        begin(fleet, station, made)
        ours = exchange.direction == "in" and event.sequence is None
        if ours and wire is not None and wire.isascii() and wire.isdigit() and len(wire) <= 10:
            fleet.last_transaction = max(fleet.last_transaction, int(wire))
        return made
    made = orphan(fleet, station, wire, event.evse, event.connector, exchange)
    if event.phase == "updated":
        # It runs, only its beginning was before our time.
        made.state = "active"
    return made


def _place(station: Station, transaction: Transaction, event: TransactionSeen) -> None:
    if event.evse is not None:
        transaction.evse = event.evse
    if event.connector is not None:
        transaction.connector = event.connector
    if event.id_tag is not None:
        if transaction.id_tag is None and event.phase != "ended":
            transaction.id_tag = event.id_tag
        if event.phase == "ended":
            transaction.stop_tag = event.id_tag
        station.last_tag = event.id_tag
    if event.charging_state is not None:
        transaction.charging_state = event.charging_state
        if transaction.power_w and event.charging_state in STILL:
            transaction.power_w = 0.0
    if event.remote_start is not None:
        transaction.remote_start = event.remote_start
    if transaction.evse and transaction.stopped is None:
        connector = ensure_connector(station, transaction.evse, transaction.connector or 1)
        connector.transaction = transaction.id
        if event.charging_state in STILL:
            suspend(station, connector)
        connector.changed = station.changed + 1


def _start(
    fleet: Fleet, station: Station, transaction: Transaction, event: TransactionSeen, exchange: Exchange
) -> None:
    if transaction.start_exchange is not None:
        flag(transaction, "start repeated")
        return
    transaction.start_exchange = exchange.id
    transaction.started = event.at if event.at is not None else exchange.time
    if event.meter_wh is not None:
        transaction.start_wh = event.meter_wh
    if transaction.last_wh is None:
        transaction.last_wh = transaction.start_wh
    if event.at is None:
        flag(transaction, "start time not readable; receive time taken")
    if "beginning not seen" in transaction.flags:
        transaction.flags.remove("beginning not seen")
        transaction.state = "active" if transaction.stopped is None else "ended"
        clear_alarm(fleet, station, "orphan", transaction.wire or str(transaction.id), exchange.time)
    _imply_ends(fleet, station, transaction, exchange)


def _imply_ends(fleet: Fleet, station: Station, transaction: Transaction, exchange: Exchange) -> None:
    if transaction.evse is None or transaction.stopped is not None:
        return
    for number in list(station.active):
        other = fleet.transactions.get(number)
        if other is None or other is transaction or other.evse != transaction.evse:
            continue
        if other.connector is not None and transaction.connector not in (None, other.connector):
            continue
        if other.started is not None and transaction.started is not None and other.started > transaction.started:
            # Out of an offline queue: this one is history, the other goes on.
            continue
        other.state = "inferred"
        other.stopped = transaction.started
        other.stop_reason = None
        flag(other, "end inferred: a new transaction began on its connector")
        retire(fleet, station, other)
        fleet.touch_transaction(other)
        place = station.connector(transaction.evse, transaction.connector or 1)
        if place is not None:
            quieten(station, place)


def _update(transaction: Transaction, event: TransactionSeen) -> None:
    if event.meter_wh is not None and not event.readings:
        transaction.last_wh = event.meter_wh
    if transaction.state == "inferred":
        flag(transaction, "goes on after its inferred end")
    elif transaction.stopped is not None:
        flag(transaction, "update after the end")


def _end(fleet: Fleet, station: Station, transaction: Transaction, event: TransactionSeen, exchange: Exchange) -> None:
    key = _end_key(event)
    if transaction.stop_key is not None:
        flag(transaction, "end repeated" if transaction.stop_key == key else "a second, different end was sent")
        return
    transaction.stop_key = key
    transaction.stop_exchange = exchange.id
    transaction.stopped = event.at if event.at is not None else exchange.time
    transaction.stop_reason = event.reason
    if event.meter_wh is not None:
        transaction.stop_wh = event.meter_wh
    elif transaction.stop_wh is None:
        transaction.stop_wh = transaction.last_wh
    if event.meter_wh is not None and transaction.start_wh is not None and event.meter_wh < transaction.start_wh:
        flag(transaction, "the meter ran backwards")
    if transaction.started is not None and transaction.stopped < transaction.started:
        flag(transaction, "ends before it starts")
    transaction.power_w = 0.0
    if transaction.start_exchange is None:
        transaction.state = "orphan"
        cause = transaction.wire or str(transaction.id)
        text = f"transaction {cause} ended, but its beginning was never seen"
        raise_alarm(fleet, station, "orphan", cause, text, WARNING, exchange.time, exchange.id)
    else:
        transaction.state = "ended"
    retire(fleet, station, transaction)
    gaps = transaction.seq_gaps
    if gaps:
        _alarm_gap(fleet, station, transaction, exchange)


def close_by_hand(fleet: Fleet, station: Station, transaction: Transaction, by: str, time: int) -> None:
    """A person says that it is over. When it ended nobody knows: its last word counts, until the station tells better."""
    if transaction.state != "active" and transaction.id not in station.active:
        return
    transaction.closed_by = by
    if transaction.stopped is None:
        transaction.state = "inferred" if transaction.state == "active" else transaction.state
        transaction.stopped = transaction.last_update
    transaction.power_w = None
    retire(fleet, station, transaction)
    if not station.active:
        clear_alarm(fleet, station, "offline", "session", time)
    fleet.touch(station)
    fleet.touch_transaction(transaction)


def _sequence(fleet: Fleet, station: Station, transaction: Transaction, number: int, exchange: Exchange) -> None:
    ranges = transaction.sequences
    if not ranges:
        ranges.append((number, number))
        return
    low, high = ranges[-1]
    if number == high + 1:
        ranges[-1] = (low, number)
    elif number > high:
        ranges.append((number, number))
        if len(ranges) > RANGES:
            # A station that leaves out one number after another must not make every message dearer.
            ranges[0:2] = [(ranges[0][0], ranges[1][1])]
            flag(transaction, f"more than {RANGES} gaps in the sequence; the oldest are not listed")
    else:
        _fill(fleet, station, transaction, number, exchange)


def _fill(fleet: Fleet, station: Station, transaction: Transaction, number: int, exchange: Exchange) -> None:
    """A sequence number below the highest: it fills a gap, or it came before."""
    ranges = transaction.sequences
    if any(first <= number <= last for first, last in ranges):
        flag(transaction, f"sequence number {number} came again")
        return
    had_gap = len(ranges) > 1
    joined: list[tuple[int, int]] = []
    for first, last in sorted([*ranges, (number, number)]):
        if joined and first == joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], last)
        else:
            joined.append((first, last))
    ranges[:] = joined
    if had_gap and len(ranges) == 1:
        clear_alarm(fleet, station, "sequence", transaction.wire or str(transaction.id), exchange.time)


def _alarm_gap(fleet: Fleet, station: Station, transaction: Transaction, exchange: Exchange) -> None:
    gaps = ", ".join(f"{low}" if low == high else f"{low}–{high}" for low, high in transaction.seq_gaps)
    cause = transaction.wire or str(transaction.id)
    text = f"transaction {cause}: events {gaps} are missing"
    raise_alarm(fleet, station, "sequence", cause, text, WARNING, exchange.time, exchange.id)
