"""A simulated station obeys what the central system orders."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ocpp
import pytest

from console.simulator.electric import Car

TWO = ("2.0.1", "2.1")
EVERY = ("1.6", *TWO)
PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"


def car() -> Car:
    """A car that takes 22 kW for long."""
    return Car(90_000, 0.2, 22_000, 3, 150_000)


def status_of(central: Any) -> str:
    """The newest reported connector status."""
    payload = central.of("StatusNotification")[-1]
    return str(payload.get("status") or payload.get("connectorStatus"))


async def start_remotely(central: Any, version: str, **more: Any) -> None:
    """The remote start of either version."""
    if version == "1.6":
        answer = await central.call("RemoteStartTransaction", {"idTag": "REMOTE", **more})
    else:
        token = {"idToken": "REMOTE", "type": "Central"}
        answer = await central.call("RequestStartTransaction", {"idToken": token, "remoteStartId": 77, **more})
    assert answer["status"] == "Accepted"


async def started(central: Any, version: str) -> dict[str, Any]:
    """The start of the transaction that follows."""
    if version == "1.6":
        payload: dict[str, Any] = await central.hear("StartTransaction")
        await central.hear("StatusNotification", status="Charging")
    else:
        payload = await central.hear("TransactionEvent", eventType="Started")
        await central.hear("TransactionEvent", triggerReason="ChargingStateChanged")
    return payload


@pytest.mark.parametrize("version", EVERY)
async def test_a_reset_ends_the_session_and_the_station_boots_again(
    central: Any, make_station: Any, version: str
) -> None:
    station = await make_station(version)
    await station.start_session(1, "TAG")
    answer = await central.call("Reset", {"type": "Soft" if version == "1.6" else "Immediate"})
    assert answer == {"status": "Accepted"}
    boot = await central.hear("BootNotification", count=2)
    assert len(central.links) == 2
    if version == "1.6":
        assert central.of("StopTransaction")[0]["reason"] == "SoftReset"
    else:
        assert boot["reason"] == "RemoteReset"
        ended = central.of("TransactionEvent")[-1]
        assert (ended["triggerReason"], ended["transactionInfo"]["stoppedReason"]) == ("ResetCommand", "ImmediateReset")
    await central.until(lambda: station.ready.is_set())
    assert central.of("BootNotification")[1:] == [boot]


@pytest.mark.parametrize("version", TWO)
async def test_a_reset_on_idle_waits_for_the_session(central: Any, make_station: Any, version: str) -> None:
    station = await make_station(version)
    await station.start_session(1, "TAG")
    assert await central.call("Reset", {"type": "OnIdle"}) == {"status": "Scheduled"}
    await station.stop_session(1)
    boot = await central.hear("BootNotification", count=2)
    assert boot["reason"] == "ScheduledReset"
    assert central.of("TransactionEvent")[-1]["transactionInfo"]["stoppedReason"] == "Local"


async def test_the_reset_of_one_evse_leaves_the_link(central: Any, make_station: Any) -> None:
    await make_station("2.0.1", connectors=2)
    assert await central.call("Reset", {"type": "Immediate", "evseId": 2}) == {"status": "Accepted"}
    await central.hear("StatusNotification", evseId=2, connectorStatus="Unavailable")
    await central.hear("StatusNotification", count=2, evseId=2, connectorStatus="Available")
    assert len(central.links) == 1


@pytest.mark.parametrize("version", EVERY)
async def test_a_remote_start_begins_a_session_and_a_remote_stop_ends_it(
    central: Any, make_station: Any, version: str
) -> None:
    await make_station(version)
    await start_remotely(central, version)
    start = await started(central, version)
    if version == "1.6":
        assert start["idTag"] == "REMOTE"
        assert await central.call("RemoteStopTransaction", {"transactionId": 1}) == {"status": "Accepted"}
        assert (await central.hear("StopTransaction"))["reason"] == "Remote"
        assert await central.call("RemoteStopTransaction", {"transactionId": 1}) == {"status": "Rejected"}
    else:
        info = start["transactionInfo"]
        assert (info["remoteStartId"], start["triggerReason"]) == (77, "RemoteStart")
        stop = {"transactionId": info["transactionId"]}
        assert await central.call("RequestStopTransaction", stop) == {"status": "Accepted"}
        assert (await central.hear("TransactionEvent", eventType="Ended"))["triggerReason"] == "RemoteStop"


async def test_unlocking_ends_a_session_of_1_6(central: Any, make_station: Any) -> None:
    station = await make_station("1.6")
    await station.start_session(1, "TAG")
    assert await central.call("UnlockConnector", {"connectorId": 1}) == {"status": "Unlocked"}
    assert (await central.hear("StopTransaction"))["reason"] == "UnlockCommand"
    assert await central.call("UnlockConnector", {"connectorId": 9}) == {"status": "NotSupported"}


@pytest.mark.parametrize("version", TWO)
async def test_unlocking_is_refused_during_a_transaction_of_2_x(central: Any, make_station: Any, version: str) -> None:
    station, place = await make_station(version), {"evseId": 1, "connectorId": 1}
    assert await central.call("UnlockConnector", place) == {"status": "Unlocked"}
    await station.start_session(1, "TAG")
    assert await central.call("UnlockConnector", place) == {"status": "OngoingAuthorizedTransaction"}
    unknown = {"evseId": 5, "connectorId": 1}
    assert await central.call("UnlockConnector", unknown) == {"status": "UnknownConnector"}


@pytest.mark.parametrize("version", EVERY)
async def test_availability_changes_now_or_after_the_session(central: Any, make_station: Any, version: str) -> None:
    station = await make_station(version)

    def change(operative: bool) -> dict[str, Any]:
        word = "Operative" if operative else "Inoperative"
        if version == "1.6":
            return {"connectorId": 1, "type": word}
        return {"operationalStatus": word, "evse": {"id": 1}}

    field = "status" if version == "1.6" else "connectorStatus"
    assert await central.call("ChangeAvailability", change(False)) == {"status": "Accepted"}
    await central.hear("StatusNotification", **{field: "Unavailable"})
    assert await central.call("ChangeAvailability", change(True)) == {"status": "Accepted"}
    await central.hear("StatusNotification", count=2, **{field: "Available"})
    await station.start_session(1, "TAG")
    assert await central.call("ChangeAvailability", change(False)) == {"status": "Scheduled"}
    await station.stop_session(1)
    await central.hear("StatusNotification", count=2, **{field: "Unavailable"})


async def test_configuration_of_1_6_is_read_and_changed(central: Any, make_station: Any) -> None:
    station = await make_station("1.6")
    everything = (await central.call("GetConfiguration"))["configurationKey"]
    assert len(everything) > 30
    asked = await central.call("GetConfiguration", {"key": ["heartbeatinterval", "Nonsense", "AuthorizationKey"]})
    assert asked["configurationKey"][0] == {"key": "HeartbeatInterval", "readonly": False, "value": "3600"}
    assert "value" not in asked["configurationKey"][1]
    assert asked["unknownKey"] == ["Nonsense"]

    async def change(key: str, value: str) -> str:
        return str((await central.call("ChangeConfiguration", {"key": key, "value": value}))["status"])

    assert await change("HeartbeatInterval", "60") == "Accepted"
    assert await change("HeartbeatInterval", "soon") == "Rejected"
    assert await change("NumberOfConnectors", "9") == "Rejected"
    assert await change("Nonsense", "1") == "NotSupported"
    assert await change("WebSocketPingInterval", "15") == "RebootRequired"
    assert station.speech.config.get("WebSocketPingInterval") == "30"
    await central.call("Reset", {"type": "Hard"})
    await central.hear("BootNotification", count=2)
    assert station.speech.config.get("WebSocketPingInterval") == "15"


async def test_a_new_password_is_used_from_the_next_link_on(central: Any, make_station: Any) -> None:
    await make_station("1.6", identity="CP1", password="the old one 1234")
    await central.call("ChangeConfiguration", {"key": "AuthorizationKey", "value": "the new one 5678"})
    await central.until(lambda: len(central.headers) == 2)
    assert central.headers[0]["Authorization"] != central.headers[1]["Authorization"]


@pytest.mark.parametrize("version", TWO)
async def test_variables_of_2_x_are_read_and_set(central: Any, make_station: Any, version: str) -> None:
    await make_station(version)
    heartbeat = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}
    password = {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}}
    nothing = {"component": {"name": "Toaster"}, "variable": {"name": "Heat"}}
    got = await central.call("GetVariables", {"getVariableData": [heartbeat, password, nothing]})
    results = got["getVariableResult"]
    assert [r["attributeStatus"] for r in results] == ["Accepted", "Rejected", "UnknownComponent"]
    assert results[0]["attributeValue"] == "3600"
    data = [
        {**heartbeat, "attributeValue": "60"},
        {**heartbeat, "attributeValue": "-1"},
        {"component": {"name": "ChargingStation"}, "variable": {"name": "Model"}, "attributeValue": "x"},
        {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "WebSocketPingInterval"}, "attributeValue": "9"},
    ]
    done = await central.call("SetVariables", {"setVariableData": data})
    statuses = [r["attributeStatus"] for r in done["setVariableResult"]]
    assert statuses == ["Accepted", "Rejected", "Rejected", "RebootRequired"]
    got = await central.call("GetVariables", {"getVariableData": [heartbeat]})
    assert got["getVariableResult"][0]["attributeValue"] == "60"


@pytest.mark.parametrize("version", TWO)
async def test_a_full_report_comes_in_parts(central: Any, make_station: Any, version: str) -> None:
    await make_station(version, connectors=2)
    order = {"requestId": 5, "reportBase": "FullInventory"}
    assert await central.call("GetBaseReport", order) == {"status": "Accepted"}
    await central.hear("NotifyReport", tbc=False)
    parts = central.of("NotifyReport")
    assert [p["seqNo"] for p in parts] == list(range(len(parts)))
    assert [p["tbc"] for p in parts] == [True] * (len(parts) - 1) + [False]
    assert {p["requestId"] for p in parts} == {5}
    rows = [row for part in parts for row in part["reportData"]]
    assert len(rows) > 60
    assert {"name": "Connector", "evse": {"id": 2, "connectorId": 1}} in [row["component"] for row in rows]


TRIGGERS_16 = {
    "BootNotification": "BootNotification",
    "Heartbeat": "Heartbeat",
    "StatusNotification": "StatusNotification",
    "MeterValues": "MeterValues",
    "FirmwareStatusNotification": "FirmwareStatusNotification",
    "DiagnosticsStatusNotification": "DiagnosticsStatusNotification",
}
TRIGGERS_2 = {
    "Heartbeat": "Heartbeat",
    "StatusNotification": "StatusNotification",
    "MeterValues": "MeterValues",
    "FirmwareStatusNotification": "FirmwareStatusNotification",
    "LogStatusNotification": "LogStatusNotification",
    "SignChargingStationCertificate": "SignCertificate",
    "SignV2GCertificate": "SignCertificate",
}


async def test_every_trigger_of_1_6_is_followed(central: Any, make_station: Any) -> None:
    await make_station("1.6")
    for asked, follows in TRIGGERS_16.items():
        before = len(central.of(follows))
        assert await central.call("TriggerMessage", {"requestedMessage": asked}) == {"status": "Accepted"}
        await central.hear(follows, count=before + 1)
    signed = {"requestedMessage": "SignChargePointCertificate"}
    assert await central.call("ExtendedTriggerMessage", signed) == {"status": "Accepted"}
    await central.hear("SignCertificate")


@pytest.mark.parametrize("version", TWO)
async def test_every_trigger_of_2_x_is_followed(central: Any, make_station: Any, version: str) -> None:
    station = await make_station(version)
    await station.start_session(1, "TAG")
    for asked, follows in {**TRIGGERS_2, "TransactionEvent": "TransactionEvent"}.items():
        before = len(central.of(follows))
        assert await central.call("TriggerMessage", {"requestedMessage": asked}) == {"status": "Accepted"}
        await central.hear(follows, count=before + 1)
    boot = {"requestedMessage": "BootNotification"}
    assert await central.call("TriggerMessage", boot) == {"status": "Rejected"}


@pytest.mark.parametrize("version", EVERY)
async def test_a_charging_profile_limits_the_power_and_its_removal_frees_it(
    central: Any, make_station: Any, clock: Any, version: str
) -> None:
    station = await make_station(version)
    await station.plug_in(1, car())
    await station.start_session(1, "TAG")
    clock.turn(60)
    schedule = {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 8.0}]}
    profile = {
        "stackLevel": 0,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Absolute",
    }
    if version == "1.6":
        body = {
            "connectorId": 1,
            "csChargingProfiles": {"chargingProfileId": 4, **profile, "chargingSchedule": schedule},
        }
        remove: dict[str, Any] = {"id": 4}
        ask: dict[str, Any] = {"connectorId": 1, "duration": 600}
    else:
        body = {"evseId": 1, "chargingProfile": {"id": 4, **profile, "chargingSchedule": [{"id": 1, **schedule}]}}
        remove, ask = {"chargingProfileId": 4}, {"evseId": 1, "duration": 600}
    assert await central.call("SetChargingProfile", body) == {"status": "Accepted"}
    outlet = station.connector(1)
    await central.until(lambda: outlet.limit_w is not None)
    clock.turn(60)
    outlet.advance(clock.monotonic())
    assert outlet.power_w == pytest.approx(8 * 230 * 3)
    composite = await central.call("GetCompositeSchedule", ask)
    periods = (composite.get("chargingSchedule") or composite["schedule"])["chargingSchedulePeriod"]
    assert [(p["startPeriod"], p["limit"]) for p in periods] == [(0, 5520.0)]
    assert await central.call("ClearChargingProfile", remove) == {"status": "Accepted"}
    assert await central.call("ClearChargingProfile", remove) == {"status": "Unknown"}
    await central.until(lambda: outlet.limit_w is None)
    clock.turn(60)
    outlet.advance(clock.monotonic())
    assert outlet.power_w == pytest.approx(22_000, rel=0.01)


@pytest.mark.parametrize("version", TWO)
async def test_charging_profiles_are_reported(central: Any, make_station: Any, version: str) -> None:
    await make_station(version, connectors=2)
    for evse in (1, 2):
        period = {"startPeriod": 0, "limit": 4000.0}
        profile = {
            "id": evse,
            "stackLevel": 1,
            "chargingProfilePurpose": "TxDefaultProfile",
            "chargingProfileKind": "Relative",
            "chargingSchedule": [{"id": 1, "chargingRateUnit": "W", "chargingSchedulePeriod": [period]}],
        }
        await central.call("SetChargingProfile", {"evseId": evse, "chargingProfile": profile})
    ask = {"requestId": 8, "chargingProfile": {"chargingProfilePurpose": "TxDefaultProfile"}}
    assert await central.call("GetChargingProfiles", ask) == {"status": "Accepted"}
    await central.hear("ReportChargingProfiles", tbc=False)
    assert [r["evseId"] for r in central.of("ReportChargingProfiles")] == [1, 2]


@pytest.mark.parametrize("version", EVERY)
async def test_a_limit_of_zero_suspends_the_session(central: Any, make_station: Any, version: str) -> None:
    station = await make_station(version)
    await station.plug_in(1, car())
    await station.start_session(1, "TAG")
    schedule = {"chargingRateUnit": "W", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 0.0}]}
    profile = {"stackLevel": 0, "chargingProfileKind": "Relative"}
    if version == "1.6":
        profile |= {"chargingProfileId": 1, "chargingProfilePurpose": "ChargePointMaxProfile"}
        body = {"connectorId": 0, "csChargingProfiles": {**profile, "chargingSchedule": schedule}}
        await central.call("SetChargingProfile", body)
        await central.hear("StatusNotification", status="SuspendedEVSE")
    else:
        profile |= {"id": 1, "chargingProfilePurpose": "ChargingStationMaxProfile"}
        body = {"evseId": 0, "chargingProfile": {**profile, "chargingSchedule": [{"id": 1, **schedule}]}}
        await central.call("SetChargingProfile", body)
        await central.until(
            lambda: central.of("TransactionEvent")[-1]["transactionInfo"]["chargingState"] != "Charging"
        )
        assert central.of("TransactionEvent")[-1]["transactionInfo"]["chargingState"] == "SuspendedEVSE"


@pytest.mark.parametrize("version", EVERY)
async def test_a_reservation_is_kept_used_and_cancelled(central: Any, make_station: Any, version: str) -> None:
    station = await make_station(version)
    field = "status" if version == "1.6" else "connectorStatus"
    late = "2026-03-01T13:00:00Z"
    if version == "1.6":
        order: dict[str, Any] = {"connectorId": 1, "expiryDate": late, "idTag": "MINE", "reservationId": 6}
    else:
        order = {"id": 6, "expiryDateTime": late, "idToken": {"idToken": "MINE", "type": "Central"}, "evseId": 1}
    assert await central.call("ReserveNow", order) == {"status": "Accepted"}
    await central.hear("StatusNotification", **{field: "Reserved"})
    assert await central.call("CancelReservation", {"reservationId": 6}) == {"status": "Accepted"}
    assert await central.call("CancelReservation", {"reservationId": 6}) == {"status": "Rejected"}
    await central.hear("StatusNotification", count=2, **{field: "Available"})
    await central.call("ReserveNow", order)
    await central.hear("StatusNotification", count=2, **{field: "Reserved"})
    await station.start_session(1, "MINE")
    start = central.of("StartTransaction" if version == "1.6" else "TransactionEvent")[0]
    assert start["reservationId"] == 6


@pytest.mark.parametrize("version", EVERY)
async def test_the_local_list_decides_while_the_link_is_gone(central: Any, make_station: Any, version: str) -> None:
    station = await make_station(version)
    if version == "1.6":
        entries: list[Any] = [{"idTag": "BAD", "idTagInfo": {"status": "Blocked"}}]
        order = {"listVersion": 3, "updateType": "Full", "localAuthorizationList": entries}
    else:
        token = {"idToken": "BAD", "type": "Central"}
        entries = [{"idToken": token, "idTokenInfo": {"status": "Blocked"}}]
        order = {"versionNumber": 3, "updateType": "Full", "localAuthorizationList": entries}
    assert await central.call("SendLocalList", order) == {"status": "Accepted"}
    assert 3 in (await central.call("GetLocalListVersion")).values()
    await station.go_offline()
    assert not await station.speech.authorize("BAD")
    assert await station.speech.authorize("UNKNOWN")


@pytest.mark.parametrize("version", EVERY)
async def test_certificates_are_kept_listed_and_deleted(central: Any, make_station: Any, version: str) -> None:
    await make_station(version)
    kind = "CentralSystemRootCertificate" if version == "1.6" else "CSMSRootCertificate"
    install = {"certificateType": kind, "certificate": PEM}
    asked: dict[str, Any] = {"certificateType": kind if version == "1.6" else [kind]}
    assert await central.call("GetInstalledCertificateIds", asked) == {"status": "NotFound"}
    assert await central.call("InstallCertificate", install) == {"status": "Accepted"}
    found = await central.call("GetInstalledCertificateIds", asked)
    if version == "1.6":
        fingerprint = found["certificateHashData"][0]
    else:
        fingerprint = found["certificateHashDataChain"][0]["certificateHashData"]
    wanted = {"certificateHashData": fingerprint}
    assert await central.call("DeleteCertificate", wanted) == {"status": "Accepted"}
    assert await central.call("DeleteCertificate", wanted) == {"status": "NotFound"}
    assert await central.call("InstallCertificate", {**install, "certificate": "junk"}) == {"status": "Failed"}


async def test_monitors_messages_and_customers_of_2_x(central: Any, make_station: Any) -> None:
    await make_station("2.0.1")
    place = {"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "Power"}}
    monitor = {"value": 20000.0, "type": "UpperThreshold", "severity": 4, **place}
    done = await central.call("SetVariableMonitoring", {"setMonitoringData": [monitor]})
    number = done["setMonitoringResult"][0]["id"]
    assert await central.call("GetMonitoringReport", {"requestId": 1}) == {"status": "Accepted"}
    report = await central.hear("NotifyMonitoringReport")
    assert report["monitor"][0]["variableMonitoring"][0]["id"] == number
    cleared = await central.call("ClearVariableMonitoring", {"id": [number, 99]})
    assert [r["status"] for r in cleared["clearMonitoringResult"]] == ["Accepted", "NotFound"]

    message = {"id": 2, "priority": "InFront", "message": {"format": "UTF8", "content": "Closed at 8"}}
    assert await central.call("SetDisplayMessage", {"message": message}) == {"status": "Accepted"}
    assert await central.call("GetDisplayMessages", {"requestId": 3}) == {"status": "Accepted"}
    assert (await central.hear("NotifyDisplayMessages"))["messageInfo"] == [message]
    assert await central.call("ClearDisplayMessage", {"id": 2}) == {"status": "Accepted"}

    order = {"requestId": 4, "report": True, "clear": False, "customerIdentifier": "c-1"}
    assert await central.call("CustomerInformation", order) == {"status": "Accepted"}
    assert (await central.hear("NotifyCustomerInformation"))["requestId"] == 4


async def test_an_unknown_action_is_not_implemented_and_a_foreign_one_not_supported(
    central: Any, make_station: Any
) -> None:
    await make_station("2.1")
    central.faults.clear()
    with pytest.raises(RuntimeError, match="NotImplemented"):
        await central.call("Heartbeat")
    certificate = {"hashAlgorithm": "SHA256", "issuerNameHash": "a", "issuerKeyHash": "b", "serialNumber": "1"}
    asked = [{"certificateHashData": certificate, "source": "OCSP", "urls": ["http://x"]}]
    with pytest.raises(RuntimeError, match="NotSupported"):
        await central.call("GetCertificateChainStatus", {"certificateStatusRequests": asked})
    assert (await central.call("GetDERControl", {"requestId": 1})) == {"status": "NotSupported"}


async def test_a_tariff_of_2_1_is_kept_listed_and_cleared(central: Any, make_station: Any) -> None:
    await make_station("2.1")
    tariff = {"tariffId": "night", "currency": "EUR", "energy": {"prices": [{"priceKwh": 0.3}]}}
    assert await central.call("SetDefaultTariff", {"evseId": 1, "tariff": tariff}) == {"status": "Accepted"}
    kept = await central.call("GetTariffs", {"evseId": 0})
    assert kept["tariffAssignments"][0]["tariffId"] == "night"
    gone = await central.call("ClearTariffs", {"tariffIds": ["night", "day"]})
    assert [r["status"] for r in gone["clearTariffsResult"]] == ["Accepted", "NoTariff"]


async def test_an_event_stream_of_2_1_flows_is_slowed_down_and_ends(central: Any, make_station: Any) -> None:
    await make_station("2.1")
    place = {"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "Power"}}
    pace = {"periodicEventStream": {"interval": 60, "values": 1}}
    monitor = {"value": 1.0, "type": "Periodic", "severity": 8, **place, **pace}
    done = await central.call("SetVariableMonitoring", {"setMonitoringData": [monitor]})
    number = done["setMonitoringResult"][0]["id"]
    flowing = await central.hear("NotifyPeriodicEventStream")
    assert [value["v"] for value in flowing["data"]] == ["0.0"]
    kept = await central.call("GetPeriodicEventStream")
    assert kept["constantStreamData"][0]["variableMonitoringId"] == number
    slower = {"id": flowing["id"], "params": {"interval": 3600, "values": 100}}
    assert await central.call("AdjustPeriodicEventStream", slower) == {"status": "Accepted"}
    await central.call("ClearVariableMonitoring", {"id": [number]})
    assert (await central.hear("ClosePeriodicEventStream"))["id"] == flowing["id"]
    assert await central.call("GetPeriodicEventStream") == {}


@pytest.mark.parametrize("version", EVERY)
async def test_a_changed_heartbeat_interval_counts_at_once(central: Any, make_station: Any, version: str) -> None:
    await make_station(version)
    if version == "1.6":
        await central.call("ChangeConfiguration", {"key": "HeartbeatInterval", "value": "1"})
    else:
        name = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}
        await central.call("SetVariables", {"setVariableData": [{**name, "attributeValue": "1"}]})
    await central.hear("Heartbeat")


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
async def test_clock_aligned_values_come_as_soon_as_they_are_asked_for(
    central: Any, make_station: Any, version: str
) -> None:
    await make_station(version)
    if version == "1.6":
        await central.call("ChangeConfiguration", {"key": "ClockAlignedDataInterval", "value": "1"})
    else:
        name = {"component": {"name": "AlignedDataCtrlr"}, "variable": {"name": "Interval"}}
        await central.call("SetVariables", {"setVariableData": [{**name, "attributeValue": "1"}]})
    values = await central.hear("MeterValues")
    assert values["meterValue"][0]["sampledValue"][0]["context"] == "Sample.Clock"


FROM_STATIONS = {
    "1.6": """Authorize BootNotification DiagnosticsStatusNotification FirmwareStatusNotification Heartbeat
        LogStatusNotification MeterValues SecurityEventNotification SignCertificate SignedFirmwareStatusNotification
        StartTransaction StatusNotification StopTransaction""",
    "2.0.1": """Authorize BootNotification ClearedChargingLimit FirmwareStatusNotification Get15118EVCertificate
        GetCertificateStatus Heartbeat LogStatusNotification MeterValues NotifyChargingLimit NotifyCustomerInformation
        NotifyDisplayMessages NotifyEVChargingNeeds NotifyEVChargingSchedule NotifyEvent NotifyMonitoringReport
        NotifyReport PublishFirmwareStatusNotification ReportChargingProfiles ReservationStatusUpdate
        SecurityEventNotification SignCertificate StatusNotification TransactionEvent""",
}
FROM_STATIONS["2.1"] = (
    FROM_STATIONS["2.0.1"]
    + """ BatterySwap ClosePeriodicEventStream NotifyDERAlarm NotifyDERStartStop NotifyPriorityCharging
        NotifySettlement NotifyWebPaymentStarted OpenPeriodicEventStream PullDynamicScheduleUpdate ReportDERControl
        VatNumberValidation"""
)


@pytest.mark.parametrize("version", EVERY)
async def test_every_call_of_a_central_system_has_an_answer(central: Any, make_station: Any, version: str) -> None:
    station = await make_station(version)
    folder = Path(ocpp.__file__).parent / f"v{version.replace('.', '')}" / "schemas"
    answers = [path.stem.removesuffix("Response") for path in folder.glob("*Response.json")]
    wanted = set(answers) - set(FROM_STATIONS[version].split())
    assert len(wanted) > 20
    assert wanted - set(station.wire.route_map) == set()
