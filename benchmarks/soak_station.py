"""A station of the soak: raw frames, sessions one after another, everything unacknowledged is said again after a fault.

It does what the specification asks of a station on a bad line: one call at a time, in order; a call without an answer is
repeated with the same id and the same bytes on the next connection. It keeps a ledger of every acknowledgement it got.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import msgspec

from benchmarks.load import Station as Wire
from benchmarks.load import masked
from benchmarks.traffic import boot, frame, samples_2x, samples_16

ANSWER_WITHIN: Final = 8.0  # seconds; then the station gives the connection up and dials again
DIAL_WITHIN: Final = 5.0
READINGS: Final = (3, 12)  # MeterValues of a session, from and to
STEP: Final = 25  # Wh between two of them

Call = tuple[str, dict[str, Any]]


class Acknowledged(NamedTuple):
    """A call that the console answered: the answer as it came."""

    unique_id: str
    action: str
    answer: str


class Session(msgspec.Struct):
    """What the station knows of one of its sessions. ``wire``: the transaction id on the wire."""

    number: int
    started: str
    start_wh: int
    stop_wh: int | None = None
    wire: str | None = None
    closed: bool = False


class SoakStation:
    """See the module. ``pace`` is the mean of seconds between two messages; ``ending`` says when to stop between two."""

    def __init__(self, number: int, version: str, pace: float, ending: Callable[[], bool]) -> None:
        self.identity = f"SOAK-{version.replace('.', '')}-{number:04d}"
        self.version = version
        self.pace = pace
        self.acknowledged: list[Acknowledged] = []
        self.sessions: list[Session] = []
        self.refused: list[str] = []
        self.dials = 0
        self.repeated = 0
        self.done = False
        self._ending = ending
        self._chance = random.Random(self.identity)
        self._meter = 1000
        self._count = 0
        self._answer: Any = None
        self._script = self._life()
        self._waiting: tuple[str, str, bytes] | None = None  # id, action, frame: said, and not answered yet

    async def run(self, port: int) -> None:
        """Dial, talk, dial again, until the end is asked for and nothing is left to say."""
        pause = 0.2
        while not self.done:
            try:
                async with asyncio.timeout(DIAL_WITHIN):
                    wire = await Wire.dial(port, self.identity, f"ocpp{self.version}")
            except (OSError, EOFError, SystemExit):
                # refused, reset in the middle, or not answered in time: later, and not all at once
                pause = min(5.0, pause * 2)
                await asyncio.sleep(pause * self._chance.uniform(0.5, 1.0))
                continue
            self.dials += 1
            try:
                await self._talk(wire)
                pause = 0.2
            except (OSError, EOFError):
                await asyncio.sleep(pause * self._chance.uniform(0.5, 1.0))
            finally:
                wire.writer.transport.abort()

    async def _talk(self, wire: Wire) -> None:
        await self._say(wire, self._named(*boot(self.version)))
        while True:
            if self._waiting is None:
                call = next(self._script, None)
                if call is None:
                    self.done = True
                    return
                self._waiting = self._named(*call)
            else:
                self.repeated += 1
            self._answer = await self._say(wire, self._waiting)
            self._waiting = None
            if self.pace and not self._ending():
                await asyncio.sleep(self._chance.uniform(0, 2 * self.pace))

    def _named(self, action: str, payload: dict[str, Any]) -> tuple[str, str, bytes]:
        self._count += 1
        unique_id = f"{self.identity[5:]}-{self._count}"
        return unique_id, action, masked(frame(unique_id, action, payload))

    async def _say(self, wire: Wire, call: tuple[str, str, bytes]) -> Any:
        """Say a call until it is acknowledged; its answer's payload. Raises OSError where the link is of no use."""
        unique_id, action, data = call
        for attempt in range(5):
            wire.writer.write(data)
            async with asyncio.timeout(ANSWER_WITHIN):
                text = await self._heard(wire, unique_id)
            kind, _, *rest = json.loads(text)
            if kind == 3:
                self.acknowledged.append(Acknowledged(unique_id, action, text))
                return rest[0]
            self.refused.append(f"{action}: {rest[:2]}")
            await asyncio.sleep(0.2 * (attempt + 1))
        raise ConnectionError("refused again and again")

    async def _heard(self, wire: Wire, unique_id: str) -> str:
        """The answer to our call; what the console asks meanwhile is declined, as a simple station does."""
        while True:
            text = (await wire.hear()).decode()
            message = json.loads(text)
            if message[0] == 2:
                wire.writer.write(masked(json.dumps([4, message[1], "NotSupported", "", {}]).encode()))
            elif message[1] == unique_id:
                return text

    # What it says.

    def _life(self) -> Iterator[Call]:
        yield self._status("Available")
        while not self._ending():
            yield "Heartbeat", {}
            yield from self._session()

    def _session(self) -> Iterator[Call]:
        session = Session(len(self.sessions) + 1, _now(), self._meter)
        self.sessions.append(session)
        yield self._status("Preparing")
        yield from self._sessions_calls(session)
        session.closed = True
        yield self._status("Available")

    def _sessions_calls(self, session: Session) -> Iterator[Call]:
        readings = self._chance.randint(*READINGS)
        old = self.version == "1.6"
        if old:
            start = {"connectorId": 1, "idTag": "SOAK", "meterStart": self._meter, "timestamp": session.started}
            yield "StartTransaction", start
            session.wire = str(self._answer["transactionId"])
        else:
            session.wire = f"{self.identity}-{session.number}"
            yield self._event("Started", "CablePluggedIn", session, 0)
        yield self._status("Charging")
        for turn in range(1, readings + 1):
            self._meter += STEP
            if old:
                value = [{"timestamp": _now(), "sampledValue": samples_16(self._meter - 1000)}]
                assert session.wire is not None
                yield "MeterValues", {"connectorId": 1, "transactionId": int(session.wire), "meterValue": value}
            else:
                yield self._event("Updated", "MeterValuePeriodic", session, turn)
        session.stop_wh = self._meter
        if old:
            assert session.wire is not None
            yield (
                "StopTransaction",
                {"transactionId": int(session.wire), "meterStop": self._meter, "timestamp": _now(), "reason": "Local"},
            )
        else:
            yield self._event("Ended", "EVDeparted", session, readings + 1)

    def _event(self, kind: str, reason: str, session: Session, sequence: int) -> Call:
        info = {"transactionId": session.wire, "chargingState": "Charging" if kind != "Ended" else "Idle"}
        if kind == "Ended":
            info["stoppedReason"] = "Local"
        context = {"Started": "Transaction.Begin", "Ended": "Transaction.End"}.get(kind, "Sample.Periodic")
        values = samples_2x(self._meter - 1000)
        values[0]["context"] = context
        return "TransactionEvent", {
            "eventType": kind,
            "timestamp": session.started if kind == "Started" else _now(),
            "triggerReason": reason,
            "seqNo": sequence,
            "transactionInfo": info,
            "evse": {"id": 1, "connectorId": 1},
            "meterValue": [{"timestamp": _now(), "sampledValue": values}],
        }

    def _status(self, status: str) -> Call:
        if self.version == "1.6":
            payload = {"connectorId": 1, "errorCode": "NoError", "status": status, "timestamp": _now()}
        else:
            told = "Available" if status == "Available" else "Occupied"
            payload = {"timestamp": _now(), "connectorStatus": told, "evseId": 1, "connectorId": 1}
        return "StatusNotification", payload


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
