"""The garbage collector kept out of the way: a pause of it is felt in every key and every message.

A paint leaves some thousand objects, a tenth of which only the collector can free; looked at 50,000 at a time that is
40 ms, at 1,000 it is half a millisecond, and 5 ms for the ten thousand of the second generation. Everything at once is
looked at only while there is little else to do.
"""

from __future__ import annotations

import gc
from typing import Final

YOUNG: Final = (4_000, 3, 1_000_000)
"""Objects that make the youngest be looked at, how often until the next older ones are too, and never all."""
QUIET_RATE: Final = 20.0  # messages a second, up to which all may be looked at
QUIET_S: Final = 120.0  # seconds between two such looks
LONGEST_S: Final = 3600.0  # or after so many, however busy


class Collector:
    """Python's collector during the life of an engine. Nothing that was there at ``calm`` is ever looked at again."""

    def __init__(self) -> None:
        self._last = 0.0

    def calm(self, now: float) -> None:
        """From now on (``time.monotonic``) as described above."""
        gc.collect()
        gc.freeze()
        gc.set_threshold(*YOUNG)
        self._last = now

    def turn(self, now: float, rate: float) -> bool:
        """Look at everything where it is time; ``rate`` is messages a second. Whether it was done."""
        waited = now - self._last
        if waited < QUIET_S or (rate > QUIET_RATE and waited < LONGEST_S):
            return False
        self._last = now
        gc.collect()
        return True
