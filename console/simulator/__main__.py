"""``python -m console.simulator URL``: a fleet of virtual stations against any central system."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from profiles.errors import ChargehandError
from profiles.fleet_file import fleet_names


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until SIGTERM, SIGINT or (``--with-parent``) the end of stdin; 0 then, 2 where the fleet cannot be used."""
    given = _parser().parse_args(arguments)
    level = logging.DEBUG if given.verbose > 1 else logging.INFO if given.verbose else logging.WARNING
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(message)s", datefmt="%H:%M:%S", stream=sys.stderr)
    logging.getLogger("chargehand.simulator").setLevel(level)
    # the package's own account of every frame, with tracebacks: only for those who ask twice
    logging.getLogger("chargehand.simulator.wire").setLevel(logging.INFO if given.verbose > 1 else logging.CRITICAL)
    try:
        asyncio.run(_run(given))
    except ChargehandError as error:
        print(f"{error.title}: {error.sentence}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 0
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m console.simulator", description=__doc__)
    parser.add_argument("url", metavar="URL", help="for example ws://127.0.0.1:9000/ ; the identity is appended")
    names = ", ".join(fleet_names())
    parser.add_argument("--fleet", default="mixed", metavar="NAME", help=f"{names}, or a TOML file (default: mixed)")
    parser.add_argument("--stations", type=int, metavar="N", help="repeat or cut the fleet to N stations")
    parser.add_argument("--seed", type=int, metavar="N", help="make chance repeatable")
    parser.add_argument("--ca", type=Path, metavar="FILE", help="PEM file with the authority to trust for wss")
    parser.add_argument("--with-parent", action="store_true", help="end when stdin is closed")
    parser.add_argument("-v", "--verbose", action="count", default=0, help="say more; twice: every frame")
    return parser


async def _run(given: argparse.Namespace) -> None:
    from console.simulator.run import simulate
    from console.simulator.tasks import Owner, spawn

    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    if given.with_parent:
        _watch_stdin(loop, stop)
    owner: Owner = set()
    fleet = simulate(given.url, given.fleet, given.stations, seed=given.seed, ca=given.ca)
    running = spawn(fleet, name="fleet", owner=owner)
    stopping = spawn(stop.wait(), name="stop", owner=owner)
    await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not running.done():
        running.cancel()
    await asyncio.gather(running, stopping, return_exceptions=True)
    if not running.cancelled() and (error := running.exception()):
        raise error


def _watch_stdin(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    """Set ``stop`` at the end of stdin: the parent holds the other end of the pipe, so it has gone."""

    def readable() -> None:
        try:
            gone = not os.read(sys.stdin.fileno(), 4096)
        except OSError:
            gone = True
        if gone:
            loop.remove_reader(sys.stdin.fileno())
            stop.set()

    try:
        loop.add_reader(sys.stdin.fileno(), readable)
    except (OSError, ValueError):
        # no stdin, or a plain file: its end is here already
        stop.set()


if __name__ == "__main__":
    sys.exit(main())
