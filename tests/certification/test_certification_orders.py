"""Certification cases in which the central system gives an order, by their ids: it is sent as the case asks, whatever the
station answers is shown as that, and messages of the station are answered meanwhile.

What becomes of an order afterwards (effects, uploads, reports) is in tests/engine/orders.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from console.engine.engine import Engine
from console.engine.wire.schema import violations

Dial = Callable[..., Awaitable[Any]]
Case = tuple[str, str, dict[str, Any], str]

AT = "2026-11-24T10:00:00.000Z"
PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
HASH = {"hashAlgorithm": "SHA256", "issuerNameHash": "a" * 64, "issuerKeyHash": "b" * 64, "serialNumber": "01"}
RESERVE = {"connectorId": 1, "expiryDate": AT, "idTag": "TAG", "reservationId": 1}
LIMIT = {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6.0}]}
PROFILE = {
    "chargingProfileId": 1, "stackLevel": 0, "chargingProfilePurpose": "TxDefaultProfile", "chargingProfileKind": "Relative",
    "chargingSchedule": LIMIT,
}  # fmt: skip
TX_PROFILE = {**PROFILE, "chargingProfilePurpose": "TxProfile", "transactionId": 1}
SIGNED = {"requestId": 1, "firmware": {
    "location": "http://h/fw.bin", "retrieveDateTime": AT, "signingCertificate": PEM, "signature": "c2ln"}}  # fmt: skip
LOG = {"logType": "SecurityLog", "requestId": 1, "log": {"remoteLocation": "http://h/upload"}}
LIST_ENTRY = {"idTag": "TAG", "idTagInfo": {"status": "Accepted"}}

# (cases, action, payload, what the station says)
OLD: list[Case] = [
    ("TC_010 TC_011_1 TC_011_2", "RemoteStartTransaction", {"idTag": "TAG", "connectorId": 1}, "Accepted"),
    ("TC_012", "RemoteStopTransaction", {"transactionId": 1}, "Accepted"),
    ("TC_013", "Reset", {"type": "Hard"}, "Accepted"),
    ("TC_014", "Reset", {"type": "Soft"}, "Accepted"),
    ("TC_017_1 TC_018_1", "UnlockConnector", {"connectorId": 1}, "Unlocked"),
    ("TC_017_2", "UnlockConnector", {"connectorId": 1}, "NotSupported"),
    ("TC_021", "ChangeConfiguration", {"key": "HeartbeatInterval", "value": "60"}, "Accepted"),
    ("TC_026", "RemoteStartTransaction", {"idTag": "TAG"}, "Rejected"),
    ("TC_028", "RemoteStopTransaction", {"transactionId": 99}, "Rejected"),
    ("TC_030", "UnlockConnector", {"connectorId": 1}, "UnlockFailed"),
    ("TC_031", "UnlockConnector", {"connectorId": 9}, "NotSupported"),
    ("TC_040_1", "ChangeConfiguration", {"key": "Nonsense", "value": "1"}, "NotSupported"),
    ("TC_040_2", "ChangeConfiguration", {"key": "MeterValueSampleInterval", "value": "-1"}, "Rejected"),
    ("TC_043_1", "SendLocalList", {"listVersion": 1, "updateType": "Full"}, "NotSupported"),
    ("TC_043_3", "SendLocalList", {"listVersion": 1, "updateType": "Full"}, "Failed"),
    ("TC_043_4", "SendLocalList", {
        "listVersion": 1, "updateType": "Full", "localAuthorizationList": [LIST_ENTRY]}, "Accepted"),
    ("TC_043_5", "SendLocalList", {
        "listVersion": 2, "updateType": "Differential", "localAuthorizationList": [LIST_ENTRY]}, "VersionMismatch"),
    ("TC_046 TC_047 TC_049", "ReserveNow", RESERVE, "Accepted"),
    ("TC_048_1", "ReserveNow", RESERVE, "Faulted"),
    ("TC_048_2", "ReserveNow", RESERVE, "Occupied"),
    ("TC_048_3", "ReserveNow", RESERVE, "Unavailable"),
    ("TC_048_4", "ReserveNow", RESERVE, "Rejected"),
    ("TC_051", "CancelReservation", {"reservationId": 1}, "Accepted"),
    ("TC_052", "CancelReservation", {"reservationId": 2}, "Rejected"),
    ("TC_053", "ReserveNow", {**RESERVE, "parentIdTag": "PARENT"}, "Accepted"),
    ("TC_054", "TriggerMessage", {"requestedMessage": "MeterValues", "connectorId": 1}, "Accepted"),
    ("TC_055", "TriggerMessage", {"requestedMessage": "MeterValues", "connectorId": 9}, "Rejected"),
    ("TC_056", "SetChargingProfile", {"connectorId": 1, "csChargingProfiles": PROFILE}, "Accepted"),
    ("TC_057", "SetChargingProfile", {"connectorId": 1, "csChargingProfiles": TX_PROFILE}, "Rejected"),
    ("TC_059", "RemoteStartTransaction", {
        "idTag": "TAG", "chargingProfile": {**PROFILE, "chargingProfilePurpose": "TxProfile"}}, "Accepted"),
    ("TC_061", "ClearCache", {}, "Accepted"),
    ("TC_066", "GetCompositeSchedule", {"connectorId": 1, "duration": 300}, "Accepted"),
    ("TC_067", "ClearChargingProfile", {"id": 1}, "Unknown"),
    ("TC_074", "ExtendedTriggerMessage", {"requestedMessage": "SignChargePointCertificate"}, "Accepted"),
    ("TC_075_1", "InstallCertificate", {
        "certificateType": "ManufacturerRootCertificate", "certificate": PEM}, "Accepted"),
    ("TC_075_2", "InstallCertificate", {
        "certificateType": "CentralSystemRootCertificate", "certificate": PEM}, "Failed"),
    ("TC_076", "DeleteCertificate", {"certificateHashData": HASH}, "NotFound"),
    ("TC_079", "GetLog", LOG, "Accepted"),
    ("TC_080", "SignedUpdateFirmware", SIGNED, "Accepted"),
    ("TC_081", "SignedUpdateFirmware", SIGNED, "InvalidCertificate"),
    ("TC_083", "ChangeConfiguration", {"key": "SecurityProfile", "value": "0"}, "Rejected"),
]  # fmt: skip

TOKEN = {"idToken": "TAG", "type": "ISO14443"}
RESERVE_2 = {"id": 1, "expiryDateTime": AT, "idToken": TOKEN}
PROFILE_2 = {
    "id": 1, "stackLevel": 0, "chargingProfilePurpose": "TxDefaultProfile", "chargingProfileKind": "Relative",
    "chargingSchedule": [{"id": 1, **LIMIT}],
}  # fmt: skip
ENTRY_2 = {"idToken": TOKEN, "idTokenInfo": {"status": "Accepted"}}
NETWORK = {"configurationSlot": 1, "connectionData": {
    "ocppVersion": "OCPP20", "ocppTransport": "JSON", "ocppCsmsUrl": "wss://h/", "messageTimeout": 30, "securityProfile": 2,
    "ocppInterface": "Wired0"}}  # fmt: skip
FIRMWARE_2 = {"requestId": 1, "firmware": {
    "location": "http://h/fw.bin", "retrieveDateTime": AT, "signingCertificate": PEM, "signature": "c2ln"}}  # fmt: skip
DISPLAY = {"message": {"id": 1, "priority": "NormalCycle", "message": {"format": "UTF8", "content": "Hello"}}}
CUSTOMER = {"requestId": 1, "report": True, "clear": False, "customerIdentifier": "C-1"}

NEW: list[Case] = [
    ("TC_B_12", "GetBaseReport", {"requestId": 1, "reportBase": "ConfigurationInventory"}, "Accepted"),
    ("TC_B_13", "GetBaseReport", {"requestId": 1, "reportBase": "FullInventory"}, "NotSupported"),
    ("TC_B_14", "GetBaseReport", {"requestId": 1, "reportBase": "SummaryInventory"}, "Accepted"),
    ("TC_B_18", "GetReport", {"requestId": 1, "componentCriteria": ["Problem"]}, "EmptyResultSet"),
    ("TC_B_20 TC_B_21", "Reset", {"type": "OnIdle"}, "Scheduled"),
    ("TC_B_22", "Reset", {"type": "Immediate"}, "Accepted"),
    ("TC_B_25 TC_B_26", "Reset", {"type": "OnIdle", "evseId": 1}, "Accepted"),
    ("TC_B_27", "Reset", {"type": "Immediate", "evseId": 1}, "Rejected"),
    ("TC_B_42", "SetNetworkProfile", NETWORK, "Accepted"),
    ("TC_B_44", "SetNetworkProfile", NETWORK, "Failed"),
    ("TC_C_37", "ClearCache", {}, "Accepted"),
    ("TC_C_38", "ClearCache", {}, "Rejected"),
    ("TC_D_01", "SendLocalList", {
        "versionNumber": 1, "updateType": "Full", "localAuthorizationList": [ENTRY_2]}, "Accepted"),
    ("TC_D_02", "SendLocalList", {
        "versionNumber": 2, "updateType": "Differential", "localAuthorizationList": [ENTRY_2]}, "VersionMismatch"),
    ("TC_D_03", "SendLocalList", {
        "versionNumber": 3, "updateType": "Differential", "localAuthorizationList": [{"idToken": TOKEN}]}, "Accepted"),
    ("TC_D_04", "SendLocalList", {"versionNumber": 4, "updateType": "Full"}, "Accepted"),
    ("TC_E_21", "RequestStopTransaction", {"transactionId": "T"}, "Accepted"),
    ("TC_K_01", "SetChargingProfile", {"evseId": 1, "chargingProfile": PROFILE_2}, "Accepted"),
    ("TC_K_02", "SetChargingProfile", {
        "evseId": 1, "chargingProfile": {**PROFILE_2, "chargingProfilePurpose": "TxProfile"}}, "Rejected"),
    ("TC_K_03", "SetChargingProfile", {"evseId": 0, "chargingProfile": {
        **PROFILE_2, "chargingProfilePurpose": "ChargingStationMaxProfile", "chargingProfileKind": "Absolute"}}, "Accepted"),
    ("TC_K_05", "ClearChargingProfile", {"chargingProfileId": 1}, "Accepted"),
    ("TC_K_08", "ClearChargingProfile", {"chargingProfileId": 2}, "Unknown"),
    ("TC_F_01 TC_F_02 TC_F_03 TC_F_04", "RequestStartTransaction", {
        "evseId": 1, "remoteStartId": 1, "idToken": TOKEN}, "Accepted"),
    ("TC_F_06", "UnlockConnector", {"evseId": 1, "connectorId": 1}, "Unlocked"),
    ("TC_F_11", "TriggerMessage", {"requestedMessage": "MeterValues", "evse": {"id": 1}}, "Accepted"),
    ("TC_F_12", "TriggerMessage", {"requestedMessage": "MeterValues"}, "Accepted"),
    ("TC_F_13", "TriggerMessage", {"requestedMessage": "TransactionEvent", "evse": {"id": 1}}, "Accepted"),
    ("TC_F_14", "TriggerMessage", {"requestedMessage": "TransactionEvent"}, "Accepted"),
    ("TC_F_15", "TriggerMessage", {"requestedMessage": "LogStatusNotification"}, "Accepted"),
    ("TC_F_18", "TriggerMessage", {"requestedMessage": "FirmwareStatusNotification"}, "Accepted"),
    ("TC_F_20", "TriggerMessage", {"requestedMessage": "Heartbeat"}, "Accepted"),
    ("TC_F_23 TC_F_24", "TriggerMessage", {
        "requestedMessage": "StatusNotification", "evse": {"id": 1, "connectorId": 1}}, "Accepted"),
    ("TC_F_27", "TriggerMessage", {"requestedMessage": "SignV2GCertificate"}, "NotImplemented"),
    ("TC_G_03", "ChangeAvailability", {"operationalStatus": "Inoperative", "evse": {"id": 1}}, "Accepted"),
    ("TC_G_04", "ChangeAvailability", {"operationalStatus": "Operative", "evse": {"id": 1}}, "Accepted"),
    ("TC_G_05", "ChangeAvailability", {"operationalStatus": "Inoperative"}, "Accepted"),
    ("TC_G_06", "ChangeAvailability", {"operationalStatus": "Operative"}, "Accepted"),
    ("TC_G_07", "ChangeAvailability", {
        "operationalStatus": "Inoperative", "evse": {"id": 1, "connectorId": 1}}, "Accepted"),
    ("TC_G_11 TC_G_14 TC_G_17", "ChangeAvailability", {"operationalStatus": "Inoperative"}, "Scheduled"),
    ("TC_H_01", "ReserveNow", {**RESERVE_2, "evseId": 1}, "Accepted"),
    ("TC_H_08", "ReserveNow", RESERVE_2, "Accepted"),
    ("TC_H_15", "ReserveNow", {**RESERVE_2, "connectorType": "cType2"}, "Accepted"),
    ("TC_H_17", "CancelReservation", {"reservationId": 1}, "Accepted"),
    ("TC_H_22", "ReserveNow", {**RESERVE_2, "evseId": 1}, "Rejected"),
    ("TC_L_01 TC_L_02 TC_L_03", "UpdateFirmware", FIRMWARE_2, "Accepted"),
    ("TC_L_04", "UpdateFirmware", FIRMWARE_2, "RevokedCertificate"),
    ("TC_L_05", "UpdateFirmware", FIRMWARE_2, "InvalidCertificate"),
    ("TC_M_01", "InstallCertificate", {"certificateType": "CSMSRootCertificate", "certificate": PEM}, "Accepted"),
    ("TC_M_02", "InstallCertificate", {
        "certificateType": "ManufacturerRootCertificate", "certificate": PEM}, "Accepted"),
    ("TC_M_03", "InstallCertificate", {"certificateType": "V2GRootCertificate", "certificate": PEM}, "Accepted"),
    ("TC_M_04", "InstallCertificate", {"certificateType": "MORootCertificate", "certificate": PEM}, "Accepted"),
    ("TC_M_05", "InstallCertificate", {"certificateType": "CSMSRootCertificate", "certificate": PEM}, "Failed"),
    ("TC_M_19", "GetInstalledCertificateIds", {"certificateType": ["MORootCertificate"]}, "NotFound"),
    ("TC_M_20", "DeleteCertificate", {"certificateHashData": HASH}, "Accepted"),
    ("TC_M_21", "DeleteCertificate", {"certificateHashData": HASH}, "Failed"),
    ("TC_N_25", "GetLog", {"logType": "DiagnosticsLog", "requestId": 1, "log": {"remoteLocation": "http://h/"}}, "Accepted"),
    ("TC_N_34", "GetLog", LOG, "Rejected"),
    ("TC_N_36", "GetLog", LOG, "AcceptedCanceled"),
    ("TC_N_27 TC_N_28", "CustomerInformation", CUSTOMER, "Accepted"),
    ("TC_N_29", "CustomerInformation", CUSTOMER, "Invalid"),
    ("TC_N_32", "CustomerInformation", {**CUSTOMER, "report": False, "clear": True}, "Accepted"),
    ("TC_O_01", "SetDisplayMessage", DISPLAY, "Accepted"),
    ("TC_O_17", "SetDisplayMessage", DISPLAY, "NotSupportedPriority"),
    ("TC_O_18", "SetDisplayMessage", DISPLAY, "NotSupportedState"),
    ("TC_O_19", "SetDisplayMessage", DISPLAY, "NotSupportedMessageFormat"),
    ("TC_O_26", "SetDisplayMessage", DISPLAY, "Rejected"),
]  # fmt: skip

EVERY = [
    *(pytest.param("1.6", *one[1:], id=f"{one[0]} {one[3]}") for one in OLD),
    *(
        pytest.param(version, *one[1:], id=f"{one[0]} {one[3]} {version}")
        for one in NEW
        for version in ("2.0.1", "2.1")
    ),
]


@pytest.mark.parametrize(("version", "action", "payload", "status"), EVERY)
async def test_the_order_of_a_certification_case_goes_out_and_its_answer_is_shown(
    engine: Engine, dial: Dial, version: str, action: str, payload: dict[str, Any], status: str
) -> None:
    assert violations(version, action, payload) == (), "the case itself is written as OCPP asks"
    station = await dial(engine, "CP-001", version)
    await station.boot()
    task = asyncio.get_running_loop().create_task(engine.raw("CP-001", action, payload))
    call = await station.hear()
    assert (call[0], call[2], call[3]) == (2, action, payload), "as it was given: nothing empty is added"
    # While the order is outstanding, the station is answered.
    assert (await station.call("Heartbeat", {}))[0] == 3
    await station.say(f'[3,"{call[1]}",{{"status":"{status}"}}]')
    exchange = await asyncio.wait_for(task, 10)
    assert (exchange.outcome, exchange.response) == ("result", {"status": status})
    assert [one.message for one in exchange.violations if one.rule == "enum"] == [], "a status that OCPP has"
