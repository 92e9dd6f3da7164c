"""Stored answers, so that a repeated call is answered as it was the first time.

Kept per identity, at most 256 for at most a day. A call that comes again on the same link is always a repetition; on a
later link only where the dialect says so (transaction messages): many stations count their ids from 1 on every link.
"""

from __future__ import annotations

from collections import OrderedDict

import msgspec

KEPT = 256
KEPT_NS = 24 * 3600 * 1_000_000_000


class Stored(msgspec.Struct, frozen=True, gc=False):
    """An answer that left, or would have left: for which frame, on which link, when."""

    digest: int
    link: int
    time: int
    action: str
    raw_response: str
    transaction: str | None


class AnswerBook:
    """The stored answers of one identity, oldest first."""

    __slots__ = ("_answers",)

    def __init__(self) -> None:
        self._answers: OrderedDict[str, Stored] = OrderedDict()

    def put(self, unique_id: str, stored: Stored) -> None:
        """Keep an answer; the newest wins where an id is used again."""
        answers = self._answers
        if unique_id in answers:
            del answers[unique_id]
        answers[unique_id] = stored
        if len(answers) > KEPT:
            answers.popitem(last=False)

    def add_older(self, unique_id: str, stored: Stored) -> None:
        """Keep an answer read from the journal, unless a newer one is there."""
        if unique_id not in self._answers and len(self._answers) < KEPT:
            self._answers[unique_id] = stored
            self._answers.move_to_end(unique_id, last=False)

    def link_ended(self, replayed: frozenset[str]) -> bool:
        """Forget what could only have been repeated on that link; whether anything is left."""
        answers = self._answers
        for unique_id in [key for key, stored in answers.items() if stored.action not in replayed]:
            del answers[unique_id]
        return bool(answers)

    def get(self, unique_id: str, now: int) -> Stored | None:
        """The answer to that id, unless it is older than a day."""
        found = self._answers.get(unique_id)
        if found is not None and now - found.time > KEPT_NS:
            del self._answers[unique_id]
            return None
        return found
