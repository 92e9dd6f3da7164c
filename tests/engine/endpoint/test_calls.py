"""Calls of ours that end in another way than with an answer: unreadable answers, and links that close under them."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import pytest

from console.engine.engine import Engine
from console.engine.wire.exchange import Exchange
from console.screens.exchange_facts import Belongs, lines
from console.screens.summary import summary, verdict
from tests.faults.raw import CLOSE, Wire, assert_fold
from tests.fleets import facts

Dial = Callable[..., Awaitable[Any]]
MakeEngine = Callable[..., Awaitable[Engine]]
Until = Callable[..., Awaitable[Any]]


def begin(coroutine: Coroutine[Any, Any, Exchange]) -> asyncio.Task[Exchange]:
    return asyncio.get_running_loop().create_task(coroutine)


UNREADABLE = [
    ("a brace is missing", '[3,"ID",{"status":"Accepted"}', "syntax"),
    ("a comma too many", '[3,"ID",{"status":"Accepted",}]', "syntax"),
    ("an error cut short", '[4,"ID","NotSupp', "syntax"),
    ("one element too many", '[3,"ID",{"status":"Accepted"},1]', "envelope"),
    ("no payload", '[3,"ID"]', "envelope"),
    ("an error without a code", '[4,"ID"]', "envelope"),
    ("a type in quotes", '["3","ID",{"status":"Accepted"}]', "type"),
    ("a type in quotes that is no JSON either", '["3","ID",{"status":"Accepted"]', "syntax"),
    ("an id with a space behind it", '[3,"ID ",{"status":"Accepted"}]', "id"),
]


@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
@pytest.mark.parametrize(("text", "rule"), [one[1:] for one in UNREADABLE], ids=[one[0] for one in UNREADABLE])
async def test_an_answer_that_cannot_be_read_ends_the_call_at_once(
    engine: Engine, dial: Dial, version: str, text: str, rule: str
) -> None:
    station = await dial(engine, "CP-001", version)
    await station.boot()
    payload = {"vendorId": "acme"}
    began = time.monotonic()
    task = begin(engine.raw("CP-001", "DataTransfer", payload, timeout=60))
    call = await station.hear()
    said = text.replace("ID", call[1])
    await station.say(said)
    exchange = await asyncio.wait_for(task, 10)
    assert time.monotonic() - began < 10, "not the timeout of the call"
    assert (exchange.outcome, exchange.raw_response) == ("malformed", said)
    assert exchange.raw_request == json.dumps(call, separators=(",", ":"))
    assert [(one.rule, one.side) for one in exchange.violations] == [(rule, "response")]
    if version == "2.1" and said.startswith("[3"):
        answer = await station.hear()
        assert answer[:2] == [5, call[1]], "2.1 tells a station that its answer could not be taken"
    # The next call goes out, and a whole answer is taken.
    task = begin(engine.raw("CP-001", "DataTransfer", payload))
    await station.answer_next({"status": "Accepted"})
    assert (await task).outcome == "result"
    await assert_fold(engine)


async def test_an_unreadable_answer_is_shown_as_what_it_is(engine: Engine, dial: Dial) -> None:
    station = await dial(engine)
    await station.boot()
    run = await engine.order("CP-001", "reset", {"type": "Soft"})
    call = await station.hear()
    await station.say(f'[3,"{call[1]}",{{"status":,}}]')
    effect = await run.done()
    assert (run.state, effect.text) == ("failed", "malformed answer: " + (run.exchanges[0].error_description or ""))
    assert "at column 53" in effect.text
    assert run.exit_code == 4
    stored = next(one for one in await engine.messages(limit=5) if one.action == "Reset")
    assert stored.request == {"type": "Soft"}, "what we asked can be read, also from the journal"
    assert verdict(stored).text == "✖ malformed answer"
    assert "Soft" in summary(stored)
    assert ("Broken", stored.error_description, "bad") in lines(stored, Belongs())
    known = engine.fleet.stations["cp-001"]
    assert known.errors == 1


@pytest.mark.parametrize(
    "text",
    [
        '[2,"ID","Heartbeat",{},1]',
        '[99,"ID",{}]',
        '[3,"another",{},1]',
        '{"id":"another"}',
        "",
    ],
)
async def test_what_is_no_answer_to_the_call_leaves_it_waiting(engine: Engine, dial: Dial, text: str) -> None:
    station = await dial(engine)
    await station.boot()
    task = begin(engine.raw("CP-001", "DataTransfer", {"vendorId": "acme"}))
    call = await station.hear()
    await station.say(text.replace("ID", call[1]))
    await station.say(f'[3,"{call[1]}",{{"status":"Accepted"}}]')
    assert (await task).outcome == "result"


async def test_a_station_that_had_been_silent_and_answers_badly_is_no_longer_called_silent(
    engine: Engine, dial: Dial, until: Until
) -> None:
    station = await dial(engine)
    await station.boot()
    assert (await engine.raw("CP-001", "DataTransfer", {"vendorId": "a"}, timeout=0.05)).outcome == "timeout"
    (alarm,) = engine.fleet.alarms.values()
    task = begin(engine.raw("CP-001", "DataTransfer", {"vendorId": "a"}))
    await station.hear()
    await station.say(f'[3,"{(await station.hear())[1]}"]')
    await task
    assert alarm.cleared is not None
    await assert_fold(engine)


async def test_a_call_that_never_left_does_not_claim_that_it_did(engine: Engine, until: Until) -> None:
    wire = await Wire.link(engine)
    await wire.ask("1", "BootNotification", {"chargePointVendor": "A", "chargePointModel": "B"})
    link = engine.links.get("CP-001")
    assert link is not None
    link.socket.close(1000, "soon gone")
    # The station has not answered the close frame yet: the link is registered, and nothing can be sent over it.
    assert engine.links.get("CP-001") is link
    exchange = await engine.raw("CP-001", "DataTransfer", {"vendorId": "acme"})
    assert (exchange.outcome, exchange.raw_request, exchange.latency_ns) == ("lost", None, None)
    run = await engine.order("CP-001", "reset", {"type": "Soft"})
    assert (await run.done()).text == "the link was lost before the call could leave; the station knows nothing of it"
    ended = [text for name, text, _ in lines(exchange, Belongs()) if name == "Ended"]
    assert ended == ["The link was lost before the call could leave: the station knows nothing of it."]
    while (await wire.frame())[0] != CLOSE:
        pass
    wire.drop()
    await until(lambda: not len(engine.links))
    await assert_fold(engine)
    before = facts(engine.fleet)
    assert before["stations"]["cp-001"]["connected"] is False


async def test_a_call_into_a_connection_that_was_just_cut_does_not_claim_that_it_left(engine: Engine) -> None:
    wire = await Wire.link(engine)
    await wire.ask("1", "BootNotification", {"chargePointVendor": "A", "chargePointModel": "B"})
    link = engine.links.get("CP-001")
    assert link is not None
    future = begin(engine.links.call("CP-001", "DataTransfer", {"vendorId": "a"}, timeout=5))
    link.socket.abort("cut")
    exchange = await future
    assert (exchange.outcome, exchange.raw_request) == ("lost", None)
    wire.drop()


async def test_a_new_password_that_never_left_is_forgotten_and_one_that_was_answered_unreadably_is_not(
    engine: Engine, until: Until
) -> None:
    wire = await Wire.link(engine)
    await wire.ask("1", "BootNotification", {"chargePointVendor": "A", "chargePointModel": "B"})
    change = {"key": "AuthorizationKey", "value": "a-new-password-of-20"}
    task = begin(engine.raw("CP-001", "ChangeConfiguration", change))
    while (call := await wire.hear())[0] != 2:
        pass
    wire.say(f'[3,"{call[1]}",{{"status":"Accep')
    assert (await task).outcome == "malformed"
    entry = engine.secrets._kept.stations["cp-001"]
    assert [one.state for one in entry.changes] == ["unanswered"], "it may have taken it"
    link = engine.links.get("CP-001")
    assert link is not None
    link.socket.close(1000, "soon gone")
    lost = await engine.raw("CP-001", "ChangeConfiguration", {**change, "value": "another-password-of-2"})
    assert lost.raw_request is None
    assert [one.state for one in entry.changes] == ["unanswered"], "what never left is not waited for"
    wire.drop()
