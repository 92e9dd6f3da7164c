"""What the certification cases about orders share: an order given, calls answered as a case says, reports sent after."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from console.engine.engine import Engine
from console.engine.orders.run import Run
from console.engine.wire.schema import violations

Dial = Callable[..., Awaitable[Any]]
Call = tuple[str, dict[str, Any], dict[str, Any] | str]
"""(action, payload as it must go out, answer; text is the code of a CALLERROR)."""
Report = tuple[str, dict[str, Any]]

AT = "2026-11-24T10:00:00.000Z"
LATER = "2026-11-24T18:00:00.000Z"
ID = "THE ORDER'S NUMBER"
"""Stands in payloads for the request id, which is the number of the order."""


def numbered(value: Any, number: int) -> Any:
    """A payload with the order's number where ``ID`` stands."""
    if isinstance(value, dict):
        return {name: numbered(one, number) for name, one in value.items()}
    if isinstance(value, list):
        return [numbered(one, number) for one in value]
    return number if value == ID else value


async def carried_out(
    engine: Engine,
    station: Any,
    version: str,
    order: str,
    arguments: dict[str, Any],
    calls: Sequence[Call],
    reports: Sequence[Report] = (),
) -> Run:
    """Give an order; every call of it must be the case's, and valid; the run, when it is over.

    While it is outstanding the station is answered, and so is each of its reports.
    """
    run = await engine.desk.give("CP-001", order, arguments, timeout=5)
    number = run.order.id & 0x7FFFFFFF
    for action, payload, answer in calls:
        call = await station.called()
        assert (call[2], call[3]) == (action, numbered(payload, number)), "what is asked for, and nothing empty"
        assert violations(version, action, call[3]) == (), "valid by its schema"
        assert (await station.call("Heartbeat", {}))[0] == 3, "answered while the order is outstanding"
        if isinstance(answer, str):
            await station.say(f'[4,"{call[1]}","{answer}","",{{}}]')
        else:
            made = numbered(answer, number)
            assert violations(version, action, made, answer=True) == (), "the case's answer is one that OCPP has"
            await station.answer(call, made)
    for action, payload in reports:
        told = numbered(payload, number)
        assert violations(version, action, told) == (), "the case's report is one that OCPP has"
        answered = await station.call(action, told)
        assert answered[0] == 3, "a report is answered"
        assert violations(version, action, answered[2], answer=True) == ()
    await asyncio.wait_for(run.done(), 10)
    return run


async def said(station: Any, action: str, payload: dict[str, Any]) -> dict[str, Any]:
    """The answer to a call of a case; both are as the schema wants them."""
    version = station.socket.subprotocol.removeprefix("ocpp")
    assert violations(version, action, payload) == ()
    answer = await station.call(action, payload)
    assert answer[0] == 3, answer
    assert violations(version, action, answer[2], answer=True) == ()
    found: dict[str, Any] = answer[2]
    return found


def event_of(kind: str, number: int, trigger: str, **more: Any) -> dict[str, Any]:
    """A TransactionEvent of transaction T; ``info`` is what stands within transactionInfo."""
    info = more.pop("info", {})
    return {
        "eventType": kind, "timestamp": AT, "triggerReason": trigger, "seqNo": number,
        "transactionInfo": {"transactionId": "T", **info}, "evse": {"id": 1, "connectorId": 1}, **more,
    }  # fmt: skip
