"""What a 2.1 station hears that a 2.0.1 station does not, and what is read from it."""

from __future__ import annotations

from typing import Any

import pytest

from console.engine.dialects.base import Answer, Context, Policy
from console.engine.dialects.v21 import V21
from console.engine.fleet.events import Event, Noticed, Reported
from console.engine.fleet.fleet import Fleet
from console.engine.fleet.model import Station
from console.engine.wire.exchange import Exchange
from console.engine.wire.frame import CALL, SEND, Frame
from console.engine.wire.schema import violations

NOW = 1_768_477_406_123_000_000
STREAM = {
    "id": 3,
    "pending": 0,
    "basetime": "2026-01-15T11:43:26Z",
    "data": [{"t": 0, "v": "229.8"}, {"t": 1.5, "v": "230.1"}],
}


def say(action: str, payload: Any, *, strict: bool = False, kind: int = CALL) -> Answer:
    here = Context(
        now=NOW,
        fleet=Fleet(),
        station=Station(key="cp-1", id="CP-1", registration="Accepted"),
        policy=Policy(strict=strict),
        next_transaction=lambda: 1,
    )
    return V21().answer(Frame(kind, "1", action, payload), violations("2.1", action, payload), here)


def read(action: str, request: Any, outcome: Any = "result") -> tuple[Event, ...]:
    return V21().read(
        Exchange(
            time=NOW,
            station="CP-1",
            version="2.1",
            direction="in",
            action=action,
            unique_id="1",
            request=request,
            response={},
            outcome=outcome,
        )
    )


def test_every_certificate_that_was_asked_for_is_answered_and_none_is_vouched_for() -> None:
    hashed = {"hashAlgorithm": "SHA384", "issuerNameHash": "a", "issuerKeyHash": "b", "serialNumber": "1"}
    asked = {
        "certificateStatusRequests": [
            {"certificateHashData": hashed, "source": "CRL", "urls": ["http://crl.example/"]},
            {"certificateHashData": {**hashed, "serialNumber": "2"}, "source": "OCSP", "urls": ["http://o.example/"]},
        ]
    }
    said = say("GetCertificateChainStatus", asked).payload
    assert said is not None
    assert [one["certificateHashData"]["serialNumber"] for one in said["certificateStatus"]] == ["1", "2"]
    assert [one["source"] for one in said["certificateStatus"]] == ["CRL", "OCSP"]
    assert {one["status"] for one in said["certificateStatus"]} == {"Failed"}


def test_a_vat_number_comes_back_unconfirmed_with_its_evse() -> None:
    said = say("VatNumberValidation", {"vatNumber": "DE123456789", "evseId": 2}).payload
    assert said == {
        "status": "Rejected",
        "vatNumber": "DE123456789",
        "evseId": 2,
        "statusInfo": {"reasonCode": "UnsupportedRequest"},
    }


def test_a_dynamic_schedule_is_not_invented_and_a_stream_is_welcome() -> None:
    pulled = say("PullDynamicScheduleUpdate", {"chargingProfileId": 4}).payload
    assert pulled == {"status": "Rejected", "statusInfo": {"reasonCode": "NotFound"}}
    stream = {"constantStreamData": {"id": 3, "params": {"interval": 5}, "variableMonitoringId": 9}}
    assert say("OpenPeriodicEventStream", stream).payload == {"status": "Accepted"}
    assert say("ClosePeriodicEventStream", {"id": 3}).payload == {}


def test_a_send_gets_no_answer_whatever_it_is() -> None:
    for action in ("NotifyPeriodicEventStream", "Heartbeat", "FooBar"):
        said = say(action, STREAM, kind=SEND)
        assert said == Answer()


def test_a_send_that_no_version_knows_means_nothing() -> None:
    assert read("Heartbeat", {}, "send") == ()
    assert read("StatusNotification", {"connectorStatus": "Faulted", "evseId": 1, "connectorId": 1}, "send") == ()


def test_a_stream_that_comes_as_a_call_is_answered_in_tolerant_conduct_only() -> None:
    said = say("NotifyPeriodicEventStream", STREAM)
    assert said.payload == {}
    assert "NotSupported" in said.tolerances[0]
    strict = say("NotifyPeriodicEventStream", STREAM, strict=True)
    assert strict.refusal is not None
    assert strict.refusal.code == "NotSupported"


def test_a_der_alarm_is_raised_and_ended_under_one_cause() -> None:
    alarm = {"controlType": "HVMustTrip", "gridEventFault": "OverVoltage", "timestamp": "2026-01-15T11:43:26Z"}
    (raised,) = read("NotifyDERAlarm", alarm)
    (ended,) = read("NotifyDERAlarm", {**alarm, "alarmEnded": True})
    assert isinstance(raised, Noticed)
    assert isinstance(ended, Noticed)
    assert (raised.text, raised.severity, raised.cleared) == ("DER control HVMustTrip: OverVoltage", 4, False)
    assert (ended.cause, ended.cleared) == (raised.cause, True)


@pytest.mark.parametrize(
    ("action", "request_", "text", "severity"),
    [
        ("NotifyDERStartStop", {"controlId": "c1", "started": True}, "DER control c1 started", 8),
        (
            "NotifyPriorityCharging",
            {"transactionId": "t1", "activated": False},
            "priority charging off for transaction t1",
            8,
        ),
        ("NotifySettlement", {"pspRef": "p1", "status": "Failed"}, "settlement p1: Failed", 5),
        ("NotifySettlement", {"pspRef": "p1", "status": "Settled"}, "settlement p1: Settled", 8),
        ("BatterySwap", {"requestId": 5, "eventType": "BatteryOutTimeout"}, "battery swap 5: BatteryOutTimeout", 5),
        ("NotifyPeriodicEventStream", STREAM, "event stream 3: 2 values, last 230.1", 9),
    ],
)
def test_notices_of_2_1_are_told_in_words(action: str, request_: dict[str, Any], text: str, severity: int) -> None:
    (event,) = read(action, request_, "send" if action == "NotifyPeriodicEventStream" else "result")
    assert isinstance(event, Noticed)
    assert (event.text, event.severity) == (text, severity)


def test_a_severity_that_the_station_gives_is_kept() -> None:
    data = {
        "eventId": 1,
        "trigger": "Alerting",
        "actualValue": "91.5",
        "severity": 2,
        "component": {"name": "PowerConverter"},
        "variable": {"name": "Temperature"},
        "variableMonitoringId": 12,
    }
    notices = [one for one in read("NotifyEvent", {"eventData": [data]}) if isinstance(one, Noticed)]
    assert [(one.severity, one.cause) for one in notices] == [(2, "PowerConverter/Temperature monitor 12")]


def test_reports_of_der_controls_are_parts_of_a_report() -> None:
    assert read("ReportDERControl", {"requestId": 8, "tbc": True}) == (
        Reported(kind="DER controls", request=8, more=True),
    )
