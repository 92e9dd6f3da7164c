"""Typing a filter or an order: what can follow is offered, what is wrong is said."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from textual import on
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.widgets import OptionList

from widgets.command_line import CommandLine
from widgets.completion import Completion, History, Offer, complete_with
from widgets.filter_line import FilterLine

Drawn = Callable[[App[Any]], list[str]]
Forbidden = Callable[[str], list[str]]

WORDS = ["station:", "action:", "dir:in", "dir:out", "is:error", "is:slow"]


def completer(text: str, cursor: int) -> Sequence[Offer]:
    start = text.rfind(" ", 0, cursor) + 1
    typed = text[start:cursor]
    return [Completion(word, f"about {word}", start) for word in WORDS if word.startswith(typed)]


def check(text: str) -> str | None:
    return "There is no field “nope”." if "nope" in text else None


def offering(offered: str, _text: str, _cursor: int) -> Sequence[Offer]:
    return [Completion(offered, offered, 0)]


def refusing(sentence: str, text: str) -> str | None:
    return sentence if text else None


class LinesApp(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.filters: list[str] = []
        self.commands: list[str] = []
        self.closed = 0

    def compose(self) -> ComposeResult:
        yield FilterLine(check, completer)
        yield CommandLine(completer)

    @on(FilterLine.Filtered)
    def filtered(self, event: FilterLine.Filtered) -> None:
        self.filters.append(event.text)

    @on(FilterLine.Closed)
    @on(CommandLine.Closed)
    def line_closed(self) -> None:
        self.closed += 1

    @on(CommandLine.Submitted)
    def submitted(self, event: CommandLine.Submitted) -> None:
        self.commands.append(event.text)


async def until(pilot: Pilot[None], condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await pilot.pause()


async def test_a_filter_is_told_once_when_typing_rests() -> None:
    app = LinesApp()
    async with app.run_test(size=(80, 24)) as pilot:
        app.query_one(FilterLine).open()
        await pilot.press(*"is:slow")
        await until(pilot, lambda: bool(app.filters))
        assert app.filters == ["is:slow"]
        await pilot.press("enter")
        assert app.filters == ["is:slow"]
        assert app.closed == 1
        assert app.query_one(FilterLine).filter_text == "is:slow"


async def test_a_wrong_filter_is_red_says_why_and_is_not_told(drawn: Drawn) -> None:
    app = LinesApp()
    async with app.run_test(size=(80, 24)) as pilot:
        line = app.query_one(FilterLine)
        line.open()
        await pilot.press(*"nope", "enter")
        await pilot.pause()
        assert line.has_class("-wrong")
        assert line.error == "There is no field “nope”."
        assert any("There is no field “nope”." in text for text in drawn(app))
        assert app.filters == []
        assert app.closed == 0, "a wrong filter stays open"
        await pilot.press("escape")
        assert app.closed == 1
        assert not line.has_class("-wrong")


async def test_esc_shows_everything_again() -> None:
    app = LinesApp()
    async with app.run_test(size=(80, 24)) as pilot:
        app.query_one(FilterLine).open("is:slow")
        await pilot.press("enter")
        app.query_one(FilterLine).open()
        await pilot.press("escape")
        assert app.filters == ["is:slow", ""]
        assert not app.query_one(FilterLine).display


async def test_tab_completes_and_goes_round() -> None:
    app = LinesApp()
    async with app.run_test(size=(80, 24)) as pilot:
        line = app.query_one(FilterLine)
        line.open()
        await pilot.press("a", "tab")
        assert line.value == "action:"
        await pilot.press("x", "space", "d", "tab")
        assert line.value == "action:x dir:in "
        await pilot.press("tab")
        assert line.value == "action:x dir:out "
        await pilot.press("tab")
        assert line.value == "action:x dir:in "
        await pilot.press("shift+tab")
        assert line.value == "action:x dir:out "
        assert line.has_focus


async def test_filters_given_before_come_back() -> None:
    app = LinesApp()
    async with app.run_test(size=(80, 24)) as pilot:
        line = app.query_one(FilterLine)
        for text in ("is:slow", "dir:in"):
            line.open(text)
            await pilot.press("enter")
        line.open("typed")
        await pilot.press("up", "up")
        assert line.value == "is:slow"
        await pilot.press("down", "down")
        assert line.value == "typed"


async def test_a_command_is_completed_given_and_remembered() -> None:
    app = LinesApp()
    async with app.run_test(size=(80, 24)) as pilot:
        line = app.query_one(CommandLine)
        line.open()
        await pilot.press("s")
        await pilot.pause()
        assert line.offers == ("station:",)
        await pilot.press("tab")
        assert line.text == "station:"
        await pilot.press(*"CP", "enter")
        assert app.commands == ["station:CP"]
        line.open()
        await pilot.press("up")
        assert line.text == "station:CP"


async def test_arrows_choose_an_offer_and_enter_takes_it() -> None:
    app = LinesApp()
    async with app.run_test(size=(80, 24)) as pilot:
        line = app.query_one(CommandLine)
        line.open()
        await pilot.press("i")
        await pilot.pause()
        await pilot.press("down", "down", "enter")
        assert line.text == "is:slow "
        assert app.commands == []


async def test_a_click_takes_an_offer() -> None:
    app = LinesApp()
    async with app.run_test(size=(80, 24)) as pilot:
        line = app.query_one(CommandLine)
        line.open()
        await pilot.press("d")
        await pilot.pause()
        await pilot.click(OptionList, offset=(4, 1))
        await pilot.pause()
        assert line.text == "dir:out "


async def test_an_error_is_said_in_words_until_one_types_on(drawn: Drawn) -> None:
    app = LinesApp()
    async with app.run_test(size=(80, 24)) as pilot:
        line = app.query_one(CommandLine)
        line.open("reset CP-9")
        line.show_error("There is no station “[/CP-9]”.")
        await pilot.pause()
        assert any("✖ There is no station “[/CP-9]”." in text for text in drawn(app))
        await pilot.press("x")
        await pilot.pause()
        assert not any("no station" in text for text in drawn(app))
        await pilot.press("escape")
        assert not line.display


async def test_hostile_offers_and_errors_are_drawn_as_text(
    hostile: list[tuple[str, str]], drawn: Drawn, forbidden: Forbidden
) -> None:
    app = LinesApp()
    async with app.run_test(size=(80, 30)) as pilot:
        command, line = app.query_one(CommandLine), app.query_one(FilterLine)
        for name, text in hostile:
            command.set_completer(partial(offering, text))
            line._completer = command._completer
            line._check = partial(refusing, text)
            line.value = ""
            line.open()
            command.open()
            command.show_error(text)
            await pilot.pause()
            assert forbidden("".join(drawn(app))) == [], name
            line.value = "x"
            await pilot.pause()
            assert forbidden("".join(drawn(app))) == [], name


async def test_hostile_text_that_was_pasted_is_drawn_as_text(
    hostile: list[tuple[str, str]], drawn: Drawn, forbidden: Forbidden
) -> None:
    app = LinesApp()
    async with app.run_test(size=(80, 30)) as pilot:
        for name, text in hostile:
            app.query_one(FilterLine).open(text[:2_000])
            app.query_one(CommandLine).open(text[:2_000])
            await pilot.pause()
            assert forbidden("".join(drawn(app))) == [], name


def test_completing_in_the_middle_keeps_what_follows() -> None:
    assert complete_with("di is:slow", 2, Completion("dir:in", "", 0)) == ("dir:in is:slow", 6)
    assert complete_with("st", 2, Completion("station:", "", 0)) == ("station:", 8)


def test_history_keeps_each_line_once_and_not_for_ever() -> None:
    history = History(limit=3)
    for line in ("a", "b", "a", "", "  ", "c", "d"):
        history.add(line)
    assert history.lines == ("a", "c", "d")
    assert History().back("typed") == "typed"


async def test_the_list_of_offers_never_gets_lower_while_the_line_is_open() -> None:
    app = LinesApp()
    async with app.run_test(size=(80, 24)) as pilot:
        line = app.query_one(CommandLine)
        line.open()
        await pilot.pause()
        offers = line.query_one(OptionList)
        height = offers.size.height
        assert height == min(len(line.offers), 8)
        assert height > 1
        await pilot.press("r", "e")
        await pilot.pause()
        assert len(line.offers) < height
        assert offers.size.height == height
