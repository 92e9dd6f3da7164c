"""In the demo, in a real terminal, by keyboard only: every order followed to its effect, and found again in Messages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.terminal.conftest import ANY_PORT, STATIONS, OpenTerminal, Rows, Terminal, until


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the console keeps what it hears."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def demo(terminal: OpenTerminal, fleet: Path, data: Path) -> Terminal:
    """The demo with every station there."""
    found = terminal("demo", "--fleet", str(fleet), "--data", str(data), *ANY_PORT)
    found.sees(f"{len(STATIONS)} online", *STATIONS, "Available")
    return found


def crumb(demo: Terminal) -> str:
    """Where one is: what stands at the right of the section bar."""
    return demo.text().splitlines()[1].partition("6 Files")[2].strip()


def open_section(demo: Terminal, key: str, title: str) -> None:
    """Show a section, without the filter that it may still have (a long one leaves no room for the section's name)."""
    column = {"Fleet": "CONNECTORS", "Messages": "SUMMARY"}[title]
    demo.press(key)
    until(
        lambda: column in demo.text() and (crumb(demo).startswith(title) or "esc shows all" in demo.text()),
        f"section {title}",
    )
    if crumb(demo) != title:
        demo.press("Escape")
        until(lambda: crumb(demo) == title, f"{title} without a filter")


def choose(demo: Terminal, station: str) -> None:
    """Go to the fleet and put the cursor on one station, by the filter line."""
    while "╭─" in demo.text():  # what a test that failed has left open
        demo.press("Escape")
        demo.sees(without="╭─", within=5)
    open_section(demo, "1", "Fleet")
    demo.press("/")
    demo.sees("─ filter ─")
    demo.type(station)
    demo.sees(f"Fleet › /{station}")
    demo.press("Enter")
    demo.sees(f"Fleet › /{station}", "space mark", without="─ filter ─")


def find(demo: Terminal, line: str, *words: str) -> None:
    """Leave what is open and find messages again by the filter line."""
    demo.press("Escape")
    demo.sees("space mark", without="esc close")
    open_section(demo, "3", "Messages")
    demo.press("/")
    demo.sees("─ filter ─")
    demo.type(line)
    demo.press("Enter")
    demo.sees(f"/ {line}", *words, without="─ filter ─")


def test_a_reset_is_followed_to_the_new_boot(demo: Terminal, rows: Rows) -> None:
    choose(demo, "CP-RESET")
    demo.press("r")
    demo.sees("─ Reset ─", "CP-RESET", "restarts", "enter sends")
    demo.press("Enter")
    demo.sees("Reset · CP-RESET", "→ Reset sent", "answered Accepted", "✓ DONE", "booted again after")
    find(demo, "station:CP-RESET action:Reset", "Soft → Accepted")
    (reset,) = rows("messages", "station:CP-RESET action:Reset")
    assert reset["direction"] == "out"
    assert reset["request"] == {"type": "Soft"}
    assert reset["response"] == {"status": "Accepted"}
    first, again = rows("messages", "station:CP-RESET action:BootNotification")
    assert first["id"] < reset["id"] < again["id"]


def energy(demo: Terminal, station: str) -> float:
    """The energy that the fleet shows for a station, in watt-hours."""
    row = next((one for one in demo.text().splitlines() if station in one and "⚡" in one), "")
    found = re.search(r"([\d.]+) (k?)Wh", row)
    return 0.0 if found is None else float(found[1]) * (1000 if found[2] else 1)


@pytest.mark.parametrize(
    ("station", "start", "stop", "told"),
    [
        ("CP-SESSION", "RemoteStartTransaction", "RemoteStopTransaction", "MeterValues"),
        ("CS-SESSION", "RequestStartTransaction", "RequestStopTransaction", "TransactionEvent"),
    ],
)
def test_a_session_is_started_grows_and_is_stopped(
    demo: Terminal, rows: Rows, station: str, start: str, stop: str, told: str
) -> None:
    choose(demo, station)
    demo.type(f":start {station} connector=1 tag=TAG-{station}")
    demo.sees(f":start {station} connector=1 tag=TAG-{station}")
    demo.press("Enter")
    demo.sees(f"Start charging · {station}", f"→ {start} sent", "answered Accepted", "✓ DONE", "runs on")
    demo.press("Escape")
    demo.sees("Charging", "space mark", without="esc close")
    seen: list[float] = [0.0]
    while len(seen) < 3 or seen[-1] < 2:  # a 1.6 station counts whole watt-hours
        until(lambda: energy(demo, station) > seen[-1], f"more energy than {seen[-1]} Wh")
        seen.append(energy(demo, station))
    demo.press("x")
    demo.sees("─ Stop charging ─", station, "can be unplugged", "enter sends")
    demo.press("Enter")
    demo.sees(f"Stop charging · {station}", f"→ {stop} sent", "✓ DONE", "has ended", "reason Remote")
    find(demo, f"station:{station} action:{start}|{stop}", start[:16], stop[:16])
    assert [one["action"] for one in rows("messages", f"station:{station} dir:out")] == [start, stop]
    assert len(rows("messages", f"station:{station} action:{told}")) >= 3
    (transaction,) = [one for one in rows("transactions") if one["station"] == station]
    assert transaction["state"] == "ended"
    assert transaction["id_tag"] == f"TAG-{station}"
    assert transaction["energy_wh"] > 0
    assert transaction["samples"] > 0


def test_an_unlock_shows_its_answer(demo: Terminal, rows: Rows) -> None:
    choose(demo, "CP-UNLOCK")
    demo.press("u")
    demo.sees("─ Unlock the connector ─", "CP-UNLOCK", "enter sends")
    demo.press("Enter")
    demo.sees("Unlock the connector · CP-UNLOCK", "✓ DONE", "answered Unlocked")
    find(demo, "station:CP-UNLOCK action:UnlockConnector", "connector 1 → Unlocked")
    (unlock,) = rows("messages", "station:CP-UNLOCK action:UnlockConnector")
    assert unlock["response"] == {"status": "Unlocked"}


@pytest.mark.parametrize("station", ["CP-IMAGE", "CS-IMAGE"])
def test_a_firmware_update_goes_through_download_to_installed(demo: Terminal, rows: Rows, station: str) -> None:
    choose(demo, station)
    demo.press("f")
    demo.sees("─ Update the firmware ─", station, "demo-firmware-2.0.0.bin", "→ then enter sends")
    demo.press("Right")
    demo.sees("enter sends", without="→ then enter sends")
    demo.press("Enter")
    demo.sees("Downloading", "Downloaded", "Installing", "✓ DONE", "Installed after")
    find(demo, f"station:{station} action:FirmwareStatusNotification", "Downloading", "Downloaded", "Installed")
    told = [one["request"]["status"] for one in rows("messages", f"station:{station} action:FirmwareStatus*")]
    rebooting = ["InstallRebooting"] if station == "CS-IMAGE" else []
    assert told == ["Downloading", "Downloaded", "Installing", *rebooting, "Installed"]
    assert len(rows("messages", f"station:{station} action:UpdateFirmware")) == 1


@pytest.mark.parametrize(("station", "action"), [("CP-LOG", "GetDiagnostics"), ("CS-LOG", "GetLog")])
def test_diagnostics_arrive_as_a_file_on_disk(
    demo: Terminal, rows: Rows, data: Path, station: str, action: str
) -> None:
    choose(demo, station)
    demo.press("d")
    demo.sees("─ Fetch the diagnostics ─", station, "enter sends")
    demo.press("Enter")
    demo.sees(f"→ {action} sent", "✓ DONE", " arrived after", "saved as")
    (log,) = (data / "files" / "received" / station.casefold()).iterdir()
    assert log.stat().st_size > 1000
    find(demo, f"station:{station} action:{action}", action)
    assert [one["outcome"] for one in rows("messages", f"station:{station} action:{action}")] == ["result"]
    demo.press("6")
    demo.sees("RECEIVED", station, log.name[:20])


def test_what_is_typed_right_behind_the_colon_gives_no_order(demo: Terminal, rows: Rows) -> None:
    choose(demo, "CP-RESET")
    before = len(rows("messages", "dir:out"))
    demo.type(":raw CP-RESET xus")
    demo.sees(":raw CP-RESET xus", without="─ Reset ─")
    demo.press("Escape")
    demo.sees("space mark", without=":raw")
    demo.type("/ is:bad")
    demo.sees("─ filter ─", "✖ is: one of online")
    demo.press("Escape")
    demo.sees("space mark", without="─ filter ─")
    assert len(rows("messages", "dir:out")) == before
