"""``chargehand``, ``chargehand run`` and ``chargehand demo``: the console itself."""

from __future__ import annotations

import socket

import msgspec

from console.engine.options import DemoOptions, EngineOptions


def run(options: EngineOptions) -> int:
    """The console."""
    from console.app import run_console

    return run_console(options)


def demo(options: EngineOptions, fleet: DemoOptions) -> int:
    """The console with a simulated fleet, beside whatever runs already."""
    from console.app import run_console
    from profiles.fleet_file import load_fleet

    load_fleet(fleet.fleet)  # a wrong name is told before the screen opens
    if not options.listen and _taken(options):
        options = msgspec.structs.replace(options, listen=("127.0.0.1:0",))
    return run_console(options, demo=fleet)


def _taken(options: EngineOptions) -> bool:
    """Whether another console has the port already; a demo then takes a free one."""
    from profiles import load_profile

    address = load_profile(options.profile).listen[0]
    with socket.socket(socket.AF_INET6 if ":" in address.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address.host, address.port))
        except OSError:
            return True
    return False
