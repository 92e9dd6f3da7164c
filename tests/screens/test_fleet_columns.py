"""Columns of the fleet are as wide as what stands in them, and stand still."""

from __future__ import annotations

from typing import Any

import pytest

from console.engine.engine import Engine
from console.engine.fleet.alarms import raise_alarm
from console.engine.fleet.model import Alarm, Connector, Evse, Station
from console.screens.fleet_columns import fit, widen
from console.screens.fleet_rows import COLUMNS, columns, fleet_row
from widgets.columns import lay_out


def needs_of(*stations: Station) -> dict[str, int]:
    needs: dict[str, int] = {}
    for one in stations:
        widen(needs, one, (), {}, ("", ""))
    return needs


def charger(name: str = "CP-VISITOR-01", model: str = "NG910-60023", *, connectors: int = 2) -> Station:
    evses = {
        at: Evse(evse=at, connectors={1: Connector(evse=at, connector=1, status="Charging")})
        for at in range(1, connectors + 1)
    }
    found = Station(key=name.casefold(), id=name, vendor="Alfen BV", model=model, firmware="6.5.0-4217", evses=evses)
    found.connected, found.registration, found.version = True, "Accepted", "1.6"
    return found


def widths(needs: dict[str, int], width: int) -> dict[str, int]:
    layout = lay_out(fit(columns(()), needs, wide=width >= 110), width)
    return {place.column.key: place.width for place in layout.placed}


def test_the_model_is_shown_at_120_columns_and_in_full_from_150_on() -> None:
    needs = needs_of(charger())
    assert widths(needs, 119)["model"] >= 11
    assert widths(needs, 150)["model"] == len("Alfen BV NG910-60023")
    assert "model" not in widths(needs, 80)


def test_one_station_with_many_connectors_does_not_cut_the_models_of_all() -> None:
    needs = needs_of(charger(), charger("CP-STREET-01", connectors=6))
    assert needs["connectors"] > 60
    assert widths(needs, 150)["model"] == len("Alfen BV NG910-60023")


def test_where_maker_and_model_do_not_fit_the_model_is_what_tells_it_apart() -> None:
    at = [column.key for column in COLUMNS].index("model")
    for room, shown in ((20, "Alfen BV NG910-60023"), (19, "NG910-60023"), (11, "NG910-60023")):
        assert fleet_row(charger(), {}, (), rtt_ms=None, now_ns=0, model_room=room)[at] == shown


@pytest.mark.parametrize(("said", "least"), [(0, 17), (17, 17), (18, 22), (23, 30), (70, 30)])
def test_notes_have_room_in_steps_so_that_one_more_seldom_moves_a_column(said: int, least: int) -> None:
    by_key = {column.key: column for column in fit(COLUMNS, {"note": said}, wide=True)}
    assert (by_key["note"].min_width, by_key["note"].width) == (least, least)
    assert by_key["note"].max_width is None


async def test_columns_stand_still_while_sessions_come_and_go_and_an_alarm_clears(
    engine: Engine, dial: Any, open_console: Any
) -> None:
    station = await dial(engine)
    await station.boot(chargePointVendor="Alfen BV", chargePointModel="NG910-60023", firmwareVersion="6.5.0")
    async with open_console(engine, size=(150, 36)) as console:
        await console.sees("Alfen BV NG910-60023")
        fleet = engine.fleet
        alarm = raise_alarm(
            fleet, fleet.stations["cp-001"], "event", "x", "a sentence of forty characters at least", 4, 1, 1
        )
        await console.sees("⚠ a sentence of forty")
        table = console.section.table
        before = table.columns
        for word in ("Preparing", "Charging", "SuspendedEVSE"):
            await station.call("StatusNotification", {"connectorId": 1, "status": word, "errorCode": "NoError"})
            await console.sees(word[:5])
        alarm.acknowledged = 2
        fleet.touch_alarm(alarm)
        console.pull()
        assert "⚠ a sentence" not in console.text()
        kept = [(one.key, one.min_width) for one in table.columns if one.key != "connectors"]
        assert kept == [(one.key, one.min_width) for one in before if one.key != "connectors"]


def test_where_there_are_sites_they_are_whole_before_models_are() -> None:
    needs = {**needs_of(charger()), "site": len("Harbour garage")}
    for width in (120, 160):
        layout = lay_out(fit(columns((), sites=True), needs, wide=True), width)
        shown = {place.column.key: place.width for place in layout.placed}
        assert shown["site"] == (14 if width == 160 else shown["site"])
        assert shown["site"] >= 8


def test_a_long_note_does_not_cut_the_models_where_there_is_room_for_both() -> None:
    needs = needs_of(charger())
    words = "a sentence " * 5
    event = Alarm(id=1, station="cp-visitor-01", kind="event", cause="x", text=words, severity=4, raised=1, last=1)
    widen(needs, charger(), [event], {}, ("", ""))
    assert needs["note"] == 22
    shown = widths(needs, 160)
    assert shown["model"] == len("Alfen BV NG910-60023")
    assert shown["note"] >= 22
