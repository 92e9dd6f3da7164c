"""Why a document does not fit its struct: every unknown key, missing key and wrong value, in words of the field."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any

from msgspec import Struct
from msgspec.inspect import (
    BoolType,
    DateTimeType,
    DictType,
    Field,
    FloatType,
    IntType,
    ListType,
    LiteralType,
    Metadata,
    NoneType,
    StrType,
    StructType,
    Type,
    UnionType,
    type_info,
)

from profiles.findings import Finding, nearest
from profiles.lines import KeyPath

SECRET_KEYS = frozenset({"password", "password_hex", "token"})
"""Keys whose values are never repeated in a message."""


def explain(raw: dict[str, Any], kind: type[Struct], hidden: frozenset[str] = frozenset()) -> list[Finding]:
    """All that keeps ``raw`` from being a ``kind``; ``hidden`` are fields that are no keys of the file."""
    return list(_walk(raw, type_info(kind), (), hidden))


def _walk(value: Any, kind: Type, path: KeyPath, hidden: frozenset[str]) -> Iterator[Finding]:
    """Compare a value with its type, going down into tables and lists."""
    if isinstance(kind, Metadata):
        kind = kind.type
    if isinstance(kind, UnionType):
        kinds = [each for each in kind.types if not isinstance(each, NoneType)]
        kind = next((each for each in kinds if isinstance(each, ListType) == isinstance(value, list)), kinds[0])
        yield from _walk(value, kind, path, hidden)
    elif isinstance(kind, StructType) and isinstance(value, dict):
        fields = {each.encode_name: each for each in kind.fields if each.encode_name not in hidden}
        yield from _walk_struct(value, fields, path, hidden)
    elif isinstance(kind, ListType) and isinstance(value, list):
        if kind.min_length and len(value) < kind.min_length:
            yield Finding(path, "the list is empty")
        for position, element in enumerate(value):
            yield from _walk(element, kind.item_type, (*path, position), hidden)
    elif isinstance(kind, DictType) and isinstance(value, dict):
        for name, element in value.items():
            yield from _walk(element, kind.value_type, (*path, name), hidden)
    elif not _fits(value, kind):
        secret = any(part in SECRET_KEYS for part in path)
        yield Finding(path, f"expected {_expected(kind)}, got {'something else' if secret else _shown(value)}")


def _walk_struct(
    table: dict[str, Any], fields: dict[str, Field], path: KeyPath, hidden: frozenset[str]
) -> Iterator[Finding]:
    for name, value in table.items():
        if name in fields:
            yield from _walk(value, fields[name].type, (*path, name), hidden)
        else:
            yield Finding((*path, name), f"unknown key{nearest(name, fields)}")
    for name, each in fields.items():
        if each.required and name not in table:
            yield Finding((*path, name), "this key is missing")


def _fits(value: Any, kind: Type) -> bool:
    match kind:
        case BoolType():
            return isinstance(value, bool)
        case IntType(ge=low, le=high):
            return type(value) is int and (low is None or value >= low) and (high is None or value <= high)
        case FloatType(ge=low, le=high):
            number = type(value) in (int, float)
            return number and (low is None or value >= low) and (high is None or value <= high)
        case StrType(min_length=low, max_length=high):
            return isinstance(value, str) and (low or 0) <= len(value) and (high is None or len(value) <= high)
        case LiteralType(values=values):
            return isinstance(value, str) and value in values
        case DateTimeType():
            return isinstance(value, datetime)
        case _:
            return not isinstance(kind, StructType | ListType | DictType)


def _expected(kind: Type) -> str:
    match kind:
        case BoolType():
            return "true or false"
        case IntType(ge=low, le=high) | FloatType(ge=low, le=high):
            if low is not None and high is not None:
                return f"a number from {low} to {high}"
            return "a whole number" if isinstance(kind, IntType) else "a number"
        case StrType(max_length=high):
            return f"a text of 1 to {high} characters" if high else "a text in quotes"
        case LiteralType(values=values):
            return "one of " + ", ".join(f'"{each}"' for each in values)
        case DateTimeType():
            return "a date and time such as 2027-01-31T12:00:00Z"
        case ListType():
            return "a list in brackets"
        case _:
            return "a table"


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return f'"{value}"' if len(value) <= 40 else f'"{value[:39]}…"'
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "a list"
    return value.isoformat() if isinstance(value, datetime | date | time) else repr(value)
