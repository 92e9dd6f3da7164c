"""What the exchanges of a 2.0.1 station mean: events, in the words that every version shares."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from console.engine.dialects.v201 import V201
from console.engine.fleet.events import (
    Authorized,
    Booted,
    Event,
    FirmwareStage,
    HeartbeatSeen,
    LogStage,
    MeterSample,
    Noticed,
    OrderSaid,
    ProfileLimit,
    Reported,
    Sampled,
    SecurityEventSeen,
    StatusChanged,
    TransactionSeen,
    VariableSeen,
)
from console.engine.wire.exchange import Exchange

NOW = 1_768_477_406_000_000_000
AT = "2026-01-15T11:43:26Z"
ENERGY = "Energy.Active.Import.Register"


def exchange(action: str, request: Any = None, response: Any = None, **fields: Any) -> Exchange:
    facts = {"direction": "in", "outcome": "result", **fields}
    return Exchange(
        time=NOW,
        station="CP-1",
        version="2.0.1",
        action=action,
        unique_id="1",
        request=request,
        response=response,
        **facts,
    )


def samples(*expected: MeterSample) -> Any:
    """What is expected of a moment's samples, which compare with a tuple of them read."""
    return expected


def read(action: str, request: Any = None, response: Any = None, **fields: Any) -> tuple[Event, ...]:
    return V201().read(exchange(action, request, response, **fields))


def transaction(**changes: Any) -> TransactionSeen:
    request = {
        "eventType": "Updated",
        "timestamp": AT,
        "triggerReason": "MeterValuePeriodic",
        "seqNo": 17,
        "transactionInfo": {"transactionId": "tx-1", "chargingState": "Charging"},
        "evse": {"id": 2, "connectorId": 1},
        **changes,
    }
    (event,) = read("TransactionEvent", request, {})
    assert isinstance(event, TransactionSeen)
    return event


def value(number: Any, measurand: str | None = None, **more: Any) -> dict[str, Any]:
    named = {} if measurand is None else {"measurand": measurand}
    return {"value": number, **named, **more}


def test_a_real_station_is_read_with_its_fields_in_any_order() -> None:
    # FoxESS A022KP1, lbbrhzn/ocpp#1858
    boot = orjson.loads('{"reason":"PowerUp","chargingStation":{"model":"A022KP1","vendorName":"FoxESS"}}')
    status = orjson.loads(
        '{"timestamp":"2026-01-15T11:43:26Z","connectorStatus":"Occupied","evseId":1,"connectorId":1}'
    )
    answer = {"currentTime": AT, "interval": 300, "status": "Accepted"}
    assert read("BootNotification", boot, answer) == (
        Booted(vendor="FoxESS", model="A022KP1", reason="PowerUp", status="Accepted", interval=300),
    )
    assert read("StatusNotification", status) == (StatusChanged(evse=1, connector=1, status="Occupied", at=NOW),)


def test_a_boot_tells_everything_it_has() -> None:
    station = {
        "model": "M",
        "vendorName": "V",
        "serialNumber": "S",
        "firmwareVersion": "1.2",
        "modem": {"iccid": "89", "imsi": "26"},
    }
    (event,) = read("BootNotification", {"reason": "Watchdog", "chargingStation": station}, {"status": "Pending"})
    assert event == Booted(
        vendor="V", model="M", serial="S", firmware="1.2", iccid="89", imsi="26", reason="Watchdog", status="Pending"
    )


def test_a_call_that_was_refused_has_told_nothing() -> None:
    status = {"timestamp": AT, "connectorStatus": "Occupied", "evseId": 1, "connectorId": 1}
    assert read("StatusNotification", status, outcome="error", error_code="SecurityError") == ()
    assert read("StatusNotification", status, outcome="malformed") == ()
    assert read("Heartbeat", {}) == (HeartbeatSeen(),)
    assert read("FooBar", {}) == ()


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ({"evseId": 0, "connectorId": 0}, (0, 0)),
        ({"evseId": 2, "connectorId": 3}, (2, 3)),
        ({"evseId": "2", "connectorId": "3"}, (2, 3)),
        ({"evseId": 2}, (2, 1)),
        ({"evseId": 0}, (0, 0)),
        ({"connectorId": 2}, (2, 1)),
        ({"connectorId": 0}, (0, 0)),
    ],
)
def test_a_status_is_filed_where_the_station_says(place: dict[str, Any], expected: tuple[int, int]) -> None:
    (event,) = read("StatusNotification", {"timestamp": AT, "connectorStatus": "Faulted", **place})
    assert isinstance(event, StatusChanged)
    assert (event.evse, event.connector) == expected
    assert (event.status, event.error_code) == ("Faulted", None)


def test_a_status_from_nowhere_is_no_event() -> None:
    assert read("StatusNotification", {"timestamp": AT, "connectorStatus": "Available"}) == ()


# Transactions


def test_an_update_holds_all_that_the_station_said() -> None:
    event = transaction(
        offline=True,
        reservationId=5,
        transactionInfo={"transactionId": "tx-1", "chargingState": "SuspendedEV", "remoteStartId": 41},
        idToken={"idToken": "04A1", "type": "ISO14443"},
        meterValue=[
            {
                "timestamp": "2026-01-15T11:43:20Z",
                "sampledValue": [value(4211.5), value(11.02, "Power.Active.Import", unitOfMeasure={"unit": "kW"})],
            }
        ],
    )
    reading = Sampled(
        evse=2,
        connector=1,
        transaction="tx-1",
        at=NOW - 6_000_000_000,
        samples=samples(
            MeterSample(ENERGY, 4211.5, "4211.5", "Wh"),
            MeterSample("Power.Active.Import", 11.02, "11.02", "kW"),
        ),
    )
    assert event == TransactionSeen(
        phase="updated",
        transaction="tx-1",
        evse=2,
        connector=1,
        id_tag="04A1",
        at=NOW,
        meter_wh=4211.5,
        trigger="MeterValuePeriodic",
        charging_state="SuspendedEV",
        sequence=17,
        remote_start=41,
        reservation=5,
        offline=True,
        readings=(reading,),
    )


@pytest.mark.parametrize(("said", "phase"), [("Started", "started"), ("Updated", "updated"), ("Ended", "ended")])
def test_the_event_type_is_the_phase(said: str, phase: str) -> None:
    assert transaction(eventType=said).phase == phase
    assert transaction(eventType=said).suspect == ()


def test_an_end_without_a_reason_was_local_and_an_update_has_none() -> None:
    info = {"transactionId": "tx-1", "stoppedReason": "EVDisconnected"}
    assert transaction(eventType="Ended", transactionInfo=info).reason == "EVDisconnected"
    assert transaction(eventType="Ended").reason == "Local"
    assert transaction().reason is None


def test_what_cannot_be_read_is_suspect_and_not_lost() -> None:
    event = transaction(eventType="Paused", timestamp="yesterday", seqNo="many", transactionInfo={})
    assert event.phase == "updated"
    assert event.suspect == (
        "the event type is none of Started, Updated, Ended",
        "no transaction id",
        "the time cannot be read",
        "no sequence number",
    )


def test_an_event_without_an_evse_leaves_the_place_open() -> None:
    event = transaction(evse=None, meterValue=[{"timestamp": AT, "sampledValue": [value(5)]}])
    assert (event.evse, event.connector) == (None, None)
    assert event.readings[0].transaction == "tx-1"


@pytest.mark.parametrize(
    ("samples", "expected"),
    [
        ([value(4.2, ENERGY, unitOfMeasure={"unit": "kWh"})], 4200.0),
        ([value(42, ENERGY, unitOfMeasure={"unit": "Wh", "multiplier": 2})], 4200.0),
        ([value(4200, ENERGY, location="Inlet"), value(4000, ENERGY, location="Outlet")], 4000.0),
        ([value(4100, ENERGY), value(1, ENERGY, phase="L1"), value(2, ENERGY, phase="L2")], 4100.0),
        ([value("4200.5")], 4200.5),
        ([value("NaN"), value(None), 7, {}], None),
        ([value(7, "Power.Active.Import")], None),
    ],
)
def test_the_register_is_told_in_watt_hours(samples: list[Any], expected: float | None) -> None:
    assert transaction(meterValue=[{"timestamp": AT, "sampledValue": samples}]).meter_wh == expected


def test_an_end_that_carries_every_reading_again_ends_at_the_last_one() -> None:
    told = [
        {"timestamp": AT, "sampledValue": [value(100, ENERGY, context="Transaction.Begin")]},
        {"timestamp": AT, "sampledValue": [value(700, ENERGY, context="Transaction.End")]},
        {"timestamp": AT, "sampledValue": [value(400, ENERGY, context="Sample.Periodic")]},
    ]
    assert transaction(eventType="Ended", meterValue=told).meter_wh == 700
    assert transaction(eventType="Ended", meterValue=told[::2]).meter_wh == 400
    assert transaction(eventType="Ended", meterValue=told[:1]).meter_wh is None
    assert transaction(eventType="Started", meterValue=told).meter_wh == 100
    assert transaction(eventType="Started", meterValue=told[1:]).meter_wh == 700
    assert transaction(eventType="Updated", meterValue=told).meter_wh == 700


def test_a_meter_value_without_its_brackets_is_read_all_the_same() -> None:
    event = transaction(meterValue={"timestamp": AT, "sampledValue": value(5, unit="kWh")})
    assert event.readings[0].samples == (MeterSample(ENERGY, 5.0, "5", "kWh"),)


def test_a_key_code_is_never_told() -> None:
    token = {"idToken": "4711", "type": "KeyCode"}
    event = transaction(idToken=token)
    assert event.id_tag == "keyCode ••••"
    assert read("Authorize", {"idToken": token}, {"idTokenInfo": {"status": "Accepted"}}) == (
        Authorized(id_tag="keyCode ••••", status="Accepted"),
    )


def test_an_authorization_is_told_with_our_answer() -> None:
    asked = {"idToken": {"idToken": "04A1", "type": "ISO14443"}}
    assert read("Authorize", asked, {"idTokenInfo": {"status": "Blocked"}}) == (
        Authorized(id_tag="04A1", status="Blocked"),
    )
    assert read("Authorize", asked, None, outcome="none") == (Authorized(id_tag="04A1"),)


def test_meter_values_outside_a_transaction_are_readings_of_their_evse() -> None:
    told = {"evseId": 1, "meterValue": [{"timestamp": AT, "sampledValue": [value(230.1, "Voltage", phase="L1-N")]}]}
    assert read("MeterValues", told) == (
        Sampled(evse=1, connector=None, samples=samples(MeterSample("Voltage", 230.1, "230.1", "V", "L1-N")), at=NOW),
    )


# Stages, reports, limits


def test_stages_of_files_are_told_with_their_request() -> None:
    assert read("FirmwareStatusNotification", {"status": "Installed", "requestId": 9}) == (
        FirmwareStage(status="Installed", request=9),
    )
    assert read("PublishFirmwareStatusNotification", {"status": "Published"}) == (FirmwareStage(status="Published"),)
    assert read("LogStatusNotification", {"status": "Uploaded", "requestId": 9}) == (
        LogStage(status="Uploaded", request=9),
    )
    event = {"type": "TamperDetectionActivated", "timestamp": AT, "techInfo": "lid"}
    assert read("SecurityEventNotification", event) == (
        SecurityEventSeen(type="TamperDetectionActivated", at=NOW, info="lid"),
    )


def test_a_report_tells_variables_and_that_more_comes() -> None:
    entry = {
        "component": {"name": "Connector", "evse": {"id": 1, "connectorId": 2}},
        "variable": {"name": "Available", "instance": "a"},
        "variableAttribute": [
            {"type": "Actual", "value": "true", "mutability": "ReadOnly"},
            {"type": "Target", "mutability": "WriteOnly"},
        ],
        "variableCharacteristics": {
            "dataType": "boolean",
            "unit": "x",
            "valuesList": "a,b",
            "supportsMonitoring": True,
        },
    }
    actual, target, part = read(
        "NotifyReport", {"requestId": 5, "seqNo": 0, "tbc": True, "generatedAt": AT, "reportData": [entry, 7]}
    )
    assert actual == VariableSeen(
        component="Connector#2",
        variable="Available",
        value="true",
        evse=1,
        instance="a",
        mutability="ReadOnly",
        unit="x",
        data_type="boolean",
        values="a,b",
    )
    assert isinstance(target, VariableSeen)
    assert (target.attribute, target.value, target.mutability) == ("Target", None, "WriteOnly")
    assert part == Reported(kind="report", request=5, sequence=0, more=True)


@pytest.mark.parametrize(
    ("action", "kind"),
    [
        ("NotifyCustomerInformation", "customer information"),
        ("NotifyMonitoringReport", "monitoring report"),
        ("NotifyDisplayMessages", "display messages"),
        ("ReportChargingProfiles", "charging profiles"),
        ("NotifyReport", "report"),
    ],
)
def test_parts_of_reports_name_their_kind_and_request(action: str, kind: str) -> None:
    assert read(action, {"requestId": 5, "seqNo": 3}) == (Reported(kind=kind, request=5, sequence=3),)


def test_a_limit_from_outside_comes_and_goes() -> None:
    schedule = {"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6.0}]}
    limited = {"evseId": 1, "chargingLimit": {"chargingLimitSource": "EMS"}, "chargingSchedule": [schedule]}
    assert read("NotifyChargingLimit", limited) == (ProfileLimit(evse=1, limit=6.0, unit="A", source="EMS"),)
    assert read("ClearedChargingLimit", {"chargingLimitSource": "EMS"}) == (
        ProfileLimit(evse=0, limit=None, source="EMS"),
    )
    assert read("NotifyChargingLimit", {"chargingLimit": {"chargingLimitSource": "EMS"}}) == ()


# Events of the device model


def notify(**data: Any) -> tuple[Event, ...]:
    base = {"eventId": 1, "timestamp": AT, "trigger": "Delta", "eventNotificationType": "HardWiredNotification"}
    return read("NotifyEvent", {"generatedAt": AT, "seqNo": 0, "eventData": [{**base, **data}]})


def test_an_availability_state_is_a_status() -> None:
    connector = {"name": "Connector", "evse": {"id": 1, "connectorId": 1}}
    _seen, status = notify(component=connector, variable={"name": "AvailabilityState"}, actualValue="Occupied")
    assert status == StatusChanged(evse=1, connector=1, status="Occupied", at=NOW)
    _seen, faulted = notify(
        component=connector,
        variable={"name": "AvailabilityState"},
        actualValue="Faulted",
        techCode="E7",
        techInfo="relay welded",
    )
    assert faulted == StatusChanged(evse=1, connector=1, status="Faulted", error_code="E7", info="relay welded", at=NOW)
    _seen, station = notify(
        component={"name": "ChargingStation"}, variable={"name": "AvailabilityState"}, actualValue="Unavailable"
    )
    assert station == StatusChanged(evse=0, connector=0, status="Unavailable", at=NOW)


def test_a_problem_is_raised_and_cleared_under_one_cause() -> None:
    lock = {"name": "ConnectorPlugRetentionLock", "evse": {"id": 1, "connectorId": 1}}
    seen, raised = notify(component=lock, variable={"name": "Problem"}, actualValue="true", techInfo="stuck")
    _seen, gone = notify(component=lock, variable={"name": "Problem"}, actualValue="false")
    assert isinstance(raised, Noticed)
    assert isinstance(gone, Noticed)
    assert raised.text == "EVSE 1: ConnectorPlugRetentionLock#1 Problem = true (stuck)"
    assert (raised.severity, raised.cleared, raised.evse) == (4, False, 1)
    assert (gone.cause, gone.cleared) == (raised.cause, True)
    assert seen == VariableSeen(
        component="ConnectorPlugRetentionLock#1", variable="Problem", value="true", evse=1, instance=None
    )


def test_an_alert_wants_a_person_and_a_reading_at_its_time_does_not() -> None:
    hot = {"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "Temperature"}, "actualValue": "91"}

    def notice(**more: Any) -> Noticed:
        event = notify(**hot, **more)[-1]
        assert isinstance(event, Noticed)
        return event

    assert notice(trigger="Alerting", variableMonitoringId=3).severity == 5
    assert notice(trigger="Alerting", variableMonitoringId=3, cleared=True).cleared
    assert notice(trigger="Delta").severity == 8
    assert notice(trigger="Periodic", severity=0).severity == 6
    assert notice(trigger="Alerting", variableMonitoringId=3).cause != notice(variableMonitoringId=4).cause


# Our own calls


def test_variables_that_were_got_are_seen_and_those_that_were_refused_are_not() -> None:
    results = [
        {
            "attributeStatus": "Accepted",
            "attributeValue": "10",
            "component": {"name": "SampledDataCtrlr"},
            "variable": {"name": "TxUpdatedInterval"},
        },
        {"attributeStatus": "UnknownVariable", "component": {"name": "X"}, "variable": {"name": "Y"}},
    ]
    assert read("GetVariables", {}, {"getVariableResult": results}, direction="out") == (
        VariableSeen(component="SampledDataCtrlr", variable="TxUpdatedInterval", value="10"),
        OrderSaid(action="GetVariables"),
    )


def test_a_value_that_was_set_is_not_seen_before_it_is_read_back() -> None:
    # FoxESS A022KP1, lbbrhzn/ocpp#1858
    answer = orjson.loads(
        '{"setVariableResult":[{"attributeType":"Actual","attributeStatus":"Accepted",'
        '"component":{"name":"SampledDataCtrlr"},"variable":{"name":"TxUpdatedInterval"}}]}'
    )
    assert read("SetVariables", {}, answer, direction="out") == (OrderSaid(action="SetVariables"),)


def test_a_call_of_ours_says_its_status_and_an_unanswered_one_nothing() -> None:
    assert read("RequestStartTransaction", {}, {"status": "Accepted"}, direction="out") == (
        OrderSaid(action="RequestStartTransaction", status="Accepted"),
    )
    assert read("Reset", {}, None, direction="out", outcome="timeout") == ()
    assert read("Reset", {}, None, direction="out", outcome="error") == ()


def test_a_composite_schedule_tells_the_limit_in_force() -> None:
    schedule = {"evseId": 1, "chargingRateUnit": "W", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 7400}]}
    told = read("GetCompositeSchedule", {}, {"status": "Accepted", "schedule": schedule}, direction="out")
    assert told[0] == ProfileLimit(evse=1, limit=7400.0, unit="W", source="composite")
