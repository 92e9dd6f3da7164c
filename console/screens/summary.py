"""One line that says what an exchange was, and one word how it ended: the SUMMARY and VERDICT of the message log.

Made from the payloads alone, and only for rows that are looked at. Secrets are hidden; the text is made safe where it is
drawn. Nothing here raises: a station may send anything.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any, Final, NamedTuple

from console.engine.dialects.meter import sample
from console.engine.dialects.reading import items, number, obj, text, when
from console.engine.fleet.events import MeterSample
from console.engine.masking import masked_payload, masked_raw
from console.engine.wire.exchange import Exchange
from console.screens.summary_table import COUNTED_ONCE, SUMMARIES
from widgets.format import clock, energy_exact, thousands
from widgets.tone import Tone

LONGEST: Final = 240
_LONGEST_VALUE: Final = 64
_TELLING: Final = ("idToken", "id", "name", "value", "status")
_FIELD = re.compile(r"\{([^}:]+)(?::(\w+))?\}")
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


def summary(exchange: Exchange) -> str:
    """What was asked and what was answered, in one line of at most ``LONGEST`` characters; not yet safe to draw."""
    if exchange.outcome in ("malformed", "unsolicited"):
        raw = exchange.raw_request if exchange.raw_request is not None else exchange.raw_response
        return _raw(raw, exchange.request, exchange.response)
    request, response = masked_payload(exchange.request), masked_payload(exchange.response)
    asked, answered = _said(exchange, request, response)
    if exchange.error_description and exchange.outcome == "error":
        answered = exchange.error_description
    elif exchange.outcome == "result":
        reason = text(obj(obj(response).get("statusInfo")).get("reasonCode"))
        answered = f"{answered} ({reason})" if reason and answered else answered
    line = f"{asked} → {answered}" if asked and answered else asked or (f"→ {answered}" if answered else "")
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"


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
    return " · ".join(_readings(request.get("meterValue") or request.get("transactionData")))


def _said(exchange: Exchange, request: Any, response: Any) -> tuple[str, str]:
    name = exchange.action or ""
    asked = obj(request)
    if name == "MeterValues":
        return _joined([_place(asked), _tx(asked.get("transactionId")), *_readings(asked.get("meterValue"))]), ""
    if name == "TransactionEvent":
        return _joined(_event(asked)), _filled("{idTokenInfo.status}", response)
    line = SUMMARIES.get(name)
    if line is not None:
        before, _, after = line.partition(">")
        said = _filled(before, request)
        if name == "StopTransaction":
            said = _joined([said, *_readings(asked.get("transactionData"))[:2]])
        return said, _filled(after, response)
    return _plain(request), _filled("{status}", response) or _plain(response)


def _event(asked: dict[str, Any]) -> list[str]:
    info = obj(asked.get("transactionInfo"))
    evse = obj(asked.get("evse"))
    sequence = text(asked.get("seqNo"))
    begins = asked.get("eventType") != "Updated"
    kind = f"{_value(asked.get('eventType'))} {f'#{sequence}' if sequence else ''} {_value(asked.get('triggerReason'))}"
    return [
        " ".join(kind.split()),
        f"EVSE {_value(evse.get('id'))}" if begins and evse else "",
        f"tag {_value(asked.get('idToken'))}" if asked.get("idToken") else "",
        _value(info.get("chargingState")) if begins or asked.get("triggerReason") == "ChargingStateChanged" else "",
        _value(info.get("stoppedReason")),
        "offline" if asked.get("offline") is True else "",
        *_readings(asked.get("meterValue")),
    ]


def _place(asked: dict[str, Any]) -> str:
    where = asked.get("connectorId", asked.get("evseId"))
    return "" if where is None else _value(where)


def _tx(value: Any) -> str:
    # A station without a transaction says 0, -1 or null.
    return "" if value in (None, 0, -1, "", "0", "-1") else f"tx {_value(value)}"


# Which readings a line shows, in this order: measurand, unit to show, digits, whether phases are added up.
_SHOWN: Final = (
    ("Power.Active.Import", "kW", 2, True),
    ("Power.Active.Export", "kW", 2, True),
    ("Voltage", "V", 1, False),
    ("Current.Import", "A", 1, False),
    ("Current.Export", "A", 1, False),
    ("Energy.Active.Import.Register", "Wh", 0, True),
    ("Energy.Active.Export.Register", "Wh", 0, True),
    ("SoC", "%", 0, False),
    ("Temperature", "°", 0, False),
    ("Frequency", "Hz", 2, False),
)
_KNOWN_NAMES: Final = frozenset(name for name, *_ in _SHOWN)


def _readings(meter_values: Any) -> list[str]:
    newest: dict[str, dict[str | None, MeterSample]] = {}
    count = 0
    for moment in items(meter_values):
        for one in items(obj(moment).get("sampledValue")):
            found = obj(one)
            unit = obj(found.get("unitOfMeasure"))
            got = sample(
                found.get("measurand"),
                found.get("value"),
                found.get("unit", unit.get("unit")),
                found.get("phase"),
                found.get("context"),
                found.get("location"),
                unit.get("multiplier", 0),
            )
            count += 1
            newest.setdefault(got.measurand, {})[got.phase] = got
    said = [_reading(newest[name], unit, digits, added) for name, unit, digits, added in _SHOWN if name in newest]
    others = [name for name in newest if name not in _KNOWN_NAMES]
    for name in others[: 3 if not said else 1]:
        one = next(iter(newest[name].values()))
        said.append(f"{name[:32]} {one.text[:16]} {one.unit or ''}".rstrip())
    if meter_values is not None and not count:
        said.append("no values")
    return [one for one in said if one]


def _reading(phases: dict[str | None, MeterSample], unit: str, digits: int, added: bool) -> str:
    whole = phases.get(None)
    chosen = [whole] if whole is not None else [phases[name] for name in sorted(phases, key=str)]
    values = [one.value for one in chosen if one.value is not None]
    if not values:
        return f"{chosen[0].text[:16] or 'no number'} {unit}"
    given = chosen[0].unit
    if unit == "Wh":
        return energy_exact(sum(values) * (1000 if given == "kWh" else 1))
    if unit == "kW":
        watts = sum(values) * (1000 if given == "kW" else 1)
        return f"{thousands(watts)} W" if abs(watts) < 1000 else f"{thousands(watts / 1000, digits)} kW"
    if added or len(values) == 1:
        return f"{thousands(sum(values), digits)}{'' if unit == '°' else ' '}{unit}"
    if unit == "V":  # three voltages are a range, or the line says nothing else
        low, high = thousands(min(values)), thousands(max(values))
        return f"{low} {unit}" if low == high else f"{low}–{high} {unit}"
    said = [thousands(one, digits) for one in values[:3]]
    return f"{len(said)}×{said[0]} {unit}" if len(set(said)) == 1 else f"{'/'.join(said)} {unit}"


class _Field(NamedTuple):
    path: str
    form: str


_Piece = tuple[str | _Field, ...]
_SEPARATORS: Final = ("/", ".", "=")


@cache
def _parts(line: str) -> tuple[tuple[_Piece, ...], ...]:
    """A line of the table as parts, each as pieces (parted by a comma) of literal text and fields."""
    return tuple(tuple(_split(piece.strip()) for piece in part.split(", ")) for part in line.split("|"))


def _split(piece: str) -> _Piece:
    found: list[str | _Field] = []
    end = 0
    for field in _FIELD.finditer(piece):
        found += [piece[end : field.start()], _Field(field[1], field[2] or "")]
        end = field.end()
    return tuple(one for one in (*found, piece[end:]) if one != "")


def _filled(line: str, payload: Any) -> str:
    return _joined([", ".join(filter(None, (_piece(piece, payload) for piece in part))) for part in _parts(line)])


def _piece(piece: _Piece, payload: Any) -> str:
    """A piece with its fields filled in; empty where none of them is there. A separator needs both its neighbours."""
    values = [one if isinstance(one, str) else _formed(one.path, one.form, payload) for one in piece]
    if not any(value for one, value in zip(piece, values, strict=True) if isinstance(one, _Field)):
        return ""
    last = piece[-1]
    if isinstance(last, str) and last.strip() in COUNTED_ONCE and values[-2] == "1":
        return ""
    said = ""
    for at, value in enumerate(values):
        literal = isinstance(piece[at], str)
        if literal and value.strip() in _SEPARATORS and not (values[at - 1] and values[at + 1]):
            continue
        said += value
    return said.strip()


def _formed(path: str, form: str, payload: Any) -> str:
    if path == "connector.word":
        return _where(obj(payload))
    value = _at(path, payload)
    if value is None:
        return ""
    if path == "currentTime":
        return clock(when(value)) if when(value) is not None else _value(value)
    if form == "Wh":
        wh = number(value)
        return _value(value) if wh is None else energy_exact(wh)
    if form == "error":
        return _error_code(value)
    return _value(value)


def _error_code(value: Any) -> str:
    """An error code of a StatusNotification; quoted where OCPP does not know it, so that it stands out."""
    if value == "NoError":
        return ""
    return _value(value) if value in _ERROR_CODES else f'errorCode "{_value(value)}"'


_ERROR_CODES: Final = frozenset(
    (
        "ConnectorLockFailure",
        "EVCommunicationError",
        "GroundFailure",
        "HighTemperature",
        "InternalError",
        "LocalListConflict",
        "OtherError",
        "OverCurrentFailure",
        "OverVoltage",
        "PowerMeterFailure",
        "PowerSwitchFailure",
        "ReaderFailure",
        "ResetFailure",
        "UnderVoltage",
        "WeakSignal",
    )
)


def _where(payload: dict[str, Any]) -> str:
    """``connector 1``, ``EVSE 1``, ``EVSE 1 connector 2``; 0 is the station."""
    evse = obj(payload.get("evse"))
    numbers = [
        (word, _value(value))
        for word, value in (
            ("EVSE", evse.get("id", payload.get("evseId"))),
            ("connector", payload.get("connectorId", evse.get("connectorId"))),
        )
        if value is not None
    ]
    if len(numbers) == 1 and numbers[0][1] == "0":
        return "station"
    return " ".join(f"{word} {value}" for word, value in numbers)


def _at(path: str, payload: Any) -> Any:
    value = payload
    for step in path.split("."):
        if step == "#":
            return len(value) if isinstance(value, list) and value else None
        if step.isdigit():
            value = value[int(step)] if isinstance(value, list) and len(value) > int(step) else None
        elif isinstance(value, dict):
            value = value.get(step)
        else:
            return None
    return value


def _value(value: Any) -> str:
    if isinstance(value, dict):
        telling = next((value[name] for name in _TELLING if name in value), None)
        return _value(telling) if not isinstance(telling, dict) else "{…}"
    if isinstance(value, list):
        return _shortened(
            ", ".join(_value(one) for one in value[:3]) + (f" +{len(value) - 3}" if len(value) > 3 else "")
        )
    return _shortened(text(value) or "")


def _shortened(value: str) -> str:
    return value if len(value) <= _LONGEST_VALUE else value[: _LONGEST_VALUE - 1] + "…"


def _plain(payload: Any) -> str:
    """An action that is not in the table: its first few plain fields."""
    if not isinstance(payload, dict):
        return "" if payload is None else _value(payload)
    said = [f"{key[:24]} {_value(value)}" for key, value in payload.items() if not isinstance(value, dict | list)]
    said += [f"{key[:24]} ({len(value)})" for key, value in payload.items() if isinstance(value, dict | list)]
    return _joined(said[:4])


def _joined(parts: list[str]) -> str:
    return " · ".join(part for part in parts if part)


def _raw(raw: str | bytes | None, *payloads: Any) -> str:
    if raw is None:
        return ""
    if isinstance(raw, bytes):
        return f"{len(raw)} bytes: {raw[:32].hex(' ')}{' …' if len(raw) > 32 else ''}"
    return masked_raw(raw[:2000], *payloads)[:LONGEST] or "(an empty frame)"
