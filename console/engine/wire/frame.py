"""One OCPP-J frame: the JSON array, five message types, the raw text always kept.

Source: OCPP-J 1.6 section 4, OCPP 2.0.1 and 2.1 Part 4 section 4. Message types: 2 CALL, 3 CALLRESULT, 4 CALLERROR,
5 CALLRESULTERROR (2.1), 6 SEND (2.1). ``parse`` never raises: what is not a frame comes back as ``Malformed``.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

import msgspec
import orjson

CALL: Final = 2
RESULT: Final = 3
ERROR: Final = 4
RESULT_ERROR: Final = 5
SEND: Final = 6

CLASSIC: Final = frozenset((CALL, RESULT, ERROR))
EXTENDED: Final = frozenset((CALL, RESULT, ERROR, RESULT_ERROR, SEND))

MAX_DEPTH: Final = 32
MAX_ID: Final = 36

# What can still be read from text that is no JSON: message type, unique id, action.
_HEAD = re.compile(r'\s*\[\s*([2-6])\s*,\s*"([^"\\]{1,36})"(?:\s*,\s*"([A-Za-z0-9]{1,64})")?')


class Frame(msgspec.Struct, frozen=True, gc=False):
    """A well-formed frame. ``action`` is None for answers; ``payload`` is whatever JSON value stood there.

    ``doubled``: a key that one of its objects has twice; the last one was taken.
    """

    type: int
    unique_id: str
    action: str | None
    payload: Any
    code: str | None = None
    description: str | None = None
    notes: tuple[str, ...] = ()
    doubled: str | None = None


class Malformed(msgspec.Struct, frozen=True, gc=False):
    """Text that is no frame.

    ``rule`` is one of ``empty``, ``binary``, ``syntax``, ``depth``, ``envelope``, ``type``, ``id``, ``action``;
    a dialect maps it to its own error code. ``unique_id`` is set where an id could be read safely.
    ``column`` counts characters of the text as it came, from 0.
    """

    rule: str
    message: str
    unique_id: str | None = None
    action: str | None = None
    type: int | None = None
    column: int | None = None


def parse(raw: str | bytes, types: frozenset[int] = EXTENDED) -> Frame | Malformed:
    """Read one text frame. ``types`` are the message types that the link's version knows."""
    if isinstance(raw, bytes):
        return Malformed("binary", "a binary frame; OCPP-J uses text frames only")
    notes: tuple[str, ...] = ()
    text = raw
    if text.startswith("\ufeff"):
        text = text[1:]
        notes = ("byte order mark before the frame was skipped",)
    try:
        data = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        return _not_json(text, error, len(raw) - len(text))
    except UnicodeEncodeError:
        return _headed(text, "syntax", "the text holds a lone surrogate, which is no Unicode character", None)
    if type(data) is not list:
        return Malformed("envelope", f"the frame is {_kind(data)}, not an array")
    size = len(data)
    if not size:
        return Malformed("envelope", "the frame is an empty array")
    kind = data[0]
    if type(kind) is not int:
        return Malformed("type", f"the message type is {_kind(kind)}, not an integer", _id_of(data))
    if kind not in types:
        return Malformed("type", f"message type {_short(kind)} is not known in this version", _id_of(data), type=kind)
    if size < 2:
        return Malformed("envelope", "the frame has no unique id", type=kind)
    unique_id = data[1]
    if type(unique_id) is not str or not unique_id or len(unique_id) > MAX_ID:
        return Malformed("id", _id_message(unique_id), None, _action_of(data), kind)
    if text.count("[") + text.count("{") > MAX_DEPTH and _deeper(data, MAX_DEPTH):
        return Malformed("depth", f"nested deeper than {MAX_DEPTH} levels", unique_id, _action_of(data), kind)
    if kind in (CALL, SEND):
        if size < 3:
            return Malformed("envelope", "the call has no action", unique_id, None, kind)
        action = data[2]
        if type(action) is not str:
            return Malformed("action", f"the action is {_kind(action)}, not a string", unique_id, None, kind)
        if size != 4:
            return Malformed("envelope", f"a call has 4 elements, this one has {size}", unique_id, _safe(action), kind)
        doubled = None
        again = orjson.dumps(data)
        # A key that came twice is one key in ``data``: two quotes less. Mostly the text is the very same again.
        if again != text.encode() and text.count('"') > again.count(b'"'):
            doubled = _doubled(text)
        return Frame(kind, unique_id, action, data[3], None, None, notes, doubled)
    if kind == RESULT:
        if size != 3:
            return Malformed("envelope", f"an answer has 3 elements, this one has {size}", unique_id, None, kind)
        return Frame(kind, unique_id, None, data[2], notes=notes)
    return _error_frame(kind, unique_id, data, notes)


def _error_frame(kind: int, unique_id: str, data: list[Any], notes: tuple[str, ...]) -> Frame | Malformed:
    size = len(data)
    if size < 3 or size > 5 or type(data[2]) is not str:
        return Malformed("envelope", "an error has an id, a code, a description and details", unique_id, None, kind)
    if size != 5:
        # Seen from stations that leave out the empty ones; the code alone says enough.
        notes = (*notes, f"an error has 5 elements, this one has {size}")
    description = data[3] if size > 3 and type(data[3]) is str else ""
    details = data[4] if size > 4 else {}
    return Frame(kind, unique_id, None, details, data[2], description, notes)


def _not_json(text: str, error: orjson.JSONDecodeError, skipped: int) -> Malformed:
    if not text.strip():
        return Malformed("empty", "an empty frame")
    rule = "depth" if "depth" in error.msg or "recursion" in error.msg else "syntax"
    at = error.pos + skipped
    return _headed(text, rule, f"not JSON: {error.msg} at column {at + 1}", at)


def _headed(text: str, rule: str, message: str, column: int | None) -> Malformed:
    head = _HEAD.match(text)
    if head is None:
        return Malformed(rule, message, column=column)
    return Malformed(rule, message, head[2], head[3], int(head[1]), column)


def _doubled(text: str) -> str | None:
    """A key that an object of this JSON text has twice, or None."""
    found: list[str] = []

    def members(pairs: list[tuple[str, Any]]) -> None:
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                found.append(key)
            seen.add(key)

    try:
        json.loads(text, object_pairs_hook=members)
    except ValueError:
        return None
    return found[0] if found else None


def _deeper(value: Any, limit: int) -> bool:
    level = [value]
    for _ in range(limit):
        below: list[Any] = []
        for item in level:
            below.extend(
                child for child in (item.values() if type(item) is dict else item) if type(child) in (dict, list)
            )
        if not below:
            return False
        level = below
    return True


def _id_of(data: list[Any]) -> str | None:
    value = data[1] if len(data) > 1 else None
    return value if type(value) is str and 0 < len(value) <= MAX_ID else None


def _action_of(data: list[Any]) -> str | None:
    return _safe(data[2]) if len(data) > 2 and type(data[2]) is str and data[0] in (CALL, SEND) else None


def _safe(action: str) -> str | None:
    return action if action.isalnum() and len(action) <= 64 else None


def _id_message(value: Any) -> str:
    if type(value) is not str:
        return f"the unique id is {_kind(value)}, not a string"
    if not value:
        return "the unique id is empty"
    return f"the unique id has {len(value)} characters, {MAX_ID} are allowed"


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    names = {
        bool: "a boolean",
        int: "a number",
        float: "a number",
        str: "a string",
        list: "an array",
        dict: "an object",
    }
    return names.get(type(value), "no JSON value")


def _short(value: int) -> str:
    text = str(value)
    return text if len(text) <= 6 else text[:6] + "…"


_encode = orjson.dumps


def call(unique_id: str, action: str, payload: Any) -> str:
    """A CALL as text."""
    return _encode([CALL, unique_id, action, payload]).decode()


def send(unique_id: str, action: str, payload: Any) -> str:
    """A SEND as text (2.1)."""
    return _encode([SEND, unique_id, action, payload]).decode()


def result(unique_id: str, payload: Any) -> str:
    """A CALLRESULT as text."""
    return _encode([RESULT, unique_id, payload]).decode()


def error(unique_id: str, code: str, description: str = "", details: Any = None) -> str:
    """A CALLERROR as text; the description is cut at 255 characters as the specification demands."""
    return _encode([ERROR, unique_id, code, description[:255], details or {}]).decode()


def result_error(unique_id: str, code: str, description: str = "", details: Any = None) -> str:
    """A CALLRESULTERROR as text (2.1)."""
    return _encode([RESULT_ERROR, unique_id, code, description[:255], details or {}]).decode()
