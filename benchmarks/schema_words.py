"""Payloads made out of JSON schemas: valid ones, and the same with something wrong. The same ones for the same seed."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from copy import deepcopy
from functools import lru_cache
from typing import Any, Final

from console.engine.wire.schema import schema

JUNK: Final[tuple[Any, ...]] = (
    None,
    True,
    False,
    0,
    -1,
    2**31,
    2**63,
    -(2**63),
    0.1,
    1.5,
    -1e300,
    1e308,
    "",
    " ",
    "0",
    "-0",
    "NaN",
    "1e999",
    "12,5",
    "0x10",
    "x" * 600,
    "9" * 400,
    "2026-13-45T99:99:99",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999999+14:00",
    "2026-01-15T18:23:00",
    "1970-01-01T00:00:00Z",
    "\x1b[31m\u202e\u0000",
    "[bold]red[/]",
    "\U0001f50c" * 30,
    "\u0661\u0662\u0663",
    [],
    [None],
    [[]],
    [{}],
    [1, "2", None, {"a": 1}],
    {},
    {"id": "x"},
    {"id": -1},
    {"status": 7},
    {"a": {"b": [1, "2", None]}},
)
"""Values that stand where none of them should."""

_TIMES: Final = ("2026-01-15T11:43:26Z", "2026-01-15T11:43:26.123+01:00", "2026-01-15T11:43:27.5Z")
_TEXTS: Final = ("", "Connector", "true", "7", "16.04", "-3", "Heater", "de-DE", "{}", "1.2.3", "SoC")


class Words:
    """One schema and its payloads."""

    def __init__(self, root: dict[str, Any], seed: str) -> None:
        self._root = root
        self._definitions: dict[str, Any] = root.get("definitions", {})
        self._chance = random.Random(seed)

    def valid(self) -> Any:
        """A payload that the schema allows."""
        return self._make(self._root, 0)

    def _make(self, node: dict[str, Any], depth: int) -> Any:
        chance = self._chance
        if "$ref" in node:
            node = self._definitions[node["$ref"].rpartition("/")[2]]
        if "enum" in node:
            return chance.choice(node["enum"])
        match node.get("type"):
            case "object":
                return self._object(node, depth)
            case "array":
                low = node.get("minItems", 0)
                size = chance.randint(low, max(low, min(node.get("maxItems", 3), 3 - min(depth, 2))))
                return [self._make(node["items"], depth + 1) for _ in range(size)]
            case "string":
                return self._text(node)
            case "integer" | "number":
                return self._number(node)
            case "boolean":
                return chance.random() < 0.5
        return deepcopy(chance.choice(("anything", 7, {"a": [1]}, [1])))

    def _object(self, node: dict[str, Any], depth: int) -> dict[str, Any]:
        required = node.get("required", ())
        likely = 0.6 if depth < 4 else 0.2
        return {
            name: self._make(part, depth + 1)
            for name, part in node.get("properties", {}).items()
            if name in required or self._chance.random() < (0.05 if name == "customData" else likely)
        }

    def _number(self, node: dict[str, Any]) -> int | float:
        low, high = int(node.get("minimum", -5)), int(node.get("maximum", 2**31 - 1))
        if high < low:
            high = low + 2**31
        made = self._chance.choice((low, high, self._chance.randint(low, high), min(high, max(low, 1))))
        if node["type"] == "integer":
            return made
        # multipleOf 0.1 in 1.6's charging profiles: one digit after the point at most
        return made + (self._chance.choice((0.0, 0.5)) if low <= made < high and abs(made) < 2**20 else 0.0)

    def _text(self, node: dict[str, Any]) -> str:
        if node.get("format") == "date-time":
            return self._chance.choice(_TIMES)
        if node.get("format") == "uri":
            return "ftp://example.com/file"
        longest: int = node.get("maxLength", 40)
        long = ("ä" * min(longest, 60), "y" * min(longest, 5000))
        return self._chance.choice((*_TEXTS, *long))[:longest]

    def broken(self, payload: Any) -> Any:
        """The same payload with one to three things taken away, added or put in the place of others."""
        made = deepcopy(payload)
        for _ in range(self._chance.randint(1, 3)):
            spots = list(_spots(made))
            if not spots:
                made = {"extra": self._junk()} if isinstance(made, dict) else {}
                continue
            where, key = self._chance.choice(spots)
            match self._chance.randrange(6):
                case 0:
                    del where[key]
                case 1 if isinstance(where, dict):
                    where["extra"] = self._junk()
                case 2 if isinstance(where, dict):
                    where[str(key).swapcase()] = where.pop(key)
                case 3:
                    where[key] = [where[key]] * self._chance.choice((1, 2, 40))
                case 4 if isinstance(where[key], str | int | float):
                    where[key] = str(where[key]) if not isinstance(where[key], str) else where[key].upper() + "_X"
                case _:
                    where[key] = self._junk()
        return self._junk() if self._chance.random() < 0.02 else made

    def _junk(self) -> Any:
        return deepcopy(self._chance.choice(JUNK))

    def spoilt(self, text: str) -> str:
        """The same text cut, doubled, or with some characters put in or taken out: often no JSON any more."""
        chance = self._chance
        for _ in range(chance.randint(1, 3)):
            at = chance.randrange(len(text) + 1)
            match chance.randrange(5):
                case 0:
                    text = text[:at]
                case 1:
                    text = text[:at] + text[at + chance.randint(1, 5) :]
                case 2:
                    text = (
                        text[:at]
                        + chance.choice(('"', ",", "[", "}", "\\", "\x00", "\ufeff", "-", "1e999"))
                        + text[at:]
                    )
                case 3:
                    text = text[at:] + text[:at]
                case _:
                    text = text[:at] + text[at // 2 :]
        return text


def _spots(value: Any) -> Iterator[tuple[Any, Any]]:
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else []
    for key in keys:
        yield value, key
        yield from _spots(value[key])


def words(version: str, action: str, *, answer: bool = False, seed: int = 0) -> Words:
    """The payloads of an action, or of its answer. KeyError where the version has no schema for it."""
    root = _schema(version, action, answer)
    if root is None:
        raise KeyError(f"{version} {action}")
    return Words(root, f"{seed} {version} {action} {answer}")


@lru_cache(maxsize=1024)
def _schema(version: str, action: str, answer: bool) -> dict[str, Any] | None:
    return schema(version, action, answer)


def call_text(unique_id: str, action: str, payload: Any) -> str:
    """A CALL as a station that knows no UTF-8 may write it."""
    return json.dumps([2, unique_id, action, payload])
