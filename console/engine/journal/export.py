"""Exchanges or transactions as a file for other programs: ``.jsonl`` (one JSON object a line) or ``.csv``."""

from __future__ import annotations

import csv
import os
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO, Any, Final

from console.engine.errors import JournalError
from console.engine.journal.rows import Row, json_lines
from console.engine.visible import json_line, visible

ENDINGS: Final = (".jsonl", ".csv")

_TITLE: Final = "The export cannot be written"

# A spreadsheet takes a cell that begins so for a formula (CWE-1236); an apostrophe makes it text.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def write_rows(path: Path, rows: Iterable[Row]) -> int:
    """Write rows to ``path`` by its ending and give how many there were. The file appears whole or not at all.

    Raises JournalError for another ending, or where the file cannot be written.
    """
    write = _writer(path)
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".partial", dir=path.parent)
    except OSError as error:
        raise _unwritable(path, error) from error
    partial = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            count = write(file, rows)
            file.flush()
            os.fsync(file.fileno())
        partial.chmod(0o666 & ~_umask())
        partial.replace(path)
    except OSError as error:
        raise _unwritable(path, error) from error
    finally:
        partial.unlink(missing_ok=True)
    return count


def check_ending(path: Path) -> None:
    """Raise JournalError where ``write_rows`` would not know how to write; for asking before a long search."""
    _writer(path)


def _writer(path: Path) -> Callable[[IO[bytes], Iterable[Row]], int]:
    match path.suffix.lower():
        case ".jsonl":
            return _jsonl
        case ".csv":
            return _csv
        case _:
            raise JournalError(
                f"“{path.name}” has no ending that can be written. Use {' or '.join(ENDINGS)}.", title=_TITLE
            )


def _unwritable(path: Path, error: OSError) -> JournalError:
    return JournalError(
        f"{path} cannot be written ({error.strerror or error}). Choose another place with -o.", title=_TITLE
    )


def _umask() -> int:
    # There is no way to read it but to set it.
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _jsonl(file: IO[bytes], rows: Iterable[Row]) -> int:
    count = 0
    for line in json_lines(rows):
        file.write(line)
        count += 1
    return count


class _Lines:
    """What csv writes to: bytes in UTF-8."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def write(self, text: str) -> None:
        self._file.write(text.encode())


def _csv(file: IO[bytes], rows: Iterable[Row]) -> int:
    writer = csv.writer(_Lines(file))
    columns: list[str] | None = None
    count = 0
    for row in rows:
        if columns is None:
            columns = list(row)
            writer.writerow(columns)
        writer.writerow([cell(row.get(column)) for column in columns])
        count += 1
    return count


def cell(value: Any) -> str | int | float:
    """A value as a CSV cell: numbers as they are, structures as JSON, text so that no spreadsheet or terminal obeys it."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int() | float():
            return value
        case str():
            text = visible(value)
        case _:
            text = json_line(value).decode().removesuffix("\n")
    return "'" + text if text.startswith(_FORMULA) else text
