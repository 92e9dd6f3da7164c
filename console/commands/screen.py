"""``chargehand``, ``chargehand run`` and ``chargehand demo``: the console itself."""

from __future__ import annotations

import socket

import msgspec

from console.engine.options import DemoOptions, EngineOptions


def run(options: EngineOptions) -> int:
    """The console."""
    from console.running import run_console

    return run_console(options)


def demo(options: EngineOptions, fleet: DemoOptions) -> int:
    """The console with a simulated fleet, beside whatever runs already."""
    from console.running import run_console
    from profiles.fleet_file import load_fleet

    load_fleet(fleet.fleet)  # a wrong name is told before the screen opens
    if not options.listen:
        options = msgspec.structs.replace(options, listen=(_loopback(options),))
    return run_console(options, demo=fleet)


def _loopback(options: EngineOptions) -> str:
    """Where a demo listens unless told otherwise: the profile's port on this machine alone, or a free one if it is taken.

    A demo has no passwords and shows to passers-by: nobody else is to reach it by accident.
    """
    from profiles import load_profile

    port = load_profile(options.profile).listen[0].port
    with socket.socket(socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return "127.0.0.1:0"
    return f"127.0.0.1:{port}"
