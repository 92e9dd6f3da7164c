"""``stations``, ``connectors``, ``transactions``, ``messages``, ``connections``, ``alarms``: rows, as lines or as tables."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

from console.commands.source import Row, Source, opened
from console.engine.visible import json_line

TABLE_LIMIT: Final = 200  # rows of a table for people, where --limit does not say

Read = Callable[[Source, str, int | None], Iterable[Row]]

# What is asked for, the sentence where there is none, and what one of them is called.
_KINDS: Final[dict[str, tuple[Read, str, str]]] = {
    "stations": (lambda source, where, _: source.stations(where), "No station has connected yet.", "station"),
    "connectors": (
        lambda source, where, _: source.connectors(where),
        "No station has told of a connector yet.",
        "connector",
    ),
    "transactions": (
        lambda source, where, limit: source.transactions(where, limit),
        "There is no transaction yet.",
        "transaction",
    ),
    "messages": (lambda source, where, limit: source.messages(where, limit), "There is no message yet.", "message"),
    "connections": (
        lambda source, where, limit: source.connections(where, limit),
        "Nobody has tried to connect yet.",
        "attempt",
    ),
    "alarms": (lambda source, where, limit: source.alarms(where, limit), "There is no alarm.", "alarm"),
}
_GROWING: Final = frozenset(("transactions", "messages", "connections", "alarms"))


def show(
    kind: str,
    *,
    api: str | None,
    data: Path | None,
    as_json: bool,
    where: str = "",
    limit: int | None = None,
    secrets: bool = False,
) -> int:
    """Print rows of one kind; of messages with their ``secrets``, where asked. Raises ChargehandError."""
    read, empty, one = _KINDS[kind]
    if where:
        empty = f"No {one} matches."
    if secrets:
        read = _whole_messages
    with opened(api, data) as source:
        if as_json:
            print_lines(_cut(read(source, where, limit), kind, limit))
            return 0
        # One more than is shown tells whether there are others.
        wanted = TABLE_LIMIT + 1 if limit is None and kind in _GROWING else limit
        rows = list(_cut(read(source, where, wanted), kind, wanted))
    more = limit is None and kind in _GROWING and len(rows) > TABLE_LIMIT
    if more:
        rows = rows[-TABLE_LIMIT:]
    _print_table(kind, rows, empty)
    if more:
        print(f"These are the newest {TABLE_LIMIT}; --limit N shows more, --json all.", file=sys.stderr)
    return 0


def _whole_messages(source: Source, where: str, limit: int | None) -> Iterable[Row]:
    return source.messages(where, limit, secrets=True)


def show_samples(session: int, *, api: str | None, data: Path | None, as_json: bool) -> int:
    """Print the sampled values of a transaction (our id). Raises ChargehandError."""
    with opened(api, data) as source:
        rows = source.samples(session)
        if as_json:
            print_lines(rows)
            return 0
        found = list(rows)
    from console.commands import tables

    tables.print_table(tables.SAMPLES, found, empty="No value was sampled in this session.")
    return 0


def print_lines(rows: Iterable[Any]) -> None:
    """One JSON object a line."""
    out = sys.stdout.buffer
    for row in rows:
        out.write(json_line(row))
    out.flush()


def _cut(rows: Iterable[Row], kind: str, limit: int | None) -> Iterable[Row]:
    if limit is None or kind in _GROWING:
        return rows
    return list(rows)[:limit]


def _print_table(kind: str, rows: list[Row], empty: str) -> None:
    from console.commands import tables

    columns = {
        "stations": tables.STATIONS,
        "connectors": tables.CONNECTORS,
        "transactions": tables.TRANSACTIONS,
        "messages": tables.MESSAGES,
        "connections": tables.CONNECTIONS,
        "alarms": tables.ALARMS,
    }
    tables.print_table(columns[kind], rows, empty=empty)
