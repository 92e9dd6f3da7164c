"""The OCPP 2.1 dialect: 2.0.1 with more actions, wider limits and two more message types (CALLRESULTERROR, SEND)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final

from console.engine.dialects.v2_answers import ANSWERS_21, Answering, Limits
from console.engine.dialects.v2_reading import INCOMING_21, Reading
from console.engine.dialects.v2_told import REPORTS_21
from console.engine.dialects.v201 import CALLABLE, SENDABLE, TRIGGERS, V201
from console.engine.wire.frame import EXTENDED

SENDABLE_21: Final = SENDABLE | {
    "BatterySwap",
    "ClosePeriodicEventStream",
    "GetCertificateChainStatus",
    "NotifyDERAlarm",
    "NotifyDERStartStop",
    "NotifyPriorityCharging",
    "NotifySettlement",
    "OpenPeriodicEventStream",
    "PullDynamicScheduleUpdate",
    "ReportDERControl",
    "VatNumberValidation",
}

CALLABLE_21: Final = CALLABLE | {
    "AdjustPeriodicEventStream",
    "AFRRSignal",
    "ChangeTransactionTariff",
    "ClearDERControl",
    "ClearTariffs",
    "GetDERControl",
    "GetPeriodicEventStream",
    "GetTariffs",
    "NotifyAllowedEnergyTransfer",
    "NotifyWebPaymentStarted",
    "RequestBatterySwap",
    "SetDERControl",
    "SetDefaultTariff",
    "UpdateDynamicSchedule",
    "UsePriorityCharging",
}

LIMITS_21: Final = Limits(
    token=255,
    token_types=None,
    url=2000,
    value=2500,
    resets=("Immediate", "OnIdle", "ImmediateAndResume"),
    logs=("DiagnosticsLog", "SecurityLog", "DataCollectorLog"),
    triggers=(*TRIGGERS, "SignV2G20Certificate", "CustomTrigger"),
    custom_trigger=True,
    ev_needs="NoChargingProfile",
    transaction_limits=True,
)


class V21(V201):
    """OCPP 2.1."""

    version: str = "2.1"
    subprotocol: str = "ocpp2.1"
    types: frozenset[int] = EXTENDED
    sendable: frozenset[str] = SENDABLE_21
    callable: frozenset[str] = CALLABLE_21
    sends: frozenset[str] = frozenset(("NotifyPeriodicEventStream",))

    limits: ClassVar[Limits] = LIMITS_21
    answers: ClassVar[Mapping[str, Answering]] = ANSWERS_21
    readers: ClassVar[Mapping[str, Reading]] = {**INCOMING_21, **REPORTS_21}
