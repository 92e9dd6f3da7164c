"""However the console ends, or never begins, the terminal is given back as it was and the shell gets a code it can use."""

from __future__ import annotations

import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.terminal.conftest import ANY_PORT, OpenTerminal, Terminal

PROGRAM = [sys.executable, "-m", "console"]


def open_shell(terminal: OpenTerminal) -> Terminal:
    """A shell in a terminal of its own."""
    found = terminal(program=["sh"])
    found.type("PS1='READY '; clear\n")
    found.sees("READY")
    return found


@pytest.fixture
def shell(terminal: OpenTerminal) -> Terminal:
    """A shell in a terminal."""
    return open_shell(terminal)


def run(shell: Terminal, *words: str) -> None:
    """Type a console command; when it has ended, the shell tells its code and what the terminal does with keys."""
    line = shlex.join([*PROGRAM, *words])
    shell.type(f"clear; {line}; echo code $? $(stty -a | grep -o -- '[ -]echo \\|[ -]icanon' | tr -d '\\n')\n")


def given_back(shell: Terminal, code: int) -> str:
    """Wait for the end; the picture, of a terminal that is an ordinary one again."""
    text = shell.sees(f"code {code} ", "icanon", "echo")
    assert "-icanon" not in text
    assert "-echo" not in text
    flags = shell.tmux("display-message", "-p", "-t", "it", "#{alternate_on}#{mouse_any_flag}#{cursor_flag}").strip()
    assert flags == "001"
    return text


def child_of(pid: int) -> int | None:
    """The process that a shell waits for."""
    found = subprocess.run(["ps", "--ppid", str(pid), "-o", "pid="], capture_output=True, text=True, check=False)
    return int(found.stdout.split()[0]) if found.stdout.split() else None


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_cleanly(
    shell: Terminal, tmp_path: Path, environment: dict[str, str], number: signal.Signals
) -> None:
    run(shell, "run", "--data", str(tmp_path), *ANY_PORT)
    shell.sees("No charger has called yet", "ws://127.0.0.1:")
    pid = child_of(shell.pid)
    assert pid is not None
    subprocess.run(["kill", f"-{number.value}", str(pid)], check=True)
    given_back(shell, 0)
    assert list(Path(environment["CHARGEHAND_RUNTIME_DIR"]).glob("*.json")) == []
    assert not [one.name for one in tmp_path.iterdir() if one.name.endswith(("-wal", "-shm"))]


def test_ctrl_q_without_links_ends_it_at_once(shell: Terminal, tmp_path: Path) -> None:
    run(shell, "run", "--data", str(tmp_path), *ANY_PORT)
    shell.sees("No charger has called yet", "ws://127.0.0.1:")
    shell.press("C-q")
    given_back(shell, 0)


@pytest.fixture
def taken() -> Iterator[str]:
    """An address that another program listens on."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield f"127.0.0.1:{other.getsockname()[1]}"


def test_a_taken_port_is_one_sentence_and_code_2(shell: Terminal, tmp_path: Path, taken: str) -> None:
    run(shell, "run", "--data", str(tmp_path), *ANY_PORT[2:], "--listen", taken)
    assert f"{taken} is in use by another program" in given_back(shell, 2).replace("\n", "")


def test_a_profile_that_cannot_be_read_is_one_sentence_and_code_2(shell: Terminal, tmp_path: Path) -> None:
    profile = tmp_path / "broken.toml"
    profile.write_text('name = "x\n')
    run(shell, "run", "--profile", str(profile), "--data", str(tmp_path / "data"), *ANY_PORT)
    assert "broken.toml, line 1" in given_back(shell, 2).replace("\n", "")


def test_a_directory_that_cannot_be_made_is_one_sentence_and_code_2(shell: Terminal, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    run(shell, "run", "--data", str(tmp_path / "file" / "data"), *ANY_PORT)
    assert "cannot be made" in given_back(shell, 2).replace("\n", "")


def test_a_directory_in_use_names_the_other_console(shell: Terminal, terminal: OpenTerminal, tmp_path: Path) -> None:
    first = open_shell(terminal)
    run(first, "run", "--data", str(tmp_path), *ANY_PORT)
    first.sees("No charger has called yet")
    run(shell, "run", "--data", str(tmp_path), *ANY_PORT)
    assert f"process {child_of(first.pid)}" in given_back(shell, 2).replace("\n", "")
    first.press("C-q")
    given_back(first, 0)
