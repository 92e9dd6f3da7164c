"""A console as people and scripts have it: the program in a terminal of its own, and commands that end."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PATIENCE_S = 30.0
ANY_PORT = ["--listen", "127.0.0.1:0", "--api", "127.0.0.1:0", "--files", "127.0.0.1:0"]

# Stations that do nothing by themselves, and at once what they are told; one for each thing that is tried.
FLEET = """
title = "Calm"

[behaviour]
sessions = false
meter_seconds = 0.5
reboot_seconds = [0.3, 0.6]
transfer_seconds = 0.5
install_seconds = 0.5
start_spread_seconds = 0.2
redial_seconds = 0.5
"""
STATIONS = {"CP-RESET": "1.6", "CP-SESSION": "1.6", "CS-SESSION": "2.0.1", "CP-UNLOCK": "1.6", "CP-IMAGE": "1.6"}
STATIONS |= {"CS-IMAGE": "2.1", "CP-LOG": "1.6", "CS-LOG": "2.0.1"}


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The fleet as a file."""
    path = tmp_path_factory.mktemp("fleet") / "calm.toml"
    stations = [
        f'[[stations]]\nidentity = "{name}"\nvendor = "Acme"\nmodel = "One"\nocpp = "{version}"\n'
        for name, version in STATIONS.items()
    ]
    path.write_text("\n".join([FLEET, *stations]))
    return path


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of every program: nothing of the user who runs the tests."""
    home = tmp_path_factory.mktemp("home")
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "COVERAGE_PROCESS_START") if name in os.environ}
    return {
        **kept,
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "TERM": "xterm-256color",
        "PYTHONPATH": str(ROOT),
        "CHARGEHAND_RUNTIME_DIR": str(home / "runtime"),
        "CHARGEHAND_CONFIG_DIR": str(home / "config"),
        "CHARGEHAND_DATA_DIR": str(home / "data"),
    }


Command = Callable[..., "subprocess.CompletedProcess[str]"]
Rows = Callable[..., list[dict[str, Any]]]


@pytest.fixture(scope="module")
def chargehand(environment: dict[str, str]) -> Command:
    """Run a command to its end; it finds the console of this module by itself."""

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        program = [sys.executable, "-m", "console", *words]
        done = subprocess.run(
            program, env=environment, capture_output=True, text=True, timeout=100, stdin=subprocess.DEVNULL, check=False
        )
        assert "Traceback" not in done.stderr
        return done

    return run


@pytest.fixture(scope="module")
def rows(chargehand: Command) -> Rows:
    """The rows that a command prints with ``--json``."""

    def ask(*words: str) -> list[dict[str, Any]]:
        done = chargehand(*words, "--json")
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    return ask


def until(condition: Callable[[], object], what: str, within: float = PATIENCE_S) -> None:
    """Wait for a condition of the world outside, with a deadline."""
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not come within {within:g} s"
        time.sleep(0.05)


class Terminal:
    """A program in a tmux window of its own: keys go in, the picture comes out."""

    def __init__(self, words: list[str], environment: dict[str, str], socket: Path, size: tuple[int, int]) -> None:
        self._tmux = ["tmux", "-S", str(socket), "-f", os.devnull]
        self._environment = environment
        columns, lines = size
        # The window outlives the program, so that its last picture can be looked at.
        self.tmux("new-session", "-d", "-s", "it", "-x", str(columns), "-y", str(lines), "sleep infinity")
        self.tmux("set-option", "-g", "remain-on-exit", "on")
        self.tmux("respawn-pane", "-k", "-t", "it", *words)

    def tmux(self, *words: str) -> str:
        """What a tmux command prints."""
        done = subprocess.run(
            [*self._tmux, *words], env=self._environment, capture_output=True, text=True, timeout=30, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def text(self) -> str:
        """The picture."""
        return self.tmux("capture-pane", "-p", "-t", "it")

    def sees(self, *words: str, without: str = "", within: float = PATIENCE_S) -> str:
        """Wait until all these words stand in the picture (and another does not); gives the picture."""
        deadline = time.monotonic() + within
        while True:
            text = self.text()
            missing = [word for word in words if word not in text]
            if not missing and (not without or without not in text):
                return text
            assert time.monotonic() < deadline, f"{missing or 'no more ' + without} never came:\n{text}"
            time.sleep(0.05)

    def press(self, *keys: str) -> None:
        """Press keys, by tmux's names of them."""
        self.tmux("send-keys", "-t", "it", *keys)

    def type(self, text: str) -> None:
        """Type a text, all at once as a paste."""
        self.tmux("send-keys", "-t", "it", "-l", text)

    @property
    def pid(self) -> int:
        """The program's process."""
        return int(self.tmux("display-message", "-p", "-t", "it", "#{pane_pid}"))

    def close(self) -> None:
        """End it all."""
        self.tmux("kill-server")


OpenTerminal = Callable[..., Terminal]


@pytest.fixture(scope="module")
def terminal(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenTerminal]:
    """``terminal("demo", …)``: a console command (or another ``program``) in a terminal; ended with the module."""
    if shutil.which("tmux") is None:
        if os.environ.get("CI"):
            pytest.fail("tmux is missing: the console is driven in a real terminal, install tmux on this machine")
        pytest.skip("tmux is missing: it is the real terminal that these tests press keys in")
    opened: list[Terminal] = []

    def start(
        *words: str, program: Sequence[str] = (sys.executable, "-m", "console"), size: tuple[int, int] = (120, 36)
    ) -> Terminal:
        socket = tmp_path_factory.mktemp("tmux") / "socket"
        found = Terminal([*program, *words], environment, socket, size)
        opened.append(found)
        return found

    yield start
    for one in opened:
        one.close()
