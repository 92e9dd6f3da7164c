"""Orders over the API: given as from the screen, followed to the answer or to the effect."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from console.engine.api import views
from console.engine.api.problems import ApiProblem
from console.engine.errors import ChargehandError
from console.engine.orders.run import Run

if TYPE_CHECKING:
    from console.engine.engine import Engine

_SILENT = frozenset(("timeout", "lost"))
_SETTLING_S = 0.005


async def give(
    engine: Engine, station: str, order: str, arguments: dict[str, Any], *, by: str, timeout: float | None, wait: bool
) -> dict[str, Any]:
    """Give an order; ``wait`` for its effect, else for the answer. What ``call --json`` prints, and how it went.

    Raises ChargehandError where it was not sent, ApiProblem (504) where the station did not answer.
    """
    run = await engine.desk.give(station, order, arguments, by=by, timeout=timeout)
    if wait:
        await run.done()
    else:
        await _judged(run)
    if not run.exchanges:
        raise run.refusal or ApiProblem(504, "The order was not sent.", title="No answer")
    told = outcome(run)
    if run.state == "failed" and run.exchanges[0].outcome in _SILENT:
        title = "No answer" if run.exchanges[0].outcome == "timeout" else "The link was lost"
        raise ApiProblem(504, told["effect"]["text"], title=title, **told)
    return told


async def raw(
    engine: Engine, station: str, action: str, payload: Any, *, by: str, timeout: float | None
) -> dict[str, Any]:
    """Send any call; the exchange's row whenever the station answered, well or not.

    Raises ChargehandError where it was not sent, ApiProblem (504) where the station did not answer.
    """
    arguments = {"action": action, "payload": payload}
    told = await give(engine, station, "raw", arguments, by=by, timeout=timeout, wait=True)
    row: dict[str, Any] = told["exchange"]
    return row


def outcome(run: Run) -> dict[str, Any]:
    """How an order stands. ``exit_code`` is what ``chargehand call`` ends with."""
    verdict, effect = run.verdict, run.effect
    return {
        "exchange": views.message(run.exchanges[0]),
        "effect": {
            "seen": effect is not None and effect.seen,
            "text": effect.text if effect is not None else "not waited for",
        },
        "order": run.order.id,
        "state": run.state,
        "verdict": None if verdict is None else verdict.status,
        "hints": list(run.hints),
        "stages": [{"what": one.what, "text": one.text} for one in run.stages],
        "exit_code": exit_code(run),
    }


def exit_code(run: Run) -> int:
    """0 accepted and, where it was waited for, seen; 3 rejected; 4 no usable answer or no effect."""
    if run.state in ("accepted", "done"):
        return 0
    return 3 if run.state == "rejected" else 4


async def _judged(run: Run) -> None:
    """Wait until the answer has been judged; a run tells of its changes by a counter only."""
    try:
        await run.answered()
    except ChargehandError:
        return
    while run.state in ("waiting", "sent"):
        with suppress(TimeoutError):
            async with asyncio.timeout(_SETTLING_S):
                await run.done()
