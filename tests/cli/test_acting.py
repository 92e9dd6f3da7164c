"""Commands for what operators do beside orders."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]

# A station that begins a session and goes away for good.
LEAVING = """
import asyncio, json, sys
from websockets.asyncio.client import connect

async def main():
    async with connect(sys.argv[1], subprotocols=["ocpp1.6"], proxy=None) as socket:
        for number, (action, payload) in enumerate([
            ("BootNotification", {"chargePointVendor": "V", "chargePointModel": "M"}),
            ("StatusNotification", {"connectorId": 1, "status": "Faulted", "errorCode": "GroundFailure"}),
            ("StartTransaction", {
                "connectorId": 1, "idTag": "TAG", "meterStart": 0, "timestamp": "2026-01-15T10:00:00Z"}),
        ]):
            await socket.send(json.dumps([2, str(number), action, payload]))
            told = json.loads(await socket.recv())[2]
        print(told["transactionId"], flush=True)

asyncio.run(main())
"""


@pytest.fixture
def left(serve: Any, tmp_path: Path) -> tuple[str, str]:
    """A console with CP-9, whose session never ended: its API and the session's id on the wire."""
    server = serve()
    (tmp_path / "leaving.py").write_text(LEAVING)
    words = [sys.executable, str(tmp_path / "leaving.py"), server.ready["listen"][0] + "CP-9"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=30, check=True)
    return server.ready["api"], done.stdout.strip()


def test_a_session_that_never_ended_is_closed_by_hand(chargehand: Run, left: tuple[str, str]) -> None:
    api, session = left
    wrong = chargehand("close", "CP-9", session + "9", "--api", api)
    assert (wrong.returncode, wrong.stderr) == (2, f"No such session: Which session? {session} runs on CP-9.\n")
    done = chargehand("close", "CP-9", "--note", "scrapped", "--api", api)
    assert (done.returncode, done.stderr) == (0, f"session {session} of CP-9 is closed by hand\n")
    (row,) = map(json.loads, chargehand("transactions", "--json", "--api", api).stdout.splitlines())
    assert row["state"] == "inferred"
    assert "(127.0.0.1)" in row["closed_by"]
    again = chargehand("close", "CP-9", "--api", api)
    assert (again.returncode, again.stderr) == (2, "No such session: No session runs on CP-9.\n")
    nobody = chargehand("close", "CP-404", "--api", api)
    assert (nobody.returncode, nobody.stderr) == (5, "No such station: No station CP-404 is known here.\n")


def test_messages_are_marked_alarms_noted_and_stations_kept_out(chargehand: Run, left: tuple[str, str]) -> None:
    api, _ = left
    assert chargehand("mark", "--api", api).returncode == 2
    first = json.loads(chargehand("messages", "--json", "--api", api).stdout.splitlines()[0])
    assert chargehand("mark", str(first["id"]), "--api", api).returncode == 0
    found = chargehand("messages", "is:marked", "--json", "--api", api).stdout.splitlines()
    assert [json.loads(line) for line in found] == [first]
    assert chargehand("mark", str(first["id"]), "--off", "--api", api).returncode == 0
    assert chargehand("messages", "is:marked", "--json", "--api", api).stdout == ""
    missing = chargehand("mark", "987654", "--api", api)
    assert (missing.returncode, missing.stderr.count("\n")) == (2, 1)

    alarms = [json.loads(line) for line in chargehand("alarms", "--json", "--api", api).stdout.splitlines()]
    numbers = [str(one["id"]) for one in alarms]
    assert chargehand("acknowledge", *numbers, "--note", "on its way", "--api", api).returncode == 0
    noted = [json.loads(line) for line in chargehand("alarms", "--json", "--api", api).stdout.splitlines()]
    assert {one["note"] for one in noted} == {"on its way"}

    assert chargehand("refuse", "CP-9", "--api", api).stderr == "CP-9 is refused\n"
    (station,) = map(json.loads, chargehand("stations", "--json", "--api", api).stdout.splitlines())
    assert station["registration"] == "Rejected"
    assert chargehand("accept", "CP-9", "--api", api).returncode == 0
    assert chargehand("accept", "CP-404", "--api", api).returncode == 5


def test_files_are_brought_listed_and_deleted(chargehand: Run, serve: Any, tmp_path: Path) -> None:
    api = serve().ready["api"]
    image = tmp_path / "fw 1.bin"
    image.write_bytes(b"x" * 2048)
    assert chargehand("files", "send", str(image), "--api", api).returncode == 0
    (row,) = map(json.loads, chargehand("files", "list", "--json", "--api", api).stdout.splitlines())
    assert (row["kind"], row["size"]) == ("image", 2048)
    assert row["name"] in chargehand("files", "list", "--api", api).stdout
    asked = chargehand("files", "delete", row["name"], "--api", api)
    assert (asked.returncode, "nothing was deleted" in asked.stderr) == (2, True)
    assert chargehand("files", "delete", row["name"], "--yes", "--api", api).returncode == 0
    assert chargehand("files", "list", "--json", "--api", api).stdout == ""
    assert chargehand("files", "send", str(tmp_path / "none.bin"), "--api", api).returncode == 2


def test_a_read_only_console_closes_no_session(chargehand: Run, serve: Any) -> None:
    first = serve("--read-only", "--listen", "127.0.0.1:0", "--api", "127.0.0.1:0", "--files", "127.0.0.1:0")
    for words in (["close", "CP-9"], ["mark", "1"], ["acknowledge", "1"], ["accept", "CP-9"]):
        done = chargehand(*words, "--api", first.ready["api"])
        assert done.returncode == 2
        assert done.stderr == "Read-only: This console is read-only: it gives no orders and changes nothing.\n"
