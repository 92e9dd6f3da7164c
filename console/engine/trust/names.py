"""Under which names and addresses a charger may reach this computer: what a server certificate has to hold."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path

_HOST = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?:\.(?!-)[A-Za-z0-9-]{1,63})*")
_PROBES = (
    (socket.AF_INET, "192.0.2.1"),
    (socket.AF_INET, "10.255.255.255"),
    (socket.AF_INET, "172.31.255.255"),
    (socket.AF_INET, "192.168.255.255"),
    (socket.AF_INET6, "2001:db8::1"),
)


def local_names(more: Iterable[str] = ()) -> tuple[str, ...]:
    """Host names and addresses of this computer, sorted; ``more`` are those that a profile names.

    Sends nothing on the network: addresses come from the kernel's tables, or from asking it for a route.
    """
    found = {"localhost", "127.0.0.1", "::1"}
    for name in (socket.gethostname(), *more):
        bare = name.strip("[]").partition("%")[0].rstrip(".")
        if bare in ("", "0.0.0.0", "::"):
            continue
        with suppress(ValueError):
            found.add(str(ip_address(bare)))
            continue
        if _HOST.fullmatch(bare) and len(bare) <= 253:
            found.add(bare.casefold())
            if "." not in bare:
                found.add(f"{bare.casefold()}.local")
    found.update(str(one) for one in _addresses() if not (one.is_unspecified or one.is_multicast))
    return tuple(sorted(found))


def _addresses() -> Iterable[IPv4Address | IPv6Address]:
    for family, target in _PROBES:
        with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((target, 9))
            yield ip_address(str(probe.getsockname()[0]).partition("%")[0])
    # Linux tells all of them; elsewhere the routes above must do.
    with suppress(OSError, ValueError):
        last = ""
        for line in Path("/proc/net/fib_trie").read_text().splitlines():
            words = line.split()
            if words[:1] == ["|--"]:
                last = words[1]
            elif words[:1] == ["/32"] and words[-1:] == ["LOCAL"] and last:
                yield ip_address(last)
    with suppress(OSError, ValueError):
        for line in Path("/proc/net/if_inet6").read_text().splitlines():
            address = IPv6Address(bytes.fromhex(line.split()[0]))
            if not address.is_link_local:  # no charger can use one without naming an interface of its own
                yield address
