"""The figures of the header are counted from what changed, and are what counting everything would give."""

from __future__ import annotations

import random

from console.engine.fleet.fleet import Fleet
from console.engine.fleet.model import Connector, Evse, Station
from console.engine.stats import Stats


def test_counting_what_changed_gives_what_counting_everything_gives() -> None:
    chance = random.Random(1)
    fleet, kept = Fleet(), Stats()
    kept.refresh(fleet)
    assert (kept.stations, kept.online, kept.power_w) == (0, 0, 0)
    for turn in range(300):
        name = f"cp-{chance.randrange(12)}"
        station = fleet.stations.get(name)
        if station is None:
            connector = Connector(evse=1, connector=1)
            station = fleet.stations[name] = Station(
                key=name, id=name, evses={1: Evse(evse=1, connectors={1: connector})}
            )
        connector = station.evses[1].connectors[1]
        station.connected = chance.random() < 0.7
        station.registration = chance.choice(["Accepted", "Pending"])
        connector.status = chance.choice(["Available", "Charging", "Faulted"])
        connector.transaction = chance.choice([None, 7])
        connector.power_w = chance.choice([None, 0.0, 11000.0, 7200.5])
        fleet.touch(station)
        if chance.random() < 0.1:
            fleet.forget(station)
        if turn % 3 == 0:
            kept.refresh(fleet)
            fresh = Stats()
            fresh.refresh(fleet)
            for figure in ("stations", "online", "pending", "charging", "faulted", "power_w"):
                assert getattr(kept, figure) == getattr(fresh, figure), figure
