from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import apsw
import httpx
import orjson
import pytest

from console.engine.api import events as module
from console.engine.engine import Engine

Event = tuple[str, int, Any]


async def read(answer: httpx.Response) -> AsyncIterator[Event]:
    kind, number = "", 0
    async for line in answer.aiter_lines():
        if line.startswith("event: "):
            kind = line[7:]
        elif line.startswith("id: "):
            number = int(line[4:])
        elif line.startswith("data: "):
            yield kind, number, orjson.loads(line[6:])


async def take(answer: httpx.Response, count: int) -> list[Event]:
    found: list[Event] = []
    async with asyncio.timeout(10):
        async for event in read(answer):
            found.append(event)
            if len(found) == count:
                break
    return found


async def test_exchanges_happenings_and_alarms_come_as_they_are_folded(web: httpx.AsyncClient, plug: Any) -> None:
    async with web.stream("GET", "/events") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        station = await plug("CP-1")
        await station.say("StatusNotification", {"connectorId": 1, "status": "Faulted", "errorCode": "GroundFailure"})
        found = await take(answer, 5)
    kinds = [kind for kind, _, _ in found]
    assert kinds == ["happening", "exchange", "exchange", "exchange", "alarm"]
    assert found[0][2]["kind"] == "link.opened"
    assert found[1][2]["action"] == "BootNotification"
    assert found[3][1] == found[4][1] == found[3][2]["id"]
    assert found[4][2]["station"] == "CP-1"


async def test_after_a_broken_link_nothing_is_missing_and_nothing_comes_twice(
    web: httpx.AsyncClient, plug: Any
) -> None:
    station = await plug("CP-1")
    every = (await web.get("/messages")).json()
    async with web.stream("GET", "/events", headers={"last-event-id": str(every[0]["id"])}) as answer:
        for _ in range(5):
            await station.say("Heartbeat", {})
        found = await take(answer, 6)
    assert [row["action"] for _, _, row in found] == ["StatusNotification"] + ["Heartbeat"] * 5
    numbers = [number for _, number, _ in found]
    assert numbers == sorted(set(numbers))


async def test_a_client_too_slow_for_the_queue_is_served_from_the_journal(
    engine: Engine,
    web: httpx.AsyncClient,
    plug: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "QUEUE", 3)
    station = await plug("CP-1")
    assert engine.api is not None
    stream = engine.api._events
    assert stream is not None
    following = stream.follow(None, None)
    assert await anext(following) == b"retry: 2000\n\n"
    for _ in range(20):
        await station.say("Heartbeat", {})
    async with asyncio.timeout(10):
        texts = [await anext(following) for _ in range(20)]
    numbers = [int(text.split(b"id: ")[1].split(b"\n")[0]) for text in texts]
    assert numbers == sorted(set(numbers))
    assert all(b"Heartbeat" in text for text in texts)
    await following.aclose()


async def test_a_filter_leaves_only_what_matches(web: httpx.AsyncClient, plug: Any) -> None:
    async with web.stream("GET", "/events", params={"filter": "action:Heartbeat"}) as answer:
        station = await plug("CP-1")
        await station.say("Heartbeat", {})
        ((kind, _, row),) = await take(answer, 1)
    assert (kind, row["action"]) == ("exchange", "Heartbeat")


async def test_an_id_that_is_no_number_is_a_problem(web: httpx.AsyncClient) -> None:
    answer = await web.get("/events", headers={"last-event-id": "newest"})
    assert answer.status_code == 400


async def test_the_stream_ends_with_the_console(engine: Engine, web: httpx.AsyncClient) -> None:
    async with web.stream("GET", "/events") as answer:
        lines = answer.aiter_lines()
        assert await anext(lines) == "retry: 2000"
        assert engine.api is not None
        async with asyncio.timeout(5):
            await engine.api.stop()
            engine.api = None
            assert [line async for line in lines if line] == []


async def test_clients_that_go_away_while_they_are_served_from_the_journal_leave_nothing_open(
    engine: Engine, web: httpx.AsyncClient, plug: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    station = await plug("CP-1")
    for _ in range(30):
        await station.say("Heartbeat", {})
    opened: list[apsw.Connection] = []
    fresh = engine.journal._fresh

    def slowly() -> apsw.Connection:
        connection = fresh()
        opened.append(connection)
        reading.set()
        assert gone.wait(5)  # in the reader's thread: the client has left by then
        return connection

    reading, gone = threading.Event(), threading.Event()
    monkeypatch.setattr(engine.journal, "_fresh", slowly)
    for _ in range(40):
        reading.clear()
        gone.clear()
        stream = module.EventStream(engine)
        client = asyncio.get_running_loop().create_task(_drain(stream))
        await asyncio.to_thread(reading.wait, 5)
        client.cancel()
        await asyncio.wait([client])
        assert client.cancelled()
        gone.set()
        stream.close()
    assert len(opened) == 40
    async with asyncio.timeout(5):
        while not all(map(_closed, opened)):
            await asyncio.sleep(0.01)


async def _drain(stream: module.EventStream) -> None:
    async with aclosing(stream.follow(None, 0)) as texts:
        async for _text in texts:
            pass


def _closed(connection: apsw.Connection) -> bool:
    try:
        connection.execute("SELECT 1")
    except (apsw.ConnectionClosedError, apsw.CursorClosedError):  # the second where it is closed in between
        return True
    return False
