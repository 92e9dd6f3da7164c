"""OCPP 1.6: which actions go which way, and how a refusal is spelt.

Source: OCPP-J 1.6 section 4.2.3 with errata 2025-04 (5.1: the misspelt codes are the standard, "do not fix"), the
security whitepaper edition 3 for the actions that it adds.
"""

from __future__ import annotations

from typing import Final

from console.engine.dialects.base import Refusal
from console.engine.wire.exchange import Violation

SENDABLE: Final = frozenset(
    (
        "Authorize",
        "BootNotification",
        "DataTransfer",
        "DiagnosticsStatusNotification",
        "FirmwareStatusNotification",
        "Heartbeat",
        "LogStatusNotification",
        "MeterValues",
        "SecurityEventNotification",
        "SignCertificate",
        "SignedFirmwareStatusNotification",
        "StartTransaction",
        "StatusNotification",
        "StopTransaction",
    )
)

CALLABLE: Final = frozenset(
    (
        "CancelReservation",
        "CertificateSigned",
        "ChangeAvailability",
        "ChangeConfiguration",
        "ClearCache",
        "ClearChargingProfile",
        "DataTransfer",
        "DeleteCertificate",
        "ExtendedTriggerMessage",
        "GetCompositeSchedule",
        "GetConfiguration",
        "GetDiagnostics",
        "GetInstalledCertificateIds",
        "GetLocalListVersion",
        "GetLog",
        "InstallCertificate",
        "RemoteStartTransaction",
        "RemoteStopTransaction",
        "ReserveNow",
        "Reset",
        "SendLocalList",
        "SetChargingProfile",
        "SignedUpdateFirmware",
        "TriggerMessage",
        "UnlockConnector",
        "UpdateFirmware",
    )
)

# Their stored answer goes out again when the same call comes on a later link: a second start must not make a second
# transaction, readings must not count twice. The others answer with the time, or depend on what we think now.
REPLAYED: Final = frozenset(("MeterValues", "StartTransaction", "StopTransaction"))

# Malformed frames and rules of conduct; None is silence. An id that no frame may have is still worth an answer.
_RULES: Final[dict[str, str | None]] = {
    "empty": None,
    "binary": None,
    "type": None,
    "syntax": "FormationViolation",
    "depth": "FormationViolation",
    "id": "FormationViolation",
    "envelope": "ProtocolError",
    "action": "NotImplemented",
    "unknown-action": "NotImplemented",
    "unsupported-action": "NotSupported",
    "not-accepted": "SecurityError",
    "internal": "InternalError",
}

# Schema keywords. "Payload is incomplete" is ProtocolError in the words of the specification's own table.
_KEYWORDS: Final = {
    "required": "ProtocolError",
    "type": "TypeConstraintViolation",
    "additionalProperties": "FormationViolation",
    "duplicate": "FormationViolation",
    "minItems": "OccurenceConstraintViolation",
    "maxItems": "OccurenceConstraintViolation",
    "uniqueItems": "OccurenceConstraintViolation",
    "minProperties": "OccurenceConstraintViolation",
    "maxProperties": "OccurenceConstraintViolation",
}


def code_of(rule: str) -> str | None:
    """The error code for a broken rule; None where 1.6 says nothing. Any other schema keyword is about a value."""
    if rule in _RULES:
        return _RULES[rule]
    return _KEYWORDS.get(rule, "PropertyConstraintViolation")


def refusal(rule: str, message: str) -> Refusal | None:
    """The CALLERROR for a broken rule, or None."""
    code = code_of(rule)
    return None if code is None else Refusal(code=code, description=message)


def refused_for(violation: Violation) -> Refusal:
    """What a strict peer answers to this violation."""
    return Refusal(code=_KEYWORDS.get(violation.rule, "PropertyConstraintViolation"), description=said(violation))


def tolerated(violations: tuple[Violation, ...]) -> str:
    """What was let pass, in one line. A strict peer answers the first violation; the rest is counted."""
    first = violations[0]
    code = _KEYWORDS.get(first.rule, "PropertyConstraintViolation")
    more = len(violations) - 1
    rest = "" if not more else f" (and {more} more)"
    return f"a strict peer would answer {code}: {said(first)}{rest}"


def said(violation: Violation) -> str:
    """A violation as a sentence's end."""
    return f"{violation.path} {violation.message}"
