"""What the central system answers to the calls of a 2.x station: one function an action, all of them total.

Each takes the payload (an object, whatever is in it), the context, the version's limits and the clock, and makes an
``Answer`` whose payload is valid by the response schema. What chargehand does not offer is declined in the words of the
action, never with an error: a station that gets an error tries again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec

from console.engine.dialects.base import Answer, Context, refused_request
from console.engine.dialects.reading import Clock, integer, items, obj, pruned, stamp, text, when

SHORTEST_INTERVAL: Final = 10
LONGEST_INTERVAL: Final = 86_400


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Lengths and enumerations in which 2.0.1 and 2.1 differ. ``token_types`` None: any text of 20 characters;
    ``transaction_limits``: whether an answer may say how much a session may take."""

    token: int
    token_types: tuple[str, ...] | None
    url: int
    value: int
    resets: tuple[str, ...]
    logs: tuple[str, ...]
    triggers: tuple[str, ...]
    custom_trigger: bool
    ev_needs: str
    transaction_limits: bool = False


Answering = Callable[[dict[str, Any], Context, Limits, Clock], Answer]

# Statuses of an id token in 2.x; the 1.6 words of a profile are all among them.
_TOKEN_STATUSES: Final = frozenset(
    (
        "Accepted",
        "Blocked",
        "ConcurrentTx",
        "Expired",
        "Invalid",
        "NoCredit",
        "NotAllowedTypeEVSE",
        "NotAtThisLocation",
        "NotAtThisTime",
        "Unknown",
    )
)
_REGISTRATIONS: Final = frozenset(("Accepted", "Pending", "Rejected"))
_DECLINED: Final = {"reasonCode": "UnsupportedRequest"}


def empty(_payload: dict[str, Any], _context: Context, _limits: Limits, _clock: Clock) -> Answer:
    """An acknowledgement and nothing else."""
    return Answer(payload={})


def boot_notification(_payload: dict[str, Any], context: Context, _limits: Limits, clock: Clock) -> Answer:
    """The registration as the policy has it; the interval is never 0, which B02.FR.07 would allow."""
    policy = context.policy
    status = policy.registration if policy.registration in _REGISTRATIONS else "Rejected"
    wanted = policy.heartbeat_interval if status == "Accepted" else policy.pending_interval
    interval = min(max(wanted, SHORTEST_INTERVAL), LONGEST_INTERVAL)
    return Answer(payload={"currentTime": clock.stamp(context.now), "interval": interval, "status": status})


def heartbeat(_payload: dict[str, Any], context: Context, _limits: Limits, clock: Clock) -> Answer:
    """The time."""
    return Answer(payload={"currentTime": clock.stamp(context.now)})


def authorize(payload: dict[str, Any], context: Context, limits: Limits, _clock: Clock) -> Answer:
    """Whether the token may charge.

    A contract certificate cannot be checked here: the profile's word on the contract id counts for it; that is noted.
    """
    info = token_info(payload.get("idToken"), context, limits)
    made: dict[str, Any] = {"idTokenInfo": info}
    if "certificate" not in payload and "iso15118CertificateHashData" not in payload:
        return Answer(payload=made)
    if info["status"] == "Accepted":
        made["certificateStatus"] = "Accepted"
    return Answer(payload=made, tolerances=("the contract certificate was not checked, only the profile's id tags",))


def transaction_event(payload: dict[str, Any], context: Context, limits: Limits, _clock: Clock) -> Answer:
    """An acknowledgement, with the token's standing wherever a token came (E01.FR.11, E01.FR.12)."""
    info = payload.get("transactionInfo")
    wire = text(info.get("transactionId")) if type(info) is dict else None
    if "idToken" not in payload:
        return Answer({}, None, (), wire)
    token = payload["idToken"]
    if token is None:
        return Answer({}, None, (), wire)
    made: dict[str, Any] = {"idTokenInfo": token_info(token, context, limits)}
    if limits.transaction_limits and payload.get("eventType") != "Ended":
        limit = _transaction_limit(token, context)
        if limit:
            made["transactionLimit"] = limit
    return Answer(payload=made, transaction=wire)


def _transaction_limit(token: Any, context: Context) -> dict[str, Any]:
    """TransactionLimitType: what the profile lets a session of this token take (E16)."""
    tag = text(token.get("idToken")) if type(token) is dict else text(token)
    if not tag:
        return {}
    said = context.policy.tag(tag)
    if said.status != "Accepted":
        return {}
    return pruned({"maxEnergy": said.max_wh, "maxTime": said.max_seconds, "maxCost": said.max_cost})


def token_info(token: Any, context: Context, limits: Limits) -> dict[str, Any]:
    """IdTokenInfoType for a token as it was sent. NoAuthorization is Accepted (C02.FR.02), junk Invalid."""
    if type(token) is dict:
        tag, kind = text(token.get("idToken")), token.get("type")
    else:
        tag, kind = text(token), None
    if kind == "NoAuthorization":
        return {"status": "Accepted"}
    if not tag:
        return {"status": "Invalid"}
    said = context.policy.tag(tag)
    made: dict[str, Any] = {"status": said.status if said.status in _TOKEN_STATUSES else "Invalid"}
    if said.expires and when(said.expires) is not None:
        made["cacheExpiryDateTime"] = said.expires
    if said.parent and len(said.parent) <= limits.token:
        made["groupIdToken"] = {"idToken": said.parent, "type": "Central"}
    return made


def data_transfer(_payload: dict[str, Any], _context: Context, _limits: Limits, _clock: Clock) -> Answer:
    """No vendor's extension is known here (use case P02)."""
    return Answer(payload={"status": "UnknownVendorId"})


def ev_certificate(_payload: dict[str, Any], _context: Context, _limits: Limits, _clock: Clock) -> Answer:
    """No contract certificates are handed out."""
    return Answer(payload={"status": "Failed", "exiResponse": "", "statusInfo": dict(_DECLINED)})


def certificate_status(_payload: dict[str, Any], _context: Context, _limits: Limits, _clock: Clock) -> Answer:
    """No OCSP responder is asked."""
    return Answer(payload={"status": "Failed", "statusInfo": dict(_DECLINED)})


def sign_certificate(payload: dict[str, Any], context: Context, _limits: Limits, _clock: Clock) -> Answer:
    """Whether a certificate will follow: for the station's own link to us, not for its V2G side (A02.FR.03)."""
    kind = payload.get("certificateType")
    if kind not in (None, "ChargingStationCertificate"):
        return Answer(payload={"status": "Rejected", "statusInfo": dict(_DECLINED)})
    refused = refused_request(payload.get("csr"), context)
    if refused is None:
        return Answer(payload={"status": "Accepted"})
    said = {"reasonCode": "InvalidCSR", "additionalInfo": refused[:512]}
    return Answer(payload={"status": "Rejected", "statusInfo": said})


def accepted(_payload: dict[str, Any], _context: Context, _limits: Limits, _clock: Clock) -> Answer:
    """Taken notice of."""
    return Answer(payload={"status": "Accepted"})


def ev_charging_needs(_payload: dict[str, Any], _context: Context, limits: Limits, _clock: Clock) -> Answer:
    """The needs are noted. No schedule follows by itself, and 2.1 has a word for that."""
    return Answer(payload={"status": limits.ev_needs})


# OCPP 2.1 only.


def chain_status(payload: dict[str, Any], context: Context, _limits: Limits, _clock: Clock) -> Answer:
    """Every asked certificate with status Failed, not to be kept beyond now: no OCSP or CRL source is asked."""
    asked = [obj(one) for one in items(payload.get("certificateStatusRequests"))][:4] or [{}]
    return Answer(
        payload={
            "certificateStatus": [
                {
                    "certificateHashData": _hash_data(obj(one.get("certificateHashData"))),
                    "source": one["source"] if one.get("source") in ("CRL", "OCSP") else "OCSP",
                    "status": "Failed",
                    "nextUpdate": stamp(context.now),
                }
                for one in asked
            ]
        }
    )


def _hash_data(asked: dict[str, Any]) -> dict[str, str]:
    algorithm = asked.get("hashAlgorithm")
    return {
        "hashAlgorithm": algorithm if algorithm in ("SHA256", "SHA384", "SHA512") else "SHA256",
        "issuerNameHash": (text(asked.get("issuerNameHash")) or "")[:128],
        "issuerKeyHash": (text(asked.get("issuerKeyHash")) or "")[:128],
        "serialNumber": (text(asked.get("serialNumber")) or "")[:40],
    }


def schedule_pull(_payload: dict[str, Any], _context: Context, _limits: Limits, _clock: Clock) -> Answer:
    """No dynamic charging profile comes from here, so there is nothing newer."""
    return Answer(payload={"status": "Rejected", "statusInfo": {"reasonCode": "NotFound"}})


def vat_number(payload: dict[str, Any], _context: Context, _limits: Limits, _clock: Clock) -> Answer:
    """No VAT register is asked; the number and the EVSE are sent back as the schema demands."""
    made: dict[str, Any] = {"status": "Rejected", "vatNumber": (text(payload.get("vatNumber")) or "")[:20]}
    evse = integer(payload.get("evseId"))
    if evse is not None and evse >= 0:
        made["evseId"] = evse
    made["statusInfo"] = dict(_DECLINED)
    return Answer(payload=made)


ANSWERS: Final[dict[str, Answering]] = {
    "Authorize": authorize,
    "BootNotification": boot_notification,
    "ClearedChargingLimit": empty,
    "DataTransfer": data_transfer,
    "FirmwareStatusNotification": empty,
    "Get15118EVCertificate": ev_certificate,
    "GetCertificateStatus": certificate_status,
    "Heartbeat": heartbeat,
    "LogStatusNotification": empty,
    "MeterValues": empty,
    "NotifyChargingLimit": empty,
    "NotifyCustomerInformation": empty,
    "NotifyDisplayMessages": empty,
    "NotifyEVChargingNeeds": ev_charging_needs,
    "NotifyEVChargingSchedule": accepted,
    "NotifyEvent": empty,
    "NotifyMonitoringReport": empty,
    "NotifyReport": empty,
    "PublishFirmwareStatusNotification": empty,
    "ReportChargingProfiles": empty,
    "ReservationStatusUpdate": empty,
    "SecurityEventNotification": empty,
    "SignCertificate": sign_certificate,
    "StatusNotification": empty,
    "TransactionEvent": transaction_event,
}

ANSWERS_21: Final[dict[str, Answering]] = {
    **ANSWERS,
    "BatterySwap": empty,
    "ClosePeriodicEventStream": empty,
    "GetCertificateChainStatus": chain_status,
    "NotifyDERAlarm": empty,
    "NotifyDERStartStop": empty,
    "NotifyPriorityCharging": empty,
    "NotifySettlement": empty,
    "OpenPeriodicEventStream": accepted,
    "PullDynamicScheduleUpdate": schedule_pull,
    "ReportDERControl": empty,
    "VatNumberValidation": vat_number,
}
