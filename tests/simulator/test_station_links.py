"""A simulated station loses its link, keeps its session, and hands in what it queued, in order."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from console.simulator.electric import Car
from console.simulator.link import Refused
from console.simulator.station import SimulatedStation
from profiles.fleet_file import Behaviour, StationSpec

TWO = ("2.0.1", "2.1")
EVERY = ("1.6", *TWO)
CALM_BUT_METERED = Behaviour(meter_seconds=0.1, redial_seconds=0.05)


def car() -> Car:
    """A car that takes 11 kW for long."""
    return Car(60_000, 0.3, 11_000, 3, 150_000)


@pytest.mark.parametrize("version", EVERY)
async def test_the_link_comes_back_without_a_boot_after_the_central_system_closed_it(
    central: Any, make_station: Any, version: str
) -> None:
    station = await make_station(version)
    await central.links[0].close()
    await central.until(lambda: len(central.links) == 2)
    await asyncio.wait_for(station.ready.wait(), 15)  # nothing that the central system hears goes with it
    await station.start_session(1, "TAG")
    assert len(central.of("BootNotification")) == 1


async def test_what_happened_offline_is_replayed_in_order_with_its_own_times_in_1_6(
    central: Any, make_station: Any, clock: Any
) -> None:
    station = await make_station("1.6")
    await station.plug_in(1, car())
    await station.start_session(1, "TAG-A")
    await station.go_offline()
    before = len(central.heard)
    clock.turn(60)
    await station.sample(1)
    clock.turn(60)
    await station.stop_session(1)
    await station.unplug(1)
    clock.turn(60)
    await station.start_session(1, "TAG-B")
    clock.turn(60)
    await station.stop_session(1)
    assert len(central.heard) == before
    clock.turn(600)
    await station.go_online()
    await central.hear("StopTransaction", count=2)

    replay = [one for one in central.heard[before:] if one.action != "StatusNotification"]
    assert [one.action for one in replay] == [
        "MeterValues",
        "StopTransaction",
        "StartTransaction",
        "StopTransaction",
    ]
    times = [one.payload.get("timestamp") or one.payload["meterValue"][0]["timestamp"] for one in replay]
    assert times == [f"2026-03-01T12:0{minute}:00.000Z" for minute in (1, 2, 3, 4)]
    # the transaction id that the late start was given is the one its stop carries
    assert [one.payload.get("transactionId") for one in replay] == [1, 1, None, 2]
    assert len(central.of("BootNotification")) == 1


@pytest.mark.parametrize("version", TWO)
async def test_what_happened_offline_is_marked_so_in_2_x(
    central: Any, make_station: Any, clock: Any, version: str
) -> None:
    station = await make_station(version)
    await station.plug_in(1, car())
    await station.start_session(1, "TAG")
    await station.go_offline()
    before = len(central.of("TransactionEvent"))
    for _ in range(2):
        clock.turn(60)
        await station.sample(1)
    await station.stop_session(1)
    clock.turn(600)
    await station.go_online()
    await central.hear("TransactionEvent", eventType="Ended")
    events = central.of("TransactionEvent")
    assert [bool(e.get("offline")) for e in events] == [False] * before + [True] * 3
    assert [e["seqNo"] for e in events] == list(range(len(events)))
    assert [e["timestamp"][14:16] for e in events[before:]] == ["01", "02", "02"]


@pytest.mark.parametrize("version", EVERY)
async def test_a_message_without_an_answer_is_sent_again_under_its_id_on_the_next_link(
    central: Any, make_station: Any, version: str
) -> None:
    station = await make_station(version)
    kind = "StartTransaction" if version == "1.6" else "TransactionEvent"
    central.answers[kind] = lambda _: None
    starting = asyncio.gather(station.start_session(1, "TAG"))
    await central.hear(kind)
    del central.answers[kind]
    await station.go_offline()
    await starting
    await station.go_online()
    await central.hear(kind, count=2)
    first, second = [one for one in central.heard if one.action == kind][:2]
    assert (first.uid, first.payload) == (second.uid, second.payload)


async def test_statuses_that_changed_offline_are_sent_afterwards(central: Any, make_station: Any) -> None:
    station = await make_station("1.6", connectors=2)
    await station.go_offline()
    await station.fault(2, "HighTemperature")
    await station.go_online()
    changed = await central.hear("StatusNotification", status="Faulted")
    assert (changed["connectorId"], changed["errorCode"]) == (2, "HighTemperature")
    assert len([s for s in central.of("StatusNotification") if s["connectorId"] == 1]) == 1


@pytest.mark.parametrize("status", [401, 404])
async def test_a_refused_station_says_so_once_and_waits_long(status: int, caplog: pytest.LogCaptureFixture) -> None:
    asked: list[str] = []

    def refuse(link: ServerConnection, request: Request) -> Response:
        asked.append(request.path)
        return link.respond(status, "no\n")

    async def nothing(link: ServerConnection) -> None:
        await link.wait_closed()

    spec = StationSpec("CP1", "Vendor", "Model")
    async with serve(nothing, "127.0.0.1", 0, process_request=refuse) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        station = SimulatedStation(f"ws://127.0.0.1:{port}/", spec, behaviour=Behaviour(redial_seconds=0.01))
        with pytest.raises(Refused) as refusal:
            await station.connect()
        assert refusal.value.status == status
        pauses = [station._patience(n, refusal.value) for n in (1, 2, 3)]
        await station.close()
    assert asked == ["/CP1"]
    assert min(pauses) >= 20
    assert [said for said in caplog.messages if "not let in" in said] == [
        f"CP1: not let in: the central system answered {status}; trying again now and then"
    ]


def test_redialling_backs_off_with_jitter_up_to_a_minute() -> None:
    station = SimulatedStation("ws://x/", StationSpec("CP1", "V", "M"), behaviour=Behaviour(redial_seconds=1), seed=4)
    pauses = [station._patience(n, OSError()) for n in range(1, 12)]
    assert 0.7 <= pauses[0] <= 1.3
    assert pauses[5] > pauses[2] > pauses[0]
    assert max(pauses) <= 60 * 1.3
    assert len(set(pauses)) == len(pauses)


async def test_a_station_may_offer_no_subprotocol_at_all() -> None:
    offers: list[str | None] = []
    booted = asyncio.Event()

    async def answer(link: ServerConnection) -> None:
        assert link.request is not None
        offers.append(link.request.headers.get("Sec-WebSocket-Protocol"))
        async for text in link:
            _, uid, action, _ = json.loads(text)
            boot = {"currentTime": "2026-03-01T12:00:00Z", "interval": 60, "status": "Accepted"}
            await link.send(json.dumps([3, uid, boot if action == "BootNotification" else {}]))
            booted.set()

    async with serve(answer, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        spec = StationSpec("CP1", "Vendor", "Model", subprotocols=())
        station = SimulatedStation(f"ws://127.0.0.1:{port}/", spec)
        await station.connect()
        await station.boot()
        await station.close()
    assert offers == [None]
    assert booted.is_set()


async def test_a_central_system_that_chooses_another_version_is_left_alone(central: Any, make_station: Any) -> None:
    with pytest.raises(Refused, match=r"chose ocpp2.0.1"):
        await make_station("1.6", subprotocols=("ocpp2.0.1",))


async def test_a_tag_refused_after_an_offline_start_ends_the_session(central: Any, make_station: Any) -> None:
    station = await make_station("1.6", behaviour=CALM_BUT_METERED)
    await station.go_offline()
    await station.start_session(1, "THIEF")
    central.answers["StartTransaction"] = lambda _: {"transactionId": 9, "idTagInfo": {"status": "Invalid"}}
    await station.go_online()
    assert (await central.hear("StopTransaction"))["reason"] == "DeAuthorized"
