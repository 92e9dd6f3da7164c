"""How a 2.x central system conducts itself: error codes, registration, tokens, what it declines."""

from __future__ import annotations

from typing import Any

import pytest

from console.engine.dialects.base import Answer, Context, Policy, TagInfo
from console.engine.dialects.reading import stamp
from console.engine.dialects.v21 import V21
from console.engine.dialects.v201 import V201
from console.engine.fleet.fleet import Fleet
from console.engine.fleet.model import Station
from console.engine.wire import frame as wire
from console.engine.wire.exchange import Violation
from console.engine.wire.frame import CALL, Frame
from console.engine.wire.schema import violations

NOW = 1_768_477_406_123_456_789
BOOT = {"reason": "PowerUp", "chargingStation": {"model": "A022KP1", "vendorName": "FoxESS"}}
STATUS = {"timestamp": "2026-01-15T11:43:26Z", "connectorStatus": "Occupied", "evseId": 1, "connectorId": 1}
EVENT = {
    "eventType": "Started",
    "timestamp": "2026-01-15T11:43:26Z",
    "triggerReason": "Authorized",
    "seqNo": 0,
    "transactionInfo": {"transactionId": "tx-1"},
    "evse": {"id": 1, "connectorId": 1},
    "idToken": {"idToken": "04A1", "type": "ISO14443"},
}


def context(booted: str | None = "Accepted", *, triggered: frozenset[str] = frozenset(), **policy: Any) -> Context:
    station = None if booted is None else Station(key="cp-1", id="CP-1", registration=booted)
    return Context(
        now=NOW,
        fleet=Fleet(),
        station=station,
        policy=Policy(**policy),
        next_transaction=lambda: 1,
        triggered=triggered,
    )


def say(action: str, payload: Any, here: Context | None = None, *, version: V201 | None = None) -> Answer:
    one = version or V201()
    found = violations(one.version, action, payload)
    return one.answer(Frame(CALL, "1", action, payload), found, here or context())


def code(answer: Answer) -> str | None:
    return None if answer.refusal is None else answer.refusal.code


# Error codes


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("not JSON", "FormatViolation"),
        ('[2,"1","Heartbeat",{]', "FormatViolation"),
        ('[2,"1","Heartbeat",' + "[" * 40 + "]" * 40 + "]", "FormatViolation"),
        ("{}", "RpcFrameworkError"),
        ("[]", "RpcFrameworkError"),
        ('[2,"1"]', "RpcFrameworkError"),
        ('[2,"1","Heartbeat",{},{}]', "RpcFrameworkError"),
        ('[2,7,"Heartbeat",{}]', "RpcFrameworkError"),
        ('[2,"","Heartbeat",{}]', "RpcFrameworkError"),
        ('[2,"' + "x" * 37 + '","Heartbeat",{}]', "RpcFrameworkError"),
        ('[2,"1",["Heartbeat"],{}]', "NotImplemented"),
        ('[99,"1","Heartbeat",{}]', "MessageTypeNotSupported"),
        ('[6,"1","NotifyPeriodicEventStream",{}]', "MessageTypeNotSupported"),
        ("", None),
        (b"\x00", None),
    ],
)
def test_a_malformed_frame_is_refused_as_2_0_1_spells_it(raw: str | bytes, expected: str | None) -> None:
    one = V201()
    found = wire.parse(raw, one.types)
    assert isinstance(found, wire.Malformed)
    refused = one.refuse(found.rule, found.message)
    assert (refused.code if refused else None) == expected


def test_2_1_knows_the_two_message_types_that_2_0_1_does_not() -> None:
    assert not isinstance(wire.parse('[6,"1","NotifyPeriodicEventStream",{}]', V21().types), wire.Malformed)
    assert not isinstance(wire.parse('[5,"1","GenericError","",{}]', V21().types), wire.Malformed)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("unknown-action", "NotImplemented"),
        ("unsupported-action", "NotSupported"),
        ("not-accepted", "SecurityError"),
        ("internal", "InternalError"),
        ("weather", None),
    ],
)
def test_a_broken_rule_has_its_code(rule: str, expected: str | None) -> None:
    refused = V201().refuse(rule, "why")
    assert (refused.code if refused else None) == expected


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("FooBar", "NotImplemented"),
        ("StartTransaction", "NotImplemented"),
        ("BatterySwap", "NotImplemented"),
        ("../../x", "NotImplemented"),
        ("Reset", "NotSupported"),
        ("GetVariables", "NotSupported"),
    ],
)
def test_an_action_that_is_not_a_stations_is_refused(action: str, expected: str) -> None:
    assert code(V201().answer(Frame(CALL, "1", action, {}), (), context())) == expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"evseId": ...}, "OccurrenceConstraintViolation"),
        ({"evseId": "1"}, "TypeConstraintViolation"),
        ({"evseId": None}, "TypeConstraintViolation"),
        ({"connectorStatus": "Charging"}, "PropertyConstraintViolation"),
        ({"errorCode": "NoError"}, "FormatViolation"),
    ],
)
def test_a_strict_peer_answers_the_first_violation_and_a_tolerant_one_names_it(
    change: dict[str, Any], expected: str
) -> None:
    payload = {key: value for key, value in {**STATUS, **change}.items() if value is not ...}
    assert code(say("StatusNotification", payload, context(strict=True))) == expected
    tolerant = say("StatusNotification", payload)
    assert tolerant.payload == {}
    assert len(tolerant.tolerances) == 1
    assert tolerant.tolerances[0].startswith(f"a strict peer would answer {expected} ($")


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("minItems", "OccurrenceConstraintViolation"),
        ("maxItems", "OccurrenceConstraintViolation"),
        ("maxLength", "PropertyConstraintViolation"),
        ("minimum", "PropertyConstraintViolation"),
        ("maximum", "PropertyConstraintViolation"),
    ],
)
def test_cardinality_and_value_limits_have_their_codes(rule: str, expected: str) -> None:
    found = (Violation("$.x", rule, "broken"), Violation("$.y", rule, "broken too"))
    frame = Frame(CALL, "1", "Heartbeat", {})
    assert code(V201().answer(frame, found, context(strict=True))) == expected
    assert V201().answer(frame, found, context()).tolerances == (
        f"a strict peer would answer {expected} ($.x: broken, and 1 more)",
    )


# Registration


def test_a_boot_is_answered_with_the_registration_of_the_profile() -> None:
    said = say("BootNotification", BOOT, context(None))
    assert said.payload == {"currentTime": "2026-01-15T11:43:26.123Z", "interval": 300, "status": "Accepted"}
    waiting = say("BootNotification", BOOT, context("Rejected", registration="Pending", pending_interval=0))
    assert waiting.payload is not None
    assert (waiting.payload["status"], waiting.payload["interval"]) == ("Pending", 10)


@pytest.mark.parametrize(("wanted", "told"), [(0, 10), (-5, 10), (300, 300), (10**9, 86_400)])
def test_the_interval_is_never_nought_and_at_most_a_day(wanted: int, told: int) -> None:
    said = say("BootNotification", BOOT, context(heartbeat_interval=wanted))
    assert said.payload is not None
    assert said.payload["interval"] == told


@pytest.mark.parametrize("state", ["Pending", "Rejected"])
@pytest.mark.parametrize("strict", [False, True])
def test_a_station_that_is_not_accepted_gets_a_security_error(state: str, strict: bool) -> None:
    here = context(state, registration=state, strict=strict)
    for action, payload in (("StatusNotification", STATUS), ("TransactionEvent", EVENT), ("Heartbeat", {})):
        assert code(say(action, payload, here)) == "SecurityError"
    assert code(say("BootNotification", BOOT, here)) is None


def test_a_station_that_never_booted_is_what_its_boot_would_be_told() -> None:
    for registration in (None, "none"):
        assert say("StatusNotification", STATUS, context(registration)).payload == {}
        assert code(say("StatusNotification", STATUS, context(registration, registration="Pending"))) == "SecurityError"


def test_what_was_asked_for_is_taken_while_pending_but_not_when_rejected() -> None:
    asked = frozenset(("StatusNotification",))
    pending = context("Pending", registration="Pending", triggered=asked)
    assert say("StatusNotification", STATUS, pending).payload == {}
    assert code(say("TransactionEvent", EVENT, pending)) == "SecurityError"
    report = {"requestId": 1, "generatedAt": "2026-01-15T11:43:26Z", "seqNo": 0}
    assert say("NotifyReport", report, pending).payload == {}
    rejected = context("Rejected", registration="Rejected", triggered=asked)
    assert code(say("StatusNotification", STATUS, rejected)) == "SecurityError"
    assert code(say("NotifyReport", report, rejected)) == "SecurityError"


def test_a_station_accepted_since_its_boot_is_heard_and_a_strict_peer_still_waits_for_the_boot() -> None:
    heard = say("StatusNotification", STATUS, context("Pending"))
    assert heard.payload == {}
    assert heard.tolerances[0].startswith("a strict peer would answer SecurityError")
    assert code(say("StatusNotification", STATUS, context("Pending", strict=True))) == "SecurityError"


def test_the_time_that_stations_are_told_does_not_run_backwards_by_a_little() -> None:
    one = V201()

    def told(now: int) -> str:
        here = Context(now=now, fleet=Fleet(), station=None, policy=Policy(), next_transaction=lambda: 1)
        said = one.answer(Frame(CALL, "1", "Heartbeat", {}), (), here).payload
        assert said is not None
        return str(said["currentTime"])

    assert told(NOW) == "2026-01-15T11:43:26.123Z"
    assert told(NOW - 5_000_000_000) == "2026-01-15T11:43:26.123Z"
    assert told(NOW - 3_600_000_000_000) == stamp(NOW - 3_600_000_000_000)


# Tokens and transactions


@pytest.mark.parametrize("status", ["Accepted", "Blocked", "Expired", "Invalid", "ConcurrentTx"])
def test_the_profiles_word_on_a_token_is_told_wherever_a_token_came(status: str) -> None:
    here = context(tag=lambda tag: TagInfo(status if tag == "04A1" else "Invalid"))
    assert say("TransactionEvent", EVENT, here).payload == {"idTokenInfo": {"status": status}}
    asked = say("Authorize", {"idToken": EVENT["idToken"]}, here)
    assert asked.payload == {"idTokenInfo": {"status": status}}


def test_a_group_and_an_expiry_go_with_the_token() -> None:
    here = context(tag=lambda _tag: TagInfo("Accepted", parent="FLEET", expires="2026-02-01T00:00:00Z"))
    assert say("TransactionEvent", EVENT, here).payload == {
        "idTokenInfo": {
            "status": "Accepted",
            "cacheExpiryDateTime": "2026-02-01T00:00:00Z",
            "groupIdToken": {"idToken": "FLEET", "type": "Central"},
        }
    }


def test_a_group_too_long_or_an_expiry_that_is_no_time_is_left_out() -> None:
    here = context(tag=lambda _tag: TagInfo("Gold", parent="G" * 37, expires="soon"))
    assert say("TransactionEvent", EVENT, here).payload == {"idTokenInfo": {"status": "Invalid"}}
    wide = say("TransactionEvent", EVENT, here, version=V21()).payload
    assert wide is not None
    assert wide["idTokenInfo"]["groupIdToken"]["idToken"] == "G" * 37


def test_no_authorization_is_accepted_without_asking() -> None:
    def refuse(_tag: str) -> TagInfo:
        raise AssertionError("not asked")

    token = {"idToken": "", "type": "NoAuthorization"}
    said = say("TransactionEvent", {**EVENT, "idToken": token}, context(tag=refuse))
    assert said.payload == {"idTokenInfo": {"status": "Accepted"}}


def test_a_token_that_cannot_be_read_is_invalid_and_a_bare_text_is_read() -> None:
    assert say("Authorize", {}).payload == {"idTokenInfo": {"status": "Invalid"}}
    assert say("Authorize", {"idToken": {"type": "Central"}}).payload == {"idTokenInfo": {"status": "Invalid"}}
    assert say("Authorize", {"idToken": "04A1"}).payload == {"idTokenInfo": {"status": "Accepted"}}


def test_a_contract_certificate_that_nobody_checked_says_so() -> None:
    asked = {"idToken": {"idToken": "DEABC", "type": "eMAID"}, "certificate": "-----BEGIN CERTIFICATE-----"}
    yes = say("Authorize", asked)
    assert yes.payload == {"idTokenInfo": {"status": "Accepted"}, "certificateStatus": "Accepted"}
    assert "not checked" in yes.tolerances[0]
    no = say("Authorize", asked, context(tag=lambda _tag: TagInfo("Blocked")))
    assert no.payload == {"idTokenInfo": {"status": "Blocked"}}


def test_a_transaction_event_belongs_to_its_transaction_and_answers_the_same_every_time() -> None:
    one = V201()
    frame = Frame(CALL, "1", "TransactionEvent", EVENT)
    first = one.answer(frame, (), context())
    assert first.transaction == "tx-1"
    assert one.answer(frame, (), context()) == first
    bare = {key: value for key, value in EVENT.items() if key != "idToken"}
    assert say("TransactionEvent", bare) == Answer(payload={}, transaction="tx-1")
    assert {"TransactionEvent", "MeterValues"} <= one.replayed


def test_an_event_that_breaks_every_rule_is_still_acknowledged() -> None:
    said = say("TransactionEvent", {"transactionInfo": {"transactionId": 2**62}, "seqNo": "x", "meterValue": [None]})
    assert said.payload == {}
    assert said.transaction == str(2**62)
    assert len(said.tolerances) == len(set(said.tolerances)) >= 2


# What is declined


def test_what_is_not_offered_is_declined_in_the_words_of_the_action() -> None:
    declined = {"statusInfo": {"reasonCode": "UnsupportedRequest"}}
    assert say("DataTransfer", {"vendorId": "com.example"}).payload == {"status": "UnknownVendorId"}
    v2g = {"csr": "-----BEGIN CERTIFICATE REQUEST-----", "certificateType": "V2GCertificate"}
    assert say("SignCertificate", v2g).payload == {"status": "Rejected", **declined}
    assert say("GetCertificateStatus", {}).payload == {"status": "Failed", **declined}
    assert say("Get15118EVCertificate", {}).payload == {"status": "Failed", "exiResponse": "", **declined}


def test_charging_needs_are_noted_and_2_1_says_that_no_profile_follows() -> None:
    assert say("NotifyEVChargingNeeds", {}).payload == {"status": "Accepted"}
    assert say("NotifyEVChargingNeeds", {}, version=V21()).payload == {"status": "NoChargingProfile"}
    assert say("NotifyEVChargingSchedule", {}).payload == {"status": "Accepted"}
