"""A data directory read without a console: the stored snapshot, and what came after it, folded."""

from __future__ import annotations

from pathlib import Path

from console.engine.fleet.fleet import Fleet
from console.engine.journal import Reader
from console.engine.reading import fold_record
from console.engine.recall import restore


def open_fleet(directory: Path) -> tuple[Fleet, Reader]:
    """The fleet as it stands in a data directory, and its journal for reading; a console may be running on it.

    Raises JournalError where there is no journal or it cannot be read.
    """
    journal = Reader.read(directory)
    fleet = Fleet()
    stored = journal.load()
    restore(fleet, stored)
    for record in journal.tail(stored.cursor):
        fold_record(fleet, record)
    fleet.ahead = {}
    return fleet, journal
