"""The fuzzer's road holds for what is right, and tells what is not."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.fuzz import Finds, schemas
from benchmarks.fuzz_frames import seeds, target
from benchmarks.fuzz_road import Broken, Road
from benchmarks.schema_words import call_text, words
from console.engine.dialects import VERSIONS, dialect
from console.engine.dialects.base import Answer
from console.engine.wire.schema import actions, violations


@pytest.mark.parametrize("version", VERSIONS)
def test_the_words_of_every_schema_are_valid_and_their_mutations_mostly_are_not(version: str) -> None:
    wrong = 0
    for action in sorted(actions(version)):
        for answer in (False, True):
            try:
                made = words(version, action, answer=answer)
            except KeyError:
                assert answer, f"{action} has no request"
                continue
            for _ in range(5):
                payload = made.valid()
                assert violations(version, action, payload, answer=answer) == (), (action, payload)
                wrong += violations(version, action, made.broken(payload), answer=answer) != ()
    assert wrong > len(actions(version)) * 4


async def test_a_few_rounds_of_everything_find_nothing(tmp_path: Path) -> None:
    finds = Finds(tmp_path)
    cases = await schemas(6, 3, finds)
    assert finds.places == {}
    assert cases["cases"] > 1000
    assert 0.3 < cases["valid"] / cases["cases"] < 0.7


def _with(road: Road, monkeypatch: pytest.MonkeyPatch, answer: Any) -> None:
    monkeypatch.setattr(type(road.dialect), "answer", lambda *_: answer())


def _boom() -> Answer:
    raise ZeroDivisionError


def test_what_the_console_logs_is_taken_only_while_a_road_hears(caplog: pytest.LogCaptureFixture) -> None:
    first, _second = Road("1.6"), Road("2.0.1")
    first.call("1", "Heartbeat", {}, call_text("1", "Heartbeat", {}))
    logging.getLogger("chargehand.simulator").warning("a word to the person who runs it")
    assert "a word to the person who runs it" in caplog.text


def test_what_the_dialect_raises_is_a_find_even_though_the_link_survives_it(monkeypatch: pytest.MonkeyPatch) -> None:
    road, _another = Road("1.6"), Road("2.0.1")
    _with(road, monkeypatch, _boom)
    with pytest.raises(ZeroDivisionError):
        road.call("1", "Authorize", {"idTag": "A"}, call_text("1", "Authorize", {"idTag": "A"}))


def test_an_answer_that_breaks_its_schema_is_a_find(monkeypatch: pytest.MonkeyPatch) -> None:
    road = Road("1.6")
    _with(road, monkeypatch, lambda: Answer(payload={"status": 7}))
    with pytest.raises(Broken, match="breaks its schema"):
        road.call("1", "Authorize", {"idTag": "A"}, call_text("1", "Authorize", {"idTag": "A"}))


def test_a_valid_call_that_is_refused_is_a_find(monkeypatch: pytest.MonkeyPatch) -> None:
    road = Road("2.0.1")
    refusal = dialect("2.0.1").refuse("internal", "no")
    _with(road, monkeypatch, lambda: Answer(refusal=refusal))
    with pytest.raises(Broken, match="a valid call was refused"):
        road.call("1", "Heartbeat", {}, call_text("1", "Heartbeat", {}))


def test_what_escapes_is_written_so_that_it_can_be_repeated(tmp_path: Path) -> None:
    finds = Finds(tmp_path)
    for turn in range(5):
        try:
            raise ValueError("here")
        except ValueError as error:
            finds.add(error, {"text": f"[2,{turn}]"})
    written = [json.loads(path.read_text()) for path in tmp_path.glob("schema-*.json")]
    assert list(finds.places.values()) == [5]
    assert len(written) == 3
    assert "ValueError: here" in written[0]["error"]


def test_the_seeds_of_the_frame_fuzzer_pass(tmp_path: Path) -> None:
    hear = target()
    assert seeds(tmp_path) > 100
    for path in tmp_path.iterdir():
        hear(path.read_bytes())


async def test_without_atheris_hypothesis_makes_the_frames(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['atheris'] = None; from benchmarks.fuzz_frames import main; from pathlib import Path;"
    )
    code += f"sys.exit(main(1, Path({str(tmp_path)!r})))"
    run = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE)
    said, _ = await run.communicate()
    assert run.returncode == 0
    assert said.startswith(b"fuzzed by hypothesis")
