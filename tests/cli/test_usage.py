from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from console import cli
from console.cli import main, quick_options
from console.engine.options import EngineOptions

Run = Callable[..., "subprocess.CompletedProcess[str]"]

COMMANDS = ("run", "demo", "serve", "call", "stations", "connectors", "transactions", "messages", "connections")
MORE_COMMANDS = ("alarms", "export", "simulate", "profile", "trust", "orders", "files", "samples")
ACTS = ("accept", "refuse", "close", "mark", "acknowledge")


def test_help_names_every_command(chargehand: Run) -> None:
    done = chargehand("--help")
    assert done.returncode == 0
    for command in (*COMMANDS, *MORE_COMMANDS, *ACTS):
        assert f"\n  {command} " in done.stdout
        assert chargehand(command, "--help").returncode == 0


def test_the_version_is_told(chargehand: Run) -> None:
    done = chargehand("--version")
    assert (done.returncode, done.stdout) == (0, "chargehand 0.1.0\n")


@pytest.mark.parametrize(
    "words",
    [
        ["explode"],
        ["stations", "--frobnicate"],
        ["messages", "--limit", "many"],
        ["messages", "nonsense:x"],
        ["serve", "--profile", "no-such-profile"],
        ["serve", "--listen", "nowhere"],
        ["serve", "--listen", "wss://127.0.0.1:0"],
        ["simulate", "http://127.0.0.1:1"],
        ["simulate", "ws://127.0.0.1:99999/"],
        ["simulate", "ws://[::1"],
        ["simulate", "ws://127.0.0.1:1", "--fleet", "no-such-fleet"],
        ["demo", "--fleet", "no-such-fleet"],
        ["demo", "--stations", "0"],
        ["run", "--nonsense"],
        ["--nonsense"],
        ["--profile", "no-such-profile"],
        ["profile", "show", "no-such-profile"],
        ["profile", "check", "no-such-file.toml"],
        ["profile"],
        ["export", "messages"],
        ["export", "messages", "-o", "x.xyz"],
        ["export", "stations", "-o", "x.csv"],
        ["export", "samples", "tx:41", "-o", "x.csv"],
        ["stations", "--api", "http://127.0.0.1:1", "--data", "x"],
    ],
)
def test_a_wrong_usage_is_one_sentence_and_2(chargehand: Run, tmp_path: Path, words: list[str]) -> None:
    done = chargehand(*words, CHARGEHAND_RUNTIME_DIR=str(tmp_path), CHARGEHAND_DATA_DIR=str(tmp_path / "data"))
    assert done.returncode == 2, (done.stdout, done.stderr)
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") == 1, done.stderr


def test_an_export_that_cannot_be_written_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "messages", "-o", "x.xyz", "--data", str(tmp_path)]) == 2
    assert capsys.readouterr().err == (
        "The export cannot be written: “x.xyz” has no ending that can be written. Use .jsonl or .csv.\n"
    )


def test_what_cannot_be_exported_is_told_before_a_console_is_looked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "bogus", "-o", "x.csv", "--api", "http://127.0.0.1:1"]) == 2
    assert "“bogus” cannot be exported: messages, transactions or samples." in capsys.readouterr().err


def test_orders_are_listed_and_one_is_told_with_its_arguments(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["orders"]) == 0
    listed = capsys.readouterr().out
    assert all(f"\n{order} " in listed for order in ("reset", "unlock", "start", "stop", "data-transfer"))
    assert main(["orders", "availability"]) == 0
    told = capsys.readouterr().out
    assert "chargehand call STATION availability operative=true|false" in told
    assert "  operative  needed; true or false" in told
    assert main(["orders", "explode"]) == 2
    assert main(["orders", "--json"]) == 0
    assert '"id":"reset"' in capsys.readouterr().out


def test_one_warning_of_a_profile_is_a_warning(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    doubtful = tmp_path / "doubtful.toml"
    doubtful.write_text('name = "doubtful"\n[listen]\naddress = "0.0.0.0:9000"\n')
    assert main(["profile", "check", str(doubtful)]) == 0
    told = capsys.readouterr()
    assert told.err.count("warning: ") == 1
    assert "can be used (1 warning)\n" in told.out


def test_a_fault_of_this_program_is_one_sentence_and_2_and_its_place_is_told_on_demand(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fault(_given: list[str]) -> int:
        raise ZeroDivisionError("it cannot be")

    monkeypatch.setattr(cli, "_dispatch", fault)
    assert main(["stations"]) == 2
    told = capsys.readouterr().err
    assert told.startswith("An error of this program: ZeroDivisionError: it cannot be. ")
    assert told.count("\n") == 1
    monkeypatch.setenv("CHARGEHAND_DEBUG", "1")
    assert main(["stations"]) == 2
    assert "in fault" in capsys.readouterr().err


def test_profiles_are_listed_shown_found_and_checked(chargehand: Run, tmp_path: Path) -> None:
    listed = chargehand("profile", "list").stdout
    assert all(name in listed for name in ("bench", "fleet", "strict", "tradeshow"))
    shown = chargehand("profile", "show", "fleet").stdout
    assert "[[stations]]" in shown
    assert "# " in shown
    path = Path(chargehand("profile", "path", "fleet").stdout.strip())
    assert path.read_text() == shown
    assert chargehand("profile", "path").returncode == 0
    assert chargehand("profile", "check", str(path)).returncode == 0
    wrong = tmp_path / "wrong.toml"
    wrong.write_text('name = "wrong"\n[listen]\naddress = 9000\nsecurity = 1\n')
    done = chargehand("profile", "check", str(wrong))
    assert done.returncode == 2
    assert "wrong.toml, line 3" in done.stderr
    assert "wrong.toml, line 4" in done.stderr


def test_the_short_way_to_run_reads_flags_as_typer_does() -> None:
    read = quick_options(
        ["--profile", "fleet", "--listen=127.0.0.1:0", "--listen", "[::1]:0", "--api", "a:1", "--files=b:2",
         "--data", "d", "--read-only", "--insecure"]
    )  # fmt: skip
    assert read == EngineOptions(
        profile="fleet",
        listen=("127.0.0.1:0", "[::1]:0"),
        api="a:1",
        files="b:2",
        data=Path("d"),
        read_only=True,
        insecure=True,
    )
    assert quick_options([]) == EngineOptions()
    for more in (["--help"], ["--profile"], ["--listen", "--api"], ["word"], ["--read-only=yes"], ["--data="]):
        assert quick_options(more) is None


def test_typer_reads_them_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    from console.commands import screen
    from console.commands.program import run_program

    seen: list[EngineOptions] = []

    def run(options: EngineOptions) -> int:
        seen.append(options)
        return 0

    monkeypatch.setattr(screen, "run", run)
    words = ["--profile", "fleet", "--listen", "a:1", "--listen", "b:2", "--data", "d", "--read-only"]
    assert run_program(["run", *words]) == 0
    assert seen == [quick_options(words)]


def test_the_way_to_the_screen_loads_nothing_heavy() -> None:
    code = (
        "import sys, console.cli as cli\n"
        "cli.quick_options(['--profile', 'bench'])\n"
        "heavy = {'typer', 'rich', 'textual', 'httpx', 'uvicorn', 'starlette', 'ocpp', 'cryptography', 'asyncio'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"
