"""OCPP 1.6: what the station's answer to an order means, and what a person may try next."""

from __future__ import annotations

from typing import Any, Final

from console.engine.dialects.reading import items, obj, text
from console.engine.fleet.order import Order, Verdict
from console.engine.wire.exchange import Exchange

# Answers that say yes, where it is more than the word Accepted. None: they have no status, and any result is a yes.
_YES: Final[dict[str, frozenset[str] | None]] = {
    "ChangeAvailability": frozenset(("Accepted", "Scheduled")),
    "ChangeConfiguration": frozenset(("Accepted", "RebootRequired")),
    "GetConfiguration": None,
    "GetDiagnostics": None,
    "GetInstalledCertificateIds": frozenset(("Accepted", "NotFound")),
    "GetLocalListVersion": None,
    "GetLog": frozenset(("Accepted", "AcceptedCanceled")),
    "SignedUpdateFirmware": frozenset(("Accepted", "AcceptedCanceled")),
    "UnlockConnector": frozenset(("Unlocked",)),
    "UpdateFirmware": None,
}
_ACCEPTED: Final = frozenset(("Accepted",))

_HINTS: Final[dict[tuple[str, str], str]] = {
    ("ChangeAvailability", "Rejected"): "try the connectors one by one: some stations refuse connector 0",
    ("ChangeAvailability", "Scheduled"): "it follows when the running transaction has ended",
    ("ChangeConfiguration", "NotSupported"): "the station does not know this key: get lists those it knows",
    ("ChangeConfiguration", "RebootRequired"): "the value counts after a reset",
    ("ChangeConfiguration", "Rejected"): "the key is read-only, or the value is not of the form it takes: get tells",
    ("ClearCache", "Rejected"): "the station may have no authorization cache: get key=AuthorizationCacheEnabled",
    ("ClearChargingProfile", "Unknown"): "no profile of the station fits: there was nothing to clear",
    ("DataTransfer", "UnknownMessageId"): "the vendor's extension is there, but does not know this message",
    ("DataTransfer", "UnknownVendorId"): "the station does not know this vendorId; it is compared letter by letter",
    ("ExtendedTriggerMessage", "NotImplemented"): "the station cannot send this message when asked",
    ("GetCompositeSchedule", "Rejected"): "smart charging may be off, or the connector unknown",
    ("GetLog", "AcceptedCanceled"): "an upload that was under way was given up for this one",
    ("GetLog", "Rejected"): "the station may keep no such log; diagnostics asks for the other one",
    ("RemoteStartTransaction", "Rejected"): (
        "is the cable plugged in and the connector Available or Preparing? Some stations want no connector, or no "
        "charging profile, or have remote starts switched off (get key=AuthorizeRemoteTxRequests; CHARX: FreeMode=true)"
    ),
    ("RemoteStopTransaction", "Rejected"): "the station runs no transaction of that id: look at what it said last",
    ("ReserveNow", "Rejected"): "the station does not support reservations, or not for connector 0",
    ("Reset", "Rejected"): "a hard reset may be taken where a soft one is not; a running update forbids both",
    ("SetChargingProfile", "NotSupported"): "the station has no smart charging",
    (
        "SetChargingProfile",
        "Rejected",
    ): "a stack level, a unit or a purpose it does not take: get key=ChargeProfileMaxStackLevel",
    ("SendLocalList", "Failed"): "the list could not be kept: get key=LocalAuthListMaxLength tells how many fit",
    ("SendLocalList", "NotSupported"): "the station has no local list, or it is off: get key=LocalAuthListEnabled",
    (
        "SendLocalList",
        "VersionMismatch",
    ): "a differential list needs a higher version than the station has: list-version",
    ("SignedUpdateFirmware", "InvalidCertificate"): "the signing certificate is not one that the station trusts",
    ("TriggerMessage", "NotImplemented"): "the station cannot send this message when asked",
    ("TriggerMessage", "Rejected"): "it cannot send it now; with or without a connector may make the difference",
    ("UnlockConnector", "NotSupported"): "the station has no lock there, or does not know the connector",
    ("UnlockConnector", "UnlockFailed"): "the plug may be under tension: push it in, then try again",
}

# By error code, in every spelling that stations use.
_ERROR_HINTS: Final = {
    "FormationViolation": "the station cannot read the message: some refuse fields that are optional",
    "FormatViolation": "the station cannot read the message: some refuse fields that are optional",
    "GenericError": "the station gives no reason; its own log may: diagnostics fetches it",
    "InternalError": "the station failed inside: its own log may tell why, a reset may help",
    "NotImplemented": "the station's firmware does not know this call",
    "NotSupported": "the station knows this call, but does not offer it",
    "OccurenceConstraintViolation": "a field is missing or was sent too often for this firmware",
    "OccurrenceConstraintViolation": "a field is missing or was sent too often for this firmware",
    "PropertyConstraintViolation": "a value is not one that this firmware takes",
    "ProtocolError": "the station misses something in the message, or cannot take it in its present state",
    "SecurityError": "the station refuses for security reasons: it may not hold itself accepted yet",
    "TypeConstraintViolation": "a value is of another type than this firmware expects",
}

_SILENCE: Final = {
    "timeout": (
        "no answer in time",
        "the link is up; some stations leave this call unanswered, a smaller one may pass",
    ),
    "lost": ("link lost", "the link ended before the answer; the station may have done it all the same"),
    "late": ("answered too late", "the answer came after its time and is not counted"),
    "none": ("not answered", None),
    "malformed": ("malformed answer", "the station answered with something that is no OCPP answer"),
}


def judge(_order: Order, exchange: Exchange) -> Verdict:
    """What the outcome of the call means."""
    action = exchange.action or ""
    outcome = exchange.outcome
    if outcome == "error":
        code = exchange.error_code or "an error"
        hint = _ERROR_HINTS.get(code)
        return Verdict(accepted=False, status=code, hint=_joined(exchange.error_description, hint))
    if outcome != "result":
        status, hint = _SILENCE.get(outcome, (outcome, None))
        return Verdict(accepted=False, status=status, hint=hint)
    response = obj(exchange.response)
    yes = _YES.get(action, _ACCEPTED)
    if yes is None:
        return Verdict(accepted=True, status="Accepted", hint=_content(action, exchange, response))
    status_text = text(response.get("status"))
    if not status_text:
        broken = exchange.violations[0] if exchange.violations else None
        where = None if broken is None else f"{broken.path} {broken.message}"
        return Verdict(accepted=False, status="no status", hint=where or "the answer holds no status")
    return Verdict(accepted=status_text in yes, status=status_text, hint=_HINTS.get((action, status_text)))


def _content(action: str, exchange: Exchange, response: dict[str, Any]) -> str | None:
    """What to say of an answer that has no status."""
    if action == "GetDiagnostics" and not text(response.get("fileName")):
        return "the station named no file: it may have nothing to upload"
    if action == "GetConfiguration":
        unknown = [said for said in map(text, items(response.get("unknownKey"))) if said]
        if unknown:
            return "not known to the station: " + ", ".join(unknown[:20])
        if not items(response.get("configurationKey")):
            return "the station told nothing; some answer only when asked for single keys"
    return None


def _joined(description: str | None, hint: str | None) -> str | None:
    """The station's words, which often end with a full stop, and ours."""
    if description and hint:
        return f"{description.rstrip('. ')}: {hint}"
    return description or hint or None
