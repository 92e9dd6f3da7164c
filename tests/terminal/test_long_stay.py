"""Rows 82, 87 and 89 of the fault matrix: clicks on what looks like markup, libraries that log, a flood on the screen."""

from __future__ import annotations

import json
import os
import re
import socket
import struct
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from tests.terminal.conftest import ANY_PORT
from tests.terminal.hostile import handshake
from tests.terminal.pseudo import PseudoTerminal
from tests.terminal.walk import Walk

FLOOD = int(os.environ.get("CHARGEHAND_FLOOD", "8000"))
CLICK = "[@click=app.quit]"


@pytest.fixture
def walk(environment: dict[str, str], tmp_path: Path) -> Iterator[Walk]:
    """A console that nothing has called yet."""
    own = {**environment, "CHARGEHAND_RUNTIME_DIR": str(tmp_path / "runtime")}
    terminal = PseudoTerminal("run", "--data", str(tmp_path / "data"), *ANY_PORT, environment=own, size=(160, 40))
    terminal.sees("No charger has called yet", "ws://127.0.0.1:")
    found = Walk(terminal)
    yield found
    terminal.close()
    found.close()


def test_a_click_on_what_looks_like_an_action_does_nothing(walk: Walk) -> None:
    station = walk.station(f"{CLICK}x")
    station.call("BootNotification", {"chargePointVendor": f"{CLICK}v", "chargePointModel": f"{CLICK}m"})
    fault = {"connectorId": 1, "status": "Faulted", "errorCode": "OtherError", "info": f"{CLICK}i"}
    station.call("StatusNotification", fault | {"vendorErrorCode": f"{CLICK}e"})
    station.call("StartTransaction", {"connectorId": 2, "idTag": f"{CLICK}t", "meterStart": 1, "timestamp": "x"})
    station.call("DataTransfer", {"vendorId": f"{CLICK}d"})
    clicks = 0
    for key, title in (("1", "Fleet"), ("2", "Sessions"), ("3", "Messages"), ("4", "Connections"), ("5", "Alarms")):
        walk.section(key, title)
        walk.terminal.sees(CLICK)
        for line, text in enumerate(walk.terminal.look().text().splitlines()):
            for found in list(re.finditer(re.escape(CLICK), text))[:2]:
                if line < 12:
                    walk.terminal.click(found.start() + 3, line)
                    clicks += 1
        walk.terminal.rests(0.2)
        walk.terminal.assert_alive()
        assert "─ Quit? ─" not in walk.terminal.look().text(), title
        walk.leave()
    assert clicks > 8
    walk.section("1", "Fleet")
    walk.terminal.sees(CLICK)
    assert walk.terminal.picture.faults == []


def test_libraries_that_log_do_not_reach_the_terminal(walk: Walk, tmp_path: Path) -> None:
    (card,) = (tmp_path / "runtime").glob("*.json")
    ports = {int(port) for port in re.findall(r"127\.0\.0\.1:(\d+)", card.read_text())}
    assert len(ports) >= 2
    noises = [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64),
        b"GET / HTTP/1.1\r\n\r\n",
        b"POST /v1/call HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{\x1b[2J\xff",
        b"GET /\x1b[2J HTTP/1.1\r\nHost: x\r\n\r\n",
        handshake(b"/CP-1", agent="\x1b]0;owned\x07"),
        b"\x1b[2J\x9b31m" * 100,
        b"GET /x HTTP/9.9\r\n" + b"A: b\r\n" * 400,
    ]
    for port in ports:
        for noise in noises:
            for reset in (True, False):
                with socket.create_connection(("127.0.0.1", port), 10) as knock:
                    if reset:  # the link breaks in the middle of whatever the library is at
                        knock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    knock.sendall(noise)
    station = walk.station("CP-2")
    for text in ("nonsense", '[2,"1","Heartbeat",{}]', '[3,"x",{}]'):
        station.say(text)
    walk.section("4", "Connections")
    walk.terminal.sees("CP-2")
    walk.terminal.rests(0.3)
    assert walk.terminal.picture.faults == []
    assert b"Traceback" not in walk.terminal.raw


def resident(pid: int) -> int:
    """The process's memory in MiB."""
    found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1]) // 1024


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks at /proc")
def test_a_flood_that_is_watched_does_not_grow_the_program(walk: Walk) -> None:
    walk.section("3", "Messages")
    address = walk.base + quote("CP-FLOOD")
    began: int | None = None
    with connect(address, subprotocols=[Subprotocol("ocpp1.6")], compression=None) as link:
        for begin in range(0, FLOOD, 500):
            for number in range(begin, begin + 500):
                link.send(
                    json.dumps([2, f"n{number}", "DataTransfer", {"vendorId": "flood", "data": f"q{number:06d}"}])
                )
            for _ in range(500):
                link.recv(30)
            walk.terminal.look()
            if begin == FLOOD // 1000 * 500:
                # Halfway: at least twice what the ring holds has gone through it by now.
                began = resident(walk.terminal.process.pid)
    walk.terminal.sees(f"q{FLOOD - 1:06d}", "TAIL")
    assert began is not None
    grown = resident(walk.terminal.process.pid) - began
    assert grown < 16, f"{grown} MiB more after another {FLOOD // 2} messages"
    assert walk.terminal.picture.faults == []
    # And it still hears keys at once.
    since = time.monotonic()
    walk.section("1", "Fleet")
    walk.terminal.sees("CP-FLOOD")
    assert time.monotonic() - since < 5
