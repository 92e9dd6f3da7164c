"""Sessions: running first, history from the journal, the detail with every sample, and exports."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from console.engine.engine import Engine
from console.screens.sessions import SessionsSection


def stamp(seconds: float = 0) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


async def start(station: Any, tag: str = "TAG-1", connector: int = 1, at: float = -60) -> int:
    payload = {"connectorId": connector, "idTag": tag, "meterStart": 1000, "timestamp": stamp(at)}
    answer = await station.call("StartTransaction", payload)
    return int(answer[2]["transactionId"])


async def stop(station: Any, number: int, wh: int = 3500, reason: str = "EVDisconnected", **more: Any) -> None:
    payload = {"transactionId": number, "meterStop": wh, "timestamp": stamp(), "reason": reason, **more}
    await station.call("StopTransaction", payload)


async def reading(station: Any, number: int, wh: float, watts: float, at: float) -> None:
    values = [
        {"value": str(wh), "measurand": "Energy.Active.Import.Register", "unit": "Wh"},
        {"value": str(watts), "measurand": "Power.Active.Import", "unit": "W"},
        {"value": "16.1", "measurand": "Current.Import", "phase": "L1", "unit": "A"},
        {"value": "15.9", "measurand": "Current.Import", "phase": "L2", "unit": "A"},
    ]
    meter = [{"timestamp": stamp(at), "sampledValue": values}]
    await station.call("MeterValues", {"connectorId": 1, "transactionId": number, "meterValue": meter})


async def test_running_sessions_stand_before_ended_ones(
    engine: Engine, booted: Any, open_console: Any, size: Any, until: Any
) -> None:
    async with open_console(engine, size=size, section="sessions") as console:
        await console.sees("No session yet.")
        station = await booted(engine)
        first = await start(station, "TAG-1", 1)
        second = await start(station, "TAG-2", 2, at=-30)
        await stop(station, second)
        await console.sees("⚡ active", "✓ ended")
        section = console.section
        assert isinstance(section, SessionsSection)

        def order() -> list[str | None]:
            console.pull()
            rows = [section.panel.transaction(int(str(key))) for key in section.panel.table.keys]
            return [one.wire for one in rows if one is not None]

        await until(lambda: order() == [str(first), str(second)])
        assert console.app.view_failures == []


async def test_the_detail_tells_start_stop_samples_and_grows(engine: Engine, booted: Any, open_console: Any) -> None:
    async with open_console(engine, size=(160, 40), section="sessions") as console:
        station = await booted(engine)
        number = await start(station)
        await reading(station, number, 1500, 7000, -40)
        await console.sees("⚡ active")
        await console.press("enter")
        await console.sees(
            "still running", "id tag TAG-1", "Energy Wh", "I L1 A", "16.1", "1 000 Wh → 1 500 Wh = 500 Wh"
        )
        await reading(station, number, 2600, 11000, -20)
        await console.sees("= 1 600 Wh", "2600")
        await stop(station, number, 2600, "Local", idTag="TAG-9")
        await console.sees("reason Local", "id tag TAG-9")
        await console.press("escape")
        await console.sees("✓ ended")


async def test_missing_sequence_numbers_are_shown(engine: Engine, booted: Any, open_console: Any) -> None:
    async with open_console(engine, size=(160, 40), section="sessions") as console:
        station = await booted(engine, "CS-2", "2.0.1")
        for kind, sequence in (("Started", 0), ("Updated", 1), ("Updated", 4)):
            payload = {
                "eventType": kind,
                "timestamp": stamp(sequence - 10),
                "triggerReason": "Authorized" if kind == "Started" else "MeterValuePeriodic",
                "seqNo": sequence,
                "transactionInfo": {"transactionId": "tx-1"},
                "evse": {"id": 1, "connectorId": 1},
            }
            await station.call("TransactionEvent", payload)
        await console.sees("⚠ seqNo 2–3 missing")
        await console.press("enter")
        await console.sees("seqNo 2–3 never came")


async def test_an_inferred_end_is_marked(engine: Engine, booted: Any, open_console: Any) -> None:
    async with open_console(engine, size=(160, 40), section="sessions") as console:
        station = await booted(engine)
        await start(station, "TAG-1", 1, at=-600)
        await start(station, "TAG-2", 1, at=-10)
        await console.sees("≈ end inferred")
        await console.press("G", "enter")
        await console.sees("the station never said so: the end is inferred")


async def test_history_comes_back_from_the_journal(make_engine: Any, booted: Any, open_console: Any) -> None:
    engine = await make_engine()
    station = await booted(engine)
    number = await start(station)
    await reading(station, number, 1500, 7000, -40)
    await stop(station, number)
    await station.close()
    await engine.stop()
    again = await make_engine(data=engine.data)
    async with open_console(again, section="sessions") as console:
        await console.sees("✓ ended", "TAG-1")
        await console.press("enter")
        await console.sees("4 values")


async def test_words_filter_sessions(engine: Engine, booted: Any, open_console: Any) -> None:
    async with open_console(engine, section="sessions") as console:
        station = await booted(engine)
        await start(station, "ALPHA", 1)
        await start(station, "BETA", 2)
        await console.sees("ALPHA", "BETA")
        await console.press("slash", *"alpha", "enter")
        await console.sees("/alpha")
        assert "BETA" not in console.text()
        await console.press("escape")
        await console.sees("BETA")


async def test_the_table_is_exported_as_csv_and_the_samples_as_json_lines(
    engine: Engine, booted: Any, open_console: Any
) -> None:
    async with open_console(engine, section="sessions") as console:
        station = await booted(engine)
        number = await start(station)
        await reading(station, number, 1500, 7000, -40)
        await console.sees("⚡ active")
        await console.press("E")
        await console.sees("Where to?")
        await console.press("enter")
        await console.sees("1 row written")
        with (engine.data / "exports" / "sessions.csv").open(newline="") as file:
            (row,) = csv.DictReader(file)
        assert row["station"] == "CP-001"
        assert row["id_tag"] == "TAG-1"
        await console.press("enter")
        await console.sees("4 values")
        await console.press("E")
        await console.sees("every sample")
        await console.press(*["backspace"] * 4, *".jsonl", "enter")
        await console.sees("4 rows written")
        path = engine.data / "exports" / f"session-CP-001-{number}.jsonl"
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        assert {row["measurand"] for row in rows} == {
            "Energy.Active.Import.Register",
            "Power.Active.Import",
            "Current.Import",
        }
        assert [row["phase"] for row in rows if row["measurand"] == "Current.Import"] == ["L1", "L2"]


async def test_an_export_needs_an_ending_it_knows(engine: Engine, booted: Any, open_console: Any) -> None:
    async with open_console(engine, section="sessions") as console:
        station = await booted(engine)
        await start(station)
        await console.sees("⚡ active")
        await console.press("E")
        await console.sees("Where to?")
        await console.press("backspace", "enter")
        await console.sees("has no ending that can be written")


async def test_a_stop_is_given_from_the_session_at_the_cursor(engine: Engine, booted: Any, open_console: Any) -> None:
    async with open_console(engine, section="sessions") as console:
        station = await booted(engine)
        await start(station, "TAG-1", 1, at=-60)
        second = await start(station, "TAG-2", 2, at=-30)
        await console.sees("TAG-1", "TAG-2")
        await console.press("g", "x")
        await console.sees(f"Transaction {second} ends")
        await console.press("enter")
        call = await station.answer_next({"status": "Accepted"})
        assert call[3] == {"transactionId": second}


async def test_a_session_without_a_link_says_so_and_its_power_is_of_before(
    engine: Engine, booted: Any, open_console: Any
) -> None:
    async with open_console(engine, size=(160, 40), section="sessions") as console:
        station = await booted(engine)
        number = await start(station)
        await reading(station, number, 1500, 7000, -1)
        await console.sees("⚡ active", "7.0 kW")
        await station.close()
        await console.sees("○ no link", "0 charging · 0.0 kW")
        assert "7.0 kW" in console.line("CP-001")
        await console.press("enter")
        await console.sees("not told: no link", "its last word came")
        await console.press("escape")
        console.section.set_filter("no link")
        console.pull()
        assert console.section.panel.table.row_count == 1


async def test_a_session_whose_station_never_came_back_is_closed_by_hand(
    engine: Engine, booted: Any, open_console: Any
) -> None:
    async with open_console(engine, size=(160, 40), section="sessions") as console:
        station = await booted(engine)
        await start(station, "TAG-1", 1)
        await console.sees("⚡ active")
        await console.press("X")
        await console.sees("tells of this session")
        await station.close()
        await console.sees("○ no link", "X close by hand")
        await console.press("X")
        await console.sees("Nothing is sent")
        await console.press(*"scrapped", "enter")
        await console.sees("≈ closed by hand")
        (one,) = engine.fleet.transactions.values()
        assert (one.state, one.closed_by) == ("inferred", "operator")
        happenings = await engine.journal.happenings(limit=50, station="CP-001")
        assert [each.data["note"] for each in happenings if each.kind == "transaction.closed"] == ["scrapped"]
        await console.press("enter")
        await console.sees("closed by hand (operator)")


async def test_sessions_are_filtered_by_terms_and_a_wrong_one_says_why(
    engine: Engine, booted: Any, open_console: Any
) -> None:
    async with open_console(engine, size=(120, 36), section="sessions") as console:
        station = await booted(engine)
        await start(station, "TAG-1", 1)
        await console.sees("TAG-1")
        await console.press("slash", *"tag:TAG-2", "enter")
        await console.sees("No session passes the filter.")
        await console.press("slash", *"|TAG-1 is:active", "enter")
        await console.sees("⚡ active")
        console.section.set_filter("colour:red")
        await console.sees("unknown field “colour”")
        assert console.section.panel.table.row_count == 1, "what was shown stays"


async def test_a_command_closes_the_only_session_of_a_station(engine: Engine, booted: Any, open_console: Any) -> None:
    async with open_console(engine, size=(120, 36)) as console:
        station = await booted(engine)
        number = await start(station, "TAG-1", 1)
        await console.sees("CP-001")
        await station.close()
        await console.sees("✖ offline mid-session")
        await console.press("colon", *f"close CP-001 {number + 1}", "enter")
        await console.sees("Which session?")
        await console.press("escape")
        await console.press("colon", *f"close CP-001 {number}", "enter")
        await console.sees("Nothing is sent")
        await console.press("enter")
        await console.sees("is closed by hand")
        assert engine.fleet.active() == []


async def test_notes_have_the_room_that_others_do_not_need(engine: Engine, booted: Any, open_console: Any) -> None:
    async with open_console(engine, size=(124, 36), section="sessions") as console:
        station = await booted(engine)
        number = await start(station, "TAG-1", 1)
        for _ in range(2):
            await stop(station, number)
        await stop(station, number, wh=9000, reason="PowerLoss")
        await console.sees("⚠ end repeated · a second, differ")


async def test_state_and_station_are_whole_on_a_small_terminal(engine: Engine, booted: Any, open_console: Any) -> None:
    async with open_console(engine, size=(80, 24), section="sessions") as console:
        station = await booted(engine, "CP-VISITOR-01")
        await station.call("StatusNotification", {"connectorId": 1, "status": "SuspendedEVSE", "errorCode": "NoError"})
        await start(station, "04A2F1B2C3D4E5", 1)
        await station.call("StatusNotification", {"connectorId": 1, "status": "SuspendedEVSE", "errorCode": "NoError"})
        await console.sees("CP-VISITOR-01", "◐ SuspendedEVSE")


async def test_a_session_whose_connector_is_free_again_does_not_read_as_charging(
    engine: Engine, booted: Any, open_console: Any
) -> None:
    async with open_console(engine, size=(120, 36), section="sessions") as console:
        station = await booted(engine)
        await start(station)
        await console.sees("⚡ active", "1 charging")
        await station.call("StatusNotification", {"connectorId": 1, "status": "Available", "errorCode": "NoError"})
        await console.sees("○ Available", "0 charging", "X close by hand")


async def test_a_session_that_grows_passes_one_that_has_ended_when_they_are_sorted_by_length(
    engine: Engine, booted: Any, open_console: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_console(engine, size=(120, 36), section="sessions") as console:
        station = await booted(engine)
        ended = await start(station, "TAG-1", 1, at=-300)
        await stop(station, ended)
        running = await start(station, "TAG-2", 2, at=-200)
        await console.sees("⚡ active", "✓ ended")
        table = console.section.panel.table
        table.sort_by("length", descending=True)

        def order() -> list[str | None]:
            return [console.section.panel.transaction(key).wire for key in table.keys]

        assert order() == [str(ended), str(running)]
        clock = engine.clock
        monkeypatch.setattr(engine, "clock", lambda: clock() + 200 * 1_000_000_000)
        console.pull()
        assert order() == [str(running), str(ended)]


async def test_y_copies_the_id_that_the_transaction_has_on_the_wire(
    engine: Engine, booted: Any, open_console: Any
) -> None:
    async with open_console(engine, size=(120, 36), section="sessions") as console:
        station = await booted(engine)
        number = await start(station, "TAG-1", 1)
        await console.sees("⚡ active")
        await console.press("y")
        await console.sees("Copied the transaction's id.")
        assert console.app.clipboard == str(number)
        await console.press("enter")
        await console.sees("still running")
        console.app.copy_to_clipboard("")
        await console.press("y")
        assert console.app.clipboard == str(number)


async def test_y_copies_it_on_the_sessions_of_a_station_too(engine: Engine, booted: Any, open_console: Any) -> None:
    number = await start(await booted(engine), "TAG-1", 1)
    async with open_console(engine, size=(120, 36)) as console:
        await console.sees("CP-001")
        console.app.open_station("CP-001")
        await console.sees("Overview")
        console.section.set_tab("sessions")
        await console.sees("⚡ active")
        await console.press("y")
        await console.sees("Copied the transaction's id.")
        assert console.app.clipboard == str(number)
