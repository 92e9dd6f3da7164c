"""Exchanges, happenings and entities as rows, and back.

Payloads are not stored: they are read from the raw frames again. Text that SQLite cannot hold (a lone surrogate) is kept
as bytes in the body; in the small columns it becomes U+FFFD.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from console.engine.filter_sql import (
    BINARY_REQUEST,
    BINARY_RESPONSE,
    OUT,
    OUTCOME_BITS,
    OUTCOME_MASK,
    OUTCOMES,
    REPEAT,
    TOLERATED,
    VIOLATED,
    clean,
    fold,
)
from console.engine.fleet.model import Reading, StoredSample
from console.engine.fleet.readings import samples_in
from console.engine.journal.snapshot import Snapshot
from console.engine.wire import frame
from console.engine.wire.exchange import Exchange, Happening, Violation

Notes = tuple[tuple[Violation, ...], tuple[str, ...]]
Row = tuple[Any, ...]

_notes = msgspec.json.Encoder()
_read_notes: Final = msgspec.json.Decoder(Notes)
_read_sample: Final = msgspec.json.Decoder(StoredSample)
_read_data: Final = msgspec.json.Decoder(dict[str, Any])

COLUMNS: Final = (
    "e.id",
    "e.time",
    "(SELECT text FROM name WHERE id = e.station)",
    "(SELECT text FROM name WHERE id = e.version)",
    "e.link",
    "(SELECT text FROM name WHERE id = e.action)",
    "e.bits",
    "e.uid",
    "e.code",
    "e.description",
    "e.latency",
    "e.notes",
    "e.tx",
    "e.ordered",
    "b.request",
    "b.response",
)
"""What ``exchange`` reads, in its order."""


def row(exchange: Exchange, name: Callable[[str], int]) -> Row:
    """The row of the view ``incoming``; ``name`` gives the number of a name."""
    bits = OUTCOME_BITS[exchange.outcome]
    notes: str | None = None
    if exchange.direction == "out":
        bits |= OUT
    if exchange.repeat:
        bits |= REPEAT
    if exchange.violations or exchange.tolerances:
        bits |= (VIOLATED if exchange.violations else 0) | (TOLERATED if exchange.tolerances else 0)
        notes = encode((exchange.violations, exchange.tolerances)).decode()
    request, response = exchange.raw_request, exchange.raw_response
    if type(request) is bytes:
        bits |= BINARY_REQUEST
    if type(response) is bytes:
        bits |= BINARY_RESPONSE
    action = exchange.action
    return (
        exchange.id,
        exchange.time,
        name(exchange.station),
        name(exchange.version),
        exchange.link,
        None if action is None else name(action),
        bits,
        exchange.unique_id,
        exchange.error_code,
        exchange.error_description,
        exchange.latency_ns,
        notes,
        exchange.transaction,
        exchange.order,
        request,
        response,
    )


BITS: Final = COLUMNS.index("e.bits")
BODY: Final = COLUMNS.index("b.request")  # from here on, rows hold frames


def storable(row: Row) -> Row:
    """The same row with every lone surrogate out of the way: bytes in frames, U+FFFD elsewhere."""
    small = (clean(value) if type(value) is str else value for value in row[:BODY])
    return (*small, *(_frame(value) for value in row[BODY:]))


def _frame(raw: Any) -> Any:
    if type(raw) is not str:
        return raw
    data = raw.encode("utf-8", "surrogatepass")
    return raw if clean(raw) == raw else data


def exchange(row: Sequence[Any]) -> Exchange:
    """An exchange out of what ``COLUMNS`` selected."""
    bits = row[BITS]
    request = frame_of(row[BODY], bits & BINARY_REQUEST)
    response = frame_of(row[BODY + 1], bits & BINARY_RESPONSE)
    return Exchange(
        **facts(row),
        request=asked(request, bits),
        response=payload(response),
        raw_request=request,
        raw_response=response,
    )


def facts(row: Sequence[Any]) -> dict[str, Any]:
    """The fields of an exchange but its frames and payloads."""
    id_, time, station, version, link, action, bits, uid, code, description, latency, notes, tx, ordered = row[:BODY]
    violations: tuple[Violation, ...] = ()
    tolerances: tuple[str, ...] = ()
    if notes is not None:
        violations, tolerances = _read_notes.decode(notes)
    return {
        "id": id_,
        "time": time,
        "station": station,
        "version": version,
        "link": link,
        "direction": "out" if bits & OUT else "in",
        "action": action,
        "unique_id": uid,
        "outcome": OUTCOMES[bits & OUTCOME_MASK],
        "error_code": code,
        "error_description": description,
        "latency_ns": latency,
        "violations": violations,
        "tolerances": tolerances,
        "repeat": bool(bits & REPEAT),
        "transaction": tx,
        "order": ordered,
    }


def frame_of(value: str | bytes | None, binary: int) -> str | bytes | None:
    """A frame as it crossed the wire, out of what the body holds and whether it was binary."""
    if value is None or isinstance(value, str):
        return value
    return value if binary else value.decode("utf-8", "surrogatepass")


def asked(raw: str | bytes | None, bits: int) -> Any:
    """What ``payload`` gives of the request of an exchange with these bits; a frame that was refused has none."""
    return None if bits & (OUTCOME_MASK | OUT) == OUTCOME_BITS["malformed"] else payload(raw)


def payload(raw: str | bytes | None) -> Any:
    """The payload of a call or of a result; None for an error, for what is no frame, and where there is none."""
    if type(raw) is not str:
        return None
    parsed = frame.parse(raw)
    if type(parsed) is not frame.Frame or parsed.type in (frame.ERROR, frame.RESULT_ERROR):
        return None
    return parsed.payload


def happening_row(happening: Happening) -> Row:
    """The row of table ``happening``."""
    station = None if happening.station is None else clean(happening.station)
    key = None if station is None else fold(station)
    data = encode(happening.data).decode()
    return happening.id, happening.time, clean(happening.kind), station, key, happening.link, data


def happening(row: Sequence[Any]) -> Happening:
    """A happening out of id, time, kind, station, link, data."""
    id_, time, kind, station, link, data = row
    return Happening(id=id_, time=time, kind=kind, station=station, link=link, data=_read_data.decode(data))


def snapshot_rows(snapshot: Snapshot) -> list[Row]:
    """The rows of the view ``changed``: kind, id (for stations: up to which record), station, wire, state, started, stopped,
    updated, body. The cursor comes last."""
    at = max(snapshot.at, snapshot.cursor)
    rows = [_changed("gone", at, clean(key)) for key in snapshot.gone]
    for station in snapshot.stations:
        station.settle()
    rows += [_changed("station", at, clean(station.key), text(station)) for station in snapshot.stations]
    for t in snapshot.transactions:
        wire = t.wire and clean(t.wire)
        rows.append(("txn", t.id, fold(t.station), wire, t.state, t.started, t.stopped, t.last_update, text(t)))
    for a in snapshot.alarms:
        owner = a.station and clean(a.station)
        rows.append(("alarm", a.id, owner, None, None, a.raised, a.cleared, None, text(a)))
    together: dict[tuple[int, str], list[Reading]] = {}
    for reading in snapshot.samples:
        together.setdefault((reading.transaction, reading.station), []).append(reading)
    for (transaction, key), readings in together.items():
        body = b",".join([reading.body for reading in readings]).decode()
        rows.append(("sample", transaction, clean(key), None, None, readings[0].time, None, None, f"[{body}]"))
    rows.append(_changed("state", snapshot.cursor, body=text(snapshot.counters)))
    return rows


def samples(stored: msgspec.Raw, transaction: int, station: str) -> list[StoredSample]:
    """What the table ``sample`` holds of one moment; journals of before hold every sample by itself."""
    try:
        return samples_in(stored, transaction, station)
    except msgspec.ValidationError:
        return [_read_sample.decode(stored)]


def _changed(kind: str, number: int | None = None, station: str | None = None, body: str | None = None) -> Row:
    return kind, number, station, None, None, None, None, None, body


def text(value: Any) -> str:
    """JSON as SQLite text."""
    return encode(value).decode()


def encode(value: Any) -> bytes:
    """JSON; lone surrogates become U+FFFD, because JSON in UTF-8 cannot hold them."""
    try:
        return _notes.encode(value)
    except UnicodeEncodeError:
        return _notes.encode(_cleaned(msgspec.to_builtins(value)))


def _cleaned(value: Any) -> Any:
    if type(value) is str:
        return clean(value)
    if type(value) is dict:
        return {_cleaned(key): _cleaned(item) for key, item in value.items()}
    if type(value) in (list, tuple):
        return [_cleaned(item) for item in value]
    return value
