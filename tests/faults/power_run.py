"""A traced console with stations, what it said to them and when, and whether a found data directory keeps that promise."""

from __future__ import annotations

import asyncio
import copy
import json
import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import apsw
import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from console.engine.fleet.fleet import Fleet
from console.engine.journal import FILE, Journal
from console.engine.offline import open_fleet
from console.engine.reading import fold_record
from console.engine.trust.secrets import Secrets
from console.engine.wire.exchange import Exchange, Happening, Record
from tests.faults.power_trace import Step, command
from tests.fleets import facts

STATIONS: Final = 10  # more than a snapshot takes at once
ROUNDS: Final = 14
PAUSE_S: Final = 0.03  # between a station's rounds: a snapshot, a checkpoint, a pack and the forgetting fall among them
KEYED: Final = ("CP-1", "CP-2")
KEYS: Final = ("first-sixteen", "second-sixteen", "never-answered")
_BOOT_16 = {"chargePointVendor": "Acme", "chargePointModel": "One"}
_BOOT_2 = {"reason": "PowerUp", "chargingStation": {"vendorName": "Acme", "model": "Two"}}
_TIME = "2026-11-24T10:{:02d}:{:02d}Z"


@dataclass(slots=True)
class Said:
    """What stations said: by its id the text of each call. ``run`` counts the runs on the same directory."""

    calls: dict[str, str] = field(default_factory=dict)
    run: int = 0


class Station:
    """A station that says its day and answers what it is asked, but not the last key it is given."""

    def __init__(self, socket: ClientConnection, name: str, said: Said) -> None:
        self.socket = socket
        self.name = name
        self._said = said
        self._waiting: dict[str, asyncio.Future[Any]] = {}
        self._number = 0

    async def hear(self) -> None:
        """Until the link ends."""
        async for text in self.socket:
            frame = json.loads(text)
            if frame[0] == 2:
                if not str(frame[3].get("value")).endswith(KEYS[-1]):
                    await self.socket.send(json.dumps([3, frame[1], {"status": "Accepted"}]))
            elif frame[1] in self._waiting:
                self._waiting.pop(frame[1]).set_result(frame)

    async def call(self, action: str, payload: Any, *, text: str | None = None) -> Any:
        """A call and its answer; ``text`` with ``UID`` in it where it is to be said in other words."""
        self._number += 1
        uid = f"{self.name}/{self._said.run}-{self._number}"
        said = json.dumps([2, uid, action, payload]) if text is None else text.replace("UID", uid)
        self._said.calls[uid] = said
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[uid] = answer
        await self.socket.send(said)
        return await asyncio.wait_for(answer, 30)

    async def day_16(self) -> None:
        """Two sessions, of which one goes on; odd words and broken ones between."""
        await self.call("BootNotification", _BOOT_16)
        for session in range(2):
            start = {"connectorId": 1, "idTag": "TAG", "meterStart": 0, "timestamp": _TIME.format(session * 30, 0)}
            given = (await self.call("StartTransaction", start))[2]["transactionId"]
            for n in range(ROUNDS // 2):
                value = [{"value": str(n * 10)}, {"value": "7" * (n * 90 % 700), "measurand": "Voltage"}]
                meter = [{"timestamp": _TIME.format(session * 30 + 1, n), "sampledValue": value}]
                await self.call("MeterValues", {"connectorId": 1, "transactionId": given, "meterValue": meter})
                await asyncio.sleep(PAUSE_S)
                await self.call("Heartbeat", {})
                await self.call("", {}, text=f'[2,"UID","DataTransfer",{{"vendorId":"\\ud800é{n}", "data": 1e9}}]')
                await self.call("", {}, text='[2,"UID","DataTransfer",{"vendorId":"V"},"and more"]')
            if session == 0:
                stop = {"transactionId": given, "meterStop": 500, "timestamp": _TIME.format(20, 0)}
                await self.call("StopTransaction", stop)

    async def day_2(self) -> None:
        """The same in the words of OCPP 2."""
        await self.call("BootNotification", _BOOT_2)
        for session in range(2):
            for n in range(ROUNDS):
                kind = "Started" if n == 0 else "Ended" if n == ROUNDS - 1 and session == 0 else "Updated"
                event = {
                    "eventType": kind,
                    "timestamp": _TIME.format(session * 30 + n, 0),
                    "triggerReason": "MeterValuePeriodic",
                    "seqNo": n,
                    "transactionInfo": {"transactionId": f"{self.name}-{self._said.run}-{session}"},
                    "evse": {"id": 1, "connectorId": 1},
                    "meterValue": [{"timestamp": _TIME.format(session * 30 + n, 1), "sampledValue": [{"value": n}]}],
                }
                await asyncio.sleep(PAUSE_S)
                await self.call("TransactionEvent", event)


async def traced(log: Path, data: Path, said: Said, spoilt: str = "nothing") -> None:
    """Run the console under `strace` on ``data`` from its start to its end by SIGTERM, with stations meanwhile."""
    arguments = [item for name in ("--listen", "--api", "--files") for item in (name, "127.0.0.1:0")]
    program = [sys.executable, "-m", "tests.faults.power_serve", spoilt, "serve", *arguments, "--data", str(data)]
    process = await asyncio.create_subprocess_exec(
        *command(log), *program, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    assert process.stdout is not None
    how = signal.SIGKILL
    try:
        ready = json.loads(await asyncio.wait_for(process.stdout.readline(), 60))
        async with asyncio.timeout(90):
            await _traffic(ready, said)
        how = signal.SIGTERM
    finally:
        os.kill(int((data / "chargehand.lock").read_text()), how)
        ended = await asyncio.wait_for(process.wait(), 60)
    assert ended == 0


async def _traffic(ready: dict[str, Any], said: Said) -> None:
    stations, hearing = [], []
    for number in range(STATIONS):
        name, protocol = f"CP-{number}", "ocpp1.6" if number % 3 else "ocpp2.0.1"
        socket = await connect(
            ready["listen"][0] + name, subprotocols=[Subprotocol(protocol)], compression=None, proxy=None
        )
        stations.append(Station(socket, name, said))
        hearing.append(asyncio.get_running_loop().create_task(stations[-1].hear()))
    days = [one.day_16() if number % 3 else one.day_2() for number, one in enumerate(stations)]
    await asyncio.gather(*days, *(_operator(ready["api"], name, said.run) for name in KEYED))
    for one in stations:
        await one.socket.close()
    await asyncio.gather(*hearing)


async def _operator(api: str, station: str, run: int) -> None:
    """Change a station's key three times; the last change is never answered."""
    async with httpx.AsyncClient(base_url=api, trust_env=False, timeout=60) as web:
        for key in KEYS:
            path = f"/stations/{station}/raw/ChangeConfiguration?timeout={0.3 if key == KEYS[-1] else 30}"
            answer = await web.post(path, json={"key": "AuthorizationKey", "value": f"{station}/{run}-{key}"})
            assert answer.status_code == (504 if key == KEYS[-1] else 200), answer.text


class Answers:
    """What left the console's sockets, up to now: answers by their id, calls in order. Fed with steps."""

    def __init__(self) -> None:
        self.answers: dict[str, str] = {}
        self.calls: list[tuple[str, Any]] = []
        self._streams: dict[str, bytearray | None] = {}

    def copy(self) -> Answers:
        """The same, to be fed apart from this one."""
        return copy.deepcopy(self)

    def take(self, step: Step) -> bool:
        """Whether an answer or a call of the console begins to leave with this step."""
        if step.ended or step.name not in ("sendto", "write", "sendmsg") or not step.path.startswith("socket:"):
            return False
        data = b"".join(step.texts)
        if data.startswith(b"HTTP/1.1 101"):
            self._streams[step.path] = bytearray()
            data = data.partition(b"\r\n\r\n")[2]
        elif data.startswith(b"HTTP/"):
            self._streams[step.path] = None
        stream = self._streams.get(step.path)
        if stream is None:
            return False
        stream += data
        found = list(_texts(stream))
        for text in found:
            frame = json.loads(text)
            if frame[0] == 2:
                self.calls.append((frame[2], frame[3]))
            else:
                self.answers[frame[1]] = text
        return bool(found)


def _texts(stream: bytearray) -> Iterator[str]:
    """Whole text frames of a server, taken off the stream."""
    while len(stream) >= 2:
        size, start = stream[1], 2
        if size == 126:
            size, start = int.from_bytes(stream[2:4], "big"), 4
        elif size == 127:
            size, start = int.from_bytes(stream[2:10], "big"), 10
        if len(stream) < start + size:
            return
        opcode, data = stream[0] & 15, bytes(stream[start : start + size])
        del stream[: start + size]
        if opcode == 1:
            yield data.decode()


def faults(data: Path, said: Said, left: Answers, *, whole: bool) -> list[str]:
    """What a data directory lacks of what was promised before; ``whole`` where the journal has every record ever made."""
    journal = Journal.open(data)
    found: list[str] = []
    check = apsw.Connection(str(data / FILE)).execute("PRAGMA integrity_check").fetchall()
    if check != [("ok",)]:
        found.append(f"integrity_check: {check}")
    records = list(journal.tail(0))
    journal.release()
    ids = [record.id for record in records]
    if ids != sorted(set(ids)):
        found.append("a number was given twice")
    kept = {record.unique_id: record for record in records if isinstance(record, Exchange) and record.direction == "in"}
    for uid, answer in left.answers.items():
        record = kept.get(uid)
        if record is None:
            if '"Heartbeat"' not in said.calls[uid]:
                found.append(f"{uid} was answered and is lost")
        elif (record.raw_request, record.raw_response) != (said.calls[uid], answer):
            found.append(f"{uid} is not what was said")
    given = sum(isinstance(record, Happening) and record.kind == "order.given" for record in records)
    if given < len(left.calls):
        found.append(f"{len(left.calls)} calls of ours left, {given} orders are noted")
    return found + _fleet(data, said, left, records if whole else []) + _secrets(data, left)


def _folded(records: list[Record]) -> Fleet:
    fleet = Fleet()
    for record in records:
        fold_record(fleet, record)
    return fleet


def _uncounted(found: Any) -> Any:
    """Without the counters of changes: what is passed over at a start is not counted."""
    if isinstance(found, dict):
        return {key: _uncounted(item) for key, item in found.items() if key != "changed"}
    return [_uncounted(item) for item in found] if isinstance(found, list) else found


def _fleet(data: Path, said: Said, left: Answers, records: list[Record]) -> list[str]:
    fleet, journal = open_fleet(data)
    journal.shut()
    found: list[str] = []
    if records and _uncounted(facts(fleet)) != _uncounted(facts(_folded(records))):
        found.append("the stored fleet is not the fold of the journal")
    held = [(one.station.casefold(), one.wire) for one in fleet.transactions.values()]
    if len(held) != len(set(held)):
        found.append(f"a transaction is there twice: {sorted(held, key=str)}")
    ended = {(one.station.casefold(), one.wire) for one in fleet.transactions.values() if one.state == "ended"}
    for uid, answer in left.answers.items():
        _, _, action, payload, *_ = json.loads(said.calls[uid])
        station, answered = uid.partition("/")[0].casefold(), json.loads(answer)[2]
        if action == "StartTransaction":
            key = station, str(answered["transactionId"])
            if fleet.last_transaction < answered["transactionId"]:
                found.append(f"{key} would be given again")
        elif action in ("StopTransaction", "TransactionEvent"):
            key = station, str(payload.get("transactionId") or payload["transactionInfo"]["transactionId"])
            if payload.get("eventType", "Ended") == "Ended" and key not in ended:
                found.append(f"{key} has not ended")
        else:
            continue
        if key not in held:
            found.append(f"transaction {key} is lost")
    return found


def _secrets(data: Path, left: Answers) -> list[str]:
    secrets = Secrets(data / "trust" / "secrets.json")
    secrets.load()
    found: list[str] = []
    for station in KEYED:
        sent = [payload["value"] for _, payload in left.calls if str(payload.get("value")).startswith(f"{station}/")]
        # The newest that left; where it is never answered, the one before it is still in force.
        for key in sent[-2:] if sent and sent[-1].endswith(KEYS[-1]) else sent[-1:]:
            if secrets.check(station, None, key.encode()) is None:
                found.append(f"the secret {key} was sent and is not known")
    return found
