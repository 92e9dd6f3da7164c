"""The OCPP 2.0.1 dialect: its tables, and the conduct in which calls are answered. What is said: ``v2_*.py``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

import msgspec

from console.engine.dialects.base import Answer, Context, Refusal
from console.engine.dialects.reading import Clock
from console.engine.dialects.told import told
from console.engine.dialects.v2_answers import ANSWERS, Answering, Limits
from console.engine.dialects.v2_codes import refusal, refused, tolerated
from console.engine.dialects.v2_judging import judge
from console.engine.dialects.v2_reading import INCOMING, Reading, read
from console.engine.dialects.v2_sayings import say
from console.engine.dialects.v2_told import ANSWERS as ANSWER_LINES
from console.engine.dialects.v2_told import NUMBERS, REPORTS
from console.engine.fleet.events import Event
from console.engine.fleet.model import Station
from console.engine.fleet.order import Order, Saying, Verdict
from console.engine.wire.exchange import Exchange, Violation
from console.engine.wire.frame import CALL, CLASSIC, Frame

# What a station may call. DataTransfer goes both ways.
SENDABLE: Final = frozenset(
    (
        "Authorize",
        "BootNotification",
        "ClearedChargingLimit",
        "DataTransfer",
        "FirmwareStatusNotification",
        "Get15118EVCertificate",
        "GetCertificateStatus",
        "Heartbeat",
        "LogStatusNotification",
        "MeterValues",
        "NotifyChargingLimit",
        "NotifyCustomerInformation",
        "NotifyDisplayMessages",
        "NotifyEVChargingNeeds",
        "NotifyEVChargingSchedule",
        "NotifyEvent",
        "NotifyMonitoringReport",
        "NotifyReport",
        "PublishFirmwareStatusNotification",
        "ReportChargingProfiles",
        "ReservationStatusUpdate",
        "SecurityEventNotification",
        "SignCertificate",
        "StatusNotification",
        "TransactionEvent",
    )
)

# What the central system may call.
CALLABLE: Final = frozenset(
    (
        "CancelReservation",
        "CertificateSigned",
        "ChangeAvailability",
        "ClearCache",
        "ClearChargingProfile",
        "ClearDisplayMessage",
        "ClearVariableMonitoring",
        "CostUpdated",
        "CustomerInformation",
        "DataTransfer",
        "DeleteCertificate",
        "GetBaseReport",
        "GetChargingProfiles",
        "GetCompositeSchedule",
        "GetDisplayMessages",
        "GetInstalledCertificateIds",
        "GetLocalListVersion",
        "GetLog",
        "GetMonitoringReport",
        "GetReport",
        "GetTransactionStatus",
        "GetVariables",
        "InstallCertificate",
        "PublishFirmware",
        "RequestStartTransaction",
        "RequestStopTransaction",
        "ReserveNow",
        "Reset",
        "SendLocalList",
        "SetChargingProfile",
        "SetDisplayMessage",
        "SetMonitoringBase",
        "SetMonitoringLevel",
        "SetNetworkProfile",
        "SetVariableMonitoring",
        "SetVariables",
        "TriggerMessage",
        "UnlockConnector",
        "UnpublishFirmware",
        "UpdateFirmware",
    )
)

TRIGGERS: Final = (
    "BootNotification",
    "FirmwareStatusNotification",
    "Heartbeat",
    "LogStatusNotification",
    "MeterValues",
    "PublishFirmwareStatusNotification",
    "SignChargingStationCertificate",
    "SignCombinedCertificate",
    "SignV2GCertificate",
    "StatusNotification",
    "TransactionEvent",
)

LIMITS: Final = Limits(
    token=36,
    token_types=(
        "Central",
        "eMAID",
        "ISO14443",
        "ISO15693",
        "KeyCode",
        "Local",
        "MacAddress",
        "NoAuthorization",
    ),
    url=512,
    value=1000,
    resets=("Immediate", "OnIdle"),
    logs=("DiagnosticsLog", "SecurityLog"),
    triggers=TRIGGERS,
    custom_trigger=False,
    ev_needs="Accepted",
)

# These come only as answers to a request of ours that a Pending station may be sent (B02.FR.09).
_ASKED_FOR: Final = frozenset(("NotifyReport",))


class V201:
    """OCPP 2.0.1, Part 2 and Part 4 with their errata of 2025."""

    version: str = "2.0.1"
    subprotocol: str = "ocpp2.0.1"
    types: frozenset[int] = CLASSIC
    sendable: frozenset[str] = SENDABLE
    callable: frozenset[str] = CALLABLE
    sends: frozenset[str] = frozenset()
    replayed: frozenset[str] = frozenset(("MeterValues", "TransactionEvent"))
    answers_unreadable: bool = True
    compresses: bool = True
    evses: bool = True
    resets: Mapping[str, str] = {
        "soft": "restarts when no transaction runs any more; it ends none",
        "hard": "ends running transactions and restarts at once",
    }
    hex_keys: bool = False
    unlocking: str = "it does not start or stop charging: while a transaction runs there, the station may refuse"

    limits: ClassVar[Limits] = LIMITS
    answers: ClassVar[Mapping[str, Answering]] = ANSWERS
    readers: ClassVar[Mapping[str, Reading]] = {**INCOMING, **REPORTS}

    def __init__(self) -> None:
        self._clock = Clock()

    def answer(self, frame: Frame, violations: tuple[Violation, ...], context: Context) -> Answer:
        """The answer to a call.

        Tolerant conduct: always a payload where the action is known and its payload is an object, or null, which is
        read as ``{}``. Strict conduct: the first violation is refused. A SEND gets neither payload nor refusal.
        """
        action = frame.action or ""
        handler = self.answers.get(action)
        if handler is None or frame.type != CALL:
            return self._other(frame, action, context)
        notes: tuple[str, ...] = ()
        station = context.station
        if action != "BootNotification" and (station is None or station.registration != "Accepted"):
            barred = _barred(action, context)
            if barred is not None:
                if context.policy.strict or context.policy.registration != "Accepted":
                    return Answer(refusal=Refusal(code="SecurityError", description=barred))
                # Accepted by the operator since: the next boot will tell it; what it says meanwhile is not lost.
                notes = (f"a strict peer would answer SecurityError ({barred})",)
        payload = frame.payload
        if violations or type(payload) is not dict:
            if violations:
                if context.policy.strict:
                    return Answer(refusal=refused(violations))
                notes = (*notes, *tolerated(violations))
            if payload is None:
                payload = {}
                notes = (*notes, "a payload of null is read as {}")
            elif type(payload) is not dict:
                return Answer(refusal=Refusal(code="TypeConstraintViolation", description="the payload is no object"))
        made = handler(payload, context, self.limits, self._clock)
        if notes:
            return msgspec.structs.replace(made, tolerances=(*notes, *made.tolerances))
        return made

    def _other(self, frame: Frame, action: str, context: Context) -> Answer:
        """What is no call that a station may make."""
        if frame.type != CALL:
            return Answer()
        if action in self.sends:
            words = f"{action} is a SEND message, not a CALL"
            if context.policy.strict or type(frame.payload) is not dict:
                return Answer(refusal=refusal("unsupported-action", words))
            return Answer(payload={}, tolerances=(f"a strict peer would answer NotSupported ({words})",))
        if action in self.callable:
            words = f"{action} is for a charging station to answer, not to call"
            return Answer(refusal=refusal("unsupported-action", words))
        return Answer(refusal=refusal("unknown-action", f"{action[:64]} is no action of OCPP {self.version}"))

    def refuse(self, rule: str, message: str) -> Refusal | None:
        """The CALLERROR for a malformed frame or a broken rule. Where no id could be read it is sent with id ``-1``."""
        return refusal(rule, message)

    def read(self, exchange: Exchange) -> tuple[Event, ...]:
        """What an exchange means. Refused and malformed calls mean nothing: the station keeps what it had to say."""
        events = read(exchange, self.readers, self.sends)
        more = told(exchange, ANSWER_LINES, NUMBERS) if exchange.direction == "out" else None
        return events if more is None else (*events, more)

    def say(self, order: Order, station: Station, given: dict[str, Any]) -> Saying:
        """An order as a call; OrderError where this version cannot be told so."""
        return say(order, station, given, self.limits)

    def judge(self, order: Order, exchange: Exchange) -> Verdict:
        """What the station's answer means, with what a person may try next."""
        return judge(order, exchange)


def _barred(action: str, context: Context) -> str | None:
    """Why this call may not be made yet, or None (B02.FR.09, B03.FR.07).

    What the station was told last counts; one that has not booted on our watch counts as what its boot would be told.
    """
    station = context.station
    state = "none" if station is None else station.registration
    if state == "none":
        state = context.policy.registration
    if state == "Accepted":
        return None
    if state == "Pending":
        if action in context.triggered or action in _ASKED_FOR:
            return None
        return "the station is not accepted yet; only BootNotification and what was asked for is taken"
    return "the station was rejected; only BootNotification is taken"
