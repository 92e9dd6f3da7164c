"""Orders in the words of OCPP 1.6."""

from __future__ import annotations

from typing import Any

import pytest

from console.engine.dialects.v16 import V16
from console.engine.errors import OrderError
from console.engine.fleet.model import Connector, Evse, Station
from console.engine.fleet.order import Order
from console.engine.wire import schema

NOON = 1_768_478_400_000_000_000  # 2026-01-15T12:00:00Z
UPLOAD = "http://192.168.1.20:9081/upload/k3x/"


def station(*connectors: int) -> Station:
    known = {number: Evse(evse=number, connectors={1: Connector(evse=number, connector=1)}) for number in connectors}
    return Station(key="cp-001", id="CP-001", evses=known)


def say(
    name: str, given: dict[str, Any] | None = None, to: Station | None = None, **arguments: Any
) -> tuple[str, dict[str, Any]]:
    order = Order(id=17, station="CP-001", name=name, arguments=arguments)
    said = V16().say(order, to or station(1, 2), {"now": NOON, **(given or {})})
    if name != "raw":
        assert schema.violations("1.6", said.action, said.payload) == ()
        assert said.action in V16.callable
    return said.action, said.payload


def wrong(name: str, given: dict[str, Any] | None = None, to: Station | None = None, **arguments: Any) -> str:
    with pytest.raises(OrderError) as caught:
        say(name, given, to, **arguments)
    return caught.value.sentence


def test_a_reset_is_soft_or_hard_and_takes_the_whole_station() -> None:
    assert say("reset") == ("Reset", {"type": "Soft"})
    assert say("reset", type="soft") == ("Reset", {"type": "Soft"})
    assert say("reset", type="hard", evse=2) == ("Reset", {"type": "Hard"})
    assert "soft or hard" in wrong("reset", type="gentle")


def test_unlocking_names_a_connector_or_means_the_only_one() -> None:
    assert say("unlock", connector=2) == ("UnlockConnector", {"connectorId": 2})
    assert say("unlock", connector=1, evse=2) == ("UnlockConnector", {"connectorId": 2})
    assert say("unlock", to=station(0, 3)) == ("UnlockConnector", {"connectorId": 3})
    assert "which connector" in wrong("unlock")
    assert "counted from 1" in wrong("unlock", connector=0)
    assert "counted from 1" in wrong("unlock", connector="left")


def test_starting_takes_a_tag_and_perhaps_a_connector() -> None:
    assert say("start", tag="TAG001") == ("RemoteStartTransaction", {"idTag": "TAG001"})
    assert say("start", tag="TAG001", connector=1) == (
        "RemoteStartTransaction",
        {"connectorId": 1, "idTag": "TAG001"},
    )
    assert "20 characters" in wrong("start", tag="T" * 21)
    assert "needs tag" in wrong("start", connector=1)
    assert "needs tag" in wrong("start", tag="")


def test_stopping_takes_the_transaction_that_the_engine_found_or_that_was_said() -> None:
    assert say("stop", {"transaction": "41"}, connector=1) == ("RemoteStopTransaction", {"transactionId": 41})
    assert say("stop", transaction="41") == ("RemoteStopTransaction", {"transactionId": 41})
    assert say("stop", transaction=-7) == ("RemoteStopTransaction", {"transactionId": -7})
    assert "is an integer" in wrong("stop", transaction="c0ffee")
    assert "No transaction" in wrong("stop", connector=1)


def test_firmware_comes_from_the_address_that_was_given_now_or_later() -> None:
    url = "http://192.168.1.20:9081/offer/k3x/image.bin"

    assert say("firmware", {"url": url}) == (
        "UpdateFirmware",
        {"location": url, "retrieveDate": "2026-01-15T12:00:00.000Z"},
    )
    assert say("firmware", url=url, retrieve=NOON + 3_600_000_000_000, retries=3)[1] == {
        "location": url,
        "retrieveDate": "2026-01-15T13:00:00.000Z",
        "retries": 3,
    }
    assert (
        say("firmware", url=url, retrieve="2026-01-15T14:00:00+01:00")[1]["retrieveDate"] == "2026-01-15T13:00:00.000Z"
    )
    assert "no time" in wrong("firmware", url=url, retrieve="tomorrow")
    assert "no address" in wrong("firmware")


def test_without_a_given_time_firmware_is_fetched_at_once() -> None:
    order = Order(id=1, station="CP-001", name="firmware", arguments={"url": "http://x/y"})
    payload = V16().say(order, station(1), {}).payload

    assert schema.violations("1.6", "UpdateFirmware", payload) == ()
    assert payload["retrieveDate"] > "2025"


def test_diagnostics_are_uploaded_to_the_directory_that_was_given() -> None:
    assert say("diagnostics", {"url": UPLOAD}) == ("GetDiagnostics", {"location": UPLOAD})
    assert say("diagnostics", {"url": UPLOAD}, log="diagnostics", since=NOON, until=NOON + 1_000_000_000) == (
        "GetDiagnostics",
        {
            "location": UPLOAD,
            "startTime": "2026-01-15T12:00:00.000Z",
            "stopTime": "2026-01-15T12:00:01.000Z",
        },
    )
    assert "until is earlier" in wrong("diagnostics", {"url": UPLOAD}, since=NOON, until=NOON - 1_000_000_000)
    assert "no address" in wrong("diagnostics")


def test_the_security_log_is_asked_for_under_the_number_of_the_order() -> None:
    assert say("diagnostics", {"url": UPLOAD}, log="security", since=NOON) == (
        "GetLog",
        {
            "logType": "SecurityLog",
            "requestId": 17,
            "log": {"remoteLocation": UPLOAD, "oldestTimestamp": "2026-01-15T12:00:00.000Z"},
        },
    )
    assert "512 characters" in wrong("diagnostics", {"url": "http://" + "x" * 600}, log="security")
    assert "none called flight" in wrong("diagnostics", {"url": UPLOAD}, log="flight")


def test_messages_are_triggered_with_the_call_that_knows_them() -> None:
    assert say("trigger", message="Heartbeat", connector=1) == ("TriggerMessage", {"requestedMessage": "Heartbeat"})
    assert say("trigger", message="statusnotification", connector=0) == (
        "TriggerMessage",
        {"requestedMessage": "StatusNotification", "connectorId": 0},
    )
    assert say("trigger", message="MeterValues", connector=2)[1]["connectorId"] == 2
    for message in ("LogStatusNotification", "SignChargePointCertificate"):
        assert say("trigger", message=message) == ("ExtendedTriggerMessage", {"requestedMessage": message})
    assert "It can ask for BootNotification" in wrong("trigger", message="TransactionEvent")
    assert "no message" in wrong("trigger")


def test_availability_is_of_the_station_unless_a_connector_is_named() -> None:
    assert say("availability", operative=False) == ("ChangeAvailability", {"connectorId": 0, "type": "Inoperative"})
    assert say("availability", operative="true", connector=2) == (
        "ChangeAvailability",
        {"connectorId": 2, "type": "Operative"},
    )
    assert "operative=true" in wrong("availability", operative="perhaps")
    assert "operative=true" in wrong("availability")


def test_configuration_is_read_whole_or_key_by_key() -> None:
    assert say("get") == ("GetConfiguration", {})
    assert say("get", key="") == ("GetConfiguration", {})
    assert say("get", key="HeartbeatInterval, NumberOfConnectors,,HeartbeatInterval") == (
        "GetConfiguration",
        {"key": ["HeartbeatInterval", "NumberOfConnectors"]},
    )
    assert say("get", key=["A", "B"]) == ("GetConfiguration", {"key": ["A", "B"]})
    assert "50 characters" in wrong("get", key="K" * 51)


def test_a_setting_is_text_whatever_it_looks_like() -> None:
    assert say("set", key="HeartbeatInterval", value=300)[1] == {"key": "HeartbeatInterval", "value": "300"}
    assert say("set", key="LocalPreAuthorize", value=True)[1]["value"] == "true"
    assert say("set", key="MeterValuesAlignedData", value="")[1]["value"] == ""
    assert "500 characters" in wrong("set", key="A", value="x" * 501)
    assert "value=" in wrong("set", key="A")
    assert "needs key" in wrong("set", value="1")


def test_the_cache_is_cleared() -> None:
    assert say("clear-cache") == ("ClearCache", {})


def test_data_for_a_vendor_is_text() -> None:
    assert say("data-transfer", vendor="com.example") == ("DataTransfer", {"vendorId": "com.example"})
    assert say("data-transfer", vendor="com.example", message="M", data={"a": 1}) == (
        "DataTransfer",
        {"vendorId": "com.example", "messageId": "M", "data": '{"a":1}'},
    )
    assert "255 characters" in wrong("data-transfer", vendor="v" * 256)
    assert "50 characters" in wrong("data-transfer", vendor="v", message="m" * 51)


def test_any_call_can_be_sent_as_it_stands() -> None:
    assert say("raw", action="GetLocalListVersion") == ("GetLocalListVersion", {})
    assert say("raw", action="FooBar", payload={"x": [1]}) == ("FooBar", {"x": [1]})
    assert "JSON object" in wrong("raw", action="FooBar", payload=[1])
    assert "which call" in wrong("raw")


def test_an_order_without_words_in_this_version_says_so() -> None:
    assert "raw sends any call" in wrong("fly")
