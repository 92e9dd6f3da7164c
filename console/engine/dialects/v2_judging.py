"""What a 2.x station's answer to our call means: accepted or not, in which word, and what a person may try next."""

from __future__ import annotations

from typing import Any, Final

from console.engine.dialects.reading import items, obj, text
from console.engine.fleet.order import Order, Verdict
from console.engine.wire.exchange import Exchange

# Words that mean yes. Everything else means no.
_YES: Final = frozenset(("Accepted", "AcceptedCanceled", "Scheduled", "Unlocked", "RebootRequired", "Unpublished"))

# Answers that hold one status for each thing asked: the list, and the name of the status in it.
_LISTS: Final = {
    "SetVariables": ("setVariableResult", "attributeStatus", "attributeStatusInfo"),
    "GetVariables": ("getVariableResult", "attributeStatus", "attributeStatusInfo"),
    "SetVariableMonitoring": ("setMonitoringResult", "status", "statusInfo"),
    "ClearVariableMonitoring": ("clearMonitoringResult", "status", "statusInfo"),
    "ClearTariffs": ("clearTariffsResult", "status", "statusInfo"),
}

# Answers that hold no status: that they came is all there is to it.
_PLAIN: Final = frozenset(
    ("CostUpdated", "GetLocalListVersion", "GetPeriodicEventStream", "GetTransactionStatus", "NotifyWebPaymentStarted")
)

# Words by which a station says that there is nothing of what was asked for: no refusal to one who asked what there is.
_NOTHING: Final = frozenset(
    (
        ("GetChargingProfiles", "NoProfiles"),
        ("GetDERControl", "NotFound"),
        ("GetDisplayMessages", "Unknown"),
        ("GetInstalledCertificateIds", "NotFound"),
        ("GetMonitoringReport", "EmptyResultSet"),
    )
)

_HINTS: Final = {
    ("ChangeAvailability", "Rejected"): "the station cannot change this now, or knows no such EVSE or connector",
    ("ChangeAvailability", "Scheduled"): "it follows when the running transaction has ended",
    ("ClearCache", "Rejected"): "the station has no authorization cache, or AuthCacheCtrlr.Enabled is false",
    ("ChangeTransactionTariff", "ConditionNotSupported"): "the station takes no tariff with conditions",
    ("ChangeTransactionTariff", "NoCurrencyChange"): "a running session keeps its currency",
    ("ChangeTransactionTariff", "TooManyElements"): "the tariff has more elements than TariffMaxElements allows",
    ("ChangeTransactionTariff", "TxNotFound"): "the station knows no such running transaction; Sessions has its id",
    ("ClearChargingProfile", "Unknown"): "no charging profile matches",
    ("ClearDisplayMessage", "Unknown"): "the station shows no such message; displays lists them",
    ("ClearTariffs", "NoTariff"): "the station has no such tariff",
    ("ClearVariableMonitoring", "NotFound"): "the station has no such monitor; monitors lists them",
    ("ClearVariableMonitoring", "Rejected"): "a monitor that is built in stays",
    ("CustomerInformation", "Invalid"): "the station knows no such customer, or cannot look for one this way",
    ("DataTransfer", "UnknownMessageId"): "the station knows the vendor, but not this message",
    ("DataTransfer", "UnknownVendorId"): "the station knows no such vendor; vendor ids are often reversed domain names",
    ("GetBaseReport", "EmptyResultSet"): "the station has nothing to report",
    ("GetBaseReport", "NotSupported"): "try :raw GetBaseReport with ConfigurationInventory, which every station has",
    ("GetBaseReport", "Rejected"): "another report may be under way; try again when it is complete",
    ("GetLog", "AcceptedCanceled"): "an upload that was under way was cancelled for this one",
    ("GetLog", "Rejected"): "another upload may be under way, or the station keeps no such log",
    ("GetReport", "EmptyResultSet"): "the station knows no such component; get without arguments lists all",
    ("GetVariables", "NotSupportedAttributeType"): "the variable has no such attribute; Actual is the usual one",
    ("GetVariables", "Rejected"): "the variable can only be written",
    ("GetVariables", "UnknownComponent"): "get without arguments lists the components that it has",
    ("GetVariables", "UnknownVariable"): "get without arguments lists the variables that it has",
    ("RequestStartTransaction", "Rejected"): "is the connector free and operative, and does no transaction run there?",
    ("RequestStopTransaction", "Rejected"): "the station knows no such running transaction; Sessions has its id",
    ("Reset", "Rejected"): "a transaction or an update may stand in its way; type=hard ends transactions",
    ("Reset", "Scheduled"): "it follows when the running transactions have ended",
    ("ReserveNow", "Occupied"): "a car stands there, or it is reserved already",
    ("ReserveNow", "Rejected"): "reservations may be switched off (ReservationCtrlr.Enabled), or need evse=N here",
    ("SendLocalList", "Failed"): "the list could not be kept; LocalAuthListCtrlr.Entries tells how many fit",
    (
        "SendLocalList",
        "VersionMismatch",
    ): "a differential list needs a higher version than the station has: list-version",
    ("SetDefaultTariff", "ConditionNotSupported"): "the station takes no tariff with conditions",
    ("SetDefaultTariff", "DuplicateTariffId"): "another tariff of the station has that id",
    ("SetDefaultTariff", "TooManyElements"): "the tariff has more elements than TariffMaxElements allows",
    ("SetDisplayMessage", "NotSupportedMessageFormat"): "DisplayMessageCtrlr.SupportedFormats tells which it takes",
    ("SetDisplayMessage", "NotSupportedPriority"): "DisplayMessageCtrlr.SupportedPriorities tells which it takes",
    ("SetDisplayMessage", "NotSupportedState"): "the station shows no message for that state",
    ("SetDisplayMessage", "UnknownTransaction"): "the station knows no such running transaction; Sessions has its id",
    ("SetVariableMonitoring", "Duplicate"): "the variable has such a monitor already; monitors lists them",
    ("SetVariableMonitoring", "Rejected"): "the value may be outside the limits of the variable",
    ("SetVariableMonitoring", "UnknownComponent"): "get without arguments lists the components that it has",
    ("SetVariableMonitoring", "UnknownVariable"): "get without arguments lists the variables that it has",
    ("SetVariableMonitoring", "UnsupportedMonitorType"): "this variable takes no monitor of that type",
    (
        "SetChargingProfile",
        "Rejected",
    ): "look at purpose, stack level and unit; a TxProfile needs a running transaction",
    ("SetVariables", "NotSupportedAttributeType"): "the variable has no such attribute; Actual is the usual one",
    ("SetVariables", "RebootRequired"): "it takes effect after a restart: reset",
    ("SetVariables", "Rejected"): "read-only, or the value is not among those allowed; Configuration shows both",
    ("SetVariables", "UnknownComponent"): "get without arguments lists the components that it has",
    ("SetVariables", "UnknownVariable"): "get without arguments lists the variables that it has",
    ("TriggerMessage", "NotImplemented"): "the station cannot send this message on request",
    ("TriggerMessage", "Rejected"): "the station does not send it now; a StatusNotification needs connector=N",
    ("UnpublishFirmware", "DownloadOngoing"): "a station is just downloading it; try again later",
    ("UnpublishFirmware", "NoFirmware"): "the station publishes no image of that checksum",
    ("UnlockConnector", "OngoingAuthorizedTransaction"): "a transaction runs there; stop it first",
    ("UnlockConnector", "UnknownConnector"): "the station has no such connector; say both, evse=1 connector=1",
    (
        "UnlockConnector",
        "UnlockFailed",
    ): "the lock did not open: look for a strained cable, or a connector without a lock",
    ("UsePriorityCharging", "NoProfile"): "the station has no profile for priority charging: set one first",
    ("UpdateFirmware", "AcceptedCanceled"): "an update that was under way was cancelled for this one",
    ("UpdateFirmware", "InvalidCertificate"): "the station does not trust the signing certificate of this image",
    ("UpdateFirmware", "Rejected"): "an update may be under way, or the station takes only signed images",
    ("UpdateFirmware", "RevokedCertificate"): "the signing certificate of this image has been revoked",
}

# Standardized reason codes (2.0.1 Part 2, appendices), where they tell what to do.
_REASONS: Final = {
    "fixedcable": "the cable is fixed to the station",
    "fwupdateinprogress": "a firmware update is under way; wait until it is done",
    "invalididtoken": "the station does not take this id token",
    "invalidurl": "the station cannot use the address of the file",
    "invalidvalue": "the value is not among those allowed",
    "missingparam": "something is missing that this station wants",
    "nobatteryavailable": "no charged battery is there",
    "nocable": "no cable is plugged in",
    "notenabled": "the function is switched off in the station's configuration",
    "notfound": "the station knows no such thing",
    "outofmemory": "the station is out of memory; a reset may help",
    "outofstorage": "the station is out of storage",
    "readonly": "the variable is read-only",
    "txinprogress": "a transaction is running; stop it first",
    "txnotfound": "the station knows no such transaction",
    "txstarted": "a transaction has started already",
    "unknownconnectorid": "the station has no such connector",
    "unknownevse": "the station has no such EVSE",
    "unknowntxid": "the station knows no such transaction",
    "unsupportedrequest": "the station does not support this request",
    "valueoutofrange": "the value is outside the limits of the variable",
    "writeonly": "the variable can only be written",
}

_ERRORS: Final = {
    "notimplemented": "the station does not know this action",
    "notsupported": "the station knows this action, but does not support it",
    "securityerror": "the station does not allow it; is its registration Accepted?",
    "internalerror": "the station failed; a reset may help",
    "genericerror": "the station says no more than this",
    "messagetypenotsupported": "the station does not know this kind of message",
}


def judge(order: Order, exchange: Exchange) -> Verdict:
    """The verdict on the exchange that ``order`` caused."""
    outcome = exchange.outcome
    if outcome == "error":
        code = exchange.error_code or "GenericError"
        return Verdict(
            accepted=False, status=code, hint=_joined(exchange.error_description, _ERRORS.get(code.casefold()))
        )
    if outcome == "timeout":
        return Verdict(accepted=False, status="no answer", hint="the station did not answer in time")
    if outcome == "lost":
        return Verdict(accepted=False, status="link lost", hint="the link ended before the station answered")
    if outcome == "malformed":
        return Verdict(
            accepted=False, status="malformed answer", hint="the station answered with something that is no OCPP answer"
        )
    if outcome not in ("result", "late"):
        return Verdict(accepted=False, status=outcome)
    action = exchange.action or ""
    response = obj(exchange.response)
    if action in _PLAIN:
        return Verdict(accepted=type(exchange.response) is dict, status="answered")
    if action in _LISTS:
        return _of_list(action, response)
    status = text(response.get("status"))
    if not status:
        return Verdict(accepted=False, status="no status", hint="the answer lacks its status")
    verdict = _verdict(action, status, response.get("statusInfo"))
    if order.name != "raw" and (action, status) in _NOTHING:
        return Verdict(accepted=True, status=status, hint=verdict.hint)
    return verdict


def _of_list(action: str, response: dict[str, Any]) -> Verdict:
    """Accepted where every part was; otherwise the first word that is not Accepted."""
    name, key, info = _LISTS[action]
    parts = [obj(one) for one in items(response.get(name))]
    if not parts:
        return Verdict(accepted=False, status="no result", hint="the answer holds no result")
    verdicts = [_verdict(action, text(one.get(key)) or "no status", one.get(info)) for one in parts]
    refused = [one for one in verdicts if not one.accepted]
    if refused:
        return refused[0]
    return next((one for one in verdicts if one.status != "Accepted"), verdicts[0])


def _verdict(action: str, status: str, info: Any) -> Verdict:
    reason = text(obj(info).get("reasonCode"))
    more = text(obj(info).get("additionalInfo"))
    said = ": ".join(word for word in (reason, more) if word) or None
    accepted = status in _YES
    advice = None
    # NoError and its like say nothing new, and an advice beside a plain yes would only worry.
    if not accepted and reason is not None:
        advice = _REASONS.get(reason.casefold())
    return Verdict(accepted=accepted, status=status, hint=_joined(said, advice or _HINTS.get((action, status))))


def _joined(said: str | None, advice: str | None) -> str | None:
    """The station's words, which often end with a full stop, and ours."""
    if said and advice:
        return f"{said.rstrip('. ')} – {advice}"
    return said or advice or None
