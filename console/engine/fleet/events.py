"""What an exchange means, in words that every OCPP version shares. Dialects make these, the fleet folds them.

Times (``at``) are UTC nanoseconds as the station says, or None where it said nothing that can be read.
EVSE and connector: 1.6 connector n is EVSE n, connector 1; connector 0 of 1.6 and EVSE 0 of 2.x are the station.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from console.engine.fleet.moment import Moment


class Event(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag=True, tag_field="event"):
    """The root of all events."""


class Booted(Event, frozen=True, kw_only=True):
    """The station has booted. ``status`` is what we answered: Accepted, Pending, Rejected."""

    vendor: str | None = None
    model: str | None = None
    serial: str | None = None
    firmware: str | None = None
    reason: str | None = None
    iccid: str | None = None
    imsi: str | None = None
    status: str | None = None
    interval: int | None = None


class HeartbeatSeen(Event, frozen=True, kw_only=True):
    """The station asked for the time."""


class StatusChanged(Event, frozen=True):
    """A connector's status, verbatim. ``error_code`` None where there is no error."""

    evse: int
    connector: int
    status: str | None
    error_code: str | None = None
    vendor_error: str | None = None
    info: str | None = None
    at: int | None = None


class MeterSample(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One sampled value. ``value`` is None where the text is no finite number; ``text`` is verbatim.

    Units as sent, with the multiplier of 2.x applied to ``value``: Wh, kWh, W, kW, A, V, Percent, …
    """

    measurand: str
    value: float | None
    text: str
    unit: str | None = None
    phase: str | None = None
    context: str | None = None
    location: str | None = None


class Sampled(Event, frozen=True):
    """Sampled values of one moment. ``transaction`` is the wire's id where one was given."""

    evse: int
    connector: int | None
    samples: Moment
    transaction: str | None = None
    at: int | None = None


class TransactionSeen(Event, frozen=True):
    """A transaction has started, goes on, or has ended.

    ``phase`` is ``started``, ``updated`` or ``ended``; ``transaction`` the wire's id as text (None or not positive on 1.6
    where the station never got one); ``sequence`` seqNo of 2.x; ``meter_wh`` the register in Wh at that moment;
    ``remote_start`` the id of the order that started it; ``samples`` the readings that came within.
    """

    phase: str
    transaction: str | None
    evse: int | None = None
    connector: int | None = None
    id_tag: str | None = None
    at: int | None = None
    meter_wh: float | None = None
    reason: str | None = None
    trigger: str | None = None
    charging_state: str | None = None
    sequence: int | None = None
    remote_start: int | None = None
    reservation: int | None = None
    offline: bool = False
    suspect: tuple[str, ...] = ()
    readings: tuple[Sampled, ...] = ()


class Authorized(Event, frozen=True, kw_only=True):
    """An id tag was shown; ``status`` is what we answered."""

    id_tag: str
    status: str | None = None


class FirmwareStage(Event, frozen=True, kw_only=True):
    """A firmware status, verbatim (Downloading, Downloaded, Installing, Installed, InstallationFailed, …)."""

    status: str
    request: int | None = None


class LogStage(Event, frozen=True, kw_only=True):
    """A log or diagnostics status, verbatim (Uploading, Uploaded, UploadFailed, …)."""

    status: str
    request: int | None = None


class SecurityEventSeen(Event, frozen=True, kw_only=True):
    """A security event, verbatim."""

    type: str
    at: int | None = None
    info: str | None = None


class Noticed(Event, frozen=True, kw_only=True):
    """Something the station reports that may want a person: an event of the device model, a vendor error, a DER alarm.

    ``severity`` 0 (danger) … 9 (debug) as in OCPP 2.x; ``cleared`` True where it says that the cause is gone; ``cause``
    names it so that it is not raised twice.
    """

    cause: str
    text: str
    severity: int = 4
    cleared: bool = False
    evse: int | None = None


class VariableSeen(Event, frozen=True, kw_only=True):
    """One value of the configuration (1.6: component is empty) or of the device model (2.x).

    ``mutability`` ReadOnly, WriteOnly or ReadWrite; ``value`` None where the station did not tell it.
    """

    component: str
    variable: str
    value: str | None
    attribute: str = "Actual"
    evse: int | None = None
    instance: str | None = None
    mutability: str | None = None
    unit: str | None = None
    data_type: str | None = None
    values: str | None = None


class ProfileLimit(Event, frozen=True, kw_only=True):
    """A charging limit from outside, in A or W, or its end (``limit`` None)."""

    evse: int
    limit: float | None
    unit: str | None = None
    source: str | None = None


class Reported(Event, frozen=True, kw_only=True):
    """A part of a report to one of our requests (report, charging profiles, customer information, monitoring …).

    ``lines``: what it tells, one thing a line, as a person reads it (of the device model it is ``VariableSeen``).
    """

    kind: str
    request: int | None
    sequence: int | None = None
    more: bool = False
    lines: tuple[str, ...] = ()


class Told(Event, frozen=True, kw_only=True):
    """What the answer to one of our calls tells, one thing a line, as a person reads it; ``number`` where it is one."""

    lines: tuple[str, ...]
    number: int | None = None


class OrderSaid(Event, frozen=True, kw_only=True):
    """An outgoing call was answered; kept so that the last tag or limit can be offered again in a form."""

    action: str
    status: str | None = None
