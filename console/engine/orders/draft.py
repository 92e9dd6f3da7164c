"""A call as somebody writes it by hand: what it needs to begin with, and what its schema says against it.

Nothing here forbids anything: a raw call is sent as it stands.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import orjson

from console.engine.dialects import dialect
from console.engine.orders.argument import nearest
from console.engine.wire.schema import actions, schema, violations

_DEEP: Final = 6  # levels of objects that a draft writes out
_FEW: Final = 9  # choices of an enumeration that are written into it
_ALL_THE_SAME: Final = "It is sent all the same."


class Verdict(NamedTuple):
    """What there is to say of a written call; ``tone`` is ``bad`` (it cannot be sent), ``warn`` or ``ok``."""

    text: str
    tone: str


class Draft(NamedTuple):
    """A call that can be sent. Nothing is known of how right it is."""

    action: str
    payload: dict[str, Any]


def read_draft(action: str, text: str) -> Draft:
    """The call that is written. Raises ValueError with a sentence where there is none."""
    if not action.strip():
        raise ValueError("Name an action.")
    try:
        payload = orjson.loads(text.strip() or "{}")
    except orjson.JSONDecodeError as error:
        raise ValueError(f"This is no JSON: line {error.lineno}, column {error.colno}: {error.msg}.") from None
    if not isinstance(payload, dict):
        raise ValueError("A payload is an object: { … }.")
    return Draft(action.strip(), payload)


def judge_draft(version: str, action: str, text: str) -> Verdict:
    """What can be said of a call before it is sent."""
    try:
        draft = read_draft(action, text)
    except ValueError as error:
        return Verdict(str(error), "bad")
    if draft.action not in actions(version):
        known = nearest(draft.action, sorted(dialect(version).callable))
        return Verdict(f"OCPP {version} does not know {draft.action}{known} {_ALL_THE_SAME}", "warn")
    found = violations(version, draft.action, draft.payload)
    if found:
        more = f" · and {len(found) - 1} more" if len(found) > 1 else ""
        first = found[0]
        # The value stands in the payload; what it may be is what counts.
        what = first.message[first.message.rfind(" is not one of ") + 4 :] if first.rule == "enum" else first.message
        return Verdict(f"⚠ {first.path}: {what}{more}. {_ALL_THE_SAME}", "warn")
    if draft.action not in dialect(version).callable:
        return Verdict(f"{draft.action} is a call of stations; they do not expect it. {_ALL_THE_SAME}", "warn")
    return Verdict("The payload fits the schema.", "ok")


def skeleton(version: str, action: str) -> str:
    """What the call cannot do without, as JSON to be filled in; nothing for an action that is not called from here.

    An enumeration stands as its choices, ``Hard|Soft``: that fits no schema, so that nothing is meant by accident.
    """
    found = schema(version, action, False) if action in dialect(version).callable else None
    if found is None:
        return ""
    filled = _filled(found, found.get("definitions", {}), 0)
    flat = not any(isinstance(one, dict | list) for one in filled.values()) and len(filled) <= 2
    return orjson.dumps(filled, option=0 if flat else orjson.OPT_INDENT_2).decode()


def _filled(part: dict[str, Any], definitions: dict[str, Any], depth: int) -> Any:
    """The least value of a part of a schema."""
    name = part.get("$ref")
    if isinstance(name, str):
        part = definitions.get(name.rpartition("/")[2], {})
    kind = part.get("type")
    choices = part.get("enum")
    if choices:
        return "|".join(choices[:_FEW]) + ("|…" if len(choices) > _FEW else "")
    if kind == "object":
        members = part.get("properties", {})
        if depth >= _DEEP:
            return {}
        return {one: _filled(members.get(one, {}), definitions, depth + 1) for one in part.get("required", [])}
    if kind == "array":
        return [_filled(part.get("items", {}), definitions, depth + 1)]
    if part.get("format") == "date-time":
        return "YYYY-MM-DDThh:mm:ssZ"
    return {"integer": 0, "number": 0, "boolean": False}.get(kind or "", "")
