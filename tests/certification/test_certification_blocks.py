"""Certification cases beyond the core in which the central system gives an order, by their ids: limits, lists, messages,
monitors, reservations, certificates. What is asked for goes out, and what the station tells of it is shown as one list.
"""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from console.engine.engine import Engine
from console.engine.orders.run import Run
from tests.certification.told import AT, ID, LATER, Call, Dial, Report, carried_out

YES: dict[str, Any] = {"status": "Accepted"}
OLD, BOTH, NEWEST = ("1.6",), ("2.0.1", "2.1"), ("2.1",)


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """One order of one or more cases. ``text`` and ``hint``: words of how it ended; ``lines``: all that is listed."""

    ids: str
    order: str
    given: dict[str, Any] = {}
    calls: list[Call]
    reports: list[Report] = []
    state: str = "done"
    text: str = ""
    lines: list[str] = []
    hint: str = ""
    versions: tuple[str, ...] = BOTH


# Charging profiles (K).


def profile(number: int = 5, purpose: str = "TxDefaultProfile", limit: float = 16.0, **more: Any) -> dict[str, Any]:
    return {
        "id": number, "stackLevel": 0, "chargingProfilePurpose": purpose, "chargingProfileKind": "Absolute",
        "chargingSchedule": [{"id": 1, "startSchedule": AT, "chargingRateUnit": "A",
                              "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit}]}],
        **more,
    }  # fmt: skip


def composite(limit: float, evse: int = 1, seconds: int = 86400) -> Call:
    schedule = {"evseId": evse, "duration": seconds, "scheduleStart": AT, "chargingRateUnit": "A",
                "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit}]}  # fmt: skip
    unit = {} if seconds != 86400 else {"chargingRateUnit": "A"}  # a limit is read back in its own unit
    return "GetCompositeSchedule", {"duration": seconds, "evseId": evse, **unit}, {**YES, "schedule": schedule}


def asked(**criteria: Any) -> dict[str, Any]:
    evse = {"evseId": criteria.pop("evse")} if "evse" in criteria else {}
    return {"requestId": ID, "chargingProfile": criteria, **evse}


def reported(*profiles: dict[str, Any], evse: int = 1, source: str = "CSO", more: bool = False) -> Report:
    said = {"requestId": ID, "chargingLimitSource": source, "evseId": evse, "chargingProfile": list(profiles)}
    return "ReportChargingProfiles", {**said, "tbc": True} if more else said


STEPS = [{"startPeriod": 0, "limit": 16.0}, {"startPeriod": 28800, "limit": 6.0}]
DAILY = {
    "id": 5, "stackLevel": 0, "chargingProfilePurpose": "TxDefaultProfile", "chargingProfileKind": "Recurring",
    "recurrencyKind": "Daily",
    "chargingSchedule": [{"id": 1, "startSchedule": AT, "duration": 86400, "chargingRateUnit": "A",
                          "chargingSchedulePeriod": STEPS}],
}  # fmt: skip
PROFILE_5 = "profile 5, TxDefaultProfile, stack 0, Absolute: 16 A"

LIMITS = [
    Case(
        ids="TC_K_10", order="limit", given={"limit": "16", "profile": 5, "from": AT},
        calls=[("SetChargingProfile", {"evseId": 0, "chargingProfile": profile()}, YES), composite(16.0, 0)],
        text="the station draws at most 16 A",
    ),
    Case(
        ids="TC_K_15", order="limit", given={"limit": "16", "profile": 5, "from": AT, "connector": 1},
        calls=[("SetChargingProfile", {"evseId": 1, "chargingProfile": profile()}, "NotSupported")],
        state="rejected", text="CALLERROR NotSupported", hint="knows this action, but does not support it",
    ),
    Case(
        ids="TC_K_19", order="limit",
        given={"limit": "16,6@28800", "every": "day", "from": AT, "duration": 86400, "profile": 5, "connector": 1},
        calls=[("SetChargingProfile", {"evseId": 1, "chargingProfile": DAILY}, YES), composite(32.0)],
        text="connector 1 draws at most 32 A",
    ),
    Case(
        ids="TC_K_04", order="limit", given={"limit": "10", "profile": 5, "from": AT, "connector": 1},
        calls=[("SetChargingProfile", {"evseId": 1, "chargingProfile": profile(limit=10.0)}, YES), composite(16.0)],
        state="missing", text="but by its schedule connector 1 draws at most 16 A",
    ),
    Case(
        ids="TC_K_06", order="clear-limit", given={"connector": 1, "purpose": "default", "stack": 0},
        calls=[("ClearChargingProfile", {"chargingProfileCriteria": {
            "evseId": 1, "chargingProfilePurpose": "TxDefaultProfile", "stackLevel": 0}}, YES)],
        text="answered Accepted",
    ),
    Case(
        ids="TC_K_29", order="limits", given={"evse": 0},
        calls=[("GetChargingProfiles", asked(evse=0), YES)],
        reports=[reported(profile(purpose="ChargingStationMaxProfile"), evse=0)],
        text="1 profile", lines=["the station, CSO: profile 5, ChargingStationMaxProfile, stack 0, Absolute: 16 A"],
    ),
    Case(
        ids="TC_K_30", order="limits", given={"evse": 1},
        calls=[("GetChargingProfiles", asked(evse=1), YES)],
        reports=[reported(profile(), more=True), reported(profile(6, stackLevel=1))],
        text="2 profiles in 2 parts",
        lines=[f"EVSE 1, CSO: {PROFILE_5}", "EVSE 1, CSO: profile 6, TxDefaultProfile, stack 1, Absolute: 16 A"],
    ),
    Case(
        ids="TC_K_31", order="limits", calls=[("GetChargingProfiles", asked(), YES)],
        reports=[reported(profile(), more=True), reported(profile(7), evse=2)],
        text="2 profiles in 2 parts",
        lines=[f"EVSE 1, CSO: {PROFILE_5}", "EVSE 2, CSO: profile 7, TxDefaultProfile, stack 0, Absolute: 16 A"],
    ),
    Case(
        ids="TC_K_32", order="limits", given={"profile": "5,6"},
        calls=[("GetChargingProfiles", asked(chargingProfileId=[5, 6]), {"status": "NoProfiles"})],
        text="none: answered NoProfiles",
    ),
    Case(
        ids="TC_K_33", order="limits", given={"evse": 1, "stack": 0},
        calls=[("GetChargingProfiles", asked(evse=1, stackLevel=0), YES)], reports=[reported(DAILY)],
        lines=["EVSE 1, CSO: profile 5, TxDefaultProfile, stack 0, Recurring Daily: 16 A, 6 A after 28800 s"],
    ),
    Case(
        ids="TC_K_34", order="limits", given={"evse": 1, "source": "EMS"},
        calls=[("GetChargingProfiles", asked(evse=1, chargingLimitSource=["EMS"]), YES)],
        reports=[reported(profile(), source="EMS")], lines=[f"EVSE 1, EMS: {PROFILE_5}"],
    ),
    Case(
        ids="TC_K_35", order="limits", given={"evse": 1, "purpose": "session"},
        calls=[("GetChargingProfiles", asked(evse=1, chargingProfilePurpose="TxProfile"), YES)],
        reports=[reported(profile(purpose="TxProfile", transactionId="T"))],
        lines=["EVSE 1, CSO: profile 5, TxProfile, stack 0, Absolute, transaction T: 16 A"],
    ),
    Case(
        ids="TC_K_36", order="limits", given={"evse": 1, "purpose": "default", "stack": 2},
        calls=[("GetChargingProfiles", asked(evse=1, chargingProfilePurpose="TxDefaultProfile", stackLevel=2), YES)],
        reports=[reported(profile(stackLevel=2))],
        lines=["EVSE 1, CSO: profile 5, TxDefaultProfile, stack 2, Absolute: 16 A"],
    ),
    Case(
        ids="TC_K_52", order="limits", given={"purpose": "external"},
        calls=[("GetChargingProfiles", asked(chargingProfilePurpose="ChargingStationExternalConstraints"), YES)],
        reports=[reported(profile(purpose="ChargingStationExternalConstraints"), source="SO")],
        lines=["EVSE 1, SO: profile 5, ChargingStationExternalConstraints, stack 0, Absolute: 16 A"],
    ),
    Case(
        ids="TC_K_43", order="schedule", given={"connector": 1, "duration": 300},
        calls=[composite(16.0, seconds=300)], text="16 A", lines=["16 A"],
    ),
    Case(
        ids="TC_K_44", order="schedule", given={"duration": 300},
        calls=[composite(32.0, 0, seconds=300)], text="32 A", lines=["32 A"],
    ),
]  # fmt: skip


# Display messages (O).


def message(number: int = 7, **more: Any) -> dict[str, Any]:
    content = {"format": "UTF8", "content": "Hello"}
    return {"id": number, "priority": "NormalCycle", "message": content, **more}


def shown(order: dict[str, Any], put: dict[str, Any], answer: str = "Accepted", **more: Any) -> Case:
    return Case(
        order="display", given={"text": "Hello", "id": 7, **order}, **more,
        calls=[("SetDisplayMessage", {"message": message(**put)}, {"status": answer})],
    )  # fmt: skip


def listed(given: dict[str, Any], wanted: dict[str, Any], *parts: list[dict[str, Any]], **more: Any) -> Case:
    last = len(parts) - 1
    tbc: list[dict[str, Any]] = [{"tbc": True} if at < last else {} for at in range(len(parts))]
    return Case(
        order="displays", given=given, **more,
        calls=[("GetDisplayMessages", {"requestId": ID, **wanted}, {"status": "Accepted" if parts else "Unknown"})],
        reports=[("NotifyDisplayMessages", {"requestId": ID, "messageInfo": part, **tbc[at]})
                 for at, part in enumerate(parts)],
    )  # fmt: skip


HELLO = "message 7, NormalCycle: “Hello” (UTF8)"
WRONG_TX = "Sessions has its id"
MESSAGES = [
    listed({}, {}, [message()], [message(8, priority="AlwaysFront")], ids="TC_O_02", text="2 messages in 2 parts",
           lines=[HELLO, "message 8, AlwaysFront: “Hello” (UTF8)"]),
    listed({}, {}, ids="TC_O_03", text="none: answered Unknown"),
    Case(ids="TC_O_04", order="clear-display", given={"id": 7}, calls=[("ClearDisplayMessage", {"id": 7}, YES)],
         text="answered Accepted"),
    Case(ids="TC_O_05", order="clear-display", given={"id": 9}, state="rejected", text="answered Unknown",
         calls=[("ClearDisplayMessage", {"id": 9}, {"status": "Unknown"})], hint="displays lists them"),
    shown({"transaction": "T"}, {"transactionId": "T"}, ids="TC_O_06", text="message 7: answered Accepted"),
    listed({"id": "7"}, {"id": [7]}, [message()], ids="TC_O_07", text="1 message", lines=[HELLO]),
    listed({"priority": "InFront"}, {"priority": "InFront"}, [message(priority="InFront")], ids="TC_O_08",
           lines=["message 7, InFront: “Hello” (UTF8)"]),
    listed({"state": "Charging"}, {"state": "Charging"}, [message(state="Charging")], ids="TC_O_09",
           lines=["message 7, NormalCycle, while Charging: “Hello” (UTF8)"]),
    shown({"transaction": "X"}, {"transactionId": "X"}, "UnknownTransaction", ids="TC_O_10", state="rejected",
          text="answered UnknownTransaction", hint=WRONG_TX),
    listed({"id": "9", "state": "Faulted"}, {"id": [9], "state": "Faulted"}, ids="TC_O_11",
           text="none: answered Unknown"),
    shown({"priority": "AlwaysFront"}, {"priority": "AlwaysFront"}, ids="TC_O_12", text="message 7: answered Accepted"),
    shown({"from": AT}, {"startDateTime": AT}, ids="TC_O_13", text="message 7: answered Accepted"),
    shown({"until": LATER}, {"endDateTime": LATER}, ids="TC_O_14", text="message 7: answered Accepted"),
    shown({"state": "Faulted"}, {"state": "Faulted"}, ids="TC_O_25", text="message 7: answered Accepted"),
    shown({"transaction": "T", "from": AT}, {"transactionId": "T", "startDateTime": AT}, ids="TC_O_27",
          text="message 7: answered Accepted"),
    shown({"transaction": "T", "until": LATER}, {"transactionId": "T", "endDateTime": LATER}, ids="TC_O_28",
          text="message 7: answered Accepted"),
]  # fmt: skip


# Monitoring (N).

CONNECTOR = {"name": "Connector", "evse": {"id": 1}}
HEAT = {"component": CONNECTOR, "variable": {"name": "Temperature"}}
WATCH = {"component": "Connector", "variable": "Temperature", "evse": 1}


def monitored(number: int, kind: str, value: float, severity: int, version: str) -> dict[str, Any]:
    made = {"id": number, "transaction": False, "value": value, "type": kind, "severity": severity}
    return made if version == "2.0.1" else {**made, "eventNotificationType": "CustomMonitor"}


def report(sequence: int, version: str, *monitors: dict[str, Any], more: bool = False) -> Report:
    made: dict[str, Any] = {"requestId": ID, "seqNo": sequence, "generatedAt": AT}
    if monitors:
        made["monitor"] = [{**HEAT, "variableMonitoring": list(monitors)}]
    return "NotifyMonitoringReport", {**made, "tbc": True} if more else made


def watched(kind: str, value: float, **more: Any) -> dict[str, Any]:
    return {"value": value, "type": kind, "severity": 6, **HEAT, **more}


def watching(kind: str, status: str, number: int | None = None) -> dict[str, Any]:
    made = {"status": status, "type": kind, "severity": 6, **HEAT}
    return {"setMonitoringResult": [made if number is None else {**made, "id": number}]}


LINE = "EVSE 1: Connector.Temperature: monitor 12 UpperThreshold 80, severity 4"
MONITORS = [
    Case(
        ids="TC_N_01", order="monitors", given={"type": "threshold"}, versions=("2.0.1",),
        calls=[("GetMonitoringReport", {"requestId": ID, "monitoringCriteria": ["ThresholdMonitoring"]}, YES)],
        reports=[report(0, "2.0.1", monitored(12, "UpperThreshold", 80, 4, "2.0.1"))], text="1 monitor", lines=[LINE],
    ),
    Case(
        ids="TC_N_02", order="monitors", given=WATCH, versions=("2.0.1",),
        calls=[("GetMonitoringReport", {"requestId": ID, "componentVariable": [HEAT]}, YES)],
        reports=[
            report(0, "2.0.1", monitored(12, "UpperThreshold", 80, 4, "2.0.1"), more=True),
            report(2, "2.0.1", monitored(13, "Delta", 5, 8, "2.0.1")),  # the last one overtakes another
            report(1, "2.0.1", more=True),
        ],
        text="2 monitors in 3 parts",
        lines=[LINE, "EVSE 1: Connector.Temperature: monitor 13 Delta 5, severity 8"],
    ),
    Case(
        ids="TC_N_03 TC_N_60", order="monitors", given={**WATCH, "type": "delta"}, versions=("2.0.1",),
        calls=[("GetMonitoringReport", {
            "requestId": ID, "monitoringCriteria": ["DeltaMonitoring"], "componentVariable": [HEAT]},
            {"status": "EmptyResultSet"})],
        text="none: answered EmptyResultSet",
    ),
    Case(
        ids="TC_N_47", order="monitors", versions=NEWEST,
        calls=[("GetMonitoringReport", {"requestId": ID}, YES)],
        reports=[
            report(0, "2.1", monitored(12, "UpperThreshold", 80, 4, "2.1"), more=True),
            report(1, "2.1", monitored(13, "Periodic", 60, 8, "2.1"), more=True),
            report(2, "2.1", monitored(14, "TargetDelta", 2.5, 6, "2.1")),
        ],
        text="3 monitors in 3 parts",
        lines=[
            f"{LINE}, CustomMonitor",
            "EVSE 1: Connector.Temperature: monitor 13 Periodic 60, severity 8, CustomMonitor",
            "EVSE 1: Connector.Temperature: monitor 14 TargetDelta 2.5, severity 6, CustomMonitor",
        ],
    ),
    Case(ids="TC_N_05", order="monitoring", given={"base": "FactoryDefault"}, text="answered Accepted",
         calls=[("SetMonitoringBase", {"monitoringBase": "FactoryDefault"}, YES)]),
    Case(ids="TC_N_16", order="monitoring", given={"level": 4}, text="answered Accepted",
         calls=[("SetMonitoringLevel", {"severity": 4}, YES)]),
    Case(ids="TC_N_17", order="monitoring", given={"level": 10}, state="rejected", text="answered Rejected",
         calls=[("SetMonitoringLevel", {"severity": 10}, {"status": "Rejected"})]),
    Case(
        ids="TC_N_08", order="monitor", given={**WATCH, "type": "UpperThreshold", "value": 80},
        calls=[("SetVariableMonitoring", {"setMonitoringData": [watched("UpperThreshold", 80.0)]},
                watching("UpperThreshold", "Accepted", 12))],
        text="monitor 12 UpperThreshold: Accepted",
        lines=["EVSE 1: Connector.Temperature: monitor 12 UpperThreshold: Accepted"],
    ),
    Case(
        ids="TC_N_24", order="monitor", given={**WATCH, "type": "periodic", "value": 60, "id": 13},
        calls=[("SetVariableMonitoring", {"setMonitoringData": [watched("Periodic", 60.0, id=13)]},
                watching("Periodic", "UnsupportedMonitorType"))],
        state="rejected", text="answered UnsupportedMonitorType", hint="takes no monitor of that type",
        lines=["EVSE 1: Connector.Temperature: monitor Periodic: UnsupportedMonitorType"],
    ),
    Case(
        ids="TC_N_18", order="clear-monitor", given={"id": "1,2,3,4"}, state="rejected",
        calls=[("ClearVariableMonitoring", {"id": [1, 2, 3, 4]}, "OccurrenceConstraintViolation")],
        text="CALLERROR OccurrenceConstraintViolation",
    ),
    Case(
        ids="TC_N_44", order="clear-monitor", given={"id": "1"}, state="rejected",
        calls=[("ClearVariableMonitoring", {"id": [1]}, {"clearMonitoringResult": [{"status": "Rejected", "id": 1}]})],
        text="answered Rejected", hint="built in stays", lines=["monitor 1: Rejected"],
    ),
]  # fmt: skip


# Customers (N).


def known(sequence: int, data: str, more: bool = False) -> Report:
    made = {"requestId": ID, "seqNo": sequence, "generatedAt": AT, "data": data}
    return "NotifyCustomerInformation", {**made, "tbc": True} if more else made


def wanted(report: bool = True, clear: bool = False, **who: Any) -> dict[str, Any]:
    return {"requestId": ID, "report": report, "clear": clear, **who}


HASH = {"hashAlgorithm": "SHA256", "issuerNameHash": "a" * 64, "issuerKeyHash": "b" * 64, "serialNumber": "01"}
CARD = {"idToken": "TAG", "type": "ISO14443"}
CUSTOMERS = [
    Case(
        ids="TC_N_30", order="customer", given={"tag": "TAG", "type": "ISO14443", "clear": True},
        calls=[("CustomerInformation", wanted(clear=True, idToken=CARD), YES)],
        # Pieces are cut anywhere, and may come in any order.
        reports=[known(0, "Name: A. Driver\nCount", more=True), known(2, "\nTag: TAG"), known(1, "ry: France", more=True)],
        text="3 lines in 3 parts", lines=["Name: A. Driver", "Country: France", "Tag: TAG"],
    ),
    Case(
        ids="TC_N_31", order="customer", given={"tag": "TAG", "type": "ISO14443", "clear": True},
        calls=[("CustomerInformation", wanted(clear=True, idToken=CARD), YES)], reports=[known(0, "")], text="none",
    ),
    Case(
        ids="TC_N_32", order="customer",
        given={"tag": "TAG", "type": "ISO14443", "clear": True, "report": False},
        calls=[("CustomerInformation", wanted(report=False, clear=True, idToken=CARD), YES)],
        text="the station has forgotten it, and reports nothing",
    ),
    Case(
        ids="TC_N_62", order="customer", given={"customer": "C-1", "clear": True},
        calls=[("CustomerInformation", wanted(clear=True, customerIdentifier="C-1"), YES)],
        reports=[known(0, "C-1 has one card")], text="1 line", lines=["C-1 has one card"],
    ),
    Case(
        ids="TC_N_63", order="customer", given={"certificate": HASH, "clear": True},
        calls=[("CustomerInformation", wanted(clear=True, customerCertificate=HASH), {"status": "Invalid"})],
        state="rejected", text="answered Invalid", hint="knows no such customer",
    ),
]  # fmt: skip


# Local lists (D, 1.6), reservations (H), costs (I).

LISTS = [
    Case(ids="TC_D_08", order="list-version", text="local list version 5", lines=["local list version 5"],
         calls=[("GetLocalListVersion", {}, {"versionNumber": 5})]),
    Case(ids="TC_D_09", order="list-version", text="no local list", lines=["no local list"],
         calls=[("GetLocalListVersion", {}, {"versionNumber": 0})]),
    Case(ids="TC_042_1", order="list-version", text="local lists are not supported", versions=OLD,
         calls=[("GetLocalListVersion", {}, {"listVersion": -1})], lines=["local lists are not supported"]),
    Case(ids="TC_042_2", order="list-version", text="no local list", lines=["no local list"], versions=OLD,
         calls=[("GetLocalListVersion", {}, {"listVersion": 0})]),
    Case(ids="TC_I_01", order="cost", given={"transaction": "T", "total": "3.31"}, text="answered",
         calls=[("CostUpdated", {"totalCost": 3.31, "transactionId": "T"}, {})]),
]  # fmt: skip


# Certificates (M).


def chain(kind: str, **more: Any) -> dict[str, Any]:
    return {"certificateType": kind, "certificateHashData": HASH, **more}


SHORT = (
    '{"hashAlgorithm":"SHA256","issuerNameHash":"'
    + "a" * 64
    + '","issuerKeyHash":"'
    + "b" * 64
    + '","serialNumber":"01"}'
)


def installed(ids: str, *kinds: str, answer: list[dict[str, Any]], lines: list[str]) -> Case:
    ask: dict[str, Any] = {"certificateType": list(kinds)} if kinds else {}
    return Case(
        ids=ids, order="certificates", given={"type": ",".join(kinds)} if kinds else {}, lines=lines,
        calls=[("GetInstalledCertificateIds", ask, {**YES, "certificateHashDataChain": answer})],
    )  # fmt: skip


ROOTS = ("CSMSRootCertificate", "ManufacturerRootCertificate")
CERTIFICATES = [
    *(
        installed(ids, kind, answer=[chain(kind)], lines=[f"{kind} {SHORT}"])
        for ids, kind in (
            ("TC_M_12", "CSMSRootCertificate"),
            ("TC_M_13", "ManufacturerRootCertificate"),
            ("TC_M_14", "V2GRootCertificate"),
            ("TC_M_16", "MORootCertificate"),
        )
    ),
    installed(
        "TC_M_15", "V2GCertificateChain",
        answer=[chain("V2GCertificateChain", childCertificateHashData=[HASH])],
        lines=[f"V2GCertificateChain {SHORT}", f"  below it: {SHORT}"],
    ),
    Case(
        ids="TC_M_19", order="certificates", given={"type": "MORootCertificate"}, text="none: answered NotFound",
        calls=[("GetInstalledCertificateIds", {"certificateType": ["MORootCertificate"]}, {"status": "NotFound"})],
    ),
    installed("TC_M_17", *ROOTS, answer=[chain(one) for one in ROOTS], lines=[f"{one} {SHORT}" for one in ROOTS]),
    installed("TC_M_18", answer=[chain(one) for one in ROOTS], lines=[f"{one} {SHORT}" for one in ROOTS]),
]  # fmt: skip


# Firmware for others, and updates that cross (L).

MD5 = "0123456789abcdef0123456789abcdef"
IMAGE = "http://images.example/1.bin"


def published(*stages: dict[str, Any], **more: Any) -> Case:
    return Case(
        order="publish", given={"url": IMAGE, "checksum": MD5}, **more,
        calls=[("PublishFirmware", {"location": IMAGE, "checksum": MD5, "requestId": ID}, YES)],
        reports=[("PublishFirmwareStatusNotification", {"requestId": ID, **stage}) for stage in stages],
    )  # fmt: skip


def unpublished(ids: str, status: str, state: str, hint: str = "") -> Case:
    return Case(
        ids=ids, order="unpublish", given={"checksum": MD5}, state=state, text=f"answered {status}", hint=hint,
        calls=[("UnpublishFirmware", {"checksum": MD5}, {"status": status})],
    )  # fmt: skip


DOWNLOADED = ({"status": "Downloading"}, {"status": "Downloaded"})
PLACES = ["http://10.0.0.1/1.bin", "https://10.0.0.1/1.bin"]
FIRMWARE = [
    published(
        *DOWNLOADED, {"status": "ChecksumVerified"}, {"status": "Published", "location": PLACES},
        ids="TC_L_17", text="at http://10.0.0.1/1.bin, https://10.0.0.1/1.bin", lines=PLACES,
    ),
    published(*DOWNLOADED, {"status": "InvalidChecksum"}, ids="TC_L_19", state="missing",
              text="the station says InvalidChecksum"),
    published(*DOWNLOADED, {"status": "ChecksumVerified"}, {"status": "PublishFailed"}, ids="TC_L_20", state="missing",
              text="the station says PublishFailed"),
    published({"status": "Downloading"}, {"status": "DownloadFailed"}, ids="TC_L_24", state="missing",
              text="the station says DownloadFailed"),
    unpublished("TC_L_21", "Unpublished", "done"),
    unpublished("TC_L_22", "NoFirmware", "rejected", "publishes no image of that checksum"),
    unpublished("TC_L_23", "DownloadOngoing", "rejected", "just downloading"),
]  # fmt: skip

CASES = [*LIMITS, *MESSAGES, *MONITORS, *CUSTOMERS, *LISTS, *CERTIFICATES, *FIRMWARE]
EVERY = [pytest.param(version, one, id=f"{one.ids} {version}") for one in CASES for version in one.versions]


def ended(run: Run, case: Case) -> None:
    told = [(stage.what, stage.text) for stage in run.stages]
    assert run.state == case.state, told
    assert run.effect is not None
    assert case.text in run.effect.text, told
    assert run.lines == case.lines
    assert case.hint in " ".join(run.hints)


@pytest.mark.parametrize(("version", "case"), EVERY)
async def test_what_a_case_asks_for_goes_out_and_all_that_is_told_of_it_is_shown(
    engine: Engine, dial: Dial, version: str, case: Case
) -> None:
    station = await dial(engine, "CP-001", version)
    await station.boot()
    if "transaction" in case.given and case.given["transaction"] == "T":
        begun = {"eventType": "Started", "timestamp": AT, "triggerReason": "Authorized", "seqNo": 0,
                 "transactionInfo": {"transactionId": "T"}, "evse": {"id": 1, "connectorId": 1}}  # fmt: skip
        assert (await station.call("TransactionEvent", begun))[0] == 3
    ended(await carried_out(engine, station, version, case.order, case.given, case.calls, case.reports), case)
