"""Sessions into a file: those of the table, or every sample of one of them."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import TYPE_CHECKING

from console.engine.errors import ChargehandError
from console.engine.sample_rows import sample_rows
from console.engine.tasks import spawn
from console.screens.ask import AskScreen
from widgets.format import thousands

if TYPE_CHECKING:
    from console.app import ConsoleApp
    from console.engine.fleet.model import Transaction


def ask_to_export(console: ConsoleApp, what: Transaction | list[Transaction]) -> None:
    """Ask where to, and write them; one session is written sample by sample."""
    several = isinstance(what, list)
    name = "sessions" if isinstance(what, list) else _file_name(what)
    start = console.engine.data / "exports" / f"{name}.csv"
    words = "the sessions of the table" if several else "every sample of this session"

    def answered(answer: str | None) -> None:
        if answer:
            work = _write(console, Path(answer).expanduser(), what)
            spawn(work, name="export sessions", owner=console.tasks)

    text = f"Where to? {words}; the ending says how: .csv or .jsonl"
    console.push_screen(AskScreen("Export", text, str(start), check=_check_path), answered)


async def _write(console: ConsoleApp, path: Path, what: Transaction | list[Transaction]) -> None:
    from console.engine.journal.export import write_rows
    from console.engine.journal.rows import transaction_row

    try:
        if isinstance(what, list):
            rows = [transaction_row(one) for one in what]
        else:
            rows = sample_rows(what, await console.engine.samples(what.id))
        path.parent.mkdir(parents=True, exist_ok=True)
        count = await asyncio.to_thread(write_rows, path, rows)
    except ChargehandError as error:
        console.say(error.sentence, title=error.title, severity="error")
    except OSError as error:
        console.say(f"{path} cannot be written: {error.strerror}", severity="error")
    else:
        console.say(f"{thousands(count)} {'row' if count == 1 else 'rows'} written to {path}")


def _file_name(transaction: Transaction) -> str:
    words = f"{transaction.station}-{transaction.wire or transaction.id}"
    return f"session-{re.sub(r'[^A-Za-z0-9._-]+', '_', words)[:60]}"


def _check_path(text: str) -> str | None:
    from console.engine.journal.export import check_ending

    if not text.strip():
        return "Say where to."
    try:
        check_ending(Path(text))
    except ChargehandError as error:
        return error.sentence
    return None
