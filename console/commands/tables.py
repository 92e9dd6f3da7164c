"""Tables for people: aligned, as wide as the terminal, and free of whatever a station put into its texts."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from widgets import format as fmt
from widgets.safe import cut, safe_text

Row = Mapping[str, Any]

_PIPE_WIDTH = 200  # of a table that goes to a file or another program, where COLUMNS does not say
_CELL_CHARS = 300
_GAP = "  "
_LEAST_FLEXIBLE = 8
_LEAST = 3
_MOST = 48  # of a column that does not give way, where room is short: the longest identity


class Column(NamedTuple):
    """A column: its heading, how a cell is made, whether it stands right, and whether it gives way where room is short."""

    title: str
    cell: Callable[[Row], str]
    right: bool = False
    flexible: bool = False


def print_table(columns: Sequence[Column], rows: Iterable[Row], *, empty: str) -> None:
    """Print rows; where there are none, the sentence ``empty``."""
    lines = [[safe_text(column.cell(row), max_chars=_CELL_CHARS) for column in columns] for row in rows]
    if not lines:
        print(empty, file=sys.stderr)
        return
    screen = console()
    natural = [max(cell_len(one.title), *(cell_len(line[at]) for line in lines)) for at, one in enumerate(columns)]
    if sum(natural) + len(_GAP) * (len(columns) - 1) > screen.width:
        # One long name must not take the room of every other column.
        natural = [one if column.flexible else min(one, _MOST) for one, column in zip(natural, columns, strict=True)]
    kept = _kept(columns, natural, screen.width)
    widths = fitted([natural[at] for at in kept], [columns[at].flexible for at in kept], screen.width)
    for number, line in enumerate(([column.title for column in columns], *lines)):
        text = _GAP.join(
            _cell(line[at], width, right=columns[at].right) for at, width in zip(kept, widths, strict=True)
        )
        screen.print(Text(text.rstrip(), style="bold" if not number else ""), no_wrap=True, crop=True, overflow="crop")


def _kept(columns: Sequence[Column], natural: Sequence[int], width: int) -> list[int]:
    """Which columns are shown: flexible ones are left out, the last first, while the others have no room beside them."""
    kept = list(range(len(columns)))
    while True:
        least = [min(natural[at], _LEAST_FLEXIBLE) if columns[at].flexible else natural[at] for at in kept]
        flexible = [at for at in kept if columns[at].flexible]
        if not flexible or sum(least) + len(_GAP) * (len(kept) - 1) <= width:
            return kept
        kept.remove(flexible[-1])


def fitted(natural: Sequence[int], flexible: Sequence[bool], width: int) -> list[int]:
    """Widths that fit: flexible columns give way first, the widest before the others, then every column does."""
    widths = list(natural)
    room = width - len(_GAP) * (len(widths) - 1)
    for least, may in ((_LEAST_FLEXIBLE, flexible), (_LEAST, [True] * len(widths))):
        while sum(widths) > room:
            wide = [at for at, width_ in enumerate(widths) if may[at] and width_ > least]
            if not wide:
                break
            widest = max(wide, key=lambda at: widths[at])
            # Down to the second widest at once, so that this takes a few steps and not one a cell.
            others = [widths[at] for at in wide if at != widest]
            floor = max(least, max(others, default=least) - 1)
            widths[widest] = max(floor, widths[widest] - (sum(widths) - room))
    return widths


def _cell(text: str, width: int, *, right: bool) -> str:
    shown = cut(text, width)
    space = " " * max(0, width - cell_len(shown))
    return space + shown if right else shown + space


def console() -> Console:
    """Standard output; plain where NO_COLOR is set or nobody looks."""
    columns = os.environ.get("COLUMNS", "")
    width = int(columns) if columns.isdigit() and int(columns) > 0 else None if sys.stdout.isatty() else _PIPE_WIDTH
    return Console(file=sys.stdout, highlight=False, markup=False, emoji=False, width=width)


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
    Column("MODEL", _model, flexible=True),
    Column("FIRMWARE", _text("firmware"), flexible=True),
    Column("OCPP", _text("version")),
    Column("LINK", _link),
    Column("CONNECTORS", _connectors, flexible=True),
    Column("POWER", _station_power, right=True),
    Column("LAST SEEN (UTC)", _when("last_seen")),
    Column("CLOCK", _skew),
)

CONNECTORS = (
    Column("STATION", _text("station")),
    Column("EVSE", _text("evse"), right=True),
    Column("CONN", _text("connector"), right=True),
    Column("STATUS", _text("status")),
    Column("CHARGING STATE", _text("charging_state")),
    Column("ERROR", _text("error_code")),
    Column("POWER", lambda row: fmt.power(row.get("power_w")), right=True),
    Column("SOC", lambda row: fmt.percent(row.get("soc")), right=True),
    Column("TRANSACTION", _text("transaction"), flexible=True),
    Column("SINCE (UTC)", _when("since")),
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
    Column("ID TAG", _text("id_tag"), flexible=True),
    Column("STATE", _text("state")),
    Column("STARTED (UTC)", _when("started")),
    Column("STOPPED (UTC)", _when("stopped")),
    Column("ENERGY", lambda row: fmt.energy(row.get("energy_wh")), right=True),
    Column("SAMPLES", _text("samples"), right=True),
    Column("REASON", _text("stop_reason")),
    Column("NOTE", _notes, flexible=True),
)


FILES = (
    Column("KIND", _text("kind")),
    Column("STATION", _text("station")),
    Column("NAME", _text("name"), flexible=True),
    Column("SIZE", lambda row: fmt.bytes_(row.get("size")), right=True),
    Column("SINCE (UTC)", _when("modified")),
)


def _message_time(row: Row) -> str:
    nanoseconds = _nanoseconds(row.get("time"))
    date = fmt.date_clock(nanoseconds).partition(" ")[0]
    return f"{date} {fmt.clock(nanoseconds, millis=True)}"


def _verdict(row: Row) -> str:
    outcome = str(row.get("outcome"))
    error = row.get("error") or {}
    said = f"{outcome} {error.get('code')}" if error else "" if outcome in ("result", "send") else outcome
    count = len(row.get("violations") or ())
    more = f"{count} violation{'s' if count > 1 else ''}" if count else ""
    return ", ".join(part for part in (said, more) if part) or "ok"


MESSAGES = (
    Column("ID", _text("id"), right=True),
    Column("TIME (UTC)", _message_time),
    Column("STATION", _text("station")),
    Column("DIR", _text("direction")),
    Column("ACTION", _text("action")),
    Column("MS", lambda row: fmt.NOTHING if row.get("latency_ms") is None else f"{row['latency_ms']:.0f}", right=True),
    Column("VERDICT", _verdict),
    Column("REQUEST", _text("raw_request"), flexible=True),
    Column("RESPONSE", _text("raw_response"), flexible=True),
)


def _why(row: Row) -> str:
    said = [str(row[key]) for key in ("reason", "advice") if row.get(key)]
    return " – ".join(said) or ", ".join(str(badge) for badge in row.get("badges") or ())


def _subprotocols(row: Row) -> str:
    return _said(row.get("subprotocol") or ", ".join(str(one) for one in row.get("subprotocols") or ()))


CONNECTIONS = (
    Column("TIME (UTC)", _message_time),
    Column("EVENT", _text("event")),
    Column("PEER", _text("peer")),
    Column("STATION", lambda row: _said(row.get("station") or row.get("identity"))),
    Column("PATH", _text("path"), flexible=True),
    Column("SUBPROTOCOL", _subprotocols),
    Column("TLS", _text("tls")),
    Column("USER", _text("user")),
    Column("CODE", lambda row: _said(row.get("status") or row.get("code")), right=True),
    Column("WHY", _why, flexible=True),
)


def _alarm_state(row: Row) -> str:
    cleared, seen = row.get("cleared"), row.get("acknowledged")
    return ", ".join(word for word in ("cleared" if cleared else "open", "acknowledged" if seen else "") if word)


ALARMS = (
    Column("ID", _text("id"), right=True),
    Column("RAISED (UTC)", _when("raised")),
    Column("STATION", _text("station")),
    Column("SEVERITY", _text("severity"), right=True),
    Column("KIND", _text("kind")),
    Column("TEXT", _text("text"), flexible=True),
    Column("COUNT", _text("count"), right=True),
    Column("STATE", _alarm_state),
    Column("MESSAGE", _text("message"), right=True),
)
