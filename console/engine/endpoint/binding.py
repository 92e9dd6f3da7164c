"""Binding a listening socket, and how many connections this process may hold."""

from __future__ import annotations

import errno
import socket as sockets
from contextlib import suppress

from console.engine.errors import ListenError
from profiles import Listen

BACKLOG = 512
SPARE_FILES = 128  # descriptors that connections leave for the journal, the files and the API
UNLIMITED = 1_000_000
WANTED_FILES = 65_536  # where the hard limit is none


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


def files_allowed() -> int:
    """How many connections may be open so that descriptors are left for the rest; the soft limit is raised first."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return UNLIMITED
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = WANTED_FILES if hard == resource.RLIM_INFINITY else hard
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            soft = wanted
    if soft == resource.RLIM_INFINITY:
        return UNLIMITED
    return max(soft - SPARE_FILES, soft // 2)
