"""The grammar of `:` commands and of ``chargehand call``: one line of text names an order, a station and arguments.

    reset CP-001 type=hard
    start CP-001 connector=1 tag="VISITOR 7"
    data-transfer CP-001 vendor=org.acme data={"light": "on"}
    raw CP-001 DataTransfer {"vendorId": "org.acme"}

Words are parted by spaces; ``"…"`` keeps spaces together, with ``\\"`` for a quote within; a value that begins with
``{`` or ``[`` is read as JSON up to its end. An order may be shortened as long as only one begins so. The station may
be left out where the screen knows it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import msgspec

from console.engine.errors import ChargehandError, OrderError
from console.engine.orders.argument import nearest, shown
from console.engine.orders.table import ORDERS, OrderKind, order_kind


class CommandError(OrderError):
    """A command that cannot be understood; ``column`` is where, counted from 0."""

    title = "The command is not understood"

    def __init__(self, sentence: str, *, column: int = 0) -> None:
        super().__init__(sentence)
        self.column = column


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """What a line says. ``arguments`` are still text; ``station`` None where it was left out; the last two for raw."""

    order: OrderKind
    station: str | None = None
    arguments: dict[str, str] = msgspec.field(default_factory=dict)
    raw_action: str | None = None
    raw_payload: Any = None


class Word(msgspec.Struct, frozen=True):
    """A word of the line: ``key`` is set for ``key=value``; ``start`` and ``end`` are columns.

    ``value_start``: where the value begins; ``closed``: False where a quote or a bracket is still open.
    """

    value: str
    start: int
    end: int
    key: str | None = None
    value_start: int = 0
    closed: bool = True
    quoted: bool = False


_JSON = json.JSONDecoder()


def words(text: str) -> list[Word]:
    """The words of a line. Never raises: what is not closed says so."""
    found: list[Word] = []
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        word = _word(text, at)
        found.append(word)
        at = word.end
    return found


def _word(text: str, start: int) -> Word:
    at = start
    key: str | None = None
    value_start = start
    letters: list[str] = []
    quoted = False
    while at < len(text) and not text[at].isspace():
        letter = text[at]
        if letter == '"':
            quoted = True
            piece, at, closed = _quoted(text, at)
            letters.append(piece)
            if not closed:
                return Word("".join(letters), start, at, key, value_start, closed=False, quoted=True)
        elif letter in "{[" and at == value_start:
            end = _json_end(text, at)
            return Word(text[at : end or len(text)], start, end or len(text), key, value_start, closed=end is not None)
        elif letter == "=" and key is None and not quoted and letters:
            key = "".join(letters)
            letters.clear()
            at += 1
            value_start = at
        else:
            letters.append(letter)
            at += 1
    return Word("".join(letters), start, at, key, value_start, quoted=quoted)


def _quoted(text: str, at: int) -> tuple[str, int, bool]:
    letters: list[str] = []
    at += 1
    while at < len(text):
        if text[at] == "\\" and at + 1 < len(text) and text[at + 1] in '"\\':
            letters.append(text[at + 1])
            at += 2
        elif text[at] == '"':
            return "".join(letters), at + 1, True
        else:
            letters.append(text[at])
            at += 1
    return "".join(letters), at, False


def _json_end(text: str, at: int) -> int | None:
    """Where the JSON value that begins at ``at`` ends; None where it is not whole."""
    try:
        return _JSON.raw_decode(text, at)[1]
    except (ValueError, RecursionError):
        return None


def parse_command(text: str) -> Command:
    """Read one line, with or without the leading colon. Raises CommandError with the column of what is wrong."""
    line = f" {text[1:]}" if text.startswith(":") else text
    found = words(line)
    if not found:
        first = ", ".join(one.id for one in ORDERS[:4])
        raise CommandError(f"Say an order and a station: {first}, …", column=0)
    head, rest = found[0], found[1:]
    try:
        kind = order_kind(head.value if head.key is None else f"{head.key}=")
    except ChargehandError as error:
        raise CommandError(error.sentence, column=head.start) from None
    if kind.id == "raw":
        return _raw(kind, rest, line)
    station: str | None = None
    if rest and rest[0].key is None:
        _closed(rest[0], line)
        station = rest.pop(0).value
    arguments: dict[str, str] = {}
    for word in rest:
        _closed(word, line)
        if word.key is None:
            raise CommandError(_stray(kind, word), column=word.start)
        argument = kind.argument(word.key)
        if argument is None:
            known = list(dict.fromkeys(one.name for one in kind.arguments))
            sentence = f"{kind.id} takes no “{shown(word.key)}”{nearest(word.key, known)}"
            raise CommandError(sentence, column=word.start)
        if argument.name in arguments:
            raise CommandError(f"{argument.name} is given twice.", column=word.start)
        arguments[argument.name] = word.value
    return Command(order=kind, station=station, arguments=arguments)


def command_words(parts: Sequence[str]) -> dict[str, str]:
    """``key=value`` words as a shell hands them over, already without quotes. Raises CommandError."""
    found: dict[str, str] = {}
    for part in parts:
        key, sign, value = part.partition("=")
        if not sign or not key:
            raise CommandError(f"“{shown(part)}” is no argument; write name=value.")
        if key in found:
            raise CommandError(f"{key} is given twice.")
        found[key] = value
    return found


def _raw(kind: OrderKind, rest: list[Word], line: str) -> Command:
    plain: list[Word] = []
    payload: Any = None
    for position, word in enumerate(rest):
        is_json = word.key is None and not word.quoted and word.value[:1] in ("{", "[")
        if word.key == "payload" or is_json:
            payload = _payload(word, line)
            if position + 1 < len(rest):
                raise CommandError("There is more text after the payload.", column=rest[position + 1].start)
        elif word.key == "action":
            plain.append(word)
        elif word.key is not None or len(plain) == 2:
            raise CommandError("raw takes a station, an action and a JSON object.", column=word.start)
        else:
            _closed(word, line)
            plain.append(word)
    if not plain:
        raise CommandError("raw needs a station, an action and a payload: raw CP-001 Heartbeat {}", column=len(line))
    station = plain[0].value if len(plain) == 2 else None
    return Command(
        order=kind, station=station, raw_action=plain[-1].value, raw_payload={} if payload is None else payload
    )


def _payload(word: Word, line: str) -> Any:
    try:
        return json.loads(word.value) if word.closed else _JSON.raw_decode(line, word.value_start)[0]
    except ValueError as error:
        where = getattr(error, "pos", 0) + (word.value_start if word.closed else 0)
        what = "The payload" if word.key in (None, "payload") else f"{word.key} begins like JSON, but"
        raise CommandError(f"{what} is no JSON: {getattr(error, 'msg', error)}.", column=where) from None
    except RecursionError:
        raise CommandError("The payload is nested too deep.", column=word.value_start) from None


def _closed(word: Word, line: str) -> None:
    if word.closed:
        return
    if line[word.value_start : word.value_start + 1] in ("{", "["):
        _payload(word, line)
    raise CommandError("A quote is opened and not closed.", column=word.value_start)


def _stray(kind: OrderKind, word: Word) -> str:
    for argument in kind.arguments:
        choices = [one.casefold() for one in argument.choices_for(None)]
        if word.value.casefold() in choices or (argument.kind == "bool" and word.value.casefold() in ("true", "false")):
            return f"“{shown(word.value)}” stands alone; write {argument.name}={word.value}."
    return f"“{shown(word.value)}” stands alone; arguments are written name=value: {kind.id} {kind.usage()}"
