"""Alarms: worst first, noted by a person once, and folded away when they are over."""

from __future__ import annotations

from typing import Any

from console.engine.engine import Engine
from console.engine.fleet.model import Alarm
from console.screens.alarm_rows import level, rank, state
from console.screens.alarms import FOLD, AlarmsSection

FAULT = {"connectorId": 1, "status": "Faulted", "errorCode": "GroundFailure"}
FINE = {"connectorId": 1, "status": "Available", "errorCode": "NoError"}


async def test_an_empty_screen_tells_quiet_from_nothing_connected(
    engine: Engine, booted: Any, open_console: Any
) -> None:
    async with open_console(engine, section="alarms") as console:
        await console.sees("No alarm, and no station either", "4 shows what tries to connect")
        await booted(engine)
        console.section.shown()
        await console.sees("✓ No alarm.")


async def test_a_fault_says_what_it_means_and_what_to_try(
    engine: Engine, booted: Any, open_console: Any, size: Any
) -> None:
    station = await booted(engine)
    async with open_console(engine, size=size, section="alarms") as console:
        await station.call("StatusNotification", FAULT)
        await console.sees("✖ critical", "CP-001", "● standing", "Means", "Try", "GroundFailure")


async def test_a_read_only_console_takes_no_note(make_engine: Any, booted: Any, open_console: Any) -> None:
    engine = await make_engine(read_only=True)
    station = await booted(engine)
    await station.call("StatusNotification", FAULT)
    async with open_console(engine, section="alarms") as console:
        await console.sees("GroundFailure")
        await console.press("a")
        await console.sees("read-only: it takes no note")


async def test_enter_opens_the_message_that_raised_it(engine: Engine, booted: Any, open_console: Any) -> None:
    station = await booted(engine)
    await station.call("StatusNotification", FAULT)
    async with open_console(engine, section="alarms") as console:
        await console.sees("GroundFailure")
        await console.press("enter")
        await console.sees("StatusNotification #", "call · CP-001 → console")
        await console.press("escape")
        await console.sees("● standing")


async def test_a_person_takes_note_with_a_few_words(engine: Engine, booted: Any, open_console: Any) -> None:
    station = await booted(engine)
    await station.call("StatusNotification", FAULT)
    async with open_console(engine, section="alarms") as console:
        await console.sees("● standing")
        await console.press("a")
        await console.sees("Take note")
        await console.press(*"technician is on the way".replace(" ", "_"), "enter")
        await console.sees("✓ noted by operator")
        await console.sees("Taken note")
        (alarm,) = engine.fleet.alarms.values()
        assert alarm.note == "technician_is_on_the_way"
        await console.press("a")
        await console.sees("already")


async def test_leaving_the_note_takes_no_note(engine: Engine, booted: Any, open_console: Any) -> None:
    station = await booted(engine)
    await station.call("StatusNotification", FAULT)
    async with open_console(engine, section="alarms") as console:
        await console.sees("● standing")
        await console.press("a")
        await console.sees("Take note")
        await console.press("escape")
        await console.sees("● standing")
        assert all(one.acknowledged is None for one in engine.fleet.alarms.values())


async def test_marked_alarms_are_noted_together(engine: Engine, booted: Any, open_console: Any) -> None:
    for identity in ("CP-001", "CP-002"):
        station = await booted(engine, identity)
        await station.call("StatusNotification", FAULT)
    async with open_console(engine, section="alarms") as console:
        await console.sees("CP-001", "CP-002")
        await console.press("space", "space", "a")
        await console.sees("2 alarms")
        await console.press("enter")
        await console.sees("Taken note of 2")
        assert all(one.acknowledged is not None for one in engine.fleet.alarms.values())


async def test_what_is_over_folds_away_and_opens_again(engine: Engine, booted: Any, open_console: Any) -> None:
    station = await booted(engine)
    await station.call("StatusNotification", FAULT)
    async with open_console(engine, section="alarms") as console:
        await console.sees("● standing")
        await station.call("StatusNotification", FINE)
        await console.sees("▸ over", "1 cleared alarm")
        section = console.section
        assert isinstance(section, AlarmsSection)
        assert section.table.keys == [FOLD]
        await console.press("enter")
        await console.sees("▾ over", "○ cleared", "GroundFailure")
        await console.press("escape")
        await console.sees("▸ over")
        console.section.set_filter("is:cleared")
        await console.sees("▾ over", "○ cleared", "GroundFailure")
        await console.press("escape")
        await console.sees("▸ over", "enter shows")


async def test_an_alarm_raised_by_a_lost_link_says_what_befell(
    engine: Engine, booted: Any, open_console: Any, until: Any
) -> None:
    station = await booted(engine)
    start = {"connectorId": 1, "idTag": "TAG", "meterStart": 0, "timestamp": "2026-01-01T00:00:00Z"}
    await station.call("StartTransaction", start)
    await station.close()
    await until(lambda: any(one.kind == "offline" for one in engine.fleet.alarms.values()))
    async with open_console(engine, section="alarms") as console:
        await console.press("slash", *"offline", "enter")
        await console.sees("offline with 1 running session")
        await console.press("enter")
        await console.sees("A link was closed")


async def test_terms_filter_alarms(engine: Engine, booted: Any, open_console: Any, size: Any) -> None:
    for identity in ("CP-001", "CP-002"):
        station = await booted(engine, identity)
        await station.call("StatusNotification", FAULT)
    number = min(engine.fleet.alarms)
    await engine.acknowledge(number, "seen")
    async with open_console(engine, size=size, section="alarms") as console:
        await console.sees("CP-001", "CP-002")
        table = console.section.table
        for line, count in (
            ("is:standing", 1),
            ("is:open kind:fault severity:critical since:5m", 2),
            ("is:noted", 1),
            ("station:cp-002 times:1", 1),
            (f"id:{number}", 1),
            ("!kind:fault|clock", 0),
        ):
            console.section.set_filter(line)
            assert len(table.keys) == count, line
        console.section.set_filter("is:bad")
        await console.sees("✖ unknown word for is: “bad”: one of standing")


def alarm(**more: Any) -> Alarm:
    given: dict[str, Any] = {
        "id": 1,
        "station": "A",
        "kind": "fault",
        "cause": "x",
        "text": "t",
        "severity": 4,
        "raised": 1,
        "last": 1,
    }
    return Alarm(**{**given, **more})


def test_standing_goes_before_noted_before_cleared_and_worse_before_newer() -> None:
    worse, newer = alarm(severity=2, last=1), alarm(severity=5, last=9)
    noted, over = alarm(severity=0, acknowledged=2), alarm(severity=0, cleared=3)
    assert sorted([over, noted, newer, worse], key=rank) == [worse, newer, noted, over]


def test_state_and_severity_are_words_beside_their_glyph() -> None:
    assert [level(one)[1] for one in (0, 2, 4, 5, 7)] == ["danger", "critical", "error", "warning", "notice"]
    assert state(alarm())[0] == "● standing"
    assert state(alarm(acknowledged=2, acknowledged_by="anna"))[0] == "✓ noted by anna"
    assert state(alarm(cleared=2))[0] == "○ cleared"


async def test_what_a_station_says_of_its_fault_is_drawn_and_never_obeyed(
    engine: Engine, booted: Any, open_console: Any
) -> None:
    station = await booted(engine)
    await station.call("StatusNotification", {**FAULT, "vendorErrorCode": "\x1b[2J", "info": "[/] [@click=quit]x ‮abc"})
    async with open_console(engine, size=(200, 60), section="alarms") as console:
        await console.sees("\\u001b[2J", "[/] [@click=quit]x")
        assert "\x1b" not in console.text()
        assert "‮" not in console.text()
        await console.press("a")
        await console.sees("Take note", "[@click=quit]x")
