"""How an order is followed until what it should bring about has been seen: one small class for each kind of effect.

A follower hears every record of its station from just before the call leaves, after the fold, in order. What it sees
before the answer counts too: stations often tell the effect first. It knows events, never what a version calls them.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from console.engine.fleet.events import Booted, Event, StatusChanged, TransactionSeen
from console.engine.fleet.model import Station
from console.engine.fleet.order import Order, Verdict
from console.engine.orders.port import Port
from console.engine.orders.run import Effect, Run
from console.engine.wire.exchange import Exchange, Happening, Record
from profiles import NO_QUIRKS, Quirks, quirks_for

Ask = Callable[[Order], Awaitable[Exchange]]

OUT_OF_SERVICE = frozenset(("unavailable", "inoperative"))


def quirks_of(port: Port, station: Station) -> Quirks:
    """What is known of this charger, with the profile's switches."""
    known = port.profile.station(station.id)
    switches = known.quirks if known is not None else ()
    return quirks_for(station.vendor, station.model, station.firmware, switches)


def place_of(arguments: dict[str, Any]) -> tuple[int | None, int | None]:
    """(EVSE, connector) an order is about: ``connector`` alone is EVSE n, connector 1; (None, None) the station."""
    evse, connector = arguments.get("evse"), arguments.get("connector")
    if evse is None and connector is not None:
        evse, connector = connector, 1
    return (None, None) if not evse else (evse, connector or None)


def at_place(place: tuple[int | None, int | None], evse: int | None, connector: int | None) -> bool:
    """Whether something told of that EVSE and connector is about ``place``; what is not told does not speak against."""
    if place[0] is None or evse is None:
        return True
    return evse == place[0] and (place[1] is None or connector is None or connector == place[1])


def spoken(place: tuple[int | None, int | None]) -> str:
    """``connector 1``, ``EVSE 2, connector 2`` or ``the station``."""
    evse, connector = place
    if evse is None:
        return "the station"
    if connector is None:
        return f"EVSE {evse}"
    return f"connector {evse}" if connector == 1 else f"EVSE {evse}, connector {connector}"


class Follower:
    """Waits for nothing: an accepted answer is the effect. The others tell what they wait for.

    ``lists``: whether what the answers tell is kept with the run; where it is only looked at, the effect says it.
    """

    lists = True

    def __init__(self, run: Run, port: Port) -> None:
        self.run = run
        self.port = port
        self.effect: Effect | None = None
        self.over = asyncio.Event()

    def first(self, order: Order) -> Order:
        """The order as its first call says it."""
        return order

    def see(self, record: Record, events: tuple[Event, ...]) -> None:
        """A record of this station, after its fold."""

    def accepted(self, exchange: Exchange, verdict: Verdict) -> None:
        """The station has answered well."""
        self.found(verdict.status if verdict.status == "answered" else f"answered {verdict.status}")

    async def after(self, ask: Ask) -> None:
        """What is still to be asked once the answer was good; ``ask`` makes another call of the same order."""

    def lacking(self) -> str:
        """What has not come, as the end of "answered Accepted, but …"."""
        return "the effect was not seen"

    def pulse(self) -> None:
        """Called now and then while it waits."""

    def close(self) -> None:
        """It is over, one way or the other."""

    def found(self, text: str) -> None:
        """The effect has been seen."""
        self._end(Effect(True, text))

    def failed(self, text: str) -> None:
        """It has been seen that the effect will not come."""
        self._end(Effect(False, text))

    def _end(self, effect: Effect) -> None:
        if self.effect is None:
            self.effect = effect
            self.over.set()

    def since(self) -> str:
        """``after 4 s``, since the call left."""
        if self.run.left is None:
            return ""
        seconds = time.monotonic() - self.run.left
        if seconds < 1:
            return f"after {seconds * 1000:.0f} ms"
        return f"after {seconds:.1f} s" if seconds < 10 else f"after {seconds:.0f} s"


class ResetFollower(Follower):
    """Until the station has booted again; for one EVSE, its word is enough."""

    def __init__(self, run: Run, port: Port) -> None:
        super().__init__(run, port)
        self.evse = run.order.arguments.get("evse")
        self.link = "it did not close its link"

    def accepted(self, exchange: Exchange, verdict: Verdict) -> None:
        if self.evse and verdict.status != "Scheduled":
            self.found(f"EVSE {self.evse} is reset: answered {verdict.status}")
        elif verdict.status == "Scheduled":
            self.run.tell("told", "Scheduled: it restarts when the running transaction has ended")

    def see(self, record: Record, events: tuple[Event, ...]) -> None:
        if isinstance(record, Happening):
            self._link(record)
        for event in events:
            if isinstance(event, Booted) and not self.evse:
                reason = f", reason {event.reason}" if event.reason else ""
                self.found(f"booted again {self.since()}{reason}")
            elif (
                self.evse and isinstance(event, TransactionSeen) and event.phase == "ended" and event.evse == self.evse
            ):
                self.found(f"EVSE {self.evse} is free to reset: its transaction has ended {self.since()}")

    def _link(self, record: Happening) -> None:
        if record.kind == "link.closed":
            self.link = "it has not come back"
            self.run.tell("told", f"the link closed {self.since()}")
        elif record.kind == "link.opened":
            self.link = "it is connected again"
            self.run.tell("told", f"connected again {self.since()}, waiting for its boot")

    def lacking(self) -> str:
        return f"no BootNotification came ({self.link})" if not self.evse else "its transaction goes on"


class StartFollower(Follower):
    """Until a transaction runs that is ours: by its remote start id, or by place and id tag."""

    def __init__(self, run: Run, port: Port) -> None:
        super().__init__(run, port)
        self.place = place_of(run.order.arguments)
        station = port.fleet.station(run.station)
        self.quirks = NO_QUIRKS if station is None else quirks_of(port, station)
        self.tag = str(run.order.arguments.get("tag", "")).casefold()

    def accepted(self, exchange: Exchange, verdict: Verdict) -> None:
        wire = exchange.response.get("transactionId") if isinstance(exchange.response, dict) else None
        running = None if wire is None else self.port.fleet.transaction(self.run.station, str(wire))
        if running is not None and running.state == "active":
            self.found(f"transaction {wire} runs on {spoken((running.evse, running.connector))}")

    def see(self, record: Record, events: tuple[Event, ...]) -> None:
        for event in events:
            if isinstance(event, TransactionSeen) and self._ours(event):
                named = f"transaction {event.transaction}" if event.transaction else "a transaction"
                self.found(f"{named} runs on {spoken((event.evse, event.connector))} {self.since()}")

    def _ours(self, event: TransactionSeen) -> bool:
        if event.phase == "ended":
            return False
        if event.remote_start is not None:
            return event.remote_start == self.run.order.id & 0x7FFFFFFF
        if event.phase != "started" or event.offline or not at_place(self.place, event.evse, event.connector):
            return False
        return event.id_tag is None or self.quirks.id_tag(event.id_tag).casefold() == self.tag

    def lacking(self) -> str:
        station = self.port.fleet.station(self.run.station)
        found = station.connector(self.place[0], self.place[1] or 1) if station and self.place[0] else None
        state = f" ({spoken(self.place)} is {found.status})" if found is not None and found.status else ""
        return f"no transaction began{state}"


class StopFollower(Follower):
    """Until the transaction has ended, by the station's own word."""

    def __init__(self, run: Run, port: Port) -> None:
        super().__init__(run, port)
        self.wire = str(run.order.arguments.get("transaction"))
        running = port.fleet.transaction(run.station, self.wire)
        self.ours = None if running is None else running.id

    def accepted(self, exchange: Exchange, verdict: Verdict) -> None:
        self._look()

    def see(self, record: Record, events: tuple[Event, ...]) -> None:
        for event in events:
            if isinstance(event, TransactionSeen) and event.phase == "ended":
                if event.transaction == self.wire:
                    reason = f", reason {event.reason}" if event.reason else ""
                    self.found(f"transaction {self.wire} has ended {self.since()}{reason}")
                self._look()

    def _look(self) -> None:
        # A station that stops under another id, as some do, is matched by the fleet.
        running = None if self.ours is None else self.port.fleet.transactions.get(self.ours)
        if running is not None and running.state == "ended":
            reason = f", reason {running.stop_reason}" if running.stop_reason else ""
            self.found(f"transaction {self.wire} has ended{reason}")

    def lacking(self) -> str:
        return f"transaction {self.wire} was not reported as ended"


# What TriggerMessage asks for, where the message that comes has another name.
_COMES_AS = {
    "SignChargePointCertificate": ("SignCertificate",),
    "SignChargingStationCertificate": ("SignCertificate",),
    "SignV2GCertificate": ("SignCertificate",),
    "SignV2G20Certificate": ("SignCertificate",),
    "SignCombinedCertificate": ("SignCertificate",),
    "FirmwareStatusNotification": ("FirmwareStatusNotification", "SignedFirmwareStatusNotification"),
}


class TriggerFollower(Follower):
    """Until the message has come, for the connector that was named."""

    def __init__(self, run: Run, port: Port) -> None:
        super().__init__(run, port)
        self.message = str(run.order.arguments["message"])
        self.actions = _COMES_AS.get(self.message, (self.message,))
        self.place = place_of(run.order.arguments)

    def accepted(self, exchange: Exchange, verdict: Verdict) -> None:
        if self.message == "CustomTrigger":
            self.found(f"answered {verdict.status}; what a custom trigger sends is the vendor's affair")

    def see(self, record: Record, events: tuple[Event, ...]) -> None:
        if not isinstance(record, Exchange) or record.direction != "in" or record.action not in self.actions:
            return
        for event in events:
            evse = getattr(event, "evse", None)
            if not at_place(self.place, evse, getattr(event, "connector", None)):
                return
        self.found(f"{record.action} came {self.since()}")

    def lacking(self) -> str:
        where = "" if self.place[0] is None else f" for {spoken(self.place)}"
        return f"no {self.actions[0]} came{where}"


class AvailabilityFollower(Follower):
    """Until the status follows: of the connector, or of the station and all of its connectors."""

    def __init__(self, run: Run, port: Port) -> None:
        super().__init__(run, port)
        self.place = place_of(run.order.arguments)
        self.operative = bool(run.order.arguments["operative"])
        self.seen: dict[tuple[int, int], str | None] = {}
        self.scheduled = False

    def accepted(self, exchange: Exchange, verdict: Verdict) -> None:
        if verdict.status == "Scheduled":
            self.scheduled = True
            self.run.tell("told", "Scheduled: it happens when the running transaction has ended")
            return
        known = self._known()
        if known and all(self._fits(status) for status in known.values()):
            words = sorted({status for status in known.values() if status})
            self.found(f"{spoken(self.place)}: {', '.join(words)}")

    def see(self, record: Record, events: tuple[Event, ...]) -> None:
        for event in events:
            if not isinstance(event, StatusChanged) or not at_place(self.place, event.evse, event.connector):
                continue
            self.seen[event.evse, event.connector] = event.status
            if not self._fits(event.status):
                continue
            whole = self.place[0] is None and event.evse != 0
            known = self._known()
            if not whole or all(self._fits(status) for status in known.values()):
                self.found(f"{spoken(self.place)}: {event.status} {self.since()}")

    def _known(self) -> dict[tuple[int, int], str | None]:
        station = self.port.fleet.station(self.run.station)
        every = [] if station is None else station.connectors()
        found = {(one.evse, one.connector): one.status for one in every if one.status is not None}
        return {where: status for where, status in found.items() if at_place(self.place, *where)}

    def _fits(self, status: str | None) -> bool:
        word = (status or "").casefold()
        if self.operative:
            return word not in OUT_OF_SERVICE and word not in ("faulted", "")
        return word in OUT_OF_SERVICE

    def lacking(self) -> str:
        if self.scheduled:
            return "the transaction goes on, the change is still to come"
        told = sorted({status for status in self.seen.values() if status})
        return f"the status is {', '.join(told)}" if told else "no status followed"
