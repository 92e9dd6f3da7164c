"""docs/keys.md names every key and every command of the screen."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from console.engine.orders.table import key_rows
from console.screens.base import key_label
from console.screens.commands import WORDS

PAGE = (Path(__file__).parents[2] / "docs" / "keys.md").read_text()
NAMES = {
    "delete": "del",
    "pageup": "page up",
    "pagedown": "page down",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "plus": "+",
}
WHO: list[tuple[str, str]] = [
    ("frame", "Frame"),
    ("fleet", "FleetSection"),
    ("station", "StationSection"),
    ("station_overview", "OverviewPane"),
    ("station_config", "ConfigPane"),
    ("sessions_panel", "SessionsPanel"),
    ("session_detail", "SessionDetail"),
    ("message_panel", "MessagesPanel"),
    ("messages", "MessagesSection"),
    ("exchange", "ExchangeSection"),
    ("connections", "ConnectionsSection"),
    ("alarms", "AlarmsSection"),
    ("files", "FilesSection"),
    ("order_form", "OrderForm"),
    ("run_panel", "RunPanel"),
]


def label(key: str) -> str:
    return key if "+" in key else NAMES.get(key, key_label(key))


@pytest.mark.parametrize(("module", "name"), WHO)
def test_every_key_stands_on_the_page(module: str, name: str) -> None:
    cls: Any = getattr(import_module(f"console.screens.{module}"), name)
    for binding in cls.BINDINGS:
        first = binding.key.split(",")[0]
        if first.isdigit():
            continue
        assert f"`{label(first)}" in PAGE or f"{label(first)}`" in PAGE, (name, first)


def test_every_key_of_an_order_and_every_command_stands_on_the_page() -> None:
    for key, _, _ in key_rows():
        assert f"`{key}`" in PAGE
    for word in WORDS:
        assert f"`:{word.name}" in PAGE, word.name
