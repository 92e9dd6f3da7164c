"""Whatever stations send, in whatever order, with restarts in between: the fleet is the fold of the journal."""

from __future__ import annotations

import asyncio
import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from console.engine.dialects import dialect
from console.engine.engine import Engine
from console.engine.fleet.fleet import Fleet
from console.engine.fleet.fold import fold_exchange, fold_happening
from console.engine.wire.exchange import Exchange
from profiles import load_profile
from tests.fleets import facts

TIMES = st.sampled_from(
    ["2026-11-24T10:00:00Z", "2026-11-24T10:00:10Z", "2026-11-24T09:59:00Z", "1970-01-01T00:00:00Z", "yesterday", 5]
)
NUMBERS = st.sampled_from([0, 1, 2, 7, -1, None, "1", 2**63])
STATUSES = st.sampled_from(["Available", "Charging", "Faulted", "Occupied", "Error", ""])


def sampled(value: str) -> list[dict[str, Any]]:
    return [{"value": value}, {"value": "2000", "measurand": "Power.Active.Import"}]


MESSAGES_16 = st.one_of(
    st.builds(lambda: ("BootNotification", {"chargePointVendor": "A", "chargePointModel": "B"})),
    st.builds(
        lambda c, s: ("StatusNotification", {"connectorId": c, "status": s, "errorCode": "NoError"}), NUMBERS, STATUSES
    ),
    st.builds(
        lambda c, t, m: ("StartTransaction", {"connectorId": c, "idTag": "T", "meterStart": m, "timestamp": t}),
        st.sampled_from([1, 2]),
        TIMES,
        NUMBERS,
    ),
    st.builds(
        lambda x, t, v: (
            "MeterValues",
            {"connectorId": 1, "transactionId": x, "meterValue": [{"timestamp": t, "sampledValue": sampled(v)}]},
        ),
        NUMBERS,
        TIMES,
        st.sampled_from(["10", "20", "", "NaN"]),
    ),
    st.builds(
        lambda x, t, m: ("StopTransaction", {"transactionId": x, "timestamp": t, "meterStop": m}),
        NUMBERS,
        TIMES,
        NUMBERS,
    ),
    st.just(("Heartbeat", {})),
    st.just(("NoSuchAction", {})),
)
MESSAGES_2X = st.one_of(
    st.builds(
        lambda kind, tx, seq, at, value: (
            "TransactionEvent",
            {
                "eventType": kind,
                "timestamp": at,
                "triggerReason": "MeterValuePeriodic",
                "seqNo": seq,
                "transactionInfo": {"transactionId": tx},
                "evse": {"id": 1, "connectorId": 1},
                "meterValue": [{"timestamp": at, "sampledValue": [{"value": value}]}],
            },
        ),
        st.sampled_from(["Started", "Updated", "Ended"]),
        st.sampled_from(["a", "b"]),
        st.integers(0, 6),
        TIMES,
        st.sampled_from([1.0, 20.5, 3e9]),
    ),
    st.builds(
        lambda s: ("StatusNotification", {"timestamp": 1, "connectorStatus": s, "evseId": 1, "connectorId": 1}),
        STATUSES,
    ),
    st.just(("BootNotification", {"reason": "PowerUp", "chargingStation": {"model": "M", "vendorName": "V"}})),
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("1.6"), MESSAGES_16, st.sampled_from(["1", "2", "3"])),
        st.tuples(st.just("2.0.1"), MESSAGES_2X, st.sampled_from(["1", "2", "3"])),
        st.tuples(st.just("text"), st.sampled_from(["[2,", "nonsense", '[3,"x",{}]']), st.none()),
        st.tuples(st.just("drop"), st.sampled_from(["1.6", "2.0.1"]), st.none()),
        st.tuples(st.just("close"), st.none(), st.none()),
        st.tuples(st.just("restart"), st.none(), st.none()),
    ),
    max_size=24,
)


def replayed(engine: Engine) -> Fleet:
    fleet = Fleet()
    for record in engine.journal.tail(0):
        if isinstance(record, Exchange):
            fold_exchange(fleet, record, dialect(record.version).read(record))
        else:
            fold_happening(fleet, record)
    return fleet


class World:
    """An engine on a directory, and a link a version."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.engine: Engine
        self.links: dict[str, ClientConnection] = {}

    async def start(self) -> None:
        self.engine = Engine(
            load_profile("bench"), self.directory, listen=["127.0.0.1:0"], api="127.0.0.1:0", files="127.0.0.1:0"
        )
        await self.engine.start()

    async def link(self, version: str) -> ClientConnection:
        if version not in self.links:
            self.links[version] = await connect(
                f"{self.engine.listen_urls[0]}CP-{version}",
                subprotocols=[Subprotocol(f"ocpp{version}")],
                compression=None,
            )
        return self.links[version]

    async def drop(self, version: str) -> None:
        link = self.links.pop(version, None)
        if link is not None:
            await link.close()

    async def step(self, kind: str, what: Any, unique_id: str | None) -> None:
        if kind == "restart":
            for version in list(self.links):
                await self.drop(version)
            await self.engine.stop()
            await self.start()
        elif kind == "drop":
            await self.drop(what)
        elif kind == "close":
            for one in self.engine.fleet.active():
                await self.engine.happen("transaction.closed", station=one.station, transaction=one.id, by="a test")
        elif kind == "text":
            await (await self.link("1.6")).send(what)
        else:
            link = await self.link(kind)
            await link.send(json.dumps([2, unique_id, *what]))
            while json.loads(await asyncio.wait_for(link.recv(), 10))[1] != unique_id:
                pass

    async def settle(self) -> None:
        async with asyncio.timeout(10):
            while self.engine.journal.pending:
                await asyncio.sleep(0.002)


async def run(steps: list[tuple[str, Any, str | None]]) -> None:
    with tempfile.TemporaryDirectory(prefix="chargehand-property-") as folder:
        world = World(Path(folder))
        await world.start()
        try:
            for kind, what, unique_id in steps:
                await world.step(kind, what, unique_id)
            await world.settle()
            assert facts(replayed(world.engine)) == facts(world.engine.fleet)
        finally:
            for version in list(world.links):
                await world.drop(version)
            await world.engine.stop()


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS)
def test_the_fleet_is_the_fold_of_the_journal(steps: list[tuple[str, Any, str | None]]) -> None:
    asyncio.run(run(steps))
