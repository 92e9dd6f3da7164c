"""Binding a listening socket."""

from __future__ import annotations

import errno
import socket as sockets

from console.engine.errors import ListenError
from profiles import Listen

BACKLOG = 512


def bind(listen: Listen) -> sockets.socket:
    """A non-blocking socket that listens on the profile's address. Raises ListenError with what to do instead."""
    try:
        return _bind(listen.host, listen.port)
    except OSError as error:
        raise ListenError(_sentence(listen.address, error)) from None


def _bind(host: str, port: int) -> sockets.socket:
    family = sockets.AF_INET6 if ":" in host else sockets.AF_INET
    if family == sockets.AF_INET and not host.replace(".", "").isdigit():
        found = sockets.getaddrinfo(host, port, type=sockets.SOCK_STREAM)
        family, host = found[0][0], str(found[0][4][0])
    listening = sockets.socket(family, sockets.SOCK_STREAM)
    try:
        listening.setsockopt(sockets.SOL_SOCKET, sockets.SO_REUSEADDR, 1)
        if family == sockets.AF_INET6:
            listening.setsockopt(sockets.IPPROTO_IPV6, sockets.IPV6_V6ONLY, 0)
        listening.bind((host, port))
        listening.listen(BACKLOG)
        listening.setblocking(False)
    except OSError:
        listening.close()
        raise
    return listening


def _sentence(address: str, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"{address} is in use by another program. Stop that program, or choose another port with --listen HOST:PORT."
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{address} is no address of this machine. Choose one that is with --listen HOST:PORT."
    if error.errno == errno.EACCES:
        return f"{address} needs more rights (ports under 1024). Choose a higher port with --listen HOST:PORT."
    return f"{address} cannot be listened on: {error.strerror or error}. Choose another with --listen HOST:PORT."
