"""The read model: what is known of stations, EVSEs, connectors and transactions. Facts only; ``fleet.py`` folds them.

Every struct here can be written as JSON and read back unchanged: that is the journal's snapshot. Times are UTC
nanoseconds, energy Wh, power W, current A. ``changed`` is the fleet's counter at the last change of that entity.
"""

from __future__ import annotations

from typing import Any

import msgspec

from console.engine.fleet.events import MeterSample
from console.engine.fleet.moment import Moment

POWER_POINTS = 40  # of the sparkline, one a reading
SERIES_POINTS = 400  # of a transaction's chart; thinned by half when full
RECENT = 16  # ended transactions a station keeps at hand; older ones are in the journal
PAST = 256  # of those older ones, whose id on the wire is still known
STAGES = 40
SKEWS = 5
OPENS = 12
VARIABLES = 4000
RANGES = 200  # of sequence numbers that a transaction keeps apart

# What a station may make us keep, however much it sends; the journal has all of it.
CONNECTORS = 128
METERS = 128  # measurands that a connector shows
METER_TEXT = 64  # characters of a shown value; signed meter data is kilobytes long
ATTRIBUTES = 8  # of a variable; OCPP knows four
FLAGS = 24  # of a transaction
ACTIVE = 64  # sessions that run at once
STRANGERS = 1000  # stations that were never accepted and are gone again
STATIONS = 20_000  # stations at all, before those longest gone are forgotten


class Connector(msgspec.Struct, kw_only=True, eq=False, omit_defaults=True):
    """One connector. ``status`` is verbatim; ``meter`` the newest value by ``measurand|phase``, of which the newest
    moment is read when somebody asks.

    What flows (``power_w``, ``soc``, ``powers``, and of ``meter`` all but the energy registers) belongs to a session and
    goes with it. ``metered``: when the newest reading was taken, ``energy_at``: when that of the register, both by our
    clock; a value that stays is shown with its age.
    """

    evse: int
    connector: int
    status: str | None = None
    error_code: str | None = None
    vendor_error: str | None = None
    info: str | None = None
    since: int | None = None
    reported: int | None = None
    meters: dict[str, MeterSample] = msgspec.field(name="meter", default_factory=dict)
    unread: Any = None
    metered: int | None = None
    power_w: float | None = None
    energy_wh: float | None = None
    energy_at: int | None = None
    soc: float | None = None
    powers: list[float] = msgspec.field(default_factory=list)
    limit: float | None = None
    limit_unit: str | None = None
    transaction: int | None = None
    changed: int = 0

    @property
    def meter(self) -> dict[str, MeterSample]:
        """The newest value of each measurand and phase."""
        if self.unread is not None:
            self._read(self.unread)
            self.unread = None
        return self.meters

    def tell(self, moment: Moment) -> None:
        """Newer values. What is of other names than those that wait is not made up for by them."""
        unread = self.unread
        if unread is not None and unread.shape is not moment.shape:
            self._read(unread)
        self.unread = moment

    def _read(self, moment: Moment) -> None:
        meters = self.meters
        for sample in moment:
            name = sample.measurand if sample.phase is None else f"{sample.measurand}|{sample.phase}"
            if name not in meters and len(meters) >= METERS:
                del meters[next(iter(meters))]
            if len(sample.text) > METER_TEXT:
                sample = msgspec.structs.replace(sample, text=sample.text[:METER_TEXT] + "…")
            meters[name] = sample

    def __eq__(self, other: object) -> bool:
        if type(other) is not Connector:
            return NotImplemented
        return self.meter == other.meter and msgspec.structs.asdict(self) == msgspec.structs.asdict(other)


class Evse(msgspec.Struct, kw_only=True):
    """One EVSE and its connectors by number. EVSE 0 is the station itself."""

    evse: int
    connectors: dict[int, Connector] = msgspec.field(default_factory=dict)


class Stage(msgspec.Struct, frozen=True, array_like=True):
    """A stage of a file transfer that the station told: what, when (receive time)."""

    status: str
    time: int
    request: int | None = None


class Variable(msgspec.Struct, kw_only=True):
    """A configuration key (component empty) or a variable of the device model; values by attribute."""

    component: str
    variable: str
    evse: int | None = None
    instance: str | None = None
    values: dict[str, str | None] = msgspec.field(default_factory=dict)
    mutability: str | None = None
    unit: str | None = None
    data_type: str | None = None
    choices: str | None = None
    seen: int = 0


class Past(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What is still known of a transaction that is not at hand: enough to tell a message that comes again."""

    wire: str
    transaction: int
    started: int | None = None
    evse: int | None = None
    stopped: int | None = None


class Station(msgspec.Struct, kw_only=True):
    """One station. ``key`` is the casefolded identity, ``id`` as it was first sent.

    ``registration``: none (no boot seen), Accepted, Pending, Rejected; ``approved``: what the operator decided (True,
    False, None = nothing). ``skews``: station time minus receive time of the last messages that carried one. ``active``
    and ``recent`` are our ids of transactions at hand, ``past`` names those before them.
    """

    key: str
    id: str
    version: str | None = None
    connected: bool = False
    link: int | None = None
    peer: str | None = None
    local: str | None = None
    path: str | None = None
    security: int = 0
    registration: str = "none"
    approved: bool | None = None
    vendor: str | None = None
    model: str | None = None
    serial: str | None = None
    firmware: str | None = None
    iccid: str | None = None
    imsi: str | None = None
    boot_reason: str | None = None
    booted: int | None = None
    boots: int = 0
    first_seen: int = 0
    last_seen: int = 0
    last_heartbeat: int | None = None
    link_opened: int | None = None
    link_closed: int | None = None
    opens: list[int] = msgspec.field(default_factory=list)
    skews: list[float] = msgspec.field(default_factory=list)
    evses: dict[int, Evse] = msgspec.field(default_factory=dict)
    active: list[int] = msgspec.field(default_factory=list)
    recent: list[int] = msgspec.field(default_factory=list)
    past: list[Past] = msgspec.field(default_factory=list)
    variables: dict[str, Variable] = msgspec.field(default_factory=dict)
    firmware_stages: list[Stage] = msgspec.field(default_factory=list)
    log_stages: list[Stage] = msgspec.field(default_factory=list)
    messages: int = 0
    violations: int = 0
    errors: int = 0
    last_tag: str | None = None
    removed: bool = False
    changed: int = 0

    @property
    def stranger(self) -> bool:
        """Whether it came, was never accepted by anybody, and is gone: of these only some are remembered."""
        return not (self.connected or self.approved or self.active or self.recent or self.registration == "Accepted")

    @property
    def clock_skew_s(self) -> float | None:
        """Seconds by which the station's clock is ahead of ours; None where it is not known.

        Messages out of an offline queue carry old times, so the freshest of the last few is taken.
        """
        return max(self.skews) if self.skews else None

    def settle(self) -> None:
        """Read what waits to be read; before a station is written."""
        for evse in self.evses.values():
            for connector in evse.connectors.values():
                if connector.unread is not None:
                    _ = connector.meter

    def connector(self, evse: int, connector: int) -> Connector | None:
        """That connector, or None where the station never spoke of it."""
        found = self.evses.get(evse)
        return None if found is None else found.connectors.get(connector)

    def connectors(self) -> list[Connector]:
        """Every connector but the station itself, in order."""
        return [
            self.evses[evse].connectors[number]
            for evse in sorted(self.evses)
            if evse > 0
            for number in sorted(self.evses[evse].connectors)
        ]


class Point(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A point of a transaction's chart: time, W, Wh since the start, percent. None where not told."""

    time: int
    power_w: float | None
    energy_wh: float | None
    soc: float | None


class Transaction(msgspec.Struct, kw_only=True):
    """One transaction. ``id`` is ours and stable; ``wire`` is the id on the wire as text.

    ``state``: active, ended, inferred (we closed it: a new one began, or a person did by hand: ``closed_by``), orphan (an
    end or readings without a beginning). ``sequences``: seen seqNo as closed ranges, in order. ``flags``: what is odd.
    ``samples``: how many sampled values are stored.
    """

    id: int
    station: str
    wire: str | None
    evse: int | None = None
    connector: int | None = None
    id_tag: str | None = None
    stop_tag: str | None = None
    started: int | None = None
    stopped: int | None = None
    received: int = 0
    last_update: int = 0
    start_wh: float | None = None
    last_wh: float | None = None
    stop_wh: float | None = None
    power_w: float | None = None
    soc: float | None = None
    stop_reason: str | None = None
    charging_state: str | None = None
    state: str = "active"
    closed_by: str | None = None
    remote_start: int | None = None
    offline: bool = False
    samples: int = 0
    sequences: list[tuple[int, int]] = msgspec.field(default_factory=list)
    sample_keys: list[int] = msgspec.field(default_factory=list)
    last_sample: int = 0
    stop_key: int | None = None
    flags: list[str] = msgspec.field(default_factory=list)
    series: list[Point] = msgspec.field(default_factory=list)
    start_exchange: int | None = None
    stop_exchange: int | None = None
    changed: int = 0

    @property
    def energy_wh(self) -> float | None:
        """Wh delivered so far, to a millionth; None where the registers do not tell."""
        end = self.stop_wh if self.stop_wh is not None else self.last_wh
        return None if end is None or self.start_wh is None else round(end - self.start_wh, 6)

    @property
    def seq_gaps(self) -> list[tuple[int, int]]:
        """Sequence numbers that are missing, as closed ranges."""
        return [(low[1] + 1, high[0] - 1) for low, high in zip(self.sequences, self.sequences[1:], strict=False)]


class Alarm(msgspec.Struct, kw_only=True):
    """One cause for worry. ``kind`` is the class, ``cause`` tells it from others of its kind on that station.

    ``severity``: 0 … 9 as OCPP 2.x has it (0 danger, 4 error, 6 notice). ``exchange``: the record that raised it.
    """

    id: int
    station: str | None
    kind: str
    cause: str
    text: str
    severity: int
    raised: int
    last: int
    count: int = 1
    cleared: int | None = None
    acknowledged: int | None = None
    acknowledged_by: str | None = None
    note: str | None = None
    exchange: int | None = None
    changed: int = 0


class Reading(msgspec.Struct, frozen=True, gc=False):
    """What a transaction's meter told in one moment (``time``, UTC nanoseconds), on its way to the journal.

    ``body`` is JSON already: ``[evse, connector, time, [value, …]]``, the values as they were sent; see
    ``readings.samples_in``.
    """

    transaction: int
    station: str
    time: int
    body: bytes


class StoredSample(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A sampled value out of the journal: which transaction, where, when, what."""

    transaction: int | None
    station: str
    evse: int | None
    connector: int | None
    time: int
    sample: MeterSample
