"""Sampled values of every version, in one spelling: measurand, unit, phase, and the text as it was sent.

Stations spell measurands and units in their own ways (``Voltage.L1``, ``Hz``, ``Celcius``, ``kwh``): what is known is
spelt as OCPP 1.6 spells it (the 2.1 names where 1.6 has none), what is unknown stays verbatim. The frame keeps every
byte, so nothing is hidden by it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from console.engine.fleet.events import MeterSample
from console.engine.wire.values import integer, number
from console.engine.wire.values import text as as_text

ENERGY: Final = "Energy.Active.Import.Register"
POWER: Final = "Power.Active.Import"
TELLING: Final = frozenset((ENERGY, POWER, "SoC"))  # what a session is followed by

# Measurands of 1.6, 2.0.1 and 2.1 with the unit that is meant where none is sent. Only Energy's is written in the
# specification ("Wh if the measurand is an Energy type"); the others are the only unit that makes sense, or None.
_UNIT_OF: Final[dict[str, str | None]] = {
    "Current.Export": "A",
    "Current.Export.Minimum": "A",
    "Current.Export.Offered": "A",
    "Current.Import": "A",
    "Current.Import.Minimum": "A",
    "Current.Import.Offered": "A",
    "Current.Offered": "A",
    "Display.BatteryEnergyCapacity": "Wh",
    "Display.ChargingComplete": None,
    "Display.InletHot": None,
    "Display.MaximumSOC": "Percent",
    "Display.MinimumSOC": "Percent",
    "Display.PresentSOC": "Percent",
    "Display.RemainingTimeToMaximumSOC": None,
    "Display.RemainingTimeToMinimumSOC": None,
    "Display.RemainingTimeToTargetSOC": None,
    "Display.TargetSOC": "Percent",
    "Energy.Active.Export.Interval": "Wh",
    "Energy.Active.Export.Register": "Wh",
    "Energy.Active.Import.CableLoss": "Wh",
    "Energy.Active.Import.Interval": "Wh",
    "Energy.Active.Import.LocalGeneration.Register": "Wh",
    ENERGY: "Wh",
    "Energy.Active.Net": "Wh",
    "Energy.Active.Setpoint.Interval": "Wh",
    "Energy.Apparent.Export": "VAh",
    "Energy.Apparent.Import": "VAh",
    "Energy.Apparent.Net": "VAh",
    "Energy.Reactive.Export.Interval": "varh",
    "Energy.Reactive.Export.Register": "varh",
    "Energy.Reactive.Import.Interval": "varh",
    "Energy.Reactive.Import.Register": "varh",
    "Energy.Reactive.Net": "varh",
    "EnergyRequest.Bulk": "Wh",
    "EnergyRequest.Maximum": "Wh",
    "EnergyRequest.Maximum.V2X": "Wh",
    "EnergyRequest.Minimum": "Wh",
    "EnergyRequest.Minimum.V2X": "Wh",
    "EnergyRequest.Target": "Wh",
    "Frequency": "Hertz",
    "Power.Active.Export": "W",
    "Power.Active.Import": "W",
    "Power.Active.Residual": "W",
    "Power.Active.Setpoint": "W",
    "Power.Export.Minimum": "W",
    "Power.Export.Offered": "W",
    "Power.Factor": None,
    "Power.Import.Minimum": "W",
    "Power.Import.Offered": "W",
    "Power.Offered": "W",
    "Power.Reactive.Export": "var",
    "Power.Reactive.Import": "var",
    "RPM": None,
    "SoC": "Percent",
    "Temperature": None,
    "Voltage": "V",
    "Voltage.Maximum": "V",
    "Voltage.Minimum": "V",
}
_MEASURANDS: Final = {name.casefold(): name for name in _UNIT_OF}

_UNITS: Final = {
    **{
        name.casefold(): name
        for name in ("Wh", "kWh", "varh", "kvarh", "VAh", "kVAh", "W", "kW", "VA", "kVA", "var", "kvar", "A", "V", "K")
    },
    **{name.casefold(): name for name in ("Celsius", "Fahrenheit", "Percent", "Hertz")},
    "celcius": "Celsius",
    "°c": "Celsius",
    "°f": "Fahrenheit",
    "%": "Percent",
    "hz": "Hertz",
}

_EXACT: Final = ("Wh", "W", "kWh", "kW", "Percent")  # spelt as here, and what most stations send

_PHASES: Final = frozenset(("L1", "L2", "L3", "N", "L1-N", "L2-N", "L3-N", "L1-L2", "L2-L3", "L3-L1"))

# What a station spells is looked up once; the bound keeps a station that invents names from growing it.
_spelt: dict[tuple[Any, Any, Any], tuple[str, str | None, str | None]] = {}
_SPELT_MAX = 4096
_SPELT_LONGEST = 64


def sample(
    measurand: Any,
    text: Any,
    unit: Any = None,
    phase: Any = None,
    context: Any = None,
    location: Any = None,
    multiplier: Any = 0,
) -> MeterSample:
    """One sampled value as an event's part, out of raw JSON values of any type.

    No measurand means Energy.Active.Import.Register; no unit means the measurand's own (Wh for energy). ``value`` has
    the ``multiplier`` of 2.x applied (power of ten, −30 … 30; anything else counts as 0); ``text`` does not.
    """
    measurand, unit, phase = spelt(measurand, unit, phase)
    value = number(text)
    if multiplier and value is not None:
        value = _scaled(value, multiplier)
    return MeterSample(
        measurand,
        value,
        text if type(text) is str and len(text) <= _SPELT_LONGEST else as_text(text) or "",
        unit,
        phase,
        context if type(context) is str and len(context) <= _SPELT_LONGEST else None,
        location if type(location) is str and len(location) <= _SPELT_LONGEST else None,
    )


class Measured(msgspec.Struct, frozen=True, gc=False):
    """What a session is followed by: a sampled value without its text."""

    measurand: str
    value: float | None
    unit: str | None
    phase: str | None
    context: str | None
    location: str | None


def sampled(one: dict[str, Any]) -> MeterSample:
    """One SampledValue of any version, as it was sent."""
    get = one.get
    unit, multiplier = _unit(one)
    return sample(get("measurand"), get("value"), unit, get("phase"), get("context"), get("location"), multiplier)


def measured(one: dict[str, Any], measurand: str, phase: str | None) -> Measured:
    """The same without its text, where measurand and phase are known already."""
    get = one.get
    value, unit, location, context = number(get("value")), get("unit"), get("location"), get("context")
    if "unitOfMeasure" in one:
        unit, multiplier = _unit(one)
        if multiplier and value is not None:
            value = _scaled(value, multiplier)
    if unit not in _EXACT:
        unit = spelt(get("measurand"), unit, get("phase"))[1]
    if context is not None and (type(context) is not str or len(context) > _SPELT_LONGEST):
        context = None
    if location is not None and (type(location) is not str or len(location) > _SPELT_LONGEST):
        location = None
    return Measured(measurand, value, unit, phase, context, location)


def _unit(one: dict[str, Any]) -> tuple[Any, Any]:
    """The unit as it was sent, and its multiplier."""
    unit = one.get("unitOfMeasure")
    if type(unit) is dict:
        return unit.get("unit"), unit.get("multiplier", 0)
    if unit is None:
        unit = one.get("unit")  # 1.6's place, seen in 2.x too where firmware speaks both
    return unit, 0


def spelt(measurand: Any, unit: Any, phase: Any) -> tuple[str, str | None, str | None]:
    """Measurand, unit and phase as they are spelt here, out of what was sent."""
    try:
        return _spelt[measurand, unit, phase]
    except (KeyError, TypeError):
        return _spell(measurand, unit, phase)


def wh(value: float, unit: str | None) -> float | None:
    """Energy in Wh; None where the unit is none of active energy."""
    if unit == "Wh" or unit is None:
        return value
    return value * 1000 if unit == "kWh" else None


def energy_register_wh(samples: Iterable[MeterSample | Measured]) -> float | None:
    """The imported energy register in Wh; None where no sample tells it.

    The sum over all phases (no phase) goes before phases, which are added up; the outlet goes before other places.
    """
    whole: float | None = None
    apart: float | None = None
    phases: float | None = None
    for one in samples:
        if one.measurand != ENERGY or one.value is None:
            continue
        value = wh(one.value, one.unit)
        if value is None:
            continue
        if one.location not in (None, "Outlet"):
            apart = value if one.phase is None else apart
        elif one.phase is None:
            whole = value
        else:
            phases = value if phases is None else phases + value
    if whole is not None:
        return whole
    return phases if phases is not None else apart


def _spell(measurand: Any, unit: Any, phase: Any) -> tuple[str, str | None, str | None]:
    name = as_text(measurand) or ENERGY
    where = as_text(phase) or None
    stem, dot, tail = name.rpartition(".")
    if dot and tail in _PHASES:  # Voltage.L1
        name, where = stem, where or tail
    name = _MEASURANDS.get(name.casefold(), name)
    said = as_text(unit) or None
    made = name, _UNIT_OF.get(name) if said is None else _UNITS.get(said.casefold(), said), where
    told = (measurand, unit, phase)
    if len(_spelt) < _SPELT_MAX and all(
        one is None or (type(one) is str and len(one) <= _SPELT_LONGEST) for one in told
    ):
        _spelt[told] = made
    return made


def _scaled(value: float, multiplier: Any) -> float:
    power = integer(multiplier)
    if not power or not -30 <= power <= 30:
        return value
    scale: int = 10 ** abs(power)
    return value * scale if power > 0 else value / scale
