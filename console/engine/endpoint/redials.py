"""How often one identity may connect: a charger in a loop must not fill the journal."""

from __future__ import annotations

import time
from collections import OrderedDict

REDIALS = 30  # links of one identity in a row, and then one a second; more is answered 503
REDIAL_S = 1.0
KEPT = 4096

REASON = f"connects again and again: more than {REDIALS} times, then more than once a second"
ADVICE = "See how its last links ended: the charger gives up each of them at once."


class Redials:
    """A bucket of ``REDIALS`` an identity, refilled by one each ``REDIAL_S``; of the newest ``KEPT`` identities."""

    def __init__(self) -> None:
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def may(self, identity: str | None) -> bool:
        """Whether that identity may connect once more now; this is counted as one time."""
        key = (identity or "").casefold()
        now = time.monotonic()
        left, last = self._left.pop(key, (float(REDIALS), now))
        left = min(float(REDIALS), left + (now - last) / REDIAL_S)
        self._left[key] = (left - 1 if left >= 1 else left, now)
        if len(self._left) > KEPT:
            self._left.popitem(last=False)
        return left >= 1
