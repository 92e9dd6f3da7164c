"""The API as a part of the engine: it listens, lets itself be found on this machine, and ends."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from console.engine.api.runtime import RunningConsole, advertise
from console.engine.errors import ListenError
from console.engine.transfer.web import WebServer, bind
from profiles import is_loopback, parse_address

if TYPE_CHECKING:
    from console.engine.api.events import EventStream
    from console.engine.engine import Engine


class ApiServer:
    """The HTTP API of an engine. ``fixed``: a taken port is an error and does not give way to a free one."""

    def __init__(self, engine: Engine, address: str, *, token: str | None, fixed: bool) -> None:
        self._engine = engine
        self._address = address
        self._token = token
        self._fixed = fixed
        self._web: WebServer | None = None
        self._events: EventStream | None = None
        self._file: Path | None = None

    @property
    def url(self) -> str:
        """Where it is reached on this machine; empty before ``start``."""
        return self._web.url if self._web is not None else ""

    async def start(self) -> None:
        """Listen, and write the file by which commands find this console. Raises ListenError."""
        # starlette and uvicorn are not loaded before the first paint
        from console.engine.api.app import make_app
        from console.engine.api.events import EventStream
        from console.engine.api.guard import Guard

        host, _ = parse_address(self._address)
        if self._token is None and not is_loopback(host):
            raise ListenError(
                f"Other machines could reach the API on {self._address}. "
                "Set [api] token in the profile, or listen on 127.0.0.1."
            )
        bound = bind(self._address, fallback=not self._fixed, what="The API")
        self._events = EventStream(self._engine)
        self._web = WebServer(Guard(make_app(self._engine, self._events), token=self._token), bound, name="api")
        await self._web.start()
        self._file = advertise(
            RunningConsole(
                pid=os.getpid(),
                api=self.url,
                listen=self._engine.listen_urls,
                data=str(self._engine.data.resolve()),
                profile=self._engine.profile.name,
                token=self._token,
            )
        )

    async def stop(self) -> None:
        """End every stream and stop listening; the file goes first, so that nobody comes any more."""
        if self._file is not None:
            self._file.unlink(missing_ok=True)
        if self._events is not None:
            self._events.close()
        if self._web is not None:
            await self._web.stop()
