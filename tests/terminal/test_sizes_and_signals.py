"""Row 88 of the fault matrix: windows of any size, no colours, dumb terminals, terminals that go away or stand still."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.terminal.conftest import ANY_PORT
from tests.terminal.hostile import tells_16, tells_row
from tests.terminal.pseudo import CONSOLE, PseudoTerminal
from tests.terminal.walk import Walk

Open = Callable[..., PseudoTerminal]


@pytest.fixture
def opened(environment: dict[str, str], tmp_path: Path) -> Iterator[Open]:
    """``opened(size=…, TERM=…)``: a console of its own in a terminal of that size."""
    made: list[PseudoTerminal] = []

    def run(
        *words: str, size: tuple[int, int] = (120, 36), program: tuple[str, ...] = CONSOLE, **variables: str
    ) -> PseudoTerminal:
        own = words or ("run", "--data", str(tmp_path / f"data-{len(made)}"), *ANY_PORT)
        found = PseudoTerminal(*own, environment={**environment, **variables}, size=size, program=program)
        made.append(found)
        return found

    yield run
    for one in made:
        one.close()


WIDE = ("e\u0301\u0316\u0330" * 90, "漢" * 300, "A" * 300_000, "\u0301" * 50_000, "⚡🚗👍🏽" * 30)
SIZES = ((20, 5), (1, 1), (500, 200), (79, 24), (120, 36))


def whole(terminal: PseudoTerminal, place: str) -> None:
    """Wait until every line of the window is painted from edge to edge; say where it is not."""
    deadline = time.monotonic() + 20
    while terminal.look().unpainted() and time.monotonic() < deadline:
        terminal.assert_alive()
        time.sleep(0.02)
    size = f"{terminal.picture.columns}×{terminal.picture.lines}"
    assert terminal.picture.unpainted() == [], f"{place} at {size}:\n{terminal.picture.text()}"
    assert terminal.picture.faults == [], f"{place} at {size}"


def test_every_place_fills_windows_of_any_size_from_edge_to_edge(opened: Open) -> None:
    terminal = opened()
    terminal.sees("No charger has called yet", "ws://127.0.0.1:")
    walk = Walk(terminal)
    for number, text in enumerate(
        ("e\u0301\u0316\u0330" * 90, "漢" * 300, "A" * 300_000, "\u0301" * 50_000, "⚡🚗👍🏽" * 30)
    ):
        tells_row(walk.station(f"{number}"), walk.say, text)
    tells_16(walk.station("ev"), walk.say)
    places: list[tuple[str, Callable[[], None]]] = [
        ("Fleet", lambda: walk.section("1", "Fleet")),
        ("Sessions", lambda: walk.section("2", "Sessions")),
        ("Messages", lambda: walk.section("3", "Messages")),
        ("a message", lambda: walk.press("\r")),
        ("Connections", lambda: walk.section("4", "Connections")),
        ("Alarms", lambda: walk.section("5", "Alarms")),
        ("Files", lambda: walk.section("6", "Files")),
        ("a station", lambda: walk.command("station ev")),
        ("help", lambda: walk.press("?")),
    ]
    for place, go in places:
        go()
        terminal.rests(0.1)
        for size in SIZES:
            terminal.resize(*size)
            whole(terminal, place)
    walk.close()


def ready(terminal: PseudoTerminal) -> None:
    """Wait until the console stands."""
    terminal.sees("No charger has called yet", "ws://127.0.0.1:")


def test_without_colours_it_says_the_same(opened: Open) -> None:
    terminal = opened(NO_COLOR="1")
    ready(terminal)
    assert terminal.picture.faults == []
    colours = terminal.colours()
    assert colours
    assert all(red == green == blue for red, green, blue in colours)


@pytest.mark.parametrize("kind", ["dumb", "unknown", "vt100", ""])
def test_a_terminal_of_another_kind_is_drawn_on_all_the_same(opened: Open, kind: str) -> None:
    terminal = opened(TERM=kind)
    ready(terminal)
    terminal.press("\x11")
    assert terminal.wait() == 0


def test_a_terminal_that_goes_away_ends_it_within_seconds(opened: Open, tmp_path: Path) -> None:
    runtime = tmp_path / "runtime"
    terminal = opened(CHARGEHAND_RUNTIME_DIR=str(runtime))
    ready(terminal)
    walk = Walk(terminal)
    walk.station("ev").call("BootNotification", {"chargePointVendor": "a", "chargePointModel": "b"})
    terminal.sees("ev")
    terminal.hang_up()
    assert terminal.process.wait(15) == 0
    walk.close()
    # Nothing is left that says that a console runs, and nothing that the journal has still to take in.
    assert list(runtime.glob("*.json")) == []
    assert [one.name for one in (tmp_path / "data-0").iterdir() if one.name.endswith(("-wal", "-shm"))] == []


def state(pid: int) -> str:
    """How the process is: ``T`` stands still."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks at /proc")
def test_suspended_it_gives_the_terminal_back_and_takes_it_again(opened: Open) -> None:
    terminal = opened()
    ready(terminal)
    taken = terminal.modes()
    assert taken != terminal.modes_before
    os.kill(terminal.process.pid, signal.SIGTSTP)
    until(lambda: state(terminal.process.pid) == "T", "standing still")
    terminal.rests(0.1)
    assert terminal.modes() == terminal.modes_before
    assert bytes(terminal.raw).rpartition(b"\x1b[?1049")[2][:1] == b"l"
    terminal.resize(120, 36)
    os.kill(terminal.process.pid, signal.SIGCONT)
    ready(terminal)
    whole(terminal, "after it")
    assert terminal.modes() == taken
    terminal.press("\x11")
    assert terminal.wait() == 0
    assert terminal.modes() == terminal.modes_before


def until(condition: Callable[[], Any], what: str) -> None:
    """Wait for it."""
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


@pytest.mark.parametrize("without", ["</dev/null", "2>words", "<&-"])
def test_without_a_terminal_it_says_what_runs_without_one(opened: Open, tmp_path: Path, without: str) -> None:
    words = " ".join([*CONSOLE, "run", "--data", str(tmp_path / "data"), *ANY_PORT])
    line = f"cd {tmp_path}; {words} {without}; echo code $?; cat words 2>&-"
    terminal = opened("-c", line, program=("/bin/sh",))
    terminal.process.wait(30)
    terminal.rests(0.2)
    said = bytes(terminal.raw).decode()
    assert "code 2\r\n" in said
    assert "No terminal: " in said
    assert "chargehand serve" in said
    assert "\x1b" not in said
