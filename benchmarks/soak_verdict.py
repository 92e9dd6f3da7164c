"""What a soak is judged by: the journal that is left behind, against what every station knows it was told."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from benchmarks.soak_station import SoakStation
from console.engine.fleet.model import Transaction
from console.engine.journal import Reader
from console.engine.offline import open_fleet
from console.engine.wire.exchange import Exchange

SLOPE: Final = 1.0  # MB an hour, after the warm-up
JUDGED_FROM: Final = 45 * 60  # seconds of one process's life; a slope over less is noise, and told without a verdict
WARM_UP: Final = 1 / 3  # of that life
_TOLD: Final = 5  # examples of what went wrong


class Promise(NamedTuple):
    """One line of the outcome. ``kept`` None: could not be judged."""

    what: str
    found: str
    kept: bool | None


async def judge(data: Path, stations: Sequence[SoakStation]) -> tuple[list[Promise], dict[str, Any]]:
    """Read the journal as any other program would, and compare."""
    fleet, reader = open_fleet(data)
    try:
        answers: dict[tuple[str, str], set[str]] = {}
        rows = repeats = 0
        for record in reader.tail(0):
            if isinstance(record, Exchange):
                rows += 1
                repeats += record.repeat
                if record.unique_id is not None and isinstance(record.raw_response, str):
                    answers.setdefault((record.station, record.unique_id), set()).add(record.raw_response)
        lost: list[str] = []
        told = 0
        for station in stations:
            for one in station.acknowledged:
                if one.action == "Heartbeat":
                    continue  # the one answer that may leave before it is stored: it acknowledges nothing
                told += 1
                if one.answer not in answers.get((station.identity, one.unique_id), ()):
                    lost.append(f"{station.identity} {one.unique_id} {one.action}")
        stored = await _transactions(reader, stations, fleet.transactions.values())
        doubled, missing, wrong = _sessions(stations, stored)
    finally:
        reader.shut()
    refused = [f"{station.identity} {text}" for station in stations for text in station.refused]
    promises = [
        Promise("acknowledged records that are lost", _some(lost), not lost),
        Promise("transactions that are there twice", _some(doubled), not doubled),
        Promise("sessions that are not there", _some(missing), not missing),
        Promise("sessions with another end than the station's", _some(wrong), not wrong),
        Promise("well-formed calls that were refused", _some(refused), not refused),
    ]
    figures = {
        "exchanges in the journal": rows,
        "stored answers given again": repeats,
        "acknowledged records": told,
        "sessions": sum(len(station.sessions) for station in stations),
        "calls said again": sum(station.repeated for station in stations),
        "connections": sum(station.dials for station in stations),
    }
    return promises, figures


async def _transactions(
    reader: Reader, stations: Sequence[SoakStation], live: Any
) -> dict[str, dict[int, Transaction]]:
    found: dict[str, dict[int, Transaction]] = {}
    for station in stations:
        rows = await reader.transactions(station=station.identity.casefold(), limit=1_000_000)
        found[station.identity] = {row.id: row for row in rows}
    for one in live:
        # Of two the fleet's is the newer: the journal's table is its snapshot.
        if one.station in found:
            found[one.station][one.id] = one
    return found


def _sessions(
    stations: Sequence[SoakStation], stored: dict[str, dict[int, Transaction]]
) -> tuple[list[str], list[str], list[str]]:
    doubled: list[str] = []
    missing: list[str] = []
    wrong: list[str] = []
    for station in stations:
        rows = list(stored[station.identity].values())
        wires = Counter(row.wire for row in rows)
        starts = Counter(row.started for row in rows if row.started is not None)
        doubled += [f"{station.identity} transaction {wire}" for wire, count in wires.items() if count > 1]
        doubled += [f"{station.identity} begun at {start}" for start, count in starts.items() if count > 1]
        by_wire = {row.wire: row for row in rows}
        for session in station.sessions:
            if not session.closed:
                continue
            row = by_wire.get(session.wire)
            if row is None:
                missing.append(f"{station.identity} transaction {session.wire}")
            elif row.state != "ended" or row.start_wh != session.start_wh or row.stop_wh != session.stop_wh:
                seen = f"{row.state}, {row.start_wh} to {row.stop_wh} Wh"
                wrong.append(f"{station.identity} transaction {session.wire}: {seen}, not {session.stop_wh}")
    return doubled, missing, wrong


def _some(found: Sequence[str]) -> str:
    if not found:
        return "0"
    more = f", and {len(found) - _TOLD} more" if len(found) > _TOLD else ""
    return f"{len(found)}: {'; '.join(found[:_TOLD])}{more}"


def slope(samples: Sequence[tuple[float, int]]) -> float | None:
    """MB an hour by least squares over (seconds, bytes) after the warm-up; None where there is too little to tell."""
    if len(samples) < 6:
        return None
    first, last = samples[0][0], samples[-1][0]
    kept = [sample for sample in samples if sample[0] >= first + (last - first) * WARM_UP]
    times, sizes = [time for time, _ in kept], [size / 1e6 for _, size in kept]
    return statistics.linear_regression(times, sizes).slope * 3600


def memory(lives: Sequence[Sequence[tuple[float, int]]]) -> Promise:
    """The verdict on the longest life of the console's process."""
    longest = max(lives, key=lambda life: life[-1][0] - life[0][0] if life else 0.0, default=[])
    risen = slope(longest)
    what = f"memory after the warm-up, less than {SLOPE:g} MB an hour"
    if risen is None:
        return Promise(what, "too short to tell", None)
    lasted = longest[-1][0] - longest[0][0]
    if lasted < JUDGED_FROM:
        return Promise(what, f"{risen:+.1f} over {lasted / 60:.0f} min: judged from 45 min on", None)
    return Promise(what, f"{risen:+.2f} over {lasted / 60:.0f} min", risen < SLOPE)
