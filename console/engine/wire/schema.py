"""Validation against the OCPP schemas: every violation with its JSON path, never just the first.

The schemas are those of the ``ocpp`` package, read as files (its classes are not imported: they cost half a second).
``jsonschema_rs`` agreed with that package's own validator on all of them and is 200 times faster on MeterValues
(docs/decisions/0001-link-layer.md). A schema is compiled on first use.
"""

from __future__ import annotations

import importlib.util
from functools import lru_cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson

from console.engine.wire.exchange import Violation

_FOLDERS = {"1.6": "v16", "2.0.1": "v201", "2.1": "v21"}
_MAX_VIOLATIONS = 50


@lru_cache(maxsize=1)
def _root() -> Path:
    spec = importlib.util.find_spec("ocpp")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("the ocpp package, whose schemas are needed, is not installed")
    return Path(spec.submodule_search_locations[0])


@lru_cache(maxsize=1024)
def schema(version: str, action: str, answer: bool) -> dict[str, Any] | None:
    """The JSON schema of a call (``answer`` False) or of its answer, or None where the version has no such action."""
    if not action.isalnum():
        return None
    folder = _root() / _FOLDERS[version] / "schemas"
    if version == "1.6":
        names = [action + ("Response" if answer else "")]
    else:
        names = [action + ("Response" if answer else "Request")]
        if not answer:
            names.append(action)  # 2.1's SEND has no Request in its file name
    for name in names:
        path = folder / f"{name}.json"
        if path.is_file():
            loaded: dict[str, Any] = orjson.loads(path.read_bytes().removeprefix(b"\xef\xbb\xbf"))
            loaded.pop("$schema", None)
            return loaded
    return None


@lru_cache(maxsize=8)
def actions(version: str) -> frozenset[str]:
    """Every action that has a request schema in this version, in either direction."""
    names = {path.stem for path in (_root() / _FOLDERS[version] / "schemas").glob("*.json")}
    requests = {name.removesuffix("Request") for name in names if not name.endswith("Response")}
    return frozenset(requests)


_compiled: dict[tuple[str, str, bool], jsonschema_rs.Draft4Validator | None] = {}


def _validator(key: tuple[str, str, bool]) -> jsonschema_rs.Draft4Validator | None:
    loaded = schema(*key)
    made = None if loaded is None else jsonschema_rs.Draft4Validator(loaded, validate_formats=False)
    _compiled[key] = made
    return made


def violations(version: str, action: str, payload: Any, *, answer: bool = False) -> tuple[Violation, ...]:
    """Everything wrong with a payload; empty where it is valid or where there is no schema for it."""
    key = (version, action, answer)
    try:
        validator = _compiled[key]
    except KeyError:
        validator = _validator(key)
    if validator is None or validator.is_valid(payload):
        return ()
    side = "response" if answer else "request"
    found: list[Violation] = []
    for error in validator.iter_errors(payload):
        found.append(_violation(error, side))
        if len(found) == _MAX_VIOLATIONS:
            break
    return tuple(found)


def _violation(error: Any, side: str) -> Violation:
    path = "$" + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.instance_path)
    kind = error.kind
    rule = kind.name
    message = str(error.message)
    if rule == "required":
        path = f"{path}.{kind.property}" if hasattr(kind, "property") else path
        message = "required, but missing"
    elif rule == "additionalProperties":
        message = "not allowed here: " + ", ".join(str(name) for name in kind.unexpected)
    elif rule in ("type", "enum", "maxLength") and len(message) > 200:
        message = message[:200] + "…"
    return Violation(path, rule, message, side)
