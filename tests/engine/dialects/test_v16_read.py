"""What an OCPP 1.6 exchange means."""

from __future__ import annotations

from typing import Any

import pytest

from console.engine.dialects.v16 import V16
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
    Sampled,
    SecurityEventSeen,
    StatusChanged,
    Told,
    TransactionSeen,
    VariableSeen,
)
from console.engine.wire.exchange import Direction, Exchange, Outcome

NOON = 1_768_478_400_000_000_000  # 2026-01-15T12:00:00Z
AT = "2026-01-15T12:00:00Z"
ACCEPTED = {"idTagInfo": {"status": "Accepted"}}


def samples(*expected: MeterSample) -> Any:
    """What is expected of a moment's samples, which compare with a tuple of them read."""
    return expected


def read(
    action: str | None,
    request: Any,
    response: Any = None,
    *,
    direction: Direction = "in",
    outcome: Outcome = "result",
    repeat: bool = False,
) -> tuple[Event, ...]:
    exchange = Exchange(
        time=NOON,
        station="CP-001",
        version="1.6",
        direction=direction,
        action=action,
        unique_id="1",
        request=request,
        response={} if response is None else response,
        outcome=outcome,
        repeat=repeat,
    )
    return V16().read(exchange)


def one(action: str, request: Any, response: Any = None) -> Event:
    events = read(action, request, response)
    assert len(events) == 1
    return events[0]


def answered(action: str, request: Any, response: Any) -> tuple[Event, ...]:
    """What an answer to our own call means, beside that there was one."""
    said, *rest = read(action, request, response, direction="out")
    assert isinstance(said, OrderSaid)
    assert said.action == action
    return tuple(rest)


# What the station says.


def test_a_boot_tells_who_the_station_is_and_what_we_answered() -> None:
    request = {
        "chargePointVendor": "Alfen BV",
        "chargePointModel": "NG910",
        "chargeBoxSerialNumber": "BOX1",
        "chargePointSerialNumber": "ACE1",
        "firmwareVersion": "4.15.7",
        "iccid": "8900",
        "imsi": "2000",
    }

    assert one("BootNotification", request, {"status": "Pending", "currentTime": AT, "interval": 30}) == Booted(
        vendor="Alfen BV",
        model="NG910",
        serial="ACE1",
        firmware="4.15.7",
        iccid="8900",
        imsi="2000",
        status="Pending",
        interval=30,
    )


def test_the_serial_number_of_the_box_stands_in_for_the_missing_one() -> None:
    event = one("BootNotification", {"chargePointVendor": "", "chargePointModel": "M", "chargeBoxSerialNumber": "B"})

    assert isinstance(event, Booted)
    assert (event.vendor, event.model, event.serial) == (None, "M", "B")


def test_a_heartbeat_is_a_heartbeat() -> None:
    assert one("Heartbeat", {}) == HeartbeatSeen()


@pytest.mark.parametrize(("sent", "evse", "connector"), [(0, 0, 0), (1, 1, 1), (2, 2, 1), ("3", 3, 1)])
def test_connector_n_is_evse_n_and_connector_0_is_the_station(sent: Any, evse: int, connector: int) -> None:
    status = one("StatusNotification", {"connectorId": sent, "errorCode": "NoError", "status": "Available"})

    assert status == StatusChanged(evse=evse, connector=connector, status="Available")


@pytest.mark.parametrize("sent", [None, -1, "left", 1.5, 10**9, {}, True])
def test_a_status_of_no_connector_means_nothing(sent: Any) -> None:
    assert read("StatusNotification", {"connectorId": sent, "errorCode": "NoError", "status": "Available"}) == ()


def test_a_fault_is_told_as_it_was_said() -> None:
    request = {
        "connectorId": 1,
        "errorCode": "Error",
        "status": "Faulted",
        "vendorErrorCode": "210",
        "info": "Modbus lost",
        "timestamp": AT,
    }

    assert one("StatusNotification", request) == StatusChanged(
        evse=1, connector=1, status="Faulted", error_code="Error", vendor_error="210", info="Modbus lost", at=NOON
    )


@pytest.mark.parametrize("nothing", ["null", "", "0x0000", "0", "0000", "NoError"])
def test_words_for_nothing_are_no_errors(nothing: str) -> None:
    request = {"connectorId": 0, "errorCode": "NoError", "status": "Available", "vendorErrorCode": nothing}

    assert one("StatusNotification", request) == StatusChanged(evse=0, connector=0, status="Available")


def test_a_shown_tag_is_told_with_what_we_answered() -> None:
    assert one("Authorize", {"idTag": "T"}, {"idTagInfo": {"status": "Blocked"}}) == Authorized(
        id_tag="T", status="Blocked"
    )
    assert read("Authorize", {}, {"idTagInfo": {"status": "Invalid"}}) == ()


def test_a_transaction_starts_under_the_id_that_we_gave() -> None:
    request = {"connectorId": 2, "idTag": "T", "meterStart": 1500, "timestamp": AT, "reservationId": 0}

    assert one("StartTransaction", request, ACCEPTED | {"transactionId": 41}) == TransactionSeen(
        phase="started", transaction="41", evse=2, connector=1, id_tag="T", at=NOON, meter_wh=1500.0
    )


def test_a_reservation_that_was_used_is_told() -> None:
    request = {"connectorId": 2, "idTag": "T", "meterStart": 0, "timestamp": AT, "reservationId": 9}
    event = one("StartTransaction", request, ACCEPTED | {"transactionId": 41})

    assert isinstance(event, TransactionSeen)
    assert event.reservation == 9


def test_what_is_odd_about_a_start_is_said() -> None:
    request = {"connectorId": 1, "idTag": "T", "meterStart": -7, "timestamp": "2026-01-15T12:00:00"}
    event = one("StartTransaction", request, {"idTagInfo": {"status": "Invalid"}, "transactionId": 41})

    assert isinstance(event, TransactionSeen)
    assert event.at == NOON
    assert event.suspect == (
        "a time without a zone was taken as UTC",
        "meterStart is negative",
        "its id tag was answered Invalid",
    )


def test_a_stop_ends_a_transaction_with_its_last_readings() -> None:
    begin = {"value": "100", "context": "Transaction.Begin"}
    end = {"value": "0.2", "context": "Transaction.End", "unit": "kWh"}
    request = {
        "transactionId": 41,
        "idTag": "T",
        "meterStop": 200,
        "timestamp": AT,
        "reason": "EVDisconnected",
        "transactionData": [
            {"timestamp": "2026-01-15T11:00:00Z", "sampledValue": [begin]},
            {"timestamp": AT, "sampledValue": [end]},
        ],
    }
    energy = "Energy.Active.Import.Register"
    first = MeterSample(energy, 100.0, "100", "Wh", None, "Transaction.Begin")
    last = MeterSample(energy, 0.2, "0.2", "kWh", None, "Transaction.End")

    assert one("StopTransaction", request) == TransactionSeen(
        phase="ended",
        transaction="41",
        id_tag="T",
        at=NOON,
        meter_wh=200.0,
        reason="EVDisconnected",
        readings=(
            Sampled(evse=0, connector=None, samples=samples(first), transaction="41", at=NOON - 3_600_000_000_000),
            Sampled(evse=0, connector=None, samples=samples(last), transaction="41", at=NOON),
        ),
    )


def test_no_reason_for_a_stop_means_local() -> None:
    event = one("StopTransaction", {"transactionId": 41, "meterStop": 200, "timestamp": AT})

    assert isinstance(event, TransactionSeen)
    assert event.reason == "Local"


@pytest.mark.parametrize(("sent", "kept"), [(-1, "-1"), (0, "0"), (None, None), (2**63 - 1, "9223372036854775807")])
def test_the_id_of_a_stop_stays_visible_as_it_was_sent(sent: int | None, kept: str | None) -> None:
    event = one("StopTransaction", {"transactionId": sent, "meterStop": 200, "timestamp": AT})

    assert isinstance(event, TransactionSeen)
    assert event.transaction == kept


def test_readings_are_told_by_moment() -> None:
    request = {
        "connectorId": 1,
        "transactionId": 41,
        "meterValue": [
            {"timestamp": AT, "sampledValue": [{"value": "11000", "measurand": "Power.Active.Import", "unit": "W"}]},
            {"timestamp": AT, "sampledValue": [{"value": "42", "measurand": "SoC", "location": "EV"}]},
            {"timestamp": "2026-01-15T12:00:10Z", "sampledValue": [{"value": "NaN"}]},
            {"timestamp": "2026-01-15T12:00:20Z", "sampledValue": []},
        ],
    }

    assert read("MeterValues", request) == (
        Sampled(
            evse=1,
            connector=1,
            transaction="41",
            at=NOON,
            samples=samples(
                MeterSample("Power.Active.Import", 11000.0, "11000", "W"),
                MeterSample("SoC", 42.0, "42", "Percent", None, None, "EV"),
            ),
        ),
        Sampled(
            evse=1,
            connector=1,
            transaction="41",
            at=NOON + 10_000_000_000,
            samples=samples(MeterSample("Energy.Active.Import.Register", None, "NaN", "Wh")),
        ),
    )


@pytest.mark.parametrize("identity", [0, -1, None])
def test_readings_outside_a_transaction_belong_to_the_connector(identity: int | None) -> None:
    request = {"connectorId": 1, "meterValue": [{"timestamp": AT, "sampledValue": [{"value": "1"}]}]}
    event = one("MeterValues", request | {"transactionId": identity})

    assert isinstance(event, Sampled)
    assert event.transaction is None


@pytest.mark.parametrize("values", [None, [], {}, "x", [7], [{"timestamp": AT}], [{"sampledValue": ["x", {}, None]}]])
def test_readings_without_a_value_mean_nothing(values: Any) -> None:
    assert read("MeterValues", {"connectorId": 1, "meterValue": values}) == ()


def test_what_is_no_value_does_not_hide_its_neighbours() -> None:
    sent = ["x", {"value": "1", "unit": "kWh"}, None, {"measurand": ["Voltage"], "value": "2"}, {"measurand": "SoC"}]
    event = one("MeterValues", {"connectorId": 1, "meterValue": [{"timestamp": AT, "sampledValue": sent}]})

    assert isinstance(event, Sampled)
    energy = "Energy.Active.Import.Register"
    assert event.samples == (MeterSample(energy, 1.0, "1", "kWh"), MeterSample(energy, 2.0, "2", "Wh"))


def test_stages_of_files_are_told_with_their_request() -> None:
    assert one("FirmwareStatusNotification", {"status": "Downloading"}) == FirmwareStage(status="Downloading")
    signed = one("SignedFirmwareStatusNotification", {"status": "InvalidSignature", "requestId": 7})
    assert signed == FirmwareStage(status="InvalidSignature", request=7)
    assert one("DiagnosticsStatusNotification", {"status": "Uploaded"}) == LogStage(status="Uploaded")
    assert one("LogStatusNotification", {"status": "UploadFailure", "requestId": 7}) == LogStage(
        status="UploadFailure", request=7
    )
    assert read("LogStatusNotification", {"requestId": 7}) == ()


def test_a_security_event_is_told_as_it_was_said() -> None:
    request = {"type": "SettingSystemTime", "techInfo": "ocppBoot", "timestamp": AT}

    assert one("SecurityEventNotification", request) == SecurityEventSeen(
        type="SettingSystemTime", at=NOON, info="ocppBoot"
    )


def test_a_request_for_a_certificate_wants_a_person() -> None:
    event = one("SignCertificate", {"csr": "-"}, {"status": "Rejected"})

    assert isinstance(event, Noticed)
    assert "Rejected" in event.text


# What it answers to us.


def test_configuration_is_told_key_by_key() -> None:
    response = {
        "configurationKey": [
            {"key": "HeartbeatInterval", "readonly": False, "value": "300"},
            {"key": "NumberOfConnectors", "readonly": True, "value": "2"},
            {"key": "AuthorizationKey", "readonly": False},
            {"key": "Odd", "readonly": "true", "value": 7},
            {"readonly": True},
            "junk",
        ],
        "unknownKey": ["Nonsense"],
    }

    assert answered("GetConfiguration", {}, response) == (
        VariableSeen(component="", variable="HeartbeatInterval", value="300", mutability="ReadWrite"),
        VariableSeen(component="", variable="NumberOfConnectors", value="2", mutability="ReadOnly"),
        VariableSeen(component="", variable="AuthorizationKey", value=None, mutability="ReadWrite"),
        VariableSeen(component="", variable="Odd", value="7", mutability="ReadOnly"),
    )


def test_a_changed_setting_is_not_believed_until_it_is_read_back() -> None:
    assert answered("ChangeConfiguration", {"key": "A", "value": "1"}, {"status": "Accepted"}) == ()


def test_every_answered_call_is_told() -> None:
    events = read("RemoteStartTransaction", {"idTag": "T"}, {"status": "Rejected"}, direction="out")

    assert events == (OrderSaid(action="RemoteStartTransaction", status="Rejected"),)


def profile(*limits: float, **schedule: Any) -> dict[str, Any]:
    periods = [{"startPeriod": 60 * number, "limit": limit} for number, limit in enumerate(limits)]
    return {
        "connectorId": 1,
        "csChargingProfiles": {
            "chargingProfilePurpose": "TxDefaultProfile",
            "chargingSchedule": {"chargingRateUnit": "A", "chargingSchedulePeriod": periods, **schedule},
        },
    }


def test_a_profile_of_one_period_is_a_limit() -> None:
    assert answered("SetChargingProfile", profile(16.0), {"status": "Accepted"}) == (
        ProfileLimit(evse=1, limit=16.0, unit="A", source="TxDefaultProfile"),
    )
    assert answered("SetChargingProfile", profile(16.0), {"status": "Rejected"}) == ()
    assert answered("SetChargingProfile", profile(16.0, 6.0), {"status": "Accepted"}) == ()
    assert answered("SetChargingProfile", profile(16.0, startSchedule=AT), {"status": "Accepted"}) == ()


def test_the_composite_schedule_tells_what_counts_now() -> None:
    schedule = profile(10.0, 6.0)["csChargingProfiles"]["chargingSchedule"]
    response = {"status": "Accepted", "connectorId": 1, "scheduleStart": AT, "chargingSchedule": schedule}

    assert answered("GetCompositeSchedule", {"connectorId": 1, "duration": 60}, response) == (
        ProfileLimit(evse=1, limit=10.0, unit="A", source="composite schedule"),
        Told(lines=("10 A, 6 A after 60 s",)),
    )


def test_clearing_all_profiles_of_a_connector_ends_its_limit() -> None:
    assert answered("ClearChargingProfile", {"connectorId": 1}, {"status": "Accepted"}) == (
        ProfileLimit(evse=1, limit=None),
    )
    assert answered("ClearChargingProfile", {}, {"status": "Accepted"}) == (ProfileLimit(evse=0, limit=None),)
    assert answered("ClearChargingProfile", {"id": 7}, {"status": "Accepted"}) == ()
    assert answered("ClearChargingProfile", {"connectorId": 1}, {"status": "Unknown"}) == ()


# What means nothing.


@pytest.mark.parametrize("outcome", ["error", "timeout", "lost", "none", "late", "malformed", "unsolicited", "send"])
@pytest.mark.parametrize("direction", ["in", "out"])
def test_only_what_was_answered_with_a_result_means_something(outcome: Outcome, direction: Direction) -> None:
    for action, request in (("Heartbeat", {}), ("GetConfiguration", {}), (None, None)):
        assert read(action, request, direction=direction, outcome=outcome) == ()


def test_an_answer_that_went_out_again_means_nothing_new() -> None:
    start = {"connectorId": 1, "idTag": "T", "meterStart": 0, "timestamp": AT}

    assert read("StartTransaction", start, ACCEPTED | {"transactionId": 41}, repeat=True) == ()


@pytest.mark.parametrize("rubbish", [None, [], "x", 7, [{}], {"meterValue": 7}])
def test_rubbish_is_read_without_fuss(rubbish: Any) -> None:
    for action in sorted(V16.sendable | V16.callable):
        assert isinstance(read(action, rubbish, rubbish), tuple)
        assert isinstance(read(action, rubbish, rubbish, direction="out"), tuple)
