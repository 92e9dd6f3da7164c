"""Certification cases in which the station begins, by their ids: what it says is answered as the case asks.

Links, TLS and passwords have their cases here as far as one handshake shows them; more is in tests/faults and
tests/engine/endpoint.
"""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest

from console.engine.engine import Engine
from console.engine.wire.schema import violations
from profiles import KnownStation, Profile, Tag, Tags, load_profile
from tests.faults.raw import bench, request, status, upgrade

Dial = Callable[..., Awaitable[Any]]
MakeEngine = Callable[..., Awaitable[Engine]]

AT = "2026-11-24T10:00:00.000Z"
PASSWORD = "a-good-long-password"
CARDS = [
    Tag(id="VALID", parent="GROUP"),
    Tag(id="BLOCKED", status="Blocked"),
    Tag(id="EXPIRED", status="Expired"),
]


def known_cards() -> Profile:
    return msgspec.structs.replace(load_profile("bench"), tags=Tags(policy="known", known=CARDS))


@pytest.fixture
async def station(make_engine: MakeEngine, dial: Dial, request: pytest.FixtureRequest) -> Any:
    """A station that has booted, at a console that knows some cards; the version is the test's."""
    engine = await make_engine(known_cards())
    made = await dial(engine, "CP-001", request.param)
    assert (await made.boot())[2]["status"] == "Accepted"
    made.engine = engine
    return made


old = pytest.mark.parametrize("station", ["1.6"], indirect=True)
new = pytest.mark.parametrize("station", ["2.0.1", "2.1"], indirect=True)


async def said(station: Any, action: str, payload: dict[str, Any]) -> dict[str, Any]:
    """The answer to a call of a case; both are as the schema wants them."""
    version = {"ocpp1.6": "1.6", "ocpp2.0.1": "2.0.1", "ocpp2.1": "2.1"}[station.socket.subprotocol]
    assert violations(version, action, payload) == ()
    answer = await station.call(action, payload)
    assert answer[0] == 3, answer
    assert violations(version, action, answer[2], answer=True) == ()
    found: dict[str, Any] = answer[2]
    return found


# Links.


@pytest.mark.parametrize(
    ("case", "user", "password", "expected"),
    [
        ("TC_085 TC_A_01", "CP-001", PASSWORD, 101),
        ("TC_A_02", "CP-002", PASSWORD, 401),
        ("TC_A_03", "CP-001", "another-long-password", 401),
    ],
)
async def test_basic_authentication(
    make_engine: MakeEngine, case: str, user: str, password: str, expected: int
) -> None:
    profile = msgspec.structs.replace(
        bench(security_profile=1), stations=[KnownStation(id="CP-001", password=PASSWORD)]
    )
    engine = await make_engine(profile, listen=None)
    login = "Authorization: Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
    assert status(await request(engine, upgrade("/CP-001", login))) == expected, case


@pytest.mark.parametrize("case", ["TC_088", "TC_B_58"])
async def test_a_subprotocol_that_nobody_speaks_is_refused_and_a_known_one_is_agreed(engine: Engine, case: str) -> None:
    assert status(await request(engine, upgrade("/CP-001", protocol="ocpp0.1"))) == 400, case
    agreed = await request(engine, upgrade("/CP-001", protocol="ocpp0.1, ocpp1.6"))
    assert b"Sec-WebSocket-Protocol: ocpp1.6\r\n" in agreed


# Boot.


@pytest.mark.parametrize(("case", "version"), [("TC_001", "1.6"), ("TC_B_01", "2.0.1"), ("TC_B_01", "2.1")])
async def test_a_cold_boot_is_accepted_and_status_and_heartbeat_follow(
    engine: Engine, dial: Dial, case: str, version: str
) -> None:
    station = await dial(engine, "CP-001", version)
    boot = (await station.boot())[2]
    assert (boot["status"], boot["interval"] > 0) == ("Accepted", True), case
    place = {"connectorId": 1, "errorCode": "NoError", "status": "Available"}
    if version != "1.6":
        place = {"timestamp": AT, "connectorStatus": "Available", "evseId": 1, "connectorId": 1}
    assert await said(station, "StatusNotification", place) == {}
    assert "currentTime" in await said(station, "Heartbeat", {})


@pytest.mark.parametrize("case", ["TC_B_02", "TC_B_30", "TC_B_31"])
async def test_a_pending_station_is_heard_only_with_what_it_was_asked_for(
    make_engine: MakeEngine, dial: Dial, case: str
) -> None:
    engine = await make_engine(bench(unknown_stations="pending"), listen=None)
    station = await dial(engine, "CP-001", "2.0.1")
    assert (await station.boot())[2]["status"] == "Pending", case
    place = {"timestamp": AT, "connectorStatus": "Available", "evseId": 1, "connectorId": 1}
    refused = await station.call("StatusNotification", place)
    assert (refused[0], refused[2]) == (4, "SecurityError")


# Cards.


@old
@pytest.mark.parametrize(
    ("case", "tag", "expected"),
    [
        ("TC_003 TC_004_1 TC_037_1", "VALID", "Accepted"),
        ("TC_023_1 TC_037_3", "STRANGER", "Invalid"),
        ("TC_023_2", "EXPIRED", "Expired"),
        ("TC_023_3", "BLOCKED", "Blocked"),
    ],
)
async def test_a_card_of_1_6_is_judged_at_authorize_and_at_start_and_the_session_is_kept(
    station: Any, case: str, tag: str, expected: str
) -> None:
    assert (await said(station, "Authorize", {"idTag": tag}))["idTagInfo"]["status"] == expected, case
    start = {"connectorId": 1, "idTag": tag, "meterStart": 0, "timestamp": AT}
    begun = await said(station, "StartTransaction", start)
    assert begun["idTagInfo"]["status"] == expected
    assert begun["transactionId"] > 0
    stop = {"transactionId": begun["transactionId"], "meterStop": 10, "timestamp": AT, "reason": "DeAuthorized"}
    await said(station, "StopTransaction", stop)
    (kept,) = await station.engine.transactions()
    assert (kept.id_tag, kept.state) == (tag, "ended")


@new
@pytest.mark.parametrize(
    ("case", "tag", "expected"),
    [
        ("TC_E_03 TC_E_04", "VALID", "Accepted"),
        ("TC_C_02 TC_E_16", "STRANGER", "Invalid"),
        ("TC_C_06", "BLOCKED", "Blocked"),
        ("TC_C_07", "EXPIRED", "Expired"),
    ],
)
async def test_a_card_of_2_x_is_judged_at_authorize_and_in_every_event_that_carries_it(
    station: Any, case: str, tag: str, expected: str
) -> None:
    token = {"idToken": tag, "type": "ISO14443"}
    told = (await said(station, "Authorize", {"idToken": token}))["idTokenInfo"]
    # Blocked and expired cards have words of their own; an unknown one is Invalid or Unknown.
    assert told["status"] in ({expected, "Unknown"} if expected == "Invalid" else {expected}), case
    if tag == "VALID":
        assert told["groupIdToken"]["idToken"] == "GROUP", "TC_C_39"
    event = {
        "eventType": "Started", "timestamp": AT, "triggerReason": "Authorized", "seqNo": 0, "idToken": token,
        "transactionInfo": {"transactionId": "T"}, "evse": {"id": 1, "connectorId": 1},
    }  # fmt: skip
    begun = await said(station, "TransactionEvent", event)
    assert begun["idTokenInfo"]["status"] == told["status"]
    ended = {**event, "eventType": "Ended", "triggerReason": "EVDeparted", "seqNo": 1}
    await said(station, "TransactionEvent", ended)
    assert [one.wire for one in await station.engine.transactions()] == ["T"]


# What a station tells.


@old
async def test_what_a_station_of_1_6_tells_is_answered(station: Any) -> None:
    data = await said(station, "DataTransfer", {"vendorId": "org.example", "messageId": "m"})
    assert data["status"] in ("UnknownVendorId", "UnknownMessageId", "Rejected"), "TC_064"
    for case, kind in (("TC_077", "InvalidChargePointCertificate"), ("TC_078", "InvalidCentralSystemCertificate")):
        assert await said(station, "SecurityEventNotification", {"type": kind, "timestamp": AT}) == {}, case
    for word in ("Downloading", "Downloaded", "Installing", "Installed", "DownloadFailed", "InstallationFailed"):
        assert await said(station, "FirmwareStatusNotification", {"status": word}) == {}, "TC_044_1 TC_044_2 TC_044_3"
    for word in ("Uploading", "Uploaded", "UploadFailed"):
        assert await said(station, "DiagnosticsStatusNotification", {"status": word}) == {}, "TC_045_1 TC_045_2"
    fault = {"connectorId": 1, "errorCode": "ConnectorLockFailure", "status": "Faulted"}
    assert await said(station, "StatusNotification", fault) == {}, "TC_024"


@new
async def test_what_a_station_of_2_x_tells_is_answered(station: Any) -> None:
    data = await said(station, "DataTransfer", {"vendorId": "org.example", "messageId": "m"})
    assert data["status"] in ("UnknownVendorId", "UnknownMessageId", "Rejected"), "TC_P_02"
    custom = {"customData": {"vendorId": "org.example", "anything": {"deep": [1]}}}
    assert "currentTime" in await said(station, "Heartbeat", custom), "TC_P_03"
    for word in ("Available", "Occupied", "Reserved", "Unavailable", "Faulted"):
        place = {"timestamp": AT, "connectorStatus": word, "evseId": 1, "connectorId": 1}
        assert await said(station, "StatusNotification", place) == {}, "TC_G_01"
    event = {
        "eventId": 1, "timestamp": AT, "trigger": "Alerting", "actualValue": "x",
        "eventNotificationType": "HardWiredMonitor",
        "component": {"name": "ConnectorPlugRetentionLock"}, "variable": {"name": "Problem"},
    }  # fmt: skip
    assert await said(station, "NotifyEvent", {"generatedAt": AT, "seqNo": 0, "eventData": [event]}) == {}, (
        "TC_N_21 TC_G_20"
    )
    for word in ("DownloadScheduled", "Downloading", "InvalidSignature", "InstallVerificationFailed", "Installed"):
        assert await said(station, "FirmwareStatusNotification", {"status": word, "requestId": 1}) == {}, (
            "TC_L_01 TC_L_02 TC_L_03 TC_L_06 TC_L_07 TC_L_08 TC_L_09"
        )
    value = {"timestamp": AT, "sampledValue": [{"value": 1.5}]}
    assert await said(station, "MeterValues", {"evseId": 1, "meterValue": [value]}) == {}, "TC_J_01"


# Sessions of 2.x: whatever begins or ends one is a session, with its reasons and readings.

BEGINNINGS = [
    ("TC_E_01", "ChargingStateChanged", "Charging"),
    ("TC_E_02", "ChargingStateChanged", "Charging"),
    ("TC_E_09", "CablePluggedIn", "EVConnected"),
    ("TC_E_10", "Authorized", "Idle"),
    ("TC_E_11", "SignedDataReceived", "EVConnected"),
    ("TC_E_12", "EVDetected", "Idle"),
    ("TC_E_38", "Authorized", "SuspendedEV"),
]
ENDINGS = [
    ("TC_E_07 TC_E_08 TC_E_15", "StopAuthorized", "Local"),
    ("TC_E_14 TC_E_20", "EVCommunicationLost", "EVDisconnected"),
    ("TC_E_17", "Deauthorized", "DeAuthorized"),
    ("TC_E_19", "EVDeparted", "Other"),
    ("TC_E_22", "ChargingStateChanged", "StoppedByEV"),
    ("TC_E_39", "EVConnectTimeout", "Timeout"),
]


def event_of(kind: str, number: int, trigger: str, **info: Any) -> dict[str, Any]:
    return {
        "eventType": kind, "timestamp": AT, "triggerReason": trigger, "seqNo": number,
        "transactionInfo": {"transactionId": "T", **info}, "evse": {"id": 1, "connectorId": 1},
    }  # fmt: skip


@new
@pytest.mark.parametrize(("case", "trigger", "state"), BEGINNINGS)
async def test_a_session_begins_at_whatever_point_the_station_has_chosen(
    station: Any, case: str, trigger: str, state: str
) -> None:
    await said(station, "TransactionEvent", event_of("Started", 0, trigger, chargingState=state))
    (kept,) = await station.engine.transactions()
    assert (kept.wire, kept.state, kept.charging_state) == ("T", "active", state), case
    assert not kept.seq_gaps, "TC_E_53: numbers may begin at 0"


@new
@pytest.mark.parametrize(("case", "trigger", "reason"), ENDINGS)
async def test_a_session_ends_for_whatever_reason_the_station_gives(
    station: Any, case: str, trigger: str, reason: str
) -> None:
    await said(station, "TransactionEvent", event_of("Started", 0, "Authorized"))
    paused = event_of("Updated", 1, "ChargingStateChanged", chargingState="SuspendedEVSE")
    await said(station, "TransactionEvent", paused)
    (kept,) = await station.engine.transactions()
    assert kept.charging_state == "SuspendedEVSE", "TC_E_26"
    await said(station, "TransactionEvent", event_of("Ended", 2, trigger, stoppedReason=reason))
    (kept,) = await station.engine.transactions()
    assert (kept.state, kept.stop_reason) == ("ended", reason), case


@new
async def test_readings_of_a_session_are_kept_from_its_beginning_to_its_end(station: Any) -> None:
    def reading(value: float, context: str, **more: Any) -> dict[str, Any]:
        sampled = {"value": value, "context": context, "measurand": "Energy.Active.Import.Register", **more}
        return {"meterValue": [{"timestamp": AT, "sampledValue": [sampled]}]}

    signed = {"signedMeterData": "AA", "signingMethod": "", "encodingMethod": "OCMF", "publicKey": ""}
    begin = event_of("Started", 0, "Authorized") | reading(1000, "Transaction.Begin")
    await said(station, "TransactionEvent", begin)  # TC_J_07 TC_J_08
    clock = event_of("Updated", 1, "MeterValueClock") | reading(1100, "Sample.Clock")
    await said(station, "TransactionEvent", clock)  # TC_J_02
    sample = event_of("Updated", 2, "MeterValuePeriodic") | reading(1200, "Sample.Periodic")
    await said(station, "TransactionEvent", sample)  # TC_J_09
    end = event_of("Ended", 3, "StopAuthorized") | reading(1500, "Transaction.End", signedMeterValue=signed)
    await said(station, "TransactionEvent", end)  # TC_J_03 TC_J_04 TC_J_10 TC_J_11
    (kept,) = await station.engine.transactions()
    assert kept.energy_wh == 500
    assert len(await station.engine.samples(kept.id)) == 4
