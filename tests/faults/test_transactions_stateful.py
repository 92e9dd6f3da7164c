"""Stations that lose links and answers, retry, reorder and repeat, against a console that restarts: a model knows better.

The station side of the model is what OCPP demands of a station: a transaction message is sent again until it is
answered, under the same unique id or a new one, on the same link or a later one, before or after a restart of the
console. The promise: one transaction for one beginning, every reading once, nothing lost, gaps as they are.
"""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from console.engine.engine import Engine
from profiles import load_profile
from tests.faults.raw import assert_fold

OLD, NEW = "1.6", "2.0.1"
BOOTS = {
    OLD: {"chargePointVendor": "A", "chargePointModel": "B"},
    NEW: {"reason": "PowerUp", "chargingStation": {"vendorName": "A", "model": "B"}},
}


def stamp(tick: int) -> str:
    return f"2026-11-24T{tick // 3600:02d}:{tick // 60 % 60:02d}:{tick % 60:02d}Z"


class Session:
    """What the station knows of one charging session."""

    def __init__(self, version: str, place: int, tick: int, name: str) -> None:
        self.version = version
        self.place = place
        self.started = stamp(tick)
        self.name = name
        self.wire: str | None = name if version == NEW else None
        self.readings: list[float] = []
        self.sequence = 0
        self.sent: set[int] = set()
        self.end: float | None = None


class Message:
    """A message on its way, with the unique id it was last sent under."""

    def __init__(self, session: Session, action: str, payload: dict[str, Any], unique_id: str) -> None:
        self.session = session
        self.action = action
        self.payload = payload
        self.unique_id = unique_id


class Machine(RuleBasedStateMachine):
    """Rules are what a station, its network, or the console's host may do."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = tempfile.TemporaryDirectory(prefix="chargehand-stateful-")
        self.links: dict[str, ClientConnection] = {}
        self.tick = 0
        self.restarts = 0
        self.ids = 0
        self.running: dict[tuple[str, int], Session] = {}
        self.all: list[Session] = []
        self.answered: list[Message] = []
        self.held: list[Message] = []
        self.run(self.start())

    def run(self, work: Any) -> Any:
        return self.loop.run_until_complete(work)

    async def start(self) -> None:
        self.engine = Engine(
            load_profile("bench"),
            Path(self.folder.name),
            listen=["127.0.0.1:0"],
            api="127.0.0.1:0",
            files="127.0.0.1:0",
        )
        await self.engine.start()

    async def link(self, version: str) -> ClientConnection:
        if version not in self.links:
            self.links[version] = await connect(
                f"{self.engine.listen_urls[0]}CP-{version}",
                subprotocols=[Subprotocol(f"ocpp{version}")],
                compression=None,
            )
            if not self.engine.fleet.station(f"CP-{version}"):
                await self.ask(version, "boot", "BootNotification", BOOTS[version])
        return self.links[version]

    async def ask(self, version: str, unique_id: str, action: str, payload: Any) -> Any:
        link = await self.link(version)
        await link.send(json.dumps([2, unique_id, action, payload]))
        while True:
            frame = json.loads(await asyncio.wait_for(link.recv(), 10))
            if frame[1] == unique_id:
                assert frame[0] == 3, frame
                return frame[2]

    def fresh(self) -> str:
        self.ids += 1
        return f"u{self.ids}"

    async def deliver(self, message: Message, losses: int, anew: bool) -> None:
        """Send until it is answered; ``losses`` times the link breaks before the answer is read."""
        version = message.session.version
        for _ in range(losses):
            link = await self.link(version)
            await link.send(json.dumps([2, message.unique_id, message.action, message.payload]))
            link.transport.abort()
            await link.wait_closed()
            del self.links[version]
            if anew:
                message.unique_id = self.fresh()
        answer = await self.ask(version, message.unique_id, message.action, message.payload)
        if message.action == "StartTransaction":
            given = str(answer["transactionId"])
            assert message.session.wire in (None, given), "another id for the same beginning"
            message.session.wire = given
        self.answered.append(message)

    def event(self, session: Session, kind: str, value: float) -> Message:
        payload = {
            "eventType": kind,
            "timestamp": stamp(self.tick),
            "triggerReason": "MeterValuePeriodic",
            "seqNo": session.sequence,
            "transactionInfo": {"transactionId": session.name},
            "evse": {"id": session.place, "connectorId": 1},
            "idToken": {"idToken": "T", "type": "Central"},
            "meterValue": [{"timestamp": stamp(self.tick), "sampledValue": [{"value": value}]}],
        }
        session.sequence += 1
        return Message(session, "TransactionEvent", payload, self.fresh())

    # Rules.

    losses = st.sampled_from([0, 0, 0, 1, 2])

    @rule(version=st.sampled_from([OLD, NEW]), place=st.sampled_from([1, 2]), losses=losses, anew=st.booleans())
    def begin(self, version: str, place: int, losses: int, anew: bool) -> None:
        if (version, place) in self.running:
            place = 10 + len(self.all)
        self.tick += 1
        session = Session(version, place, self.tick, f"S{len(self.all)}")
        self.all.append(session)
        self.running[version, place] = session
        value = float(self.tick * 10)
        if version == OLD:
            payload = {"connectorId": place, "idTag": "T", "meterStart": int(value), "timestamp": session.started}
            message = Message(session, "StartTransaction", payload, self.fresh())
        else:
            message = self.event(session, "Started", value)
            session.sent.add(0)
            session.readings.append(value)
        self.run(self.deliver(message, losses, anew))

    @precondition(lambda self: self.running)
    @rule(data=st.data(), losses=losses, anew=st.booleans(), hold=st.sampled_from([False, False, True]))
    def update(self, data: Any, losses: int, anew: bool, hold: bool) -> None:
        session = data.draw(st.sampled_from(list(self.running.values())))
        self.tick += 1
        value = float(self.tick * 10)
        if session.version == OLD:
            payload = {
                "connectorId": session.place,
                "transactionId": int(session.wire or 0),
                "meterValue": [{"timestamp": stamp(self.tick), "sampledValue": [{"value": str(value)}]}],
            }
            message = Message(session, "MeterValues", payload, self.fresh())
        else:
            message = self.event(session, "Updated", value)
        if hold:
            self.held.append(message)
            return
        self.sending(message, value)
        self.run(self.deliver(message, losses, anew))

    def sending(self, message: Message, value: float) -> None:
        message.session.readings.append(value)
        if "seqNo" in message.payload:
            message.session.sent.add(message.payload["seqNo"])

    @precondition(lambda self: self.held)
    @rule(data=st.data(), losses=losses)
    def release(self, data: Any, losses: int) -> None:
        """What was held back in the station's queue goes out, perhaps long after what followed it."""
        message = data.draw(st.sampled_from(self.held))
        self.held.remove(message)
        (value,) = (one["sampledValue"][0]["value"] for one in message.payload["meterValue"])
        self.sending(message, float(value))
        self.run(self.deliver(message, losses, False))

    @precondition(lambda self: self.running)
    @rule(data=st.data(), losses=losses, anew=st.booleans())
    def finish(self, data: Any, losses: int, anew: bool) -> None:
        place = data.draw(st.sampled_from(list(self.running)))
        session = self.running.pop(place)
        self.tick += 1
        session.end = float(self.tick * 10)
        if session.version == OLD:
            readings = [{"timestamp": stamp(self.tick), "sampledValue": [{"value": str(session.end)}]}]
            payload = {
                "transactionId": int(session.wire or 0),
                "meterStop": int(session.end),
                "timestamp": stamp(self.tick),
                "transactionData": readings,
            }
            message = Message(session, "StopTransaction", payload, self.fresh())
        else:
            message = self.event(session, "Ended", session.end)
            session.sent.add(message.payload["seqNo"])
        session.readings.append(session.end)
        self.run(self.deliver(message, losses, anew))

    @precondition(lambda self: self.answered)
    @rule(data=st.data(), anew=st.booleans())
    def repeat(self, data: Any, anew: bool) -> None:
        """A message that was answered comes once more: the answer had been lost on the way, and the station waited."""
        message = data.draw(st.sampled_from(self.answered[-12:]))
        again = Message(message.session, message.action, message.payload, self.fresh() if anew else message.unique_id)
        before = len(self.answered)
        self.run(self.deliver(again, 0, False))
        del self.answered[before:]

    @precondition(lambda self: len(self.links) > 1)
    @rule(version=st.sampled_from([OLD, NEW]))
    def drop(self, version: str) -> None:
        link = self.links.pop(version, None)
        if link is not None:
            self.run(link.close())

    @precondition(lambda self: len(self.answered) > 8 * (self.restarts + 1))
    @rule()
    def restart(self) -> None:
        self.restarts += 1
        for version in list(self.links):
            self.drop(version)
        self.run(self.compare())
        self.run(self.engine.stop())
        self.run(self.start())

    # Promises.

    @invariant()
    def every_session_at_hand_is_one_transaction_with_every_reading_counted_once(self) -> None:
        kept = {(one.station, one.wire): one for one in self.engine.fleet.transactions.values()}
        assert len(kept) == len(self.engine.fleet.transactions)
        for session in self.all:
            one = kept.get((f"CP-{session.version}", session.wire))
            if one is not None:
                assert one.samples == len(session.readings), (session.name, one.flags)

    async def compare(self) -> None:
        kept = {}
        for one in await self.engine.transactions(limit=10_000):
            key = (one.station, one.wire)
            assert key not in kept, f"two transactions for {key}"
            kept[key] = one
        assert len(kept) == len(self.all)
        for session in self.all:
            one = kept[f"CP-{session.version}", session.wire]
            assert one.samples == len(session.readings), (session.name, one.flags)
            stored = Counter(sample.sample.value for sample in await self.engine.samples(one.id))
            assert stored == Counter(session.readings), (session.name, one.flags)
            assert one.state == ("active" if session.end is None else "ended"), (session.name, one.flags)
            if session.end is not None:
                assert one.stop_wh == session.end
            missing = sorted(set(range(session.sequence)) - session.sent)
            told = [n for low, high in one.seq_gaps for n in range(low, high + 1)]
            if session.version == NEW:
                assert told == [n for n in missing if n < max(session.sent)]

    def teardown(self) -> None:
        try:
            self.run(self.compare())
            self.run(assert_fold(self.engine))
        finally:
            for version in list(self.links):
                self.drop(version)
            self.run(self.engine.stop())
            self.folder.cleanup()
            self.loop.close()


TestTransactions = Machine.TestCase
TestTransactions.settings = settings(
    max_examples=int(os.environ.get("CHARGEHAND_SESSIONS", "6")),
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
