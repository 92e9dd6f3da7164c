"""Messages: rows arrive while one looks, stay while one scrolls, and are found again in the journal."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from console.engine.engine import Engine
from console.screens.messages import MessagesPanel, MessagesSection

DAMAGED = '[2,"17","MeterValues",{"connectorId":1,"transactionId":,"meterValue":[]}]'


def panel(console: Any) -> MessagesPanel:
    found: MessagesPanel = console.section.query_one(MessagesPanel)
    return found


async def test_an_empty_log_says_what_to_type_into_the_charger(engine: Engine, open_console: Any, size: Any) -> None:
    async with open_console(engine, size=size, section="messages") as console:
        await console.sees("No message yet", engine.listen_urls[0], "q shows it")


async def test_rows_arrive_live_with_both_directions(engine: Engine, booted: Any, open_console: Any, size: Any) -> None:
    async with open_console(engine, size=size, section="messages") as console:
        station = await booted(engine)
        await station.call("StatusNotification", {"connectorId": 1, "status": "Available", "errorCode": "NoError"})
        await console.sees("BootNotification", "Available", "TAIL")
        row = console.line("StatusNotif")
        assert "CP-001" in row
        assert "→" in row
        assert "✓" in row


async def test_a_call_of_the_console_points_the_other_way(engine: Engine, booted: Any, open_console: Any) -> None:
    async with open_console(engine, section="messages") as console:
        station = await booted(engine)
        from console.engine.tasks import spawn

        owner: set[Any] = set()
        asked = spawn(engine.raw("CP-001", "UnlockConnector", {"connectorId": 1}), name="unlock", owner=owner)
        await station.answer_next({"status": "UnlockFailed"})
        await asked
        await console.sees("connector 1 → UnlockFailed")
        assert "←" in console.line("UnlockConnector")


async def test_a_broken_frame_is_shown_as_it_came_and_lit_where_it_breaks(
    engine: Engine, booted: Any, open_console: Any
) -> None:
    async with open_console(engine, size=(160, 36), section="messages") as console:
        station = await booted(engine)
        await station.say(DAMAGED)
        await console.sees('"transactionId":,', "✖ FormationViolation")


async def test_a_violation_is_told_beside_its_row(engine: Engine, booted: Any, open_console: Any) -> None:
    async with open_console(engine, section="messages") as console:
        station = await booted(engine)
        await station.call("StatusNotification", {"connectorId": 1, "status": "Available", "errorCode": "Error"})
        await console.sees('errorCode "Error"', "⚠ 1 violation")


async def test_the_filter_hides_what_does_not_match_and_esc_brings_it_back(
    engine: Engine, booted: Any, open_console: Any, size: Any
) -> None:
    async with open_console(engine, size=size, section="messages") as console:
        station = await booted(engine)
        await station.call("Heartbeat", {})
        await console.sees("Heartbeat", "BootNotification")
        await console.press("slash", *"action:Boot*", "enter")
        await console.sees("/ action:Boot*")
        assert "Heartbeat" not in console.text()
        await station.call("Heartbeat", {})
        await station.boot()
        console.pull()
        assert "Heartbeat" not in console.text()
        await console.press("escape")
        await console.sees("Heartbeat", "BootNotification")


async def test_a_wrong_filter_says_why_and_what_was_shown_stays(engine: Engine, booted: Any, open_console: Any) -> None:
    async with open_console(engine, section="messages") as console:
        await booted(engine)
        await console.sees("BootNotification")
        await console.press("slash", *"ms:many")
        await console.sees("is no number", "BootNotification")
        await console.press("escape")
        await console.sees("BootNotification")
        assert "is no number" not in console.text()


async def test_the_filter_line_completes_stations_and_actions(engine: Engine, booted: Any, open_console: Any) -> None:
    async with open_console(engine, section="messages") as console:
        await booted(engine)
        await console.press("slash", *"station:cp", "tab")
        assert panel(console).filter_line.value.strip() == "station:CP-001"


async def test_one_station_is_told_from_others_in_an_embedded_panel(
    engine: Engine, booted: Any, open_console: Any
) -> None:
    async with open_console(engine, section="messages") as console:
        for identity in ("CP-001", "CP-002"):
            await booted(engine, identity)
        await console.sees("CP-001", "CP-002")
        own = MessagesPanel(station="cp-002", id="own")
        await console.section.mount(own)
        own.pull(engine.clock())
        await console.pilot.pause()
        log = own.log_view
        while not log.row_count:
            await console.pilot.pause(0.02)
        shown = [log.row_of(key) for key in log.visible_keys()]
        assert {row.station for row in shown if row is not None} == {"CP-002"}


async def test_taking_the_filter_away_shows_every_row_in_order(
    engine: Engine, booted: Any, open_console: Any, until: Any
) -> None:
    station = await booted(engine)
    for _ in range(260):  # more than the page that is read from the journal
        await station.call("Heartbeat", {})
    async with open_console(engine, section="messages") as console:
        log = panel(console).log_view
        for line in ("action:Boot*", ""):
            panel(console).set_filter(line)
            await until(lambda line=line: panel(console).filter_text == line and log.row_count > 0)
            console.pull()
            await console.pilot.pause(0.2)
            console.pull()
        await until(lambda: log.row_count == 261)
        keys = [log.key_at(index) for index in range(log.row_count)]
        assert keys == sorted(key for key in keys if isinstance(key, int))
        await console.press("slash", *"action:Boot*", "enter")
        await console.sees("BootNotification")


async def test_older_rows_come_from_the_journal(engine: Engine, booted: Any, open_console: Any, until: Any) -> None:
    station = await booted(engine)
    for _ in range(260):
        await station.call("Heartbeat", {})
    async with open_console(engine, section="messages") as console:
        log = panel(console).log_view
        await console.sees("Heartbeat")
        engine.feed.rows.clear()  # as if a day of traffic had gone by
        panel(console)._fresh = False
        console.pull()
        await until(lambda: log.row_count == 200)
        await console.press("g")
        await until(lambda: log.row_count == 261)
        await console.press("g")
        await console.sees("BootNotification", "this is the first row")


async def test_more_messages_than_memory_holds_do_not_leave_a_gap(
    engine: Engine, booted: Any, open_console: Any, until: Any
) -> None:
    station = await booted(engine)
    async with open_console(engine, section="messages") as console:
        await console.sees("BootNotification")
        log = panel(console).log_view
        await console.press("up")  # looks back: the place must stay
        console.app.frame_screen.frozen = True  # the screen stands still for a while
        for _ in range(30):
            await station.call("Heartbeat", {})
        while len(engine.feed.rows) > 10:
            engine.feed.rows.popleft()
        console.app.frame_screen.frozen = False
        await until(lambda: engine.feed.total >= 31)
        console.pull()
        assert log.cursor_key is not None
        await console.press("down")
        await until(lambda: log.row_count == 31)
        keys = [log.key_at(n) for n in range(log.row_count)]
        stored = [one.id for one in await engine.messages(limit=1000)]
        assert keys == stored


async def test_a_mark_is_set_found_again_and_outlives_the_screen(
    engine: Engine, booted: Any, open_console: Any
) -> None:
    station = await booted(engine)
    async with open_console(engine, section="messages") as console:
        await console.sees("BootNotification")
        await console.press("b")
        await console.sees("Marked", "◆")
        await station.call("Heartbeat", {})
        await console.sees("Heartbeat")
        await console.press("B")
        await console.sees("/ is:marked")
        assert "Heartbeat" not in console.line("CP-001")
        await console.press("b")
        await console.sees("No message matches this filter.")
        await console.press("B")
        await console.sees("Heartbeat")
        await console.press("G", "b")
        await console.press("B")
        await console.sees("/ is:marked")
        assert "Heartbeat" in console.line("CP-001")
        kept = await engine.journal.happenings(limit=5, kinds=("bookmark",))
        assert [one.data["on"] for one in kept] == [True, False, True]


async def test_a_mark_that_the_api_sets_is_seen_and_a_read_only_console_sets_none(
    engine: Engine, booted: Any, open_console: Any
) -> None:
    await booted(engine)
    async with open_console(engine, section="messages") as console:
        await console.sees("BootNotification")
        (first, *_) = await engine.messages(limit=5)
        await engine.bookmark(first.id, True, by="api")
        await console.sees("◆")
        engine.read_only = True
        await console.press("b")
        await console.sees("read-only: it marks nothing")
        assert first.id in engine.marks


async def test_sending_again_says_why_not_for_a_call_of_the_station(
    engine: Engine, booted: Any, open_console: Any
) -> None:
    await booted(engine)
    async with open_console(engine, section="messages") as console:
        await console.sees("BootNotification")
        await console.press("e")
        await console.sees("The station sent this call")


async def test_a_hostile_station_cannot_move_the_cursor_of_the_terminal(
    engine: Engine, booted: Any, open_console: Any
) -> None:
    async with open_console(engine, size=(200, 60), section="messages") as console:
        await booted(engine, chargePointModel="\x1b[2J\x07[bold]x[/bold] ‮abc")
        await console.sees("\\u001b[2J", "[bold]x[/bold]")
        assert "\x1b" not in console.text()
        assert "‮" not in console.text()


async def test_the_section_knows_which_station_orders_are_for(engine: Engine, booted: Any, open_console: Any) -> None:
    await booted(engine)
    async with open_console(engine, section="messages") as console:
        await console.sees("BootNotification")
        assert isinstance(console.section, MessagesSection)
        assert console.section.selected_station() == "CP-001"
        text, what = console.section.copied() or ("", "")
        assert text.startswith("[2,")
        assert "BootNotification" in what


async def test_a_filter_that_matches_nothing_says_so(engine: Engine, booted: Any, open_console: Any) -> None:
    await booted(engine)
    async with open_console(engine, section="messages") as console:
        await console.sees("BootNotification")
        await console.press("slash", *"action:Nothing", "enter")
        await console.sees("No message matches this filter", "esc takes it away")
        await console.press("escape")
        await console.sees("BootNotification")


async def test_identities_that_differ_at_their_end_are_told_apart_on_a_narrow_screen(
    engine: Engine, booted: Any, open_console: Any
) -> None:
    for identity in ("CP-VISITOR-01", "CP-VISITOR-02"):
        await booted(engine, identity)
    async with open_console(engine, size=(80, 24), section="messages") as console:
        await console.sees("CP-VI…R-01", "CP-VI…R-02")


async def test_while_a_term_is_written_its_values_are_offered_and_not_its_fault(
    engine: Engine, booted: Any, open_console: Any
) -> None:
    await booted(engine)
    async with open_console(engine, section="messages") as console:
        await console.sees("BootNotification")
        await console.press("slash", *"station:")
        await console.sees("╰─ CP-001 ─")
        assert "needs a value" not in console.text()
        await console.press("tab", "space", *"colour:")
        await console.sees("✖ unknown field “colour”")
        await console.press("space", *"is")
        await console.sees("✖ unknown field “colour”")


async def test_marked_messages_are_asked_for_before_the_engine_is_there(
    engine: Engine, booted: Any, open_console: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    station = await booted(engine)
    async with open_console(engine, section="messages") as console:
        log = panel(console)
        await console.sees("BootNotification")
        with monkeypatch.context() as early:
            early.setattr(type(console.app), "ready", property(lambda _app: False))
            log.set_filter("is:marked")
        console.pull()
        await console.sees("No message matches")
        await engine.bookmark(engine.feed.last_id, True)
        await station.call("Heartbeat", {})
        console.pull()
        await console.sees("◆", "BootNotification")
        assert log.where.matches(engine.feed.rows[0])
        assert "Heartbeat" not in console.text()


async def test_a_search_says_that_it_goes_on(
    engine: Engine, booted: Any, open_console: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    await booted(engine)
    async with open_console(engine, section="messages") as console:
        await console.sees("BootNotification")
        gate = asyncio.Event()
        search = engine.journal.messages

        async def slow(*given: Any, **also: Any) -> Any:
            await gate.wait()
            return await search(*given, **also)

        monkeypatch.setattr(engine.journal, "messages", slow)
        await console.press("slash", *"needle", "enter")
        await console.sees("Looking through the journal", "reading older rows")
        assert "No message matches" not in console.text()
        gate.set()
        await console.sees("No message matches this filter")
