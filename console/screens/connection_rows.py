"""How an attempt to reach the endpoint is told: as a row, and in full sentences for the person at the charger."""

from __future__ import annotations

from typing import Final, NamedTuple

from console.engine.endpoint.attempts import Attempt
from console.engine.filter_attempts import code_of
from console.screens.told import Line
from widgets.columns import Cell, Column, Row
from widgets.format import age, clock, date_clock, duration, thousands
from widgets.tone import Tone

NS: Final = 1_000_000_000
NOTHING: Final = "—"

COLUMNS: Final = (
    Column("time", "TIME", 8, 8),
    Column("verdict", "VERDICT", 10, 9),
    Column("identity", "IDENTITY", 16, 10),
    Column("peer", "PEER", 21, 15, priority=2),
    Column("path", "PATH", 18, 18, max_width=40, weight=1, priority=7),
    Column("offers", "OFFERS", 12, 9, priority=4),
    Column("tls", "TLS", 8, 4, priority=6),
    Column("user", "USER", 10, 5, priority=5),
    Column("status", "CODE", 4, 4, align="right", priority=1),
    Column("reason", "WHY", 36, 20, weight=3),
)

# Close codes that say more than their number (RFC 6455 section 7.4.1).
_CODES: Final = {
    1000: "closed as agreed",
    1001: "one side went away",
    1002: "the WebSocket protocol was broken",
    1003: "a kind of data that is not taken",
    1006: "the connection broke without a close frame",
    1007: "text that is no UTF-8",
    1008: "refused by a rule",
    1009: "a message that is too long",
    1011: "the other side failed",
    1012: "the other side restarts",
}


class Standing(NamedTuple):
    """How an attempt stands: glyph, word, tone."""

    glyph: str
    word: str
    tone: Tone


def told(attempt: Attempt) -> Standing:
    """Open, closed, refused, or still trying."""
    match attempt.verdict:
        case "open":
            return Standing("●", "open", "ok")
        case "closed":
            return Standing("○", "closed", "idle")
        case "refused":
            return Standing("✖", "refused", "bad")
        case _:
            return Standing("◔", "trying", "busy")


def row(attempt: Attempt) -> Row:
    """The cells of one attempt, in the order of ``COLUMNS``."""
    state = told(attempt)
    refused = attempt.verdict == "refused"
    return [
        Cell(clock(attempt.time), "muted"),
        Cell(f"{state.glyph} {state.word}", state.tone),
        Cell(attempt.identity or "—", "bold" if attempt.identity else "muted"),
        attempt.peer,
        Cell(attempt.path or "—", "" if attempt.path else "muted"),
        _offers(attempt),
        Cell(attempt.tls or "no", "" if attempt.tls else "muted"),
        Cell(attempt.user or "—", "" if attempt.user else "muted"),
        Cell(code(attempt), "bad" if refused else "muted"),
        [*_times(attempt), Cell(why(attempt), _tone(attempt))],
    ]


def _times(attempt: Attempt) -> list[Cell]:
    """``×12`` where the same was seen that often in a row; nothing where it was once."""
    return [Cell(f"×{thousands(attempt.count)} ", "bold bad")] if attempt.count > 1 else []


def _tone(attempt: Attempt) -> str:
    if attempt.verdict == "refused":
        return "bad"
    return "warn" if attempt.badges and attempt.verdict == "open" else ""


def _offers(attempt: Attempt) -> Cell:
    """What it offered; nothing offered is worth a look, nothing asked for is not."""
    if attempt.subprotocols:
        return Cell(", ".join(attempt.subprotocols))
    return Cell("none", "warn") if attempt.path else Cell("—", "muted")


def code(attempt: Attempt) -> str:
    """The close code where there is one, else the HTTP status."""
    found = code_of(attempt)
    return NOTHING if found is None else str(found)


def why(attempt: Attempt) -> str:
    """A few words: why it was refused or closed, what was put up with while it is open."""
    if attempt.verdict == "refused":
        return attempt.reason or "refused"
    if attempt.verdict == "closed":
        return attempt.reason or _CODES.get(attempt.close_code or 0, "closed")
    if attempt.verdict == "open":
        speaks = f"OCPP {attempt.version}" if attempt.version else "connected"
        return f"{speaks} · {'; '.join(attempt.badges)}" if attempt.badges else speaks
    return "no request yet"


def _advice(attempt: Attempt) -> str:
    """What to change, with the address that this caller has reached."""
    url = f"{'wss' if attempt.tls else 'ws'}://{attempt.local}/"
    return (attempt.advice or "").replace("ws://ADDRESS:PORT/", url)


def detail(attempt: Attempt, now_ns: int) -> list[Line]:
    """Everything there is to say of one attempt, most needed first: what happened, why, and what to change."""
    state = told(attempt)
    lines: list[Line] = [("", f"{state.glyph} {_sentence(attempt, now_ns)}", f"bold {state.tone}")]
    if attempt.reason and attempt.verdict != "open":
        lines.append(("Why", _full(attempt.reason), ""))
    if attempt.verdict == "refused":
        lines.append(("Change", _advice(attempt) or "Nothing is known that would help.", "accent bold"))
    elif attempt.advice:
        lines.append(("Advice", attempt.advice, ""))
    if attempt.badges:
        lines.append(("Tolerated", "; ".join(attempt.badges), "warn"))
    lines.append(("Asked for", _request(attempt), ""))
    if attempt.offer:
        lines.append(("TLS offer", attempt.offer, ""))
    lines.append(("From", _origin(attempt), "muted"))
    return lines


def _sentence(attempt: Attempt, now_ns: int) -> str:
    who = attempt.station or attempt.identity
    at = date_clock(attempt.time)
    match attempt.verdict:
        case "open":
            since = age((now_ns - attempt.time) / NS)
            return f"{who} is connected with OCPP {attempt.version or '?'}, for {since}."
        case "closed":
            lasted = duration(((attempt.closed or attempt.time) - attempt.time) / NS)
            number = f", code {attempt.close_code}" if attempt.close_code is not None else ""
            meaning = _CODES.get(attempt.close_code or 0, "")
            return f"{who} was connected from {at} UTC for {lasted}{number}{f': {meaning}' if meaning else ''}."
        case "refused":
            status = f" with HTTP {attempt.status}" if attempt.status not in (None, 101) else ""
            return f"{who or 'A caller without an identity'} was refused{status} at {at} UTC."
        case _:
            return f"{attempt.peer} has opened the port at {at} UTC and has not asked for anything yet."


def _full(text: str) -> str:
    """A reason as a sentence."""
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '!', '?')) else '.'}"


def _request(attempt: Attempt) -> str:
    if attempt.path is None:
        return "nothing that could be read"
    offered = ", ".join(attempt.subprotocols) or "no subprotocol"
    agreed = f" → {attempt.subprotocol}" if attempt.subprotocol else ""
    return f"{attempt.path}   offers {offered}{agreed}   {f'user {attempt.user}' if attempt.user else 'no user name'}"


def _origin(attempt: Attempt) -> str:
    parts = [f"{attempt.peer} to {attempt.local}", attempt.tls or ("TLS not agreed" if attempt.offer else "no TLS")]
    if attempt.security:
        parts.append(f"security profile {attempt.security}")
    if attempt.certificate:
        parts.append(f"certificate of {attempt.certificate}")
    if attempt.agent:
        parts.append(attempt.agent)
    return "   ".join(parts)
