"""Rows of a log in the order they came: a window that grows at both ends and never beyond its limit."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterable, Sequence
from itertools import islice
from typing import Generic, TypeVar

RowT = TypeVar("RowT")


class LogRows(Generic[RowT]):
    """Keys and rows, oldest first. Adding at either end and replacing are O(1); finding by key too.

    Every row has a running number that never changes, so that an index can be told from a key without searching.
    """

    def __init__(self) -> None:
        self._keys: deque[Hashable] = deque()
        self._rows: dict[Hashable, tuple[int, RowT]] = {}
        self._first = 0

    def __len__(self) -> int:
        return len(self._keys)

    def __contains__(self, key: Hashable) -> bool:
        return key in self._rows

    def copy(self) -> LogRows[RowT]:
        """The same rows in a window of its own."""
        other: LogRows[RowT] = LogRows()
        other._keys = self._keys.copy()
        other._rows = self._rows.copy()
        other._first = self._first
        return other

    def key_at(self, index: int) -> Hashable:
        """The key of the row at ``index``; IndexError where there is none."""
        return self._keys[index]

    def row(self, key: Hashable) -> RowT | None:
        """The row of a key, or ``None``."""
        found = self._rows.get(key)
        return None if found is None else found[1]

    def index_of(self, key: Hashable) -> int | None:
        """Where the row of a key stands, or ``None``."""
        found = self._rows.get(key)
        return None if found is None else found[0] - self._first

    def append(self, key: Hashable, row: RowT) -> bool:
        """Add the newest row; a key that is known is replaced where it stands and false is returned."""
        if key in self._rows:
            self.replace(key, row)
            return False
        self._rows[key] = (self._first + len(self._keys), row)
        self._keys.append(key)
        return True

    def prepend(self, rows: Iterable[tuple[Hashable, RowT]]) -> int:
        """Add older rows, given oldest first; those already known are left out. Returns how many were added."""
        fresh = [(key, row) for key, row in rows if key not in self._rows]
        for key, row in reversed(fresh):
            self._first -= 1
            self._rows[key] = (self._first, row)
            self._keys.appendleft(key)
        return len(fresh)

    def replace(self, key: Hashable, row: RowT) -> bool:
        """Put another row in the place of one that is known; false where the key is not."""
        found = self._rows.get(key)
        if found is None:
            return False
        self._rows[key] = (found[0], row)
        return True

    def drop_oldest(self, limit: int) -> int:
        """Keep at most ``limit`` rows, the newest. Returns how many went."""
        gone = 0
        while len(self._keys) > limit:
            del self._rows[self._keys.popleft()]
            self._first += 1
            gone += 1
        return gone

    def drop_newest(self, limit: int) -> int:
        """Keep at most ``limit`` rows, the oldest. Returns how many went."""
        gone = 0
        while len(self._keys) > limit:
            del self._rows[self._keys.pop()]
            gone += 1
        return gone

    def after(self, key: Hashable) -> Sequence[tuple[Hashable, RowT]] | None:
        """Every row newer than ``key``, or ``None`` where that row is not held (there may be a gap)."""
        index = self.index_of(key)
        if index is None:
            return None
        return [(later, self._rows[later][1]) for later in islice(self._keys, index + 1, None)]

    def clear(self) -> None:
        """Forget every row."""
        self._keys.clear()
        self._rows.clear()
        self._first = 0
