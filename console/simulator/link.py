"""One station's way to its central system: it dials, and it can be cut."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import Sequence
from urllib.parse import quote

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, InvalidStatus
from websockets.typing import Subprotocol

SUBPROTOCOLS = {"1.6": "ocpp1.6", "2.0.1": "ocpp2.0.1", "2.1": "ocpp2.1"}


class Refused(Exception):
    """The central system was reached and did not let the station in. ``status``: the HTTP status, if there was one."""

    def __init__(self, sentence: str, status: int | None = None) -> None:
        super().__init__(sentence)
        self.status = status


class Link:
    """Dials ``url`` + identity (percent-encoded) and holds the present WebSocket. No proxies are used."""

    def __init__(
        self,
        url: str,
        identity: str,
        version: str,
        subprotocols: Sequence[str] | None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.address = url.rstrip("/") + "/" + quote(identity, safe="")
        self.identity = identity
        self.offered = [SUBPROTOCOLS[version]] if subprotocols is None else list(subprotocols)
        self.expected = SUBPROTOCOLS[version]
        self.tls = tls
        self.socket: ClientConnection | None = None
        self.up = asyncio.Event()

    async def dial(self, password: str) -> ClientConnection:
        """Open the link once. Raises Refused, OSError or TimeoutError."""
        headers = {}
        if password:
            credentials = base64.b64encode(f"{self.identity}:{password}".encode()).decode()
            headers["Authorization"] = f"Basic {credentials}"
        try:
            socket = await connect(
                self.address,
                subprotocols=[Subprotocol(name) for name in self.offered] or None,
                additional_headers=headers,
                user_agent_header="chargehand-simulator",
                compression=None,
                open_timeout=15,
                close_timeout=2,
                ping_interval=30,
                ping_timeout=30,
                proxy=None,
                ssl=self.tls,
            )
        except InvalidStatus as error:
            status = error.response.status_code
            raise Refused(f"the central system answered {status}", status) from error
        except InvalidHandshake as error:
            raise Refused(str(error)) from error
        if self.offered and socket.subprotocol != self.expected:
            await socket.close()
            raise Refused(f"the central system chose {socket.subprotocol or 'no subprotocol'}, not {self.expected}")
        self.socket = socket
        self.up.set()
        return socket

    def lost(self, socket: ClientConnection) -> None:
        """Note that this socket ended; a newer one stays."""
        if self.socket is socket:
            self.socket = None
            self.up.clear()

    def cut(self) -> None:
        """Drop the connection as a torn cable does: no close frame."""
        if self.socket:
            self.socket.transport.abort()

    async def close(self) -> None:
        """Close properly, with a close frame."""
        if self.socket:
            await self.socket.close()
