"""What is over is let go at once: cycles that only the garbage collector would find are cut.

A connection that has ended would leave some 10 kB to it otherwise: 8 MB an hour on a bad network, and 300 ms of the loop
whenever all of it is looked at.
"""

from __future__ import annotations

import asyncio

from websockets.protocol import Protocol


def untie(transport: asyncio.BaseTransport | None) -> None:
    """Take out of a transport whose connection is lost the bound method of its own that it holds (CPython's
    ``_SelectorSocketTransport._read_ready_cb``). Where asyncio has no such attribute this does nothing."""
    getattr(transport, "__dict__", {}).pop("_read_ready_cb", None)


def untie_protocol(protocol: Protocol) -> None:
    """Take out of a protocol that reads no more the exception that ended its parser: its traceback holds the parser's
    frames, and these the protocol."""
    protocol.parser_exc = None
