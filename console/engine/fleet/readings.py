"""Folding sampled values: what a connector shows now, and what a transaction has gathered."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable
from operator import attrgetter
from typing import Any, Final
from zlib import crc32

import msgspec

from console.engine.fleet.entities import begin, ensure_connector, flag, resume, unnumbered
from console.engine.fleet.events import MeterSample, Sampled
from console.engine.fleet.fleet import Fleet
from console.engine.fleet.meter import ENERGY, POWER, Measured, sampled
from console.engine.fleet.model import (
    POWER_POINTS,
    SERIES_POINTS,
    SKEWS,
    Point,
    Reading,
    Station,
    StoredSample,
    Transaction,
)
from console.engine.wire.exchange import Exchange

LONG = 8192  # characters of a message whose values do not wait to be read
SAMPLE_KEYS = 256  # more than one message has: a message sent again is told by them
_time = attrgetter("time")
# Readings of the past (an offline queue, Alfen's replay) must not overwrite what a connector shows now.
HISTORIC_NS = 600 * 1_000_000_000


def watts(sample: Measured) -> float | None:
    """Power in W."""
    if sample.value is None:
        return None
    return sample.value * 1000 if sample.unit == "kW" else sample.value


def watt_hours(sample: Measured) -> float | None:
    """Energy in Wh."""
    if sample.value is None:
        return None
    return sample.value * 1000 if sample.unit == "kWh" else sample.value


def summary(samples: Iterable[Measured]) -> tuple[float | None, float | None, float | None]:
    """Power in W, energy register in Wh and state of charge in percent, as far as the samples tell.

    A sample without a phase is the sum; where only phases were sent, they are added. Samples at the grid inlet count
    only where nothing was measured at the outlet.
    """
    power: float | None = None
    energy: float | None = None
    soc: float | None = None
    phases: float | None = None
    for sample in samples:
        measurand = sample.measurand
        if measurand == POWER:
            value = watts(sample)
            if value is None:
                continue
            if sample.phase is None:
                if power is None or sample.location != "Inlet":
                    power = value
            elif sample.phase in ("L1", "L2", "L3", "L1-N", "L2-N", "L3-N"):
                phases = value if phases is None else phases + value
        elif measurand == ENERGY:
            value = watt_hours(sample)
            if value is not None and sample.phase is None and (energy is None or sample.location != "Inlet"):
                energy = value
        elif measurand == "SoC" and sample.value is not None:
            soc = sample.value
    return (phases if power is None else power), energy, soc


def fold_skew(station: Station, at: int, received: int, *, queued: bool) -> None:
    """Note how far the station's clock is off. A message that may have waited in a queue tells only of a clock ahead."""
    skew = (at - received) // 1_000_000 / 1000
    if queued and skew < -60:
        return
    skews = station.skews
    if len(skews) == SKEWS:
        del skews[0]
    skews.append(skew)


def fold_sampled(
    fleet: Fleet, station: Station, event: Sampled, exchange: Exchange, transaction: Transaction | None
) -> None:
    """Fold the readings of one moment into the connector and the transaction they belong to."""
    within = transaction is not None
    if transaction is None:
        transaction = fleet.transaction(station.key, event.transaction)
        if transaction is None:
            if long_over(fleet, station, event.transaction):
                return
            transaction = _owner(fleet, station, event, exchange)
        if transaction is not None and transaction.closed_by is not None:
            resume(station, transaction, taken_at(station, event.at, exchange.time))
    shown = True
    if event.evse == 0 and event.connector is None and transaction is not None:
        # A stop of 1.6 names no connector: its readings are of the place where the transaction ran, if that is known.
        event = msgspec.structs.replace(event, evse=transaction.evse or 0, connector=transaction.connector)
        shown = event.evse != 0
    at = event.at if event.at is not None else exchange.time
    power, energy, soc = summary(event.samples.telling)
    if event.at is not None and not within:
        fold_skew(station, event.at, exchange.time, queued=transaction is not None)
    running = transaction is None or transaction.state == "active" or transaction.stopped is None
    taken = taken_at(station, at, exchange.time)
    if shown and running and exchange.time - taken < HISTORIC_NS:
        _show(station, event, taken, power, energy, soc, transaction)
        if exchange.raw_request is not None and len(exchange.raw_request) > LONG:
            station.settle()  # not to keep all of it until somebody looks
    if transaction is not None:
        _gather(fleet, station, event, at, transaction, power, energy, soc, exchange)
        if not within:
            fleet.touch_transaction(transaction)


def long_over(fleet: Fleet, station: Station, wire: str | None) -> bool:
    """Whether that is the id of a transaction that ended long ago and is not at hand: what comes for it came before."""
    if unnumbered(wire) or fleet.transaction(station.key, wire) is not None:
        return False
    return fleet.past(station, wire) is not None


def taken_at(station: Station, at: int | None, received: int) -> int:
    """When something was so, by our clock (UTC ns): a station's clock may be behind, and nothing is told of the future."""
    if at is None:
        return received
    skew = station.clock_skew_s
    if skew is not None and skew < 0:
        at -= int(skew * 1e9)
    return at if at < received else received


def _owner(fleet: Fleet, station: Station, event: Sampled, exchange: Exchange) -> Transaction | None:
    if event.transaction is not None:
        return orphan(fleet, station, event.transaction, event.evse or None, event.connector, exchange)
    if event.evse == 0:
        return None
    running = fleet.active_on(station.key, event.evse, event.connector)
    at = event.at
    if running is not None and at is not None and running.started is not None and at < running.started:
        return None
    return running


def orphan(
    fleet: Fleet, station: Station, wire: str | None, evse: int | None, connector: int | None, exchange: Exchange
) -> Transaction:
    """A transaction whose beginning was never seen: kept all the same, and said so."""
    made = Transaction(
        id=exchange.id,
        station=station.id,
        wire=wire,
        evse=evse,
        connector=connector,
        received=exchange.time,
        last_update=exchange.time,
        state="orphan",
        flags=["beginning not seen"],
    )
    while made.id in fleet.transactions:
        made.id += 1
    begin(fleet, station, made)
    if evse is not None:
        place = ensure_connector(station, evse, connector or 1)
        if place.transaction is None:
            place.transaction = made.id
    fleet.touch_transaction(made)
    return made


def _show(
    station: Station,
    event: Sampled,
    at: int,
    power: float | None,
    energy: float | None,
    soc: float | None,
    transaction: Transaction | None,
) -> None:
    connector_number = event.connector
    if connector_number is None:
        connector_number = transaction.connector if transaction is not None and transaction.connector else 1
    if event.evse == 0:
        connector_number = 0
    connector = ensure_connector(station, event.evse, connector_number)
    if connector.metered is not None and at < connector.metered:
        return
    connector.metered = at
    connector.tell(event.samples)
    if power is not None:
        connector.power_w = power
        powers = connector.powers
        if len(powers) >= POWER_POINTS:
            del powers[0]
        powers.append(power)
    if energy is not None:
        connector.energy_wh = energy
        connector.energy_at = at
    if soc is not None:
        connector.soc = soc
    connector.changed = station.changed + 1


def _gather(
    fleet: Fleet,
    station: Station,
    event: Sampled,
    at: int,
    transaction: Transaction,
    power: float | None,
    energy: float | None,
    soc: float | None,
    exchange: Exchange,
) -> None:
    keys = transaction.sample_keys
    told = event.samples.json()
    # Tells one set of readings from another; CRC-32 is the same in every process.
    key = crc32(told, at & 0xFFFFFFFF)
    if at <= transaction.last_sample and key in keys:
        # The same readings again: a retry under another unique id.
        flag(transaction, "repeated readings left out")
        return
    if len(keys) >= SAMPLE_KEYS:
        del keys[0]
    keys.append(key)
    newest = at >= transaction.last_sample
    if newest:
        transaction.last_sample = at
    if energy is not None:
        if transaction.start_wh is None and transaction.state != "orphan":
            transaction.start_wh = energy
        if newest:
            transaction.last_wh = energy
    if newest:
        if power is not None:
            transaction.power_w = power
        if soc is not None:
            transaction.soc = soc
    if power is not None or energy is not None or soc is not None:
        start = transaction.start_wh
        gained = None if energy is None or start is None else energy - start
        series = transaction.series
        if len(series) >= SERIES_POINTS:
            series[:] = series[::2]
        point = Point(at, power, gained, soc)
        if newest:
            series.append(point)
        else:
            insort(series, point, key=_time)
    if transaction.stopped is not None and at > transaction.stopped:
        flag(transaction, "readings after the end")
    transaction.last_update = exchange.time
    transaction.samples += len(event.samples)
    place = "null" if event.connector is None else event.connector
    body = f"[{event.evse},{place},{at},".encode() + told + b"]"
    fleet.store(Reading(transaction.id, station.key, at, body))


_read_moment: Final = msgspec.json.Decoder(tuple[int | None, int | None, int, list[Any]])


def samples_in(body: bytes | msgspec.Raw, transaction: int, station: str) -> list[StoredSample]:
    """The samples of a ``Reading``'s body. Raises msgspec.ValidationError where it is none."""
    evse, connector, at, values = _read_moment.decode(body)
    return [StoredSample(transaction, station, evse, connector, at, _sample(one)) for one in values]


def _sample(told: Any) -> MeterSample:
    # As it was sent; journals of before hold what had been read of it.
    return sampled(told) if type(told) is dict else msgspec.convert(told, MeterSample)
