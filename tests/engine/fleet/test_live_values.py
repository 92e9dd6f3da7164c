"""What flows belongs to a session: it goes with it, and no connector shows the current of a car that has left."""

from __future__ import annotations

from typing import Any

import pytest


def charging(told: Any) -> None:
    told.start(7)
    told.wait(10)
    told.status("Charging")
    told.meter(7, power="11000", energy="1500", current="16", voltage="230", soc="40")


def test_the_end_of_a_session_takes_what_flowed_and_leaves_the_register(told: Any) -> None:
    charging(told)
    assert told.connector().power_w == 11000
    told.wait(5)
    told.stop(7)
    connector = told.connector()
    assert (connector.power_w, connector.soc, connector.powers) == (None, None, [])
    assert list(connector.meter) == ["Energy.Active.Import.Register"]
    assert (connector.energy_wh, connector.energy_at) == (1500, told.time - 5_000_000_000)


@pytest.mark.parametrize("word", ["Available", "Unavailable", "Faulted"])
def test_a_connector_at_which_nothing_can_flow_forgets_what_flowed(told: Any, word: str) -> None:
    charging(told)
    told.status(word)
    assert told.connector().power_w is None
    assert "Current.Import" not in told.connector().meter
    assert told.session(7).power_w is None


def test_a_break_is_no_power_whatever_was_measured_before(told: Any) -> None:
    charging(told)
    told.status("SuspendedEV")
    assert told.connector().power_w == 0
    assert told.session(7).power_w == 0
    assert "Current.Import" not in told.connector().meter
    assert told.connector().meter["Voltage"].value == 230
    told.wait(5)
    told.meter(7, power="7000")
    assert told.connector().power_w == 7000


def test_the_next_session_begins_without_the_values_of_the_one_before(told: Any) -> None:
    charging(told)
    told.wait(60)
    told.start(8)
    assert told.session(7).state == "inferred"
    assert told.connector().power_w is None
    assert "Current.Import" not in told.connector().meter


def test_an_old_session_out_of_a_queue_ends_without_touching_the_one_that_runs(told: Any) -> None:
    charging(told)
    told.start(3, at=-4000)
    told.stop(3, at=-3000)
    assert told.connector().transaction == told.session(7).id
    assert told.connector().power_w == 11000


def test_a_reading_that_comes_after_the_end_is_no_live_value(told: Any) -> None:
    charging(told)
    told.stop(7)
    told.meter(7, at=8, power="11000")
    assert told.connector().power_w is None


def test_a_clock_that_was_ahead_and_is_put_right_hides_nothing(told: Any) -> None:
    told.start(7)
    told.meter(7, at=86_400, power="11000")
    told.wait(10)
    told.meter(7, power="7000")
    assert told.connector().power_w == 7000
    assert told.connector().metered == told.time


def test_a_clock_that_is_known_to_be_behind_hides_nothing_either(told: Any) -> None:
    told.say(
        "StatusNotification",
        {"connectorId": 1, "status": "Available", "errorCode": "NoError", "timestamp": told.stamp(-7200)},
    )
    told.start(7, at=-7200)
    told.wait(10)
    told.meter(7, at=-7190, power="11000")
    assert told.connector().power_w == 11000
    assert told.connector().metered == told.time


def test_a_21_session_that_says_it_is_suspended_has_no_power(told: Any) -> None:
    def event(kind: str, number: int, **more: Any) -> None:
        info = {"transactionId": "tx-1", **more.pop("info", {})}
        request = {
            "eventType": kind,
            "timestamp": told.stamp(number),
            "triggerReason": "ChargingStateChanged",
            "seqNo": number,
            "transactionInfo": info,
            "evse": {"id": 1, "connectorId": 1},
            **more,
        }
        told.say("TransactionEvent", request, version="2.0.1")
        told.wait(1)

    power = [{"timestamp": told.stamp(0), "sampledValue": [{"value": 9000, "measurand": "Power.Active.Import"}]}]
    event("Started", 0, info={"chargingState": "Charging"}, meterValue=power)
    assert told.connector().power_w == 9000
    event("Updated", 1, info={"chargingState": "SuspendedEV"})
    assert told.connector().power_w == 0
    assert told.session("tx-1").power_w == 0
