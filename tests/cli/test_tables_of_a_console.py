from __future__ import annotations

import csv
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]

KEYS = {
    "stations": "id version connected registration vendor model serial firmware last_seen clock_skew_s connectors",
    "connectors": "evse connector status charging_state error_code power_w transaction",
    "transactions": "id station transaction_id evse connector id_tag started stopped start_wh stop_wh energy_wh "
    "stop_reason state closed_by samples seq_gaps",
    "messages": "id time station version direction action unique_id request response outcome error latency_ms "
    "violations raw_request raw_response",
    "connections": "id time event station",
}


def rows(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("kind", KEYS)
def test_json_has_the_promised_keys_live_and_from_the_directory_alike(chargehand: Run, site: Any, kind: str) -> None:
    live = rows(chargehand(kind, "--json"))
    assert live
    assert set(KEYS[kind].split()) <= set(live[0])
    read = rows(chargehand(kind, "--json", "--data", str(site.data)))
    volatile = ("last_seen", "clock_skew_s")
    if kind == "messages":  # orders of other tests go on meanwhile
        read, live = read[: len(live)], live
    assert [{k: v for k, v in row.items() if k not in volatile} for row in read] == [
        {k: v for k, v in row.items() if k not in volatile} for row in live
    ]


def test_the_station_and_its_transaction_are_as_they_were_on_the_wire(chargehand: Run, site: Any) -> None:
    (station,) = rows(chargehand("stations", "--json"))
    assert (station["id"], station["version"], station["connected"]) == ("CP-1", "1.6", True)
    assert station["vendor"] == "Ven\x1b]0;x\x07dor"
    (transaction,) = rows(chargehand("transactions", "--json"))
    assert (transaction["start_wh"], transaction["stop_wh"], transaction["energy_wh"]) == (100, 4311, 4211)
    assert (transaction["state"], transaction["id_tag"]) == ("ended", "TAG")
    assert isinstance(transaction["transaction_id"], str)


def test_messages_take_a_filter_and_a_limit(chargehand: Run, site: Any) -> None:
    found = rows(chargehand("messages", "--json", "dir:in", "station:cp-1"))
    assert [row["action"] for row in found][:5] == [
        "BootNotification",
        "StatusNotification",
        "StartTransaction",
        "MeterValues",
        "StopTransaction",
    ]
    assert json.loads(found[0]["raw_request"])[2] == "BootNotification"
    newest = rows(chargehand("messages", "--json", "--limit", "2", "dir:in"))
    assert newest == found[-2:]
    assert rows(chargehand("messages", "--json", "no-such-word-anywhere")) == []


@pytest.mark.parametrize("kind", [*KEYS, "alarms"])
def test_tables_for_people_hold_no_escape_and_fit_the_width(chargehand: Run, site: Any, kind: str) -> None:
    done = chargehand(kind, COLUMNS="80")
    assert done.returncode == 0
    assert "\x1b" not in done.stdout
    assert "\x07" not in done.stdout
    lines = done.stdout.splitlines()
    assert all(len(line) <= 80 for line in lines)
    assert lines or kind == "alarms"


def test_a_narrow_table_keeps_what_tells_rows_apart(chargehand: Run, site: Any) -> None:
    heading, row = chargehand("transactions", COLUMNS="80").stdout.splitlines()
    assert heading.startswith("ID  STATION  EVSE  TRANSACTION  ID TAG  STATE  STARTED (UTC)")
    assert "01-15 10:00:00" in row, "a time is whole, without its year"
    heading, row = chargehand("connections", COLUMNS="80").stdout.splitlines()[:2]
    assert heading.split()[-2:] == ["CODE", "WHY"]


def test_tables_take_the_terms_of_the_screen(chargehand: Run, site: Any, tmp_path: Path) -> None:
    for source in ([], ["--data", str(site.data)]):
        (one,) = rows(chargehand("transactions", "tag:TA*", "is:ended", "evse:1", "--json", *source))
        assert one["id_tag"] == "TAG"
        assert rows(chargehand("transactions", "is:active", "--json", *source)) == []
        assert rows(chargehand("connections", "offers:ocpp1.6", "station:CP-1", "--json", *source))
        assert rows(chargehand("connections", "is:refused", "--json", *source)) == []
        assert rows(chargehand("alarms", "severity:danger", "--json", *source)) == []
        assert rows(chargehand("stations", "ocpp:1.6", "is:online", "--json"))
        assert rows(chargehand("stations", "model:m", "station:CP-1", "--json", *source))
        for kind in ("stations", "connectors"):
            assert rows(chargehand(kind, "ocpp:2.*", "--json", *source)) == []
            assert "No " in chargehand(kind, "is:faulted", *source).stderr
            assert chargehand(kind, "is:blue", *source).returncode == 2
        wrong = chargehand("alarms", "dir:in", *source)
        assert (wrong.returncode, "unknown field “dir”: one of station, is" in wrong.stderr) == (2, True)
    out = tmp_path / "t.jsonl"
    assert chargehand("export", "transactions", "reason:none", "-o", str(out)).returncode == 0
    assert out.read_text() == ""


def test_the_samples_of_a_transaction_are_told_and_exported(chargehand: Run, site: Any, tmp_path: Path) -> None:
    (session,) = rows(chargehand("transactions", "--json"))
    out = tmp_path / "s.jsonl"
    for source in ([], ["--data", str(site.data)]):
        told = rows(chargehand("samples", str(session["id"]), "--json", *source))
        assert len(told) == session["samples"] > 0
        assert {one["transaction_id"] for one in told} == {session["transaction_id"]}
        assert chargehand("export", "samples", str(session["id"]), "-o", str(out), *source).returncode == 0
        assert [json.loads(line) for line in out.read_text().splitlines()] == told
        missing = chargehand("samples", "987654", *source)
        assert (missing.returncode, "no session 987654" in missing.stderr) == (2, True)


def test_markup_in_a_stations_text_is_shown_as_it_is(chargehand: Run, site: Any) -> None:
    assert "[b]M[/b]" in chargehand("stations").stdout
    assert "\\u001b]0;x\\u0007" in chargehand("stations").stdout


def test_exports_are_whole_and_by_their_ending(chargehand: Run, site: Any, tmp_path: Path) -> None:
    lines, table = tmp_path / "m.jsonl", tmp_path / "t.csv"
    assert chargehand("export", "messages", "action:BootNotification", "-o", str(lines)).returncode == 0
    (message,) = (json.loads(line) for line in lines.read_text().splitlines())
    assert message["action"] == "BootNotification"
    assert chargehand("export", "transactions", "-o", str(table), "--data", str(site.data)).returncode == 0
    (row,) = csv.DictReader(table.read_text().splitlines())
    assert float(row["energy_wh"]) == 4211
    wrong = chargehand("export", "messages", "-o", str(tmp_path / "m.xls"))
    assert (wrong.returncode, wrong.stderr.count("\n")) == (2, 1)
    assert chargehand("export", "stations", "-o", str(lines)).returncode == 2


@pytest.mark.parametrize("reading", ["messages --json | head -c 10", "orders | true", "messages | true"])
def test_a_reader_that_has_seen_enough_is_no_error(site: Any, environment: dict[str, str], reading: str) -> None:
    import sys

    command = f"{sys.executable} -m console {reading}; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", command], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0
    assert done.stderr == ""
