"""Without a screen: `chargehand serve`, a fleet, and a script that only knows `call` and the tables with `--json`."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.terminal.conftest import ANY_PORT, STATIONS, Command, Rows, until


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the console keeps what it hears."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def ready(environment: dict[str, str], data: Path, fleet: Path) -> Iterator[dict[str, Any]]:
    """A running console that the fleet is connected to; its ready line. Both programs end cleanly."""
    with (data.parent / "serve.log").open("w") as log:
        words = [sys.executable, "-m", "console", "serve", "--data", str(data), *ANY_PORT]
        console = subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, stderr=log, text=True)
        assert console.stdout is not None
        said = json.loads(console.stdout.readline())
        words = [sys.executable, "-m", "console.simulator", said["listen"][0], "--fleet", str(fleet)]
        stations = subprocess.Popen(words, env=environment, stdout=log, stderr=log)
        yield said
        for program in (stations, console):
            program.send_signal(signal.SIGTERM)
        codes = [stations.wait(30), console.wait(30)]
        console.stdout.close()
    assert codes[1] == 0


@pytest.fixture
def there(ready: dict[str, Any], rows: Rows) -> dict[str, Any]:
    """The same, when every station has said what its connector does."""

    def said() -> bool:
        found = {one["id"]: one for one in rows("stations")}
        return set(found) == set(STATIONS) and all(
            one["connected"] and any(each["status"] for each in one["connectors"]) for one in found.values()
        )

    until(said, "every station")
    return ready


def obeyed(chargehand: Command, *words: str) -> dict[str, Any]:
    """Give an order and wait for its effect; what the command prints."""
    done = chargehand("call", *words, "--json")
    assert done.returncode == 0, done.stderr + done.stdout
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["effect"]["seen"]
    return found


def test_the_ready_line_and_the_stations(there: dict[str, Any], rows: Rows) -> None:
    assert there["event"] == "ready"
    assert there["api"].startswith("http://127.0.0.1:")
    assert {one["id"]: one["version"] for one in rows("stations")} == STATIONS


def test_a_reset_is_followed_to_the_new_boot(there: object, chargehand: Command, rows: Rows) -> None:
    done = obeyed(chargehand, "CP-RESET", "reset", "type=hard")
    assert "booted again" in done["effect"]["text"]
    (reset,) = rows("messages", "station:CP-RESET action:Reset dir:out")
    assert reset["request"] == {"type": "Hard"}
    assert rows("messages", "station:CP-RESET action:BootNotification")[-1]["id"] > reset["id"]


@pytest.mark.parametrize(
    ("station", "start", "stop"),
    [
        ("CP-SESSION", "RemoteStartTransaction", "RemoteStopTransaction"),
        ("CS-SESSION", "RequestStartTransaction", "RequestStopTransaction"),
    ],
)
def test_a_session_is_started_grows_and_is_stopped(
    there: object, chargehand: Command, rows: Rows, station: str, start: str, stop: str
) -> None:
    def session() -> dict[str, Any]:
        (found,) = [one for one in rows("transactions") if one["station"] == station]
        return found

    obeyed(chargehand, station, "start", "connector=1", f"tag=TAG-{station}")
    assert session()["state"] == "active"
    assert session()["id_tag"] == f"TAG-{station}"
    seen: list[float] = [0.0]
    while len(seen) < 3 or seen[-1] < 2:
        until(lambda: (session()["energy_wh"] or 0) > seen[-1], f"more energy than {seen[-1]} Wh")
        seen.append(session()["energy_wh"])
    (connector,) = next(one for one in rows("stations") if one["id"] == station)["connectors"]
    assert connector["transaction"] == session()["transaction_id"]
    assert connector["power_w"] > 0
    obeyed(chargehand, station, "stop", f"transaction={session()['transaction_id']}")
    ended = session()
    assert ended["state"] == "ended"
    assert ended["stop_reason"] == "Remote"
    assert ended["energy_wh"] == pytest.approx(ended["stop_wh"] - ended["start_wh"])
    assert ended["energy_wh"] > 0
    assert ended["samples"] > 0
    assert [one["action"] for one in rows("messages", f"station:{station} dir:out")] == [start, stop]


def test_an_unlock_gives_its_answer(there: object, chargehand: Command, rows: Rows) -> None:
    done = obeyed(chargehand, "CP-UNLOCK", "unlock", "connector=1")
    assert done["exchange"]["response"] == {"status": "Unlocked"}
    (unlock,) = rows("messages", "station:CP-UNLOCK action:UnlockConnector")
    assert unlock["id"] == done["exchange"]["id"]


@pytest.mark.parametrize("station", ["CP-IMAGE", "CS-IMAGE"])
def test_a_firmware_update_goes_through_download_to_installed(
    there: object, chargehand: Command, rows: Rows, tmp_path: Path, station: str
) -> None:
    image = tmp_path / "image-2.0.0.bin"
    image.write_bytes(b"an image " * 20_000)
    done = obeyed(chargehand, station, "firmware", f"file={image}")
    assert "Installed" in done["effect"]["text"]
    told = [one["request"]["status"] for one in rows("messages", f"station:{station} action:FirmwareStatus*")]
    rebooting = ["InstallRebooting"] if station == "CS-IMAGE" else []
    assert told == ["Downloading", "Downloaded", "Installing", *rebooting, "Installed"]
    assert next(one for one in rows("stations") if one["id"] == station)["firmware"] == "2.0.0"


@pytest.mark.parametrize(("station", "action"), [("CP-LOG", "GetDiagnostics"), ("CS-LOG", "GetLog")])
def test_diagnostics_arrive_as_a_file_on_disk(
    there: object, chargehand: Command, rows: Rows, data: Path, station: str, action: str
) -> None:
    done = obeyed(chargehand, station, "diagnostics")
    (log,) = (data / "files" / "received" / station.casefold()).iterdir()
    assert log.name in done["effect"]["text"]
    assert log.stat().st_size > 1000
    assert [one["outcome"] for one in rows("messages", f"station:{station} action:{action}")] == ["result"]


def test_a_call_that_the_station_rejects_ends_with_3_and_one_that_nobody_hears_with_5(
    there: object, chargehand: Command
) -> None:
    rejected = chargehand("call", "CP-UNLOCK", "stop", "transaction=424242")
    assert rejected.returncode == 3
    assert rejected.stderr.startswith("CP-UNLOCK rejected stop: Rejected\n")
    assert chargehand("call", "NOBODY", "reset").returncode == 5
