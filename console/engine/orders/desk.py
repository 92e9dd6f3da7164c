"""The order desk: gives orders, follows them until their effect has been seen, and keeps the runs.

The way of an order: checked → ``order.given`` committed → said by the dialect → sent → answered → judged → followed →
``order.ended``. Nothing leaves before the audit row that says who ordered what is on the disk.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

import msgspec

from console.engine.errors import ChargehandError
from console.engine.fleet.order import Order
from console.engine.orders.admit import admit
from console.engine.orders.errand import CALLED_OFF, Errand
from console.engine.orders.masking import masked
from console.engine.orders.port import OrderLink, Port
from console.engine.orders.run import Run
from console.engine.orders.table import OrderKind, order_kind
from console.engine.tasks import Owner, cancel_all, spawn
from console.engine.wire.exchange import Exchange

log = logging.getLogger("chargehand.orders")

RUNS = 500  # that are remembered
RUNS_CHARACTERS = 16 * 1024 * 1024  # or as many as have so much text in their calls
AT_ONCE = 8  # stations of a bulk order that are asked at the same time


class OrderDesk:
    """Gives orders to stations. ``runs`` newest last."""

    def __init__(self, port: Port) -> None:
        self._port = port
        self._tasks: Owner = set()
        self.runs: deque[Run] = deque(maxlen=RUNS)

    async def give(
        self,
        station: str,
        name: str,
        arguments: Mapping[str, Any],
        *,
        by: str = "operator",
        timeout: float | None = None,
        priority: int = 5,
        local: bool = False,
    ) -> Run:
        """Give an order; its run, once the audit row is committed. The rest goes on by itself.

        ``timeout`` seconds to wait for the effect (None: the order's own patience, else the profile's); for raw, for the
        answer. ``local``: ``file=`` may be a path on this machine. Raises OrderError, NoSuchStation, NotConnected,
        NoSuchOrder with a sentence; nothing has been sent then.
        """
        kind = order_kind(name)
        run = self._new(station, kind, arguments, by)
        begun = await self._begin(run, arguments, by=by, priority=priority, local=local)
        self._remember(run)
        self._go_on(run, *begun, timeout)
        return run

    async def raw(
        self, station: str, action: str, payload: Any, *, by: str = "operator", timeout: float | None = None
    ) -> Exchange:
        """Send any call; the exchange with its outcome. Raises OrderError, NoSuchStation, NotConnected."""
        run = await self.give(station, "raw", {"action": action, "payload": payload}, by=by, timeout=timeout)
        return await run.answered()

    def give_many(
        self,
        stations: Iterable[str],
        name: str,
        arguments: Mapping[str, Any],
        *,
        by: str = "operator",
        timeout: float | None = None,
        local: bool = False,
        at_once: int = AT_ONCE,
    ) -> list[Run]:
        """Give the same order to many stations; their runs at once, in the same order, each going on by itself.

        ``at_once`` stations are asked at the same time; what follows an answer does not hold up the others. A station
        that refuses or is not there has a failed run with the sentence. Raises NoSuchOrder.
        """
        kind = order_kind(name)
        gate = asyncio.Semaphore(at_once)
        runs = [self._new(station, kind, arguments, by) for station in dict.fromkeys(stations)]
        for run in runs:
            self._remember(run)
            work = self._one_of_many(run, gate, arguments, by, timeout, local)
            task = spawn(work, name=f"order {kind.id} {run.station}", owner=self._tasks)
            task.add_done_callback(partial(_let_go, run, False))
            run.stop = partial(_cancel, task)
        return runs

    async def close(self) -> None:
        """Stop following everything; what was ordered is not taken back."""
        await cancel_all(self._tasks)

    def _remember(self, run: Run) -> None:
        runs = self.runs
        runs.append(run)
        sizes = [sum(_size(exchange) for exchange in one.exchanges) for one in runs]
        total, first = sum(sizes), 0
        while total > RUNS_CHARACTERS and runs[0].over:
            total -= sizes[first]
            first += 1
            runs.popleft()

    # Beginning.

    def _new(self, station: str, kind: OrderKind, arguments: Mapping[str, Any], by: str) -> Run:
        known = self._port.fleet.station(station)
        order = Order(
            station=known.id if known is not None else station, name=kind.id, arguments=dict(arguments), originator=by
        )
        version = known.version if known is not None else None
        return Run(order, kind, version, title=kind.title, effect_text=kind.effect(arguments, version))

    async def _begin(
        self, run: Run, arguments: Mapping[str, Any], *, by: str, priority: int, local: bool
    ) -> tuple[OrderLink, dict[str, Any]]:
        order, link, given = await admit(
            self._port, run.station, run.kind, arguments, by=by, priority=priority, local=local
        )
        told = await self._port.happen(
            "order.given",
            station=order.station,
            order=order.name,
            arguments=masked(order.name, order.arguments),
            by=by,
        )
        run.order = msgspec.structs.replace(order, id=told.id)
        run.version = link.dialect.version
        run.effect_text = run.kind.effect(order.arguments, run.version)
        return link, given

    def _go_on(self, run: Run, link: OrderLink, given: dict[str, Any], timeout: float | None) -> None:
        errand = Errand(self._port, run, link, given, timeout)
        name = f"order {run.order.id} {run.order.name}"
        task = spawn(errand.carry(), name=name, owner=self._tasks)
        task.add_done_callback(partial(_let_go, run, True))

        def call_off() -> None:
            if not run.over:
                spawn(errand.call_off(task), name=f"{name} called off", owner=self._tasks)

        run.stop = call_off

    async def _one_of_many(
        self,
        run: Run,
        gate: asyncio.Semaphore,
        arguments: Mapping[str, Any],
        by: str,
        timeout: float | None,
        local: bool,
    ) -> None:
        try:
            async with gate:
                link, given = await self._begin(run, arguments, by=by, priority=5, local=local)
                self._go_on(run, link, given, timeout)
                await run.answered()
        except ChargehandError as error:
            if not run.over:
                run.refusal = error
                run.end("failed", error.sentence)
        except Exception:
            log.exception("order %s of %s", run.order.name, run.station)
            run.end("failed", "an error of this console; its log tells more")


def _size(exchange: Exchange) -> int:
    return len(exchange.raw_request or "") + len(exchange.raw_response or "")


def _let_go(run: Run, given: bool, task: asyncio.Task[Any]) -> None:
    """End a run whose task is gone: one that is cancelled before its first step never gets to do so itself."""
    if task.cancelled() and (given or run.order.id == 0):
        run.end("missing" if run.exchanges else "failed", CALLED_OFF if given else "not sent: it was called off")


def _cancel(task: asyncio.Task[Any]) -> None:
    task.cancel()
