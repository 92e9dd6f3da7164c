"""A station: cards, facts, live messages, and its tabs; settings are read, changed, saved and compared."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from msgspec.structs import replace

from console.engine.engine import Engine
from console.screens.config_copy import read_copy
from console.screens.station import StationSection
from console.screens.station_config import ConfigPane
from profiles import KnownStation, load_profile

KEYS = [
    {"key": "HeartbeatInterval", "readonly": False, "value": "300"},
    {"key": "NumberOfConnectors", "readonly": True, "value": "2"},
    {"key": "AuthorizationKey", "readonly": False, "value": "hunter2hunter2hunter2"},
]


async def open_station(console: Any, dial: Any, engine: Engine, name: str = "CP-001") -> Any:
    """A 1.6 station with two connectors, opened from the fleet."""
    station = await dial(engine, name)
    await station.boot(chargePointVendor="Alfen", chargePointModel="NG910", firmwareVersion="6.4.1")
    for connector, word in ((1, "Charging"), (2, "Available")):
        payload = {"connectorId": connector, "status": word, "errorCode": "NoError"}
        await station.call("StatusNotification", payload)
    await console.sees(name)
    await console.press("enter")
    await console.sees("Overview", "Connector 1", "charger")
    return station


async def answer_configuration(station: Any, keys: list[dict[str, Any]]) -> None:
    await station.answer_next({"configurationKey": keys, "unknownKey": []})


async def test_the_overview_shows_cards_facts_and_live_messages(
    engine: Engine, dial: Any, open_console: Any, size: Any
) -> None:
    async with open_console(engine, size=size) as console:
        station = await open_station(console, dial, engine)
        await console.sees("⚡Charging", "Alfen NG910", "round trip", "TAIL")
        await station.call("Heartbeat", {})
        await console.sees("Heartbeat")
        assert console.app.view_failures == []


async def test_the_chosen_connector_fills_the_form(engine: Engine, dial: Any, open_console: Any) -> None:
    async with open_console(engine) as console:
        station = await open_station(console, dial, engine)
        await console.press("n")
        await console.sees("CP-001 › EVSE 2")
        await console.press("u", "enter")
        call = await station.answer_next({"status": "Unlocked"})
        assert call[3] == {"connectorId": 2}


async def test_a_connector_that_appears_gets_its_card(engine: Engine, dial: Any, open_console: Any) -> None:
    async with open_console(engine) as console:
        station = await open_station(console, dial, engine)
        await station.call("StatusNotification", {"connectorId": 3, "status": "Faulted", "errorCode": "GroundFailure"})
        await console.sees("Connector 3", "✖Faulted", "GroundFailure")


async def test_tabs_turn_by_key_and_every_tab_stands_at_every_size(
    engine: Engine, dial: Any, open_console: Any, size: Any
) -> None:
    async with open_console(engine, size=size) as console:
        await open_station(console, dial, engine)
        section = console.section
        assert isinstance(section, StationSection)
        for words in ("Nothing was read", "No session of this station", "BootNotif", "No file was sent", "link.opened"):
            await console.press("tab")
            await console.sees(words)
        await console.press("tab")
        await console.sees("Connector 1")
        assert section.tab == "overview"
        assert console.app.view_failures == []


async def test_settings_are_read_and_secrets_stay_hidden(engine: Engine, dial: Any, open_console: Any) -> None:
    async with open_console(engine) as console:
        station = await open_station(console, dial, engine)
        await console.press("c")
        await console.sees("Nothing was read from this station yet.")
        await console.press("R")
        await answer_configuration(station, KEYS)
        await console.sees("HeartbeatInterval", "300", "read only", "NumberOfConnectors", "•••")
        assert "hunter2" not in console.text()


async def test_a_setting_is_changed_by_its_form_and_marked_until_the_restart(
    engine: Engine, dial: Any, open_console: Any
) -> None:
    async with open_console(engine) as console:
        station = await open_station(console, dial, engine)
        await console.press("c")
        await console.sees("Nothing was read")
        await console.press("R")
        await answer_configuration(station, KEYS)
        await console.sees("HeartbeatInterval")
        await console.press("down", "enter")
        await console.sees("Change a setting", "300")
        await console.press(*"60", "enter")  # the key is settled: what is typed is the value
        call = await station.answer_next({"status": "RebootRequired"})
        assert call[3] == {"key": "HeartbeatInterval", "value": "60"}
        await answer_configuration(station, [{"key": "HeartbeatInterval", "readonly": False, "value": "60"}])
        await console.sees("✓ DONE", "reads back as 60")
        await console.press("escape")
        await console.sees("⟳ after a restart")
        await station.boot()
        await console.sees("HeartbeatInterval")
        console.pull()
        await console.pilot.pause()
        assert "⟳" not in console.text()


async def test_a_read_only_setting_says_so(engine: Engine, dial: Any, open_console: Any) -> None:
    async with open_console(engine) as console:
        station = await open_station(console, dial, engine)
        await console.press("c")
        await console.sees("Nothing was read")
        await console.press("R")
        await answer_configuration(station, KEYS)
        await console.sees("NumberOfConnectors")
        await console.press("G", "enter")
        await console.sees("NumberOfConnectors is read only")


async def test_a_copy_is_saved_and_what_differs_from_it_is_shown(
    engine: Engine, dial: Any, open_console: Any, until: Any
) -> None:
    async with open_console(engine, size=(160, 36)) as console:
        station = await open_station(console, dial, engine)
        await console.press("c")
        await console.sees("Nothing was read")
        await console.press("R")
        await answer_configuration(station, KEYS[:2])
        await console.sees("HeartbeatInterval")
        await console.press("S")
        await console.sees("Save a copy")
        await console.press("enter")
        await console.sees("2 settings written")
        (saved,) = (engine.data / "settings").glob("CP-001-*.json")
        assert read_copy(saved) == {"HeartbeatInterval": "300", "NumberOfConnectors": "2"}
        document = json.loads(saved.read_text())
        document["settings"]["HeartbeatInterval"] = "86400"
        document["settings"]["Gone"] = "1"
        saved.write_text(json.dumps(document))
        await console.press("D")
        await console.sees("Compare with a saved copy", "CP-001-")
        await console.press("enter")
        await console.sees("2 settings differ", "86400", "Gone", "only in the copy")
        await console.press("slash", *"changed", "enter")
        pane = console.section.pane
        assert isinstance(pane, ConfigPane)
        await until(lambda: console.pull() or list(pane.table.keys) == ["Gone", "HeartbeatInterval"])


async def test_the_device_model_of_2x_is_shown_by_component(engine: Engine, dial: Any, open_console: Any) -> None:
    async with open_console(engine) as console:
        station = await dial(engine, "CS-2", "2.0.1")
        await station.boot()
        await console.sees("CS-2")
        await console.press("enter")
        await console.sees("Overview")
        await console.press("c")
        await console.sees("Nothing was read")
        await console.press("R")
        call = await station.answer_next({"status": "Accepted"})
        attribute = {"value": "30", "mutability": "ReadWrite"}
        data = [
            {
                "component": {"name": "OCPPCommCtrlr"},
                "variable": {"name": "HeartbeatInterval"},
                "variableAttribute": [attribute],
                "variableCharacteristics": {"dataType": "integer", "unit": "s", "supportsMonitoring": False},
            }
        ]
        report = {
            "requestId": call[3]["requestId"],
            "generatedAt": "2026-01-01T00:00:00Z",
            "seqNo": 0,
            "tbc": False,
            "reportData": data,
        }
        await station.call("NotifyReport", report)
        await console.sees("OCPPCommCtrlr.HeartbeatInterval", "30", "read, write", "integer s")


async def test_the_log_tells_orders_and_links(engine: Engine, dial: Any, open_console: Any) -> None:
    async with open_console(engine) as console:
        station = await open_station(console, dial, engine)
        await console.press("u", "enter")
        await station.answer_next({"status": "Unlocked"})
        await console.sees("✓ DONE")
        await console.press("escape", "shift+tab")
        await console.sees("order.given", "unlock connector=1", "order.ended", "link.opened")


async def test_the_session_of_a_station_leads_back_to_it(
    engine: Engine, dial: Any, open_console: Any, size: Any
) -> None:
    async with open_console(engine, size=size) as console:
        station = await open_station(console, dial, engine)
        payload = {"connectorId": 1, "idTag": "A", "meterStart": 0, "timestamp": "2026-01-01T00:00:00Z"}
        await station.call("StartTransaction", payload)
        await console.sees("1 charging")
        await console.press("i")
        await console.sees("still running")
        await console.press("escape")
        await console.sees("Connector 1")
        assert isinstance(console.section, StationSection)
        await console.press("2")
        await console.sees("Sessions", "STARTED")


async def test_the_tabs_stay_in_sight_when_the_station_goes(engine: Engine, dial: Any, open_console: Any) -> None:
    async with open_console(engine, size=(80, 24)) as console:
        station = await dial(engine, "CP-GARAGE-01")
        await station.boot()
        await console.sees("CP-GARAGE-01")
        await console.press("enter")
        await console.sees("Overview", "Files", "Log")
        await station.close()
        await console.sees("0 online", "○")
        await console.sees("Overview", "Configuration", "Sessions  Messages  Files  Log")


async def test_another_station_begins_with_its_own_overview(engine: Engine, dial: Any, open_console: Any) -> None:
    async with open_console(engine) as console:
        await open_station(console, dial, engine)
        other = await dial(engine, "CP-002")
        await other.boot(chargePointVendor="ABB", chargePointModel="Terra")
        await console.press("tab", "1")
        await console.sees("CP-002")
        await console.press("down", "enter")
        await console.sees("ABB Terra", "No connector has told its state yet.")
        assert "Connector 1" not in console.text()


async def test_columns_that_hold_nothing_are_left_out(engine: Engine, dial: Any, open_console: Any) -> None:
    async with open_console(engine, size=(80, 24)) as console:
        station = await open_station(console, dial, engine)
        await console.press("c", "R")
        await answer_configuration(station, KEYS)
        await console.sees("HeartbeatInterval", "read, write", "ACCESS")
        assert "TYPE" not in console.text()
        assert "IN THE COPY" not in console.text()


async def test_a_card_tells_how_old_its_values_are(engine: Engine, dial: Any, open_console: Any) -> None:
    async with open_console(engine, size=(120, 40)) as console:
        station = await open_station(console, dial, engine)
        start = {"connectorId": 1, "idTag": "T", "meterStart": 1000, "timestamp": "2026-01-01T00:00:00Z"}
        number = (await station.call("StartTransaction", start))[2]["transactionId"]
        values = [
            {"value": "11000", "measurand": "Power.Active.Import", "unit": "W"},
            {"value": "16", "measurand": "Current.Import", "unit": "A"},
            {"value": "4211000", "measurand": "Energy.Active.Import.Register", "unit": "Wh"},
        ]
        meter = [{"timestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), "sampledValue": values}]
        await station.call("MeterValues", {"connectorId": 1, "transactionId": number, "meterValue": meter})
        await console.sees("11.0 kW", "16.0 A")
        assert "│ measured" not in console.text()
        later = engine.clock() + 240_000_000_000
        console.app.now = lambda: later
        await console.sees("measured 4 min ago")
        stop = {"transactionId": number, "meterStop": 4211000, "timestamp": "2026-01-01T00:10:00Z"}
        await station.call("StopTransaction", stop)
        await console.sees("meter    4 211.0 kWh · 4 min ago")
        assert "current " not in console.text()
        await station.close()
        await console.sees("no link for")


async def test_the_name_and_the_site_of_the_profile_stand_on_the_station(
    make_engine: Any, dial: Any, open_console: Any
) -> None:
    known = [KnownStation(id="CP-001", site="North", name="Main gate")]
    profile = replace(load_profile("bench"), stations=known)
    engine = await make_engine(profile)
    async with open_console(engine, size=(120, 36), profile=profile) as console:
        await open_station(console, dial, engine)
        await console.sees("known as  Main gate · site North")


async def test_cards_are_filled_when_they_appear(engine: Engine, dial: Any, open_console: Any) -> None:
    async with open_console(engine, size=(120, 36)) as console:
        await open_station(console, dial, engine)
        pane = console.section.pane
        pane.renew()
        pane.pull(engine.clock())
        first, second = [str(card.content) for card in pane.query("Card")][-2:]
        assert "Charging" in first
        assert "Available" in second
