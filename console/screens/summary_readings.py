"""Measured values in a line: the newest of each measurand, phases together, in the order that matters to a technician."""

from __future__ import annotations

from typing import Any, Final

from console.engine.dialects.reading import items, obj
from console.engine.fleet.events import MeterSample
from console.engine.fleet.meter import sample
from widgets.format import energy_exact, thousands

# Which readings a line shows, in this order: measurand, unit to show, digits, whether phases are added up.
_SHOWN: Final = (
    ("Power.Active.Import", "kW", 2, True),
    ("Power.Active.Export", "kW", 2, True),
    ("Voltage", "V", 1, False),
    ("Current.Import", "A", 1, False),
    ("Current.Export", "A", 1, False),
    ("Energy.Active.Import.Register", "Wh", 0, True),
    ("Energy.Active.Export.Register", "Wh", 0, True),
    ("SoC", "%", 0, False),
    ("Temperature", "°", 0, False),
    ("Frequency", "Hz", 2, False),
)
_KNOWN_NAMES: Final = frozenset(name for name, *_ in _SHOWN)


def meter_line(meter_values: Any) -> list[str]:
    """The values of a ``meterValue`` list of any version, as parts of a line."""
    newest: dict[str, dict[str | None, MeterSample]] = {}
    count = 0
    for moment in items(meter_values):
        for one in items(obj(moment).get("sampledValue")):
            found = obj(one)
            unit = obj(found.get("unitOfMeasure"))
            got = sample(
                found.get("measurand"),
                found.get("value"),
                found.get("unit", unit.get("unit")),
                found.get("phase"),
                found.get("context"),
                found.get("location"),
                unit.get("multiplier", 0),
            )
            count += 1
            newest.setdefault(got.measurand, {})[got.phase] = got
    said = [_reading(newest[name], unit, digits, added) for name, unit, digits, added in _SHOWN if name in newest]
    others = [name for name in newest if name not in _KNOWN_NAMES]
    for name in others[: 3 if not said else 1]:
        one = next(iter(newest[name].values()))
        said.append(f"{name[:32]} {one.text[:16]} {one.unit or ''}".rstrip())
    if meter_values is not None and not count:
        said.append("no values")
    return [one for one in said if one]


def _reading(phases: dict[str | None, MeterSample], unit: str, digits: int, added: bool) -> str:
    whole = phases.get(None)
    chosen = [whole] if whole is not None else [phases[name] for name in sorted(phases, key=str)]
    values = [one.value for one in chosen if one.value is not None]
    if not values:
        return f"{chosen[0].text[:16] or 'no number'} {unit}"
    given = chosen[0].unit
    if unit == "Wh":
        return energy_exact(sum(values) * (1000 if given == "kWh" else 1))
    if unit == "kW":
        watts = sum(values) * (1000 if given == "kW" else 1)
        return f"{thousands(watts)} W" if abs(watts) < 1000 else f"{thousands(watts / 1000, digits)} kW"
    if added or len(values) == 1:
        return f"{thousands(sum(values), digits)}{'' if unit == '°' else ' '}{unit}"
    if unit == "V":  # three voltages are a range, or the line says nothing else
        low, high = thousands(min(values)), thousands(max(values))
        return f"{low} {unit}" if low == high else f"{low}–{high} {unit}"
    said = [thousands(one, digits) for one in values[:3]]
    return f"{len(said)}×{said[0]} {unit}" if len(set(said)) == 1 else f"{'/'.join(said)} {unit}"
