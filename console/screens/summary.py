"""One line that says what an exchange was, and one word how it ended: the SUMMARY and VERDICT of the message log.

Made from the payloads alone, and only for rows that are looked at. Secrets are hidden; the text is made safe where it is
drawn. Nothing here raises: a station may send anything.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from console.engine.dialects.reading import obj, text
from console.engine.masking import masked_payload, masked_raw, suspicious
from console.engine.wire.exchange import Exchange
from console.screens.summary_fill import filled, identifier, joined, told
from console.screens.summary_readings import meter_line
from console.screens.summary_table import SUMMARIES
from widgets.format import thousands
from widgets.tone import Tone

LONGEST: Final = 240
_LEAST: Final = 8  # characters of what was asked that stay, however long the answer is
_CLOSED: Final = ("result", "error", "late")


class Verdict(NamedTuple):
    """How an exchange ended: a glyph, a word and the tone they are drawn in."""

    glyph: str
    word: str
    tone: Tone

    @property
    def text(self) -> str:
        """Glyph and word; the glyph alone where all is well."""
        return f"{self.glyph} {self.word}" if self.word else self.glyph


def verdict(exchange: Exchange) -> Verdict:
    """Departures from the specification go before success: tolerant on the wire, strict on the screen."""
    match exchange.outcome:
        case "malformed" if exchange.direction == "out":
            return Verdict("✖", "malformed answer", "bad")
        case "malformed":
            rule = exchange.violations[0].rule if exchange.violations else "no frame"
            return Verdict("✖", exchange.error_code or rule, "bad")
        case "error":
            return Verdict("✖", exchange.error_code or "error", "bad")
        case "timeout":
            return Verdict("◷", "timeout", "bad")
        case "lost":
            return Verdict("↯", "link lost", "bad")
        case "none":
            return Verdict("∅", "not answered", "warn")
        case "late":
            return Verdict("⇠", "late", "warn")
        case "unsolicited":
            return Verdict("?", "not asked for", "warn")
    count = len(exchange.violations)
    if count:
        return Verdict("⚠", f"{count} violation{'' if count == 1 else 's'}", "warn")
    if exchange.repeat:
        return Verdict("↻", "repeated", "muted")
    if exchange.tolerances:
        return Verdict("≈", "tolerated", "warn")
    return Verdict("✓", "", "ok")


def summary(exchange: Exchange, room: int = LONGEST) -> str:
    """What was asked and what was answered, in one line of at most ``LONGEST`` characters; not yet safe to draw.

    ``room``: cells it will be drawn in. What was asked is cut so that the answer, which one looks for, is still read.
    """
    ours = exchange.direction == "out"
    if exchange.outcome == "unsolicited" or (exchange.outcome == "malformed" and not ours):
        raw = exchange.raw_request if exchange.raw_request is not None else exchange.raw_response
        return _raw(raw, exchange.request, exchange.response)
    request = _without_secrets(exchange.raw_request, exchange.request)
    response = _without_secrets(exchange.raw_response, exchange.response)
    asked, answered = _said(exchange, request, response)
    if exchange.error_description and exchange.outcome in ("error", "malformed"):
        answered = exchange.error_description
    elif exchange.outcome == "result":
        reason = text(obj(obj(response).get("statusInfo")).get("reasonCode"))
        answered = f"{answered} ({reason})" if reason and answered else answered
    if asked and answered:
        kept = max(room - len(answered) - len(" → "), _LEAST)
        asked = asked if len(asked) <= kept else asked[: kept - 1] + "…"
    line = f"{asked} → {answered}" if asked and answered else asked or (f"→ {answered}" if answered else "")
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"


def _without_secrets(raw: str | bytes | None, payload: Any) -> Any:
    """The payload without its secrets. Most frames hold none, which their text tells in a fraction of the time."""
    if type(raw) is str and "\\u" not in raw and not suspicious(raw):
        return payload
    return masked_payload(payload)


def action(exchange: Exchange) -> str:
    """The action, or what stands in its place: ``(not JSON)``, ``(answer)``."""
    if exchange.action:
        return exchange.action
    if exchange.outcome == "malformed":
        rule = exchange.violations[0].rule if exchange.violations else ""
        return {"binary": "(binary)", "empty": "(empty)", "syntax": "(not JSON)"}.get(rule, "(no frame)")
    return "(answer)"


def arrow(exchange: Exchange) -> str:
    """→ the station calls the console; ← the console calls the station."""
    return "→" if exchange.direction == "in" else "←"


def milliseconds(exchange: Exchange) -> str:
    """From call to answer, ``—`` where there was none."""
    if exchange.latency_ns is None or exchange.outcome not in _CLOSED:
        return "—"
    return "<1" if exchange.latency_ns < 1_000_000 else thousands(exchange.latency_ns / 1_000_000)


def readings(exchange: Exchange) -> str:
    """The measured values of an exchange (``11.02 kW · 230.1 V · 16.0 A · 4 211 Wh``); empty where there are none."""
    request = obj(exchange.request)
    return " · ".join(meter_line(request.get("meterValue") or request.get("transactionData")))


def _said(exchange: Exchange, request: Any, response: Any) -> tuple[str, str]:
    name = exchange.action or ""
    asked = obj(request)
    if name == "MeterValues":
        return joined([_place(asked), _tx(asked.get("transactionId")), *meter_line(asked.get("meterValue"))]), ""
    if name == "TransactionEvent":
        return joined(_event(asked)), filled("{idTokenInfo.status}", response)
    line = SUMMARIES.get(name)
    if line is not None:
        before, _, after = line.partition(">")
        said = filled(before, request)
        if name == "StopTransaction":
            said = joined([said, *meter_line(asked.get("transactionData"))[:2]])
        return said, filled(after, response)
    return _plain(request), filled("{status}", response) or _plain(response)


def _event(asked: dict[str, Any]) -> list[str]:
    info = obj(asked.get("transactionInfo"))
    evse = obj(asked.get("evse"))
    sequence = text(asked.get("seqNo"))
    begins = asked.get("eventType") != "Updated"
    kind = f"{told(asked.get('eventType'))} {f'#{sequence}' if sequence else ''} {told(asked.get('triggerReason'))}"
    return [
        " ".join(kind.split()),
        f"EVSE {told(evse.get('id'))}" if begins and evse else "",
        f"tag {told(asked.get('idToken'))}" if asked.get("idToken") else "",
        told(info.get("chargingState")) if begins or asked.get("triggerReason") == "ChargingStateChanged" else "",
        told(info.get("stoppedReason")),
        "offline" if asked.get("offline") is True else "",
        *meter_line(asked.get("meterValue")),
    ]


def _place(asked: dict[str, Any]) -> str:
    where = asked.get("connectorId", asked.get("evseId"))
    return "" if where is None else told(where)


def _tx(value: Any) -> str:
    # A station without a transaction says 0, -1 or null.
    return "" if value in (None, 0, -1, "", "0", "-1") else f"tx {identifier(value)}"


def _plain(payload: Any) -> str:
    """An action that is not in the table: its first few plain fields."""
    if not isinstance(payload, dict):
        return "" if payload is None else told(payload)
    said = [f"{key[:24]} {told(value)}" for key, value in payload.items() if not isinstance(value, dict | list)]
    said += [f"{key[:24]} ({len(value)})" for key, value in payload.items() if isinstance(value, dict | list)]
    return joined(said[:4])


def _raw(raw: str | bytes | None, *payloads: Any) -> str:
    if raw is None:
        return ""
    if isinstance(raw, bytes):
        return f"{len(raw)} bytes: {raw[:32].hex(' ')}{' …' if len(raw) > 32 else ''}"
    return masked_raw(raw[:2000], *payloads)[:LONGEST] or "(an empty frame)"
