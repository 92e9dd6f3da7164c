"""Certification cases that OCPP 2.1 alone has, by their ids: resets that resume, tariffs, profiles with modes, streams, grid
controls, battery swaps. What the station says to them is told in words, not only kept.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from console.engine.api import views
from console.engine.engine import Engine
from console.engine.fleet.alarms import standing
from console.engine.orders.run import Run
from tests.certification.told import AT, ID, Call, Dial, Report, carried_out, event_of, said

YES: dict[str, Any] = {"status": "Accepted"}
CARD = {"idToken": {"idToken": "TAG", "type": "ISO14443"}}


@pytest.fixture
async def station(engine: Engine, dial: Dial) -> Any:
    """A station of 2.1 that has booted."""
    made = await dial(engine, "CP-001", "2.1")
    assert (await made.boot())[2]["status"] == "Accepted"
    made.engine = engine
    return made


async def sent(
    station: Any, action: str, payload: dict[str, Any], answer: dict[str, Any], reports: tuple[Report, ...] = ()
) -> Run:
    raw = {"action": action, "payload": payload}
    return await carried_out(station.engine, station, "2.1", "raw", raw, [(action, payload, answer)], reports)


def alarms(station: Any) -> list[str]:
    found = station.engine.fleet.station("CP-001")
    assert found is not None
    return [one.text for one in standing(station.engine.fleet, found)]


def heard(station: Any) -> list[str]:
    """The texts of all notices from now on."""
    found: list[str] = []
    station.engine.watch(lambda _record, events: found.extend(getattr(one, "text", "") for one in events))
    return found


# Networks and resets (B), triggers (F).


async def test_a_network_profile_goes_out_with_its_login_and_nobody_reads_the_password_here(station: Any) -> None:
    payload = {"configurationSlot": 1, "connectionData": {
        "ocppInterface": "Wired0", "ocppTransport": "JSON", "messageTimeout": 30, "ocppCsmsUrl": "wss://h.example/",
        "securityProfile": 2, "identity": "CP-001", "basicAuthPassword": "a-secret-of-the-site"}}  # fmt: skip
    run = await sent(station, "SetNetworkProfile", payload, YES)
    assert run.state == "done", "TC_B_100"
    assert run.exchange is not None
    shown = json.dumps(views.message(run.exchange))
    assert "wss://h.example/" in shown
    assert "a-secret-of-the-site" not in shown


@pytest.mark.parametrize("case", ["TC_B_103", "TC_B_104", "TC_B_116"])
async def test_a_reset_that_resumes_is_done_with_the_boot_and_the_session_goes_on(station: Any, case: str) -> None:
    if case != "TC_B_104":
        await said(station, "TransactionEvent", event_of("Started", 0, "Authorized", **CARD))
    boot = {"reason": "RemoteReset", "chargingStation": {"vendorName": "Acme", "model": "One"}}
    reports: list[Report] = [("BootNotification", boot)]
    if case != "TC_B_104":
        reports.append(("TransactionEvent", event_of("Updated", 1, "TxResumed", info={"chargingState": "Charging"})))
    if case == "TC_B_116":
        limit = {"chargingLimitSource": "CSO"}
        reports.append(("NotifyChargingLimit", {"evseId": 1, "chargingLimit": limit}))
    calls = [("Reset", {"type": "ImmediateAndResume"}, YES)]
    run = await carried_out(station.engine, station, "2.1", "reset", {"type": "resume"}, calls, reports)
    assert run.effect is not None
    assert (run.state, "booted again" in run.effect.text) == ("done", True), case
    assert run.effect_text == "the station restarts at once; running transactions go on after it."
    kept = await station.engine.transactions()
    assert [(one.state, one.charging_state, one.seq_gaps) for one in kept] == (
        [] if case == "TC_B_104" else [("active", "Charging", [])]
    )


@pytest.mark.parametrize(("variable", "value"), [("Apn", "internet"), ("VpnEnabled", "false")])
async def test_a_network_configuration_is_set_as_a_variable_and_read_back(
    station: Any, variable: str, value: str
) -> None:
    place = {"component": {"name": "NetworkConfiguration", "instance": "1"}, "variable": {"name": variable}}
    calls: list[Call] = [
        ("SetVariables", {"setVariableData": [{**place, "attributeValue": value}]},
         {"setVariableResult": [{**place, "attributeStatus": "Accepted"}]}),
        ("GetVariables", {"getVariableData": [place]},
         {"getVariableResult": [{**place, "attributeStatus": "Accepted", "attributeValue": value}]}),
    ]  # fmt: skip
    given = {"component": "NetworkConfiguration[1]", "variable": variable, "value": value}
    run = await carried_out(station.engine, station, "2.1", "set", given, calls)
    assert run.effect is not None
    assert (run.state, run.effect.text) == ("done", f"{variable} reads back as {value}"), "TC_B_105"


@pytest.mark.parametrize(("status", "state"), [("Accepted", "done"), ("NotImplemented", "rejected")])
async def test_a_trigger_of_the_vendors_own_is_asked_for_by_name(station: Any, status: str, state: str) -> None:
    wanted = {"requestedMessage": "CustomTrigger", "customTrigger": "SelfTest"}
    given = {"message": "CustomTrigger", "custom": "SelfTest"}
    calls = [("TriggerMessage", wanted, {"status": status})]
    run = await carried_out(station.engine, station, "2.1", "trigger", given, calls)
    assert run.state == state, "TC_F_100"


# Tariffs (I).

TARIFF = {"tariffId": "DAY", "currency": "EUR", "energy": {"prices": [
    {"priceKwh": 0.5, "conditions": {"startTimeOfDay": "08:00", "endTimeOfDay": "20:00"}}, {"priceKwh": 0.3}]}}  # fmt: skip
DEFAULT = ("SetDefaultTariff", {"evseId": 0, "tariff": TARIFF})
CHANGE = ("ChangeTransactionTariff", {"transactionId": "T", "tariff": TARIFF})


@pytest.mark.parametrize(
    ("case", "call", "status", "hint"),
    [
        ("TC_I_101", DEFAULT, "Accepted", ""),
        ("TC_I_102", DEFAULT, "TooManyElements", "more elements than TariffMaxElements allows"),
        ("TC_I_105", DEFAULT, "ConditionNotSupported", "takes no tariff with conditions"),
        ("TC_I_113", CHANGE, "TooManyElements", "more elements than TariffMaxElements allows"),
        ("TC_I_114", CHANGE, "ConditionNotSupported", "takes no tariff with conditions"),
        ("TC_I_115", CHANGE, "Accepted", ""),
    ],
)
async def test_a_tariff_is_set_and_why_a_station_does_not_take_it_is_told(
    station: Any, case: str, call: tuple[str, dict[str, Any]], status: str, hint: str
) -> None:
    run = await sent(station, *call, {"status": status})
    assert run.effect is not None
    assert run.effect.text == f"answered {status}", case
    assert run.state == ("rejected" if hint else "done")
    assert [hint in one for one in run.hints] == ([True] if hint else [])


async def test_local_cost_calculation_is_switched_on_as_a_variable(station: Any) -> None:
    place = {"component": {"name": "TariffCostCtrlr"}, "variable": {"name": "Enabled", "instance": "Cost"}}
    calls: list[Call] = [
        ("SetVariables", {"setVariableData": [{**place, "attributeValue": "true"}]},
         {"setVariableResult": [{**place, "attributeStatus": "Accepted"}]}),
        ("GetVariables", {"getVariableData": [place]},
         {"getVariableResult": [{**place, "attributeStatus": "Accepted", "attributeValue": "True"}]}),
    ]  # fmt: skip
    given = {"component": "TariffCostCtrlr", "variable": "Enabled", "instance": "Cost", "value": "true"}
    run = await carried_out(station.engine, station, "2.1", "set", given, calls)
    assert run.state == "done", "TC_I_106"


async def test_tariffs_are_cleared_and_each_result_is_told(station: Any) -> None:
    results = [{"tariffId": "DAY", "status": "Accepted"}, {"tariffId": "NIGHT", "status": "NoTariff"}]
    run = await sent(station, "ClearTariffs", {"evseId": 1}, {"clearTariffsResult": results})
    assert run.lines == ["tariff DAY: Accepted", "tariff NIGHT: NoTariff"], "TC_I_110"
    assert run.state == "rejected", "one of them is not there"


# Charging profiles with more words (K, Q).


def profile(purpose: str = "TxProfile", number: int = 5, **more: Any) -> dict[str, Any]:
    period = {"startPeriod": 0, "limit": 16.0, **more.pop("period", {})}
    if "setpoint" in period:
        del period["limit"]
    schedule = {"id": 1, "chargingRateUnit": "W", "chargingSchedulePeriod": [period], **more.pop("schedule", {})}
    wire = {"transactionId": "T"} if purpose == "TxProfile" else {}
    kind = "Relative" if purpose == "TxProfile" else "Absolute"
    return {
        "id": number, "stackLevel": 0, "chargingProfilePurpose": purpose, "chargingProfileKind": kind, **wire,
        "chargingSchedule": [schedule], **more,
    }  # fmt: skip


TX = "profile 5, TxProfile, stack 0, Relative, transaction T"
DEFAULTS = "profile 5, TxDefaultProfile, stack 0, Absolute"
CURVE = [{"frequency": 49.8, "power": 2000.0}, {"frequency": 50.2, "power": -2000.0}]
PROFILES = [
    ("TC_K_100", profile(maxOfflineDuration=600, invalidAfterOfflineDuration=True),
     f"{TX}, for 600 s offline, then never again: 16 W"),
    ("TC_K_101", profile(period={"operationMode": "ChargingOnly"}), f"{TX}: 16 W (ChargingOnly)"),
    ("TC_K_102", profile(schedule={"limitAtSoC": {"soc": 80, "limit": 3000.0}}), f"{TX}: 16 W; from 80 % on 3000 W"),
    ("TC_K_104", profile("PriorityCharging"), "profile 5, PriorityCharging, stack 0, Absolute: 16 W"),
    ("TC_K_106", profile("TxDefaultProfile", schedule={"randomizedDelay": 120, "useLocalTime": True}),
     f"{DEFAULTS}: 16 W; delayed by up to 120 s; in local time"),
    ("TC_K_109", profile("ChargingStationExternalConstraints", 900),
     "profile 900, ChargingStationExternalConstraints, stack 0, Absolute: 16 W"),
    ("TC_Q_107", profile(period={"operationMode": "ChargingOnly"}), f"{TX}: 16 W (ChargingOnly)"),
    ("TC_Q_108", profile(period={"operationMode": "CentralSetpoint", "setpoint": -3000.0}),
     f"{TX}: setpoint -3000 W (CentralSetpoint)"),
    ("TC_Q_121", profile(period={"operationMode": "LocalFrequency", "v2xFreqWattCurve": CURVE, "v2xBaseline": 0.0}),
     f"{TX}: 16 W (LocalFrequency)"),
    ("TC_Q_124", profile(period={"operationMode": "LocalLoadBalancing"}), f"{TX}: 16 W (LocalLoadBalancing)"),
]  # fmt: skip


@pytest.mark.parametrize(("case", "wanted", "line"), PROFILES)
async def test_a_profile_is_set_and_listed_with_all_that_is_particular_about_it(
    station: Any, case: str, wanted: dict[str, Any], line: str
) -> None:
    run = await sent(station, "SetChargingProfile", {"evseId": 1, "chargingProfile": wanted}, YES)
    assert run.state == "done", case
    listed = {"requestId": ID, "chargingLimitSource": "CSO", "evseId": 1, "chargingProfile": [wanted]}
    calls = [("GetChargingProfiles", {"requestId": ID, "chargingProfile": {}, "evseId": 1}, YES)]
    reports = [("ReportChargingProfiles", listed)]
    run = await carried_out(station.engine, station, "2.1", "limits", {"evse": 1}, calls, reports)
    assert run.lines == [f"EVSE 1, CSO: {line}"], case


@pytest.mark.parametrize(("case", "mode"), [("TC_Q_109", "CentralSetpoint"), ("TC_Q_117", "CentralFrequency")])
async def test_a_dynamic_profile_is_set_and_its_setpoint_pushed(station: Any, case: str, mode: str) -> None:
    wanted = profile(
        period={"operationMode": mode, "setpoint": 0.0}, chargingProfileKind="Dynamic", dynUpdateInterval=10
    )
    await sent(station, "SetChargingProfile", {"evseId": 1, "chargingProfile": wanted}, YES)
    listed = {"requestId": ID, "chargingLimitSource": "CSO", "evseId": 1, "chargingProfile": [wanted]}
    calls = [("GetChargingProfiles", {"requestId": ID, "chargingProfile": {}}, YES)]
    reports = [("ReportChargingProfiles", listed)]
    run = await carried_out(station.engine, station, "2.1", "limits", {}, calls, reports)
    told = "profile 5, TxProfile, stack 0, Dynamic, transaction T, updated every 10 s"
    assert run.lines == [f"EVSE 1, CSO: {told}: setpoint 0 W ({mode})"], case
    update = {"chargingProfileId": 5, "scheduleUpdate": {"setpoint": -3000.0}}
    assert (await sent(station, "UpdateDynamicSchedule", update, YES)).state == "done", case
    run = await sent(station, "UpdateDynamicSchedule", update, {"status": "Rejected"})
    assert (run.state, run.exit_code) == ("rejected", 3)


async def test_a_signal_for_frequency_restoration_is_sent(station: Any) -> None:
    run = await sent(station, "AFRRSignal", {"timestamp": AT, "signal": -40}, {
        "status": "Rejected", "statusInfo": {"reasonCode": "TxNotFound"}})  # fmt: skip
    assert (run.state, run.hints) == ("rejected", ["TxNotFound – the station knows no such transaction"]), "TC_Q_120"


async def test_priority_charging_is_asked_for_and_the_station_tells_that_it_is_on(station: Any) -> None:
    texts = heard(station)
    wanted = {"transactionId": "T", "activate": True}
    run = await sent(station, "UsePriorityCharging", wanted, {"status": "NoProfile"})
    assert (run.state, "no profile for priority charging" in " ".join(run.hints)) == ("rejected", True)
    told = ("NotifyPriorityCharging", {"transactionId": "T", "activated": True})
    assert (await sent(station, "UsePriorityCharging", wanted, YES, (told,))).state == "done"
    assert "priority charging on for transaction T" in texts, "TC_K_118"


# Event streams (N).


async def test_an_event_stream_is_taken_never_answered_listed_and_adjusted(station: Any) -> None:
    texts = heard(station)
    stream = {"id": 3, "variableMonitoringId": 12, "params": {"interval": 10, "values": 5}}
    assert await said(station, "OpenPeriodicEventStream", {"constantStreamData": stream}) == {"status": "Accepted"}
    data = {"id": 3, "pending": 0, "basetime": AT, "data": [{"t": 0, "v": "41"}, {"t": 10, "v": "42"}]}
    await station.say(json.dumps([6, "s-1", "NotifyPeriodicEventStream", data]))
    # The next thing heard is the answer to this call: a SEND has none.
    await station.say(json.dumps([2, "h-1", "Heartbeat", {}]))
    assert (await station.hear())[1] == "h-1", "TC_N_105"
    assert "event stream 3: 2 values, last 42" in texts
    run = await sent(station, "GetPeriodicEventStream", {}, {"constantStreamData": [stream]})
    assert run.lines == ["stream 3 of monitor 12: every 10 s, 5 values"], "TC_N_107"
    adjust = {"id": 3, "params": {"interval": 60}}
    assert (await sent(station, "AdjustPeriodicEventStream", adjust, YES)).state == "done", "TC_N_105"
    assert await said(station, "ClosePeriodicEventStream", {"id": 3}) == {}


# Grid controls (R), battery swaps (S).


async def test_grid_controls_are_set_listed_and_cleared(station: Any) -> None:
    power = {"priority": 1, "displacement": 0.95, "excitation": True}
    control = {"isDefault": False, "controlId": "PF-1", "controlType": "FixedPFInject", "fixedPFInject": power}
    run = await sent(station, "SetDERControl", control, {"status": "NotSupported"})
    assert (run.state, run.exit_code) == ("rejected", 3)
    run = await sent(station, "SetDERControl", control, {"status": "Accepted", "supersededIds": ["PF-0"]})
    assert run.state == "done", "TC_R_107"
    new = {"id": "PF-1", "isDefault": False, "isSuperseded": False, "fixedPF": power}
    old = {"id": "PF-0", "isDefault": True, "isSuperseded": True, "fixedPF": {**power, "priority": 2}}
    calls = [("GetDERControl", {"requestId": ID, "controlType": "FixedPFInject"}, YES)]
    reports: list[Report] = [
        ("ReportDERControl", {"requestId": ID, "tbc": True, "fixedPFInject": [new]}),
        ("ReportDERControl", {"requestId": ID, "fixedPFInject": [old]}),
    ]
    run = await carried_out(station.engine, station, "2.1", "der-controls", {"type": "FixedPFInject"}, calls, reports)
    assert run.lines == ["fixedPFInject, PF-1, priority 1", "fixedPFInject, PF-0, default, superseded, priority 2"]
    calls = [("GetDERControl", {"requestId": ID}, {"status": "NotFound"})]
    run = await carried_out(station.engine, station, "2.1", "der-controls", {}, calls)
    assert run.effect is not None
    assert (run.state, run.effect.text) == ("done", "none: answered NotFound")
    run = await sent(station, "ClearDERControl", {"isDefault": False, "controlId": "PF-1"}, YES)
    assert run.state == "done"


async def test_an_event_of_the_grid_is_an_alarm_until_it_has_ended(station: Any) -> None:
    alarm = {"controlType": "HVMustTrip", "gridEventFault": "OverVoltage", "timestamp": AT}
    assert await said(station, "NotifyDERAlarm", alarm) == {}
    assert alarms(station) == ["DER control HVMustTrip: OverVoltage"], "TC_R_108"
    assert await said(station, "NotifyDERAlarm", {**alarm, "alarmEnded": True}) == {}
    assert alarms(station) == []


async def test_a_battery_swap_is_asked_for_and_its_steps_are_told(station: Any) -> None:
    texts = heard(station)
    wanted = {"requestId": 9, **CARD}
    none = {"status": "Rejected", "statusInfo": {"reasonCode": "NoBatteryAvailable"}}
    run = await sent(station, "RequestBatterySwap", wanted, none)
    assert (run.state, run.hints) == ("rejected", ["NoBatteryAvailable – no charged battery is there"]), "TC_S_102"

    def step(kind: str, serial: str, charge: float) -> Report:
        battery = {"evseId": 1, "serialNumber": serial, "soC": charge, "soH": 97.0}
        return "BatterySwap", {"eventType": kind, "requestId": 9, **CARD, "batteryData": [battery]}

    steps = (step("BatteryIn", "B-1", 12.0), step("BatteryOut", "B-2", 96.0))
    assert (await sent(station, "RequestBatterySwap", wanted, YES, steps)).state == "done", "TC_S_103"
    assert [one for one in texts if one] == ["battery swap 9: BatteryIn", "battery swap 9: BatteryOut"]
    await said(station, *step("BatteryOutTimeout", "B-2", 96.0))
    assert alarms(station) == ["battery swap 9: BatteryOutTimeout"], "a battery that nobody took wants a person"
