"""A simulated station boots, reports, charges and stops, in every version of OCPP."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import unquote

import pytest

from console.simulator.electric import Car
from console.simulator.station import NotAuthorized

TWO = ("2.0.1", "2.1")
EVERY = ("1.6", *TWO)


def hungry(target_soc: float = 1.0) -> Car:
    """A car with 60 kWh, three phases of 16 A, and 150 kW at best."""
    return Car(60_000, 0.3, 11_000, 3, 150_000, target_soc)


def register(payload: dict[str, Any]) -> float:
    """The energy register in a MeterValues or TransactionEvent payload, in Wh."""
    samples = payload["meterValue"][0]["sampledValue"]
    return next(float(s["value"]) for s in samples if s["measurand"] == "Energy.Active.Import.Register")


def measured(payload: dict[str, Any], measurand: str) -> list[float]:
    """All values of a measurand."""
    samples = payload["meterValue"][0]["sampledValue"]
    return [float(s["value"]) for s in samples if s["measurand"] == measurand]


@pytest.mark.parametrize("version", EVERY)
async def test_a_station_boots_and_reports_every_connector(central: Any, make_station: Any, version: str) -> None:
    await make_station(version, connectors=2)
    assert [one.action for one in central.heard][:1] == ["BootNotification"]
    states = central.of("StatusNotification")
    if version == "1.6":
        assert [(s["connectorId"], s["status"]) for s in states] == [(n, "Available") for n in (0, 1, 2)]
        assert central.of("BootNotification")[0]["chargePointVendor"] == "Vendor"
    else:
        assert [(s["evseId"], s["connectorStatus"]) for s in states] == [(1, "Available"), (2, "Available")]
        assert central.of("BootNotification")[0]["reason"] == "PowerUp"
    assert unquote(central.links[0].request.path) == "/CP 1/ü"
    assert "%2F" in central.links[0].request.path


async def test_a_password_is_sent_as_basic_authentication(central: Any, make_station: Any) -> None:
    await make_station("1.6", password="sesame opens 123", identity="CP1")
    scheme, _, credentials = central.headers[0]["Authorization"].partition(" ")
    assert (scheme, base64.b64decode(credentials)) == ("Basic", b"CP1:sesame opens 123")


@pytest.mark.parametrize("version", EVERY)
async def test_a_pending_station_asks_again_and_works_once_accepted(
    central: Any, make_station: Any, version: str
) -> None:
    verdicts = iter(["Pending", "Rejected", "Accepted"])
    central.answers["BootNotification"] = lambda _: {
        "currentTime": "2026-01-01T00:00:00Z",
        "interval": 1,
        "status": next(verdicts),
    }
    station = await make_station(version)
    assert len(central.of("BootNotification")) == 3
    assert station.registration == "Accepted"
    assert [one.action for one in central.heard[:3]] == ["BootNotification"] * 3


async def test_a_session_of_1_6_has_growing_energy_that_is_power_times_time(
    central: Any, make_station: Any, clock: Any
) -> None:
    station = await make_station("1.6")
    await station.plug_in(1, hungry())
    await station.start_session(1, "TAG-1")
    for _ in range(4):
        clock.turn(60)
        await station.sample(1)
    await station.stop_session(1)
    await station.unplug(1)

    states = [s["status"] for s in central.of("StatusNotification") if s["connectorId"] == 1]
    assert states == ["Available", "Preparing", "Charging", "Finishing", "Available"]
    start, stop = central.of("StartTransaction")[0], central.of("StopTransaction")[0]
    assert stop["transactionId"] == 1
    assert stop["reason"] == "Local"
    meters = central.of("MeterValues")
    registers = [register(m) for m in meters]
    assert registers == sorted(set(registers))
    assert all(m["transactionId"] == 1 for m in meters)
    # after the ramp, 11 kW for a minute are 183.3 Wh
    assert registers[3] - registers[2] == pytest.approx(11_000 / 60, rel=0.01)
    assert measured(meters[3], "Power.Active.Import") == [pytest.approx(11_000, rel=0.01)]
    assert measured(meters[3], "Current.Import") == [pytest.approx(15.9, abs=0.4)] * 3
    assert start["meterStart"] <= registers[0]
    assert stop["meterStop"] == pytest.approx(registers[3], abs=1)


@pytest.mark.parametrize("version", TWO)
async def test_a_session_of_2_x_tells_start_state_values_and_end(
    central: Any, make_station: Any, clock: Any, version: str
) -> None:
    station = await make_station(version)
    await station.plug_in(1, hungry())
    session = await station.start_session(1, "04A2F1B2C36180")
    for _ in range(3):
        clock.turn(60)
        await station.sample(1)
    await station.stop_session(1)
    await station.unplug(1)

    events = central.of("TransactionEvent")
    assert [(e["eventType"], e["triggerReason"]) for e in events] == [
        ("Started", "Authorized"),
        ("Updated", "ChargingStateChanged"),
        ("Updated", "MeterValuePeriodic"),
        ("Updated", "MeterValuePeriodic"),
        ("Updated", "MeterValuePeriodic"),
        ("Ended", "StopAuthorized"),
    ]
    assert [e["seqNo"] for e in events] == list(range(6))
    assert {e["transactionInfo"]["transactionId"] for e in events} == {session.uid}
    assert events[0]["idToken"] == {"idToken": "04A2F1B2C36180", "type": "ISO14443"}
    assert events[5]["transactionInfo"]["stoppedReason"] == "Local"
    assert register(events[4]) - register(events[3]) == pytest.approx(11_000 / 60, rel=0.01)
    assert not any(e.get("offline") for e in events)
    states = [s["connectorStatus"] for s in central.of("StatusNotification")]
    assert states == ["Available", "Occupied", "Available"]


@pytest.mark.parametrize("version", EVERY)
async def test_a_fast_charge_follows_the_state_of_charge_and_ends_full(
    central: Any, make_station: Any, clock: Any, version: str
) -> None:
    station = await make_station(version, kind="DC")
    await station.plug_in(1, hungry(target_soc=0.9))
    await station.start_session(1, "TAG")
    for _ in range(60):
        clock.turn(60)
        await station.sample(1)
    kind = "MeterValues" if version == "1.6" else "TransactionEvent"
    values = [v for v in central.of(kind) if "meterValue" in v and measured(v, "SoC")]
    soc = [measured(v, "SoC")[0] for v in values]
    power = [measured(v, "Power.Active.Import")[0] for v in values]
    assert soc == sorted(soc)
    assert soc[-1] == 90
    assert max(power) > 130_000
    assert power[-1] == 0
    if version == "1.6":
        assert central.of("StatusNotification")[-1]["status"] == "SuspendedEV"
    else:
        assert central.of("TransactionEvent")[-1]["transactionInfo"]["chargingState"] == "SuspendedEV"


async def test_a_tag_that_is_not_accepted_starts_nothing(central: Any, make_station: Any) -> None:
    central.answers["Authorize"] = lambda _: {"idTagInfo": {"status": "Blocked"}}
    station = await make_station("1.6")
    with pytest.raises(NotAuthorized):
        await station.start_session(1, "THIEF")
    assert central.of("StartTransaction") == []


async def test_a_tag_refused_at_the_start_ends_the_session(central: Any, make_station: Any) -> None:
    central.answers["StartTransaction"] = lambda _: {"transactionId": 9, "idTagInfo": {"status": "Invalid"}}
    station = await make_station("1.6")
    with pytest.raises(NotAuthorized):
        await station.start_session(1, "THIEF")
    assert central.of("StopTransaction")[0]["reason"] == "DeAuthorized"


@pytest.mark.parametrize("version", EVERY)
async def test_a_fault_ends_the_session_and_clears_later(central: Any, make_station: Any, version: str) -> None:
    station = await make_station(version)
    await station.start_session(1, "TAG")
    await station.fault(1, "GroundFailure")
    await station.unplug(1)
    await station.clear_fault(1)
    states = central.of("StatusNotification")
    if version == "1.6":
        assert [(s["status"], s["errorCode"]) for s in states[-2:]] == [
            ("Faulted", "GroundFailure"),
            ("Available", "NoError"),
        ]
        assert central.of("StopTransaction")[0]["reason"] == "Other"
    else:
        assert [s["connectorStatus"] for s in states[-2:]] == ["Faulted", "Available"]
        data = [event["eventData"][0] for event in central.of("NotifyEvent")]
        assert [(d["actualValue"], d.get("cleared", False)) for d in data] == [("true", False), ("false", True)]
        assert central.of("TransactionEvent")[-1]["transactionInfo"]["stoppedReason"] == "GroundFault"


async def test_the_meter_sends_by_itself_every_interval(central: Any, make_station: Any) -> None:
    station = await make_station("1.6")
    station.speech.config.force("MeterValueSampleInterval", "1")
    await station.start_session(1, "TAG")
    await central.hear("MeterValues", count=1)
