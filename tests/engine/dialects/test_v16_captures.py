"""Real OCPP 1.6 chargers: what they send is answered with a result, and read for what it says.

The frames below are kept from public issues (the source stands beside each). Where the collection of captures is at
hand, every one of its frames goes the same way.
"""

from __future__ import annotations

from itertools import count
from typing import Any

import orjson
import pytest

from console.engine.dialects.base import Answer, Context, Policy
from console.engine.dialects.v16 import V16
from console.engine.fleet.events import (
    Booted,
    Event,
    MeterSample,
    Sampled,
    SecurityEventSeen,
    StatusChanged,
    TransactionSeen,
)
from console.engine.fleet.fleet import Fleet
from console.engine.fleet.fold import fold_exchange
from console.engine.wire import frame, schema
from console.engine.wire.exchange import Exchange
from tests.captures import CAPTURES

NOW = 1_768_507_200_000_000_000  # 2026-01-15T20:00:00Z


class Bench:
    """A bench that accepts everything: every frame goes the whole road from text to the read model."""

    def __init__(self, identity: str = "CP-001") -> None:
        self.identity = identity
        self.fleet = Fleet()
        self.central = V16()
        self.transactions = count(41)
        self.given = 0
        self.rows = count(1)

    def hear(self, raw: str) -> tuple[Answer, tuple[Event, ...]]:
        parsed = frame.parse(raw, V16.types)
        assert isinstance(parsed, frame.Frame), parsed
        assert parsed.action is not None
        violations = schema.violations("1.6", parsed.action, parsed.payload)
        about = Context(
            now=NOW,
            fleet=self.fleet,
            station=self.fleet.station(self.identity),
            policy=Policy(),
            next_transaction=self._next,
        )
        answer = self.central.answer(parsed, violations, about)
        assert answer.refusal is None
        assert schema.violations("1.6", parsed.action, answer.payload, answer=True) == ()
        assert bool(violations) <= bool(answer.tolerances)
        exchange = Exchange(
            id=next(self.rows),
            time=NOW,
            station=self.identity,
            version="1.6",
            direction="in",
            action=parsed.action,
            unique_id=parsed.unique_id,
            request=parsed.payload,
            response=answer.payload,
            outcome="result",
            violations=violations,
            tolerances=answer.tolerances,
            transaction=answer.transaction,
        )
        events = self.central.read(exchange)
        fold_exchange(self.fleet, exchange, events)
        return answer, events

    def _next(self) -> int:
        self.given = next(self.transactions)
        return self.given


def hear(raw: str) -> tuple[Answer, tuple[Event, ...]]:
    return Bench().hear(raw)


def samples(events: tuple[Event, ...]) -> dict[str, MeterSample]:
    """The samples of all moments by measurand and phase."""
    return {
        f"{sample.measurand} {sample.phase or ''}".strip(): sample
        for event in events
        if isinstance(event, Sampled)
        for sample in event.samples
    }


def test_wallbox_sends_line_feeds_and_powers_of_ten() -> None:  # lbbrhzn/ocpp#2
    raw = (
        '[2,"927612901","MeterValues",\n{\n"meterValue": [\n{\n"timestamp": "2026-01-15T19:24:54Z",\n'
        '"sampledValue": [\n{\n"value": "2e+01",\n"format": "Raw",\n"location": "Outlet",\n'
        '"context": "Sample.Periodic",\n"phase": "L1",\n"measurand": "Current.Import",\n"unit": "A"\n} \n]\n} \n],\n'
        '"connectorId": 1,\n"transactionId": 1234\n}]'
    )
    answer, events = hear(raw)

    assert answer.transaction == "1234"
    assert answer.tolerances == ()
    assert samples(events)["Current.Import L1"] == MeterSample(
        "Current.Import", 20.0, "2e+01", "A", "L1", "Sample.Periodic", "Outlet"
    )


def test_huawei_sends_an_object_where_a_list_belongs() -> None:  # lbbrhzn/ocpp#1144
    raw = (
        '[2,"661eb557000000570001","MeterValues",{"connectorId":1,"transactionId":1,"meterValue":{"timestamp":'
        '"2026-01-15T17:28:55.000Z","sampledValue":[{"value":"0.00","context":"Transaction.Begin",'
        '"measurand":"Energy.Active.Import.Register","unit":"kWh"}]}}]'
    )
    answer, events = hear(raw)

    assert answer.tolerances[0].startswith("a strict peer would answer TypeConstraintViolation: $.meterValue")
    assert samples(events)["Energy.Active.Import.Register"].value == 0.0
    assert samples(events)["Energy.Active.Import.Register"].unit == "kWh"


def test_huawei_has_no_vendor() -> None:  # evcc-io/evcc#32170
    answer, events = hear(
        '[2,"6a6709c5000009ab0001","BootNotification",{"chargePointModel":"ACChargePoint",'
        '"chargePointSerialNumber":"cp1","chargePointVendor":""}]'
    )

    assert answer.payload is not None
    assert answer.payload["status"] == "Accepted"
    assert events == (Booted(vendor=None, model="ACChargePoint", serial="cp1", status="Accepted", interval=300),)


def test_legrand_says_error_which_is_no_error_code() -> None:  # lbbrhzn/ocpp#1248
    answer, events = hear(
        '[2,"28240181849166010001","StatusNotification",{"connectorId":0,"errorCode":"Error","status":"Faulted",'
        '"timestamp":"2026-01-15T16:16:55Z"}]'
    )

    assert answer.payload == {}
    assert answer.tolerances[0].startswith("a strict peer would answer PropertyConstraintViolation: $.errorCode")
    assert events == (
        StatusChanged(evse=0, connector=0, status="Faulted", error_code="Error", at=1_768_493_815_000_000_000),
    )


def test_chargebyte_stops_a_transaction_that_never_got_an_id() -> None:  # EVerest/libocpp#495
    answer, events = hear(
        '[2,"c5973901-0000-4000-8000-000000000005","StopTransaction",{"meterStop":10,'
        '"timestamp":"2026-01-15T09:00:00.000Z","transactionId":-1}]'
    )

    assert answer.payload == {}
    assert answer.transaction is None
    assert isinstance(events[0], TransactionSeen)
    assert (events[0].phase, events[0].transaction, events[0].meter_wh) == ("ended", "-1", 10.0)


def test_a_stop_with_a_null_id_ends_what_runs_on_the_station() -> None:  # dallmann-consulting/OCPP.Core#29
    bench = Bench()
    started, _ = bench.hear(
        '[2,"b0000000-0000-4000-8000-000000000001","StartTransaction",{"connectorId":1,"idTag":"TAG001",'
        '"meterStart":0,"timestamp":"2026-01-15T11:12:08Z"}]'
    )
    stopped, events = bench.hear(
        '[2,"b0000000-0000-4000-8000-000000000002","StopTransaction",{"meterStop":0,'
        '"timestamp":"2026-01-15T11:12:08Z","transactionId":null}]'
    )

    assert started.transaction == "41"
    assert stopped.payload == {}
    assert stopped.tolerances[0].startswith("a strict peer would answer TypeConstraintViolation: $.transactionId")
    assert isinstance(events[0], TransactionSeen)
    assert events[0].transaction is None
    assert [one.state for one in bench.fleet.transactions.values()] == ["ended"]


def test_growatt_tells_local_time_without_a_zone_and_reserves_nothing() -> None:  # evcc-io/evcc#10399
    answer, events = hear(
        '[2,"288111","StartTransaction",{"connectorId":1,"idTag":"TAG001","meterStart":0,"reservationId":0,'
        '"timestamp":"2026-01-15T15:28:07"}]'
    )

    assert answer.tolerances == ("$.timestamp names no zone; it is taken as UTC",)
    assert isinstance(events[0], TransactionSeen)
    assert (events[0].reservation, events[0].at) == (None, 1_768_490_887_000_000_000)


def test_abb_writes_null_as_a_word_and_a_zero_code_for_no_error() -> None:  # evcc-io/evcc#17979
    answer, events = hear(
        '[2, "5782621", "StatusNotification", {"connectorId": 0, "errorCode": "NoError", "info": "null", '
        '"status": "Available", "vendorErrorCode": "0x0000"}]'
    )

    assert answer.tolerances == ()
    assert events == (StatusChanged(evse=0, connector=0, status="Available"),)


def test_abb_dc_tells_the_state_of_charge_of_the_car() -> None:  # evcc-io/evcc#30114
    _, events = hear(
        '[2,"36:354","MeterValues",{"connectorId":1,"meterValue":[{"sampledValue":[{"unit":"Percent","context":'
        '"Sample.Periodic","measurand":"SoC","location":"EV","value":"46.0"},{"unit":"A","measurand":'
        '"Current.Offered","location":"Inlet","value":"29.9"}],"timestamp":"2026-01-15T14:51:17.000Z"}]}]'
    )

    assert samples(events)["SoC"] == MeterSample("SoC", 46.0, "46.0", "Percent", None, "Sample.Periodic", "EV")
    assert samples(events)["Current.Offered"].location == "Inlet"


def test_zaptec_sends_a_moment_in_pieces_for_the_station_itself() -> None:  # evcc-io/evcc#29190
    _, events = hear(
        '[2, "a8fd4bb0", "MeterValues", { "connectorId": 0, "meterValue": [{ "timestamp": "2026-01-15T17:34:02Z", '
        '"sampledValue": [{ "value": "0.0", "measurand": "Power.Active.Import", "unit": "W" }] }, '
        '{ "timestamp": "2026-01-15T17:34:02Z", "sampledValue": [{ "value": "4296944685", "measurand": '
        '"Energy.Active.Import.Register", "unit": "Wh" }] }] }]'
    )

    assert len(events) == 1
    assert isinstance(events[0], Sampled)
    assert (events[0].evse, events[0].connector) == (0, 0)
    assert samples(events)["Energy.Active.Import.Register"].value == 4_296_944_685.0


def test_a_station_with_four_connectors_authorizes_with_one_too_many() -> None:  # steve-community/steve#1916
    answer, _ = hear('[2, "6a73f5c6", "Authorize", {"connectorId": 1, "idTag": "ee260000"}]')

    assert answer.payload == {"idTagInfo": {"status": "Accepted"}}
    assert answer.tolerances == ("a strict peer would answer FormationViolation: $ not allowed here: connectorId",)


def test_vestel_sends_readings_without_a_reading() -> None:  # lbbrhzn/ocpp#466
    answer, events = hear(
        '[2,"7","MeterValues",{"connectorId":1,"meterValue":[{"timestamp":"2026-01-15T17:34:02Z","sampledValue":[]}]}]'
    )

    assert answer.payload == {}
    assert events == ()


def test_security_events_of_an_offline_queue_keep_their_time() -> None:  # EVerest/libocpp#495
    _, events = hear(
        '[2,"37e59345","SecurityEventNotification",{"techInfo":"The Charge Point has booted",'
        '"timestamp":"2026-01-11T16:01:59.122Z","type":"StartupOfTheDevice"}]'
    )

    assert events == (
        SecurityEventSeen(type="StartupOfTheDevice", at=1_768_147_319_122_000_000, info="The Charge Point has booted"),
    )


def test_an_en_plus_station_hands_over_its_gateways_data() -> None:  # evcc-io/evcc#14673
    answer, events = hear(
        '[2,"2711","DataTransfer",{"vendorId":"EN+","messageId":"gatewayInfo","data":"{\\"SN\\":\\"SN1\\"}"}]'
    )

    assert (answer.payload, events) == ({"status": "UnknownVendorId"}, ())


def test_the_readings_of_a_stop_belong_to_the_connector_of_its_transaction() -> None:
    bench = Bench()
    bench.hear(
        '[2,"1","StartTransaction",{"connectorId":2,"idTag":"T","meterStart":0,"timestamp":"2026-01-15T19:50:00Z"}]'
    )
    bench.hear(
        '[2,"2","StopTransaction",{"transactionId":41,"meterStop":9,"timestamp":"2026-01-15T19:58:00Z",'
        '"transactionData":[{"timestamp":"2026-01-15T19:57:00Z","sampledValue":[{"value":"8"}]}]}]'
    )
    station = bench.fleet.station("CP-001")

    assert station is not None
    assert sorted(station.evses) == [2]
    assert station.evses[2].connectors[1].energy_wh == 8.0


def test_the_readings_of_an_unknown_stop_are_of_no_connector() -> None:
    bench = Bench()
    bench.hear(
        '[2,"2","StopTransaction",{"transactionId":7,"meterStop":9,"timestamp":"2026-01-15T19:58:00Z",'
        '"transactionData":[{"timestamp":"2026-01-15T19:57:00Z","sampledValue":[{"value":"8"}]}]}]'
    )
    station = bench.fleet.station("CP-001")

    assert station is not None
    assert station.evses == {}
    assert [(one.state, one.samples) for one in bench.fleet.transactions.values()] == [("orphan", 1)]


def captured() -> list[Any]:
    found = []
    for path in sorted(CAPTURES.glob("*.jsonl")):
        lines = [orjson.loads(line) for line in path.read_bytes().splitlines() if line.strip()]
        frames = [line["raw"] for line in lines if line.get("dir") == "cp->csms" and line.get("ver") == "1.6"]
        if frames:
            found.append(pytest.param(frames, id=path.stem))
    if not found:
        found.append(pytest.param([], marks=pytest.mark.skip(reason=f"no captures in {CAPTURES}")))
    return found


@pytest.mark.parametrize("frames", captured())
def test_every_frame_of_every_capture_is_answered_and_read(frames: list[str]) -> None:
    bench = Bench()
    for raw in frames:
        text = raw.replace("{{TX}}", str(bench.given))
        parsed = frame.parse(text, V16.types)
        assert isinstance(parsed, frame.Frame), raw
        if parsed.type != frame.CALL:
            continue
        answer, events = bench.hear(text)
        assert answer.payload is not None
        assert events or parsed.action == "DataTransfer", raw
    assert bench.fleet.stations
