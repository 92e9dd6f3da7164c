"""One exchange in full: nothing of it is hidden, and one can go on from it."""

from __future__ import annotations

import asyncio
from typing import Any

from console.engine.engine import Engine
from console.engine.tasks import spawn
from console.screens.exchange import ExchangeSection


async def ordered(engine: Engine, station: Any, action: str, payload: Any, answer: Any) -> Any:
    """A call of the console and its answer."""
    owner: set[Any] = set()
    asked = spawn(engine.raw("CP-001", action, payload), name="call", owner=owner)
    await station.answer_next(answer)
    return await asked


async def opened(console: Any, number: int) -> ExchangeSection:
    console.app.open_exchange(number)
    async with asyncio.timeout(10):
        while (section := console.app.frame_screen.shown_section) is None or section.crumb()[
            -len(f"#{number}") :
        ] != f"#{number}":
            await console.pilot.pause(0.02)
    await console.sees("call ·")
    found = console.section
    assert isinstance(found, ExchangeSection)
    return found


async def test_enter_opens_both_frames_exactly_as_they_were_sent(
    engine: Engine, dial: Any, open_console: Any, size: Any
) -> None:
    station = await dial(engine)
    await station.boot()
    await station.say('[2, "a" ,"Heartbeat",{ }]')
    await station.hear()
    async with open_console(engine, size=size, section="messages") as console:
        await console.sees("Heartbeat")
        await console.press("enter")
        await console.sees("call · CP-001 → console", "answer · console → CP-001")
        await console.press("v")
        await console.sees('[2, "a" ,"Heartbeat",{ }]', "as sent")
        await console.press("escape")
        await console.sees("TAIL")


async def test_the_headline_says_as_much_as_there_is_room_for(
    engine: Engine, dial: Any, open_console: Any, size: Any
) -> None:
    station = await dial(engine, "CP-VISITOR-01")
    await station.boot()
    async with open_console(engine, size=size) as console:
        await opened(console, engine.feed.last_id)
        line = console.line("→ BootNotification")
        assert "✓ answered" in line
        assert " ms" in line
        assert ("UTC · OCPP 1.6" in line) is (size[0] > 80)
        assert "…" not in line


async def test_a_short_answer_leaves_its_room_to_the_call(engine: Engine, dial: Any, open_console: Any) -> None:
    station = await dial(engine)
    await station.boot()
    values = [{"timestamp": "2026-01-01T00:01:00Z", "sampledValue": [{"value": str(n)} for n in range(20)]}]
    await station.call("MeterValues", {"connectorId": 1, "meterValue": values})
    async with open_console(engine, size=(80, 24)) as console:
        section = await opened(console, engine.feed.last_id)
        await console.sees("payload  {0}")
        call, answer = section.query_one("#call"), section.query_one("#answer")
        assert answer.size.height == 3  # type, id and payload; no line more
        assert call.size.height > 9
        await console.press("v")
        await console.sees("as sent")
        assert answer.size.height == 2


async def test_a_violation_names_side_path_and_rule_and_is_marked_in_the_tree(
    engine: Engine, dial: Any, open_console: Any
) -> None:
    station = await dial(engine)
    await station.boot()
    await station.call("StatusNotification", {"connectorId": 1, "status": "Available", "errorCode": "Error"})
    async with open_console(engine, size=(160, 40)) as console:
        await opened(console, engine.feed.last_id)
        screen = await console.sees("Violation", "$.errorCode", "enum")
        assert sum("⚠" in line for line in screen.splitlines()) >= 1


async def test_a_broken_frame_opens_at_its_broken_column(engine: Engine, dial: Any, open_console: Any) -> None:
    station = await dial(engine)
    await station.boot()
    await station.say('[2,"17","MeterValues",{"connectorId":1,"transactionId":,"meterValue":[]}]')
    await station.hear()
    async with open_console(engine) as console:
        section = await opened(console, engine.feed.last_id)
        screen = await console.sees("Broken", "at column 56", '"transactionId":,', "FormationViolation")
        assert "character" not in screen.replace("unexpected character", "")
        assert screen.count(" 55") == 0
        assert section.frames.views[0].mode == "raw"


async def test_n_goes_along_the_transaction_and_the_ends_are_told(engine: Engine, dial: Any, open_console: Any) -> None:
    station = await dial(engine)
    await station.boot()
    start = {"connectorId": 1, "idTag": "TAG", "meterStart": 0, "timestamp": "2026-01-01T00:00:00Z"}
    number = (await station.call("StartTransaction", start))[2]["transactionId"]
    first = engine.feed.last_id
    await station.call("Heartbeat", {})
    values = [{"timestamp": "2026-01-01T00:01:00Z", "sampledValue": [{"value": "10"}]}]
    await station.call("MeterValues", {"connectorId": 1, "transactionId": number, "meterValue": values})
    async with open_console(engine) as console:
        await opened(console, first)
        await console.sees("Transaction", "tag TAG", "active")
        await console.press("n")
        await console.sees("MeterValues #")
        await console.press("n")
        await console.sees("newest message of the transaction")
        await console.press("N")
        await console.sees(f"StartTransaction #{first}")


async def test_brackets_go_along_the_list_it_was_opened_from(engine: Engine, dial: Any, open_console: Any) -> None:
    station = await dial(engine)
    await station.boot()
    await station.call("Heartbeat", {})
    await station.boot()
    async with open_console(engine, section="messages") as console:
        await console.press("slash", *"action:Boot*", "enter")
        await console.sees("/ action:Boot*", "BootNotification")
        await console.press("enter")
        await console.sees("BootNotification #")
        newest = console.section._number
        await console.press("left_square_bracket")
        await console.pilot.pause(0.1)
        await console.sees("BootNotification #")
        assert console.section._number < newest - 1, "the heartbeat between them is not in that list"
        await console.press("left_square_bracket")
        await console.sees("first of the list")


async def test_secrets_are_hidden_until_they_are_asked_for(engine: Engine, dial: Any, open_console: Any) -> None:
    station = await dial(engine)
    await station.boot()
    told = {"configurationKey": [{"key": "AuthorizationKey", "readonly": False, "value": "hunter2hunter2"}]}
    done = await ordered(engine, station, "GetConfiguration", {"key": ["AuthorizationKey"]}, told)
    async with open_console(engine) as console:
        section = await opened(console, done.id)
        await console.sees("***", "secrets hidden")
        assert "hunter2" not in console.text()
        assert "hunter2" not in (section.copied() or ("", ""))[0]
        await console.press("h")
        await console.sees("hunter2hunter2")
        await console.press("h")
        console.pull()
        assert "hunter2" not in console.text()


async def test_the_order_behind_a_call_is_named(engine: Engine, dial: Any, open_console: Any) -> None:
    station = await dial(engine)
    await station.boot()
    run = await engine.order("CP-001", "unlock", {"connector": 1}, by="anna")
    await station.answer_next({"status": "Unlocked"})
    exchange = await run.answered()
    async with open_console(engine) as console:
        await opened(console, exchange.id)
        await console.sees("Order", "given by anna")


async def test_a_call_of_ours_is_edited_judged_and_sent_again(engine: Engine, dial: Any, open_console: Any) -> None:
    station = await dial(engine)
    await station.boot()
    done = await ordered(engine, station, "Reset", {"type": "Soft"}, {"status": "Rejected"})
    async with open_console(engine) as console:
        await opened(console, done.id)
        await console.press("e")
        await console.sees("Edit and send again", "fits the schema")
        from textual.widgets import TextArea

        area = console.app.screen.query_one(TextArea)
        area.text = '{"type": "Sof"}'
        await console.sees("It is sent all the same")
        area.text = "{"
        await console.sees("This is no JSON")
        area.text = '{"type": "Hard"}'
        await console.sees("fits the schema")
        await console.press("ctrl+r")
        sent = await station.answer_next({"status": "Accepted"})
        assert sent[2:] == ["Reset", {"type": "Hard"}]
        await console.sees("Hard → Accepted")
        await console.press("escape")
        await console.sees(f"#{done.id}")


async def test_a_record_that_is_no_message_says_what_befell(engine: Engine, dial: Any, open_console: Any) -> None:
    station = await dial(engine)
    await station.boot()
    opened_link = (await engine.journal.happenings(limit=1, kinds=("link.opened",)))[0]
    async with open_console(engine) as console:
        console.app.open_exchange(opened_link.id)
        await console.sees("A link was opened", "what was noted")
        await console.press("e")
        console.app.open_exchange(999_999)
        await console.sees("This record is gone")


async def test_what_is_wrong_with_a_payload_leaves_the_buttons_in_sight_on_a_small_screen(
    engine: Engine, dial: Any, open_console: Any
) -> None:
    station = await dial(engine)
    await station.boot()
    asked = await ordered(engine, station, "GetConfiguration", {}, {})
    async with open_console(engine, size=(80, 24)) as console:
        await opened(console, asked.id)
        await console.press("e")
        await console.sees("The payload fits the schema.", "Cancel", "Send")
        await console.press("x")
        await console.sees("This is no JSON: line 1, column 1", "Cancel", "Send", "ctrl+r sends")


async def test_an_answer_that_never_came_is_not_said_to_be_unsent(engine: Engine, dial: Any, open_console: Any) -> None:
    async with open_console(engine, size=(120, 36)) as console:
        station = await dial(engine)
        await station.boot()
        exchange = await engine.raw("CP-001", "ClearCache", {}, timeout=0.05)
        await opened(console, exchange.id)
        await console.sees("nothing came")
        assert "nothing was sent" not in console.text()
