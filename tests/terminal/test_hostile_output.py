"""Row 79 of the fault matrix without a screen: what commands print, in a terminal and into a pipe, steers nothing."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.terminal.conftest import ANY_PORT, Command
from tests.terminal.hostile import Mouth, Station, corpus, handshake, knocks, tells_2, tells_16, tells_row
from tests.terminal.pseudo import CONSOLE, PseudoTerminal

TABLES = ("stations", "connectors", "transactions", "messages", "connections", "alarms")
_STEERING = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def steering(text: str) -> list[str]:
    """What of a text a terminal would obey, hide or turn round, with what stands around it."""
    return [
        f"U+{ord(one):04X} in {text[max(0, at - 20) : at + 20]!r}"
        for at, one in enumerate(text)
        if one != "\n" and unicodedata.category(one) in _STEERING
    ][:5]


@pytest.fixture(scope="module")
def said() -> Mouth:
    """What was said."""
    return Mouth()


@pytest.fixture(scope="module")
def log(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory, said: Mouth) -> Iterator[Path]:
    """A console without a screen that hostile stations have talked to; its log."""
    folder = tmp_path_factory.mktemp("serve")
    path = folder / "log"
    with path.open("wb") as file:
        words = [*CONSOLE, "serve", "--data", str(folder / "data"), *ANY_PORT]
        console = subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, stderr=file)
        assert console.stdout is not None
        ready: dict[str, Any] = json.loads(console.stdout.readline())
        base = re.match(r"ws://127\.0\.0\.1:(\d+)/", ready["listen"][0])
        assert base is not None
        stations: list[Station] = []
        for text in corpus():
            if not re.search("[\ud800-\udfff]", text):
                stations.append(Station(base[0], said.identity(text)))
                tells_row(stations[-1], said, text)
        stations += [Station(base[0], "ev-16"), Station(base[0], "ev-20", version="2.0.1")]
        tells_16(stations[-2], said)
        tells_2(stations[-1], said)
        for worst, station in enumerate(stations[:6]):
            station.close(said("close reason", worst=worst)[:40])
        odd = [handshake(b"/" + said("path", worst=worst).encode()) for worst in range(5)]
        odd += [handshake(b"/x", user=said("user", worst=worst)) for worst in range(5)]
        knocks(("127.0.0.1", int(base[1])), odd)
        yield path
        console.terminate()
        console.wait(30)
        console.stdout.close()
        for station in stations:
            station.close()


@pytest.mark.parametrize("table", TABLES)
def test_a_table_in_a_terminal_has_its_own_styles_and_nothing_else(
    log: Path, said: Mouth, environment: dict[str, str], table: str
) -> None:
    terminal = PseudoTerminal(table, environment=environment, size=(180, 40))
    code = terminal.wait()
    text = bytes(terminal.raw).decode()
    terminal.close()
    assert code == 0, text
    shown = re.sub("\x1b\\[(?:1|0)m", "", text).replace("\r\n", "\n")
    assert steering(shown) == []
    assert len(said.seen(shown)) > (0 if table == "connectors" else 1)
    if table != "messages":
        assert "\\u001b" in shown


@pytest.mark.parametrize("how", [(), ("--json",)], ids=["table", "json"])
@pytest.mark.parametrize("table", TABLES)
def test_what_goes_into_a_pipe_steers_nothing_either(
    log: Path, said: Mouth, chargehand: Command, table: str, how: tuple[str, ...]
) -> None:
    done = chargehand(table, *how)
    assert done.returncode == 0, done.stderr
    assert steering(done.stdout) == []
    assert steering(done.stderr) == []
    if how:
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        assert rows
        # Nothing was lost by writing it out: the words come back as they were said.
        words = json.dumps(rows, ensure_ascii=False)
        assert said.seen(words)
        assert table != "stations" or "\u202egpj.exe" in words


@pytest.mark.parametrize("ending", ["jsonl", "csv"])
def test_an_export_is_told_and_holds_no_control_character(
    log: Path, chargehand: Command, tmp_path: Path, ending: str
) -> None:
    for kind in ("messages", "transactions"):
        path = tmp_path / f"{kind}.{ending}"
        done = chargehand("export", kind, "-o", str(path))
        assert done.returncode == 0, done.stderr
        assert steering(done.stderr) == []
        text = path.read_bytes().decode()
        lines = text.removesuffix("\n").split("\n")
        assert len(lines) > 60
        assert re.findall("[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]", text) == []
        if ending == "jsonl":
            assert all(json.loads(line) for line in lines)


def test_the_log_of_serve_is_whole_lines_that_steer_nothing(log: Path, said: Mouth) -> None:
    text = log.read_text("utf-8")
    assert steering(text) == []
    assert all(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z [A-Z]+ ", line) for line in text.splitlines())
    assert {"identity", "path", "user", "close reason"} <= set(said.seen(text))


@pytest.mark.parametrize(
    "words",
    [
        ("\x1b]0;x\x07",),
        ("--\x1b[31m",),
        ("stations", "\x9b31m"),
        ("stations", "--api", "http://\x1b[2J"),
        ("messages", "station:\x1b[2J ms:\u202e"),
        ("run", "--profile", "\x1b]52;c;AAAA\x07"),
        ("serve", "--listen", "\x1b[2J:\u202e1"),
        ("call", "ev-16", "\x1b[2J"),
        ("call", "\x1b[2J", "reset"),
        ("profile", "check", "\x1b[2J"),
        ("export", "\x1b[2J"),
        ("simulate", "ws://\x1b[2J/"),
        ("trust", "station", "\x1b[2J"),
    ],
    ids=ascii,
)
def test_what_a_person_is_told_of_words_on_the_command_line_steers_nothing(
    environment: dict[str, str], words: tuple[str, ...]
) -> None:
    terminal = PseudoTerminal(*words, environment=environment)
    terminal.process.wait(60)
    terminal.rests(0.1)
    text = bytes(terminal.raw).decode()
    terminal.close()
    shown = re.sub("\x1b\\[[01]m", "", text.replace("\r", ""))  # the heads of a table are bold
    assert "Traceback" not in shown
    assert steering(shown) == []


def test_a_profile_is_shown_as_it_is_to_a_file_and_harmless_in_a_terminal(
    environment: dict[str, str], tmp_path: Path
) -> None:
    profile = tmp_path / "odd.toml"
    text = 'name = "odd" # \x9b31m\u202e\ntitle = "\x9d0;x\x9c"\n\n[[stations]]\nid = "[@click=app.quit]"\n'
    profile.write_text(text, "utf-8")
    words = [sys.executable, "-m", "console", "profile", "show", str(profile)]
    done = subprocess.run(words, env=environment, capture_output=True, timeout=60, check=True)
    assert done.stdout.decode() == text
    terminal = PseudoTerminal("profile", "show", str(profile), environment=environment)
    assert terminal.wait() == 0
    shown = bytes(terminal.raw).decode().replace("\r\n", "\n")
    terminal.close()
    assert steering(shown) == []
    assert "\\u009b31m\\u202e" in shown
