"""The tables for people: which columns each has. How they are laid out stands in ``table_layout``."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from console.commands.table_layout import Column, Row, console, fitted, print_table
from console.engine.filter_alarms import severity_word
from widgets import format as fmt

__all__ = [
    "ALARMS",
    "CONNECTIONS",
    "CONNECTORS",
    "FILES",
    "MESSAGES",
    "ORDERS",
    "SAMPLES",
    "STATIONS",
    "TRANSACTIONS",
    "Column",
    "console",
    "fitted",
    "print_table",
]


def _text(key: str) -> Callable[[Row], str]:
    return lambda row: _said(row.get(key))


def _said(value: object) -> str:
    return fmt.NOTHING if value is None or value == "" else str(value)


def _nanoseconds(text: object) -> int | None:
    if not isinstance(text, str):
        return None
    try:
        return round(datetime.fromisoformat(text).timestamp() * 1000) * 1_000_000
    except (ValueError, OverflowError):
        return None


def _when(key: str) -> Callable[[Row], str]:
    return lambda row: fmt.date_clock(_nanoseconds(row.get(key)))


def _short(key: str) -> Callable[[Row], str]:
    """The same without its year."""
    return lambda row: fmt.date_clock(_nanoseconds(row.get(key))).partition("-")[2] or fmt.NOTHING


def _time(title: str, key: str, *, leaves: int = 0) -> Column:
    return Column(title, _when(key), leaves=leaves, narrow=_short(key))


def _connector(row: Row) -> str:
    status = _said(row.get("status"))
    state, error = row.get("charging_state"), row.get("error_code")
    more = "".join(f" {part}" for part in (state, error) if part and part != "NoError")
    evse, connector = row.get("evse"), row.get("connector")
    return f"{evse}{'' if connector in (1, None) else f'.{connector}'} {status}{more}"


def _connectors(row: Row) -> str:
    return "  ".join(_connector(each) for each in row.get("connectors") or ()) or fmt.NOTHING


def _station_power(row: Row) -> str:
    powers = [each["power_w"] for each in row.get("connectors") or () if each.get("power_w") is not None]
    return fmt.power(sum(powers)) if powers else fmt.NOTHING


def _skew(row: Row) -> str:
    skew = row.get("clock_skew_s")
    return fmt.NOTHING if skew is None or abs(skew) < 5 else fmt.skew(skew)


def _model(row: Row) -> str:
    return " ".join(str(part) for part in (row.get("vendor"), row.get("model")) if part) or fmt.NOTHING


def _link(row: Row) -> str:
    link = "connected" if row.get("connected") else "offline"
    registration = row.get("registration")
    return f"{link}, {str(registration).lower()}" if registration in ("Pending", "Rejected") else link


STATIONS = (
    Column("STATION", _text("id")),
    Column("MODEL", _model, flexible=True, leaves=3),
    Column("FIRMWARE", _text("firmware"), flexible=True, leaves=6),
    Column("OCPP", _text("version")),
    Column("LINK", _link),
    Column("CONNECTORS", _connectors, flexible=True, leaves=1, least=14),
    Column("POWER", _station_power, right=True, leaves=2),
    _time("LAST SEEN (UTC)", "last_seen", leaves=5),
    Column("CLOCK", _skew, leaves=4),
)

CONNECTORS = (
    Column("STATION", _text("station")),
    Column("EVSE", _text("evse"), right=True),
    Column("CONN", _text("connector"), right=True),
    Column("STATUS", _text("status")),
    Column("CHARGING STATE", _text("charging_state"), leaves=4),
    Column("ERROR", _text("error_code"), leaves=1),
    Column("POWER", lambda row: fmt.power(row.get("power_w")), right=True),
    Column("SOC", lambda row: fmt.percent(row.get("soc")), right=True, leaves=5),
    Column("TRANSACTION", _text("transaction"), flexible=True, leaves=2),
    _time("SINCE (UTC)", "since", leaves=3),
)


def _notes(row: Row) -> str:
    notes = [str(flag) for flag in row.get("flags") or ()]
    if row.get("closed_by"):
        notes.append(f"closed by hand ({row['closed_by']})")
    gaps = row.get("seq_gaps") or ()
    if gaps:
        notes.append("seqNo gaps " + ", ".join(f"{low}–{high}" if low != high else str(low) for low, high in gaps))
    return "; ".join(notes)


def _place(row: Row) -> str:
    evse, connector = row.get("evse"), row.get("connector")
    return _said(evse) if connector in (1, None) else f"{_said(evse)}.{connector}"


TRANSACTIONS = (
    Column("ID", _text("id"), right=True),
    Column("STATION", _text("station")),
    Column("EVSE", _place, right=True),
    Column("TRANSACTION", _text("transaction_id"), flexible=True),
    Column("ID TAG", _text("id_tag"), flexible=True, leaves=2),
    Column("STATE", _text("state")),
    _time("STARTED (UTC)", "started", leaves=1),
    _time("STOPPED (UTC)", "stopped", leaves=5),
    Column("ENERGY", lambda row: fmt.energy(row.get("energy_wh")), right=True),
    Column("SAMPLES", _text("samples"), right=True, leaves=6),
    Column("REASON", _text("stop_reason"), leaves=4),
    Column("NOTE", _notes, flexible=True, leaves=3),
)


ORDERS = (
    Column("ORDER", _text("id")),
    Column("ARGUMENTS", _text("arguments"), flexible=True),
    Column("DONE WHEN", _text("done_when"), flexible=True, leaves=1),
)

SAMPLES = (
    _time("TIME (UTC)", "time"),
    Column("MEASURAND", _text("measurand")),
    Column("PHASE", _text("phase")),
    Column("LOCATION", _text("location"), leaves=1),
    Column("CONTEXT", _text("context"), leaves=2),
    Column("VALUE", _text("text"), right=True),
    Column("UNIT", _text("unit")),
)

FILES = (
    Column("KIND", _text("kind")),
    Column("STATION", _text("station")),
    Column("NAME", _text("name"), flexible=True),
    Column("SIZE", lambda row: fmt.bytes_(row.get("size")), right=True),
    _time("SINCE (UTC)", "modified", leaves=1),
)


def _message_time(row: Row) -> str:
    nanoseconds = _nanoseconds(row.get("time"))
    date = fmt.date_clock(nanoseconds).partition(" ")[0]
    return f"{date} {fmt.clock(nanoseconds, millis=True)}"


def _message_clock(row: Row) -> str:
    return _message_time(row).partition("-")[2] or fmt.NOTHING


def _verdict(row: Row) -> str:
    outcome = str(row.get("outcome"))
    error = row.get("error") or {}
    said = f"{outcome} {error.get('code')}" if error else "" if outcome in ("result", "send") else outcome
    count = len(row.get("violations") or ())
    more = f"{count} violation{'s' if count > 1 else ''}" if count else ""
    return ", ".join(part for part in (said, more) if part) or "ok"


MESSAGES = (
    Column("ID", _text("id"), right=True),
    Column("TIME (UTC)", _message_time, narrow=_message_clock),
    Column("STATION", _text("station")),
    Column("DIR", _text("direction")),
    Column("ACTION", _text("action")),
    Column("MS", lambda row: fmt.NOTHING if row.get("latency_ms") is None else f"{row['latency_ms']:.0f}", right=True),
    Column("VERDICT", _verdict),
    Column("REQUEST", _text("raw_request"), flexible=True, leaves=1),
    Column("RESPONSE", _text("raw_response"), flexible=True, leaves=2),
)


def _why(row: Row) -> str:
    said = [str(row[key]) for key in ("reason", "advice") if row.get(key)]
    return " – ".join(said) or ", ".join(str(badge) for badge in row.get("badges") or ())


def _subprotocols(row: Row) -> str:
    return _said(row.get("subprotocol") or ", ".join(str(one) for one in row.get("subprotocols") or ()))


CONNECTIONS = (
    Column("TIME (UTC)", _message_time, narrow=_short("time")),
    Column("EVENT", _text("event")),
    Column("PEER", _text("peer"), leaves=2),
    Column("STATION", lambda row: _said(row.get("station") or row.get("identity"))),
    Column("PATH", _text("path"), flexible=True, leaves=4),
    Column("SUBPROTOCOL", _subprotocols, leaves=3),
    Column("TLS", _text("tls"), leaves=6),
    Column("USER", _text("user"), leaves=5),
    Column("CODE", lambda row: _said(row.get("status") or row.get("code")), right=True),
    Column("WHY", _why, flexible=True, leaves=1, least=20),
)


def _severity(row: Row) -> str:
    number = row.get("severity")
    return severity_word(number) if isinstance(number, int) else _said(number)


def _alarm_state(row: Row) -> str:
    cleared, seen = row.get("cleared"), row.get("acknowledged")
    return ", ".join(word for word in ("cleared" if cleared else "open", "acknowledged" if seen else "") if word)


ALARMS = (
    Column("ID", _text("id"), right=True),
    _time("RAISED (UTC)", "raised"),
    Column("STATION", _text("station")),
    Column("SEVERITY", _severity),
    Column("KIND", _text("kind")),
    Column("TEXT", _text("text"), flexible=True, least=24),
    Column("COUNT", _text("count"), right=True, leaves=2),
    Column("STATE", _alarm_state, leaves=1),
    Column("MESSAGE", _text("message"), right=True, leaves=3),
)
