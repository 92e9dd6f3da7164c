"""An errand: one order carried to its station and followed to its effect. ``run.py`` keeps what is seen of it."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any

import msgspec

from console.engine.errors import ChargehandError, NotConnected, OrderError
from console.engine.fleet.events import Event
from console.engine.fleet.order import Order
from console.engine.orders.configuration import SettingFollower
from console.engine.orders.follow import quirks_of
from console.engine.orders.followers import FOLLOWERS
from console.engine.orders.port import OrderLink, Port
from console.engine.orders.reports import keep_lines
from console.engine.orders.run import Run, State
from console.engine.orders.transfers import TransferFollower
from console.engine.wire.exchange import Exchange, Record

log = logging.getLogger("chargehand.orders")

CALLED_OFF = "no longer followed; it may still happen"
PULSE_S = 0.5  # between two looks at a file on the move


class Errand:
    """Carries one run. ``given`` is what the dialect is told beside the order; ``timeout`` seconds for the effect, for
    raw for the answer, None for the usual."""

    def __init__(self, port: Port, run: Run, link: OrderLink, given: dict[str, Any], timeout: float | None) -> None:
        self.port = port
        self.run = run
        self.link = link
        self.given = given
        self.follower = FOLLOWERS[run.kind.id](run, port)
        self.raw = run.kind.id == "raw"
        usual = run.kind.patience or port.profile.calls.effect_timeout
        self.patience = usual if timeout is None else timeout
        self.answer_timeout = timeout if self.raw and timeout is not None else port.profile.calls.timeout

    async def carry(self) -> None:
        """From the audit row to the end. Never raises but when cancelled."""
        unwatch = self.port.watch(self._hear)
        try:
            await self._carry()
        except ChargehandError as error:
            self.run.refusal = self.run.refusal or error
            await self._end("failed", error.sentence)
        except asyncio.CancelledError:
            self.run.end("missing" if self.run.exchanges else "failed", CALLED_OFF)
            raise
        except Exception:
            log.exception("order %s of %s", self.run.order.name, self.run.station)
            await self._end("failed", "an error of this console; its log tells more")
        finally:
            unwatch()
            self.follower.close()

    async def call_off(self, task: asyncio.Task[Any]) -> None:
        """Stop ``task``, which carries this errand, and record that."""
        task.cancel()
        await asyncio.wait((task,))
        await self._record(False, "no longer followed")

    def _hear(self, record: Record, events: tuple[Event, ...]) -> None:
        run = self.run
        if run.sent is None or record.station is None or record.station.casefold() != run.station.casefold():
            return
        try:
            if self.follower.lists:
                keep_lines(run, record, events)
            self.follower.see(record, events)
        except Exception:  # a fault here must not stop the road that folds records
            log.exception("following order %s of %s", run.order.name, run.station)

    async def _carry(self) -> None:
        run, follower = self.run, self.follower
        await self._await_boot()
        if isinstance(follower, TransferFollower):
            self._open_transfer(follower)
        exchange = await self._call(follower.first(run.order), first=True)
        if exchange.outcome == "lost" and run.kind.id == "reset" and exchange.raw_request is not None:
            run.tell("told", "the link closed before the answer, as some stations do that restart at once")
            await self._await_effect("not answered")
        elif await self._judge(exchange):
            await self._follow(exchange)

    # Sending.

    async def _await_boot(self) -> None:
        """Wait until the station's boot is answered, or the grace time has passed without one."""
        run, port = self.run, self.port
        station = port.fleet.station(run.station)
        if station is None:
            return
        grace = port.profile.registration.boot_grace - (port.clock() - self.link.opened) / 1e9
        touchy = not quirks_of(port, station).call_before_boot and (station.booted or 0) < self.link.opened
        if grace <= 0 or not (station.registration == "none" or touchy):
            return
        run.tell("waiting", f"waiting for the station's boot, {grace:.0f} s at most")
        seen = asyncio.Event()
        boots = station.boots

        def look(_record: Record, _events: tuple[Event, ...]) -> None:
            if station.boots > boots:
                seen.set()

        unwatch = port.watch(look)
        try:
            async with asyncio.timeout(grace):
                await seen.wait()
        except TimeoutError:
            return
        finally:
            unwatch()
        if station.registration == "Rejected":
            raise OrderError(f"{station.id} was rejected when it booted: nothing is sent to it.")

    def _open_transfer(self, follower: TransferFollower) -> None:
        files, order, given = self.port.files, self.run.order, self.given
        if self.run.kind.id == "diagnostics":
            kind = str(order.arguments.get("log") or "diagnostics")
            transfer = files.expect(station=order.station, order=order.id, kind=kind)
        elif "path" in given:
            transfer = files.offer(given["path"], name=given["name"], station=order.station, order=order.id)
        else:
            return
        follower.open(transfer)
        link = self.port.links.get(order.station) or self.link
        given["url"] = files.link(transfer, link.local_host)

    async def _call(self, order: Order, *, first: bool = False) -> Exchange:
        run, port = self.run, self.port
        station, link = port.fleet.station(run.station), port.links.get(run.station)
        if station is None or link is None:
            raise NotConnected(f"{run.station} went away before the call could be sent.")
        self.link = link
        saying = link.dialect.say(order, station, self.given)
        if first:
            waiting = link.queue_depth
            queued = f", after {waiting} other calls" if waiting > 1 else ", after another call" if waiting else ""
            run.enter("sent", f"{saying.action} sent{queued}")
        exchange = await port.links.call(
            run.station, saying.action, saying.payload, timeout=self.answer_timeout, order=run.order.id
        )
        run.answer(exchange)
        return exchange

    # Judging.

    async def _judge(self, exchange: Exchange) -> bool:
        """Whether the answer lets the effect be awaited; otherwise the run is ended with what it was."""
        run = self.run
        if exchange.outcome == "timeout":
            self._hint(self.link.dialect.judge(run.order, exchange).hint)
            await self._end("failed", f"no answer within {self.answer_timeout:g} s")
            return False
        if exchange.outcome == "lost":
            left = "the link was lost before the answer; it may have been done all the same"
            unsent = "the link was lost before the call could leave; the station knows nothing of it"
            await self._end("failed", unsent if exchange.raw_request is None else left)
            return False
        if exchange.outcome == "malformed":
            self._hint(self.link.dialect.judge(run.order, exchange).hint)
            await self._end("failed", f"malformed answer: {exchange.error_description}")
            return False
        broken = [one for one in exchange.violations if one.side == "response"]
        if broken:
            more = f" (and {len(broken) - 1} more)" if len(broken) > 1 else ""
            await self._end("failed", f"the answer breaks the schema: {broken[0].path}: {broken[0].message}{more}")
            return False
        verdict = self.link.dialect.judge(run.order, exchange)
        if self.raw and exchange.outcome == "result" and verdict.status in ("no status", "no result"):
            # A call that this console knows nothing of may well be answered without a status.
            verdict = msgspec.structs.replace(verdict, accepted=True, status="without a status", hint=None)
        run.verdict = verdict
        if verdict.accepted:
            return True
        self._hint()
        what = verdict.status if exchange.outcome == "result" else f"CALLERROR {verdict.status}"
        said = f": {exchange.error_description}" if exchange.error_description else ""
        await self._end("rejected", f"answered {what}{said}")
        return False

    def _hint(self, first: str | None = None) -> None:
        """What a person may try next: by the answer, and by what is known of this charger."""
        run = self.run
        station = self.port.fleet.station(run.station)
        said = first or (run.verdict.hint if run.verdict is not None else None)
        found = [said] if said else []
        if station is not None:
            found.extend(quirks_of(self.port, station).hints(run.kind.id))
        run.hints.extend(hint for hint in found if hint not in run.hints)

    # Following.

    async def _follow(self, exchange: Exchange) -> None:
        run, follower = self.run, self.follower
        assert run.verdict is not None
        status = run.verdict.status
        said = status if status == "answered" else f"answered {status}"
        if self.raw:
            await self._end("done", said, seen=True)
            return
        took = "" if exchange.latency_ns is None else f" after {exchange.latency_ns / 1e6:.0f} ms"
        run.enter("accepted", said + took)
        started = time.monotonic()
        follower.accepted(exchange, run.verdict)
        try:
            async with asyncio.timeout(self.patience):
                await follower.after(self._call)
        except TimeoutError:
            await self._missing(said)
            return
        finally:
            if isinstance(follower, SettingFollower):
                run.values = list(follower.values)
        await self._await_effect(said, self.patience - (time.monotonic() - started))
        if isinstance(follower, SettingFollower):
            run.values = list(follower.values)

    async def _await_effect(self, said: str, left: float | None = None) -> None:
        follower = self.follower
        end = time.monotonic() + (self.patience if left is None else left)
        step = PULSE_S if isinstance(follower, TransferFollower) else None
        while not follower.over.is_set():
            remaining = end - time.monotonic()
            if remaining <= 0:
                await self._missing(said)
                return
            try:
                async with asyncio.timeout(remaining if step is None else min(step, remaining)):
                    await follower.over.wait()
            except TimeoutError:
                follower.pulse()
        effect = follower.effect
        assert effect is not None
        if not effect.seen:
            self._hint()
        await self._end("done" if effect.seen else "missing", effect.text, seen=effect.seen)

    async def _missing(self, said: str) -> None:
        self._hint()
        await self._end("missing", f"{said}, but {self.follower.lacking()} within {self.patience:g} s")

    # Ending.

    async def _end(self, state: State, text: str, *, seen: bool = False) -> None:
        """Record the end, then tell it: whoever awaits the run finds it in the journal."""
        if not self.run.over:
            await self._record(seen, text)
            self.run.end(state, text, seen=seen)

    async def _record(self, seen: bool, text: str) -> None:
        run = self.run
        try:
            await self.port.happen("order.ended", station=run.station, order=run.order.id, seen=seen, text=text)
        except ChargehandError:
            log.exception("the end of order %s could not be recorded", run.order.id)
