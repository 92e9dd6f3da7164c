"""A TOML text that is to become a struct, and every problem on the way, each with its key and line.

The quick road is ``msgspec.convert``. Only where that refuses are the types walked one by one, so that all
problems are named and not only the first, in words of the field and not of the library.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from profiles.errors import ProfileError
from profiles.findings import Finding, Problem
from profiles.lines import KeyPath, key_lines

S = TypeVar("S", bound=Struct)

_SYNTAX_PLACE = re.compile(r"^(?P<what>.*?) \((?:at line (?P<line>\d+), column (?P<column>\d+)|at end of document)\)$")


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
        last_word = ""
        if not self._hidden.intersection(self.raw):
            try:
                return msgspec.convert(self.raw, kind)
            except msgspec.ValidationError as error:
                last_word = str(error)
        raise self.error(self.type_findings(kind) or [Finding((), last_word)])

    def type_findings(self, kind: type[Struct]) -> list[Finding]:
        """Unknown keys, missing keys and values of the wrong type: all of them, in the order of the text."""
        from profiles.explain import explain  # slow to import, and needed by nobody whose file is right

        found = explain(self.raw, kind, self._hidden)
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


def _syntax_problem(text: str, error: tomllib.TOMLDecodeError) -> Problem:
    match = _SYNTAX_PLACE.match(str(error))
    if match is None:
        return Problem(0, "", f"this is not TOML: {error}")
    if match["line"]:
        return Problem(int(match["line"]), "", f"this is not TOML: {match['what']} (column {match['column']})")
    return Problem(len(text.rstrip().splitlines()) or 1, "", f"this is not TOML: {match['what']} (the text ends here)")


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
