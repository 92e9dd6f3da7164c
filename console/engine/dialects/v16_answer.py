"""OCPP 1.6: what the central system answers. Whatever can be understood is answered; what was let pass is named.

A transaction message is never refused for its content in tolerant conduct: the station would try a few times and then
throw the record away (1.6 sections 3.7.1, 4.8 and 4.10).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from console.engine.dialects.base import Answer, Context, Refusal, TagInfo, refused_request
from console.engine.dialects.reading import Clock, integer, items, number, pruned, text, when
from console.engine.dialects.v16_codes import CALLABLE, code_of, refused_for, tolerated
from console.engine.dialects.v16_fields import known_id, odd_time, place
from console.engine.wire.exchange import Violation
from console.engine.wire.frame import Frame

MIN_INTERVAL: Final = 10
MAX_INTERVAL: Final = 86_400
_REGISTRATIONS: Final = frozenset(("Accepted", "Pending", "Rejected"))
_TAG_STATUSES: Final = frozenset(("Accepted", "Blocked", "Expired", "Invalid", "ConcurrentTx"))
_MAX_TAG: Final = 20
_INT32: Final = 2**31 - 1

_Said = tuple[dict[str, Any], str | None, tuple[str, ...]]
_Handler = Callable[[dict[str, Any], Context, Clock], _Said]


def answer(frame: Frame, violations: tuple[Violation, ...], context: Context, clock: Clock) -> Answer:
    """The answer to a station's call: a payload that its schema allows, or a refusal."""
    action = frame.action
    handler = _HANDLERS.get(action) if action is not None else None
    if handler is None:
        return _no_such(action)
    policy = context.policy
    notes: tuple[str, ...] = ()
    station = context.station
    said = "none" if station is None else station.registration
    if said != "Accepted" and action != "BootNotification":
        barred = _barred(said, context, action)
        if barred is not None:
            if policy.strict or policy.registration != "Accepted":
                return Answer(refusal=Refusal(code="SecurityError", description=barred))
            # Accepted by the operator since: the next boot will tell it, and nothing is gained by losing what it says.
            notes = (f"a strict peer would answer SecurityError: {barred}",)
    if violations:
        if policy.strict:
            return Answer(refusal=refused_for(violations[0]))
        notes = (*notes, tolerated(violations))
    payload = frame.payload
    if type(payload) is not dict:
        if payload is not None:
            return Answer(refusal=Refusal(code="TypeConstraintViolation", description="the payload is no object"))
        payload = {}
        notes = (*notes, "a payload of null is read as {}")
    response, transaction, more = handler(payload, context, clock)
    return Answer(response, None, notes + more if more else notes, transaction)


def _no_such(action: str | None) -> Answer:
    rule = "unsupported-action" if action in CALLABLE else "unknown-action"
    what = "is not for a charge point to call" if action in CALLABLE else "is no action of OCPP 1.6"
    return Answer(refusal=Refusal(code=code_of(rule) or "NotImplemented", description=f"{(action or '')[:64]} {what}"))


def _barred(said: str, context: Context, action: str | None) -> str | None:
    """Why this call may not be made yet, or None. What the station was told last counts; a station that has not booted
    on our watch is what its boot would be told. A message that we have asked for is let through while Pending."""
    state = context.policy.registration if said == "none" else said
    if state == "Accepted" or (state == "Pending" and action in context.triggered):
        return None
    if state == "Pending":
        return "the charge point is not accepted yet; only BootNotification is taken"
    return "the charge point was rejected; only BootNotification is taken"


def _boot(_payload: dict[str, Any], context: Context, clock: Clock) -> _Said:
    policy = context.policy
    status = policy.registration if policy.registration in _REGISTRATIONS else "Rejected"
    interval = policy.heartbeat_interval if status == "Accepted" else policy.pending_interval
    interval = min(max(interval, MIN_INTERVAL), MAX_INTERVAL)
    return {"status": status, "currentTime": clock.stamp(context.now), "interval": interval}, None, ()


def _heartbeat(_payload: dict[str, Any], context: Context, clock: Clock) -> _Said:
    return {"currentTime": clock.stamp(context.now)}, None, ()


def _authorize(payload: dict[str, Any], context: Context, _clock: Clock) -> _Said:
    info, notes = _tag_info(payload, context)
    return {"idTagInfo": info}, None, notes


def _data_transfer(_payload: dict[str, Any], _context: Context, _clock: Clock) -> _Said:
    # No vendor's messages are known here. Rejected would say that they are known, but not liked.
    return {"status": "UnknownVendorId"}, None, ()


def _dated(payload: dict[str, Any], _context: Context, _clock: Clock) -> _Said:
    odd = odd_time(payload.get("timestamp"), "$.timestamp")
    return {}, None, () if odd is None else (odd,)


def _nothing(_payload: dict[str, Any], _context: Context, _clock: Clock) -> _Said:
    return {}, None, ()


def _sign_certificate(payload: dict[str, Any], context: Context, _clock: Clock) -> _Said:
    # Accepted promises a CertificateSigned: the engine sends it once this answer has left.
    refused = refused_request(payload.get("csr"), context)
    return {"status": "Accepted" if refused is None else "Rejected"}, None, ()


def _meter_values(payload: dict[str, Any], _context: Context, _clock: Clock) -> _Said:
    transaction = known_id(payload.get("transactionId"))
    return {}, transaction, _odd_times(payload.get("meterValue"), "$.meterValue")


def _start(payload: dict[str, Any], context: Context, _clock: Clock) -> _Said:
    info, notes = _tag_info(payload, context)
    odd = odd_time(payload.get("timestamp"), "$.timestamp")
    if odd is not None:
        notes = (*notes, odd)
    given = _retried(payload, context)
    if given is None:
        given = context.next_transaction()
    else:
        notes = (*notes, f"this start is known already: it gets its transaction id {given} again")
    return {"transactionId": given, "idTagInfo": info}, str(given), notes


def _retried(payload: dict[str, Any], context: Context) -> int | None:
    """The id that this very start was given before: a retry may come with a new message id (errata 3.1)."""
    if context.station is None:
        return None
    wire = context.fleet.same_start(
        context.station.id,
        place(payload.get("connectorId"))[0],
        text(payload.get("idTag")),
        when(payload.get("timestamp")),
        number(payload.get("meterStart")),
    )
    given = None if wire is None else integer(wire)
    return given if given is not None and 0 < given <= _INT32 else None


def _stop(payload: dict[str, Any], context: Context, _clock: Clock) -> _Said:
    notes: tuple[str, ...] = ()
    response: dict[str, Any] = {}
    if payload.get("idTag") is not None:
        response["idTagInfo"], notes = _tag_info(payload, context)
    odd = odd_time(payload.get("timestamp"), "$.timestamp")
    if odd is not None:
        notes = (*notes, odd)
    notes += _odd_times(payload.get("transactionData"), "$.transactionData")
    return response, known_id(payload.get("transactionId")), notes


def _odd_times(meter_values: Any, path: str) -> tuple[str, ...]:
    """The first odd timestamp of a meterValue list: the others are odd in the same way."""
    if meter_values is None:
        return ()
    for index, entry in enumerate(items(meter_values)):
        if type(entry) is dict:
            odd = odd_time(entry.get("timestamp"), f"{path}[{index}].timestamp")
            if odd is not None:
                return (odd,)
    return ()


def _tag_info(payload: dict[str, Any], context: Context) -> tuple[dict[str, Any], tuple[str, ...]]:
    """idTagInfo for the idTag of a payload, and a note where there was none to judge."""
    tag = text(payload.get("idTag"))
    if tag is None:
        return {"status": "Invalid"}, ("no idTag that can be read: it is judged Invalid",)
    judged: TagInfo = context.policy.tag(tag)
    parent = judged.parent
    info = {
        "status": judged.status if judged.status in _TAG_STATUSES else "Invalid",
        "parentIdTag": parent if parent is not None and len(parent) <= _MAX_TAG else None,
        "expiryDate": judged.expires if when(judged.expires) is not None else None,
    }
    return pruned(info), ()


_HANDLERS: Final[dict[str, _Handler]] = {
    "Authorize": _authorize,
    "BootNotification": _boot,
    "DataTransfer": _data_transfer,
    "DiagnosticsStatusNotification": _nothing,
    "FirmwareStatusNotification": _nothing,
    "Heartbeat": _heartbeat,
    "LogStatusNotification": _nothing,
    "MeterValues": _meter_values,
    "SecurityEventNotification": _dated,
    "SignCertificate": _sign_certificate,
    "SignedFirmwareStatusNotification": _nothing,
    "StartTransaction": _start,
    "StatusNotification": _dated,
    "StopTransaction": _stop,
}
