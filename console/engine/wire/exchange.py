"""An exchange: a call with its outcome. It is the row of the message log, what a dialect reads, and what is exported.

``Happening`` is the other thing that the journal keeps: what befell the endpoint or what an operator decided.
Both are numbered from one sequence, so that folding them in order of ``id`` always gives the same fleet.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Direction = Literal["in", "out"]
Outcome = Literal["result", "error", "timeout", "lost", "none", "late", "malformed", "unsolicited", "send"]


class Violation(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One departure from the schema or the rules.

    ``path`` is a JSON path within the payload (``$.meterValue[0].sampledValue``), ``rule`` the schema keyword or rule
    name (``required``, ``type``, ``enum``, ``maxLength``, …), ``side`` says in which frame: ``request`` or ``response``.
    """

    path: str
    rule: str
    message: str
    side: str = "request"


class Exchange(msgspec.Struct, gc=False):
    """A call, its outcome and what was noticed.

    ``id`` journal sequence; ``time`` UTC nanoseconds when the call was received (``in``) or sent (``out``); ``link`` the
    link's number; ``request`` and ``response`` decoded payloads; ``latency_ns`` from call to answer; ``tolerances`` what
    a strict peer would have refused; ``repeat`` True where the stored answer of an earlier call was sent again;
    ``transaction`` the wire's transaction id as text; ``order`` the order that caused an outgoing call.
    """

    time: int
    station: str
    version: str
    direction: Direction
    action: str | None
    unique_id: str | None
    outcome: Outcome
    id: int = 0
    link: int = 0
    request: Any = None
    response: Any = None
    error_code: str | None = None
    error_description: str | None = None
    latency_ns: int | None = None
    violations: tuple[Violation, ...] = ()
    tolerances: tuple[str, ...] = ()
    repeat: bool = False
    transaction: str | None = None
    order: int | None = None
    raw_request: str | bytes | None = None
    raw_response: str | bytes | None = None


class Happening(msgspec.Struct, kw_only=True):
    """Something that befell or was decided, other than an exchange.

    ``kind`` and what ``data`` holds:
    ``console.started`` {profile}; ``console.stopped`` {}; ``console.clock`` {seconds}: this computer's clock was set;
    ``link.opened`` {peer, path, subprotocols, subprotocol, security, user, local, tls, badges}; ``link.refused`` the same
    and {status, reason, advice, guessing, revoked}; ``link.closed`` {code, reason, by, replaced}; ``station.accepted`` and
    ``station.refused`` {by}; ``order.given`` {order, arguments, by}; ``order.ended``
    {order, seen, text}; ``alarm.acknowledged`` {alarm, note, by}; ``file.received`` and ``file.offered``
    {name, bytes, path, order}; ``file.deleted`` {name, bytes, by}; ``bookmark`` {exchange, on, by};
    ``transaction.closed`` {transaction, by, note}: an operator says that it is over;
    ``certificate.issued`` {serial, fingerprint, ends, by}; ``certificate.refused`` {reason};
    ``certificate.revoked`` {serial, by, note}.
    """

    id: int = 0
    time: int
    kind: str
    station: str | None = None
    link: int | None = None
    data: dict[str, Any] = msgspec.field(default_factory=dict)


Record = Exchange | Happening
