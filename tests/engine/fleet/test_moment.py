"""The samples of a moment are read when somebody looks: whenever that is, they are the same."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis import given

from console.engine.fleet.events import MeterSample
from console.engine.fleet.meter import sampled
from console.engine.fleet.model import METER_TEXT, METERS, Connector, Evse, Station
from console.engine.fleet.moment import Moment, moment
from console.engine.fleet.readings import LONG, samples_in

ENERGY = "Energy.Active.Import.Register"

measurands = st.sampled_from(
    (None, ENERGY, "Power.Active.Import", "SoC", "Voltage", "Voltage.L1", "voltage", "M" * 80, ["list"])
)
values = st.fixed_dictionaries(
    {"value": st.sampled_from(("1", "230.4", "NaN", "", 7, 1.5, None, "9" * 100))},
    optional={
        "measurand": measurands,
        "phase": st.sampled_from((None, "L1", "L2", 3)),
        "unit": st.sampled_from(("Wh", "kwh", "W", None)),
        "unitOfMeasure": st.sampled_from(({"unit": "kW"}, {"unit": "W", "multiplier": 3}, {}, None)),
        "location": st.sampled_from(("Inlet", "Outlet", 7, "x" * 70)),
        "context": st.sampled_from(("Sample.Clock", None, {}, "x" * 70)),
    },
)
lists: st.SearchStrategy[list[Any]] = st.lists(
    st.one_of(values, values, values, st.sampled_from(("x", None, 7, []))), max_size=6
)


def one(*sent: Any) -> Moment:
    made = moment(list(sent))
    assert made is not None
    return made


def eagerly(meter: dict[str, MeterSample], told: Moment) -> None:
    """What a connector shows, had every value been read as it came."""
    for sample in told:
        name = sample.measurand if sample.phase is None else f"{sample.measurand}|{sample.phase}"
        if name not in meter and len(meter) >= METERS:
            del meter[next(iter(meter))]
        if len(sample.text) > METER_TEXT:
            sample = msgspec.structs.replace(sample, text=sample.text[:METER_TEXT] + "…")
        meter[name] = sample


@given(sent=lists)
def test_a_moment_is_what_it_would_be_read_value_by_value(sent: list[Any]) -> None:
    sound = [sampled(value) for value in sent if isinstance(value, dict) and value.get("value") is not None]
    for _ in range(2):  # the second time its names are known
        told = moment(sent)
        assert (told is None) == (not sound)
        if told is not None:
            assert told == sound
            assert len(told) == len(sound)
            wanted = [sample for sample in sound if sample.measurand in (ENERGY, "Power.Active.Import", "SoC")]
            names = ("measurand", "value", "unit", "phase", "context", "location")
            assert [[getattr(one, name) for name in names] for one in told.telling] == [
                [getattr(one, name) for name in names] for one in wanted
            ]


@given(steps=st.lists(st.tuples(lists, st.booleans()), max_size=12))
def test_a_connector_shows_the_same_whenever_it_is_looked_at(steps: list[tuple[list[Any], bool]]) -> None:
    connector, meter = Connector(evse=1, connector=1), dict[str, MeterSample]()
    for sent, looked in steps:
        told = moment(sent)
        if told is None:
            continue
        connector.tell(told)
        eagerly(meter, told)
        if looked:
            assert list(connector.meter.items()) == list(meter.items())
    assert list(connector.meter.items()) == list(meter.items())


def test_names_beyond_the_bound_go_in_the_order_in_which_they_came() -> None:
    connector, meter = Connector(evse=1, connector=1), dict[str, MeterSample]()
    for turn in range(4):
        for first in (0, 90, 30):
            told = one(*({"measurand": f"M{first + n}", "value": str(turn)} for n in range(METERS - 28)))
            connector.tell(told)
            eagerly(meter, told)
    assert list(connector.meter.items()) == list(meter.items())
    assert len(meter) == METERS


def test_a_list_longer_than_the_bound_leaves_its_end() -> None:
    connector, meter = Connector(evse=1, connector=1), dict[str, MeterSample]()
    for turn in range(3):
        told = one(*({"measurand": f"M{n}", "value": str(turn)} for n in range(METERS + 20)))
        connector.tell(told)
        eagerly(meter, told)
    assert list(connector.meter.items()) == list(meter.items())


def test_a_list_of_known_names_waits_and_any_other_does_not() -> None:
    connector = Connector(evse=1, connector=1)
    connector.tell(one({"measurand": "Voltage", "value": "230"}))
    connector.tell(one({"measurand": "Voltage", "value": "231"}))
    assert connector.meters == {}
    connector.tell(one({"measurand": "SoC", "value": "40"}))
    assert list(connector.meters) == ["Voltage"]
    assert {name: sample.text for name, sample in connector.meter.items()} == {"Voltage": "231", "SoC": "40"}


def test_values_of_a_long_message_are_not_kept_until_somebody_looks(told: Any) -> None:
    value = {"timestamp": told.stamp(0), "sampledValue": [{"value": "9" * 5000, "measurand": "Voltage"}]}
    for connector in (1, 2):
        raw = "x" * (LONG + connector - 1)
        told.say("MeterValues", {"connectorId": connector, "meterValue": [value]}, raw=raw)
    short, long = (told.connector(number) for number in (1, 2))
    assert short.unread is None  # read with its neighbour, which came later
    assert len(long.meters["Voltage"].text) == METER_TEXT + 1
    told.say("MeterValues", {"connectorId": 1, "meterValue": [value]}, raw="short")
    assert short.unread is not None


def test_connectors_compare_by_what_they_show() -> None:
    here, there = Connector(evse=1, connector=1), Connector(evse=1, connector=1)
    here.tell(one({"value": "1"}))
    assert here != there
    there.tell(one({"value": "1"}))
    _ = there.meter
    assert here == there
    assert here != "connector"


def test_a_settled_station_can_be_written_and_comes_back() -> None:
    station = Station(key="cp-1", id="CP-1")
    connector = Connector(evse=1, connector=1, status="Charging")
    station.evses[1] = Evse(evse=1, connectors={1: connector})
    connector.tell(one({"value": "1", "unit": "kWh"}))
    station.settle()
    back = msgspec.json.decode(msgspec.json.encode(station), type=Station)
    assert back == station
    assert back.evses[1].connectors[1].meter[ENERGY].text == "1"


@pytest.mark.parametrize("value", [2**64, -(2**63) - 1, "\ud800", 1.5])
def test_whatever_a_value_is_it_can_be_kept(value: Any) -> None:
    (found,) = samples_in(b"[1,1,5," + one({"value": value}).json() + b"]", 7, "cp-1")
    assert found.sample.measurand == ENERGY


@pytest.mark.parametrize(
    "body",
    [
        b'[1,1,5,[{"value":"230.4","measurand":"Voltage","phase":"L1","unit":"V"}]]',
        b'[1,1,5,[{"value":230.4,"measurand":"Voltage","phase":"L1","unitOfMeasure":{"unit":"V"}}]]',
        b'[1,1,5,[["Voltage",230.4,"230.4","V","L1",null,null]]]',
    ],
)
def test_stored_samples_are_read_as_sent_and_as_they_were_kept_before(body: bytes) -> None:
    (found,) = samples_in(body, 7, "cp-1")
    assert found.sample == MeterSample("Voltage", 230.4, "230.4", "V", "L1")
    assert (found.transaction, found.station, found.time) == (7, "cp-1", 5)
