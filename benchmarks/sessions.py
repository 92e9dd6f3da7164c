"""What charging sessions take in the journal beside their messages: samples and the sessions themselves, packed.

The real fold and the real journal: sessions of 1.6, a reading of eight values a minute, ended, written in rounds as the
console does. Of their bytes a fifth is counted besides, for what SQLite needs around them.
"""

from __future__ import annotations

import asyncio
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from benchmarks.filters import _Committed
from benchmarks.traffic import samples_16
from console.engine.journal import FILE, Journal
from console.engine.journal.rows import iso
from console.engine.journal.samples import pack_session
from console.engine.journal.schema import connect
from console.engine.road import Road
from console.engine.upkeep import Upkeep
from console.engine.wire.exchange import Exchange
from console.engine.wire.frame import call, result

STATIONS: Final = 50
READINGS: Final = 120  # of a session: two hours
_NS: Final = 1_000_000_000
_FIRST: Final = 1_768_435_200  # 2026-01-15T00:00:00Z
_ROUND: Final = 600  # messages between two snapshots
_AROUND: Final = 1.2


def measure(sessions: int) -> dict[str, Any]:
    """MB a million messages, before and after packing."""
    with tempfile.TemporaryDirectory(prefix="chargehand-sessions-") as folder:
        return asyncio.run(_measure(Path(folder), sessions))


async def _measure(folder: Path, sessions: int) -> dict[str, Any]:
    road = Road(lambda: 0)
    road.journal = Journal.open(folder)
    committed = _Committed()

    def released(records: Any, error: Exception | None) -> None:
        road._released(records, error)
        committed(records, error)

    road.journal.start(asyncio.get_running_loop(), released)
    upkeep = Upkeep(road)
    count = 0
    for first in range(0, sessions, STATIONS):
        for message in _messages(first, min(STATIONS, sessions - first)):
            road.keep(message)
            count += 1
            if count % _ROUND == 0:
                while road.journal.pending:
                    await committed.some()
                upkeep.snapshot()
    await asyncio.sleep(0)
    while road.journal.pending:
        await committed.some()
    await upkeep.finish()
    await road.journal.close()
    connection = connect(folder / FILE)
    plain = _bytes(connection)
    while pack_session(connection):
        pass
    packed = _bytes(connection)
    connection.close()
    return {
        "messages": count,
        "MB a million, plain": plain / count * _AROUND,
        "MB a million": packed / count * _AROUND,
    }


def _bytes(connection: Any) -> int:
    sql = "SELECT (SELECT sum(length(body)) FROM sample) + (SELECT sum(length(body)) FROM txn)"
    return int(connection.execute(sql).fetchall()[0][0])


def _messages(first: int, stations: int) -> Iterator[Exchange]:
    """The sessions of some stations at once, minute by minute; no two readings are alike."""
    chance = random.Random(first)
    meters = [1_000_000 + 7 * first] * stations
    for minute in range(READINGS + 2):
        at = _FIRST + (first // STATIONS * (READINGS + 5) + minute) * 60
        for place in range(stations):
            number = first + place + 1
            if minute == 0:
                payload: dict[str, Any] = {"connectorId": 1, "idTag": f"TAG{number}", "meterStart": meters[place]}
                payload["timestamp"] = _stamp(at)
                answer: dict[str, Any] = {"transactionId": number, "idTagInfo": {"status": "Accepted"}}
                yield _exchange("StartTransaction", place, at, payload, answer, number)
            elif minute <= READINGS:
                meters[place] += 180 + chance.randrange(8)
                values = samples_16(0)
                values[0]["value"] = str(meters[place])
                values[1]["value"] = f"{11000 + chance.randrange(80)}.{chance.randrange(10)}"
                for value in values[2:]:
                    value["value"] = f"{float(value['value']) + chance.randrange(30) / 100:.2f}"
                moment = {"timestamp": _stamp(at), "sampledValue": values}
                payload = {"connectorId": 1, "transactionId": number, "meterValue": [moment]}
                yield _exchange("MeterValues", place, at, payload, {}, number)
            else:
                payload = {"transactionId": number, "meterStop": meters[place], "timestamp": _stamp(at)}
                yield _exchange("StopTransaction", place, at, payload, {}, number)


def _stamp(at: int) -> str:
    return str(iso(at * _NS))


def _exchange(
    action: str, place: int, at: int, request: dict[str, Any], response: dict[str, Any], number: int
) -> Exchange:
    unique_id = f"{place}-{at}"
    return Exchange(
        time=at * _NS,
        station=f"BENCH-{place:04d}",
        version="1.6",
        link=place + 1,
        direction="in",
        action=action,
        unique_id=unique_id,
        request=request,
        response=response,
        outcome="result",
        latency_ns=3_000_000,
        transaction=str(number),
        raw_request=call(unique_id, action, request),
        raw_response=result(unique_id, response),
    )
