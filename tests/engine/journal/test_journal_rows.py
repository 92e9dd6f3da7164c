"""What programs read: the promised names, plain JSON, and nothing a station sends can break it."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import Any

import orjson
import pytest

from console.engine.errors import JournalError
from console.engine.fleet.model import Alarm, Connector, Evse, Station, Transaction
from console.engine.journal.export import cell, check_ending, write_rows
from console.engine.journal.rows import (
    alarm_row,
    as_row,
    connection_row,
    connector_row,
    iso,
    json_lines,
    station_row,
    transaction_row,
)
from console.engine.wire.exchange import Violation
from tests.engine.journal.making import NOON, exchange, happening

PROMISED = {
    "id", "time", "station", "version", "direction", "action", "unique_id", "request", "response", "outcome", "error",
    "latency_ms", "violations", "raw_request", "raw_response",
}  # fmt: skip


def test_a_message_has_the_promised_fields() -> None:
    row = as_row(exchange(5, id=9, violations=(Violation("$.a", "type", "no"),)))
    assert set(row) >= PROMISED
    assert row["id"] == 9
    assert row["time"] == "2026-01-15T12:00:05.000Z"
    assert row["latency_ms"] == 3.0
    assert row["violations"] == [{"path": "$.a", "rule": "type", "message": "no", "side": "request"}]
    assert row["error"] is None
    assert row["raw_request"] == '[2,"5","Heartbeat",{}]'
    assert row["binary"] is False


def test_a_refusal_tells_code_and_description() -> None:
    row = as_row(exchange(outcome="error", error_code="NotImplemented", error_description="", response=None))
    assert row["error"] == {"code": "NotImplemented", "description": ""}
    assert row["response"] is None


def test_a_binary_frame_is_base64() -> None:
    row = as_row(exchange(outcome="malformed", raw_request=b"\x00\xff", request=None))
    assert (row["raw_request"], row["binary"]) == ("AP8=", True)


@pytest.mark.parametrize("odd", ["\ud800", "a\0b", "\u2028", "😀", "\x1b[31m"])
def test_no_text_of_a_station_breaks_the_json(odd: str) -> None:
    facts: dict[str, Any] = dict.fromkeys(
        ("station", "action", "unique_id", "error_code", "error_description", "raw_request"), odd
    )
    row = as_row(exchange(**facts, request={odd: [odd]}, raw_response=odd))
    (line,) = json_lines([row])
    assert line.count(b"\n") == 1
    again = orjson.loads(line)
    assert again["raw_request"] == odd.encode("utf-8", "backslashreplace").decode()


def test_numbers_that_json_does_not_know_are_null() -> None:
    row = as_row(exchange(request={"a": math.nan, "b": 1 << 70, "c": {"\ud800": math.inf}}, raw_request=""))
    (line,) = json_lines([row])
    assert orjson.loads(line)["request"] == {"a": None, "b": str(1 << 70), "c": {"\\ud800": None}}


@pytest.mark.parametrize(
    ("time", "text"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (None, None),
        (NOON + 999_999, "2026-01-15T12:00:00.000Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
        (1 << 80, None),
    ],
)
def test_times_are_iso_in_utc(time: int | None, text: str | None) -> None:
    assert iso(time) == text


def test_a_transaction_tells_energy_gaps_and_the_id_on_the_wire() -> None:
    facts = {"started": NOON, "start_wh": 100.0, "stop_wh": 1100.5, "sequences": [(0, 3), (6, 7)]}
    row = transaction_row(Transaction(id=3, station="cp-001", wire="41", **facts))  # type: ignore[arg-type]
    assert (row["id"], row["transaction_id"], row["energy_wh"], row["seq_gaps"]) == (3, "41", 1000.5, [[4, 5]])
    assert (row["started"], row["stopped"], row["state"], row["samples"]) == (
        "2026-01-15T12:00:00.000Z",
        None,
        "active",
        0,
    )


def test_a_transaction_tells_who_closed_it_by_hand_until_the_station_told_its_end() -> None:
    transaction = Transaction(id=3, station="cp-001", wire="41", state="inferred", closed_by="operator")
    assert transaction_row(transaction)["closed_by"] == "operator"
    transaction.state = "ended"
    assert transaction_row(transaction)["closed_by"] is None
    assert transaction_row(Transaction(id=4, station="cp-001", wire="42", state="inferred"))["closed_by"] is None


def test_a_station_tells_its_connectors_and_what_runs_on_them() -> None:
    busy = Connector(evse=1, connector=1, status="Charging", power_w=math.nan, transaction=3)
    free = Connector(evse=2, connector=1, status="Available", error_code="Error")
    own = Connector(evse=0, connector=0, status="Available")
    station = Station(
        key="cp-001",
        id="CP-001",
        skews=[1.5],
        evses={
            0: Evse(evse=0, connectors={0: own}),
            2: Evse(evse=2, connectors={1: free}),
            1: Evse(evse=1, connectors={1: busy}),
        },
    )
    running = {3: Transaction(id=3, station="cp-001", wire="41", charging_state="SuspendedEV")}
    row = station_row(station, running)
    assert row["clock_skew_s"] == 1.5
    assert row["last_seen"] is None
    first, second = row["connectors"]
    assert first == {
        "evse": 1,
        "connector": 1,
        "status": "Charging",
        "charging_state": "SuspendedEV",
        "error_code": None,
        "power_w": None,
        "transaction": "41",
    }
    assert (second["evse"], second["error_code"], second["transaction"]) == (2, "Error", None)
    assert connector_row(station, busy, running)["station"] == "CP-001"


def test_an_alarm_and_a_connection_are_plain_too() -> None:
    alarm = Alarm(
        id=1, station="cp-001", kind="fault", cause="1", text="x", severity=4, raised=NOON, last=NOON, exchange=7
    )
    assert alarm_row(alarm)["message"] == 7
    row = connection_row(
        happening("link.refused", "CP-001", status=401, reason="no password", id="forged", peer="\ud800")
    )
    assert (row["event"], row["id"], row["status"], row["peer"]) == ("refused", 0, 401, "\\ud800")
    orjson.dumps([alarm_row(alarm), row])


def test_json_lines_are_written_whole(tmp_path: Path) -> None:
    target = tmp_path / "out.jsonl"
    assert write_rows(target, (as_row(exchange(n)) for n in range(3))) == 3
    assert [orjson.loads(line)["unique_id"] for line in target.read_bytes().splitlines()] == ["0", "1", "2"]
    assert [path.name for path in tmp_path.iterdir()] == ["out.jsonl"]


def test_a_spreadsheet_runs_nothing_of_what_a_station_sent(tmp_path: Path) -> None:
    target = tmp_path / "out.CSV"
    write_rows(target, [as_row(exchange(1, station='=HYPERLINK("http://x","y")', action="@SUM(A1)", unique_id="-1+2"))])
    with target.open(newline="", encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert row["station"] == '\'=HYPERLINK("http://x","y")'
    assert row["action"] == "'@SUM(A1)"
    assert row["unique_id"] == "'-1+2"
    assert row["raw_request"].startswith("[2,")
    assert row["error"] == ""


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("\tx", "\\tx"),
        ("\rx", "\\rx"),
        ("a\x9b\n\u202e", "a\\u009b\\n\\u202e"),
        ("+1", "'+1"),
        (-5, -5),
        (None, ""),
        (True, "true"),
        ([1], "[1]"),
    ],
)
def test_cells(value: object, text: object) -> None:
    assert cell(value) == text


@pytest.mark.parametrize("name", ["out.txt", "out", "out.xlsx"])
def test_another_ending_is_told_before_anything_is_written(tmp_path: Path, name: str) -> None:
    with pytest.raises(JournalError, match=r"\.jsonl or \.csv"):
        check_ending(tmp_path / name)
    with pytest.raises(JournalError, match=r"\.jsonl or \.csv"):
        write_rows(tmp_path / name, [])
    assert list(tmp_path.iterdir()) == []


def test_an_export_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "out.jsonl"
    target.write_text("old")

    def broken() -> object:
        yield {"a": 1}
        raise JournalError("the journal is damaged")

    with pytest.raises(JournalError, match="damaged"):
        write_rows(target, broken())  # type: ignore[arg-type]
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["out.jsonl"]
    with pytest.raises(JournalError, match="-o"):
        write_rows(tmp_path / "nowhere" / "out.csv", [])
