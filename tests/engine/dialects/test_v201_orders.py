"""Orders in the words of 2.0.1 and 2.1, and what a station's answer to them means."""

from __future__ import annotations

from typing import Any

import pytest

from console.engine.dialects.v2_places import component_of, spelt
from console.engine.dialects.v21 import V21
from console.engine.dialects.v201 import V201
from console.engine.errors import OrderError
from console.engine.fleet.model import Connector, Evse, Station
from console.engine.fleet.order import Order, Saying, Verdict
from console.engine.wire.exchange import Exchange
from console.engine.wire.schema import violations

STATION = Station(key="cp-1", id="CP-1", registration="Accepted")
DIALECTS = {"2.0.1": V201(), "2.1": V21()}
BOTH = pytest.mark.parametrize("version", list(DIALECTS))
UPLOAD = {"url": "http://192.168.1.20:9081/up/aB3/"}
IMAGE = {"url": "http://192.168.1.20:9081/fw/aB3/image.bin"}


def say(version: str, name: str, given: dict[str, Any] | None = None, /, **arguments: Any) -> Saying:
    order = Order(id=41, station="CP-1", name=name, arguments=arguments)
    saying = DIALECTS[version].say(order, STATION, given or {})
    assert violations(version, saying.action, saying.payload) == ()
    return saying


def refusal(version: str, name: str, given: dict[str, Any] | None = None, /, **arguments: Any) -> str:
    order = Order(id=41, station="CP-1", name=name, arguments=arguments)
    with pytest.raises(OrderError) as caught:
        DIALECTS[version].say(order, STATION, given or {})
    return str(caught.value)


@BOTH
@pytest.mark.parametrize(
    ("arguments", "payload"),
    [
        ({}, {"type": "OnIdle"}),
        ({"type": "soft"}, {"type": "OnIdle"}),
        ({"type": "hard"}, {"type": "Immediate"}),
        ({"type": "immediate", "evse": "2"}, {"type": "Immediate", "evseId": 2}),
        ({"type": "hard", "evse": 0}, {"type": "Immediate"}),
    ],
)
def test_a_soft_reset_waits_and_a_hard_one_does_not(
    version: str, arguments: dict[str, Any], payload: dict[str, Any]
) -> None:
    assert say(version, "reset", **arguments) == Saying(action="Reset", payload=payload)


def test_only_2_1_can_reset_and_resume() -> None:
    assert say("2.1", "reset", type="ImmediateAndResume").payload == {"type": "ImmediateAndResume"}
    assert "ImmediateAndResume" in refusal("2.0.1", "reset", type="ImmediateAndResume")


@BOTH
@pytest.mark.parametrize(
    ("arguments", "payload"),
    [
        ({"connector": 2}, {"evseId": 2, "connectorId": 1}),
        ({"connector": "2", "evse": "3"}, {"evseId": 3, "connectorId": 2}),
        ({"evse": 3}, {"evseId": 3, "connectorId": 1}),
    ],
)
def test_a_connector_alone_is_the_first_one_of_its_evse(
    version: str, arguments: dict[str, Any], payload: dict[str, Any]
) -> None:
    assert say(version, "unlock", **arguments) == Saying(action="UnlockConnector", payload=payload)


@BOTH
def test_a_start_carries_the_orders_number(version: str) -> None:
    assert say(version, "start", tag="TAG001") == Saying(
        action="RequestStartTransaction",
        payload={"idToken": {"idToken": "TAG001", "type": "Central"}, "remoteStartId": 41},
    )
    there = say(version, "start", tag="TAG001", connector=2, type="iso14443" if version == "2.0.1" else "ISO14443")
    assert there.payload["evseId"] == 2
    assert there.payload["idToken"]["type"] == "ISO14443"
    assert say(version, "start", type="NoAuthorization").payload["idToken"]["idToken"] == ""


def test_the_length_of_a_token_and_its_types_are_the_versions() -> None:
    assert "at most 36" in refusal("2.0.1", "start", tag="x" * 37)
    assert say("2.1", "start", tag="x" * 255, type="VatNumber").payload["idToken"]["type"] == "VatNumber"
    assert "Central" in refusal("2.0.1", "start", tag="x", type="VatNumber")
    assert "at most 20" in refusal("2.1", "start", tag="x", type="y" * 21)


@BOTH
def test_a_stop_names_the_transaction_on_the_wire(version: str) -> None:
    said = Saying(action="RequestStopTransaction", payload={"transactionId": "tx-1"})
    assert say(version, "stop", {"transaction": "tx-1"}, connector=1) == said
    assert say(version, "stop", transaction="tx-1") == said
    assert "No transaction" in refusal(version, "stop", connector=1)


@BOTH
def test_firmware_is_fetched_from_the_address_that_is_given(version: str) -> None:
    said = say(version, "firmware", IMAGE, file="image.bin", retrieve="2026-01-31T12:00:00+01:00")
    assert said == Saying(
        action="UpdateFirmware",
        payload={
            "requestId": 41,
            "firmware": {"location": IMAGE["url"], "retrieveDateTime": "2026-01-31T11:00:00.000Z"},
        },
    )
    assert say(version, "firmware", IMAGE).payload["firmware"]["retrieveDateTime"].endswith("Z")
    later = say(version, "firmware", IMAGE, install=1_768_477_406_000_000_000).payload["firmware"]
    assert later["installDateTime"] == "2026-01-15T11:43:26.000Z"


@BOTH
def test_diagnostics_go_to_the_address_that_is_given(version: str) -> None:
    said = say(version, "diagnostics", UPLOAD, since="2026-01-01T00:00:00Z", until="2026-01-02T00:00:00Z")
    assert said == Saying(
        action="GetLog",
        payload={
            "requestId": 41,
            "logType": "DiagnosticsLog",
            "log": {
                "remoteLocation": UPLOAD["url"],
                "oldestTimestamp": "2026-01-01T00:00:00.000Z",
                "latestTimestamp": "2026-01-02T00:00:00.000Z",
            },
        },
    )
    assert say(version, "diagnostics", UPLOAD, log="security").payload["logType"] == "SecurityLog"


def test_only_2_1_has_a_data_collector_log_and_long_addresses() -> None:
    assert say("2.1", "diagnostics", UPLOAD, log="DataCollector").payload["logType"] == "DataCollectorLog"
    assert "not DataCollector" in refusal("2.0.1", "diagnostics", UPLOAD, log="DataCollector")
    far = {"url": "http://x/" + "y" * 600}
    assert say("2.1", "diagnostics", far).action == "GetLog"
    assert "at most 512" in refusal("2.0.1", "diagnostics", far)


@BOTH
@pytest.mark.parametrize(
    ("arguments", "payload"),
    [
        ({"message": "Heartbeat"}, {"requestedMessage": "Heartbeat"}),
        ({"message": "bootnotification"}, {"requestedMessage": "BootNotification"}),
        ({"message": "DiagnosticsStatusNotification"}, {"requestedMessage": "LogStatusNotification"}),
        ({"message": "MeterValues", "connector": 1}, {"requestedMessage": "MeterValues", "evse": {"id": 1}}),
        ({"message": "MeterValues", "connector": 0}, {"requestedMessage": "MeterValues"}),
        (
            {"message": "StatusNotification", "connector": 2},
            {"requestedMessage": "StatusNotification", "evse": {"id": 2, "connectorId": 1}},
        ),
    ],
)
def test_a_trigger_asks_a_connector_for_its_status_and_an_evse_for_the_rest(
    version: str, arguments: dict[str, Any], payload: dict[str, Any]
) -> None:
    assert say(version, "trigger", **arguments) == Saying(action="TriggerMessage", payload=payload)


@BOTH
def test_a_status_is_asked_of_the_only_connector_where_none_is_named(version: str) -> None:
    order = Order(id=41, station="CP-1", name="trigger", arguments={"message": "StatusNotification"})
    only = Station(key="cp-1", id="CP-1", evses={3: Evse(evse=3, connectors={2: Connector(evse=3, connector=2)})})
    asked = DIALECTS[version].say(order, only, {}).payload
    assert asked == {"requestedMessage": "StatusNotification", "evse": {"id": 3, "connectorId": 2}}
    assert "evse" not in DIALECTS[version].say(order, STATION, {}).payload


def test_a_trigger_of_its_own_name_is_for_2_1() -> None:
    custom = {"requestedMessage": "CustomTrigger", "customTrigger": "dumpState"}
    assert say("2.1", "trigger", message="dumpState").payload == custom
    assert say("2.1", "trigger", message="CustomTrigger", custom="dumpState").payload == custom
    assert "cannot be asked for" in refusal("2.0.1", "trigger", message="dumpState")
    assert "1 to 50" in refusal("2.1", "trigger", message="CustomTrigger")


@BOTH
@pytest.mark.parametrize(
    ("arguments", "payload"),
    [
        ({"operative": True}, {"operationalStatus": "Operative"}),
        ({"operative": "false", "connector": 0}, {"operationalStatus": "Inoperative"}),
        (
            {"operative": False, "connector": 1},
            {"operationalStatus": "Inoperative", "evse": {"id": 1, "connectorId": 1}},
        ),
        ({"operative": False, "evse": 1}, {"operationalStatus": "Inoperative", "evse": {"id": 1}}),
    ],
)
def test_availability_is_the_stations_an_evses_or_a_connectors(
    version: str, arguments: dict[str, Any], payload: dict[str, Any]
) -> None:
    assert say(version, "availability", **arguments) == Saying(action="ChangeAvailability", payload=payload)


@BOTH
def test_get_asks_for_a_variable_a_component_or_everything(version: str) -> None:
    assert say(version, "get") == Saying(
        action="GetBaseReport", payload={"requestId": 41, "reportBase": "FullInventory"}
    )
    assert say(version, "get", component="OCPPCommCtrlr") == Saying(
        action="GetReport",
        payload={"requestId": 41, "componentVariable": [{"component": {"name": "OCPPCommCtrlr"}}]},
    )
    asked = say(version, "get", component="Connector#2", evse=1, variable="Available", attribute="actual")
    assert asked == Saying(
        action="GetVariables",
        payload={
            "getVariableData": [
                {
                    "component": {"name": "Connector", "evse": {"id": 1, "connectorId": 2}},
                    "variable": {"name": "Available"},
                    "attributeType": "Actual",
                }
            ]
        },
    )
    assert "attribute" in refusal(version, "get", component="A", variable="B", attribute="Ideal")
    assert "component" in refusal(version, "get", variable="B")


@BOTH
def test_set_says_component_variable_and_value(version: str) -> None:
    said = say(version, "set", component="SampledDataCtrlr", variable="TxUpdatedInterval", value=10, instance="x")
    assert said == Saying(
        action="SetVariables",
        payload={
            "setVariableData": [
                {
                    "component": {"name": "SampledDataCtrlr"},
                    "variable": {"name": "TxUpdatedInterval", "instance": "x"},
                    "attributeValue": "10",
                }
            ]
        },
    )
    assert "value=VALUE" in refusal(version, "set", component="A", variable="B")
    longest = DIALECTS[version].limits.value
    assert say(version, "set", component="A", variable="B", value="x" * longest).action == "SetVariables"
    assert str(longest) in refusal(version, "set", component="A", variable="B", value="x" * (longest + 1))


@BOTH
def test_the_other_orders_are_plain(version: str) -> None:
    assert say(version, "clear-cache") == Saying(action="ClearCache", payload={})
    assert say(version, "data-transfer", vendor="com.example") == Saying(
        action="DataTransfer", payload={"vendorId": "com.example"}
    )
    full = say(version, "data-transfer", vendor="com.example", message="ping", data={"a": 1})
    assert full.payload == {"vendorId": "com.example", "messageId": "ping", "data": {"a": 1}}
    raw = say(version, "raw", action="GetLocalListVersion", payload={})
    assert raw == Saying(action="GetLocalListVersion", payload={})


@BOTH
@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("dance", {}),
        ("unlock", {}),
        ("unlock", {"connector": 0}),
        ("unlock", {"connector": -1}),
        ("unlock", {"connector": "left"}),
        ("unlock", {"connector": True}),
        ("start", {}),
        ("stop", {"transaction": "x" * 37}),
        ("firmware", {}),
        ("firmware", {"url": "http://x/", "retrieve": "soon"}),
        ("diagnostics", {}),
        ("diagnostics", {"url": "http://x/", "log": "ship"}),
        ("trigger", {}),
        ("availability", {}),
        ("availability", {"operative": "maybe"}),
        ("get", {"component": "Connector#1", "variable": "Available"}),
        ("get", {"component": "[x]", "variable": "y"}),
        ("get", {"component": "x" * 51, "variable": "y"}),
        ("set", {"component": "x", "variable": "y" * 51, "value": "z"}),
        ("data-transfer", {}),
        ("data-transfer", {"vendor": "v", "message": "x" * 51}),
        ("raw", {}),
        ("raw", {"action": "Reset", "payload": [1]}),
    ],
)
def test_an_order_that_cannot_be_said_says_why_in_a_sentence(
    version: str, name: str, arguments: dict[str, Any]
) -> None:
    sentence = refusal(version, name, **arguments)
    assert sentence[0].isupper() or sentence.split()[0] in arguments
    assert sentence.endswith(".")


@pytest.mark.parametrize(
    ("spelling", "component"),
    [
        ("EVSE", {"name": "EVSE"}),
        ("EVSE@1", {"name": "EVSE", "evse": {"id": 1}}),
        ("Connector@1#2", {"name": "Connector", "evse": {"id": 1, "connectorId": 2}}),
        ("TokenReader[left]", {"name": "TokenReader", "instance": "left"}),
        ("A[b]@3#4", {"name": "A", "instance": "b", "evse": {"id": 3, "connectorId": 4}}),
    ],
)
def test_a_component_is_spelt_and_read_back_the_same(spelling: str, component: dict[str, Any]) -> None:
    assert component_of(spelling, None) == component
    text, evse, _connector = spelt(component)
    assert component_of(text, evse) == component


# Judging


def judge(action: str, response: Any = None, **fields: Any) -> Verdict:
    facts = {"outcome": "result", **fields}
    exchange = Exchange(
        time=1,
        station="CP-1",
        version="2.0.1",
        direction="out",
        action=action,
        unique_id="1",
        request={},
        response=response,
        **facts,
    )
    return V201().judge(Order(id=41, station="CP-1", name="raw"), exchange)


@pytest.mark.parametrize(
    ("action", "status", "accepted"),
    [
        ("UnlockConnector", "Unlocked", True),
        ("UnlockConnector", "UnlockFailed", False),
        ("UnlockConnector", "OngoingAuthorizedTransaction", False),
        ("UnlockConnector", "UnknownConnector", False),
        ("Reset", "Accepted", True),
        ("Reset", "Scheduled", True),
        ("Reset", "Rejected", False),
        ("ChangeAvailability", "Scheduled", True),
        ("UpdateFirmware", "AcceptedCanceled", True),
        ("UpdateFirmware", "InvalidCertificate", False),
        ("UpdateFirmware", "RevokedCertificate", False),
        ("GetLog", "AcceptedCanceled", True),
        ("TriggerMessage", "NotImplemented", False),
        ("GetBaseReport", "EmptyResultSet", False),
        ("ClearChargingProfile", "Unknown", False),
        ("UnpublishFirmware", "Unpublished", True),
        ("DataTransfer", "UnknownVendorId", False),
    ],
)
def test_a_word_is_a_yes_or_a_no(action: str, status: str, accepted: bool) -> None:
    verdict = judge(action, {"status": status})
    assert (verdict.accepted, verdict.status) == (accepted, status)
    assert accepted or verdict.hint is not None


def test_a_reason_of_the_station_is_told_with_what_to_do() -> None:
    info = {"reasonCode": "TxInProgress", "additionalInfo": "EVSE 1"}
    verdict = judge("Reset", {"status": "Rejected", "statusInfo": info})
    assert verdict.hint == "TxInProgress: EVSE 1 – a transaction is running; stop it first"
    assert judge("Reset", {"status": "Accepted"}).hint is None
    own = judge("Reset", {"status": "Rejected", "statusInfo": {"reasonCode": "Tuesday"}})
    assert own.hint is not None
    assert own.hint.startswith("Tuesday – ")


def results(*statuses: str) -> dict[str, Any]:
    return {"setVariableResult": [{"attributeStatus": one, "attributeStatusInfo": None} for one in statuses]}


def test_one_refused_variable_refuses_the_order_and_a_needed_restart_is_told() -> None:
    assert judge("SetVariables", results("Accepted")) == Verdict(accepted=True, status="Accepted")
    assert judge("SetVariables", results("Accepted", "UnknownVariable")).status == "UnknownVariable"
    assert not judge("SetVariables", results("RebootRequired", "Rejected")).accepted
    restart = judge("SetVariables", results("Accepted", "RebootRequired"))
    assert (restart.accepted, restart.status) == (True, "RebootRequired")
    assert not judge("SetVariables", {"setVariableResult": []}).accepted
    got = {"getVariableResult": [{"attributeStatus": "UnknownComponent"}]}
    assert judge("GetVariables", got).status == "UnknownComponent"


def test_an_answer_without_a_status_is_enough_where_the_version_has_none() -> None:
    assert judge("GetLocalListVersion", {"versionNumber": 3}) == Verdict(accepted=True, status="answered")
    assert not judge("GetLocalListVersion", None).accepted
    assert not judge("Reset", {}).accepted


def test_no_answer_an_error_and_a_lost_link_are_told_apart() -> None:
    assert judge("Reset", outcome="timeout").status == "no answer"
    assert judge("Reset", outcome="lost").status == "link lost"
    wrong = judge("Reset", outcome="error", error_code="NotSupported", error_description="no reset here.")
    assert (wrong.accepted, wrong.status) == (False, "NotSupported")
    assert wrong.hint == "no reset here – the station knows this action, but does not support it"
    assert judge("Reset", outcome="error").status == "GenericError"
