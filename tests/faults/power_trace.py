"""What a traced program did to a folder and what left its sockets, in one order: `strace` read back as steps."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

CALLS: Final = (
    "open,openat,creat,close,dup,dup2,dup3,mkdir,mkdirat,rmdir,unlink,unlinkat,rename,renameat,renameat2,link,linkat,"
    "symlink,symlinkat,write,writev,pwrite64,pwritev,pwritev2,truncate,ftruncate,fallocate,fsync,fdatasync,"
    "sync_file_range,copy_file_range,sendfile,splice,sendto,sendmsg,sendmmsg,mmap"
)
"""Every call by which bytes reach a file or a peer, so that none goes by unseen; `Disk` refuses those it cannot play."""

_LINE = re.compile(r"(\d+) +(?:<\.\.\. )?(\w+)( resumed>|\()(.*)", re.DOTALL)
_HEX = re.compile(r'"((?:\\x[0-9a-f]{2})*)"(\.\.\.)?')
_NAMED = re.compile(r"^(-?\d+|AT_FDCWD)(?:<((?:\\x[0-9a-f]{2})+|[^<>]*)>)?")
_UNFINISHED = " <unfinished ...>"


class Step(NamedTuple):
    """A call begins (``ended`` False) or has ended. ``words`` are its plain arguments, ``texts`` its strings in bytes,
    ``on`` the descriptor it is about (-1: none) and ``path`` what that is; ``result`` is None until it has ended."""

    ended: bool
    name: str
    on: int
    path: str
    words: list[str]
    texts: list[bytes]
    result: int | None
    thread: str


def command(log: Path) -> list[str]:
    """What to put before the program's own words."""
    return [
        "strace",
        "-f",
        "-qq",
        "-y",
        "-xx",
        "-s",
        "16777216",
        "-e",
        f"trace={CALLS}",
        "-e",
        "signal=none",
        "-o",
        str(log),
    ]


def steps(log: Path) -> Iterator[Step]:
    """The steps in the order in which strace saw them: a call that ended before another began stands before it."""
    begun: dict[str, str] = {}
    with log.open(encoding="ascii", errors="replace") as lines:
        for line in lines:
            found = _LINE.match(line.rstrip("\n"))
            if found is None:
                continue
            thread, name, kind, rest = found.groups()
            if kind == "(" and rest.endswith(_UNFINISHED):
                begun[thread] = rest.removesuffix(_UNFINISHED)
                yield _step(name, begun[thread], None, thread)
                continue
            whole = rest if kind == "(" else begun.pop(thread, "") + rest
            arguments, _, result = whole.rpartition(" = ")
            if kind == "(":
                yield _step(name, arguments, None, thread)
            yield _step(name, arguments, result, thread)


def _step(name: str, arguments: str, result: str | None, thread: str) -> Step:
    plain, *strings = _HEX.split(arguments)
    assert not any(strings[1::3]), "strace has cut a string"
    texts = [bytes.fromhex(text.replace("\\x", "")) for text in strings[::3]]
    words = [word.strip(" ){}[]") for word in '""'.join((plain, *strings[2::3])).split(", ")]
    on, path = _descriptor(words[0])
    if name == "mmap" and len(words) > 4:
        on, path = _descriptor(words[4])
    number = None if result is None else _number(result)
    return Step(result is not None, name, on, path, words, texts, number, thread)


def _number(result: str) -> int:
    """What a call gave; -1 where it failed or its thread never came back from it."""
    found = re.match(r"-?\w+", result)
    return -1 if found is None else int(found[0], 0)


def _descriptor(word: str) -> tuple[int, str]:
    found = _NAMED.match(word)
    if found is None or found[1] == "AT_FDCWD":
        return -1, ""
    path = found[2] or ""
    if path.startswith("\\x"):
        path = bytes.fromhex(path.replace("\\x", "")).decode("utf-8", "surrogateescape")
    return int(found[1]), path
