"""What an order lists is printed, one thing a line; what the end says already is not said twice."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from console.commands import call

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def test_what_an_answer_tells_is_its_end(chargehand: Run, site: Any) -> None:
    done = chargehand("call", "CP-1", "list-version")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[1:] == ["done: local list version 7"]


def test_a_list_stands_before_its_end(capsys: pytest.CaptureFixture[str]) -> None:
    told: dict[str, Any] = {
        "exchange": {"action": "GetDisplayMessages", "latency_ms": 3.0},
        "effect": {"seen": True, "text": "2 messages in 2 parts"},
        "verdict": "Accepted",
        "lines": ["message 1, InFront: “\x1b[2Jone” (UTF8)", "message 2, NormalCycle: “two” (UTF8)"],
        "exit_code": 0,
    }
    assert call._tell("CP-1", "displays", told, as_json=False) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("CP-1: GetDisplayMessages Accepted")
    assert "\x1b" not in lines[1], "a station's text draws nothing"
    assert lines[2:] == ["message 2, NormalCycle: “two” (UTF8)", "done: 2 messages in 2 parts"]
