"""How wide the columns of the fleet are: what its rows need, measured as they change, and the rest to the notes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len

from console.screens.fleet_rows import connectors_width, model_of, note
from widgets.columns import Cell, Column, fitted
from widgets.safe import safe_text

if TYPE_CHECKING:
    from console.engine.fleet.model import Alarm, Station, Transaction

NOTES: Final = (17, 22, 30)
"""Cells that notes have at least, and before models are whole: steps, so that an alarm more seldom moves a column; the
last where a station waits for a person."""

_MOST: Final = 80  # no column grows beyond


def widen(
    needs: dict[str, int],
    station: Station,
    alarms: Sequence[Alarm],
    transactions: Mapping[int, Transaction],
    named: tuple[str, str],
) -> None:
    """Raise the cells by column to what this station's row needs. ``named``: what people call it, and its site."""
    _raise(needs, "station", cells(station.id) + 2 * (station.registration == "Pending"))
    _raise(needs, "site", cells(named[1]))
    _raise(needs, "model", cells(model_of(station)))
    _raise(needs, "firmware", cells(station.firmware))
    _raise(needs, "connectors", connectors_width(station, transactions))
    if needs.get("note", 0) < NOTES[-1]:
        told = note(station, alarms, None, station.last_seen)
        most = NOTES[-1] if station.registration == "Pending" else NOTES[-2]
        _raise(needs, "note", min(cells(told.text), most) if isinstance(told, Cell) else 0)


def _raise(needs: dict[str, int], column: str, need: int) -> None:
    if need > needs.get(column, 0):
        needs[column] = need


def cells(text: str | None) -> int:
    """Cells that a text takes, at most about ``_MOST``."""
    if not text:
        return 0
    if text.isascii() and text.isprintable():
        return min(len(text), _MOST)
    return cell_len(safe_text(text, max_chars=_MOST))


def fit(columns: Sequence[Column], needs: Mapping[str, int], *, wide: bool) -> tuple[Column, ...]:
    """The columns for these needs. ``wide``: there is room for names and for what notes mostly say."""
    said = needs.get("note", 0)
    step = next((one for one in NOTES if one >= said), NOTES[-1])
    made: list[Column] = []
    for column in fitted(columns, {key: need for key, need in needs.items() if key != "note"}):
        if column.key == "note":
            column = replace(column, width=step, min_width=step if wide else NOTES[0])
        elif column.key == "station":
            column = replace(column, min_width=min(column.width, 20 if wide else 16))
        elif column.key == "connectors":
            # One station with many connectors does not take the models of all away: it can be told in signs.
            column = replace(column, width=min(column.width, _TWO))
        made.append(column)
    return tuple(made)


_TWO: Final = 29  # cells in which two connectors are told
