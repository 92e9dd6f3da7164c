"""Keys kept in order while what they are ordered by changes: of ten thousand a few move, and only those cost anything."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable, Iterable
from typing import Any, Generic, TypeVar

K = TypeVar("K", bound=Hashable)
Place = tuple[Any, ...]
"""What a key is ordered by. It is like no other one, so that keys themselves are never compared."""

_MANY = 16  # where more than this part of all have moved, sorting everything is cheaper


class Ranked(Generic[K]):
    """Keys by their places."""

    def __init__(self) -> None:
        self._entries: dict[K, Place] = {}  # the place, and behind it the key
        self._sorted: list[Place] = []
        self._moved: dict[K, Place | None] = {}  # since the order was asked for, with the entry before
        self._order: list[K] = []

    def __len__(self) -> int:
        return len(self._entries)

    def put(self, key: K, place: Place) -> bool:
        """Put a key at a place; False where it is there already."""
        entry = (*place, key)
        before = self._entries.get(key)
        if before == entry:
            return False
        self._moved.setdefault(key, before)
        self._entries[key] = entry
        return True

    def drop(self, key: K) -> bool:
        """Take a key out; False where it is not there."""
        before = self._entries.pop(key, None)
        if before is None:
            return False
        self._moved.setdefault(key, before)
        return True

    def fill(self, places: Iterable[tuple[K, Place]]) -> None:
        """Put these, and none but these."""
        self._entries = {key: (*place, key) for key, place in places}
        self._moved = {}
        self._sort()

    def order(self) -> list[K]:
        """All keys by their places; the very list of before where none has moved."""
        moved, self._moved = self._moved, {}
        if len(moved) * _MANY > len(self._entries):
            self._sort()
        elif moved:
            entries, order = self._sorted, list(self._order)
            for before in moved.values():
                if before is not None:
                    at = bisect_left(entries, before)
                    del entries[at], order[at]
            for key in moved:
                entry = self._entries.get(key)
                if entry is not None:
                    at = bisect_left(entries, entry)
                    entries.insert(at, entry)
                    order.insert(at, key)
            self._order = order
        return self._order

    def _sort(self) -> None:
        self._sorted = sorted(self._entries.values())
        self._order = [entry[-1] for entry in self._sorted]
