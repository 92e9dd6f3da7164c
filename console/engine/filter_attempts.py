"""The filter language over attempts to connect: what the Connections screen, ``chargehand connections`` and the API can ask
for; and attempts as the journal tells of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from console.engine.endpoint.attempts import Attempt
from console.engine.filter_rows import RowField, RowFilter, numbers, texts, times, words
from console.engine.wire.exchange import Happening


def code_of(attempt: Attempt) -> int | None:
    """The close code where there is one, else the HTTP status."""
    return attempt.close_code if attempt.close_code is not None else attempt.status


def facts(attempt: Attempt) -> Iterable[str | None]:
    """What a filter looks at."""
    return (
        attempt.peer,
        attempt.path,
        attempt.identity,
        attempt.station,
        attempt.verdict,
        str(code_of(attempt) or ""),
        attempt.reason,
        attempt.user,
        attempt.agent,
        attempt.version,
        *attempt.subprotocols,
        *attempt.badges,
    )


def states(attempt: Attempt) -> tuple[str, ...]:
    """The words of ``is:`` that hold."""
    return (
        attempt.verdict,
        *(("tls",) if attempt.tls else ()),
        *(("tolerated",) if attempt.badges else ()),
        *(("stranger",) if attempt.station is None else ()),
    )


FIELDS: Final[dict[str, RowField[Attempt]]] = {
    "station": texts(lambda one: (one.station, one.identity), "station:CP-0*", "the identity it gave"),
    "is": words(
        states,
        ("open", "closed", "refused", "trying", "tls", "tolerated", "stranger"),
        "is:refused",
        "open, closed, refused, trying; tls; tolerated; stranger: never became a station",
    ),
    "peer": texts(lambda one: (one.peer, one.peer.rpartition(":")[0]), "peer:192.168.1.*", "the address it came from"),
    "path": texts(lambda one: (one.path,), "path:/ocpp/*", "the path it asked for"),
    "code": numbers(lambda one: code_of(one), "code:404", "HTTP status or close code"),
    "user": texts(lambda one: (one.user,), "user:CP-001", "the user name it sent"),
    "offers": texts(lambda one: one.subprotocols, "offers:ocpp1.6", "a subprotocol it offered"),
    "version": texts(lambda one: (one.version,), "version:2.*", "the OCPP version agreed"),
    **times(lambda one: one.time, lambda one: one.closed or one.time),
}
"""What the filter of connections can ask for."""


def attempt_filter(text: str, *, now_ns: int | None = None) -> RowFilter[Attempt]:
    """Understand a filter line. Raises FilterError."""
    return RowFilter(text, FIELDS, facts, now_ns=now_ns)


# Attempts of earlier runs, as the journal tells of them.


def attempt_of(happening: Happening) -> Attempt | None:
    """The attempt that a ``link.opened`` or ``link.refused`` tells of; a link that opened counts as closed until told."""
    data = happening.data
    if happening.link is None or happening.kind not in ("link.opened", "link.refused"):
        return None
    refused = happening.kind == "link.refused"
    return Attempt(
        id=happening.link,
        time=happening.time,
        peer=_text(data.get("peer")) or "?",
        local=_text(data.get("local")) or "?",
        path=_text(data.get("path")),
        identity=_text(data.get("identity")) or happening.station,
        station=happening.station,
        subprotocols=_texts(data.get("subprotocols")),
        subprotocol=_text(data.get("subprotocol")),
        version=_text(data.get("version")),
        user=_text(data.get("user")),
        agent=_text(data.get("agent")),
        tls=_text(data.get("tls")),
        offer=_text(data.get("offer")),
        certificate=_text(data.get("certificate")),
        security=data["security"] if isinstance(data.get("security"), int) else 0,
        badges=_texts(data.get("badges")),
        verdict="refused" if refused else "closed",
        status=data["status"] if isinstance(data.get("status"), int) else (None if refused else 101),
        reason=_text(data.get("reason")) if refused else "how it ended was not recorded",
        advice=_text(data.get("advice")),
        link=None if refused else happening.link,
        closed=happening.time if refused else None,
    )


def close(attempt: Attempt, happening: Happening) -> None:
    """What a ``link.closed`` adds to its attempt."""
    found = happening.data.get("code")
    attempt.close_code = found if isinstance(found, int) else None
    attempt.reason = _text(happening.data.get("reason")) or None
    attempt.closed = happening.time


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list | tuple) else ()
