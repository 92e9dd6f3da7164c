"""A TOML text that is to become a struct, and every problem on the way, each with its key and line.

The quick road is ``msgspec.convert``. Only where that refuses are the types walked one by one, so that all
problems are named and not only the first, in words of the field and not of the library.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, TypeVar

import msgspec
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

from profiles.errors import ProfileError
from profiles.lines import KeyPath, key_lines

S = TypeVar("S", bound=Struct)

SECRET_KEYS = frozenset({"password", "password_hex", "token"})
"""Keys whose values are never repeated in a message."""

_SYNTAX_PLACE = re.compile(r"^(?P<what>.*?) \((?:at line (?P<line>\d+), column (?P<column>\d+)|at end of document)\)$")


class Problem(Struct, frozen=True):
    """One thing wrong (``error``) or doubtful (``warning``) in a file. ``line`` is 0 where no line can be named."""

    line: int
    key: str
    message: str
    level: Literal["error", "warning"] = "error"

    def sentence(self, file: str) -> str:
        """``fleet.toml, line 7, [listen] security_profile: expected a number from 0 to 3, got "two"``."""
        place = ", ".join(part for part in (file, f"line {self.line}" if self.line else "", self.key) if part)
        return f"{place}: {self.message}"


class Finding(Struct, frozen=True):
    """A problem before its key was looked up in the text."""

    path: KeyPath
    message: str
    level: Literal["error", "warning"] = "error"


class UnreadableError(ProfileError):
    """A file that is missing, is not UTF-8 or is not TOML: ``problem`` has the line where one is known."""

    def __init__(self, file: str, problem: Problem) -> None:
        super().__init__(problem.sentence(file))
        self.problem = problem


class Document:
    """A TOML text with its name, read as far as ``tomllib`` reads it."""

    def __init__(
        self, file: str, text: str, *, tables: Iterable[str] = (), hidden: Iterable[str] = (), advice: str = ""
    ) -> None:
        """``tables`` names keys that may be one table or a list of them (``[listen]``), ``hidden`` fields of the struct
        that are no keys of the file, ``advice`` says who tells all problems. Raises ProfileError on a syntax error.
        """
        self.file = file
        self._text = text
        self._hidden = frozenset(hidden)
        try:
            self.raw: dict[str, Any] = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise UnreadableError(file, _syntax_problem(text, error)) from None
        except RecursionError:
            raise UnreadableError(file, Problem(0, "", "the values are nested too deeply to be read")) from None
        self._advice = advice
        self._single = {key for key in tables if not isinstance(self.raw.get(key), list)}
        for key in self._single:
            if isinstance(self.raw.get(key), dict):
                self.raw[key] = [self.raw[key]]

    @classmethod
    def read(cls, path: Path, *, tables: Iterable[str] = (), hidden: Iterable[str] = (), advice: str = "") -> Document:
        """The document in a file. Raises ProfileError where it cannot be read, is not UTF-8, or is not TOML."""
        return cls(path.name, read_text(path), tables=tables, hidden=hidden, advice=advice)

    def convert(self, kind: type[S]) -> S:
        """The struct that the text describes. Raises ProfileError that names the first problem and counts the rest."""
        if not self._hidden.intersection(self.raw):
            try:
                return msgspec.convert(self.raw, kind)
            except msgspec.ValidationError as error:
                last_word = str(error)
        raise self.error(self.type_findings(kind) or [Finding((), last_word)])

    def type_findings(self, kind: type[Struct]) -> list[Finding]:
        """Unknown keys, missing keys and values of the wrong type: all of them, in the order of the text."""
        found = list(_walk(self.raw, type_info(kind), (), self._hidden))
        return sorted(found, key=lambda finding: self.line(finding.path))

    def salvage(self, kind: type[S]) -> S | None:
        """What is left when wrong values give way to defaults, so that checks can go on; None where nothing is left."""
        for finding in self.type_findings(kind):
            _drop(self.raw, finding.path)
        try:
            return msgspec.convert(self.raw, kind)
        except msgspec.ValidationError:
            return None

    def error(self, findings: list[Finding]) -> ProfileError:
        """The error that names the first finding and says how many more there are."""
        first, *more = (self.problem(finding) for finding in findings)
        rest = f" (and {len(more)} more{self._advice})" if more else ""
        return ProfileError(first.sentence(self.file) + rest)

    def problem(self, finding: Finding) -> Problem:
        """The finding with the key as it is written in the text, and its line."""
        return Problem(self.line(finding.path), self.key(finding.path), finding.message, finding.level)

    def line(self, path: KeyPath) -> int:
        """The line of a key, or of the nearest table around it; 0 where the text has neither."""
        wanted = self._as_written(path)
        while wanted:
            if line := self._lines.get(wanted):
                return line
            wanted = wanted[:-1]
        return 0

    def key(self, path: KeyPath) -> str:
        """``[listen] security_profile``, ``[[stations]] password``, ``name``: how a reader finds the key."""
        while path and isinstance(path[-1], int):
            path = path[:-1]  # one value of a list: the list's key is what stands in the text
        names = [part for part in path if isinstance(part, str)]
        if len(names) < 2:
            return "".join(names)
        *table, last = names
        listed = isinstance(path[-2], int) and table[0] not in self._single
        return f"[[{'.'.join(table)}]] {last}" if listed else f"[{'.'.join(table)}] {last}"

    @cached_property
    def _lines(self) -> dict[KeyPath, int]:
        return key_lines(self._text)

    def _as_written(self, path: KeyPath) -> KeyPath:
        return (path[0], *path[2:]) if path and path[0] in self._single else path


def read_text(path: Path) -> str:
    """A file's text, UTF-8 with or without a byte order mark. Raises ProfileError with what is wrong with it."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise UnreadableError(str(path), Problem(0, "", "there is no such file")) from None
    except IsADirectoryError:
        raise UnreadableError(str(path), Problem(0, "", "this is a folder, not a file")) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise UnreadableError(str(path), Problem(0, "", f"the file cannot be read: {reason}")) from None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        problem = Problem(line, "", "the text is not UTF-8; save the file as UTF-8")
        raise UnreadableError(path.name, problem) from None


def nearest(word: str, known: Iterable[str]) -> str:
    """`` (did you mean "x"?)`` where a known word is near, else nothing."""
    by_lower = {name.lower(): name for name in known}
    match = get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return f' (did you mean "{by_lower[match[0]]}"?)' if match else ""


def _syntax_problem(text: str, error: tomllib.TOMLDecodeError) -> Problem:
    match = _SYNTAX_PLACE.match(str(error))
    if match is None:
        return Problem(0, "", f"this is not TOML: {error}")
    if match["line"]:
        return Problem(int(match["line"]), "", f"this is not TOML: {match['what']} (column {match['column']})")
    return Problem(len(text.rstrip().splitlines()) or 1, "", f"this is not TOML: {match['what']} (the text ends here)")


def _walk(value: Any, kind: Type, path: KeyPath, hidden: frozenset[str]) -> Iterator[Finding]:
    """Compare a value with its type, going down into tables and lists."""
    if isinstance(kind, Metadata):
        kind = kind.type
    if isinstance(kind, UnionType):
        kind = next(each for each in kind.types if not isinstance(each, NoneType))
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


def _drop(raw: dict[str, Any], path: KeyPath) -> None:
    """Take the nearest key around a wrong value out; a missing key gets a stand-in so that the rest can be checked."""
    while path and isinstance(path[-1], int):
        path = path[:-1]
    if not path:
        return
    here: Any = raw
    for part in path[:-1]:
        if isinstance(here, dict) and part not in here:
            return  # an outer finding took it out already
        here = here[part]
    if isinstance(here, dict) and here.pop(path[-1], None) is None:
        here[path[-1]] = f"missing-{'-'.join(map(str, path))}"
