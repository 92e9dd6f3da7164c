"""A run: one order to one station on its way, from the key press to its effect."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any, Literal

import msgspec

from console.engine.errors import ChargehandError, NoSuchStation, NotConnected, OrderError
from console.engine.fleet.events import VariableSeen
from console.engine.fleet.order import Order, Verdict
from console.engine.orders.table import OrderKind
from console.engine.wire.exchange import Exchange

State = Literal["waiting", "sent", "accepted", "rejected", "failed", "done", "missing"]

STAGES = 200  # that are kept: the first, and the newest; a link that flaps for an hour must not fill the memory
ENDED = frozenset(("rejected", "failed", "done", "missing"))


class RunStage(msgspec.Struct, frozen=True, gc=False):
    """A step of a run in plain words. ``time`` UTC nanoseconds; ``what`` is a state of the run, or ``told`` for what
    happened within one."""

    time: int
    what: str
    text: str


class Effect(msgspec.Struct, frozen=True, gc=False):
    """Whether what was ordered has been seen to happen, and a sentence about it."""

    seen: bool
    text: str


class Run:
    """One order to one station.

    ``state``: ``waiting`` (not sent yet), ``sent``, ``accepted`` (answered well, the effect is awaited), then one of
    ``done`` (the effect was seen), ``missing`` (it was not), ``rejected`` (by the station), ``failed`` (no usable answer).
    ``exchanges``: every call it made, the ordering one first. ``progress``: 0 to 1 where that can be told. ``hints``:
    what a person may try next. ``values``: the settings that ``get`` and ``set`` were told, of all calls together.
    ``lines``: what answers and reports told, one thing a line (monitors, display messages, charging profiles …).
    ``changed`` counts changes, so that a view asks "anything new since n".
    """

    def __init__(self, order: Order, kind: OrderKind, version: str | None, *, title: str, effect_text: str) -> None:
        self.order = order
        self.kind = kind
        self.version = version
        self.title = title
        self.effect_text = effect_text
        self.stages: list[RunStage] = []
        self.exchanges: list[Exchange] = []
        self.verdict: Verdict | None = None
        self.effect: Effect | None = None
        self.state: State = "waiting"
        self.progress: float | None = None
        self.hints: list[str] = []
        self.values: list[VariableSeen] = []
        self.lines: list[str] = []
        self.started = time.time_ns()
        self.sent: int | None = None
        self.left: float | None = None  # the same by a clock that nobody sets
        self.ended: int | None = None
        self.changed = 0
        self.refusal: ChargehandError | None = None
        self.stop: Callable[[], None] = lambda: None
        self._answered = asyncio.Event()
        self._judged = asyncio.Event()
        self._ended = asyncio.Event()

    @property
    def station(self) -> str:
        """The station's identity."""
        return self.order.station

    @property
    def exchange(self) -> Exchange | None:
        """The exchange of the ordering call; None until it is answered or given up."""
        return self.exchanges[0] if self.exchanges else None

    @property
    def whole(self) -> Exchange | None:
        """The exchange of the ordering call; where the station had to be asked in parts, with the lists of all its
        answers together (the raw texts stay those of the first part)."""
        first = self.exchange
        if first is None or self.kind.id != "get" or not isinstance(first.response, dict):
            return first
        merged: dict[str, Any] = dict(first.response)
        for other in self.exchanges[1:]:
            for name, more in (other.response if isinstance(other.response, dict) else {}).items():
                before = merged.get(name)
                if isinstance(more, list):
                    merged[name] = [*(before if isinstance(before, list) else ()), *more]
        return msgspec.structs.replace(first, response=merged)

    @property
    def over(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in ENDED

    @property
    def exit_code(self) -> int:
        """What ``chargehand call`` exits with: 0 done (or accepted, where nobody waits), 3 rejected, 4 no usable answer
        or no effect; where the order never left, 5 for a station that is not there, else 2."""
        if self.refusal is not None and not self.exchanges:
            return 5 if isinstance(self.refusal, NoSuchStation | NotConnected) else 2
        return {"accepted": 0, "done": 0, "rejected": 3}.get(self.state, 4)

    async def answered(self) -> Exchange:
        """The exchange of the ordering call, whatever its outcome. Raises OrderError where it never left."""
        await self._answered.wait()
        if self.exchanges:
            return self.exchanges[0]
        raise self.refusal or OrderError("The order was not sent.")

    async def judged(self) -> State:
        """The state once the answer has been judged: ``accepted``, or how it ended."""
        await self._judged.wait()
        return self.state

    async def done(self) -> Effect:
        """The effect, seen or not. Safe to await many times."""
        await self._ended.wait()
        return self.effect or Effect(False, "nothing is known of the effect")

    def cancel(self) -> None:
        """Stop following. The station is not told anything: what it was ordered, it may still do."""
        self.stop()

    def snapshot(self) -> dict[str, Any]:
        """The run as plain data, for the API: exchanges are left to their own encoding."""
        return {
            "order": self.order.id,
            "station": self.station,
            "name": self.order.name,
            "state": self.state,
            "progress": self.progress,
            "effect": None if self.effect is None else {"seen": self.effect.seen, "text": self.effect.text},
            "stages": [{"time": one.time, "what": one.what, "text": one.text} for one in self.stages],
            "hints": list(self.hints),
            "lines": list(self.lines),
        }

    # For the desk and the followers.

    def tell(self, what: str, text: str) -> None:
        """A stage."""
        self.stages.append(RunStage(time.time_ns(), what, text))
        if len(self.stages) > STAGES:
            del self.stages[1]
        self.changed += 1

    def move(self, progress: float | None) -> None:
        """How far it is."""
        if progress != self.progress:
            self.progress = progress
            self.changed += 1

    def enter(self, state: State, text: str) -> None:
        """A new state, with its stage."""
        self.state = state
        if state == "sent":
            self.sent, self.left = time.time_ns(), time.monotonic()
        elif state != "waiting":
            self._judged.set()
        self.tell(state, text)

    def answer(self, exchange: Exchange) -> None:
        """The outcome of a call of this run."""
        self.exchanges.append(exchange)
        self.changed += 1
        self._answered.set()

    def end(self, state: State, text: str, *, seen: bool = False) -> None:
        """It is over; only the first end counts."""
        if self.over:
            return
        self.effect = Effect(seen, text)
        self.ended = time.time_ns()
        if state == "done":
            self.progress = None if self.progress is None else 1.0
        self.enter(state, text)
        self._answered.set()
        self._ended.set()
