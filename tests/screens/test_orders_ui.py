"""Orders by keyboard: forms filled with what is known, followed in place to their effect; bulk; and every "no" says why."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
from textual.screen import ModalScreen
from textual.widgets import Button, Input, TextArea

from console.engine.engine import Engine
from console.screens.order_form import OrderForm
from console.screens.run_panel import RunPanel, said_whole


async def charger(dial: Any, engine: Engine, name: str = "CP-001") -> Any:
    """A station with one free connector."""
    station = await dial(engine, name)
    await station.boot()
    await station.call("StatusNotification", {"connectorId": 1, "status": "Available", "errorCode": "NoError"})
    return station


async def shows(console: Any, kind: type[ModalScreen[Any]]) -> Any:
    """Wait for a dialog of that kind."""
    async with asyncio.timeout(10):
        while not (isinstance(console.app.screen, kind) and console.app.screen.is_mounted):
            await console.pilot.pause(0.02)
    await console.pilot.pause()
    return console.app.screen


async def test_a_reset_is_followed_to_the_new_boot(engine: Engine, dial: Any, open_console: Any, size: Any) -> None:
    async with open_console(engine, size=size) as console:
        station = await charger(dial, engine)
        await console.sees("CP-001")
        await console.press("r")
        await console.sees("stops running transactions in good order and restarts", "● soft", "○ hard")
        await console.press("enter")
        await station.answer_next({"status": "Accepted"})
        await console.sees("Reset sent", "answered Accepted", "booted again")
        await station.close()
        again = await dial(engine)
        await again.boot()
        await console.sees("✓ DONE", "booted again after")


async def test_a_start_is_followed_to_the_running_session_and_opens_it(
    engine: Engine, dial: Any, open_console: Any
) -> None:
    async with open_console(engine) as console:
        station = await charger(dial, engine)
        await station.call("Authorize", {"idTag": "04A2F1B2"})
        await console.sees("CP-001")
        await console.press("s")
        await shows(console, OrderForm)
        await console.sees("04A2F1B2", "A transaction starts for id tag 04A2F1B2 on connector 1")
        await console.press("enter")
        call = await station.answer_next({"status": "Accepted"})
        assert call[3] == {"connectorId": 1, "idTag": "04A2F1B2"}
        payload = {"connectorId": 1, "idTag": "04A2F1B2", "meterStart": 0, "timestamp": "2026-01-01T00:00:00Z"}
        await station.call("StartTransaction", payload)
        await console.sees("✓ DONE", "runs on connector 1", "i session")
        await console.press("i")
        await console.sees("Sessions › CP-001 tx", "still running")


async def test_a_stop_names_the_running_transaction_and_is_followed_to_its_end(
    engine: Engine, dial: Any, open_console: Any
) -> None:
    async with open_console(engine) as console:
        station = await charger(dial, engine)
        payload = {"connectorId": 1, "idTag": "A", "meterStart": 0, "timestamp": "2026-01-01T00:00:00Z"}
        answer = await station.call("StartTransaction", payload)
        number = answer[2]["transactionId"]
        await station.call("StatusNotification", {"connectorId": 1, "status": "Charging", "errorCode": "NoError"})
        await console.sees("1 charging")
        await console.press("x")
        await console.sees(f"Transaction {number} ends")
        await console.press("enter")
        call = await station.answer_next({"status": "Accepted"})
        assert call[3] == {"transactionId": number}
        stop = {"transactionId": number, "meterStop": 5, "timestamp": "2026-01-01T01:00:00Z", "reason": "Remote"}
        await station.call("StopTransaction", stop)
        await console.sees("✓ DONE", "has ended", "reason Remote")


async def test_an_unlock_that_fails_says_so(engine: Engine, dial: Any, open_console: Any) -> None:
    async with open_console(engine) as console:
        station = await charger(dial, engine)
        await console.sees("CP-001")
        await console.press("u", "enter")
        await station.answer_next({"status": "UnlockFailed"})
        await console.sees("✖ REJECTED", "UnlockFailed")


async def test_firmware_asks_for_its_file_first_then_waits_at_cancel_and_is_followed(
    engine: Engine, dial: Any, open_console: Any, tmp_path: Path
) -> None:
    image = tmp_path / "image-9.bin"
    image.write_bytes(b"x" * 5000)
    async with open_console(engine) as console:
        station = await charger(dial, engine)
        await console.sees("CP-001")
        await console.press("f")
        form = await shows(console, OrderForm)
        assert form.focused is form.query(Input).first()  # what is typed is the file
        form.query(Input).first().value = str(image)
        await console.press("enter")
        assert form.focused.id == "cancel"
        await console.press("right", "enter")
        call = await station.answer_next({})
        async with httpx.AsyncClient() as client:
            assert (await client.get(call[3]["location"])).content == b"x" * 5000
        for stage in ("Downloading", "Downloaded", "Installing", "Installed"):
            await station.call("FirmwareStatusNotification", {"status": stage})
        await console.sees("✓ DONE", "Downloaded", "Installed")


async def test_diagnostics_arrive_as_a_file_on_disk(engine: Engine, dial: Any, open_console: Any) -> None:
    async with open_console(engine) as console:
        station = await charger(dial, engine)
        await console.sees("CP-001")
        await console.press("d")
        await shows(console, OrderForm)
        await console.press("enter")
        call = await station.answer_next({"fileName": "log.txt"})
        async with httpx.AsyncClient() as client:
            answer = await client.put(call[3]["location"] + "log.txt", content=b"hello")
        assert answer.is_success
        await console.sees("✓ DONE")
        assert [one.path.read_bytes() for one in engine.files.received()] == [b"hello"]


async def test_a_dangerous_order_is_not_sent_by_enter_in_a_field(engine: Engine, dial: Any, open_console: Any) -> None:
    async with open_console(engine) as console:
        await charger(dial, engine)
        await console.sees("CP-001")
        await console.press("r")
        form = await shows(console, OrderForm)
        await console.press("h")
        await console.sees("● hard", "restarts at once, as after a power cut")
        await console.press("enter")
        assert console.app.screen is form
        assert form.focused is not None
        assert form.focused.id == "cancel"
        await console.press("escape")
        assert engine.desk.runs == type(engine.desk.runs)(maxlen=500)


async def test_a_field_that_is_missing_is_named(engine: Engine, dial: Any, open_console: Any) -> None:
    async with open_console(engine) as console:
        await charger(dial, engine)
        await console.sees("CP-001")
        await console.press("s")
        form = await shows(console, OrderForm)
        form.query(Input).last().value = ""
        await console.press("enter")
        await console.sees("✖ tag is empty. Type the id tag, at most 20 characters.")
        assert engine.desk.runs == type(engine.desk.runs)(maxlen=500)


async def test_a_form_offers_the_connectors_of_the_station_and_says_which_to_type(
    engine: Engine, dial: Any, open_console: Any, size: Any
) -> None:
    async with open_console(engine, size=size) as console:
        station = await charger(dial, engine)
        await station.call("StatusNotification", {"connectorId": 2, "status": "Charging", "errorCode": "NoError"})
        await console.sees("CP-001")
        await console.press("u")
        form = await shows(console, OrderForm)
        assert await console.sees("1 Available · 2 Charging")
        await console.press("enter")
        await console.sees("✖ connector is empty. Type 1 or 2.")
        assert form.focused is form.query(Input).first()
        await console.press("2", "enter")
        call = await station.answer_next({"status": "Unlocked"})
        assert call[3] == {"connectorId": 2}


async def test_firmware_takes_a_file_or_a_url_and_the_url_goes_before_the_proposed_file(
    engine: Engine, dial: Any, open_console: Any, tmp_path: Path
) -> None:
    image = tmp_path / "image-9.bin"
    image.write_bytes(b"x")
    async with open_console(engine) as console:
        station = await charger(dial, engine)
        await console.sees("CP-001")
        await console.press("f")
        form = await shows(console, OrderForm)
        file, url = list(form.query(Input))[:2]
        await console.sees("needed: this or url", "needed: this or file")
        await console.press("enter", "right", "enter")
        await console.sees("✖ firmware needs file or url.")
        file.value = str(image)
        async with asyncio.timeout(10):
            while "needed" in console.text():
                await console.pilot.pause(0.02)
        url.value = "http://images.example/9.bin"
        await console.sees("The station downloads http://images.example/9.bin")
        url.focus()
        await console.sees("url: where the image lies; taken instead of the file")
        form.query_one("#send", Button).press()
        call = await station.answer_next({})
        assert call[3]["location"] == "http://images.example/9.bin"


async def test_what_is_typed_into_a_filled_field_replaces_it(engine: Engine, dial: Any, open_console: Any) -> None:
    async with open_console(engine) as console:
        station = await charger(dial, engine)
        await station.call("Authorize", {"idTag": "04A2F1B2"})
        await console.sees("CP-001")
        await console.press("s")
        await shows(console, OrderForm)
        await console.sees("04A2F1B2", "on connector 1")
        await console.press(*"TAG7", "enter")  # the only connector is settled: the keyboard is at the tag
        call = await station.answer_next({"status": "Accepted"})
        assert call[3] == {"connectorId": 1, "idTag": "TAG7"}


async def test_a_tag_is_never_completed_by_tab(engine: Engine, dial: Any, open_console: Any) -> None:
    async with open_console(engine) as console:
        station = await charger(dial, engine)
        await station.call("Authorize", {"idTag": "04A2F1B2"})
        await console.sees("CP-001")
        await console.press("s")
        form = await shows(console, OrderForm)
        await console.press(*"04A2", "tab")
        assert form.values["tag"] == "04A2"
        assert form.focused.id == "cancel"


async def test_a_raw_call_begins_with_what_its_action_needs_and_is_judged_before_it_leaves(
    engine: Engine, dial: Any, open_console: Any, size: Any
) -> None:
    async with open_console(engine, size=size) as console:
        station = await charger(dial, engine)
        await console.sees("CP-001")
        await console.press("w")
        form = await shows(console, OrderForm)
        await console.press(*"ChangeA")
        await console.sees("OCPP 1.6 does not know ChangeA")
        async with asyncio.timeout(10):
            while form.focused._suggestion != "ChangeAvailability":
                await console.pilot.pause(0.02)
        await console.press("tab")
        await console.sees('"type":"Inoperative|Operative"', "$.type", "It is sent all the")
        await console.press("enter")  # the draft is looked at first
        assert form.focused is form.query_one(TextArea)
        assert not engine.desk.runs
        form.query_one(TextArea).text = '{"connectorId": 1, "type": "Operative"'
        await console.press("ctrl+r")
        await console.sees("✖ This is no JSON: line 1, column")
        assert not engine.desk.runs
        form.query_one(TextArea).text += "}"
        await console.sees("The payload fits the schema.", "^r sends")
        await console.press("ctrl+r")
        call = await station.answer_next({"status": "Accepted"})
        assert call[2:] == ["ChangeAvailability", {"connectorId": 1, "type": "Operative"}]


async def test_a_bulk_order_says_how_many_sessions_run(engine: Engine, dial: Any, open_console: Any) -> None:
    async with open_console(engine) as console:
        for name in ("CP-001", "CP-002"):
            station = await charger(dial, engine, name)
            payload = {"connectorId": 1, "idTag": "A", "meterStart": 0, "timestamp": "2026-01-01T00:00:00Z"}
            await station.call("StartTransaction", payload)
        await console.sees("CP-001", "CP-002")
        await console.press("ctrl+a", "r")
        await shows(console, OrderForm)
        await console.sees("CP-001, CP-002 · 2 sessions run")


async def test_marks_make_an_order_a_bulk_order_with_a_row_for_each(
    engine: Engine, dial: Any, open_console: Any
) -> None:
    async with open_console(engine) as console:
        first, second = await charger(dial, engine, "CP-001"), await charger(dial, engine, "CP-002")
        await console.sees("CP-001", "CP-002")
        await console.press("space", "space", "t")
        form = await shows(console, OrderForm)
        await console.sees("2 stations", "CP-001, CP-002")
        form.query_one("#send", Button).press()
        await first.answer_next({"status": "Rejected"})
        await second.answer_next({"status": "Accepted"})
        await second.call("StatusNotification", {"connectorId": 1, "status": "Available", "errorCode": "NoError"})
        await console.sees("1 done", "1 not", "✖ rejected", "✓ done")
        assert isinstance(console.app.screen, RunPanel)


async def test_a_bulk_order_that_does_something_asks_first(engine: Engine, dial: Any, open_console: Any) -> None:
    async with open_console(engine) as console:
        await charger(dial, engine, "CP-001")
        await charger(dial, engine, "CP-002")
        await console.sees("CP-001", "CP-002")
        await console.press("ctrl+a", "r")
        form = await shows(console, OrderForm)
        assert form.focused is not None
        assert form.focused.id == "cancel"


async def test_a_key_that_does_not_apply_says_why(engine: Engine, dial: Any, open_console: Any) -> None:
    async with open_console(engine) as console:
        station = await charger(dial, engine)
        await console.sees("CP-001")
        await console.press("x")
        await console.sees("No transaction runs on CP-001")
        await station.close()
        await console.sees("0 online")
        await console.press("r")
        await console.sees("CP-001 is not connected")
        assert len(console.app.screen_stack) == 1


async def test_read_only_takes_every_order_away(make_engine: Any, dial: Any, open_console: Any) -> None:
    engine = await make_engine(read_only=True)
    async with open_console(engine) as console:
        await charger(dial, engine)
        await console.sees("CP-001", "READ-ONLY")
        assert "reset" not in console.lines()[-1]
        await console.press("r")
        await console.sees("read-only: it gives no orders")
        await console.press(":", *"unlock CP-404", "enter")
        await console.sees("✖ This console is read-only: it gives no orders.")


async def test_a_reset_that_says_no_type_is_soft(engine: Engine, dial: Any, open_console: Any) -> None:
    async with open_console(engine) as console:
        station = await charger(dial, engine)
        await console.sees("CP-001")
        await console.press(":", *"reset CP-001", "enter")
        call = await station.answer_next({"status": "Accepted"})
        assert call[2:] == ["Reset", {"type": "Soft"}]
        text = await console.sees("done when it has booted again")
        assert "EVSE" not in text[text.index("done when") :].splitlines()[0]


def test_where_a_log_lies_is_said_once_on_lines_broken_at_slashes_only() -> None:
    path = "/home/operator/.local/share/chargehand/files/received/cp-001/20260101T000000Z-diagnostics.log.gz"
    first, *lines = said_whole(f"97.7 KiB arrived after 2.1 s, saved as {path}", 50).split("\n")
    assert first == "97.7 KiB arrived after 2.1 s, saved as"
    assert "".join(lines) == path
    assert all(one.endswith("/") for one in lines[:-1])
    assert all(len(one) <= 50 for one in lines)


async def test_a_whole_command_is_sent_at_once_and_shows_its_way(engine: Engine, dial: Any, open_console: Any) -> None:
    async with open_console(engine) as console:
        station = await charger(dial, engine)
        await console.sees("CP-001")
        await console.press(":", *"unlock connector=1", "enter")
        call = await station.answer_next({"status": "Unlocked"})
        assert call[2:] == ["UnlockConnector", {"connectorId": 1}]
        await console.sees("✓ DONE", "Unlocked")


async def test_raw_sends_what_is_written(engine: Engine, dial: Any, open_console: Any) -> None:
    async with open_console(engine) as console:
        station = await charger(dial, engine)
        await console.sees("CP-001")
        await console.press(":", *"raw CP-001 GetLocalListVersion {}", "enter")
        call = await station.answer_next({"listVersion": 7})
        assert call[2:] == ["GetLocalListVersion", {}]
        await console.sees("✓ DONE")


async def test_the_answer_to_a_raw_call_stands_below_its_story_with_its_secrets_hidden(
    engine: Engine, dial: Any, open_console: Any, size: Any
) -> None:
    async with open_console(engine, size=size) as console:
        station = await charger(dial, engine)
        await console.sees("CP-001")
        await console.press(":", *"raw CP-001 GetConfiguration {}", "enter")
        key = {"key": "AuthorizationKey", "readonly": False, "value": "sesame-opens-the-door"}
        await station.answer_next({"configurationKey": [key]})
        text = await console.sees("✓ DONE", '"key": "AuthorizationKey"', '"value": "***"')
        assert "sesame" not in text


async def test_the_messages_of_an_order_are_one_key_away(engine: Engine, dial: Any, open_console: Any) -> None:
    async with open_console(engine) as console:
        station = await charger(dial, engine)
        await console.sees("CP-001")
        await console.press("u", "enter")
        await station.answer_next({"status": "Unlocked"})
        await console.sees("✓ DONE")
        await console.press("m")
        await console.sees("station:CP-001 since:", "UnlockConn", "→ Unlocked")


async def test_an_order_that_was_left_tells_its_end(engine: Engine, dial: Any, open_console: Any) -> None:
    async with open_console(engine) as console:
        station = await charger(dial, engine)
        await console.sees("CP-001")
        await console.press("r", "enter")
        await shows(console, RunPanel)
        await station.answer_next({"status": "Accepted"})
        await console.press("escape")
        await station.close()
        again = await dial(engine)
        await again.boot()
        await console.sees("CP-001 · reset done", "booted again")
        await console.press("o")
        await console.sees("Orders given", "✓ done")


async def test_stations_of_different_versions_take_one_bulk_order(engine: Engine, dial: Any, open_console: Any) -> None:
    async with open_console(engine) as console:
        old = await charger(dial, engine, "CP-001")
        new = await dial(engine, "CP-002", "2.0.1")
        info = {"model": "One", "vendorName": "Maker"}
        await new.call("BootNotification", {"reason": "PowerUp", "chargingStation": info})
        await console.sees("CP-001", "CP-002", "2 online")
        await console.press("ctrl+a", "r")
        await shows(console, OrderForm)
        await console.sees("→ then enter sends")
        await console.press("right", "enter")
        assert (await old.answer_next({"status": "Accepted"}))[3] == {"type": "Soft"}
        assert (await new.answer_next({"status": "Scheduled"}))[3] == {"type": "OnIdle"}
        await console.sees("Reset · 2 stations")
