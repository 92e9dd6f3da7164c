"""Sampled values in one spelling."""

from __future__ import annotations

from typing import Any

import pytest

from console.engine.fleet.events import MeterSample
from console.engine.fleet.meter import energy_register_wh, sample, wh

ENERGY = "Energy.Active.Import.Register"


def test_nothing_but_a_value_is_the_imported_energy_in_wh() -> None:
    assert sample(None, "1500", None, None, None, None) == MeterSample(ENERGY, 1500.0, "1500", "Wh")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2e+01", 20.0),
        (" 16.0 ", 16.0),
        ("-0.5", -0.5),
        (12, 12.0),
        ("", None),
        ("NaN", None),
        ("Infinity", None),
        ("1_000", None),
        ("1,5", None),
        ("0x10", None),
        ("AP;0;3;ALCV3ABBBISHMA2RYEGAZE3HV5YGBQQAEHAEBB2ROQXS", None),
        (None, None),
        ([], None),
        (True, None),
    ],
)
def test_a_value_is_a_finite_number_or_unknown(text: Any, value: float | None) -> None:
    assert sample(None, text, None, None, None, None).value == value


def test_the_text_is_kept_as_it_was_sent() -> None:
    assert sample(None, "2e+01", "A", None, None, None).text == "2e+01"
    assert sample(None, 12.5, "A", None, None, None).text == "12.5"
    assert sample(None, None, "A", None, None, None).text == ""


@pytest.mark.parametrize(
    ("measurand", "phase", "name", "where"),
    [
        ("Voltage.L1", None, "Voltage", "L1"),
        ("Voltage.L1-N", None, "Voltage", "L1-N"),
        ("Voltage.L1", "L2", "Voltage", "L2"),
        ("voltage", "L1", "Voltage", "L1"),
        ("SOC", None, "SoC", None),
        ("Vendor.Thing", None, "Vendor.Thing", None),
        ("Vendor.Thing.L1", None, "Vendor.Thing", "L1"),
    ],
)
def test_measurands_have_one_spelling(measurand: str, phase: str | None, name: str, where: str | None) -> None:
    made = sample(measurand, "1", None, phase, None, None)

    assert (made.measurand, made.phase) == (name, where)


@pytest.mark.parametrize(
    ("unit", "one"),
    [
        ("Celcius", "Celsius"),
        ("Celsius", "Celsius"),
        ("Hz", "Hertz"),
        ("%", "Percent"),
        ("kwh", "kWh"),
        ("KW", "kW"),
        ("VAr", "var"),
        ("furlong", "furlong"),
    ],
)
def test_units_have_one_spelling(unit: str, one: str) -> None:
    assert sample("Temperature", "1", unit, None, None, None).unit == one


@pytest.mark.parametrize(
    ("measurand", "unit"),
    [
        ("Power.Active.Import", "W"),
        ("Current.Import", "A"),
        ("Voltage", "V"),
        ("SoC", "Percent"),
        ("Frequency", "Hertz"),
        ("Energy.Reactive.Import.Register", "varh"),
        ("Temperature", None),
        ("Vendor.Thing", None),
    ],
)
def test_a_missing_unit_is_the_measurands_own(measurand: str, unit: str | None) -> None:
    assert sample(measurand, "1", None, None, None, None).unit == unit


@pytest.mark.parametrize(
    ("multiplier", "value"), [(0, 11.0), (3, 11000.0), (-1, 1.1), ("3", 11000.0), (400, 11.0), (None, 11.0), ([], 11.0)]
)
def test_the_multiplier_is_a_power_of_ten(multiplier: Any, value: float) -> None:
    made = sample("Power.Active.Import", "11", "W", None, None, None, multiplier)

    assert (made.value, made.text) == (value, "11")


def test_fields_of_any_type_are_taken() -> None:
    assert sample({}, {}, [], {}, 7, []) == MeterSample(ENERGY, None, "", "Wh")


def test_inventing_names_does_not_fill_the_memory() -> None:
    for number in range(10_000):
        sample(f"Vendor.{number}", "1", None, None, None, None)

    from console.engine.fleet import meter

    assert len(meter._spelt) <= 4096
    assert sample("voltage.L3", "1", "v", None, None, None) == MeterSample("Voltage", 1.0, "1", "V", "L3")


def test_energy_is_counted_in_wh() -> None:
    assert wh(1.5, "kWh") == 1500.0
    assert wh(1.5, "Wh") == 1.5
    assert wh(1.5, None) == 1.5
    assert wh(1.5, "varh") is None


def energy(value: str, unit: str = "Wh", phase: str | None = None, location: str | None = None) -> MeterSample:
    return sample(ENERGY, value, unit, phase, None, location)


@pytest.mark.parametrize(
    ("samples", "register"),
    [
        ([], None),
        ([sample("Voltage", "230", "V", None, None, None)], None),
        ([energy("")], None),
        ([energy("4.2", "kWh")], 4200.0),
        ([energy("10"), energy("4", phase="L1"), energy("6", phase="L2")], 10.0),
        ([energy("4", phase="L1"), energy("6", phase="L2")], 10.0),
        ([energy("99", location="Inlet"), energy("10", location="Outlet")], 10.0),
        ([energy("99", location="Inlet")], 99.0),
        ([energy("5", "kvarh")], None),
    ],
)
def test_the_register_is_found_among_the_samples(samples: list[MeterSample], register: float | None) -> None:
    assert energy_register_wh(samples) == register
