"""The `ocpp` package's ChargePoint with the holes mended that a station on a bad line falls into.

Written against `ocpp` 2.1.0, which is used as it is installed:

- it waits the whole response timeout when the link is gone: a call here ends with ``LinkLost`` at once;
- an unknown action is answered with nothing on OCPP 2.1, and with NotImplemented and NotSupported swapped elsewhere;
- its receive loop ends at the first message it cannot take apart: here that message is logged and skipped;
- it turns keys into snake_case, which cannot be undone for some (``limit_L2``): ``self.request`` is as it was sent;
- message types 5 (CALLRESULTERROR) and 6 (SEND) of OCPP 2.1 are unknown to it.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

import ocpp.messages
from ocpp.charge_point import ChargePoint as PackageChargePoint
from ocpp.exceptions import NotImplementedError as ActionUnknown
from ocpp.exceptions import OCPPError, SecurityError, UnknownCallErrorCodeError
from ocpp.routing import on as package_on
from websockets.exceptions import ConnectionClosed

if TYPE_CHECKING:
    from console.simulator.station import SimulatedStation

# a thread for every message costs more than checking it in place
ocpp.messages.ASYNC_VALIDATION = False

log = logging.getLogger("chargehand.simulator")
wire_log = logging.getLogger("chargehand.simulator.wire")

Handler = TypeVar("Handler", bound=Callable[..., Any])
Effect = Callable[[], Coroutine[Any, Any, Any]]
LINK_LOST = object()


class LinkLost(Exception):
    """The link went, or was not there, before the answer came."""


class CallFailed(Exception):
    """The central system answered with an error, with nonsense, or not in time; ``final``: trying again is no use."""

    def __init__(self, sentence: str, *, final: bool = False) -> None:
        super().__init__(sentence)
        self.final = final


class Transport(Protocol):
    """What is needed of a WebSocket."""

    async def send(self, message: str) -> None:
        """Send one text message."""

    async def recv(self) -> str | bytes:
        """The next message."""


def on(action: str, *, check: bool = True) -> Callable[[Handler], Handler]:
    """The package's ``@on`` with types; ``check=False`` skips its schema validation for this action."""
    return cast("Callable[[Handler], Handler]", package_on(action, skip_schema_validation=not check))


class StationEnd(PackageChargePoint):
    """The station's end of one link. Handlers are the methods marked ``@on``; ``effects`` run after the answer left."""

    def __init__(self, station: SimulatedStation, transport: Transport, response_timeout: float) -> None:
        super().__init__(station.identity, transport, response_timeout=response_timeout, logger=wire_log)
        self.station = station
        self.request: dict[str, Any] = {}
        self.gone = False
        self._effects: list[tuple[str, Effect]] = []

    def then(self, name: str, effect: Effect) -> None:
        """Do ``effect`` as soon as the answer to the present call has been sent."""
        self._effects.append((name, effect))

    async def listen(self) -> None:
        """Take messages until the link ends."""
        try:
            while True:
                text = await self._connection.recv()
                try:
                    await self.route_message(text)
                except ConnectionClosed:
                    raise
                except Exception as error:
                    log.warning("%s: a message was skipped: %s: %s", self.id, type(error).__name__, error)
        except ConnectionClosed:
            pass
        finally:
            self.gone = True
            self._response_queue.put_nowait(LINK_LOST)

    async def ask(self, action: str, payload: dict[str, Any], *, uid: str | None = None, check: bool = True) -> Any:
        """Send a CALL and give the answer as the package's ``call_result`` object.

        ``payload`` has the package's names (snake_case) at its top level and OCPP's below.
        Raises LinkLost and CallFailed.
        """
        message = getattr(self._call, action)(**payload)
        try:
            return await self.call(message, suppress=False, unique_id=uid, skip_schema_validation=not check)
        except ConnectionClosed as error:
            raise LinkLost(str(error)) from error
        except TimeoutError as error:
            raise CallFailed(f"{action}: no answer in {self._response_timeout:g} s") from error
        except (OCPPError, UnknownCallErrorCodeError) as error:
            code = getattr(error, "code", "unknown error")
            raise CallFailed(f"{action}: {code}: {getattr(error, 'description', error)}") from error
        except (TypeError, KeyError) as error:
            raise CallFailed(f"{action}: the answer has another shape: {error}", final=True) from error

    async def send_stream(self, payload: dict[str, Any]) -> None:
        """NotifyPeriodicEventStream, the one SEND (message type 6) of OCPP 2.1; it has no answer. Raises LinkLost."""
        uid = str(self._unique_id_generator())
        try:
            await self._send(json.dumps([6, uid, "NotifyPeriodicEventStream", payload], separators=(",", ":")))
        except ConnectionClosed as error:
            raise LinkLost(str(error)) from error

    async def _get_specific_response(self, unique_id: str, timeout: float) -> Any:
        deadline = asyncio.get_running_loop().time() + timeout
        while not self.gone:
            left = deadline - asyncio.get_running_loop().time()
            async with asyncio.timeout(max(left, 0)):
                answer = await self._response_queue.get()
            if answer is LINK_LOST:
                break
            if answer.unique_id == unique_id:
                return answer
        # the next caller in the queue must learn it too
        self._response_queue.put_nowait(LINK_LOST)
        raise LinkLost("the link went before the answer came")

    async def _handle_call(self, message: Any) -> None:
        if message.action not in self.route_map:
            raise ActionUnknown(description="This station does not know the action.", details={})
        if self.station.registration == "Rejected":
            raise SecurityError(description="This station has been rejected.", details={})
        self.request = message.payload if isinstance(message.payload, dict) else {}
        self._effects = []
        await super()._handle_call(message)
        for name, effect in self._effects:
            self.station.spawn(effect(), name)
