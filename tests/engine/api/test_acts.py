"""What operators do over the API beside orders: sessions closed by hand, messages marked, stations kept out, files."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx

from console.engine.engine import Engine

START = {"connectorId": 1, "idTag": "TAG", "meterStart": 100, "timestamp": "2026-01-15T10:00:00Z"}


async def gone(engine: Engine, station: Any) -> None:
    """The station's link is lost, and the engine knows."""
    await station.socket.close()
    async with asyncio.timeout(5):
        while (known := engine.fleet.station(station.identity)) is not None and known.connected:
            await asyncio.sleep(0.01)


async def test_a_session_whose_station_is_gone_is_closed_by_our_id(
    web: httpx.AsyncClient, engine: Engine, plug: Any
) -> None:
    station = await plug("CP-1")
    await station.say("StartTransaction", START)
    await gone(engine, station)
    (session,) = (await web.get("/transactions")).json()
    answer = await web.post(
        f"/transactions/{session['id']}/close", json={"note": " scrapped "}, headers={"x-operator": "jo"}
    )
    assert answer.status_code == 200
    assert (answer.json()["state"], answer.json()["closed_by"]) == ("inferred", "api jo (127.0.0.1)")
    (told,) = await engine.journal.happenings(limit=10, kinds=["transaction.closed"])
    assert (told.data["note"], told.data["transaction"]) == ("scrapped", session["id"])
    again = await web.post(f"/transactions/{session['id']}/close")
    assert (again.status_code, again.json()["detail"]) == (409, "This session is over already.")
    assert (await web.post("/transactions/4711/close")).status_code == 404


async def test_a_session_is_closed_at_its_station_by_the_wires_id_or_as_the_only_one(
    web: httpx.AsyncClient, engine: Engine, plug: Any
) -> None:
    station = await plug("CP-1")
    number = (await station.say("StartTransaction", START))["transactionId"]
    await gone(engine, station)
    other = await web.post("/stations/cp-1/close", json={"transaction": number + 1})
    assert other.status_code == 404
    assert other.json()["detail"] == f"Which session? {number} runs on CP-1."
    assert (await web.post("/stations/cp-1/close", json={"transaction": number})).json()["closed_by"]
    none = await web.post("/stations/CP-1/close")
    assert (none.status_code, none.json()["detail"]) == (404, "No session runs on CP-1.")
    nobody = await web.post("/stations/CP-9/close")
    assert (nobody.status_code, nobody.json()["title"]) == (404, "No such station")


async def test_a_session_that_its_station_tells_of_stays_open(web: httpx.AsyncClient, plug: Any) -> None:
    station = await plug("CP-1")
    await station.say("StartTransaction", START)
    answer = await web.post("/stations/CP-1/close")
    assert answer.status_code == 409
    assert answer.json()["detail"] == "CP-1 is connected and tells of this session: order stop instead."


async def test_a_marked_message_is_found_stored_and_live(web: httpx.AsyncClient, engine: Engine, plug: Any) -> None:
    station = await plug("CP-1")
    first = (await web.get("/messages")).json()[0]["id"]
    assert (await web.post(f"/messages/{first}/mark")).status_code == 204
    assert [one["id"] for one in (await web.get("/messages", params={"filter": "is:marked"})).json()] == [first]
    assert first in engine.marks, "the screen shows it at once"
    async with web.stream("GET", "/events", params={"after": 0, "filter": "is:marked"}) as events:
        async for line in events.aiter_lines():
            if line.startswith("id: "):
                assert int(line[4:]) == first
                break
    await station.say("Heartbeat", {})
    assert (await web.post(f"/messages/{first}/mark", json={"on": False})).status_code == 204
    assert (await web.get("/messages", params={"filter": "is:marked"})).json() == []
    assert first not in engine.marks
    assert (await web.post("/messages/999999/mark")).status_code == 404
    assert (await web.post(f"/messages/{first}/mark", json={"on": "yes"})).status_code == 422


async def test_what_stations_sent_is_listed_and_deleted_by_its_name(web: httpx.AsyncClient, engine: Engine) -> None:
    folder = engine.data / "files" / "received" / "CP-1"
    folder.mkdir(parents=True)
    (folder / "log.zip").write_bytes(b"abc")
    (row,) = (await web.get("/files/received")).json()
    assert (row["station"], row["name"], row["size"]) == ("CP-1", "log.zip", 3)
    assert (await web.delete("/files/received/CP-2/log.zip")).status_code == 404
    assert (await web.delete("/files/received/CP-1/log.zip")).status_code == 204
    assert (await web.get("/files/received")).json() == []
    (told,) = await engine.journal.happenings(limit=5, kinds=["file.deleted"])
    assert told.data["name"] == "log.zip"


async def test_a_station_without_a_certificate_has_none_to_be_revoked(web: httpx.AsyncClient, plug: Any) -> None:
    await plug("CP-1")
    answer = await web.post("/stations/CP-1/revoke", json={"note": "stolen"})
    assert answer.status_code == 422
    assert "No certificate of CP-1 was made here" in answer.json()["detail"]
    assert (await web.post("/stations/CP-9/revoke")).status_code == 404


async def test_the_certificates_of_a_station_are_revoked(web: httpx.AsyncClient, engine: Engine, plug: Any) -> None:
    await plug("CP-1")
    issued, _key = (await engine.trust.authority()).issue("CP-1")
    (revoked,) = (await web.post("/stations/cp-1/revoke", json={"note": "stolen"})).json()
    assert revoked == {"station": "CP-1", "serial": issued.serial}
    found = engine.revocations.of(issued.serial)
    assert found is not None
    assert found.note == "stolen"


async def test_a_read_only_console_changes_nothing(web: httpx.AsyncClient, engine: Engine, plug: Any) -> None:
    station = await plug("CP-1")
    await station.say("StartTransaction", START)
    await gone(engine, station)
    engine.read_only = True
    for path in (
        "/stations/CP-1/close",
        "/transactions/1/close",
        "/messages/1/mark",
        "/stations/CP-1/revoke",
        "/stations/CP-1/approval",
        "/alarms/1/acknowledge",
    ):
        answer = await web.post(path, json={})
        assert answer.status_code == 403, path
        assert "read-only" in answer.json()["detail"]
    assert (await web.delete("/files/received/CP-1/x")).status_code == 403
    kinds = ["transaction.closed", "bookmark", "certificate.revoked", "alarm.acknowledged", "file.deleted"]
    assert await engine.journal.happenings(limit=10, kinds=kinds) == []
