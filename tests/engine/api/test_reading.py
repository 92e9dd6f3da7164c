from __future__ import annotations

import asyncio
from typing import Any

import httpx
import orjson

from console.engine.engine import Engine


async def test_stations_and_connectors_are_told_as_rows(web: httpx.AsyncClient, plug: Any) -> None:
    await plug("CP-1")
    (station,) = (await web.get("/stations")).json()
    assert (station["id"], station["version"], station["connected"]) == ("CP-1", "1.6", True)
    assert station["connectors"][0]["status"] == "Available"
    (connector,) = (await web.get("/connectors")).json()
    assert (connector["station"], connector["evse"], connector["connector"]) == ("CP-1", 1, 1)


async def test_a_station_is_found_by_any_spelling_and_percent_encoding(web: httpx.AsyncClient, plug: Any) -> None:
    await plug("DE*ABC%2B1")
    assert (await web.get("/stations/de*abc%2b1")).json()["id"] == "DE*ABC+1"
    missing = await web.get("/stations/nobody")
    assert missing.status_code == 404
    assert missing.headers["content-type"] == "application/problem+json"
    assert missing.json()["title"] == "No such station"


async def test_messages_are_filtered_limited_and_oldest_first(web: httpx.AsyncClient, plug: Any) -> None:
    station = await plug("CP-1")
    for _ in range(5):
        await station.say("Heartbeat", {})
    every = (await web.get("/messages")).json()
    assert [one["action"] for one in every] == ["BootNotification", "StatusNotification"] + ["Heartbeat"] * 5
    assert [one["id"] for one in every] == sorted(one["id"] for one in every)
    newest = (await web.get("/messages", params={"filter": "action:Heartbeat", "limit": 2})).json()
    assert [one["id"] for one in newest] == [one["id"] for one in every[-2:]]
    one = (await web.get(f"/messages/{every[0]['id']}")).json()
    assert one == every[0]
    assert (await web.get("/messages", params={"limit": 0})).json() == []


async def test_rows_come_one_a_line_where_that_is_asked_for(web: httpx.AsyncClient, plug: Any) -> None:
    await plug("CP-1")
    for path in ("/messages", "/stations", "/connections"):
        answer = await web.get(path, headers={"accept": "application/x-ndjson"})
        lines = [orjson.loads(line) for line in answer.text.splitlines()]
        assert lines == (await web.get(path)).json()
        assert lines


async def test_a_line_is_one_line_to_every_reader(web: httpx.AsyncClient, plug: Any) -> None:
    station = await plug("CP-1")
    odd = "one\u2028two\u2029three\u0085four"
    await station.say("BootNotification", {"chargePointVendor": odd, "chargePointModel": "é"})
    for path in ("/messages", "/stations"):
        answer = await web.get(path, headers={"accept": "application/x-ndjson"})
        assert [orjson.loads(line) for line in answer.text.splitlines()] == (await web.get(path)).json()
        assert "\\u2028two" in answer.text
        assert "é" in answer.text
    async with web.stream("GET", "/events", params={"after": 0, "filter": "action:BootNotification four"}) as events:
        async for line in events.aiter_lines():
            if line.startswith("data: "):
                assert orjson.loads(line[6:])["request"]["chargePointVendor"] == odd
                break


async def test_more_messages_than_a_page_all_come(web: httpx.AsyncClient, plug: Any) -> None:
    station = await plug("CP-1")
    for _ in range(1_203):
        await station.say("Heartbeat", {})
    rows = (await web.get("/messages")).json()
    assert len(rows) == 1_205
    assert [row["id"] for row in rows] == sorted({row["id"] for row in rows})
    assert (await web.get("/messages?limit=1100")).json() == rows[-1100:]
    assert (await web.get("/messages?limit=9000")).json() == rows
    assert (await web.get("/messages?limit=0")).json() == []


async def test_a_filter_that_is_not_understood_is_a_problem_with_the_column(web: httpx.AsyncClient) -> None:
    answer = await web.get("/messages", params={"filter": "action:x nonsense:y"})
    assert answer.status_code == 400
    assert answer.json()["column"] == 9
    assert "nonsense" in answer.json()["detail"]


async def test_transactions_carry_the_wires_id_and_can_be_filtered(web: httpx.AsyncClient, plug: Any) -> None:
    for identity in ("CP-1", "CP-2"):
        station = await plug(identity)
        started = await station.say(
            "StartTransaction",
            {"connectorId": 1, "idTag": "TAG", "meterStart": 100, "timestamp": "2026-01-15T10:00:00Z"},
        )
    rows = (await web.get("/transactions")).json()
    assert [row["station"] for row in rows] == ["CP-1", "CP-2"]
    assert rows[1]["transaction_id"] == str(started["transactionId"])
    assert rows[1]["state"] == "active"
    only = (await web.get("/transactions", params={"filter": f"station:CP-2 tx:{started['transactionId']}"})).json()
    assert only == rows[1:]
    for words, found in (
        ("tag:ta* is:active", rows),
        ("state:ended|orphan", []),
        ("is:active !station:CP-1 evse:1", rows[1:]),
        ("version:1.6 kwh:<1", rows),
        ("since:2026-01-15T10:00:00Z until:2026-01-15T10:00:00Z", rows),
        ("since:2026-01-15T10:00:01Z", []),
        (f"transaction:{started['transactionId']}", rows[1:]),
        ("active tag", rows),
    ):
        assert (await web.get("/transactions", params={"filter": words})).json() == found, words
    assert (await web.get("/transactions", params={"limit": 1})).json() == rows[1:]


async def test_connections_tell_of_links_and_refusals(web: httpx.AsyncClient, engine: Engine, plug: Any) -> None:
    await plug("CP-1")
    rows = (await web.get("/connections")).json()
    assert rows[0]["event"] == "opened"
    assert rows[0]["station"] == "CP-1"


async def test_connections_and_alarms_take_the_screens_filters(
    web: httpx.AsyncClient, engine: Engine, plug: Any
) -> None:
    first, second = await plug("CP-1"), await plug("CP-2")
    fault = {"connectorId": 1, "status": "Faulted", "errorCode": "GroundFailure"}
    await second.say("StatusNotification", fault)
    await first.socket.close()

    async def told(path: str, words: str) -> list[tuple[str, str]]:
        rows = (await web.get(path, params={"filter": words})).json()
        return [(row["station"], row.get("event") or row["kind"]) for row in rows]

    async with asyncio.timeout(5):
        while len((await web.get("/connections")).json()) < 3:
            await asyncio.sleep(0.01)
    assert await told("/connections", "is:open") == [("CP-2", "opened")]
    assert await told("/connections", "is:closed") == [("CP-1", "opened"), ("CP-1", "closed")]
    assert await told("/connections", "station:cp-1 !since:1h") == []
    assert await told("/alarms", "kind:fault is:standing") == [("CP-2", "fault")]
    assert await told("/alarms", "GroundFailure station:cp-1") == []
    await engine.acknowledge(next(iter(engine.fleet.alarms)), "seen")
    assert await told("/alarms", "is:noted") == [("CP-2", "fault")]
    for path in ("/connections", "/alarms", "/transactions"):
        wrong = await web.get(path, params={"filter": "dir:in"})
        assert (wrong.status_code, "unknown field" in wrong.json()["detail"]) == (400, True)


async def test_health_says_ok_and_metrics_are_prometheus_text(web: httpx.AsyncClient, plug: Any) -> None:
    await plug("CP-1")
    assert (await web.get("/health")).json()["status"] == "ok"
    answer = await web.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert 'chargehand_station_connected{station="CP-1",version="1.6"} 1' in answer.text.splitlines()
    assert "chargehand_failing 0" in answer.text.splitlines()


def test_label_values_are_escaped() -> None:
    from console.engine.api.metrics import escaped

    assert escaped('a"b\\c\nd') == 'a\\"b\\\\c\\nd'
    assert escaped("\ud800") == "?"


async def test_what_is_not_there_is_a_problem(web: httpx.AsyncClient) -> None:
    for method, path, status in (("GET", "/nothing", 404), ("DELETE", "/stations", 405), ("GET", "/messages/999", 404)):
        answer = await web.request(method, path)
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == status
    for digits in (18, 30, 5000):
        assert (await web.get(f"/messages/{'9' * digits}")).status_code == 404
        assert (await web.post(f"/alarms/{'9' * digits}/acknowledge", json={})).status_code == 404
    for query in ("limit=x", "limit=-1", "limit=99999999999"):
        assert (await web.get(f"/messages?{query}")).status_code == 400
