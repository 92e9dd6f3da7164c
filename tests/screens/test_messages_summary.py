"""The log's one line: what was said, in a technician's words; and how it ended."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.engine.wire import frame
from console.engine.wire.exchange import Exchange, Violation
from console.engine.wire.schema import actions
from console.screens.message_rows import broken
from console.screens.summary import LONGEST, action, arrow, milliseconds, readings, summary, verdict
from console.screens.summary_table import SUMMARIES


def exchange(action: str | None, request: Any = None, response: Any = None, **more: Any) -> Exchange:
    """An exchange as the journal gives it."""
    defaults: dict[str, Any] = {"direction": "in", "outcome": "result", "version": "1.6", "unique_id": "17"}
    return Exchange(time=0, station="CP-001", action=action, request=request, response=response, **{**defaults, **more})


def sampled(**values: str) -> list[dict[str, Any]]:
    """A meterValue with one value a measurand; the unit stands behind a blank."""
    rows = []
    for name, value in values.items():
        number, _, unit = value.partition(" ")
        rows.append({"measurand": name.replace("_", "."), "value": number, **({"unit": unit} if unit else {})})
    return [{"timestamp": "2026-01-01T00:00:00Z", "sampledValue": rows}]


MOMENT = sampled(
    Energy_Active_Import_Register="4211 Wh", Power_Active_Import="11020 W", Current_Import="16.0 A", Voltage="230.1 V"
)

LINES: list[tuple[str, Any, Any, str]] = [
    (
        "MeterValues",
        {"connectorId": 1, "transactionId": 41, "meterValue": MOMENT},
        {},
        "1 · tx 41 · 11.02 kW · 230.1 V · 16.0 A · 4 211 Wh",
    ),
    ("MeterValues", {"connectorId": 1, "meterValue": sampled(SoC="84 Percent")}, {}, "1 · 84 %"),
    ("MeterValues", {"connectorId": 2, "transactionId": 0, "meterValue": []}, {}, "2 · no values"),
    (
        "TransactionEvent",
        {
            "eventType": "Updated",
            "seqNo": 17,
            "triggerReason": "MeterValuePeriodic",
            "transactionInfo": {"transactionId": "t"},
            "meterValue": [{"sampledValue": [{"measurand": "Power.Active.Import", "value": 0}]}],
        },
        {},
        "Updated #17 MeterValuePeriodic · 0 W",
    ),
    (
        "TransactionEvent",
        {
            "eventType": "Started",
            "seqNo": 0,
            "triggerReason": "Authorized",
            "evse": {"id": 1, "connectorId": 1},
            "transactionInfo": {"transactionId": "t", "chargingState": "EVConnected"},
            "idToken": {"idToken": "AB12", "type": "ISO14443"},
        },
        {"idTokenInfo": {"status": "Accepted"}},
        "Started #0 Authorized · EVSE 1 · tag AB12 · EVConnected → Accepted",
    ),
    ("UnlockConnector", {"connectorId": 1}, {"status": "UnlockFailed"}, "connector 1 → UnlockFailed"),
    ("UnlockConnector", {"evseId": 1, "connectorId": 1}, {"status": "Unlocked"}, "EVSE 1 connector 1 → Unlocked"),
    (
        "BootNotification",
        {"chargePointVendor": "Alfen BV", "chargePointModel": "NG910", "firmwareVersion": "6.4.1"},
        {"status": "Accepted", "interval": 300, "currentTime": "2026-01-01T00:00:00Z"},
        "Alfen BV NG910 · 6.4.1 → Accepted, every 300 s",
    ),
    (
        "BootNotification",
        {"reason": "PowerUp", "chargingStation": {"vendorName": "Acme", "model": "One"}},
        {"status": "Pending"},
        "Acme One · PowerUp → Pending",
    ),
    (
        "StatusNotification",
        {"connectorId": 1, "status": "Faulted", "errorCode": "GroundFailure"},
        {},
        "1 · Faulted · GroundFailure",
    ),
    ("StatusNotification", {"connectorId": 1, "status": "Available", "errorCode": "NoError"}, {}, "1 · Available"),
    ("StatusNotification", {"connectorId": 1, "errorCode": "Error"}, {}, '1 · errorCode "Error"'),
    ("StatusNotification", {"connectorId": 1, "errorCode": [None]}, {}, '1 · errorCode ""'),
    ("StatusNotification", {"evseId": 1, "connectorId": 2, "connectorStatus": "Occupied"}, {}, "1/2 · Occupied"),
    (
        "StartTransaction",
        {"connectorId": 1, "idTag": "TAG", "meterStart": 4211},
        {"transactionId": 41, "idTagInfo": {"status": "Accepted"}},
        "1 · tag TAG · meter 4 211 Wh → tx 41 · Accepted",
    ),
    (
        "StopTransaction",
        {"transactionId": 41, "meterStop": 9000, "reason": "Local"},
        {},
        "tx 41 · Local · meter 9 000 Wh",
    ),
    ("Authorize", {"idTag": "TAG"}, {"idTagInfo": {"status": "Invalid"}}, "TAG → Invalid"),
    (
        "Authorize",
        {"idToken": {"idToken": "AB", "type": "Central"}},
        {"idTokenInfo": {"status": "Accepted"}},
        "AB → Accepted",
    ),
    ("Heartbeat", {}, {"currentTime": "2026-01-01T12:04:29.118Z"}, "→ 12:04:29"),
    (
        "ChangeConfiguration",
        {"key": "HeartbeatInterval", "value": "60"},
        {"status": "RebootRequired"},
        "HeartbeatInterval = 60 → RebootRequired",
    ),
    ("GetConfiguration", {}, {"configurationKey": [{"key": "a"}, {"key": "b"}]}, "→ 2 keys"),
    ("Reset", {"type": "Soft"}, {"status": "Accepted"}, "Soft → Accepted"),
    (
        "Reset",
        {"type": "Immediate"},
        {"status": "Rejected", "statusInfo": {"reasonCode": "TxInProgress"}},
        "Immediate → Rejected (TxInProgress)",
    ),
    (
        "RemoteStartTransaction",
        {"idTag": "TAG", "connectorId": 1},
        {"status": "Accepted"},
        "connector 1 · tag TAG → Accepted",
    ),
    (
        "RequestStartTransaction",
        {"idToken": {"idToken": "AB", "type": "Central"}, "remoteStartId": 7, "evseId": 1},
        {"status": "Accepted"},
        "EVSE 1 · tag AB · remote start 7 → Accepted",
    ),
    ("TriggerMessage", {"requestedMessage": "Heartbeat"}, {"status": "NotImplemented"}, "Heartbeat → NotImplemented"),
    (
        "ChangeAvailability",
        {"connectorId": 0, "type": "Inoperative"},
        {"status": "Scheduled"},
        "station Inoperative → Scheduled",
    ),
    (
        "SetVariables",
        {
            "setVariableData": [
                {
                    "component": {"name": "OCPPCommCtrlr"},
                    "variable": {"name": "HeartbeatInterval"},
                    "attributeValue": "60",
                }
            ]
        },
        {"setVariableResult": [{"attributeStatus": "Accepted"}]},
        "OCPPCommCtrlr.HeartbeatInterval = 60 → Accepted",
    ),
    ("Invented", {"colour": "red", "sizes": [1, 2]}, {"status": "Fine"}, "colour red · sizes (2) → Fine"),
]


@pytest.mark.parametrize(
    ("name", "request_", "response", "line"), LINES, ids=[f"{one[0]}-{n}" for n, one in enumerate(LINES)]
)
def test_the_line_says_what_matters(name: str, request_: Any, response: Any, line: str) -> None:
    assert summary(exchange(name, request_, response)) == line


def test_phases_stand_side_by_side_and_power_is_added_up() -> None:
    rows = [
        {"measurand": name, "phase": phase, "value": value, "unit": unit}
        for name, unit, values in (("Power.Active.Import", "kW", "123"), ("Current.Import", "A", "456"))
        for phase, value in zip(("L1", "L2", "L3"), values, strict=True)
    ]
    assert readings(exchange("MeterValues", {"meterValue": [{"sampledValue": rows}]})) == "6.00 kW · 4.0/5.0/6.0 A"


def test_three_voltages_are_a_range_and_equal_currents_are_said_once() -> None:
    rows = [
        {"measurand": name, "phase": phase, "value": value, "unit": unit}
        for name, unit, values in (
            ("Voltage", "V", ("229.6", "231", "230")),
            ("Current.Import", "A", ("16", "16.0", "16.02")),
        )
        for phase, value in zip(("L1", "L2", "L3"), values, strict=True)
    ]
    assert readings(exchange("MeterValues", {"meterValue": [{"sampledValue": rows}]})) == "230–231 V · 3×16.0 A"


def test_the_multiplier_of_2x_is_applied() -> None:
    rows = [
        {"measurand": "Energy.Active.Import.Register", "value": 4.2, "unitOfMeasure": {"unit": "Wh", "multiplier": 3}}
    ]
    assert readings(exchange("TransactionEvent", {"meterValue": [{"sampledValue": rows}]})) == "4 200 Wh"


def test_an_error_is_told_in_its_own_words() -> None:
    failed = exchange(
        "Reset", {"type": "Hard"}, outcome="error", error_code="NotSupported", error_description="no relay"
    )
    assert summary(failed) == "Hard → no relay"
    assert verdict(failed).text == "✖ NotSupported"


def test_a_broken_frame_is_shown_as_it_came() -> None:
    broken = exchange(
        None,
        outcome="malformed",
        raw_request='[2,"17","MeterValues",{"connectorId":1,,',
        violations=(Violation("$ (column 41)", "syntax", "not JSON"),),
    )
    assert summary(broken) == '[2,"17","MeterValues",{"connectorId":1,,'
    assert action(broken) == "(not JSON)"
    assert verdict(broken).text == "✖ syntax"


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_the_character_that_is_no_json_is_lit_also_behind_a_byte_order_mark(mark: str) -> None:
    raw = mark + '[2,"17","MeterValues",{"connectorId":1,!}]'
    read = frame.parse(raw)
    assert isinstance(read, frame.Malformed)
    assert read.column is not None
    where = Violation(f"$ (column {read.column + 1})", read.rule, read.message)
    lit = broken(exchange(None, outcome="malformed", raw_request=raw, violations=(where,)))
    assert lit is not None
    assert lit[1].text == "!"
    assert f"at column {len(mark) + 40}" in read.message


def test_bytes_are_shown_as_bytes() -> None:
    binary = exchange(None, outcome="malformed", raw_request=b"\x00\xffab", violations=(Violation("$", "binary", "x"),))
    assert summary(binary) == "4 bytes: 00 ff 61 62"
    assert action(binary) == "(binary)"


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({}, "✓"),
        ({"violations": (Violation("$", "required", "x"),)}, "⚠ 1 violation"),
        ({"violations": (Violation("$", "required", "x"),) * 2}, "⚠ 2 violations"),
        ({"tolerances": ("a byte order mark",)}, "≈ tolerated"),
        ({"repeat": True, "tolerances": ("again",)}, "↻ repeated"),
        ({"outcome": "timeout"}, "◷ timeout"),
        ({"outcome": "late"}, "⇠ late"),
        ({"outcome": "lost"}, "↯ link lost"),
        ({"outcome": "none"}, "∅ not answered"),
        ({"outcome": "unsolicited"}, "? not asked for"),
        ({"outcome": "send"}, "✓"),
        ({"outcome": "malformed", "error_code": "FormationViolation"}, "✖ FormationViolation"),
    ],
)
def test_the_verdict_is_a_glyph_and_a_word(more: dict[str, Any], text: str) -> None:
    assert verdict(exchange("Heartbeat", {}, {}, **more)).text == text


def test_secrets_do_not_reach_the_line() -> None:
    for payload in (
        {"key": "AuthorizationKey", "value": "hunter2"},
        {"location": "ftp://bob:hunter2@h/f.bin"},
        {"idToken": {"idToken": "hunter2", "type": "KeyCode"}},
    ):
        for name in ("ChangeConfiguration", "UpdateFirmware", "Authorize", "Invented"):
            assert "hunter2" not in summary(exchange(name, payload, {}))


@pytest.mark.parametrize("tag", ["../../etc/hosts", "=HYPERLINK(1)", "/", " . ", "=1+1"])
def test_what_a_station_said_is_never_trimmed(tag: str) -> None:
    assert summary(exchange("Authorize", {"idTag": tag}, {"idTagInfo": {"status": "Invalid"}})).startswith(tag.strip())
    assert summary(exchange("ChangeConfiguration", {"key": tag, "value": tag}, {})) == f"{tag} = {tag}".strip()


def test_arrows_say_who_called() -> None:
    assert arrow(exchange("Reset", direction="out")) == "←"
    assert arrow(exchange("Heartbeat")) == "→"


def test_time_is_only_told_where_there_was_an_answer() -> None:
    assert milliseconds(exchange("Reset", outcome="timeout", latency_ns=None)) == "—"
    assert milliseconds(exchange("Reset", latency_ns=812_400_000)) == "812"


def test_every_action_of_the_table_is_one_of_ocpp() -> None:
    known = set().union(*(actions(version) for version in ("1.6", "2.0.1", "2.1")))
    assert set(SUMMARIES) <= known


NAMES = """connectorId meterValue sampledValue value unit evse id idToken type status eventType seqNo key
configurationKey transactionInfo transactionId unitOfMeasure multiplier component variable name setVariableData statusInfo"""

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(NAMES.split()),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(name=st.sampled_from([*SUMMARIES, "MeterValues", "TransactionEvent", "Unheard"]), request=JSON, response=JSON)
def test_whatever_a_station_sends_there_is_a_line(name: str, request: Any, response: Any) -> None:
    line = summary(exchange(name, request, response))
    assert len(line) <= LONGEST


def test_a_long_transaction_id_is_shortened_and_the_outcome_is_read_in_a_narrow_column() -> None:
    asked = {"transactionId": "0f8fad5b-d9cb-469f-a165-70867728950e"}
    stop = exchange("RequestStopTransaction", asked, {"status": "Accepted"}, version="2.0.1", direction="out")
    assert summary(stop) == "tx 0f8fad5b… → Accepted"
    start = {"evseId": 1, "remoteStartId": 1234567, "idToken": {"idToken": "04A2F1B2C3D4E5", "type": "Central"}}
    answer = {"status": "Accepted", **asked}
    line = summary(exchange("RequestStartTransaction", start, answer, version="2.0.1", direction="out"), 48)
    assert len(line) <= 48
    assert line.endswith("→ Accepted · tx 0f8fad5b…")


def test_a_secret_is_found_in_whatever_spelling_of_the_frame() -> None:
    payload = {"key": "AuthorizationKey", "value": "hunter22"}
    for raw in (
        frame.call("1", "ChangeConfiguration", payload),
        '[2,"1","ChangeConfiguration",{"key":"\\u0041uthorization\\u004bey","value":"hunter22"}]',
        None,
    ):
        assert "hunter22" not in summary(exchange(action="ChangeConfiguration", request=payload, raw_request=raw))


def test_a_frame_without_secrets_is_not_taken_apart_to_look_for_some(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("console.screens.summary.masked_payload", lambda _payload: pytest.fail("it was"))
    payload = {"connectorId": 1, "status": "Charging", "errorCode": "NoError"}
    texts = {"raw_request": frame.call("1", "StatusNotification", payload), "raw_response": frame.result("1", {})}
    assert "Charging" in summary(exchange("StatusNotification", payload, {}, **texts))
