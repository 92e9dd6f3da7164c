"""What an OCPP 1.6 station's answer to an order means."""

from __future__ import annotations

from typing import Any

import pytest

from console.engine.dialects.v16 import V16
from console.engine.fleet.order import Order, Verdict
from console.engine.wire import schema
from console.engine.wire.exchange import Exchange, Outcome, Violation


def judge(action: str, response: Any, outcome: Outcome = "result", **more: Any) -> Verdict:
    exchange = Exchange(
        time=0,
        station="CP-001",
        version="1.6",
        direction="out",
        action=action,
        unique_id="1",
        request={},
        response=response,
        outcome=outcome,
        **more,
    )
    return V16().judge(Order(station="CP-001", name="raw"), exchange)


@pytest.mark.parametrize(
    ("action", "status", "accepted"),
    [
        ("Reset", "Accepted", True),
        ("Reset", "Rejected", False),
        ("UnlockConnector", "Unlocked", True),
        ("UnlockConnector", "UnlockFailed", False),
        ("UnlockConnector", "NotSupported", False),
        ("RemoteStartTransaction", "Accepted", True),
        ("RemoteStartTransaction", "Rejected", False),
        ("RemoteStopTransaction", "Rejected", False),
        ("ChangeConfiguration", "Accepted", True),
        ("ChangeConfiguration", "RebootRequired", True),
        ("ChangeConfiguration", "Rejected", False),
        ("ChangeConfiguration", "NotSupported", False),
        ("ChangeAvailability", "Accepted", True),
        ("ChangeAvailability", "Scheduled", True),
        ("ChangeAvailability", "Rejected", False),
        ("TriggerMessage", "NotImplemented", False),
        ("ExtendedTriggerMessage", "Accepted", True),
        ("GetLog", "AcceptedCanceled", True),
        ("SignedUpdateFirmware", "InvalidCertificate", False),
        ("ClearCache", "Accepted", True),
        ("DataTransfer", "UnknownVendorId", False),
        ("SetChargingProfile", "NotSupported", False),
        ("SendLocalList", "VersionMismatch", False),
        ("GetInstalledCertificateIds", "NotFound", True),
    ],
)
def test_each_status_is_a_yes_or_a_no_in_its_own_word(action: str, status: str, accepted: bool) -> None:
    assert schema.violations("1.6", action, {"status": status}, answer=True) == ()
    verdict = judge(action, {"status": status})

    assert (verdict.accepted, verdict.status) == (accepted, status)


@pytest.mark.parametrize(
    ("action", "status", "word"),
    [
        ("RemoteStartTransaction", "Rejected", "plugged in"),
        ("ChangeConfiguration", "RebootRequired", "reset"),
        ("ChangeAvailability", "Scheduled", "transaction has ended"),
        ("ChangeAvailability", "Rejected", "connector 0"),
        ("UnlockConnector", "UnlockFailed", "push it in"),
        ("TriggerMessage", "Rejected", "connector"),
        ("DataTransfer", "UnknownVendorId", "vendorId"),
    ],
)
def test_what_is_no_plain_yes_comes_with_something_to_try(action: str, status: str, word: str) -> None:
    assert word in (judge(action, {"status": status}).hint or "")


def test_answers_without_a_status_are_a_yes() -> None:
    assert judge("UpdateFirmware", {}) == Verdict(accepted=True, status="Accepted")
    assert judge("GetLocalListVersion", {"listVersion": 3}) == Verdict(accepted=True, status="Accepted")
    assert judge("GetDiagnostics", {"fileName": "log.tgz"}) == Verdict(accepted=True, status="Accepted")


def test_a_station_with_nothing_to_upload_is_understood() -> None:
    verdict = judge("GetDiagnostics", {})

    assert verdict.accepted
    assert "nothing to upload" in (verdict.hint or "")


def test_unknown_keys_are_named() -> None:
    known = {"configurationKey": [{"key": "A", "readonly": True}]}

    assert judge("GetConfiguration", known) == Verdict(accepted=True, status="Accepted")
    assert judge("GetConfiguration", known | {"unknownKey": ["X", "Y"]}).hint == "not known to the station: X, Y"
    assert "single keys" in (judge("GetConfiguration", {}).hint or "")


def test_an_error_is_told_with_its_words_and_what_it_means() -> None:
    verdict = judge("GetLog", None, "error", error_code="NotImplemented", error_description="no such thing")

    assert (verdict.accepted, verdict.status) == (False, "NotImplemented")
    assert verdict.hint == "no such thing: the station's firmware does not know this call"
    ended = judge("GetLog", None, "error", error_code="NotImplemented", error_description="No such thing.")
    assert ended.hint == "No such thing: the station's firmware does not know this call"


@pytest.mark.parametrize("code", ["OccurenceConstraintViolation", "OccurrenceConstraintViolation", "FormatViolation"])
def test_every_spelling_of_an_error_code_is_understood(code: str) -> None:
    assert judge("Reset", None, "error", error_code=code).hint


def test_an_unheard_of_error_code_is_told_as_it_is() -> None:
    assert judge("Reset", None, "error", error_code="Oops") == Verdict(accepted=False, status="Oops")


@pytest.mark.parametrize("outcome", ["timeout", "lost", "late", "none", "malformed"])
def test_no_answer_is_a_no(outcome: Outcome) -> None:
    assert not judge("Reset", None, outcome).accepted


def test_an_answer_that_breaks_the_schema_says_where() -> None:
    broken = (Violation("$.status", "required", "required, but missing", "response"),)
    verdict = judge("Reset", {}, violations=broken)

    assert verdict == Verdict(accepted=False, status="no status", hint="$.status required, but missing")
    assert not judge("Reset", [1]).accepted
