"""What it costs to look into a large journal: the newest 200 by each filter, at the full size and at a tenth of it.

The time is what the message log waits for: the search, 200 rows, and the payloads of the newest fifty, which is more than a
terminal shows. Beside it stands what it takes to read all 200 whole, as a program that asks for them gets them. Both are
CPU time of all threads, which tells the same on a busy machine; what is read lies in the system's cache.

The journal is written through the real ``Journal``, old bodies are packed as a quiet console packs them. The mix is that
of ``benchmarks.traffic`` from 200 stations, one exchange in four hundred an error, one in two hundred a call of ours; one
record in a thousand is a mark.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from benchmarks.traffic import calls
from console.engine.filter import parse_filter
from console.engine.journal import Journal, Reader
from console.engine.journal.packs import pack_some
from console.engine.journal.schema import FILE, connect
from console.engine.wire.exchange import Exchange, Happening, Record
from console.engine.wire.frame import call, error, result

STATIONS: Final = 200
PAGE: Final = 200
IN_SIGHT: Final = 50
ROUNDS: Final = 9
_STEP: Final = 50_000  # rows between two packings
_FIRST_NS: Final = 1_768_435_200_000_000_000  # 2026-01-15T00:00:00Z
_APART_NS: Final = 10_000_000  # 100 messages a second
_BATCHES_AHEAD: Final = 16  # that may wait for the disk while the journal is filled

FILTERS: Final = {
    "newest": "",
    "station": "station:BENCH-0007",
    "stations by a pattern": "station:BENCH-01*",
    "action": "action:StatusNotification",
    "errors": "is:error",
    "our calls": "dir:out",
    "marked": "is:marked",
    "transaction": "tx:101",
    "station and action": "station:BENCH-0007 action:MeterValues",
    "until a time": "until:2026-01-15T00:10:00Z",
    "by number": "id:<50000",
    "station, long ago": "station:BENCH-0007 until:2026-01-15T00:12:00Z",
}
"""What has a table to find it by: the cost must not grow with the journal."""

SCANS: Final = {"slow ones": "ms:>900", "a rare word": "needle-in-the-hay"}
"""What looks through the journal, newest first: the cost grows until enough is found."""


def measure(rows: int) -> dict[str, Any]:
    """Milliseconds (median) at ``rows`` and at a tenth; their ratio; MB a million exchanges."""
    with tempfile.TemporaryDirectory(prefix="chargehand-filters-") as folder:
        return asyncio.run(_measure(Path(folder), rows))


async def _measure(folder: Path, rows: int) -> dict[str, Any]:
    make = _maker()
    small, full = folder / "a tenth", folder / "full"
    await _fill(small, 0, rows // 10, make)
    began = time.perf_counter()
    await _fill(full, 0, rows, make)
    filled = time.perf_counter() - began
    (at_full, whole), (at_small, _) = await _looked(full, small)
    return {
        "rows": rows,
        "ms": {"full": at_full, "a tenth": at_small, "all of the page read": whole},
        "full against a tenth": {name: at_full[name] / at_small[name] for name in at_full if name in at_small},
        "slowest indexed filter ms": max(spent for name, spent in at_full.items() if name in FILTERS),
        "MB a million": _size(full) / rows,
        "filled, rows a second": rows / filled,
    }


class _Committed:
    """Hears of every batch, so that no more is appended than the disk takes."""

    def __init__(self) -> None:
        self.refused: Exception | None = None
        self._one = asyncio.Event()

    def __call__(self, _records: list[Record], error: Exception | None) -> None:
        self.refused = self.refused or error
        self._one.set()

    async def some(self) -> None:
        """Wait for the next one."""
        self._one.clear()
        await self._one.wait()


def _size(folder: Path) -> int:
    """Bytes of the journal on the disk."""
    return sum(path.stat().st_size for path in folder.glob(f"{FILE}*"))


async def _fill(folder: Path, start: int, end: int, make: Callable[[int], Record]) -> None:
    for low in range(start, end, _STEP):
        journal = Journal.open(folder)
        committed = _Committed()
        journal.start(asyncio.get_running_loop(), committed)
        for number in range(low, min(low + _STEP, end)):
            journal.append(make(number))
            if journal.last_id % 256 == 0:
                await asyncio.sleep(0)
                while journal.pending > _BATCHES_AHEAD:
                    await committed.some()
        await journal.close()
        if committed.refused is not None:
            raise committed.refused
        connection = connect(folder / FILE)
        while pack_some(connection):
            pass
        connection.close()


def _maker() -> Callable[[int], Record]:
    """Records by number; the frames are written once for each station and kind, only the ids differ."""
    scripts = [list(calls("1.6", place, 100 + place, 10)) for place in range(STATIONS)]
    answers = {"MeterValues": {}, "StatusNotification": {}, "Heartbeat": {"currentTime": "2026-01-15T00:00:00.000Z"}}
    frames = [[(action, call("\0", action, payload)) for action, payload in script] for script in scripts]

    def make(number: int) -> Record:
        if number % 1000 == 999:
            mark = {"exchange": number - 500, "on": True}
            return Happening(time=_FIRST_NS + number * _APART_NS, kind="bookmark", data=mark)
        place = number * 7 % STATIONS
        action, text = frames[place][number // STATIONS % 10]
        unique_id = str(number)
        request = text.replace('"\\u0000"', f'"{unique_id}"', 1)
        direction, code = "in", None
        response = result(unique_id, answers[action])
        if number % 400 == 250:
            code, response = "InternalError", error(unique_id, "InternalError", "it went wrong")
        elif number % 200 == 77:
            direction, action = "out", "TriggerMessage"
            request = call(unique_id, action, {"requestedMessage": "Heartbeat"})
            response = result(unique_id, {"status": "Accepted"})
        if number == 1000:
            request = request[:-2] + ',"note":"needle-in-the-hay"}]'
        return Exchange(
            time=_FIRST_NS + number * _APART_NS,
            station=f"BENCH-{place:04d}",
            version="1.6",
            link=place + 1,
            direction="out" if direction == "out" else "in",
            action=action,
            unique_id=unique_id,
            outcome="result" if code is None else "error",
            error_code=code,
            error_description=None if code is None else "it went wrong",
            latency_ns=950_000_000 if number % 50_000 == 123 else 3_000_000,
            transaction=str(100 + place) if action == "MeterValues" else None,
            raw_request=request,
            raw_response=response,
        )

    return make


async def _looked(*folders: Path) -> list[tuple[dict[str, float], dict[str, float]]]:
    """For each journal the median milliseconds of each filter that finds a whole page (a scan: anything), and of the same
    page read whole.

    Journals and filters take turns, so that a busy moment of the machine befalls them alike.
    """
    readers = [Reader.read(folder) for folder in folders]
    spent: list[tuple[dict[str, list[float]], dict[str, list[float]]]] = [({}, {}) for _ in folders]
    try:
        for turn in range(ROUNDS + 1):
            for name, line in (FILTERS | SCANS).items():
                if name in SCANS and turn > 2:
                    continue
                for reader, both in zip(readers, spent, strict=True):
                    # Who comes first finds nothing in SQLite's own cache.
                    for late in (True, False) if turn % 2 else (False, True):
                        times = both[0] if late else both[1]
                        took, found = await _page(reader, line, late)
                        if not found:
                            raise SystemExit(f"nothing was found by {name}")
                        if turn and (found == PAGE or name in SCANS):
                            times.setdefault(name, []).append(took)
    finally:
        for reader in readers:
            reader.shut()
    return [(_medians(seen), _medians(whole)) for seen, whole in spent]


async def _page(reader: Reader, line: str, late: bool) -> tuple[float, int]:
    """Milliseconds for a page, and how many it has. ``late``: as the message log reads it."""
    where = parse_filter(line) if line else None
    began = time.process_time()
    found = await reader.messages(where, limit=PAGE, late=late)
    for exchange in found[-IN_SIGHT:]:
        _ = exchange.request, exchange.response
    return (time.process_time() - began) * 1000, len(found)


def _medians(spent: dict[str, list[float]]) -> dict[str, float]:
    return {name: statistics.median(found) for name, found in spent.items()}


def show(found: dict[str, Any]) -> None:
    """Print the table."""
    print(
        f"the newest {PAGE} of {found['rows']:,} exchanges, ms; how much more than at a tenth of them; all of them whole"
    )
    for name, spent in found["ms"]["full"].items():
        ratio = found["full against a tenth"].get(name)
        told = "    —" if ratio is None else f"{ratio:5.2f} ×"
        print(f"  {name:24} {spent:8.1f}   {told:7}  {found['ms']['all of the page read'][name]:8.1f}")
    print(f"  {found['MB a million']:.0f} MB a million exchanges")
