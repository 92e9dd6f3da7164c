"""What programs get to read of exchanges, transactions, stations, alarms and connections: plain dicts, ready for JSON.

The command line's ``--json``, the API and the exports all give these, so the names are a promise (docs/command-line.md).
Times are ISO 8601 in UTC with milliseconds and ``Z``; energy in Wh, power in W; what is not known is None. Passwords, keys
and PIN codes are replaced (``console.engine.masking``); a frame without any is given byte for byte.
"""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from console.engine.filter_sql import clean
from console.engine.fleet.model import Alarm, Connector, Station, Transaction
from console.engine.masking import (
    MASK,
    holds_secret,
    masked_payload,
    masked_raw,
    masked_text,
    secrets_of,
    suspicious,
    without,
)
from console.engine.visible import json_line
from console.engine.wire.exchange import Exchange, Happening

Row = dict[str, Any]

# A value within a message of the schema's checker; a long one was cut before its end.
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*(?:"|$)')
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def iso(time_ns: int | None) -> str | None:
    """UTC nanoseconds as ``2026-01-15T18:23:00.000Z``; None for None and for what no calendar has."""
    if time_ns is None:
        return None
    try:
        moment = _EPOCH + timedelta(milliseconds=time_ns // 1_000_000)
    except OverflowError:
        return None
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def as_row(exchange: Exchange, *, secrets: bool = False) -> Row:
    """An exchange as ``messages --json`` gives it. ``secrets``: whole, with its passwords, keys and PIN codes."""
    row = _whole(exchange)
    if secrets or not any(suspicious(text) for text in _texts(exchange)):
        return row
    return _masked(row, exchange)


def happening_row(one: Happening, *, secrets: bool = False) -> Row:
    """Something that befell or was decided: who or what, when, and what was noted."""
    return {
        "id": one.id,
        "time": iso(one.time),
        "kind": one.kind,
        "station": _text(one.station),
        "link": one.link,
        "data": _plain(one.data if secrets else masked_payload(one.data)),
    }


def _texts(exchange: Exchange) -> Iterator[str]:
    """Everything of an exchange that could hold a secret."""
    for raw, payload in ((exchange.raw_request, exchange.request), (exchange.raw_response, exchange.response)):
        if raw is not None:
            # In Latin-1 every byte is a letter, and is the same byte afterwards.
            yield raw if isinstance(raw, str) else raw.decode("latin-1")
        elif payload:
            yield orjson.dumps(_plain(payload)).decode()  # a call that was never sent has no text


def _masked(row: Row, exchange: Exchange) -> Row:
    """The row of an exchange without its secrets: in the payloads, in the texts, and where our own words repeat them."""
    known = secrets_of(exchange.request, exchange.response)
    row["request"], row["response"] = masked_payload(row["request"]), masked_payload(row["response"])
    row["raw_request"] = _raw(_masked_frame(exchange.raw_request, exchange.request))
    row["raw_response"] = _raw(_masked_frame(exchange.raw_response, exchange.response))
    if row["error"] is not None:
        row["error"] = {key: said and without(said, known) for key, said in row["error"].items()}
    for violation in row["violations"]:
        said = without(violation["message"], known)
        if holds_secret(violation["path"]):
            said = _QUOTED.sub(f'"{MASK}"', said)
        violation["message"] = said
    row["tolerances"] = [without(said, known) for said in row["tolerances"]]
    return row


def _masked_frame(raw: str | bytes | None, payload: Any) -> str | bytes | None:
    if isinstance(raw, bytes):
        return masked_raw(raw.decode("latin-1"), payload).encode("latin-1", "replace")
    return None if raw is None else masked_raw(raw, payload)


def _whole(exchange: Exchange) -> Row:
    code = exchange.error_code
    return {
        "id": exchange.id,
        "time": iso(exchange.time),
        "station": _text(exchange.station),
        "version": exchange.version,
        "link": exchange.link,
        "direction": exchange.direction,
        "action": _text(exchange.action),
        "unique_id": _text(exchange.unique_id),
        "request": _plain(exchange.request),
        "response": _plain(exchange.response),
        "outcome": exchange.outcome,
        "error": None if code is None else {"code": _text(code), "description": _text(exchange.error_description)},
        "latency_ms": None if exchange.latency_ns is None else round(exchange.latency_ns / 1e6, 3),
        "violations": [
            {"path": _text(v.path), "rule": _text(v.rule), "message": _text(v.message), "side": v.side}
            for v in exchange.violations
        ],
        "tolerances": [_text(tolerance) for tolerance in exchange.tolerances],
        "repeat": exchange.repeat,
        "transaction": _text(exchange.transaction),
        "order": exchange.order,
        "raw_request": _raw(exchange.raw_request),
        "raw_response": _raw(exchange.raw_response),
        "binary": isinstance(exchange.raw_request, bytes) or isinstance(exchange.raw_response, bytes),
    }


def transaction_row(transaction: Transaction) -> Row:
    """A transaction as ``transactions --json`` gives it; ``closed_by``: the person who closed it by hand, else None."""
    return {
        "id": transaction.id,
        "station": _text(transaction.station),
        "transaction_id": _text(transaction.wire),
        "evse": transaction.evse,
        "connector": transaction.connector,
        "id_tag": _text(transaction.id_tag),
        "stop_tag": _text(transaction.stop_tag),
        "started": iso(transaction.started),
        "stopped": iso(transaction.stopped),
        "start_wh": _number(transaction.start_wh),
        "stop_wh": _number(transaction.stop_wh),
        "energy_wh": _number(transaction.energy_wh),
        "power_w": _number(transaction.power_w),
        "soc": _number(transaction.soc),
        "stop_reason": _text(transaction.stop_reason),
        "charging_state": _text(transaction.charging_state),
        "state": transaction.state,
        "offline": transaction.offline,
        "samples": transaction.samples,
        "seq_gaps": [list(gap) for gap in transaction.seq_gaps],
        "flags": [_text(flag) for flag in transaction.flags],
        # The end that a station told after all counts for more.
        "closed_by": _text(transaction.closed_by) if transaction.state == "inferred" else None,
    }


def station_row(station: Station, transactions: Mapping[int, Transaction]) -> Row:
    """A station as ``stations --json`` gives it; ``transactions`` by our id, at least the active ones."""
    return {
        "id": _text(station.id),
        "version": station.version,
        "connected": station.connected,
        "registration": station.registration,
        "vendor": _text(station.vendor),
        "model": _text(station.model),
        "serial": _text(station.serial),
        "firmware": _text(station.firmware),
        "peer": _text(station.peer),
        "security_profile": station.security,
        "first_seen": iso(station.first_seen or None),
        "last_seen": iso(station.last_seen or None),
        "clock_skew_s": _number(station.clock_skew_s),
        "connectors": [_connector(connector, transactions) for connector in station.connectors()],
    }


def connector_row(station: Station, connector: Connector, transactions: Mapping[int, Transaction]) -> Row:
    """A connector as ``connectors --json`` gives it."""
    return {
        "station": _text(station.id),
        **_connector(connector, transactions),
        "energy_wh": _number(connector.energy_wh),
        "soc": _number(connector.soc),
        "since": iso(connector.since),
    }


def _connector(connector: Connector, transactions: Mapping[int, Transaction]) -> Row:
    running = None if connector.transaction is None else transactions.get(connector.transaction)
    return {
        "evse": connector.evse,
        "connector": connector.connector,
        "status": _text(connector.status),
        "charging_state": None if running is None else _text(running.charging_state),
        "error_code": _text(connector.error_code),
        "power_w": _number(connector.power_w),
        "transaction": None if running is None else _text(running.wire),
    }


def alarm_row(alarm: Alarm) -> Row:
    """An alarm as ``alarms --json`` gives it; ``severity`` 0 (danger) … 9, ``message`` the exchange that raised it."""
    return {
        "id": alarm.id,
        "station": _text(alarm.station),
        "kind": alarm.kind,
        "cause": _text(masked_text(alarm.cause)),
        "text": _text(masked_text(alarm.text)),
        "severity": alarm.severity,
        "count": alarm.count,
        "raised": iso(alarm.raised),
        "last": iso(alarm.last),
        "cleared": iso(alarm.cleared),
        "acknowledged": iso(alarm.acknowledged),
        "acknowledged_by": _text(alarm.acknowledged_by),
        "note": _text(alarm.note),
        "message": alarm.exchange,
    }


def connection_row(happening: Happening) -> Row:
    """A link opened, refused or closed, as ``connections --json`` gives it; the rest is what was noted of it."""
    noted = _plain(masked_payload(happening.data))
    return {
        "id": happening.id,
        "time": iso(happening.time),
        "event": happening.kind.removeprefix("link."),
        "station": _text(happening.station),
        "link": happening.link,
        **{key: item for key, item in noted.items() if key not in ("id", "time", "event", "station", "link")},
    }


def json_lines(rows: Iterable[Row]) -> Iterable[bytes]:
    """One JSON object a line."""
    return map(json_line, rows)


def _raw(raw: str | bytes | None) -> str | None:
    return base64.b64encode(raw).decode() if isinstance(raw, bytes) else _text(raw)


def _text(text: str | None) -> str | None:
    """A lone surrogate is written as ``\\udXXX``: JSON in UTF-8 cannot hold it."""
    if text is None or text.isascii() or clean(text) == text:
        return text
    return text.encode("utf-8", "backslashreplace").decode()


def _number(number: float | None) -> float | None:
    return number if number is not None and math.isfinite(number) else None


def _plain(value: Any) -> Any:
    """The value with nothing in it that JSON cannot say; almost always itself."""
    try:
        orjson.dumps(value)
    except TypeError:
        return _rebuilt(value)
    return value


def _rebuilt(value: Any) -> Any:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, bytes):
        return _raw(value)
    if isinstance(value, Mapping):
        return {str(_text(str(key))): _rebuilt(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_rebuilt(item) for item in value]
    if isinstance(value, float):
        return _number(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int) and -(1 << 63) <= value < 1 << 64:
        return value
    return str(value)
