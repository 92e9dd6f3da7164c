"""Validation against the OCPP schemas: every violation with its JSON path, never just the first.

The schemas are those of the ``ocpp`` package, read as files (its classes are not imported: they cost half a second).
``jsonschema_rs`` agreed with that package's own validator on all of them and is 200 times faster on MeterValues
(docs/decisions/0001-link-layer.md). A schema is compiled on first use.
"""

from __future__ import annotations

import importlib.util
import logging
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson

from console.engine.wire.exchange import Violation

log = logging.getLogger("chargehand.wire")

_FOLDERS = {"1.6": "v16", "2.0.1": "v201", "2.1": "v21"}
_MAX_VIOLATIONS = 50
_MAX_MESSAGE = 200  # characters
_MAX_VALUES = 2000  # of a payload that are searched: every violation costs 20 µs before the first one is handed out


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
    # 1.6 and 2.1's SEND have no Request in their file names.
    for name in (f"{action}Response",) if answer else (f"{action}Request", action):
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
    try:
        loaded = schema(*key)
    except OSError as error:
        # No descriptor is left, or the file is gone: the message counts for more than what could be said against it.
        log.warning("%s of OCPP %s is not validated: its schema cannot be read: %s", key[1], key[0], error.strerror)
        return None
    made = None if loaded is None else jsonschema_rs.Draft4Validator(loaded, validate_formats=False)
    _compiled[key] = made
    return made


def violations(version: str, action: str, payload: Any, *, answer: bool = False) -> tuple[Violation, ...]:
    """Everything wrong with a payload; empty where it is valid or where there is no schema for it.

    At most 50, out of the first 2,000 values: a megabyte of wrong ones would stop the loop for seconds.
    """
    key = (version, action, answer)
    try:
        validator = _compiled[key]
    except KeyError:
        validator = _validator(key)
    if validator is None or validator.is_valid(payload):
        return ()
    side = "response" if answer else "request"
    searched, whole = _beginning(payload)
    found = [_violation(error, side) for error in islice(validator.iter_errors(searched), _MAX_VIOLATIONS)]
    if not found:
        found = _first(validator, payload, side)
    if not whole:
        found.append(Violation("$", "size", f"only the first {_MAX_VALUES} values were searched", side))
    return tuple(found)


def _first(validator: jsonschema_rs.Draft4Validator, payload: Any, side: str) -> list[Violation]:
    try:
        validator.validate(payload)
    except jsonschema_rs.ValidationError as error:
        return [_violation(error, side)]
    return []


def _beginning(payload: Any) -> tuple[Any, bool]:
    """The first values of a payload, and whether that is all of it."""
    left = _MAX_VALUES

    def part(value: Any) -> Any:
        nonlocal left
        left -= 1
        if type(value) is list:
            # Never an empty list out of one that is not: that would be a violation of our own making.
            return [part(item) for index, item in enumerate(value) if left > 0 or index == 0]
        if type(value) is dict:
            return {key: part(item) for key, item in value.items()}
        return value

    searched = part(payload)
    return (payload, True) if left > 0 else (searched, False)


def _violation(error: Any, side: str) -> Violation:
    path = "$" + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.instance_path)
    kind = error.kind
    rule = kind.name
    message = str(error.message)
    if rule == "required":
        path = f"{path}.{kind.property}" if hasattr(kind, "property") else path
        message = "required, but missing"
    elif rule == "additionalProperties":
        message = "not allowed here: " + ", ".join(str(name)[:_MAX_MESSAGE] for name in islice(kind.unexpected, 20))
    if len(message) > _MAX_MESSAGE:
        message = message[:_MAX_MESSAGE] + "…"
    return Violation(path if len(path) <= _MAX_MESSAGE else path[:_MAX_MESSAGE] + "…", rule, message, side)
