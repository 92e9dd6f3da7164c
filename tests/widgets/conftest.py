"""Strings that stations could send, and how to look at what a terminal would be given."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.screen import Screen

_CORPUS = Path(__file__).parent.parent / "corpus" / "hostile_strings.json"

# What our own drawing may use beside letters: no control, no direction, nothing without a width of its own.
_FORBIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def _load() -> list[tuple[str, str]]:
    return [(item["name"], item["text"] * item["times"]) for item in json.loads(_CORPUS.read_text("utf-8"))]


@pytest.fixture(scope="session")
def hostile() -> list[tuple[str, str]]:
    """(name, text) of every string in the corpus."""
    return _load()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "hostile_text" in metafunc.fixturenames:
        corpus = _load()
        metafunc.parametrize("hostile_text", [text for _, text in corpus], ids=[name for name, _ in corpus])


def forbidden_characters(text: str) -> list[str]:
    return [f"U+{ord(char):04X}" for char in text if unicodedata.category(char) in _FORBIDDEN]


def drawn_lines(screen: Screen[Any]) -> list[str]:
    """What the compositor hands to the terminal, line by line, without styles."""
    return [strip.text for strip in screen._compositor.render_strips()]


@pytest.fixture(scope="session")
def forbidden() -> Callable[[str], list[str]]:
    """The characters of a text that no terminal may be given."""
    return forbidden_characters


@pytest.fixture(scope="session")
def drawn() -> Callable[[App[Any]], list[str]]:
    """The lines of the screen as the terminal is given them."""

    def lines(app: App[Any]) -> list[str]:
        return drawn_lines(app.screen)

    return lines
