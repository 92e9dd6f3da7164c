"""The frame: what an empty console says, sections by key, freezing, commands, help, palette, quitting, start errors."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from textual.events import Key

from console.app import ConsoleApp
from console.engine.engine import Engine
from console.engine.options import EngineOptions
from console.running import run_console
from profiles import load_profile
from widgets.command_line import CommandLine


async def test_an_empty_console_says_what_to_type_and_which_keys_help(
    engine: Engine, open_console: Any, size: Any
) -> None:
    async with open_console(engine, size=size) as console:
        await console.sees("No charger has called yet.", engine.listen_urls[0], "starts a demo fleet", "QR code")


async def test_every_section_has_its_digit(engine: Engine, open_console: Any, size: Any) -> None:
    async with open_console(engine, size=size) as console:
        for key, kind in zip(
            "123456", ("fleet", "sessions", "messages", "connections", "alarms", "files"), strict=True
        ):
            await console.press(key)
            await console.pilot.pause()
            assert console.section.kind == kind
            assert console.app.view_failures == []


async def test_the_header_counts_the_fleet_and_says_utc(engine: Engine, dial: Any, open_console: Any) -> None:
    async with open_console(engine) as console:
        await (await dial(engine)).boot()
        await console.sees("1 online", "no alarms", "UTC", "bench")


async def test_a_frozen_screen_stands_still_and_misses_nothing(engine: Engine, dial: Any, open_console: Any) -> None:
    async with open_console(engine) as console:
        await (await dial(engine, "CP-001")).boot()
        await console.sees("CP-001")
        await console.press("p")
        await console.sees("FROZEN")
        await (await dial(engine, "CP-002")).boot()
        for _ in range(5):
            console.pull()
            await console.pilot.pause()
        assert "CP-002" not in console.text()
        await console.press("p")
        await console.sees("CP-002", "LIVE")


async def test_a_command_goes_to_a_section_with_a_filter(engine: Engine, dial: Any, open_console: Any) -> None:
    async with open_console(engine) as console:
        await (await dial(engine)).boot()
        await console.press(":", *"fleet is:offline", "enter")
        await console.sees("No station passes the filter.")
        await console.press("escape")
        await console.sees("CP-001")


async def test_a_command_that_is_wrong_says_why_and_stays_open(engine: Engine, open_console: Any) -> None:
    async with open_console(engine) as console:
        await console.press(":", *"rset CP-001", "enter")
        await console.sees("did you mean “reset”?")
        line = console.app.screen.query_one(CommandLine)
        assert line.has_class("-shown")
        await console.press("end", "ctrl+u", *"reset CP-001 colour=red", "enter")
        await console.sees("takes no “colour”")
        assert line.query_one("CommandInput").cursor_position == len("reset CP-001 ")
        await console.press("escape")
        assert not console.app.screen.query_one(CommandLine).has_class("-shown")


async def test_the_command_line_completes_stations_and_arguments(engine: Engine, dial: Any, open_console: Any) -> None:
    async with open_console(engine) as console:
        await (await dial(engine, "CP-001")).boot()
        await console.sees("CP-001")
        await console.press(":", *"reset ")
        line = console.app.screen.query_one(CommandLine)
        assert "CP-001" in line.offers
        await console.press(*"CP-001 ")
        assert "type=" in line.offers


async def test_help_is_made_of_the_table_of_orders(engine: Engine, open_console: Any, size: Any) -> None:
    async with open_console(engine, size=size) as console:
        await console.press("question_mark")
        await console.sees("Help", "Everywhere")
        await console.press("end")
        await console.sees('"GroundFailure"')
        await console.press("escape")
        await console.sees("No charger has called yet.")


async def test_help_begins_at_the_top_says_nothing_twice_and_tells_the_filter_of_what_is_shown(
    engine: Engine, dial: Any, open_console: Any, size: Any
) -> None:
    await (await dial(engine)).boot()
    async with open_console(engine, size=size) as console:
        await console.sees("CP-001")
        await console.press("question_mark")
        screen = await console.sees("Help", "Fleet")
        lines = screen.splitlines()
        top = next(at for at, line in enumerate(lines) if "─ Help ─" in line)
        assert "Fleet" in lines[top + 1]
        text = console.app.screen.query_one("VerticalScroll Static").visual.plain
        assert text.count("  space ") == 1
        assert "Filter of messages (/)" in text
        assert "Filter of Fleet (/)" in text
        assert "site:north" in text
        assert max(len(line) for line in text.splitlines()) <= min(90, int(size[0] * 0.96)) - 6
        await console.press("escape")
        await console.go("alarms")
        await console.press("question_mark")
        await console.sees("Help", "Alarms")
        text = console.app.screen.query_one("VerticalScroll Static").visual.plain
        assert "Filter of Alarms (/)" in text
        assert "severity:danger|critical" in text
        await console.press("escape")
        await console.go("sessions")
        await console.press("question_mark")
        await console.sees("Help", "Sessions", "close by hand")


async def test_keys_typed_behind_a_digit_are_for_the_section_that_it_opens(
    engine: Engine, dial: Any, open_console: Any
) -> None:
    await (await dial(engine)).boot()
    async with open_console(engine) as console:
        await console.sees("CP-001")
        for key, letter in (("3", "3"), ("slash", "/"), ("s", "s"), ("x", "x")):
            console.app.post_message(Key(key, letter))  # as fast as a terminal hands over what was pasted
        await console.sees("filter", " sx")
        for letter in "y":
            console.app.post_message(Key(letter, letter))
        await console.sees(" sxy")
        assert console.section.kind == "messages"
        assert len(console.app.screen_stack) == 1


async def test_the_same_notice_stands_there_once(engine: Engine, dial: Any, open_console: Any) -> None:
    station = await dial(engine)
    await station.boot()
    await station.close()
    async with open_console(engine, size=(80, 24)) as console:
        await console.sees("CP-001")
        for key in ("r", "u", "s", "x", "t"):
            await console.press(key)
        screen = await console.sees("CP-001 is not connected")
        assert screen.count("CP-001 is not connected") == 1
        console.app.say("Something else.")
        await console.sees("Something else.", "CP-001 is not connected")


async def test_the_palette_offers_the_orders_of_the_chosen_station_first(
    engine: Engine, dial: Any, open_console: Any
) -> None:
    await (await dial(engine)).boot()
    async with open_console(engine) as console:
        await console.sees("CP-001")
        await console.press("ctrl+p")
        lines = (await console.sees("CP-001: Restarts the station")).splitlines()
        first = next(at for at, line in enumerate(lines) if "CP-001: Restarts the station" in line)
        assert lines[first - 1].strip() == "Reset"
        assert not any("section 5" in line for line in lines[:first])


async def test_the_palette_finds_sections_and_stations(engine: Engine, dial: Any, open_console: Any) -> None:
    async with open_console(engine) as console:
        await (await dial(engine, "garage-left")).boot()
        await console.sees("garage-left")
        await console.press("ctrl+p", *"garage-l")
        await console.sees("online Acme One")
        await console.press("down", "enter")
        async with asyncio.timeout(10):
            while console.section.kind != "station":
                await console.pilot.pause(0.02)


@pytest.mark.parametrize("name", ["[@click=app.quit]x", "[bold]CP", "["])
async def test_the_palette_takes_no_name_of_a_station_as_markup(
    engine: Engine, dial: Any, open_console: Any, name: str
) -> None:
    async with open_console(engine) as console:
        await (await dial(engine, quote(name, safe=""))).boot(
            chargePointModel="[/red]x[$a]", chargePointVendor="\x1b]0;a"
        )
        await console.sees(name)
        await console.press("ctrl+p")
        await console.press("left_square_bracket")
        await console.sees(name, "online \\u001b]0;a [/red]x[$a]")
        await console.press("down", "enter")
        async with asyncio.timeout(10):
            while console.section.kind != "station":
                await console.pilot.pause(0.02)


async def test_the_url_fills_the_screen_as_a_code_to_scan(engine: Engine, open_console: Any, size: Any) -> None:
    async with open_console(engine, size=size) as console:
        await console.press("q")
        text = await console.sees(engine.listen_urls[0])
        assert "█▀▀▀▀▀█" in text
        await console.press("x")
        await console.sees("No charger has called yet.")


async def test_esc_goes_back_where_one_came_from(engine: Engine, dial: Any, open_console: Any) -> None:
    async with open_console(engine) as console:
        await (await dial(engine)).boot()
        await console.sees("CP-001")
        await console.press("enter")
        await console.sees("Overview", "Fleet › CP-001")
        await console.press("escape")
        async with asyncio.timeout(10):
            while console.section.kind != "fleet":
                await console.pilot.pause(0.02)


async def test_quitting_an_idle_console_asks_nothing(engine: Engine, open_console: Any) -> None:
    async with open_console(engine) as console:
        await console.press("ctrl+q")
        assert console.app.return_code == 0


async def test_quitting_with_live_links_asks_and_names_who_will_not_redial(
    engine: Engine, dial: Any, open_console: Any
) -> None:
    async with open_console(engine) as console:
        foxess = await dial(engine, "CP-FOX")
        await foxess.boot(chargePointVendor="FoxESS", chargePointModel="A011KP1-E2-B")
        await console.sees("CP-FOX")
        await console.press("ctrl+q")
        await console.sees("1 station is connected", "will not call again", "CP-FOX")
        await console.press("escape")
        assert console.app.return_code is None
        await console.press("ctrl+q", "y")
        assert console.app.return_code == 0


async def test_a_key_can_be_another_one_in_the_profile(engine: Engine, dial: Any) -> None:
    from msgspec.structs import replace

    profile = replace(load_profile("bench"), keys={"reset": "R"})
    app = ConsoleApp(profile, engine=engine)
    async with app.run_test(size=(120, 36)) as pilot:
        await (await dial(engine)).boot()
        async with asyncio.timeout(10):
            while app.frame_screen.shown_section is None or not app.frame_screen.shown_section.selected_station():
                app.frame_screen.tick()
                await pilot.pause(0.02)
        await pilot.press("r")
        assert len(app.screen_stack) == 1
        await pilot.press("R")
        await pilot.pause()
        assert len(app.screen_stack) == 2


async def test_a_view_that_fails_is_told_and_the_links_stay(
    engine: Engine, dial: Any, open_console: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from console.screens.fleet import FleetSection

    async with open_console(engine) as console:
        await (await dial(engine)).boot()
        await console.sees("CP-001")

        def fails(*_: Any) -> None:
            raise KeyError("gone")

        monkeypatch.setattr(FleetSection, "pull", fails)
        await console.sees("could not be drawn")
        assert len(engine.links) == 1
        assert console.app.view_failures == ["FleetSection: KeyError: 'gone'"]


def test_a_profile_that_does_not_exist_is_one_sentence_and_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_console(EngineOptions(profile="nowhere")) == 2
    told = capsys.readouterr().err
    assert 'There is no profile "nowhere"' in told
    assert len(told.splitlines()) == 1


async def test_a_taken_port_ends_the_console_with_the_reason(engine: Engine, tmp_path: Path) -> None:
    port = engine.listen_urls[0].rstrip("/").rpartition(":")[2]
    options = EngineOptions(
        listen=(f"127.0.0.1:{port}",), api="127.0.0.1:0", files="127.0.0.1:0", data=tmp_path / "other"
    )
    app = ConsoleApp(load_profile("bench"), options)
    async with app.run_test() as pilot:
        async with asyncio.timeout(10):
            while app.failure is None:
                await pilot.pause(0.02)
    assert port in app.failure.sentence
    assert app.return_code == 2


async def test_a_data_directory_in_use_ends_the_console_with_the_reason(engine: Engine) -> None:
    options = EngineOptions(listen=("127.0.0.1:0",), api="127.0.0.1:0", files="127.0.0.1:0", data=engine.data)
    app = ConsoleApp(load_profile("bench"), options)
    async with app.run_test() as pilot:
        async with asyncio.timeout(10):
            while app.failure is None:
                await pilot.pause(0.02)
    assert app.return_code == 2


async def test_a_saved_copy_of_the_bench_says_how_it_starts(
    engine: Engine, open_console: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CHARGEHAND_CONFIG_DIR", str(tmp_path))
    monkeypatch.setattr(Engine, "exposed", property(lambda _: True))
    async with open_console(engine) as console:
        await console.press(":", *"save-profile site", "enter")
        await console.sees("--insecure")


async def test_what_a_section_is_for_stays_in_a_narrow_footer(engine: Engine, dial: Any, open_console: Any) -> None:
    async with open_console(engine, size=(80, 24)) as console:
        station = await dial(engine)
        await station.boot()
        await console.press("3")
        await console.sees("BootNotif")
        footer = console.lines()[-1]
        assert "/ filter" in footer
        assert footer.count("/ filter") == 1
