"""A live link: calls both ways, malformed frames, repetitions, the end (fault matrix B, C and D)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode

from console.engine.engine import Engine
from profiles import Listen, load_profile

Dial = Callable[..., Awaitable[Any]]
MakeEngine = Callable[..., Awaitable[Engine]]
Until = Callable[..., Awaitable[Any]]

START = {"connectorId": 1, "idTag": "TAG", "meterStart": 100, "timestamp": "2026-11-24T10:00:00Z"}


async def newest(engine: Engine, count: int = 1) -> Any:
    rows = await engine.messages(limit=count)
    return rows[-1] if count == 1 else rows


@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
async def test_a_station_boots_in_every_version(engine: Engine, dial: Dial, version: str) -> None:
    station = await dial(engine, "CP-001", version)
    answer = await station.boot()
    assert answer[2]["status"] == "Accepted"
    known = engine.fleet.stations["cp-001"]
    assert (known.version, known.vendor, known.registration) == (version, "Acme", "Accepted")


async def test_the_version_belongs_to_the_link_and_not_to_the_station(engine: Engine, dial: Dial, until: Until) -> None:
    first = await dial(engine, "CP-001", "1.6")
    await first.close()
    await until(lambda: engine.links.get("CP-001") is None)
    second = await dial(engine, "CP-001", "2.0.1")
    assert (await second.boot())[0] == 3


class TestFramesThatAreNone:
    """What cannot be read is kept and shown; the link stays up."""

    @pytest.mark.parametrize(
        ("version", "text", "code", "uid"),
        [
            (
                "1.6",
                '[2,"17","MeterValues",{"connectorId":1,"transactionId":,"meterValue":[]}]',
                "FormationViolation",
                "17",
            ),
            ("1.6", '[2,"17","MeterValues",{"meterValue":[,{}]}]', "FormationViolation", "17"),
            ("1.6", '[2,"17","Heartbeat",{"a":' + "1" * 5000 + "}]", "FormationViolation", "17"),
            ("1.6", '[2,"17","Heartbeat",{"a":NaN}]', "FormationViolation", "17"),
            ("1.6", '[2,"17","Heartbeat",{"a":1e400}]', "FormationViolation", "17"),
            ("1.6", '[2,"17","Heartbeat",{"a":"\\ud800"}]', "FormationViolation", "17"),
            ("1.6", '[2,"17","Heartbeat",' + "[" * 100_000, "FormationViolation", "17"),
            ("1.6", '[2,17,"Heartbeat",{}]', None, "-1"),
            ("1.6", '[2,"","Heartbeat",{}]', None, "-1"),
            ("1.6", '[2,"' + "i" * 400 + '","Heartbeat",{}]', None, "-1"),
            ("1.6", '[2,"17","Heartbeat"]', None, "17"),
            ("1.6", '[2,"17","Heartbeat",{},1]', None, "17"),
            ("1.6", '[2,"17",["Heartbeat"],{}]', None, "17"),
            ("1.6", '[2,"17","../../etc/passwd",{}]', "NotImplemented", "17"),
            ("1.6", '[2,"17","NoSuchAction",{}]', "NotImplemented", "17"),
            ("1.6", '[2,"17","RemoteStartTransaction",{}]', "NotSupported", "17"),
            ("2.0.1", "nonsense", "RpcFrameworkError", "-1"),
            ("2.0.1", "{}", "RpcFrameworkError", "-1"),
            ("2.0.1", "[]", "RpcFrameworkError", "-1"),
            ("2.0.1", '[2,{},"Heartbeat",{}]', "RpcFrameworkError", "-1"),
            ("2.0.1", '[99,"17","Heartbeat",{}]', "MessageTypeNotSupported", "17"),
            ("2.0.1", '[2,"17","NoSuchAction",{}]', "NotImplemented", "17"),
            ("2.0.1", '[2,"17","RequestStartTransaction",{}]', "NotSupported", "17"),
            ("2.0.1", '[2,"17","Heartbeat",{"a":' + "[" * 40 + "]" * 40 + "}]", "FormatViolation", "17"),
            ("2.1", '[2,"17","NoSuchAction",{}]', "NotImplemented", "17"),
        ],
    )
    async def test_an_error_is_answered_where_an_id_can_be_read(
        self, engine: Engine, dial: Dial, version: str, text: str, code: str | None, uid: str
    ) -> None:
        station = await dial(engine, "CP-001", version)
        await station.say(text)
        answer = await station.hear()
        assert answer[0] == 4
        assert answer[1] == uid
        if code is not None:
            assert answer[2] == code
        assert len(text) < 3 or text not in json.dumps(answer)
        assert (await station.call("Heartbeat", {}))[0] == 3
        rows = await engine.messages(limit=10)
        assert any(row.raw_request == text for row in rows)

    @pytest.mark.parametrize(
        ("version", "frame"),
        [
            ("1.6", "nonsense"),
            ("1.6", "{}"),
            ("1.6", "[]"),
            ("1.6", ""),
            ("2.0.1", ""),
            ("1.6", b"\x00\x01binary"),
            ("2.0.1", b'[2,"17","Heartbeat",{}]'),
            ("1.6", '[99,"17","Heartbeat",{}]'),
            ("1.6", '[6,"17","NotifyPeriodicEventStream",{}]'),
            ("2.0.1", '[5,"17","FormatViolation","",{}]'),
            (
                "2.1",
                '[6,"17","NotifyPeriodicEventStream",{"id":1,"pending":0,"basetime":"2026-01-01T00:00:00Z","data":[]}]',
            ),
            ("2.1", '[6,"17","NoSuchThing",{}]'),
            ("1.6", '[3,"unknown",{}]'),
            ("1.6", '[4,"unknown","GenericError","",{}]'),
        ],
    )
    async def test_what_is_not_to_be_answered_is_kept_in_silence(
        self, engine: Engine, dial: Dial, version: str, frame: str | bytes
    ) -> None:
        station = await dial(engine, "CP-001", version)
        await station.say(frame)
        # Whatever comes next is the answer to this, so nothing was said to the frame before.
        assert (await station.call("DataTransfer", {"vendorId": "V"}, "after"))[1] == "after"
        rows = await engine.messages(limit=10)
        assert any(frame in (row.raw_request, row.raw_response) for row in rows)

    async def test_a_strict_profile_closes_the_link_on_a_binary_frame(
        self, make_engine: MakeEngine, dial: Dial
    ) -> None:
        profile = msgspec.structs.replace(load_profile("bench"), conduct="strict")
        engine = await make_engine(profile)
        station = await dial(engine)
        await station.say(b"binary")
        with pytest.raises(ConnectionClosed) as closed:
            await station.hear()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1003

    async def test_text_that_is_no_utf8_closes_with_1007(self, engine: Engine, dial: Dial) -> None:
        station = await dial(engine)
        station.socket.protocol.send_frame(Frame(Opcode.TEXT, b"\xff\xfe"))
        station.socket.transport.write(b"".join(station.socket.protocol.data_to_send()))
        with pytest.raises(ConnectionClosed) as closed:
            await station.hear()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1007

    async def test_a_frame_too_big_closes_with_1009_and_the_station_may_come_back(
        self, engine: Engine, dial: Dial
    ) -> None:
        station = await dial(engine)
        await station.say('[2,"17","DataTransfer",{"vendorId":"' + "x" * 1_100_000 + '"}]')
        with pytest.raises(ConnectionClosed) as closed:
            await station.hear()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009
        again = await dial(engine)
        assert (await again.boot())[0] == 3

    @pytest.mark.parametrize(("version", "agreed"), [("1.6", False), ("2.0.1", True), ("2.1", True)])
    async def test_compression_is_agreed_where_the_version_knows_of_it(
        self, engine: Engine, dial: Dial, version: str, agreed: bool
    ) -> None:
        station = await dial(engine, "CP-001", version, compression="deflate")
        assert bool(station.socket.protocol.extensions) is agreed

    async def test_a_deflate_bomb_stops_at_the_size_limit(self, engine: Engine, dial: Dial) -> None:
        station = await dial(engine, "CP-001", "2.0.1", compression="deflate", max_size=None)
        assert station.socket.protocol.extensions
        await station.say("0" * 30_000_000)
        with pytest.raises(ConnectionClosed) as closed:
            await station.hear()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009


class TestCallsOfTheStation:
    """Answered in order, once, and again where they are repeated."""

    async def test_a_repeated_call_gets_the_stored_answer_and_makes_no_second_transaction(
        self, engine: Engine, dial: Dial
    ) -> None:
        station = await dial(engine)
        await station.boot()
        first = await station.call("StartTransaction", START, "start-1")
        assert await station.call("StartTransaction", START, "start-1") == first
        assert len(engine.fleet.transactions) == 1
        rows = await engine.messages(limit=2)
        assert [row.repeat for row in rows] == [False, True]

    async def test_a_start_retried_under_a_new_id_gets_the_same_transaction(self, engine: Engine, dial: Dial) -> None:
        station = await dial(engine)
        first = await station.call("StartTransaction", START)
        second = await station.call("StartTransaction", START)
        assert first[2]["transactionId"] == second[2]["transactionId"]
        assert len(engine.fleet.transactions) == 1

    async def test_a_repeated_call_on_the_next_link_is_still_a_repetition(
        self, engine: Engine, dial: Dial, until: Until
    ) -> None:
        station = await dial(engine)
        first = await station.call("StartTransaction", START, "7")
        await station.close()
        await until(lambda: engine.links.get("CP-001") is None)
        again = await dial(engine)
        assert await again.call("StartTransaction", START, "7") == first
        assert len(engine.fleet.transactions) == 1

    async def test_an_id_used_again_for_something_else_is_processed_and_badged(
        self, engine: Engine, dial: Dial
    ) -> None:
        station = await dial(engine)
        await station.call("StartTransaction", START, "7")
        other = {**START, "connectorId": 2}
        answer = await station.call("StartTransaction", other, "7")
        assert answer[2]["transactionId"] == 2
        assert "used again" in " ".join((await newest(engine)).tolerances)

    async def test_a_status_with_yesterday_s_id_on_a_new_link_is_a_new_status(
        self, engine: Engine, dial: Dial, until: Until
    ) -> None:
        available = {"connectorId": 1, "errorCode": "NoError", "status": "Available"}
        station = await dial(engine)
        await station.call("StatusNotification", available, "2")
        await station.call("StatusNotification", {**available, "status": "Charging"}, "3")
        await station.close()
        await until(lambda: engine.links.get("CP-001") is None)
        again = await dial(engine)
        await again.call("StatusNotification", available, "2")
        assert engine.fleet.stations["cp-001"].evses[1].connectors[1].status == "Available"

    async def test_calls_sent_without_waiting_are_answered_in_order(self, engine: Engine, dial: Dial) -> None:
        station = await dial(engine)
        for number in range(50):
            await station.say(json.dumps([2, f"n{number}", "DataTransfer", {"vendorId": "V"}]))
        answers = [await station.hear() for _ in range(50)]
        assert [answer[1] for answer in answers] == [f"n{number}" for number in range(50)]
        assert all(answer[0] == 3 for answer in answers)

    async def test_a_null_payload_is_taken_as_empty_and_badged(self, engine: Engine, dial: Dial) -> None:
        station = await dial(engine)
        await station.say('[2,"17","Heartbeat",null]')
        assert (await station.hear())[0] == 3
        await station.call("DataTransfer", {"vendorId": "V"})
        row = (await engine.messages(limit=2))[0]
        assert row.action == "Heartbeat"
        assert row.tolerances

    async def test_a_byte_order_mark_is_skipped_and_said(self, engine: Engine, dial: Dial) -> None:
        station = await dial(engine)
        await station.say('\ufeff[2,"17","DataTransfer",{"vendorId":"V"}]')
        assert (await station.hear())[:2] == [3, "17"]
        assert "byte order mark" in " ".join((await newest(engine)).tolerances)


class TestCallsOfOurs:
    """One in flight, matched by unique id."""

    async def test_an_answer_ends_the_call_with_its_latency(self, engine: Engine, dial: Dial) -> None:
        station = await dial(engine)
        called = asyncio.ensure_future(engine.links.call("cp-001", "ClearCache", {}, timeout=5))  # noqa: TID251
        await station.answer_next({"status": "Accepted"})
        exchange = await called
        assert (exchange.outcome, exchange.response) == ("result", {"status": "Accepted"})
        assert exchange.latency_ns is not None
        assert exchange.direction == "out"

    async def test_both_sides_may_call_at_once(self, engine: Engine, dial: Dial) -> None:
        station = await dial(engine)
        called = asyncio.ensure_future(engine.links.call("cp-001", "ClearCache", {}, timeout=5))  # noqa: TID251
        ours = await station.hear()
        assert (await station.call("DataTransfer", {"vendorId": "V"}))[0] == 3
        await station.say(json.dumps([3, ours[1], {"status": "Accepted"}]))
        assert (await called).outcome == "result"

    async def test_the_second_call_waits_for_the_first(self, engine: Engine, dial: Dial) -> None:
        station = await dial(engine)
        first = asyncio.ensure_future(engine.links.call("cp-001", "ClearCache", {}, timeout=5))  # noqa: TID251
        second = asyncio.ensure_future(engine.links.call("cp-001", "GetLocalListVersion", {}, timeout=5))  # noqa: TID251
        frame = await station.hear()
        with pytest.raises(TimeoutError):
            await station.hear(within=0.1)
        link = engine.links.get("CP-001")
        assert link is not None
        assert link.queue_depth == 2
        await station.say(json.dumps([3, frame[1], {"status": "Accepted"}]))
        assert (await first).outcome == "result"
        await station.answer_next({"listVersion": 1})
        assert (await second).outcome == "result"

    async def test_a_late_answer_is_kept_as_late_and_not_given_to_the_next_call(
        self, engine: Engine, dial: Dial, until: Until
    ) -> None:
        station = await dial(engine)
        slow = asyncio.ensure_future(engine.links.call("cp-001", "ClearCache", {}, timeout=0.1))  # noqa: TID251
        frame = await station.hear()
        assert (await slow).outcome == "timeout"
        following = asyncio.ensure_future(engine.links.call("cp-001", "ClearCache", {}, timeout=5))  # noqa: TID251
        second = await station.hear()
        await station.say(json.dumps([3, frame[1], {"status": "Rejected"}]))
        await station.say(json.dumps([3, second[1], {"status": "Accepted"}]))
        assert (await following).response == {"status": "Accepted"}
        outcomes = [row.outcome for row in await engine.messages(limit=5)]
        assert outcomes == ["timeout", "late", "result"]

    async def test_a_call_ends_as_lost_when_the_link_does(self, engine: Engine, dial: Dial) -> None:
        station = await dial(engine)
        called = asyncio.ensure_future(engine.links.call("cp-001", "ClearCache", {}, timeout=5))  # noqa: TID251
        await station.hear()
        station.socket.transport.abort()
        assert (await called).outcome == "lost"

    async def test_an_error_answer_is_the_outcome_whatever_its_code(self, engine: Engine, dial: Dial) -> None:
        station = await dial(engine)
        called = asyncio.ensure_future(engine.links.call("cp-001", "ClearCache", {}, timeout=5))  # noqa: TID251
        frame = await station.hear()
        await station.say(json.dumps([4, frame[1], "NoSuchCode", "because", {}]))
        exchange = await called
        assert (exchange.outcome, exchange.error_code) == ("error", "NoSuchCode")

    async def test_an_answer_that_breaks_the_schema_is_shown_and_told_in_2_1(self, engine: Engine, dial: Dial) -> None:
        station = await dial(engine, "CP-001", "2.1")
        called = asyncio.ensure_future(engine.links.call("cp-001", "ClearCache", {}, timeout=5))  # noqa: TID251
        frame = await station.answer_next({"status": "Maybe"})
        exchange = await called
        assert exchange.violations[0].path == "$.status"
        assert exchange.violations[0].side == "response"
        told = await station.hear()
        assert told[:2] == [5, frame[1]]

    async def test_a_flood_of_answers_that_nobody_waits_for_does_not_hide_the_one_that_somebody_does(
        self, engine: Engine, dial: Dial
    ) -> None:
        station = await dial(engine)
        called = asyncio.ensure_future(engine.links.call("cp-001", "ClearCache", {}, timeout=20))  # noqa: TID251
        frame = await station.hear()
        for number in range(3000):
            await station.say(f'[3,"no-{number}",{{}}]')
        await station.say(json.dumps([3, frame[1], {"status": "Accepted"}]))
        assert (await called).outcome == "result"
        kept = [row for row in await engine.messages(limit=200) if row.outcome == "unsolicited"]
        assert 0 < len(kept) <= 40


class TestTwoLinksOfOneIdentity:
    """The newest wins."""

    async def test_the_older_link_is_closed_and_its_end_does_not_unregister_the_newer(
        self, engine: Engine, dial: Dial, until: Until
    ) -> None:
        old = await dial(engine)
        new = await dial(engine)
        with pytest.raises(ConnectionClosed) as closed:
            await old.hear()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1008
        await until(lambda: sum(row.verdict == "open" for row in engine.attempts.rows) == 1)
        assert (await new.boot())[0] == 3
        assert engine.fleet.stations["cp-001"].connected

    async def test_identities_are_one_whatever_their_case(self, engine: Engine, dial: Dial) -> None:
        first = await dial(engine, "garage")
        await first.boot()
        second = await dial(engine, "GARAGE")
        await second.boot()
        assert len(engine.links) == 1
        assert list(engine.fleet.stations) == ["garage"]


async def test_a_silent_peer_is_found_by_its_missing_pong(make_engine: MakeEngine, until: Until) -> None:
    profile = msgspec.structs.replace(
        load_profile("bench"), listen=[Listen(address="127.0.0.1:0", ping_interval=0.2, ping_timeout=0.5)]
    )
    engine = await make_engine(profile, listen=None)
    reader, writer = await asyncio.open_connection("127.0.0.1", engine.listeners[0].address[1])
    writer.write(
        b"GET /CP-001 HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Protocol: ocpp1.6\r\n\r\n"
    )
    await reader.readuntil(b"\r\n\r\n")
    await until(lambda: engine.links.get("CP-001") is not None)
    await until(lambda: engine.links.get("CP-001") is None)
    await until(lambda: not engine.fleet.stations["cp-001"].connected)
    writer.close()


async def test_a_station_that_waits_for_approval_is_answered_security_error_until_it_is_accepted(
    make_engine: MakeEngine, dial: Dial, until: Until
) -> None:
    profile = msgspec.structs.replace(
        load_profile("bench"), listen=[Listen(address="127.0.0.1:0", unknown_stations="pending")]
    )
    engine = await make_engine(profile, listen=None)
    station = await dial(engine)
    assert (await station.boot())[2]["status"] == "Pending"
    refused = await station.call(
        "StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": "Available"}
    )
    assert refused[:3:2] == [4, "SecurityError"]
    await engine.approve("CP-001", True)
    trigger = await station.answer_next({"status": "Accepted"})
    assert trigger[2] == "TriggerMessage"
    assert (await station.boot())[2]["status"] == "Accepted"
    assert (await station.call("Heartbeat", {}))[0] == 3
