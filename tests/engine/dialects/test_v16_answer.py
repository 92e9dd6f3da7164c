"""What the central system answers to an OCPP 1.6 station."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

import msgspec
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console.engine.dialects import BY_SUBPROTOCOL, VERSIONS, dialect
from console.engine.dialects.base import Answer, Context, Policy, TagInfo
from console.engine.dialects.v16 import V16
from console.engine.dialects.v16_codes import CALLABLE, SENDABLE
from console.engine.fleet.fleet import Fleet
from console.engine.fleet.fold import fold_exchange
from console.engine.fleet.model import Station
from console.engine.wire import frame, schema
from console.engine.wire.exchange import Exchange

NOW = 1_768_500_000_123_456_789  # 2026-01-15T18:00:00.123Z
START = {"connectorId": 1, "idTag": "TAG001", "meterStart": 100, "timestamp": "2026-01-15T17:59:00Z"}

# One valid call of every action that a station may send.
CALLS: dict[str, dict[str, Any]] = {
    "Authorize": {"idTag": "TAG001"},
    "BootNotification": {"chargePointVendor": "V", "chargePointModel": "M"},
    "DataTransfer": {"vendorId": "com.example", "messageId": "x", "data": "{}"},
    "DiagnosticsStatusNotification": {"status": "Uploading"},
    "FirmwareStatusNotification": {"status": "Downloaded"},
    "Heartbeat": {},
    "LogStatusNotification": {"status": "Uploaded", "requestId": 7},
    "MeterValues": {
        "connectorId": 1,
        "transactionId": 41,
        "meterValue": [{"timestamp": "2026-01-15T18:00:00Z", "sampledValue": [{"value": "1"}]}],
    },
    "SecurityEventNotification": {"type": "ResetOrReboot", "timestamp": "2026-01-15T18:00:00Z"},
    "SignCertificate": {"csr": "-----BEGIN CERTIFICATE REQUEST-----"},
    "SignedFirmwareStatusNotification": {"status": "Installing", "requestId": 7},
    "StartTransaction": START,
    "StatusNotification": {"connectorId": 1, "errorCode": "NoError", "status": "Available"},
    "StopTransaction": {"transactionId": 41, "meterStop": 200, "timestamp": "2026-01-15T18:00:00Z"},
}


def context(
    fleet: Fleet | None = None,
    *,
    now: int = NOW,
    registration: str = "Accepted",
    known: str | None = "Accepted",
    strict: bool = False,
    tag: Callable[[str], TagInfo] | None = None,
    triggered: frozenset[str] = frozenset(),
    next_transaction: Callable[[], int] | None = None,
    **policy: int,
) -> Context:
    words: dict[str, Any] = {**policy, "strict": strict, "registration": registration}
    if tag is not None:
        words["tag"] = tag
    station = None if known is None else Station(key="cp-001", id="CP-001", registration=known)
    return Context(
        now=now,
        fleet=fleet or Fleet(),
        station=station,
        policy=Policy(**words),
        next_transaction=next_transaction or count(41).__next__,
        triggered=triggered,
    )


def ask(action: str, payload: Any, about: Context | None = None, by: V16 | None = None) -> Answer:
    parsed = frame.parse(frame.call("17", action, payload))
    assert isinstance(parsed, frame.Frame)
    violations = schema.violations("1.6", action, parsed.payload)
    answer = (by or V16()).answer(parsed, violations, about or context())
    if answer.payload is not None:
        assert schema.violations("1.6", action, answer.payload, answer=True) == ()
    assert (answer.payload is None) != (answer.refusal is None)
    return answer


def result(action: str, payload: Any, about: Context | None = None) -> dict[str, Any]:
    answer = ask(action, payload, about)
    assert answer.payload is not None, answer.refusal
    return answer.payload


def refused(action: str, payload: Any, about: Context | None = None) -> str:
    answer = ask(action, payload, about)
    assert answer.refusal is not None
    return answer.refusal.code


# The table of versions.


def test_a_version_is_found_by_its_name_and_by_its_subprotocol() -> None:
    assert [BY_SUBPROTOCOL[name] for name in ("ocpp1.6", "ocpp2.0.1", "ocpp2.1")] == list(VERSIONS)
    assert dialect("1.6").subprotocol == "ocpp1.6"
    assert dialect("1.6") is dialect("1.6")
    with pytest.raises(KeyError):
        dialect("1.5")


def test_every_action_of_the_version_goes_one_way_or_both() -> None:
    assert schema.actions("1.6") == SENDABLE | CALLABLE
    assert {"DataTransfer"} == SENDABLE & CALLABLE
    assert CALLS.keys() == SENDABLE


# Every call has its answer.


@pytest.mark.parametrize("action", sorted(SENDABLE))
def test_every_action_is_answered_with_a_valid_payload_and_no_tolerance(action: str) -> None:
    answer = ask(action, CALLS[action])

    assert answer.payload is not None
    assert answer.tolerances == ()


def test_a_boot_is_answered_with_the_time_and_the_interval() -> None:
    assert result("BootNotification", CALLS["BootNotification"], context(heartbeat_interval=600)) == {
        "status": "Accepted",
        "currentTime": "2026-01-15T18:00:00.123Z",
        "interval": 600,
    }


@pytest.mark.parametrize(("asked", "told"), [(0, 10), (-5, 10), (9, 10), (300, 300), (100_000, 86_400)])
def test_the_interval_is_never_shorter_than_ten_seconds_nor_longer_than_a_day(asked: int, told: int) -> None:
    assert result("BootNotification", CALLS["BootNotification"], context(heartbeat_interval=asked))["interval"] == told


@pytest.mark.parametrize("registration", ["Pending", "Rejected"])
def test_a_station_that_is_not_accepted_is_told_when_to_boot_again(registration: str) -> None:
    said = result("BootNotification", CALLS["BootNotification"], context(registration=registration, known="none"))

    assert (said["status"], said["interval"]) == (registration, 30)


def test_the_time_does_not_run_backwards_when_our_clock_is_set_back_a_little() -> None:
    central = V16()

    def told(now: int) -> str:
        answer = ask("Heartbeat", {}, context(now=now), central)
        assert answer.payload is not None
        return str(answer.payload["currentTime"])

    assert told(NOW) == "2026-01-15T18:00:00.123Z"
    assert told(NOW - 2_000_000_000) == "2026-01-15T18:00:00.123Z"
    assert told(NOW + 1_000_000_000) == "2026-01-15T18:00:01.123Z"
    assert told(NOW - 3_600_000_000_000) == "2026-01-15T17:00:00.123Z"


@pytest.mark.parametrize("data", [{"vendorId": "EN+", "messageId": "gatewayInfo"}, {"vendorId": 7}, {}])
def test_the_data_of_an_unknown_vendor_is_declined_as_such(data: dict[str, Any]) -> None:
    assert result("DataTransfer", data) == {"status": "UnknownVendorId"}


# Id tags.


def test_an_id_tag_is_judged_by_the_policy_in_every_call_that_carries_one() -> None:
    about = context(
        tag=lambda tag: TagInfo("Blocked", "FLEET", "2027-01-01T00:00:00Z") if tag == "BAD" else TagInfo("Accepted")
    )
    blocked = {"status": "Blocked", "parentIdTag": "FLEET", "expiryDate": "2027-01-01T00:00:00Z"}

    assert result("Authorize", {"idTag": "BAD"}, about) == {"idTagInfo": blocked}
    assert result("StartTransaction", START | {"idTag": "BAD"}, about)["idTagInfo"] == blocked
    assert result("StopTransaction", CALLS["StopTransaction"] | {"idTag": "BAD"}, about) == {"idTagInfo": blocked}
    assert result("Authorize", {"idTag": "GOOD"}, about) == {"idTagInfo": {"status": "Accepted"}}
    assert result("StopTransaction", CALLS["StopTransaction"], about) == {}


def test_what_a_profile_says_of_a_tag_never_breaks_the_answer() -> None:
    about = context(tag=lambda _tag: TagInfo("NoCredit", "P" * 21, "some day"))

    assert result("Authorize", {"idTag": "X"}, about) == {"idTagInfo": {"status": "Invalid"}}


def test_a_tag_that_cannot_be_read_is_invalid_and_said_so() -> None:
    answer = ask("Authorize", {"idTag": {"nested": 1}})

    assert answer.payload == {"idTagInfo": {"status": "Invalid"}}
    assert any("no idTag" in note for note in answer.tolerances)


# Transactions.


def test_a_start_gets_a_transaction_id_even_when_its_tag_is_invalid() -> None:
    answer = ask("StartTransaction", START, context(tag=lambda _tag: TagInfo("Invalid")))

    assert answer.payload == {"transactionId": 41, "idTagInfo": {"status": "Invalid"}}
    assert answer.transaction == "41"


def test_a_retried_start_gets_the_same_id_and_another_start_another() -> None:
    fleet = Fleet()
    central = V16()
    about = context(fleet, next_transaction=count(41).__next__)
    first = ask("StartTransaction", START, about, central)
    exchange = Exchange(
        id=1,
        time=NOW,
        station="CP-001",
        version="1.6",
        direction="in",
        action="StartTransaction",
        unique_id="17",
        request=START,
        response=first.payload,
        outcome="result",
    )
    fold_exchange(fleet, exchange, central.read(exchange))

    again = ask("StartTransaction", START, about, central)
    other = ask("StartTransaction", START | {"meterStart": 101}, about, central)

    assert first.transaction == again.transaction == "41"
    assert again.payload == first.payload
    assert any("known already" in note for note in again.tolerances)
    assert other.transaction == "42"


@pytest.mark.parametrize("identity", [-1, 0, None])
def test_a_stop_without_a_usable_id_is_acknowledged_and_belongs_to_no_transaction(identity: int | None) -> None:
    answer = ask("StopTransaction", CALLS["StopTransaction"] | {"transactionId": identity})

    assert answer.payload == {}
    assert answer.transaction is None


@pytest.mark.parametrize(("sent", "kept"), [(41, "41"), ("41", "41"), (41.0, "41"), (2**63 - 1, str(2**63 - 1))])
def test_readings_and_stops_belong_to_the_transaction_they_name(sent: Any, kept: str) -> None:
    assert ask("MeterValues", CALLS["MeterValues"] | {"transactionId": sent}).transaction == kept
    assert ask("StopTransaction", CALLS["StopTransaction"] | {"transactionId": sent}).transaction == kept


def test_a_certificate_request_is_rejected_where_nobody_could_sign_it() -> None:
    assert result("SignCertificate", CALLS["SignCertificate"]) == {"status": "Rejected"}


# Tolerant and strict.

BROKEN = [
    ("Authorize", {"idTag": "TAG001", "connectorId": 1}, "FormationViolation"),
    ("Authorize", {}, "ProtocolError"),
    ("Authorize", {"idTag": "T" * 21}, "PropertyConstraintViolation"),
    ("Authorize", {"idTag": 4711}, "TypeConstraintViolation"),
    (
        "StatusNotification",
        {"connectorId": 0, "errorCode": "Error", "status": "Faulted"},
        "PropertyConstraintViolation",
    ),
    ("StopTransaction", CALLS["StopTransaction"] | {"transactionId": None}, "TypeConstraintViolation"),
    ("MeterValues", {"connectorId": 1, "meterValue": []}, "OccurenceConstraintViolation"),
    (
        "MeterValues",
        {"connectorId": 1, "meterValue": {"timestamp": "x", "sampledValue": []}},
        "TypeConstraintViolation",
    ),
    ("StartTransaction", {}, "ProtocolError"),
]


@pytest.mark.parametrize(("action", "payload", "code"), BROKEN)
def test_tolerant_answers_what_strict_refuses_and_names_the_difference(
    action: str, payload: dict[str, Any], code: str
) -> None:
    tolerant = ask(action, payload)

    assert tolerant.payload is not None
    assert tolerant.tolerances[0].startswith(f"a strict peer would answer {code}: $")
    assert refused(action, payload, context(strict=True)) == code


def test_further_violations_are_counted() -> None:
    assert "(and 3 more)" in ask("StartTransaction", {}).tolerances[0]


def test_a_null_payload_is_an_empty_one_for_a_tolerant_peer_only() -> None:
    answer = ask("Heartbeat", None)

    assert answer.payload == {"currentTime": "2026-01-15T18:00:00.123Z"}
    assert "a payload of null is read as {}" in answer.tolerances
    assert refused("Heartbeat", None, context(strict=True)) == "TypeConstraintViolation"


@pytest.mark.parametrize("payload", [[], "x", 7, True, [{}]])
@pytest.mark.parametrize("strict", [False, True])
def test_a_payload_that_is_no_object_is_refused(payload: Any, strict: bool) -> None:
    assert refused("Heartbeat", payload, context(strict=strict)) == "TypeConstraintViolation"


@pytest.mark.parametrize(
    ("stamp", "said"),
    [
        ("2026-01-15T15:28:07", "names no zone"),
        ("2026-01-15T15:28:07+02:00", None),
        ("2026-01-15T15:28:07.123Z", None),
        ("yesterday at noon", "no time that can be read"),
        ("1970-01-01T00:00:00Z", None),
    ],
)
def test_odd_times_are_taken_and_named(stamp: str, said: str | None) -> None:
    answer = ask("StartTransaction", START | {"timestamp": stamp})
    values = ask(
        "MeterValues", {"connectorId": 1, "meterValue": [{"timestamp": stamp, "sampledValue": [{"value": "1"}]}]}
    )

    assert answer.transaction == "41"
    for notes in (answer.tolerances, values.tolerances):
        assert [said in note for note in notes] == [True] if said else notes == ()


# Actions that are not for us.


@pytest.mark.parametrize("strict", [False, True])
def test_unknown_actions_and_our_own_are_told_apart(strict: bool) -> None:
    about = context(strict=strict)

    assert refused("FooBar", {}, about) == "NotImplemented"
    assert refused("../../x", {}, about) == "NotImplemented"
    assert refused("Reset", {"type": "Soft"}, about) == "NotSupported"
    assert refused("TransactionEvent", {}, about) == "NotImplemented"


# Registration.


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("state", ["Pending", "Rejected"])
@pytest.mark.parametrize("action", sorted(SENDABLE - {"BootNotification"}))
def test_nothing_but_a_boot_is_taken_before_the_station_is_accepted(action: str, state: str, strict: bool) -> None:
    assert refused(action, CALLS[action], context(registration=state, known=state, strict=strict)) == "SecurityError"
    assert refused(action, CALLS[action], context(registration=state, known="none", strict=strict)) == "SecurityError"
    assert refused(action, CALLS[action], context(registration=state, known=None, strict=strict)) == "SecurityError"


def test_a_message_that_was_asked_for_is_taken_while_pending_but_not_when_rejected() -> None:
    asked = frozenset(("StatusNotification",))
    status = CALLS["StatusNotification"]

    assert result("StatusNotification", status, context(registration="Pending", known="Pending", triggered=asked)) == {}
    assert (
        refused("Heartbeat", {}, context(registration="Pending", known="Pending", triggered=asked)) == "SecurityError"
    )
    rejected = context(registration="Rejected", known="Rejected", triggered=asked)
    assert refused("StatusNotification", status, rejected) == "SecurityError"


@pytest.mark.parametrize("known", ["Accepted", "none", None])
def test_a_station_that_may_come_in_needs_no_boot_before_its_other_messages(known: str | None) -> None:
    answer = ask("MeterValues", CALLS["MeterValues"], context(known=known))

    assert answer.payload == {}
    assert answer.tolerances == ()


def test_a_station_accepted_since_its_last_boot_loses_nothing_while_it_does_not_know() -> None:
    answer = ask("StartTransaction", START, context(registration="Accepted", known="Pending"))

    assert answer.transaction == "41"
    assert answer.tolerances[0].startswith("a strict peer would answer SecurityError")
    assert refused("StartTransaction", START, context(known="Pending", strict=True)) == "SecurityError"


# Refusals of what is no call.


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("empty", None),
        ("binary", None),
        ("type", None),
        ("syntax", "FormationViolation"),
        ("depth", "FormationViolation"),
        ("envelope", "ProtocolError"),
        ("id", "FormationViolation"),
        ("action", "NotImplemented"),
        ("unknown-action", "NotImplemented"),
        ("unsupported-action", "NotSupported"),
        ("not-accepted", "SecurityError"),
        ("internal", "InternalError"),
        ("minItems", "OccurenceConstraintViolation"),
        ("additionalProperties", "FormationViolation"),
    ],
)
def test_each_rule_has_the_error_code_of_this_version(rule: str, code: str | None) -> None:
    said = V16().refuse(rule, "why")

    assert (said.code if said else None) == code
    assert said is None or said.description == "why"


# Anything at all.

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=8,
)


@st.composite
def damaged(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """A call in which some fields, also deep ones, are gone, replaced by anything, or joined by strangers."""
    action = draw(st.sampled_from(sorted(SENDABLE)))
    payload: dict[str, Any] = orjson.loads(orjson.dumps(CALLS[action]))
    spots: list[dict[str, Any] | list[Any]] = [payload]
    for spot in spots:
        spots.extend(one for one in (spot.values() if isinstance(spot, dict) else spot) if isinstance(one, dict | list))
    for _ in range(draw(st.integers(0, 3))):
        spot = draw(st.sampled_from(spots))
        if isinstance(spot, dict):
            key = draw(st.sampled_from([*spot, "strange"]))
            if draw(st.booleans()):
                spot.pop(key, None)
            else:
                spot[key] = draw(JSON)
        elif spot:
            spot[draw(st.integers(0, len(spot) - 1))] = draw(JSON)
    return action, payload


@given(damaged())
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_a_station_sends_it_gets_a_valid_result_and_is_read_without_fuss(
    call: tuple[str, dict[str, Any]],
) -> None:
    action, payload = call
    central = V16()
    violations = schema.violations("1.6", action, payload)
    answer = central.answer(frame.Frame(frame.CALL, "1", action, payload), violations, context())

    assert answer.payload is not None
    assert schema.violations("1.6", action, answer.payload, answer=True) == ()
    assert bool(violations) <= bool(answer.tolerances)
    exchange = Exchange(
        id=1,
        time=NOW,
        station="CP-001",
        version="1.6",
        direction="in",
        action=action,
        unique_id="1",
        request=payload,
        response=answer.payload,
        outcome="result",
        violations=violations,
    )
    events = central.read(exchange)
    assert events == central.read(exchange)
    assert msgspec.json.encode(events, enc_hook=list)  # what no journal could hold is not in them
    fold_exchange(Fleet(), exchange, events)
