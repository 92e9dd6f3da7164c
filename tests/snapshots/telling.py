"""How a day is told and recorded: lines of what stations said, played through real links into records of the journal.

Nothing here waits for a socket or a clock: each line carries its time, its latency and its frame, the links are the
engine's own, and what they keep (answers, violations, tolerances, events) is what a console would have kept.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final, NamedTuple, cast

from msgspec.structs import replace

from console.engine.dialects import dialect
from console.engine.endpoint.attempts import Attempt
from console.engine.endpoint.hub import Then
from console.engine.endpoint.link import Link
from console.engine.endpoint.socket import Socket
from console.engine.engine import Engine
from console.engine.wire.exchange import Exchange, Happening, Record
from profiles import load_profile

MS: Final = 1_000_000
HOST: Final = "192.168.1.20"
SUBPROTOCOLS: Final = {"1.6": "ocpp1.6", "2.0.1": "ocpp2.0.1", "2.1": "ocpp2.1"}


def at(clock: str) -> int:
    """``12:04:29.118`` of the day that is told, in UTC nanoseconds."""
    moment = datetime.fromisoformat(f"2026-01-15T{clock}").replace(tzinfo=UTC)
    return int(moment.timestamp()) * 1_000_000_000 + moment.microsecond * 1000


class Caller(NamedTuple):
    """A station that calls: who it is, what it speaks, from where, and how long a ping takes."""

    identity: str
    version: str
    peer: str
    rtt_ms: float
    folder: str = "/"
    registration: str = "Accepted"
    badges: tuple[str, ...] = ()
    offers: tuple[str, ...] | None = None
    agent: str | None = None


class Line(NamedTuple):
    """Something that happens at a time; ``play`` does it."""

    time: int
    play: Callable[[Recorder], Awaitable[None]]


class Recorder(Engine):
    """An engine that never starts: it folds what it keeps at once, and remembers the records for a real journal."""

    def __init__(self, callers: Iterable[Caller]) -> None:
        self.now = 0
        super().__init__(load_profile("bench"), Path(), clock=lambda: self.now)
        self.callers = {one.identity: one for one in callers}
        self.records: list[Record] = []
        self.latency_ms = 3.0
        self.fleet.last_transaction = 40
        self.said: dict[str, int] = {}
        self.sent: list[str] = []
        self._number = 1  # console.started is the first of every journal

    def keep(self, record: Record, then: Then | None = None) -> int:
        """Number, fold and remember a record."""
        self._number += 1
        record.id = self._number
        if isinstance(record, Exchange) and record.latency_ns is not None:
            record.latency_ns = int(self.latency_ms * MS)
        self.fold(record)
        self.records.append(record)
        if then is not None:
            then(None)
        return record.id

    async def tell(self, lines: Iterable[Line]) -> None:
        """Play the lines in the order of their times."""
        for line in sorted(lines, key=lambda one: one.time):
            self.now = line.time
            await line.play(self)

    def link(self, station: str) -> Link:
        """The link that is open."""
        found = self.links.get(station)
        assert found is not None, f"{station} speaks without a link"
        return found

    def next_id(self, station: str) -> str:
        """The station's next message id."""
        self.said[station] = self.said.get(station, 0) + 1
        return str(1000 + self.said[station])


def quiet_socket(attempt: Attempt, rtt_ms: float | None, said: Callable[[str], None] | None = None) -> Socket:
    """A connection that carries nothing: what a link needs to believe that it is open."""

    def send(text: str) -> bool:
        if said is not None:
            said(text)
        return True

    def nothing(*_: Any, **__: Any) -> None:
        return None

    fake = SimpleNamespace(
        attempt=attempt,
        rtt_ns=None if rtt_ms is None else int(rtt_ms * MS),
        heard=0.0,
        send=send,
        close=nothing,
        transport=SimpleNamespace(is_closing=lambda: False),
        pause=nothing,
        resume=nothing,
        abort=nothing,
    )
    return cast("Socket", fake)


def make_link(engine: Engine, attempt: Attempt, caller: Caller, said: Callable[[str], None] | None = None) -> Link:
    """An open link of that caller, of the engine's own kind."""
    return Link(
        engine,
        quiet_socket(attempt, caller.rtt_ms, said),
        dialect(caller.version),
        engine.links.book(caller.identity),
        number=attempt.id,
        identity=caller.identity,
        registration=caller.registration,
        local_host=HOST,
        strict=False,
    )


# The lines.


def opens(time: str, station: str, *, port: int | None = None) -> Line:
    """A handshake that is accepted."""

    async def play(day: Recorder) -> None:
        caller = day.callers[station]
        number = day.attempts.total + 1
        offers = (SUBPROTOCOLS[caller.version],) if caller.offers is None else caller.offers
        attempt = Attempt(
            id=number,
            time=day.now,
            peer=caller.peer if port is None else f"{caller.peer.rpartition(':')[0]}:{port}",
            local=f"{HOST}:9000",
            path=f"{caller.folder}{station}",
            identity=station,
            station=station,
            subprotocols=offers,
            subprotocol=offers[0] if offers else None,
            version=caller.version,
            agent=caller.agent,
            verdict="open",
            status=101,
            badges=caller.badges,
            link=number,
        )
        day.attempts.add(attempt)
        day.links.add(make_link(day, attempt, caller, day.sent.append), {**attempt.told(), "local": HOST})

    return Line(at(time), play)


def closes(time: str, station: str, code: int | None, reason: str, by: str = "the station") -> Line:
    """A link that ends."""

    async def play(day: Recorder) -> None:
        link = day.link(station)
        attempt = link.socket.attempt
        attempt.verdict, attempt.close_code, attempt.reason, attempt.closed = "closed", code, reason, day.now
        day.attempts.touch(attempt)
        link.closed = True
        assert link.on_end is not None
        link.on_end(link, code, reason, by)

    return Line(at(time), play)


def refused(time: str, peer: str, status: int | None, reason: str, advice: str, **more: Any) -> Line:
    """A handshake that is not accepted."""

    async def play(day: Recorder) -> None:
        attempt = Attempt(
            id=day.attempts.total + 1,
            time=day.now,
            peer=peer,
            local=f"{HOST}:9000",
            verdict="refused",
            status=status,
            reason=reason,
            advice=advice,
            closed=day.now,
            **more,
        )
        day.attempts.add(attempt)
        data = {**attempt.told(), "status": status, "reason": reason, "advice": advice}
        day.keep(Happening(time=day.now, kind="link.refused", link=attempt.id, data=data))

    return Line(at(time), play)


def writes(time: str, station: str, text: str, *, ms: float = 3.0) -> Line:
    """A frame, letter by letter."""

    async def play(day: Recorder) -> None:
        day.latency_ms = ms
        day.link(station).on_text(text)

    return Line(at(time), play)


def says(time: str, station: str, action: str, payload: dict[str, Any], *, ms: float = 3.0) -> Line:
    """A call of the station, answered by the console."""

    async def play(day: Recorder) -> None:
        day.latency_ms = ms
        frame = [2, day.next_id(station), action, payload]
        day.link(station).on_text(json.dumps(frame, separators=(",", ":"), ensure_ascii=False))

    return Line(at(time), play)


def asks(
    time: str,
    station: str,
    order: tuple[str, dict[str, Any]],
    action: str,
    payload: dict[str, Any],
    answer: dict[str, Any] | None,
    *,
    ms: float = 40.0,
    end: tuple[bool, str] | None = None,
) -> Line:
    """An order of the operator, its call, the station's answer (None: it never comes), and what became of it."""

    async def play(day: Recorder) -> None:
        name, arguments = order
        data = {"order": name, "arguments": arguments, "by": "operator"}
        given = day.keep(Happening(time=day.now, kind="order.given", station=station, data=data))
        link = day.link(station)
        day.latency_ms = ms
        outcome = link.calls.call(action, payload, 3600.0 if answer is not None else 0.0, given)
        if answer is not None:
            unique_id = json.loads(day.sent[-1])[1]
            day.now += int(ms * MS)
            link.on_text(json.dumps([3, unique_id, answer], separators=(",", ":")))
        await outcome
        if end is not None:
            told = {"order": given, "seen": end[0], "text": end[1]}
            day.keep(Happening(time=day.now, kind="order.ended", station=station, data=told))

    return Line(at(time), play)


def notes(time: str, station: str, kind: str, note: str) -> Line:
    """The operator takes note of an alarm."""

    async def play(day: Recorder) -> None:
        number = next(one.id for one in day.fleet.alarms.values() if (one.station, one.kind) == (station, kind))
        data = {"alarm": number, "note": note, "by": "operator"}
        day.keep(Happening(time=day.now, kind="alarm.acknowledged", station=station, data=data))

    return Line(at(time), play)


def copies(records: Iterable[Record]) -> list[Record]:
    """The records once more, for another journal to number."""
    return [replace(one) for one in records]
