"""The servers under measurement, each in a process of its own: ``python -m benchmarks.servers NAME VERSION``.

``ours`` the engine with its journal; ``ours-no-journal`` the same without the disk; ``ocpp`` a central system on the
``ocpp`` package's routing as shipped; ``echo`` a bare ``websockets`` server that sends back what it gets.
Each prints its port, and answers a line on stdin with the CPU seconds it has used and its resident memory in KiB.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from websockets.typing import Subprotocol

SPOKEN = [Subprotocol("ocpp1.6"), Subprotocol("ocpp2.0.1"), Subprotocol("ocpp2.1")]


def figures() -> str:
    """CPU seconds of this process, user and system, and resident memory in KiB."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    pages = int(Path("/proc/self/statm").read_text().split()[1]) if os.path.exists("/proc/self/statm") else 0
    return json.dumps({"cpu": used.ru_utime + used.ru_stime, "rss_kib": pages * 4})


async def report() -> None:
    """Answer each line on stdin until it closes."""
    loop = asyncio.get_running_loop()
    while await loop.run_in_executor(None, sys.stdin.readline):
        print(figures(), flush=True)


async def ours(*, journal: bool) -> None:
    """Our engine."""
    from benchmarks.no_journal import NoJournal
    from console.engine.engine import Engine
    from console.engine.journal import Journal
    from profiles import load_profile

    with tempfile.TemporaryDirectory(prefix="chargehand-bench-", dir=os.environ.get("BENCH_DIR")) as folder:
        engine = Engine(
            load_profile("bench"),
            Path(folder),
            listen=["127.0.0.1:0"],
            api="127.0.0.1:0",
            files="127.0.0.1:0",
            open_journal=Journal.open if journal else NoJournal.open,
        )
        await engine.start()
        print(engine.listeners[0].address[1], flush=True)
        await report()
        await engine.stop()


async def echo() -> None:
    """A bare websockets server."""
    from websockets.asyncio.server import ServerConnection, serve

    async def handle(connection: ServerConnection) -> None:
        async for message in connection:
            await connection.send(message)

    async with serve(handle, "127.0.0.1", 0, subprotocols=SPOKEN, compression=None) as server:
        print(next(iter(server.sockets)).getsockname()[1], flush=True)
        await report()


async def routed(version: str) -> None:
    """A central system on the ocpp package's own routing, validation both ways as shipped."""
    from ocpp.routing import on
    from websockets.asyncio.server import ServerConnection, serve

    if version == "1.6":
        from ocpp.v16 import ChargePoint
        from ocpp.v16 import call_result as results
    else:
        from ocpp.v201 import ChargePoint
        from ocpp.v201 import call_result as results

    def now() -> str:
        return datetime.now(UTC).isoformat().replace("+00:00", "Z")

    class Central(ChargePoint):
        @on("BootNotification")
        def on_boot(self, **_: Any) -> Any:
            return results.BootNotification(current_time=now(), interval=300, status="Accepted")

        @on("Heartbeat")
        def on_heartbeat(self, **_: Any) -> Any:
            return results.Heartbeat(current_time=now())

        @on("StatusNotification")
        def on_status(self, **_: Any) -> Any:
            return results.StatusNotification()

        @on("MeterValues")
        def on_meter(self, **_: Any) -> Any:
            return results.MeterValues()

        if version == "1.6":

            @on("StartTransaction")
            def on_start(self, **_: Any) -> Any:
                return results.StartTransaction(transaction_id=1, id_tag_info={"status": "Accepted"})
        else:

            @on("TransactionEvent")
            def on_event(self, **_: Any) -> Any:
                return results.TransactionEvent()

    async def handle(connection: ServerConnection) -> None:
        path = "/" if connection.request is None else connection.request.path
        await Central(path.strip("/"), connection).start()

    async with serve(handle, "127.0.0.1", 0, subprotocols=SPOKEN, compression=None) as server:
        print(next(iter(server.sockets)).getsockname()[1], flush=True)
        await report()


if __name__ == "__main__":
    import contextlib
    import logging

    logging.disable(logging.CRITICAL)
    name, spoken = sys.argv[1], sys.argv[2]
    with contextlib.suppress(KeyboardInterrupt):
        if name == "echo":
            asyncio.run(echo())
        elif name == "ocpp":
            asyncio.run(routed(spoken))
        else:
            asyncio.run(ours(journal=name == "ours"))
