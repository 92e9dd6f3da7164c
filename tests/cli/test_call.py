from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from console.commands.call import _at_home, _hints, _setting

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["CP-1", "clear-cache"], 0, ""),
        (["cp-1", "clear-cache", "--no-wait"], 0, ""),
        (["CP-1", "--raw", "GetLocalListVersion", "{}"], 0, ""),
        (["CP-1", "reset", "type=soft"], 3, "Rejected"),
        (["CP-1", "unlock", "connector=1"], 3, "CALLERROR NotImplemented: no"),
        (["CP-1", "unlock", "connector=1", "--no-wait"], 3, "CALLERROR NotImplemented"),
        (["CP-1", "--raw", "UnlockConnector", '{"connectorId": 1}'], 3, "CALLERROR NotImplemented"),
        (["CP-1", "data-transfer", "vendor=x"], 4, "$.status"),
        (["CP-1", "trigger", "message=Heartbeat", "--timeout", "0.3"], 4, "within 0.3 s"),
        (["CP-1", "--raw", "GetConfiguration", "{}", "--timeout", "0.3"], 4, "no answer within 0.3 s"),
        (["CP-9", "reset", "type=soft"], 5, "CP-9"),
        (["CP-9", "--raw", "Reset", "{}"], 5, "CP-9"),
        (["CP-1", "reset", "type=gentle"], 2, "soft or hard"),
        (["CP-1", "reset", "gentle"], 2, "name=value"),
        (["CP-1", "explode"], 2, "explode"),
        (["CP-1"], 2, "order"),
        ([], 2, "STATION"),
        (["CP-1", "--raw", "Reset", "{"], 2, "not JSON"),
        (["CP-1", "--raw", "Reset"], 2, "--raw"),
        (["CP-1", "reset", "--raw", "Reset", "{}"], 2, "not both"),
        (["CP-1", "clear-cache", "--timeout", "0"], 2, "--timeout"),
        (["CP-1", "clear-cache", "--timeout", "soon"], 2, "--timeout"),
        (["CP-1", "clear-cache", "--api", "http://127.0.0.1:1"], 2, "http://127.0.0.1:1"),
        (["CP-1", "clear-cache", "--api", "ftp://x"], 2, "ftp://x"),
        (["CP-1", "firmware", "file=./no/such/file"], 2, "no such file"),
    ],
)
def test_the_exit_code_and_the_sentence_tell_how_it_went(
    chargehand: Run, site: Any, words: list[str], code: int, said: str
) -> None:
    done = chargehand("call", *words)
    assert done.returncode == code, (done.stdout, done.stderr)
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    if code == 0:
        assert done.stderr == ""
        assert done.stdout.startswith(words[0])
    if code == 2:
        assert done.stderr.count("\n") == 1
        assert done.stdout == ""


@pytest.mark.parametrize(
    ("words", "code", "seen", "outcome"),
    [
        (["clear-cache"], 0, True, "result"),
        (["clear-cache", "--no-wait"], 0, None, "result"),
        (["--raw", "GetLocalListVersion", "{}"], 0, None, "result"),
        (["reset", "type=soft"], 3, False, "result"),
        (["unlock", "connector=1"], 3, False, "error"),
        (["--raw", "GetConfiguration", "{}", "--timeout", "0.3"], 4, False, "timeout"),
    ],
)
def test_json_prints_the_exchange_and_the_effect(
    chargehand: Run, site: Any, words: list[str], code: int, seen: bool | None, outcome: str
) -> None:
    done = chargehand("call", "CP-1", *words, "--json")
    assert done.returncode == code
    told = json.loads(done.stdout)
    assert set(told) == {"exchange", "effect"}
    assert set(told["effect"]) == {"seen", "text"}
    assert isinstance(told["effect"]["seen"], bool)
    assert seen is None or told["effect"]["seen"] is seen
    assert told["exchange"]["outcome"] == outcome
    assert told["exchange"]["direction"] == "out"


def test_firmware_is_sent_from_this_machine_and_offered_by_the_console(
    chargehand: Run, site: Any, tmp_path: Path
) -> None:
    image = tmp_path / "fw 2.0.bin"
    image.write_bytes(b"firmware")
    done = chargehand("call", "CP-1", "firmware", f"file={image}", "--no-wait", "--json")
    assert done.returncode == 0, done.stderr
    location = json.loads(done.stdout)["exchange"]["request"]["location"]
    assert location.startswith(site.ready["files"])
    assert location.endswith("/fw_2.0.bin")
    assert (site.data / "files" / "images" / "fw_2.0.bin").read_bytes() == b"firmware"


def test_an_order_is_in_the_audit_log_of_the_server(chargehand: Run, site: Any) -> None:
    chargehand("call", "CP-1", "clear-cache", USER="jo")
    given = [line for line in site.log.read_text().splitlines() if "order.given CP-1" in line]
    assert any('"by":"api jo (127.0.0.1)"' in line for line in given)


def test_a_person_on_the_consoles_machine_is_told_the_whole_path_of_an_upload(tmp_path: Path) -> None:
    told = {"effect": {"seen": True, "text": "9 bytes arrived after 1.0 s, saved as files/received/cp-1/x.zip"}}
    _at_home(told, None)
    assert told["effect"]["text"] == "9 bytes arrived after 1.0 s, saved as files/received/cp-1/x.zip"
    _at_home(told, tmp_path)
    assert told["effect"]["text"] == f"9 bytes arrived after 1.0 s, saved as {tmp_path}/files/received/cp-1/x.zip"


@pytest.mark.parametrize(
    ("value", "line"),
    [
        (
            {"variable": "HeartbeatInterval", "value": "300", "mutability": "ReadOnly"},
            "HeartbeatInterval = 300 (read only)",
        ),
        ({"variable": "AuthorizationKey", "value": None, "component": None}, "AuthorizationKey = not told"),
        (
            {
                "component": "EVSE",
                "evse": 1,
                "variable": "Power",
                "instance": "L1",
                "attribute": "MaxSet",
                "value": "22",
            },
            "EVSE[1].Power[L1] (MaxSet) = 22",
        ),
    ],
)
def test_a_setting_is_one_line(value: dict[str, Any], line: str) -> None:
    assert _setting(value) == line


def test_a_hint_does_not_say_what_the_complaint_has_said() -> None:
    told = {
        "exchange": {"error": {"code": "NotImplemented", "description": "This station does not know it."}},
        "hints": ["This station does not know it – update its firmware", "This station does not know it.", "try raw"],
    }
    assert list(_hints(told)) == ["update its firmware", "try raw"]
    assert list(_hints({"exchange": {"error": None}, "hints": ["look"]})) == ["look"]
