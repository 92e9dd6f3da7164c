"""Which address a station will reach: never 0.0.0.0."""

from __future__ import annotations

import socket
from typing import Final
from urllib.parse import urlsplit

from profiles import format_address

EVERY: Final = ("0.0.0.0", "::", "")
"""Hosts that stand for every address of this machine."""


def loopback(host: str) -> str:
    """The host for a program on this very machine."""
    if host not in EVERY:
        return host
    return "::1" if host == "::" else "127.0.0.1"


def reachable_host(host: str) -> str:
    """The host to type into a charger for a listener bound to ``host``. Sends nothing on the network."""
    if host not in EVERY:
        return host
    for family, target in ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")):
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            try:
                # Connecting a datagram socket only looks up the route.
                probe.connect((target, 9))
                return str(probe.getsockname()[0])
            except OSError:
                continue
    return loopback(host)


def on_this_machine(url: str) -> bool:
    """Whether only programs of this machine reach that URL."""
    host = urlsplit(url).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")


def url(scheme: str, host: str, port: int) -> str:
    """``scheme://host:port`` with the host a station will reach, IPv6 in brackets."""
    return f"{scheme}://{format_address(reachable_host(host), port)}"
