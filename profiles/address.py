"""Addresses as people write them: HOST:PORT, IPv6 in brackets, or the URL form that ``--listen`` takes."""

from __future__ import annotations

import ipaddress
import re

from profiles.errors import ProfileError

_SCHEME = re.compile(r"^(?:wss?|https?)://", re.IGNORECASE)
_HOST = re.compile(r"^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9.])?$")


def parse_address(text: str) -> tuple[str, int]:
    """Split ``0.0.0.0:9000``, ``[::1]:9000`` or ``ws://host:9000/`` into host and port.

    The host comes back without brackets. Port 0 means "any free port". Raises ProfileError with a sentence that
    says what is wrong and how an address is written.
    """
    rest = _SCHEME.sub("", text.strip())
    rest, slash, path = rest.partition("/")
    if path:
        raise _wrong(text, f"it has the path {slash + path}; an address to listen on has none")
    if rest.startswith("["):
        host, closing, tail = rest[1:].partition("]")
        if not closing or not _is_ipv6(host):
            raise _wrong(text, "an IPv6 address stands in brackets, such as [::1]:9000")
        if not tail.startswith(":"):
            raise _wrong(text, "the port is missing")
        return host, _port(text, tail[1:])
    host, colon, port = rest.rpartition(":")
    if not colon:
        raise _wrong(text, "the port is missing" if rest and not rest.isdigit() else "the host is missing")
    if not host:
        raise _wrong(text, f"the host is missing; 0.0.0.0:{port} listens on every interface")
    if ":" in host:
        raise _wrong(text, "an IPv6 address stands in brackets, such as [::1]:9000")
    if not _HOST.match(host):
        raise _wrong(text, f'"{host}" is not a host name')
    return host, _port(text, port)


def format_address(host: str, port: int) -> str:
    """HOST:PORT with brackets around an IPv6 host; the inverse of :func:`parse_address`."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the host (``localhost``, 127.0.0.0/8, ``::1``). No name is looked up."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


def _port(text: str, port: str) -> int:
    if not (port.isascii() and port.isdigit()) or int(port[:6]) > 65535:
        raise _wrong(text, "the port is a number from 0 to 65535 (0: any free port)")
    return int(port)


def _is_ipv6(host: str) -> bool:
    try:
        ipaddress.IPv6Address(host)
    except ValueError:
        return False
    return True


def _wrong(text: str, why: str) -> ProfileError:
    return ProfileError(f'"{text}" is not an address: {why} (HOST:PORT, such as 0.0.0.0:9000)')
