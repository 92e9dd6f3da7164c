"""One station's connection: its calls are answered here, ours to it are in ``calls``; the directions are independent.

An incoming call is kept (committed) before its answer leaves, Heartbeat's alone excepted, and the next call is looked
at only then. That gives the order of the journal, back-pressure per station, and "nothing acknowledged is lost" in one.
Sources: OCPP-J 4.1.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any

from console.engine.dialects.base import Answer, Context, Dialect, Refusal
from console.engine.endpoint.answers import AnswerBook, Stored
from console.engine.endpoint.calls import Calls, cut, unreadable
from console.engine.endpoint.hub import Hub
from console.engine.endpoint.socket import Socket
from console.engine.wire import frame as wire
from console.engine.wire.exchange import Exchange, Outcome, Violation
from console.engine.wire.frame import Frame, Malformed
from console.engine.wire.schema import violations

log = logging.getLogger("chargehand.link")

QUEUE = 16  # calls of one station that may wait before its socket is read no more
QUEUE_CHARACTERS = 256 * 1024  # or so much text of them: a decoded frame takes ten times its size
BEATS = 16  # heartbeats that may be answered before they are stored
MAX_ACTION = 64  # characters of an action's name that are kept beside the frame
_NOTHING: frozenset[str] = frozenset()


class Link:
    """A live link. ``station`` is the casefolded identity, ``identity`` as it was sent, ``number`` counts links."""

    def __init__(
        self,
        hub: Hub,
        socket: Socket,
        dialect: Dialect,
        book: AnswerBook,
        *,
        number: int,
        identity: str,
        registration: str,
        local_host: str,
        strict: bool,
    ) -> None:
        self.hub = hub
        self.socket = socket
        self.dialect = dialect
        self.book = book
        self.number = number
        self.identity = identity
        self.station = identity.casefold()
        self.local_host = local_host
        self.strict = strict
        self.opened = hub.clock()
        self.policy = hub.policy(identity, registration)
        self.closed = False
        self.replaced = False
        self.messages = 0
        self.on_end: Callable[[Link, int | None, str, str], None] | None = None
        self._exchange = partial(Exchange, station=identity, version=dialect.version, link=number)
        self.calls = Calls(hub, socket, dialect, self._exchange)
        self._busy = False
        self._paused = False
        self._heir: Link | None = None
        self._beats = 0
        self._waiting_characters = 0
        self._waiting: deque[tuple[Frame | Malformed, str | bytes, int, float]] = deque()

    @property
    def peer(self) -> str:
        """The station's address and port."""
        return self.socket.attempt.peer

    @property
    def tls(self) -> str | None:
        """TLS version and cipher suite; None where the link is plain."""
        return self.socket.attempt.tls

    @property
    def rtt_ms(self) -> float | None:
        """Round-trip time of the last ping; None before the first pong."""
        rtt = self.socket.rtt_ns
        return None if rtt is None else rtt / 1_000_000

    @property
    def queue_depth(self) -> int:
        """Calls of ours that wait or are in flight."""
        return self.calls.depth

    # Order across links: what an older link of the same station has sent is folded before this one is heard.

    @property
    def settled(self) -> bool:
        """Whether everything that came over this link has been committed and folded, or refused by the disk."""
        return not self._busy

    def follow(self, older: Link) -> None:
        """Take no call before what is on its way from the older link has been folded: it may be the same call."""
        if not older._busy:
            return
        self._busy = True
        older._heir = self

    # Incoming.

    def on_text(self, text: str) -> None:
        """A text message from the station."""
        self.messages += 1
        frame = wire.parse(text, self.dialect.types)
        if type(frame) is Frame:
            if frame.action is None:
                self.calls.answered(frame, text)
                return
            if frame.type == wire.CALL and not self._busy:
                # What nearly every message is: nothing goes before it.
                self._call(frame, text, self.hub.clock(), self.socket.heard)
                return
        elif isinstance(frame, Malformed) and self.calls.garbled(frame, text):
            return
        self._queue(frame, text)

    def on_binary(self, data: bytes) -> None:
        """A binary message: kept, never answered; a strict profile closes the link."""
        self.messages += 1
        self._queue(wire.parse(data), data)
        if self.strict:
            self.socket.close(1003, "OCPP-J uses text frames only")

    def _queue(self, frame: Frame | Malformed, raw: str | bytes) -> None:
        now, mono = self.hub.clock(), time.monotonic()
        if not self._busy:
            self._take(frame, raw, now, mono)
            return
        self._waiting.append((frame, raw, now, mono))
        self._waiting_characters += len(raw)
        if len(self._waiting) >= QUEUE or self._waiting_characters >= QUEUE_CHARACTERS:
            self._paused = True
            self.socket.pause()

    def _next(self) -> None:
        self._busy = False
        waiting = self._waiting
        while waiting and not self._busy:
            one = waiting.popleft()
            self._waiting_characters -= len(one[1])
            self._take(*one)
        if self._paused and len(waiting) < QUEUE // 2 and self._waiting_characters < QUEUE_CHARACTERS:
            self._paused = False
            self.socket.resume()
        if self._heir is not None and not self._busy:
            heir, self._heir = self._heir, None
            heir._next()

    def _take(self, frame: Frame | Malformed, raw: str | bytes, now: int, mono: float) -> None:
        if isinstance(frame, Malformed):
            self._malformed(frame, raw, now)
        elif frame.type == wire.SEND:
            self._send_seen(frame, raw, now)
        else:
            self._call(frame, raw, now, mono)

    def _call(self, frame: Frame, raw: str | bytes, now: int, mono: float) -> None:
        action = frame.action or ""
        if len(action) > MAX_ACTION:
            action = action[:MAX_ACTION]
        dialect = self.dialect
        version = dialect.version
        digest = hash(raw)
        stored = self.book.get(frame.unique_id, now)
        notes = frame.notes
        if stored is not None:
            if stored.digest == digest and (stored.link == self.number or action in dialect.replayed):
                self._repeat(frame, raw, now, stored)
                return
            if stored.digest != digest:
                notes = (*notes, "unique id used again with another content")
        found: tuple[Violation, ...] = ()
        transaction: str | None = None
        payload: dict[str, Any] | None = None
        refusal: Refusal | None = None
        if action in dialect.sendable or action in dialect.sends:
            found = violations(version, action, frame.payload)
            if frame.doubled is not None:
                found = (_twice(frame.doubled), *found)
            answer = self._judge(frame, found, now)
            payload, refusal, transaction = answer.payload, answer.refusal, answer.transaction
            if answer.tolerances:
                notes = (*notes, *answer.tolerances)
        elif action in dialect.callable:
            refusal = dialect.refuse("unsupported-action", f"{action} is not for a station to call")
        else:
            refusal = dialect.refuse("unknown-action", "this action is not known")
        if refusal is None:
            response = wire.result(frame.unique_id, payload)
            found = found + violations(version, action, payload, answer=True)
            outcome: Outcome = "result"
        else:
            response = wire.error(frame.unique_id, refusal.code, refusal.description)
            outcome = "error"
        # By position: twenty keywords cost as much as reading the frame.
        exchange = Exchange(
            now,
            self.identity,
            version,
            "in",
            action,
            frame.unique_id,
            outcome,
            0,
            self.number,
            frame.payload,
            payload,
            None if refusal is None else refusal.code,
            None if refusal is None else refusal.description,
            int((time.monotonic() - mono) * 1_000_000_000),
            found,
            notes,
            False,
            transaction,
            None,
            raw,
            response,
        )
        if action == "Heartbeat" and self._beats < BEATS:
            # The one answer that may leave before its commit: it acknowledges nothing.
            self.socket.send(response)
            self._beats += 1
            self.hub.keep(exchange, self._beat_kept)
            return
        self._busy = True
        self.hub.keep(exchange, lambda error: self._kept(exchange, digest, error))

    def _judge(self, frame: Frame, found: tuple[Violation, ...], now: int) -> Answer:
        """What the dialect says. Should it fail, the record is kept all the same, and the station may send it again."""
        fleet = self.hub.fleet
        context = Context(
            now,
            fleet,
            fleet.stations.get(self.station),
            self.policy,
            self._next_transaction,
            frozenset(self.calls.triggered) if self.calls.triggered else _NOTHING,
        )
        try:
            return self.dialect.answer(frame, found, context)
        except Exception:
            log.exception("%s of %s could not be answered", frame.action, self.identity)
            refusal = Refusal(code="InternalError", description="the central system failed on this message")
            return Answer(refusal=refusal, tolerances=("the console failed on this message; see its log",))

    def _next_transaction(self) -> int:
        """An id that is new, to this station too: it may still speak of a transaction of another central system."""
        given = self.hub.next_transaction()
        while (self.station, str(given)) in self.hub.fleet.wires:
            given = self.hub.next_transaction()
        return given

    def _beat_kept(self, _error: Exception | None) -> None:
        self._beats -= 1

    def _kept(self, exchange: Exchange, digest: int, error: Exception | None) -> None:
        unique_id = exchange.unique_id
        response = exchange.raw_response
        if error is not None:
            self._disk_refused(unique_id)
        elif type(response) is str:
            if not self.closed:
                self.socket.send(response)
            if exchange.outcome == "result" and unique_id is not None and exchange.action != "Heartbeat":
                action = exchange.action or ""
                stored = Stored(digest, self.number, exchange.time, action, response, exchange.transaction)
                self.book.put(unique_id, stored)
        self._next()

    def _disk_refused(self, unique_id: str | None) -> None:
        refusal = self.dialect.refuse("internal", "the record could not be stored; send it again")
        if refusal is not None and unique_id is not None and not self.closed:
            self.socket.send(wire.error(unique_id, refusal.code, refusal.description))

    def _repeat(self, frame: Frame, raw: str | bytes, now: int, stored: Stored) -> None:
        again = wire.parse(stored.raw_response, self.dialect.types)
        exchange = self._exchange(
            time=now,
            direction="in",
            action=frame.action,
            unique_id=frame.unique_id,
            request=frame.payload,
            response=again.payload if type(again) is Frame else None,
            outcome="result",
            tolerances=("the same call again; the stored answer was sent again",),
            repeat=True,
            transaction=stored.transaction,
            raw_request=raw,
            raw_response=stored.raw_response,
        )
        self._busy = True

        def then(error: Exception | None) -> None:
            if error is not None:
                self._disk_refused(frame.unique_id)
            elif not self.closed:
                self.socket.send(stored.raw_response)
            self._next()

        self.hub.keep(exchange, then)

    def _send_seen(self, frame: Frame, raw: str | bytes, now: int) -> None:
        action = (frame.action or "")[:MAX_ACTION]
        known = action in self.dialect.sends
        exchange = self._exchange(
            time=now,
            direction="in",
            action=action,
            unique_id=frame.unique_id,
            request=frame.payload,
            outcome="send",
            violations=violations(self.dialect.version, action, frame.payload) if known else (),
            tolerances=frame.notes if known else (*frame.notes, "a SEND that this version does not know; kept only"),
            raw_request=raw,
        )
        self._busy = True
        self.hub.keep(exchange, lambda _error: self._next())

    def _malformed(self, bad: Malformed, raw: str | bytes, now: int) -> None:
        foreign = bad.rule == "syntax" and bad.unique_id is None
        refusal = self.dialect.refuse("envelope" if foreign else bad.rule, bad.message)
        unique_id = bad.unique_id
        if unique_id is None and (self.dialect.answers_unreadable or bad.rule == "id"):
            unique_id = "-1"
        # An answer is never answered, and a SEND where the version knows it: not even with an error.
        silent = bad.rule in ("empty", "binary") or bad.type in (wire.RESULT, wire.ERROR, wire.RESULT_ERROR)
        silent = silent or (bad.type == wire.SEND and wire.SEND in self.dialect.types)
        response = None
        if refusal is not None and unique_id is not None and not silent:
            response = wire.error(unique_id, refusal.code, refusal.description)
        exchange = self._exchange(
            time=now,
            direction="in",
            action=bad.action,
            unique_id=bad.unique_id,
            outcome="malformed",
            error_code=None if refusal is None else refusal.code,
            error_description=bad.message,
            violations=(unreadable(bad),),
            raw_request=raw,
            raw_response=response,
        )
        self._busy = True

        def then(error: Exception | None) -> None:
            if response is not None and error is not None:
                self._disk_refused(bad.unique_id)
            elif response is not None and not self.closed:
                self.socket.send(response)
            self._next()

        self.hub.keep(exchange, then)

    # The end.

    def _never_answered(self, frame: Frame | Malformed, raw: str | bytes, now: int, _mono: float) -> None:
        """Keep a frame that was read, but whose turn did not come before the link ended."""
        exchange = self._exchange(
            time=now,
            direction="in",
            action=None if frame.action is None else frame.action[:MAX_ACTION],
            unique_id=frame.unique_id,
            request=frame.payload if type(frame) is Frame else None,
            outcome="none" if type(frame) is Frame else "malformed",
            tolerances=("the link ended before its turn came",),
            raw_request=raw,
        )
        self.hub.keep(exchange)

    def on_closed(self, code: int | None, reason: str, by: str) -> None:
        """The connection is gone: what was in flight is lost, what waited was never sent."""
        self.closed = True
        while self._waiting:
            self._never_answered(*self._waiting.popleft())
        self._waiting_characters = 0
        self.calls.end()
        attempt = self.socket.attempt
        attempt.close_code = code
        attempt.reason = reason or attempt.reason
        if self.on_end is not None:
            self.on_end(self, code, reason, by)


def _twice(key: str) -> Violation:
    return Violation("$", "duplicate", f"the key {cut(key, MAX_ACTION)} stands twice in an object; the last one counts")
