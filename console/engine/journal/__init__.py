"""The journal: every exchange and every happening, committed before anything is answered, and the fleet's snapshots."""

from console.engine.journal.journal import Journal
from console.engine.journal.reader import Count, Page, Reader, StoredAnswer
from console.engine.journal.schema import FILE
from console.engine.journal.snapshot import Snapshot, Stored

ReadOnlyJournal = Reader

__all__ = ["FILE", "Count", "Journal", "Page", "ReadOnlyJournal", "Reader", "Snapshot", "Stored", "StoredAnswer"]
