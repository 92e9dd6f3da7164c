"""One outlet of a station: what is plugged in, what flows, what its meter says."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from console.simulator.electric import EFFICIENCY, MAINS_V, RAMP_SECONDS, Car

# What its meter can tell, and what of it is sent with every sample unless it is set otherwise.
MEASURANDS = (
    "Energy.Active.Import.Register",
    "Power.Active.Import",
    "Current.Import",
    "Voltage",
    "SoC",
    "Current.Offered",
    "Power.Offered",
)
SAMPLED = MEASURANDS[:5]

ChargingState = Literal["EVConnected", "Charging", "SuspendedEV", "SuspendedEVSE"]


@dataclass(frozen=True, slots=True)
class Reading:
    """One sampled value, in the words that all OCPP versions share."""

    measurand: str
    value: float
    unit: str
    phase: str | None = None
    location: str | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """What broke: an errorCode of OCPP 1.6 and a text of the vendor's."""

    code: str
    info: str = ""


@dataclass(frozen=True, slots=True)
class Reservation:
    """A place kept for one tag until ``expiry``."""

    id: int
    tag: str
    expiry: datetime
    group: str | None = None


@dataclass(slots=True)
class Session:
    """A transaction. ``transaction_id`` is the number the central system of OCPP 1.6 gave; ``uid`` is ours for 2.x."""

    uid: str
    tag: str
    started_at: datetime
    meter_start: float
    transaction_id: int | None = None
    remote_start_id: int | None = None
    reservation_id: int | None = None
    seq_no: int = 0
    state: ChargingState = "EVConnected"
    charging_seconds: float = 0.0
    refused: bool = False
    ended: bool = False

    def next_seq(self) -> int:
        """The next seqNo of a TransactionEvent."""
        self.seq_no += 1
        return self.seq_no - 1


@dataclass(slots=True)
class Connector:
    """An outlet. ``number`` counts over the station (OCPP 1.6); ``evse_id``/``connector_id`` are those of 2.x."""

    number: int
    evse_id: int
    connector_id: int
    kind: Literal["AC", "DC"]
    max_w: float
    phases: int
    type: str
    register_wh: float = 0.0
    power_w: float = 0.0
    limit_w: float | None = None
    advanced_at: float = 0.0
    operative: bool = True
    scheduled: bool | None = None
    fault: Fault | None = None
    car: Car | None = None
    session: Session | None = None
    finishing: bool = False
    reservation: Reservation | None = None
    restarting: bool = False
    reported: str | None = field(default=None, repr=False)

    @property
    def free(self) -> bool:
        """Whether a driver could start here."""
        return self.car is None and self.fault is None and self.operative and not self.restarting

    def state_16(self) -> str:
        """The ChargePointStatus of OCPP 1.6."""
        if self.fault:
            return "Faulted"
        if self.session:
            return "Preparing" if self.session.state == "EVConnected" else self.session.state
        if not self.operative or self.restarting:
            return "Unavailable"
        if self.car:
            return "Finishing" if self.finishing else "Preparing"
        return "Reserved" if self.reservation else "Available"

    def state_2(self) -> str:
        """The ConnectorStatusEnumType of OCPP 2.x."""
        if self.fault:
            return "Faulted"
        if self.car and (self.session or self.operative):
            return "Occupied"
        if not self.operative or self.restarting:
            return "Unavailable"
        return "Reserved" if self.reservation else "Available"

    def advance(self, now: float) -> None:
        """Let power flow until ``now`` (monotonic seconds): the register grows by power times time, the car fills."""
        elapsed, self.advanced_at = now - self.advanced_at, now
        if self.session is None or self.car is None or self.fault or elapsed <= 0:
            self.power_w = 0.0
            return
        steps = max(1, min(120, math.ceil(elapsed / 2)))
        step = elapsed / steps
        offered = self.max_w if self.limit_w is None else min(self.max_w, self.limit_w)
        follow = 1 - math.exp(-step / RAMP_SECONDS)
        for _ in range(steps):
            target = 0.0 if self.session.state == "EVConnected" else self.car.draw(self.kind, offered, self.phases)
            # a contactor opens at once, power rises slowly
            self.power_w = target if target < self.power_w else self.power_w + (target - self.power_w) * follow
            energy = self.power_w * step / 3600
            self.register_wh += energy
            self.car.soc = min(1.0, self.car.soc + energy * EFFICIENCY / self.car.battery_wh)
            if self.power_w > 0:
                self.session.charging_seconds += step

    def flow_state(self) -> ChargingState:
        """The chargingState that follows from car, limit and outlet."""
        if self.limit_w is not None and self.limit_w < 1:
            return "SuspendedEVSE"
        if self.car is None or self.car.full:
            return "SuspendedEV"
        return "Charging"

    def readings(self, rng: random.Random) -> list[Reading]:
        """Every value the meter can give now. Energy in Wh, power in W, current in A, voltage in V, SoC in per cent."""
        found = [
            Reading("Energy.Active.Import.Register", round(self.register_wh, 1), "Wh", location="Outlet"),
            Reading("Power.Active.Import", round(self.power_w, 1), "W", location="Outlet"),
        ]
        if self.kind == "DC":
            found += self._direct(rng)
        else:
            used = self.car.phases_used(self.phases) if self.car else self.phases
            for n in range(1, self.phases + 1):
                volts = MAINS_V + rng.uniform(-2.5, 2.5)
                amperes = self.power_w / used / volts if n <= used else 0.0
                found.append(Reading("Current.Import", round(amperes, 2), "A", f"L{n}", "Outlet"))
                found.append(Reading("Voltage", round(volts, 1), "V", f"L{n}-N", "Outlet"))
        offered = self.max_w if self.limit_w is None else min(self.max_w, self.limit_w)
        found.append(Reading("Current.Offered", round(offered / self.phases / MAINS_V, 1), "A"))
        found.append(Reading("Power.Offered", round(offered, 1), "W"))
        return found

    def _direct(self, rng: random.Random) -> list[Reading]:
        if self.car is None:
            return []
        volts = 330 + 80 * self.car.soc + rng.uniform(-1, 1)
        return [
            Reading("Current.Import", round(self.power_w / volts, 1), "A", location="Outlet"),
            Reading("Voltage", round(volts, 1), "V", location="Outlet"),
            Reading("SoC", round(self.car.soc * 100), "Percent", location="EV"),
        ]
