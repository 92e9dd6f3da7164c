"""Periodic event streams of OCPP 2.1 (N11–N15): values that flow without an answer, as SEND messages."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from console.simulator.clock import stamp
from console.simulator.v2.model import Variable
from console.simulator.wire import LinkLost

if TYPE_CHECKING:
    from console.simulator.station import SimulatedStation

USUAL = {"interval": 10, "values": 10}
FASTEST = 0.2


@dataclass(slots=True)
class Stream:
    """One open stream. ``params``: send after so many seconds, or so many values, whichever is first."""

    id: int
    monitor_id: int
    variable: Variable
    every: float
    params: dict[str, Any]
    task: asyncio.Task[Any] | None = field(default=None, repr=False)

    def constant(self) -> dict[str, Any]:
        """A ConstantStreamDataType."""
        return {"id": self.id, "params": self.params, "variableMonitoringId": self.monitor_id}


class Streams:
    """The streams of one station; the station opens and closes them, the central system may change their pace."""

    def __init__(self, station: SimulatedStation) -> None:
        self._station = station
        self.open: dict[int, Stream] = {}

    async def begin(self, monitor: dict[str, Any], variable: Variable) -> None:
        """Ask for a stream for a Periodic monitor, and let it flow when it is granted."""
        number = max(self.open, default=0) + 1
        wanted = monitor["periodicEventStream"]
        stream = Stream(number, monitor["id"], variable, max(float(monitor["value"]), FASTEST), {**USUAL, **wanted})
        self.open[number] = stream
        payload = {"constant_stream_data": stream.constant()}
        answer = await self._station.tell("OpenPeriodicEventStream", payload)
        if answer is None or answer.status != "Accepted":
            del self.open[number]
            return
        stream.task = self._station.spawn(self._flow(stream), f"event stream {number}")

    async def end(self, monitor_id: int) -> None:
        """The monitor is gone, so its stream closes."""
        for stream in [one for one in self.open.values() if one.monitor_id == monitor_id]:
            del self.open[stream.id]
            if stream.task:
                stream.task.cancel()
            await self._station.tell("ClosePeriodicEventStream", {"id": stream.id})

    async def _flow(self, stream: Stream) -> None:
        station = self._station
        values: list[dict[str, Any]] = []
        begun = station.clock.now()
        while True:
            values.append({"t": round((station.clock.now() - begun).total_seconds(), 3), "v": stream.variable.actual()})
            age = (station.clock.now() - begun).total_seconds()
            if len(values) >= stream.params["values"] or age >= stream.params["interval"]:
                await self._send({"id": stream.id, "pending": 0, "basetime": stamp(begun), "data": values})
                values, begun = [], station.clock.now()
            await asyncio.sleep(stream.every)

    async def _send(self, payload: dict[str, Any]) -> None:
        try:
            if self._station.wire:
                await self._station.wire.send_stream(payload)
        except LinkLost:
            # a stream has no memory: what is lost is lost (N13)
            return
