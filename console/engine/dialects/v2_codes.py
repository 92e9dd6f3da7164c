"""Error codes of OCPP 2.0.1 and 2.1: for a malformed frame, for a broken rule, for a payload that breaks its schema.

Source: OCPP 2.0.1 and 2.1 Part 4, section 4.3. 1.6 spells some of them otherwise and has its own table.
"""

from __future__ import annotations

from typing import Final

from console.engine.dialects.base import Refusal
from console.engine.wire.exchange import Violation

# By ``Malformed.rule`` and the rules that the link adds. An empty or binary frame is kept and badged, never answered.
_RULES: Final = {
    "syntax": "FormatViolation",
    "depth": "FormatViolation",
    "envelope": "RpcFrameworkError",
    "id": "RpcFrameworkError",
    "type": "MessageTypeNotSupported",
    "action": "NotImplemented",
    "unknown-action": "NotImplemented",
    "unsupported-action": "NotSupported",
    "not-accepted": "SecurityError",
    "internal": "InternalError",
}

# By schema keyword. What is not listed limits a value, and is a property constraint.
_KEYWORDS: Final = {
    "required": "OccurrenceConstraintViolation",
    "minItems": "OccurrenceConstraintViolation",
    "maxItems": "OccurrenceConstraintViolation",
    "type": "TypeConstraintViolation",
    "additionalProperties": "FormatViolation",
    "duplicate": "FormatViolation",
}


def refusal(rule: str, message: str) -> Refusal | None:
    """The CALLERROR for a malformed frame or a broken rule; None where nothing is answered."""
    code = _RULES.get(rule)
    return None if code is None else Refusal(code=code, description=message)


def code_of(violation: Violation) -> str:
    """The error code with which a strict peer answers this violation."""
    return _KEYWORDS.get(violation.rule, "PropertyConstraintViolation")


def refused(violations: tuple[Violation, ...]) -> Refusal:
    """The CALLERROR of a strict peer: the first violation decides."""
    first = violations[0]
    return Refusal(code=code_of(first), description=f"{first.path}: {first.message}")


def tolerated(violations: tuple[Violation, ...]) -> tuple[str, ...]:
    """One line for each error code that a strict peer might have answered, with where it is broken first."""
    lines: dict[str, str] = {}
    more: dict[str, int] = {}
    for one in violations:
        code = code_of(one)
        if code in lines:
            more[code] = more.get(code, 0) + 1
        else:
            lines[code] = f"a strict peer would answer {code} ({one.path}: {one.message}"
    return tuple(f"{line}, and {more[code]} more)" if code in more else line + ")" for code, line in lines.items())
