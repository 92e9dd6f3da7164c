"""Orders over the API: given as from the screen, followed to the answer or to the effect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from console.engine.api import views
from console.engine.api.problems import ApiProblem
from console.engine.fleet.events import VariableSeen
from console.engine.masking import MASK, secrets_of, without
from console.engine.orders.run import Run

if TYPE_CHECKING:
    from console.engine.engine import Engine

_SILENT = frozenset(("timeout", "lost"))


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
        await run.judged()
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
    said = (one for exchange in run.exchanges for one in (exchange.request, exchange.response))
    known = secrets_of(run.order.arguments, *said)  # a station may repeat them in its own words
    return {
        "exchange": views.message(run.whole or run.exchanges[0]),
        "effect": {
            "seen": effect is not None and effect.seen,
            "text": without(effect.text, known) if effect is not None else "not waited for",
        },
        "order": run.order.id,
        "state": run.state,
        "verdict": None if verdict is None else without(verdict.status, known),
        "hints": [without(hint, known) for hint in run.hints],
        "lines": [without(line, known) for line in run.lines],
        "stages": [{"what": one.what, "text": without(one.text, known)} for one in run.stages],
        "values": [_value(one, known) for one in run.values],
        "exit_code": run.exit_code,
    }


def _value(one: VariableSeen, known: set[str]) -> dict[str, Any]:
    """A setting that ``get`` or ``set`` was told; 1.6 has no component."""
    return {
        "component": one.component or None,
        "evse": one.evse,
        "variable": one.variable,
        "instance": one.instance,
        "attribute": one.attribute,
        "value": MASK if one.value in known else one.value and without(one.value, known),
        "mutability": one.mutability,
    }
