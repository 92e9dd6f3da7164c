"""OCPP 1.6 over JSON, with the actions of the security whitepaper (edition 3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from console.engine.dialects import v16_answer, v16_judge, v16_read, v16_say
from console.engine.dialects.base import Answer, Context, Refusal
from console.engine.dialects.reading import Clock
from console.engine.dialects.told import told
from console.engine.dialects.v16_codes import CALLABLE, REPLAYED, SENDABLE, refusal
from console.engine.dialects.v16_told import ANSWERS, NUMBERS
from console.engine.fleet.events import Event
from console.engine.fleet.model import Station
from console.engine.fleet.order import Order, Saying, Verdict
from console.engine.wire.exchange import Exchange, Violation
from console.engine.wire.frame import CLASSIC, Frame


class V16:
    """How OCPP 1.6 answers, is read and is said."""

    version = "1.6"
    subprotocol = "ocpp1.6"
    types = CLASSIC
    sendable = SENDABLE
    callable = CALLABLE
    sends: frozenset[str] = frozenset()
    replayed = REPLAYED
    answers_unreadable = False
    compresses = False  # OCPP-J 1.6 knows nothing of it; 2.0.1 asks for it (Part 4, 3.4)
    evses = False
    resets: Mapping[str, str] = {
        "soft": "stops running transactions in good order and restarts",
        "hard": "restarts at once, as after a power cut; running transactions end",
    }
    hex_keys = True
    unlocking = "it does not start charging, and a transaction that runs there ends first"

    def __init__(self) -> None:
        self._clock = Clock()

    def answer(self, frame: Frame, violations: tuple[Violation, ...], context: Context) -> Answer:
        """What the central system says to a station's call; never raises for anything a station can send."""
        return v16_answer.answer(frame, violations, context, self._clock)

    def refuse(self, rule: str, message: str) -> Refusal | None:
        """The CALLERROR for a malformed frame or a broken rule, spelt as 1.6 spells it; None where it is silent."""
        return refusal(rule, message)

    def read(self, exchange: Exchange) -> tuple[Event, ...]:
        """What an exchange means."""
        events = v16_read.read(exchange)
        more = told(exchange, ANSWERS, NUMBERS) if exchange.direction == "out" else None
        return events if more is None else (*events, more)

    def say(self, order: Order, station: Station, given: dict[str, Any]) -> Saying:
        """An order as a call; raises OrderError with a sentence where 1.6 has no words for it."""
        return v16_say.say(order, station, given)

    def judge(self, order: Order, exchange: Exchange) -> Verdict:
        """What the station's answer to the call of ``order`` means."""
        return v16_judge.judge(order, exchange)
