"""What came over a new connection, in words: the HTTP request as admission judges it, or what it was instead of one."""

from __future__ import annotations

import asyncio
import select
from typing import Any

from websockets.datastructures import Headers
from websockets.http11 import Request as HttpRequest

from console.engine.endpoint.admission import Request

MAX_NOTED = 256  # characters of a header that are noted
MAX_OFFERED = 32  # subprotocols that are looked at
_HUNG_UP = getattr(select, "POLLRDHUP", 0)

SOAP_ADVICE = "Set the charger to OCPP over JSON (OCPP-J) and a ws:// URL."

HUNG_UP = (
    "the peer hung up before its request could be answered",
    "Nothing to change on the charger, if this console was stopped or its computer asleep just before.",
)
"""Reason and advice of an attempt that was over before it was looked at."""


def read_request(
    request: HttpRequest, peer: str, certified: tuple[str, ...] | None = None, serial: str | None = None
) -> Request:
    """The request line and headers that admission judges.

    ``certified`` and ``serial``: the names in the peer's TLS certificate, and its number.
    """
    headers = request.headers
    offered: list[str] = []
    for line in headers.get_all("Sec-WebSocket-Protocol"):
        offered.extend(name for part in line.split(",") if (name := part.strip()))
    return Request(
        target=request.path,
        peer=peer,
        subprotocols=tuple(_text(one)[:MAX_NOTED] for one in offered[:MAX_OFFERED]),
        authorization=_first(headers, "Authorization"),
        host=_first(headers, "Host"),
        origin=_first(headers, "Origin"),
        agent=_first(headers, "User-Agent"),
        certified=certified,
        serial=serial,
        browser=_browser(headers),
    )


def no_websocket(request: HttpRequest) -> tuple[str, str] | None:
    """Why a whole HTTP request is no WebSocket handshake at all, and what to change; None where it may be one."""
    if request.method != "GET":
        reason = f"an HTTP {request.method}: this is a SOAP request (OCPP-S) or a web client, not OCPP-J"
        return reason, SOAP_ADVICE
    if not any(value.casefold() == "websocket" for value in request.headers.get_all("Upgrade")):
        return (
            "a plain HTTP request: this is a browser or a health check, not a charger",
            "Put this URL into the charger, not into a browser.",
        )
    return None


def no_request(reason: str, first: bytes) -> tuple[int | None, str, str]:
    """What the ``first`` bytes were where no request came of them: HTTP status, reason and advice.

    ``reason`` is what is known without looking at them.
    """
    if first[:1] == b"\x16":
        reason = "a TLS handshake on a plain ws:// port"
        return None, reason, "Use ws:// in the charger's URL, or give this listener a certificate."
    if first.startswith(b"POST"):
        return 405, "an HTTP POST: this is a SOAP request (OCPP-S), not OCPP-J", SOAP_ADVICE
    if not first:
        advice = "Something opened the port and sent nothing: a port scan, a health check, or a charger that gave up."
        return None, reason, advice
    return None, reason, "Set the charger's URL to ws://ADDRESS:PORT/ followed by its identity."


def hung_up(transport: asyncio.BaseTransport | None) -> bool:
    """Whether the peer has closed its side already, with what it sent before still unread. False where the system does not
    tell (it does on Linux)."""
    below = None if transport is None else transport.get_extra_info("socket")
    if below is None or not _HUNG_UP:
        return False
    look = select.poll()
    look.register(below.fileno(), _HUNG_UP)
    return bool(look.poll(0))


def peer_name(address: Any) -> str:
    """``HOST:PORT`` of a socket's address, IPv6 in brackets, IPv4 as such where it came over an IPv6 socket."""
    if not isinstance(address, tuple) or len(address) < 2:
        return "?"
    host = str(address[0]).removeprefix("::ffff:")
    return f"[{host}]:{address[1]}" if ":" in host else f"{host}:{address[1]}"


def noted(text: str | None) -> str | None:
    """So much of a text from outside as is kept of it."""
    return text if text is None or len(text) <= MAX_NOTED else text[:MAX_NOTED] + "…"


def _browser(headers: Headers) -> bool:
    """Whether a web page asks. Chargers send an Origin too (that of their WebSocket library), but never these."""
    if headers.get_all("Sec-Fetch-Mode") or headers.get_all("Sec-Fetch-Site"):
        return True
    return bool(headers.get_all("Origin")) and (_first(headers, "User-Agent") or "").startswith("Mozilla/")


def _first(headers: Headers, name: str) -> str | None:
    values = headers.get_all(name)
    return _text(values[0]) if values else None


def _text(header: str) -> str:
    """A header, which `websockets` has read as Latin-1: it is UTF-8, or something that is no text."""
    return header if header.isascii() else header.encode("latin-1", "replace").decode("utf-8", "replace")
