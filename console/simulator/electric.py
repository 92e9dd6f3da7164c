"""What a car draws: its battery, its on-board charger, and the curve of a fast charge."""

from __future__ import annotations

import random
from dataclasses import dataclass
from itertools import pairwise

MAINS_V = 230.0
EFFICIENCY = 0.92
RAMP_SECONDS = 5.0

# (state of charge, share of the car's best DC power): full from a few per cent to half, then falling
DC_CURVE = ((0.0, 0.75), (0.08, 1.0), (0.5, 0.95), (0.65, 0.7), (0.8, 0.42), (0.9, 0.22), (1.0, 0.04))


@dataclass(slots=True)
class Car:
    """A car at the plug. ``soc`` runs from 0 to 1; powers in W; it stops by itself at ``target_soc``."""

    battery_wh: float
    soc: float
    ac_w: float
    ac_phases: int
    dc_w: float
    target_soc: float = 1.0

    @property
    def full(self) -> bool:
        """Whether the car wants no more."""
        return self.soc >= self.target_soc

    def phases_used(self, offered: int) -> int:
        """Phases the car loads of those ``offered``."""
        return min(offered, self.ac_phases)

    def draw(self, kind: str, max_w: float, phases: int) -> float:
        """Power in W that the car would take now from an outlet that offers ``max_w`` over ``phases``."""
        if self.full:
            return 0.0
        if kind == "DC":
            return min(max_w, self.dc_w * _share(self.soc))
        used = self.phases_used(phases)
        best = min(self.ac_w * used / self.ac_phases, max_w * used / phases)
        # the battery management slows the last few per cent down
        return best * min(1.0, max(0.08, (1.02 - self.soc) / 0.08))


def _share(soc: float) -> float:
    for (low, at_low), (high, at_high) in pairwise(DC_CURVE):
        if soc <= high:
            return at_low + (at_high - at_low) * (soc - low) / (high - low)
    return DC_CURVE[-1][1]


# battery kWh, on-board charger W, its phases, DC W
MODELS = (
    (52.0, 11_000.0, 3, 115_000.0),
    (77.0, 11_000.0, 3, 135_000.0),
    (40.0, 7_360.0, 1, 46_000.0),
    (82.0, 11_000.0, 3, 170_000.0),
    (52.0, 22_000.0, 3, 130_000.0),
    (93.0, 11_000.0, 3, 250_000.0),
    (13.0, 3_680.0, 1, 20_000.0),
    (64.0, 7_360.0, 1, 77_000.0),
)


def some_car(rng: random.Random, kind: str, speed: float) -> Car:
    """A car as they come; its battery is ``speed`` times smaller than in life, so that a demo sees it fill."""
    battery_kwh, ac_w, phases, dc_w = rng.choice(MODELS)
    soc = rng.uniform(0.08, 0.45) if kind == "DC" else rng.uniform(0.15, 0.75)
    target = rng.choice((0.8, 0.9, 1.0)) if kind == "DC" else 1.0
    return Car(battery_kwh * 1000 / speed, soc, ac_w, phases, dc_w, target)
