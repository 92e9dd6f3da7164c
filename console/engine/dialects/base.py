"""What every dialect offers. A dialect is how one OCPP version answers a call, is read as events, and says an order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import msgspec

from console.engine.fleet.events import Event
from console.engine.fleet.fleet import Fleet
from console.engine.fleet.model import Station
from console.engine.fleet.order import Order, Saying, Verdict
from console.engine.wire.exchange import Exchange, Violation
from console.engine.wire.frame import Frame

Registration = str  # "Accepted", "Pending", "Rejected"


class TagInfo(msgspec.Struct, frozen=True):
    """What we say of an id tag: status in 1.6's words (Accepted, Blocked, Expired, Invalid, ConcurrentTx), or NoCredit.

    ``max_wh``, ``max_seconds``, ``max_cost``: what one session of it may take.
    """

    status: str
    parent: str | None = None
    expires: str | None = None
    max_wh: float | None = None
    max_seconds: int | None = None
    max_cost: float | None = None


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """What the profile says, as far as answers depend on it. Built by the engine for each link.

    ``registration`` is what a BootNotification is answered with; ``tag`` judges an id tag; ``strict`` as the profile's
    conduct: answer exactly as the specification demands, or accept what can be understood. ``sign`` says why a
    certificate request (PEM) of a station (its identity) is refused; None grants it, and the certificate has to follow.
    """

    strict: bool = False
    registration: Registration = "Accepted"
    heartbeat_interval: int = 300
    pending_interval: int = 30
    tag: Callable[[str], TagInfo] = lambda _tag: TagInfo("Accepted")
    sign: Callable[[str, str], str | None] = lambda _station, _request: "there is no certificate authority here"


def refused_request(request: Any, context: Context) -> str | None:
    """Why a SignCertificate is refused; None where a certificate will follow (A02, 1.6 security white paper 4.3)."""
    if type(request) is not str or not request:
        return "there is no certificate request in it"
    if context.station is None:
        return "the station has not booted yet"
    return context.policy.sign(context.station.id, request)


class Context(msgspec.Struct, frozen=True):
    """What an answer may look at.

    ``now`` is the receive time in UTC ns; ``station`` None before anything is known; ``next_transaction`` hands out a
    positive int32 for 1.6; ``triggered`` are the actions that we have asked this station for and that it has not sent
    yet: they are taken while its registration is Pending.
    """

    now: int
    fleet: Fleet
    station: Station | None
    policy: Policy
    next_transaction: Callable[[], int]
    triggered: frozenset[str] = frozenset()


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """A CALLERROR to send: ``code`` spelt as this version spells it."""

    code: str
    description: str = ""


class Answer(msgspec.Struct, frozen=True, gc=False):
    """What to answer to a call: a payload, or a refusal. ``tolerances`` say what a strict peer would not have accepted.
    ``transaction`` is the wire's transaction id that this exchange belongs to, as text."""

    payload: dict[str, Any] | None = None
    refusal: Refusal | None = None
    tolerances: tuple[str, ...] = ()
    transaction: str | None = None


class Dialect(Protocol):
    """One OCPP version.

    ``sendable``: the actions that a station may call; ``callable``: those we may call; ``sends``: SEND actions (2.1);
    ``replayed``: the actions whose stored answer is sent again when the same call comes on a later link;
    ``types``: message types of this version; ``answers_unreadable``: whether text without a readable unique id is
    answered, under the id "-1"; ``evses``: whether a station consists of EVSEs with connectors within, or of connectors
    alone; ``resets``: what a ``soft`` and a ``hard`` reset do, and ``unlocking`` what an unlock does, each as the end of a
    sentence for the person who orders it; ``hex_keys``: whether a station's password is set as an AuthorizationKey in hex
    digits; ``compresses``: whether compression is agreed with a station that offers it, where the profile leaves it open.
    """

    version: str
    subprotocol: str
    types: frozenset[int]
    sendable: frozenset[str]
    callable: frozenset[str]
    sends: frozenset[str]
    replayed: frozenset[str]
    answers_unreadable: bool
    evses: bool
    resets: Mapping[str, str]
    unlocking: str
    hex_keys: bool
    compresses: bool

    def answer(self, frame: Frame, violations: tuple[Violation, ...], context: Context) -> Answer:
        """What the central system says to a station's call. Never raises for anything a station can send."""

    def refuse(self, rule: str, message: str) -> Refusal | None:
        """The CALLERROR for a malformed frame (``Malformed.rule``) or a broken rule; None where this version is silent.

        Besides the rules of ``Malformed``: ``unknown-action``, ``unsupported-action``, ``not-accepted``, ``internal``.
        """

    def read(self, exchange: Exchange) -> tuple[Event, ...]:
        """What an exchange means. Pure: the same exchange always gives the same events, live, replayed or imported."""

    def say(self, order: Order, station: Station, given: dict[str, Any]) -> Saying:
        """An order as a call. ``given`` holds what the engine fills in: ``url`` of a file or of an upload directory.

        Raises OrderError with a sentence where this version or this station cannot be told so.
        """

    def judge(self, order: Order, exchange: Exchange) -> Verdict:
        """What the station's answer to the call of ``order`` means."""
