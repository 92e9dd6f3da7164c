"""Notices when the event loop stands still, and names the code that it stood in.

The loop beats twice a second. A thread of its own wakes when the next beat is overdue by ``STALL_S`` and looks at
what the loop's thread is doing at that moment; afterwards nobody could tell.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Final

log = logging.getLogger("chargehand.watchdog")

BEAT_S = 0.5
STALL_S = 0.25  # so late a beat may come
HANGS_S = 5.0  # from then on it is told while it lasts: nobody knows whether it will end
_DEPTH: Final = 12  # frames that are named, the innermost first
_STOPPED: Final = "the whole process was stopped, or had no processor"
_WAITING: Final = frozenset(("selectors.py", "windows_events.py", "proactor_events.py"))
_OURS: Final = Path(__file__).parents[2]


class Watchdog:
    """Watches the loop in which it was started. ``stalls``: when the loop had stood still (UTC ns) and for how long (s),
    newest last. ``clock`` gives UTC ns."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self.stalls: deque[tuple[int, float]] = deque(maxlen=50)
        self._clock = clock
        self._last = 0.0
        self._caught: tuple[float, str] | None = None  # of the beat that was followed by none: what was seen
        self._watched = 0
        self._timer: asyncio.TimerHandle | None = None
        self._running = threading.Lock()  # held until the end; waiting for it is cheaper than for an Event
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin; to be called in the loop. Harmless where it has begun."""
        if self._thread is not None:
            return
        self._running = threading.Lock()  # the thread of before ended with the one that it had
        self._running.acquire()
        self._watched = threading.get_ident()
        self._last = time.monotonic()
        self._timer = asyncio.get_running_loop().call_later(BEAT_S, self._beat)
        self._thread = threading.Thread(target=self._watch, name="chargehand-watchdog", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End; harmless where it was not started."""
        if self._timer is not None:
            self._timer.cancel()
        if self._running.locked():
            self._running.release()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    # In the loop.

    def _beat(self) -> None:
        now = time.monotonic()
        late = now - self._last - BEAT_S
        if late > STALL_S:
            caught, self._caught = self._caught, None
            where = f": {caught[1]}" if caught is not None and caught[0] == self._last else ""
            self.stalls.append((self._clock(), late))
            log.warning("the event loop stood still for %.0f ms%s", late * 1000, where)
        self._last = now
        self._timer = asyncio.get_running_loop().call_later(BEAT_S, self._beat)

    # In the thread.

    def _watch(self) -> None:
        seen, again, worked = 0.0, 0.0, time.process_time()
        due = self._last + BEAT_S + STALL_S
        while not self._running.acquire(timeout=max(0, due - time.monotonic())):
            now, last, before = time.monotonic(), self._last, worked
            worked, overslept = time.process_time(), now - due
            if now < last + BEAT_S + STALL_S:
                due = last + BEAT_S + STALL_S
                continue
            due = now + BEAT_S + STALL_S
            # Where this thread was late as well, code that lets no other thread run keeps the processor busy.
            stopped = overslept > STALL_S and worked - before < overslept / 2
            if last != seen:
                seen, again = last, HANGS_S
                self._caught = last, _STOPPED if stopped else self._where()
            elif now - last >= again and not stopped:
                again = 2 * (now - last)
                log.error("the event loop has stood still for %.0f s and still does: %s", now - last, self._where())

    def _where(self) -> str:
        frame = sys._current_frames().get(self._watched)
        if frame is None:
            return "its thread has ended"
        if Path(frame.f_code.co_filename).name in _WAITING:
            return "it only waits; something else kept it from the processor"
        return " < ".join(_named(frame))


def _named(frame: FrameType | None) -> list[str]:
    """Function, file and line of a frame and of those that called it."""
    found: list[str] = []
    while frame is not None and len(found) < _DEPTH:
        code = frame.f_code
        found.append(f"{code.co_qualname} ({_short(code.co_filename)}:{frame.f_lineno})")
        frame = frame.f_back
    return found


def _short(file: str) -> str:
    path = Path(file)
    return str(path.relative_to(_OURS)) if path.is_relative_to(_OURS) else "/".join(path.parts[-2:])
