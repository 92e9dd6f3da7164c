"""Our calls to one station: first come, first sent, one in flight; answers are matched by their unique id alone.

A late answer is kept as late and never given to the next call. Sources: OCPP-J 4.1.1.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections import OrderedDict, deque
from collections.abc import Callable
from functools import partial
from typing import Any

from console.engine.dialects.base import Dialect
from console.engine.endpoint.hub import Hub
from console.engine.endpoint.socket import Socket
from console.engine.masking import masked_payload, masked_raw
from console.engine.trust.credentials import ACTIONS as CREDENTIAL_ACTIONS
from console.engine.wire import frame as wire
from console.engine.wire.exchange import Exchange, Outcome, Violation
from console.engine.wire.frame import Frame, Malformed
from console.engine.wire.schema import violations

Heard = Callable[[Exchange], None]

LATE_KEPT = 32
UNSOLICITED_PER_MINUTE = 30
MAX_CODE = 64
MAX_DESCRIPTION = 1000
HEAD = 100  # characters at the beginning of what cannot be read in which the id of a call is looked for


class Pending:
    """A call of ours on its way through the queue."""

    __slots__ = (
        "action",
        "done",
        "heard",
        "order",
        "payload",
        "raw",
        "sent",
        "sent_mono",
        "timeout",
        "timer",
        "unique_id",
    )

    def __init__(
        self,
        action: str,
        payload: Any,
        timeout: float,
        order: int | None,
        done: asyncio.Future[Exchange],
        heard: Heard | None,
    ) -> None:
        self.action = action
        self.payload = payload
        self.timeout = timeout
        self.order = order
        self.done = done
        self.heard = heard
        self.unique_id = str(uuid.uuid4())
        self.raw = wire.call(self.unique_id, action, payload)
        self.sent = 0
        self.sent_mono = 0.0
        self.timer: asyncio.TimerHandle | None = None


class Calls:
    """The calls of one link. ``triggered`` holds the messages that the station was asked to send.

    ``exchange`` makes an exchange of that link out of what differs from one to the next.
    """

    def __init__(self, hub: Hub, socket: Socket, dialect: Dialect, exchange: partial[Exchange]) -> None:
        self.hub = hub
        self.socket = socket
        self.dialect = dialect
        self._exchange = exchange
        self.triggered: set[str] = set()
        self._outbox: deque[Pending] = deque()
        self._flying: Pending | None = None
        self._late: OrderedDict[str, Pending] = OrderedDict()
        self._unsolicited = 0
        self._unsolicited_since = 0.0

    @property
    def depth(self) -> int:
        """Calls that wait or are in flight."""
        return len(self._outbox) + (self._flying is not None)

    def call(
        self, action: str, payload: Any, timeout: float, order: int | None, heard: Heard | None = None
    ) -> asyncio.Future[Exchange]:
        """Queue a call; the future gives the finished exchange, committed and folded. ``timeout`` in seconds.

        ``heard`` is told every outcome: after a timeout also the answer that comes late.
        """
        done: asyncio.Future[Exchange] = asyncio.get_running_loop().create_future()
        self._outbox.append(Pending(action, payload, timeout, order, done, heard))
        self._pump()
        return done

    def _pump(self) -> None:
        while self._flying is None and self._outbox:
            pending = self._outbox.popleft()
            if pending.done.cancelled():
                if pending.heard is not None:
                    # A password that never left must not go on being valid.
                    self._finish(pending, "lost", raw=None)
                continue
            transport = self.socket.transport
            if transport is None or transport.is_closing() or not self.socket.send(pending.raw):
                self._finish(pending, "lost", raw=None)
                continue
            pending.sent, pending.sent_mono = self.hub.clock(), time.monotonic()
            self._flying = pending
            asked = _asked_for(pending)
            if asked is not None:
                # From now on: the message may come before the answer.
                self.triggered.add(asked)
            loop = asyncio.get_running_loop()
            pending.timer = loop.call_later(pending.timeout, self._timed_out, pending)

    def _timed_out(self, pending: Pending) -> None:
        if self._flying is pending:
            self._flying = None
            self._late[pending.unique_id] = pending
            while len(self._late) > LATE_KEPT:
                self._late.popitem(last=False)
            self._finish(pending, "timeout", raw=None)
            self._pump()

    def answered(self, frame: Frame, raw: str) -> None:
        """An answer has come: to the call in flight, to one that was given up, or to none of ours."""
        pending = self._flying
        if pending is not None and pending.unique_id == frame.unique_id:
            self._flying = None
            if pending.timer is not None:
                pending.timer.cancel()
            outcome: Outcome = "result" if frame.type == wire.RESULT else "error"
            self._finish(pending, outcome, raw=raw, frame=frame)
            self._pump()
            return
        late = self._late.pop(frame.unique_id, None)
        if late is not None:
            late.done = asyncio.get_running_loop().create_future()
            self._finish(late, "late", raw=raw, frame=frame)
            return
        self._unasked(frame, raw)

    def garbled(self, bad: Malformed, raw: str) -> bool:
        """Whether something unreadable is the answer to the call in flight, going by its id; then the call ends with it.

        The station has done with the call: there is nothing to wait for. What is a call itself, or of a message type
        that is no answer's, is left to others.
        """
        pending = self._flying
        if pending is None or bad.type not in (None, wire.RESULT, wire.ERROR):
            return False
        if bad.unique_id != pending.unique_id and (bad.unique_id is not None or pending.unique_id not in raw[:HEAD]):
            return False
        self._flying = None
        if pending.timer is not None:
            pending.timer.cancel()
        if bad.type == wire.RESULT and wire.RESULT_ERROR in self.dialect.types:
            refusal = self.dialect.refuse("syntax", bad.message)
            if refusal is not None:
                self.socket.send(wire.result_error(pending.unique_id, refusal.code, bad.message))
        self._finish(pending, "malformed", raw=raw, bad=bad)
        self._pump()
        return True

    def _finish(
        self,
        pending: Pending,
        outcome: Outcome,
        *,
        raw: str | None,
        frame: Frame | None = None,
        bad: Malformed | None = None,
    ) -> None:
        version = self.dialect.version
        found = violations(version, pending.action, pending.payload)
        description = None if frame is None else frame.description
        if bad is not None:
            description = bad.message
            found = (*found, unreadable(bad, "response"))
        response = None
        asked = _asked_for(pending)
        if asked is not None and (frame is None or not _accepted(frame.payload)):
            self.triggered.discard(asked)
        if frame is not None and frame.type == wire.RESULT:
            response = frame.payload
            wrong = violations(version, pending.action, response, answer=True)
            if wrong:
                found += wrong
                if wire.RESULT_ERROR in self.dialect.types:
                    refusal = self.dialect.refuse("syntax", wrong[0].message)
                    if refusal is not None:
                        self.socket.send(wire.result_error(frame.unique_id, refusal.code, wrong[0].message))
        request, sent = pending.payload, pending.raw if pending.sent else None
        if pending.action in CREDENTIAL_ACTIONS:
            # A secret of ours goes to the station and nowhere else: not into the journal either.
            sent = None if sent is None else masked_raw(sent, request)
            request = masked_payload(request)
        exchange = self._exchange(
            time=pending.sent or self.hub.clock(),
            direction="out",
            action=pending.action,
            unique_id=pending.unique_id,
            request=request,
            response=response,
            outcome=outcome,
            error_code=cut(frame.code, MAX_CODE) if frame is not None else None,
            error_description=cut(description, MAX_DESCRIPTION),
            latency_ns=None if raw is None else int((time.monotonic() - pending.sent_mono) * 1_000_000_000),
            violations=found,
            tolerances=frame.notes if frame is not None else (),
            order=pending.order,
            raw_request=sent,
            raw_response=raw,
        )

        def then(error: Exception | None) -> None:
            if pending.heard is not None:
                pending.heard(exchange)
            if not pending.done.done():
                if error is not None:
                    exchange.tolerances = (*exchange.tolerances, "not stored: the disk refuses")
                pending.done.set_result(exchange)

        self.hub.keep(exchange, then)

    def _unasked(self, frame: Frame, raw: str) -> None:
        now = time.monotonic()
        if now - self._unsolicited_since > 60:
            self._unsolicited_since, self._unsolicited = now, 0
        self._unsolicited += 1
        if self._unsolicited > UNSOLICITED_PER_MINUTE:
            return
        notes = frame.notes
        if self._unsolicited == UNSOLICITED_PER_MINUTE:
            notes = (*notes, "further answers that nobody waits for are dropped for the rest of this minute")
        exchange = self._exchange(
            time=self.hub.clock(),
            direction="in",
            action=None,
            unique_id=frame.unique_id,
            response=frame.payload,
            outcome="unsolicited",
            error_code=cut(frame.code, MAX_CODE),
            error_description=cut(frame.description, MAX_DESCRIPTION),
            tolerances=notes,
            raw_response=raw,
        )
        self.hub.keep(exchange)

    def end(self) -> None:
        """The link is gone: what is in flight is lost, what waits was never sent."""
        flying, self._flying = self._flying, None
        if flying is not None:
            if flying.timer is not None:
                flying.timer.cancel()
            self._finish(flying, "lost", raw=None)
        while self._outbox:
            self._finish(self._outbox.popleft(), "lost", raw=None)


def cut(text: str | None, longest: int) -> str | None:
    """Text of a station, cut where it is longer than anybody needs beside the frame that holds it whole."""
    return text if text is None or len(text) <= longest else text[:longest] + "…"


def unreadable(bad: Malformed, side: str = "request") -> Violation:
    """A frame that cannot be read, as a departure from the rules; ``side`` as in ``Violation``."""
    return Violation("$" if bad.column is None else f"$ (column {bad.column + 1})", bad.rule, bad.message, side)


def _asked_for(pending: Pending) -> str | None:
    """The message that a trigger asks for; a station that waits for approval may send that one (B02.FR.04 errata)."""
    if pending.action in ("TriggerMessage", "ExtendedTriggerMessage") and type(pending.payload) is dict:
        asked = pending.payload.get("requestedMessage")
        if type(asked) is str:
            return "SignCertificate" if asked.startswith("Sign") else asked
    return None


def _accepted(payload: Any) -> bool:
    return type(payload) is dict and payload.get("status") == "Accepted"
