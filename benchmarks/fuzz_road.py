"""The whole road of a frame, in one process and without a disk: what comes in over a link until a person reads it.

A real ``Link`` with its dialect; in place of the engine a hub that encodes every record as the journal would, folds it,
and draws it as the message log and the exchange's page would. Whatever escapes on the way is the fuzzer's find.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, Final, cast

import msgspec
import orjson

from console.engine.dialects import dialect
from console.engine.dialects.base import Policy
from console.engine.endpoint.answers import AnswerBook
from console.engine.endpoint.attempts import Attempt
from console.engine.endpoint.hub import Then
from console.engine.endpoint.link import Link
from console.engine.endpoint.socket import Socket
from console.engine.filter import parse_filter
from console.engine.fleet.fleet import Fleet
from console.engine.fleet.fold import fold_exchange, fold_happening
from console.engine.fleet.model import Alarm, Station, Transaction
from console.engine.journal import codec, rows
from console.engine.upkeep import snapshot_of
from console.engine.wire import frame as wire
from console.engine.wire.exchange import Exchange, Record
from console.engine.wire.schema import violations
from console.screens.exchange_facts import Belongs, headline, lines
from console.screens.message_rows import cells

NOW: Final = 1_768_477_406_123_000_000  # 2026-01-15T11:43:26.123Z
STATION: Final = "CP-FUZZ"
FRESH: Final = 5000  # records after which the fleet begins anew: a fuzzer must not run out of memory by itself

_NAMES: dict[str, int] = {}
_FILTER: Final = parse_filter('station:CP-* action:*e* ms:<500 !uid:"NOBODY" word')

CODES: Final = {
    "1.6": frozenset(
        (
            "NotImplemented",
            "NotSupported",
            "InternalError",
            "ProtocolError",
            "SecurityError",
            "FormationViolation",
            "PropertyConstraintViolation",
            "OccurenceConstraintViolation",
            "TypeConstraintViolation",
            "GenericError",
        )
    ),
    "2.0.1": frozenset(
        (
            "FormatViolation",
            "GenericError",
            "InternalError",
            "MessageTypeNotSupported",
            "NotImplemented",
            "NotSupported",
            "OccurrenceConstraintViolation",
            "PropertyConstraintViolation",
            "ProtocolError",
            "RpcFrameworkError",
            "SecurityError",
            "TypeConstraintViolation",
        )
    ),
}
"""The error codes that a version has; 2.1 those of 2.0.1. 1.6's spelling of one of them is the specification's."""


class Broken(Exception):
    """A promise that did not hold, where nothing raised by itself."""


class _Ears(logging.Handler):
    """What the console logs as its own failure counts as escaped. Heard, and by nobody else, in a ``with`` block only."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.heard: list[logging.LogRecord] = []
        self._logger = logging.getLogger("chargehand")
        self._propagated = self._logger.propagate

    def __enter__(self) -> None:
        self._propagated, self._logger.propagate = self._logger.propagate, False
        self._logger.addHandler(self)

    def __exit__(self, *_: object) -> None:
        self._logger.removeHandler(self)
        self._logger.propagate = self._propagated

    def emit(self, record: logging.LogRecord) -> None:
        self.heard.append(record)


class _Wire:
    """A socket that keeps what is sent."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.attempt = Attempt(id=1, time=NOW, peer="127.0.0.1:1", local="127.0.0.1:2")
        self.heard = time.monotonic()
        self.transport = SimpleNamespace(is_closing=lambda: False)

    def send(self, text: str) -> bool:
        self.sent.append(text)
        return True

    def close(self, code: int, reason: str) -> None:
        """Nothing to close."""

    def pause(self) -> None:
        """Nothing to pause."""

    def resume(self) -> None:
        """Nothing to resume."""


class _Hub:
    """The engine as a link sees it; a record is committed at once."""

    def __init__(self) -> None:
        self.fleet = Fleet()
        self.last: Record | None = None
        self.kept = 0
        self.clock: Callable[[], int] = lambda: NOW + self.kept * 1_000_000  # so that a find can be repeated
        self._given = 0

    def policy(self, station: str, registration: str) -> Policy:
        """Everybody is accepted."""
        return Policy()

    def next_transaction(self) -> int:
        """Counted."""
        self._given += 1
        return self._given

    def keep(self, record: Record, then: Then | None = None) -> int:
        """Encode, read back, fold, draw; then say that it is committed."""
        self.kept += 1
        record.id = self.kept
        self.last = record
        if isinstance(record, Exchange):
            self._carry(record)
        else:
            fold_happening(self.fleet, record)
        if then is not None:
            then(None)
        return record.id

    def _carry(self, exchange: Exchange) -> None:
        codec.storable(codec.row(exchange, _number))
        events = dialect(exchange.version).read(exchange)
        fold_exchange(self.fleet, exchange, events)
        orjson.dumps(rows.as_row(exchange))
        _FILTER.matches(exchange)
        for narrow in (True, False):
            cells(exchange, narrow=narrow, station=True)
        headline(exchange, marked=False)
        lines(exchange, Belongs())

    def look(self) -> None:
        """What the fleet became, as programs get it and as the snapshot is written and read back."""
        fleet, taken = self.fleet, self.fleet.take_dirty()
        for station in taken.stations.values():
            orjson.dumps(rows.station_row(station, fleet.transactions))
        snapshot = snapshot_of(fleet, taken, fleet.cursor, last_link=1)
        for transaction in snapshot.transactions:
            orjson.dumps(rows.transaction_row(transaction))
        for alarm in snapshot.alarms:
            orjson.dumps(rows.alarm_row(alarm))
        for row in codec.snapshot_rows(snapshot):
            kind = _KINDS.get(row[0])
            if kind is not None:
                msgspec.json.decode(row[-1], type=kind)


_KINDS: Final = {"station": Station, "txn": Transaction, "alarm": Alarm, "sample": list[Any]}


def _number(name: str) -> int:
    return _NAMES.setdefault(name, len(_NAMES) + 1) if len(_NAMES) < 100_000 else 1


class Road:
    """One link of one version. Everything it raises is a find."""

    def __init__(self, version: str) -> None:
        self.version = version
        self.dialect = dialect(version)
        self._ears = _Ears()
        self._begin()

    def _begin(self) -> None:
        self.hub = _Hub()
        self.socket = _Wire()
        self.link = Link(
            self.hub,
            cast(Socket, self.socket),
            self.dialect,
            AnswerBook(),
            number=1,
            identity=STATION,
            registration="Accepted",
            local_host="127.0.0.1",
            strict=False,
        )

    def hear(self, text: str) -> list[str]:
        """A text message from the station; what was sent for it."""
        self._refresh()
        return self._hear(text)

    def _refresh(self) -> None:
        if self.hub.kept > FRESH:
            self.look()
            self._begin()

    def _hear(self, text: str) -> list[str]:
        self.socket.sent.clear()
        try:
            with self._ears:
                self.link.on_text(text)
            self._listen()
        except BaseException:
            self._begin()  # what was broken off in the middle is not heard again
            raise
        return self.socket.sent.copy()

    def call(self, unique_id: str, action: str, payload: Any, text: str) -> None:
        """A station's call: it is answered once, by the schema; with a result where it is valid."""
        sent = self.hear(text)
        answers = [wire.parse(one) for one in sent]
        if action in self.dialect.sends:
            return
        if len(answers) != 1:
            raise Broken(f"{len(answers)} answers to one call")
        answer = answers[0]
        if not isinstance(answer, wire.Frame) or answer.unique_id != unique_id:
            raise Broken(f"the answer is no frame of ours: {sent[0][:200]}")
        if answer.type == wire.RESULT:
            wrong = violations(self.version, action, answer.payload, answer=True)
            if wrong:
                raise Broken(f"the answer breaks its schema: {wrong[0]}")
        elif answer.code not in CODES.get(self.version, CODES["2.0.1"]):
            raise Broken(f"{answer.code} is no error code of {self.version}")
        elif not violations(self.version, action, payload):
            raise Broken(f"a valid call was refused: {answer.code} {answer.description}")

    def answer(self, action: str, request: Any, response: Any) -> Exchange:
        """The console calls, the station answers; the exchange. Needs a running loop."""
        self._refresh()
        future = self.link.calls.call(action, request, 30, None)
        sent = wire.parse(self.socket.sent[-1])
        if not isinstance(sent, wire.Frame):
            raise Broken("our own call is no frame")
        self._hear(wire.result(sent.unique_id, response))
        if not future.done():
            raise Broken("the answer did not end the call")
        done: Exchange = future.result()
        return done

    def look(self) -> None:
        """See ``_Hub.look``."""
        with self._ears:
            self.hub.look()
        self._listen()

    def _listen(self) -> None:
        if self._ears.heard:
            record = self._ears.heard.pop()
            self._ears.heard.clear()
            if record.exc_info is not None and record.exc_info[1] is not None:
                raise record.exc_info[1]
            raise Broken(record.getMessage())
