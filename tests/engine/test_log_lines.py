from __future__ import annotations

import asyncio
import logging
import socket

import pytest

from console.engine.log_lines import HiddenSecrets, calm_asyncio


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
