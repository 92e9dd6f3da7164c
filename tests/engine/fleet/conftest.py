"""A fleet that is told exchanges and happenings, without a link: what the fold makes of them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from console.engine.fleet.fleet import Fleet
from console.engine.fleet.model import Connector, Station, Transaction
from console.engine.reading import fold_record
from console.engine.wire.exchange import Exchange, Happening, Record

NS = 1_000_000_000
START = 1_790_000_000 * NS


class Told:
    """A fleet, all that it was told, and the time by our clock; ``at`` of a message is seconds after the start."""

    def __init__(self) -> None:
        self.fleet = Fleet()
        self.records: list[Record] = []
        self.time = START

    def stamp(self, seconds: float) -> str:
        """A time as stations write it."""
        return datetime.fromtimestamp(START / NS + seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def _take(self, record: Record) -> None:
        self.records.append(record)
        fold_record(self.fleet, record)

    def say(
        self,
        action: str,
        request: Any,
        response: Any = None,
        *,
        station: str = "CP-1",
        version: str = "1.6",
        raw: str | None = None,
    ) -> Exchange:
        """The station says something and is answered."""
        made = Exchange(
            id=len(self.records) + 1,
            time=self.time,
            station=station,
            version=version,
            link=1,
            direction="in",
            action=action,
            unique_id=str(len(self.records)),
            request=request,
            response={} if response is None else response,
            outcome="result",
            raw_request=raw,
        )
        self._take(made)
        return made

    def befall(self, kind: str, station: str | None = "CP-1", link: int | None = 1, **data: Any) -> None:
        """Something befalls."""
        made = Happening(id=len(self.records) + 1, time=self.time, kind=kind, station=station, link=link, data=data)
        self._take(made)

    def wait(self, seconds: float) -> None:
        """Time passes."""
        self.time += int(seconds * NS)

    # The words of a 1.6 station.

    def status(self, word: str, connector: int = 1) -> None:
        self.say("StatusNotification", {"connectorId": connector, "status": word, "errorCode": "NoError"})

    def clock(self, ahead: float) -> None:
        """A status that tells by how many seconds the station's clock is ahead of ours."""
        when = self.stamp((self.time - START) / NS + ahead)
        request = {"connectorId": 1, "status": "Preparing", "errorCode": "NoError", "timestamp": when}
        self.say("StatusNotification", request)

    def start(self, wire: int, connector: int = 1, at: float | None = None, tag: str = "T") -> None:
        when = (self.time - START) / NS if at is None else at
        request = {"connectorId": connector, "idTag": tag, "meterStart": 1000, "timestamp": self.stamp(when)}
        self.say("StartTransaction", request, {"transactionId": wire, "idTagInfo": {"status": "Accepted"}})

    def stop(self, wire: int, at: float | None = None, wh: int = 2000) -> None:
        when = (self.time - START) / NS if at is None else at
        self.say("StopTransaction", {"transactionId": wire, "meterStop": wh, "timestamp": self.stamp(when)})

    def meter(self, wire: int | None = None, connector: int = 1, at: float | None = None, **values: str) -> None:
        when = (self.time - START) / NS if at is None else at
        names = {
            "power": ("Power.Active.Import", "W"),
            "energy": ("Energy.Active.Import.Register", "Wh"),
            "current": ("Current.Import", "A"),
            "voltage": ("Voltage", "V"),
            "soc": ("SoC", "Percent"),
        }
        samples = [
            {"value": value, "measurand": names[name][0], "unit": names[name][1]} for name, value in values.items()
        ]
        request = {
            "connectorId": connector,
            "meterValue": [{"timestamp": self.stamp(when), "sampledValue": samples}],
        }
        self.say("MeterValues", request if wire is None else {**request, "transactionId": wire})

    # What came of it.

    @property
    def station(self) -> Station:
        """The first station."""
        return next(iter(self.fleet.stations.values()))

    def connector(self, number: int = 1) -> Connector:
        """A connector of the first station."""
        found = self.station.connector(number, 1)
        assert found is not None
        return found

    def session(self, wire: int | str) -> Transaction:
        """The session with that id, at hand."""
        found = self.fleet.transaction(self.station.id, str(wire))
        assert found is not None
        return found

    def again(self) -> Fleet:
        """The fleet of all records, folded from the beginning."""
        fleet = Fleet()
        for record in self.records:
            fold_record(fleet, record)
        return fleet


@pytest.fixture
def told() -> Told:
    """A fleet that knows nothing yet, but a station that is connected."""
    made = Told()
    made.befall("link.opened", peer="10.0.0.1:4000", version="1.6")
    return made
