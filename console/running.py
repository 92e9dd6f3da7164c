"""Running the console on a terminal, from the command line to the code that the process ends with."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path
from tempfile import TemporaryDirectory

from console.app import ConsoleApp
from console.commands.trouble import OURS, complain, sentence_of
from console.engine.errors import ChargehandError
from console.engine.options import DemoOptions, EngineOptions
from console.log_file import LogFile
from console.terminal import has_terminal, let_go
from profiles import Profile, load_profile

NO_TERMINAL = ChargehandError(
    "The console draws on a terminal and listens to its keys, and there is none. `chargehand serve` runs without.",
    title="No terminal",
)


def run_console(options: EngineOptions, *, demo: DemoOptions | None = None) -> int:
    """Run the console until it is left. 0, or 2 with one sentence on stderr where it cannot start.

    With ``demo`` everything is kept in a directory that is thrown away at the end.
    """
    try:
        profile = load_profile(options.profile)
    except ChargehandError as error:
        return _refuse(error)
    if not has_terminal():
        return _refuse(NO_TERMINAL)
    if demo is None or options.data is not None:
        return _run(profile, options, demo)
    import msgspec

    with TemporaryDirectory(prefix="chargehand-demo-") as folder:
        return _run(profile, msgspec.structs.replace(options, data=Path(folder)), demo)


def _run(profile: Profile, options: EngineOptions, demo: DemoOptions | None) -> int:
    log_file = LogFile()
    app = ConsoleApp(profile, options, demo=demo, log_file=log_file)

    told: list[int] = []

    def end(number: int) -> None:
        told.append(number)
        app.exit(0)

    async def main() -> int | None:
        for number in (signal.SIGTERM, signal.SIGHUP):  # told to end, or the terminal was closed
            asyncio.get_running_loop().add_signal_handler(number, end, number)
        return await app.run_async()

    try:
        code = asyncio.run(main())
    except OSError:
        if not told:
            raise
        code = 0  # a terminal that has gone takes no last words
    finally:
        log_file.close()
    let_go()
    if app.failure is not None:
        return _refuse(app.failure)
    return 0 if told else app.return_code or code or 0


def _refuse(error: ChargehandError) -> int:
    complain(sentence_of(error))
    return OURS
