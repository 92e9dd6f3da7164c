from __future__ import annotations

import asyncio
import logging
import socket

import pytest

from console.engine.log_lines import FileLines, HiddenSecrets, calm_asyncio


class _Seen(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


async def test_writing_to_sockets_whose_other_side_is_gone_floods_no_log(monkeypatch: pytest.MonkeyPatch) -> None:
    calm_asyncio()
    calm_asyncio()
    seen = _Seen()
    log = logging.getLogger("asyncio")
    log.addHandler(seen)
    here, there = socket.socketpair()
    reader, writer = await asyncio.open_connection(sock=here)
    there.close()
    try:
        for _ in range(50):
            writer.write(b"x")
        log.warning("something else")
    finally:
        log.removeHandler(seen)
        writer.transport.abort()
        del reader
    assert seen.lines == ["something else"]


def test_no_log_line_holds_a_secret() -> None:
    lines = HiddenSecrets("%(message)s")
    for text in (
        "fetching ftp://bob:hunter2@files.example/fw.bin failed",
        "header Authorization: Basic hunter2==",
        'order.given CP-1 {"arguments":{"tag":"hunter2","type":"KeyCode"}}',
        'odd frame [2,"1","SetVariables",{"attributeValue":"hunter2","variable":{"name":"BasicAuthPassword"},,}]',
        "-----BEGIN EC PRIVATE KEY-----\nhunter2\n-----END EC PRIVATE KEY-----",
    ):
        told = lines.format(logging.LogRecord("x", logging.INFO, "", 0, text, None, None))
        assert "hunter2" not in told
        assert "***" in told
    plain = "CP-1 said 42 \\ mail me@h"
    assert lines.format(logging.LogRecord("x", logging.INFO, "", 0, plain, None, None)) == plain


def test_what_a_station_said_begins_no_line_of_the_log_and_steers_no_terminal() -> None:
    evil = "x\n2026-01-01 00:00:00 ERROR fake\x1b]0;owned\x07\u202e"
    try:
        raise ValueError(evil)
    except ValueError as error:
        found = (ValueError, error, error.__traceback__)
    record = logging.LogRecord("a", logging.ERROR, __file__, 1, "it said %s", (evil,), found)
    first, *more = FileLines("%(asctime)s %(levelname)s %(name)s: %(message)s").format(record).split("\n")
    assert first.endswith("it said x\\n2026-01-01 00:00:00 ERROR fake\\u001b]0;owned\\u0007\\u202e")
    assert more[0] == "    Traceback (most recent call last):"
    assert all(line.startswith("    ") and line.isprintable() for line in more)
