"""How an exchange looks as a row of the message log, and where older ones come from."""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Final

from console.engine.filter import Filter
from console.engine.masking import masked_raw
from console.engine.wire.exchange import Exchange
from console.screens.summary import LONGEST, action, arrow, milliseconds, summary, verdict
from widgets.columns import Cell, CellLike, Column, Row
from widgets.format import clock

if TYPE_CHECKING:
    from console.engine.engine import Engine

NARROW: Final = 110
"""Below so many cells the time is told to the second and the columns stand closer."""

NAME, NAME_NARROW = 13, 10  # cells of the station's identity

_COLUMN = re.compile(r"column (\d+)")
_BEFORE, _AFTER = 60, 200  # characters of a broken frame that are shown around the place


def columns(width: int, *, station: bool) -> list[Column]:
    """The columns of the log for a view of that width; ``station``: of all stations, so that one says which."""
    narrow, roomy = width < NARROW, width >= 140
    time = 8 if narrow else 12
    name = 16 if roomy else (NAME_NARROW if narrow else NAME)
    verdict = 22 if roomy else (10 if narrow else 20)
    return [
        Column("time", "TIME", time, time, sortable=False),
        *([Column("station", "STATION", name, 10, sortable=False)] if station else []),
        Column("way", "⇅", 1, 1, sortable=False),
        Column("action", "ACTION", 26 if roomy else (16 if narrow else 18), 16, sortable=False),
        Column("ms", "ms", 5, 5, align="right", priority=3, sortable=False),
        Column("summary", "SUMMARY", 16, 26 if narrow else 12, weight=1, sortable=False),
        Column("verdict", "VERDICT", verdict, 10, sortable=False),
    ]


def cells(exchange: Exchange, *, narrow: bool, station: bool, room: int = LONGEST, name: int = LONGEST) -> Row:
    """One row; ``room``: cells of the summary, ``name``: cells of the identity.

    What a heartbeat says is dimmed: nobody looks for it, and it is half of the traffic.
    """
    quiet = "muted" if exchange.action == "Heartbeat" and exchange.outcome == "result" else ""
    ended = verdict(exchange)
    called = "" if exchange.direction == "in" else "accent bold"
    name_style = quiet or ("accent" if exchange.direction == "out" else ("" if exchange.action else "muted"))
    return [
        Cell(clock(exchange.time, millis=not narrow), "muted"),
        *([Cell(_name(exchange.station, name), quiet or "bold")] if station else []),
        Cell(arrow(exchange), called or "muted"),
        Cell(action(exchange), name_style),
        Cell(milliseconds(exchange), _pace(exchange) or "muted"),
        broken(exchange) or Cell(summary(exchange, room), quiet),
        Cell(ended.text, quiet if quiet and ended.tone == "ok" else ended.tone),
    ]


def _name(station: str, room: int) -> str:
    """An identity that does not fit loses its middle: the ends tell stations of one site apart."""
    if len(station) <= room or not station.isascii():
        return station
    return f"{station[: room - 5]}…{station[-4:]}"


def _pace(exchange: Exchange) -> str:
    """Slow answers stand out: from one second on, from ten seconds on."""
    if exchange.latency_ns is None or exchange.latency_ns < 1_000_000_000:
        return ""
    return "warn" if exchange.latency_ns < 10_000_000_000 else "bad"


def broken_at(exchange: Exchange) -> int | None:
    """The character (from 0) at which a frame stopped being JSON; None where it did not, or nobody knows."""
    if exchange.outcome != "malformed" or not isinstance(_unreadable(exchange), str):
        return None
    for one in exchange.violations:
        found = _COLUMN.search(one.path)
        if found is not None:
            return max(0, int(found[1]) - 1)
    return None


def _unreadable(exchange: Exchange) -> str | bytes | None:
    """The frame that could not be read: the station's, whoever called."""
    return exchange.raw_response if exchange.direction == "out" else exchange.raw_request


def broken(exchange: Exchange) -> list[Cell] | None:
    """The text of a broken frame with the offending character lit; None for all others."""
    at, raw = broken_at(exchange), exchange.raw_request
    if at is None or not isinstance(raw, str) or exchange.direction == "out":
        return None
    # Of a long frame the head names the action, and the place says what is wrong.
    if at <= _BEFORE:
        head = masked_raw(raw[:at])
    else:
        head = f"{masked_raw(raw[:24])} … {masked_raw(raw[at - _BEFORE // 2 : at])}"
    tail = masked_raw(raw[at + 1 : at + _AFTER])
    return [Cell(head), Cell(raw[at : at + 1] or "␃", "bad reverse"), Cell(tail)]


class JournalSource:
    """Older (and newer) exchanges of the journal, as the log asks for them."""

    def __init__(self, engine: Engine, where: Filter | None) -> None:
        self._engine = engine
        self._where = where

    async def before(self, key: Hashable | None, n: int) -> Sequence[tuple[Hashable, Exchange]]:
        """The ``n`` exchanges just older than ``key``; the newest where it is None."""
        before = key if isinstance(key, int) else None
        rows = await self._engine.messages(self._where, limit=n, before=before, late=True)
        return [(row.id, row) for row in rows]

    async def after(self, key: Hashable, n: int) -> Sequence[tuple[Hashable, Exchange]]:
        """The ``n`` exchanges just newer than ``key``."""
        assert isinstance(key, int)
        rows = await self._engine.messages(self._where, limit=n, after=key, late=True)
        return [(row.id, row) for row in rows]


__all__ = ["CellLike", "JournalSource", "broken", "broken_at", "cells", "columns"]
