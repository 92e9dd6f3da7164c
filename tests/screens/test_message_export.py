"""E in Messages writes what the filter finds, oldest first, with nothing secret in it."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from console.engine.addresses import on_this_machine
from console.engine.engine import Engine
from console.screens import message_export


async def test_what_the_filter_finds_is_written(
    engine: Engine, booted: Any, open_console: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(message_export, "_PAGE", 2)  # more than one page of it
    async with open_console(engine, section="messages") as console:
        station = await booted(engine)
        for number in range(5):
            await station.call("Authorize", {"idTag": f"TAG{number}"})
        console.section.set_filter("action:Authorize")
        await console.sees("TAG4")
        path = tmp_path / "new" / "found.csv"
        await console.press("E")
        await console.sees("what the filter finds")
        await console.press("ctrl+u", *str(path), "enter")
        await console.sees("5 rows written")
        with path.open() as file:
            rows = list(csv.DictReader(file))
        assert [row["action"] for row in rows] == ["Authorize"] * 5
        assert [row["request"] for row in rows] == [f'{{"idTag":"TAG{number}"}}' for number in range(5)]


async def test_an_ending_that_cannot_be_written_is_said_before_the_search(
    engine: Engine, booted: Any, open_console: Any
) -> None:
    async with open_console(engine, section="messages") as console:
        await booted(engine)
        await console.sees("BootNotification")
        await console.press("E", "ctrl+u", *"/tmp/x.pdf", "enter")
        await console.sees("no ending that can be written")


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("ws://127.0.0.1:9000/", True),
        ("wss://[::1]:9443/", True),
        ("ws://localhost:9000/", True),
        ("wss://192.168.1.20:9443/", False),
        ("ws://[fd00::1]:9000/", False),
    ],
)
def test_a_url_that_only_this_machine_reaches_is_known(url: str, here: bool) -> None:
    assert on_this_machine(url) is here


async def test_the_header_shows_the_url_that_a_charger_reaches(
    engine: Engine, open_console: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    urls = ["ws://127.0.0.1:9000/", "wss://192.168.1.20:9443/"]
    monkeypatch.setattr(Engine, "listen_urls", property(lambda _: urls))
    async with open_console(engine) as console:
        await console.sees("wss://192.168.1.20:9443/<station id>")
        await console.press("q")
        await console.sees("Also: ws://127.0.0.1:9000/")
