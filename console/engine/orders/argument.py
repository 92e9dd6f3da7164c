"""The arguments of an order: what may be said, and how text becomes a value.

An order takes its arguments from a command line, from a form or from JSON; all three end here, so that they are
understood and refused alike. A checked value is, by kind: ``text`` and ``file`` str; ``choice`` the spelling of the
table; ``bool`` bool; ``int`` int, 0 or more; ``time`` UTC nanoseconds; ``json`` whatever JSON stood there.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Any, Final, Literal

import msgspec
import orjson

from console.engine.errors import OrderError

Kind = Literal["text", "choice", "bool", "int", "time", "file", "json"]

ALL: Final = ("1.6", "2.0.1", "2.1")
OLD: Final = ("1.6",)
NEW: Final = ("2.0.1", "2.1")

YES: Final = ("true", "yes", "on", "1")
NO: Final = ("false", "no", "off", "0")

_NS = 1_000_000_000
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_SPAN = re.compile(r"([+-]?)(\d{1,9}(?:\.\d{1,3})?)\s*([smhd])", re.IGNORECASE)
_LONGEST = 100_000  # characters of one argument; a station would not take more in one call
_BIGGEST = 2**31 - 1  # OCPP integers are 32 bits wide


class Argument(msgspec.Struct, frozen=True, kw_only=True):
    """One argument. ``versions`` that know it; ``choices`` and ``hint`` for every version, or by version where they differ.

    ``ahead``: a span such as ``2h`` means from now on, otherwise ago. ``hint``: a few words for forms and the help.
    """

    name: str
    kind: Kind = "text"
    required: bool = False
    versions: tuple[str, ...] = ALL
    choices: tuple[str, ...] | Mapping[str, tuple[str, ...]] = ()
    default: str | None = None
    hint: str | Mapping[str, str] = ""
    ahead: bool = False

    def choices_for(self, version: str | None) -> tuple[str, ...]:
        """What may be chosen in that version; in any, where it is not known."""
        if isinstance(self.choices, tuple):
            return self.choices
        if version is not None:
            return self.choices.get(version, ())
        return tuple(dict.fromkeys(one for each in self.choices.values() for one in each))

    def hint_for(self, version: str | None) -> str:
        """A few words on what belongs here, in that version; where it is not known, in the first that has any."""
        if isinstance(self.hint, str):
            return self.hint
        return self.hint.get(version or "") or next(iter(self.hint.values()))

    def words(self) -> str:
        """As the help writes it: ``type=soft|hard``, ``[connector]``."""
        choices = self.choices_for(None)
        if self.kind == "bool":
            text = f"{self.name}=true|false"
        elif 0 < len(choices) <= 3:
            text = f"{self.name}={'|'.join(choices)}"
        else:
            text = self.name
        return text if self.required else f"[{text}]"

    def value(self, raw: Any, version: str | None, *, order: str, now: int | None = None) -> Any:
        """The value that ``raw`` means; ``now`` in UTC ns for spans. Raises OrderError with a sentence."""
        said = f"{order}: {self.name}"
        if isinstance(raw, str) and len(raw) > _LONGEST:
            raise OrderError(f"{said} has {len(raw)} characters; {_LONGEST} are the most that is sent in one call.")
        return _READERS[self.kind](self, raw, version, said, now)


def nearest(word: str, known: Sequence[str]) -> str:
    """``; did you mean “reset”?`` or nothing, for the end of a sentence about an unknown word."""
    folded = {one.casefold(): one for one in known}
    found = get_close_matches(word.casefold(), list(folded), n=1, cutoff=0.6)
    return f"; did you mean “{folded[found[0]]}”?" if found else "."


def listed(words: Sequence[str], last: str = "or") -> str:
    """``a``, ``a or b``, ``a, b or c``."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"


def shown(value: Any, longest: int = 60) -> str:
    """A value as a sentence can hold it: one line, printable, not too long."""
    text = value if isinstance(value, str) else orjson.dumps(value, default=str).decode()
    text = "".join(letter if letter.isprintable() else "�" for letter in text)
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _text(_argument: Argument, raw: Any, _version: str | None, said: str, _now: int | None) -> str:
    if isinstance(raw, bool):
        text = "true" if raw else "false"
    elif isinstance(raw, str | int | float):
        text = str(raw)
    elif isinstance(raw, list | dict):
        text = orjson.dumps(raw).decode()
    else:
        raise OrderError(f"{said} must be text, not {shown(raw)}.")
    return text


def _choice(argument: Argument, raw: Any, version: str | None, said: str, _now: int | None) -> str:
    choices = argument.choices_for(version)
    wanted = raw.strip().casefold() if isinstance(raw, str) else ""
    for one in choices:
        if one.casefold() == wanted:
            return one
    if wanted and version is not None:
        elsewhere = [each for each in ALL if wanted in (one.casefold() for one in argument.choices_for(each))]
        if elsewhere:
            raise OrderError(f"{said}={shown(raw)} is known in OCPP {listed(elsewhere)} only, not in {version}.")
    raise OrderError(f"{said} is {listed(choices)}, not “{shown(raw)}”{nearest(wanted, choices)}")


def _bool(_argument: Argument, raw: Any, _version: str | None, said: str, _now: int | None) -> bool:
    if isinstance(raw, bool):
        return raw
    word = str(raw).strip().casefold()
    if word in YES:
        return True
    if word in NO:
        return False
    raise OrderError(f"{said} is true or false (yes, no, on, off), not “{shown(raw)}”.")


def _int(_argument: Argument, raw: Any, _version: str | None, said: str, _now: int | None) -> int:
    text = str(raw).strip()
    if isinstance(raw, bool) or not text.isascii() or not text.isdigit() or len(text) > 10 or int(text) > _BIGGEST:
        raise OrderError(f"{said} is a whole number from 0 on, not “{shown(raw)}”.")
    return int(text)


def _time(argument: Argument, raw: Any, _version: str | None, said: str, now: int | None) -> int:
    text = raw.strip() if isinstance(raw, str) else ""
    moment = time.time_ns() if now is None else now
    if text.casefold() == "now":
        return moment
    span = _SPAN.fullmatch(text)
    if span is not None:
        length = int(float(span[2]) * _UNITS[span[3].lower()] * _NS)
        forward = argument.ahead if not span[1] else span[1] == "+"
        return moment + length if forward else moment - length
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        way = "from now" if argument.ahead else "ago"
        raise OrderError(
            f"{said} is a time such as 2025-06-30T14:00:00Z (UTC where no zone is given), or 5m, 2h, 1d for {way}; "
            f"“{shown(raw)}” is neither."
        ) from None
    zoned = read if read.tzinfo is not None else read.replace(tzinfo=UTC)
    return round((zoned - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1_000) * 1_000_000


def _json(_argument: Argument, raw: Any, _version: str | None, said: str, _now: int | None) -> Any:
    if not isinstance(raw, str):
        return raw
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        if raw.lstrip()[:1] in ("{", "["):
            what = f"{error.msg} at column {error.colno}" if error.lineno == 1 else str(error)
            raise OrderError(f"{said} begins like JSON, but is none: {what}.") from None
        return raw  # plain text is a JSON string that nobody wants to quote twice


_READERS: Mapping[str, Callable[[Argument, Any, str | None, str, int | None], Any]] = {
    "text": _text,
    "file": _text,
    "choice": _choice,
    "bool": _bool,
    "int": _int,
    "time": _time,
    "json": _json,
}
