"""Forms made from the OCPP schemas, so that every call of every version can be sent.

A form shows the top fields of a call and those of objects within it, with dotted names (``log.remoteLocation``); what is
nested deeper, and arrays of objects, are one field of JSON text. Plain data: widgets draw it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import unescape
from typing import Any, Final

import msgspec
import orjson

from console.engine.dialects import dialect
from console.engine.errors import OrderError
from console.engine.orders.argument import NO, YES, listed, shown
from console.engine.wire.schema import schema

_FLAT_DEPTH: Final = 2  # objects within objects that are still shown field by field
_TREE_DEPTH: Final = 8
_HIDDEN: Final = frozenset(("customData",))
_HINT: Final = 120
_MOMENT: Final = "2025-01-01T00:00:00Z"


class FieldSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One field of a form. ``value`` is what stands in it at first; ``hint`` a few words; ``longest`` characters."""

    name: str
    kind: str
    label: str
    value: str = ""
    choices: tuple[str, ...] = ()
    required: bool = False
    hint: str = ""
    longest: int | None = None


def callable_actions(version: str) -> list[str]:
    """The actions that we may call in that version, by name."""
    return sorted(dialect(version).callable)


def schema_form(version: str, action: str) -> list[FieldSpec]:
    """The fields of a call, required ones first. Raises OrderError where the version has no such action."""
    root = _root(version, action)
    fields = list(_fields(root, root, "", required=True, depth=0))
    return [one for one in fields if one.required] + [one for one in fields if not one.required]


def payload_from_fields(version: str, action: str, fields: Mapping[str, str]) -> dict[str, Any]:
    """The payload that filled-in fields mean; empty ones are left out. Raises OrderError that names the field."""
    specs = {one.name: one for one in schema_form(version, action)}
    payload: dict[str, Any] = {}
    for name, text in fields.items():
        spec = specs.get(name)
        if spec is None:
            raise OrderError(f"{action} has no field {shown(name)}.")
        if not text.strip():
            continue
        place = payload
        *path, last = name.split(".")
        for part in path:
            place = place.setdefault(part, {})
        place[last] = _READERS[spec.kind](spec, text)
    root = _root(version, action)
    for name in root.get("required", ()):
        # An object that must be there, of which no field must.
        if name not in payload and _resolved(root["properties"][name], root).get("type") == "object":
            payload[name] = {}
    return payload


def raw_template(version: str, action: str) -> dict[str, Any]:
    """The smallest payload that is valid for the call: every required field, with a value to be overwritten."""
    root = _root(version, action)
    made = _sample(root, root, "", 0)
    return made if isinstance(made, dict) else {}


def _root(version: str, action: str) -> dict[str, Any]:
    found = schema(version, action, False)
    if found is None:
        raise OrderError(f"OCPP {version} has no call {shown(action)}.")
    return found


def _resolved(part: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    reference = part.get("$ref")
    if not isinstance(reference, str):
        return part
    found: Any = root
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return {**found, **{key: value for key, value in part.items() if key != "$ref"}}


def _fields(part: dict[str, Any], root: dict[str, Any], prefix: str, *, required: bool, depth: int) -> list[FieldSpec]:
    found: list[FieldSpec] = []
    wanted = part.get("required", ())
    for name, raw in part.get("properties", {}).items():
        if name in _HIDDEN:
            continue
        child = _resolved(raw, root)
        path = f"{prefix}{name}"
        needed = required and name in wanted
        if child.get("type") == "object" and child.get("properties") and depth + 1 < _FLAT_DEPTH:
            found += _fields(child, root, f"{path}.", required=needed, depth=depth + 1)
        else:
            found.append(_field(path, child, root, needed))
    return found


def _field(path: str, part: dict[str, Any], root: dict[str, Any], required: bool) -> FieldSpec:
    kind = _kind(part, root)
    choices = tuple(str(one) for one in part.get("enum", ()))
    if part.get("type") == "array":
        choices = tuple(str(one) for one in _resolved(part.get("items", {}), root).get("enum", ()))
    return FieldSpec(
        name=path,
        kind=kind,
        label=path,
        choices=choices,
        required=required,
        hint=_hint(part, root, kind),
        longest=part.get("maxLength"),
        value=orjson.dumps(_sample(part, root, path, 0)).decode() if kind == "json" and required else "",
    )


def _kind(part: dict[str, Any], root: dict[str, Any]) -> str:
    if part.get("enum"):
        return "choice"
    named = part.get("type")
    if named == "array":
        items = _resolved(part.get("items", {}), root)
        return "list" if items.get("type") == "string" else "json"
    if named == "string":
        return "time" if part.get("format") == "date-time" else "text"
    return {"integer": "int", "number": "number", "boolean": "bool"}.get(str(named), "json")


def _hint(part: dict[str, Any], root: dict[str, Any], kind: str) -> str:
    text = " ".join(
        line for line in str(part.get("description", "")).splitlines() if line and not line.startswith("urn:")
    )
    words = " ".join(unescape(text).split())
    if kind == "list":
        words = f"separated by commas. {words}"
    return words if len(words) <= _HINT else words[: _HINT - 1] + "…"


def _sample(part: dict[str, Any], root: dict[str, Any], name: str, depth: int) -> Any:
    part = _resolved(part, root)
    if part.get("enum"):
        return part["enum"][0]
    named = part.get("type")
    if named == "object" or "properties" in part:
        if depth >= _TREE_DEPTH:
            return {}
        properties = part.get("properties", {})
        wanted = part.get("required", ())
        return {key: _sample(properties.get(key, {}), root, key, depth + 1) for key in wanted}
    if named == "array":
        count = max(1, int(part.get("minItems", 1)))
        return [_sample(part.get("items", {}), root, name, depth + 1) for _ in range(count)]
    if named == "integer":
        return max(int(part.get("minimum", 0)), 0)
    if named == "number":
        return part.get("minimum", 0)
    if named == "boolean":
        return False
    if named == "string":
        return _sample_text(part, name)
    return {}


def _sample_text(part: dict[str, Any], name: str) -> str:
    if part.get("format") == "date-time":
        return _MOMENT
    text = "https://example.com/" if "url" in name.casefold() or "location" in name.casefold() else name or "text"
    longest = part.get("maxLength")
    return text if longest is None else text[: int(longest)]


def _choice(spec: FieldSpec, text: str) -> str:
    word = text.strip()
    found = next((one for one in spec.choices if one.casefold() == word.casefold()), None)
    if found is None:
        raise OrderError(f"{spec.name} is {listed(spec.choices)}, not “{shown(word)}”.")
    return found


def _bool(spec: FieldSpec, text: str) -> bool:
    word = text.strip().casefold()
    if word not in (*YES, *NO):
        raise OrderError(f"{spec.name} is true or false, not “{shown(text)}”.")
    return word in YES


def _int(spec: FieldSpec, text: str) -> int:
    try:
        return int(text.strip()[:20])
    except ValueError:
        raise OrderError(f"{spec.name} is a whole number, not “{shown(text)}”.") from None


def _number(spec: FieldSpec, text: str) -> int | float:
    try:
        value = orjson.loads(text.strip())
    except orjson.JSONDecodeError:
        value = None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise OrderError(f"{spec.name} is a number, not “{shown(text)}”.")
    return value


def _list(_spec: FieldSpec, text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _json(spec: FieldSpec, text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise OrderError(f"{spec.name} is no JSON: {error.msg} at column {error.pos + 1}.") from None


def _text(_spec: FieldSpec, text: str) -> str:
    return text


_READERS: Final[Mapping[str, Callable[[FieldSpec, str], Any]]] = {
    "choice": _choice,
    "bool": _bool,
    "int": _int,
    "number": _number,
    "list": _list,
    "json": _json,
    "text": _text,
    "time": _text,
}
