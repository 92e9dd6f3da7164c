"""``chargehand serve``: the engine without a screen. One JSON line says that it is ready, the rest is log lines."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
import time

import orjson

from console.engine.log_lines import HiddenSecrets, calm_asyncio
from console.engine.masking import masked_payload
from console.engine.options import EngineOptions, data_directory
from console.engine.visible import visible
from console.engine.wire.exchange import Happening, Record
from profiles import Profile, load_profile

log = logging.getLogger("chargehand.serve")

_SIGNALS = ("SIGTERM", "SIGINT", "SIGHUP")


def serve(options: EngineOptions) -> int:
    """Run until a signal ends it; 0 then. Raises ChargehandError where it cannot start."""
    profile = load_profile(options.profile)
    log_to_stderr()
    asyncio.run(_serve(options, profile))
    return 0


async def _serve(options: EngineOptions, profile: Profile) -> None:
    from console.engine.engine import Engine

    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for name in _SIGNALS:
        if (number := getattr(signal, name, None)) is not None:
            try:
                loop.add_signal_handler(number, stop.set)
            except NotImplementedError:  # Windows: Ctrl+C comes as KeyboardInterrupt
                break
    engine = Engine(
        profile,
        data_directory(options),
        listen=list(options.listen) or None,
        api=options.api,
        files=options.files,
        read_only=options.read_only,
        insecure=options.insecure,
    )
    await engine.start()
    unwatch = engine.watch(_told)
    try:
        _print_ready(engine.ready())
        await stop.wait()
        log.info("ending")
    finally:
        unwatch()
        await engine.stop()


def _print_ready(ready: dict[str, object]) -> None:
    try:
        sys.stdout.buffer.write(orjson.dumps(ready, option=orjson.OPT_APPEND_NEWLINE))
        sys.stdout.buffer.flush()
    except OSError:
        log.warning("nobody reads standard output; the ready line was not written")


def _told(record: Record, _events: object) -> None:
    if isinstance(record, Happening):
        data = masked_payload({key: value for key, value in record.data.items() if value not in (None, [], "")})
        log.info("%s %s %s", record.kind, record.station or "-", orjson.dumps(data, default=str).decode())


class LineFormatter(HiddenSecrets):
    """One record is one line, whatever a station put into its texts: control characters are written out (CWE-117)."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s.%(msecs)03dZ %(levelname)s %(name)s %(message)s", "%Y-%m-%dT%H:%M:%S")
        self.converter = time.gmtime

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        return visible(super().format(record))


def log_to_stderr() -> None:
    """Send every log record to standard error as lines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LineFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    calm_asyncio()
    # They tell of every connection and request; the engine tells what matters of these.
    for name in ("websockets", "uvicorn", "httpx", "asyncio"):
        logging.getLogger(name).setLevel(logging.WARNING)
