"""The fleet: the sick first, every column, pending stations, marks, the filter line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from console.engine.engine import Engine
from console.engine.fleet.model import Alarm, Connector, Evse, Station
from console.screens.fleet import FleetSection
from console.screens.fleet_rows import COLUMNS, fleet_row, note
from profiles import KnownStation, load_profile
from widgets.columns import Cell, CellLike, cell_pieces


async def status(station: Any, connector: int, word: str, **more: Any) -> None:
    payload = {"connectorId": connector, "status": word, "errorCode": "NoError", **more}
    await station.call("StatusNotification", payload)


async def start(station: Any, connector: int = 1, tag: str = "04A2F1B2") -> int:
    answer = await station.call(
        "StartTransaction",
        {"connectorId": connector, "idTag": tag, "meterStart": 1000, "timestamp": "2026-01-01T00:00:00Z"},
    )
    return int(answer[2]["transactionId"])


async def meter(station: Any, transaction: int, watts: float, wh: float) -> None:
    values = [
        {"value": str(watts), "measurand": "Power.Active.Import", "unit": "W"},
        {"value": str(wh), "measurand": "Energy.Active.Import.Register", "unit": "Wh"},
    ]
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    reading = {"timestamp": now, "sampledValue": values}
    payload = {"connectorId": 1, "transactionId": transaction, "meterValue": [reading]}
    await station.call("MeterValues", payload)


def order(console: Any) -> list[str]:
    """The stations from top to bottom."""
    section = console.section
    assert isinstance(section, FleetSection)
    return [section.engine.fleet.stations[str(key)].id for key in section.table.keys]


async def test_a_row_tells_model_firmware_version_link_and_connectors(
    engine: Engine, dial: Any, open_console: Any
) -> None:
    async with open_console(engine, size=(160, 36)) as console:
        station = await dial(engine)
        await station.boot(chargePointVendor="Alfen", chargePointModel="NG910", firmwareVersion="6.4.1")
        await status(station, 1, "Available")
        await console.sees("Alfen NG910", "6.4.1", "○Available")
        row = console.line("CP-001")
        assert "1.6" in row
        assert "●" in row


async def test_a_charging_row_tells_power_and_energy(engine: Engine, dial: Any, open_console: Any) -> None:
    async with open_console(engine, size=(160, 36)) as console:
        station = await dial(engine)
        await station.boot()
        await status(station, 1, "Charging")
        await meter(station, await start(station), 11000, 5211)
        await console.sees("⚡Charging", "11.0 kW", "4.2 kWh", "1 charging")


async def test_the_sick_stand_first_then_names_as_people_count(
    engine: Engine, dial: Any, open_console: Any, until: Any
) -> None:
    async with open_console(engine) as console:
        for name in ("CP-10", "CP-2", "CP-9"):
            await (await dial(engine, name)).boot()
        await console.sees("CP-10", "CP-2", "CP-9")
        await until(lambda: console.pull() or order(console) == ["CP-2", "CP-9", "CP-10"])
        ten = await dial(engine, "CP-11")
        await ten.boot()
        await status(ten, 1, "Faulted", errorCode="GroundFailure", info="relay 2")
        cut = await dial(engine, "CP-12")
        await cut.boot()
        await start(cut)
        await cut.close()
        await console.sees("✖ offline mid-session", "✖ relay 2", "✖Fault")
        await until(lambda: console.pull() or order(console) == ["CP-11", "CP-12", "CP-2", "CP-9", "CP-10"])


async def test_a_clock_that_is_wrong_is_noted(engine: Engine, dial: Any, open_console: Any) -> None:
    async with open_console(engine) as console:
        station = await dial(engine)
        await station.boot()
        ahead = (datetime.now(UTC) + timedelta(seconds=372)).strftime("%Y-%m-%dT%H:%M:%SZ")
        await status(station, 1, "Available", timestamp=ahead)
        await console.sees("⚠ clock +00:06:1")


async def test_a_pending_station_is_accepted_with_a_key(make_engine: Any, dial: Any, open_console: Any) -> None:
    bench = load_profile("bench")
    listen = replace(bench.listen[0], unknown_stations="pending")
    engine = await make_engine(replace(bench, listen=[listen]))
    async with open_console(engine) as console:
        station = await dial(engine, "00112233AA")
        await station.boot()
        await console.sees("? 00112233AA", "pending: a accept", "del refuse")
        await console.press("a")
        await station.answer_next({"status": "Accepted"})
        await station.boot()
        await console.sees("is accepted")
        console.pull()
        await console.pilot.pause()
        assert "pending" not in console.line("00112233AA")
        assert engine.fleet.stations["00112233aa"].registration == "Accepted"


async def test_a_refused_station_is_sent_away(make_engine: Any, dial: Any, open_console: Any, until: Any) -> None:
    bench = load_profile("bench")
    engine = await make_engine(replace(bench, listen=[replace(bench.listen[0], unknown_stations="pending")]))
    async with open_console(engine) as console:
        station = await dial(engine, "STRANGER")
        await station.boot()
        await console.sees("? STRANGER")
        await console.press("delete")
        await until(lambda: engine.links.get("STRANGER") is None)


async def test_accepting_a_station_that_does_not_wait_says_so(engine: Engine, dial: Any, open_console: Any) -> None:
    async with open_console(engine) as console:
        await (await dial(engine)).boot()
        await console.sees("CP-001")
        await console.press("a")
        await console.sees("does not wait for anybody")


async def test_the_filter_line_hides_rows_and_esc_brings_them_back(
    engine: Engine, dial: Any, open_console: Any
) -> None:
    async with open_console(engine) as console:
        await (await dial(engine, "CP-001")).boot(chargePointVendor="Alfen")
        gone = await dial(engine, "CP-002")
        await gone.boot(chargePointVendor="ABB")
        await gone.close()
        await console.sees("CP-001", "CP-002")
        await console.press("slash", *"is:offline")
        await console.sees("/is:offline")
        assert "CP-001" not in console.text()
        await console.press("enter", "escape")
        await console.sees("CP-001", "CP-002")


async def test_marks_are_counted_and_taken_away_with_esc(engine: Engine, dial: Any, open_console: Any) -> None:
    async with open_console(engine) as console:
        for name in ("CP-001", "CP-002"):
            await (await dial(engine, name)).boot()
        await console.sees("CP-001", "CP-002")
        await console.press("space", "space")
        await console.sees("2 marked")
        assert console.section.marked_stations() == ["CP-001", "CP-002"]
        await console.press("escape")
        assert console.section.marked_stations() == []


async def test_an_unchanged_row_is_not_made_again(engine: Engine, dial: Any, open_console: Any) -> None:
    async with open_console(engine) as console:
        await (await dial(engine)).boot()
        await console.sees("CP-001")
        section = console.section
        assert isinstance(section, FleetSection)
        first = section._row("cp-001")
        section._changed = -1
        section.pull(section._now + 1)
        assert section._row("cp-001") is first


async def test_hostile_text_never_reaches_the_terminal_raw(
    engine: Engine, dial: Any, open_console: Any, size: Any
) -> None:
    async with open_console(engine, size=size) as console:
        station = await dial(engine, "CP-001")
        await station.boot(chargePointVendor="\x1b[31mred", chargePointModel="[bold]x[/")
        await status(station, 1, "Faulted", errorCode="OtherError", info="\x1b]0;pwned\x07[@click=app.quit]")
        await console.sees("CP-001")
        assert "\x1b" not in console.text()
        assert "\x07" not in console.text()
        assert console.app.view_failures == []


async def test_rows_sort_by_any_column(engine: Engine, dial: Any, open_console: Any) -> None:
    async with open_console(engine, size=(160, 36)) as console:
        await (await dial(engine, "CP-1")).boot(chargePointVendor="Zeta")
        await (await dial(engine, "CP-2")).boot(chargePointVendor="Alpha")
        await console.sees("Zeta", "Alpha")
        assert order(console) == ["CP-1", "CP-2"]
        await console.press("greater_than_sign", "greater_than_sign")
        await console.sees("MODEL ▲")
        assert order(console) == ["CP-2", "CP-1"]


async def test_the_messages_of_a_station_are_one_key_away(engine: Engine, dial: Any, open_console: Any) -> None:
    async with open_console(engine) as console:
        await (await dial(engine, "CP-007")).boot()
        await console.sees("CP-007")
        await console.press("m")
        await console.sees('station:"CP-007"', "BootNotifi")


def of(states: list[str], **more: Any) -> Station:
    """A connected station whose connectors have these states."""
    evses = {
        n: Evse(evse=n, connectors={1: Connector(evse=n, connector=1, status=state)})
        for n, state in enumerate(states, start=1)
    }
    return Station(**{"key": "cp", "id": "CP", "connected": True, "evses": evses, **more})


def cell(station: Station, column: str, **more: Any) -> str:
    """What one cell of its row reads."""
    row = fleet_row(station, more.pop("transactions", {}), (), rtt_ms=None, now_ns=0, **more)
    return drawn(row[[one.key for one in COLUMNS].index(column)])


def drawn(cell: CellLike) -> str:
    """What a cell reads where there is room."""
    return "".join(text for text, _ in cell_pieces(cell, 60, "left")).rstrip()


def test_no_word_of_a_connector_is_cut_where_a_blank_less_makes_room() -> None:
    told = cell(of(["Available", "Available"]), "connectors", connector_room=25)
    assert told == "1 ○Available 2 ○Available"


def test_long_words_are_shortened_before_any_is_cut_and_the_longest_is_cut_first() -> None:
    two = of(["SuspendedEV", "Available"])
    assert cell(two, "connectors", connector_room=25) == "1 ◐Susp.EV 2 ○Available"
    assert cell(of(["Finishing", "Wait"]), "connectors", connector_room=18) == "1 ◕Finish… 2 ?Wait"
    assert cell(of(["Available"] * 4), "connectors", connector_room=25) == "1○ 2○ 3○ 4○"


async def test_two_connectors_are_told_in_full_on_a_small_terminal(
    engine: Engine, dial: Any, open_console: Any
) -> None:
    async with open_console(engine, size=(80, 24)) as console:
        station = await dial(engine, "CP-GARAGE-02")
        await station.boot()
        await status(station, 1, "Charging")
        await status(station, 2, "Available")
        await console.sees("1 ⚡Charging 2 ○Available")


async def test_the_last_power_of_a_station_that_is_gone_is_no_power_of_the_site(
    engine: Engine, dial: Any, open_console: Any, until: Any
) -> None:
    async with open_console(engine, size=(160, 36)) as console:
        station = await dial(engine)
        await station.boot()
        await status(station, 1, "Charging")
        await meter(station, await start(station), 11000, 5211)
        await console.sees("11.0 kW", "1 charging")
        await station.close()
        await console.sees("✖ offline mid-session", "0 charging · 0.0 kW")
        (last,) = engine.fleet.transactions.values()
        assert last.power_w == 11000
        row = console.line("CP-001")
        assert "11.0 kW" in row
        assert "▁" not in row


async def test_the_note_of_an_order_goes_when_the_order_is_over(engine: Engine, dial: Any, open_console: Any) -> None:
    async with open_console(engine) as console:
        station = await dial(engine)
        await station.boot()
        await status(station, 1, "Available")
        await console.sees("CP-001")
        console.app.now = lambda: 1_000_000_000  # the second never changes: only the order does
        run = await engine.order("CP-001", "unlock", {"connector": 1})
        await console.sees("◔ unlock")
        await station.answer_next({"status": "Unlocked"})
        await run.done()
        console.pull()
        await console.pilot.pause()
        assert "unlock" not in console.line("CP-001")


async def test_the_site_is_found_by_the_filter_and_has_a_column_where_there_are_several(
    make_engine: Any, dial: Any, open_console: Any
) -> None:
    known = [KnownStation(id="CP-1", site="North", name="Main gate"), KnownStation(id="CP-2", site="South")]
    profile = replace(load_profile("bench"), stations=known)
    engine = await make_engine(profile)
    async with open_console(engine, size=(160, 36), profile=profile) as console:
        for name in ("CP-1", "CP-2"):
            await (await dial(engine, name)).boot()
        await console.sees("SITE", "North", "South")
        console.section.set_filter("site:south")
        console.pull()
        assert order(console) == ["CP-2"]
        console.section.set_filter("gate")
        console.pull()
        assert order(console) == ["CP-1"]


async def test_without_sites_no_column_is_spent_on_them(engine: Engine, dial: Any, open_console: Any) -> None:
    async with open_console(engine, size=(200, 36)) as console:
        await (await dial(engine)).boot()
        await console.sees("CP-001")
        assert "SITE" not in console.text()


def test_a_long_identity_is_cut_before_its_end() -> None:
    station = of(["Available"], id="NL-ABC-E00012345-07")
    assert cell(station, "station", station_room=13) == "NL-ABC…345-07"
    assert cell(station, "station", station_room=19) == "NL-ABC-E00012345-07"


def test_a_fault_without_words_of_its_own_tells_how_long_it_lasts() -> None:
    station = of(["Faulted"])
    alarm = Alarm(
        id=1, station="CP", kind="fault", cause="1.1", text="connector 1: Faulted", severity=2, raised=0, last=0
    )
    found = note(station, [alarm], None, 240_000_000_000)
    assert found == Cell("✖ fault for 4 min", "bad")
