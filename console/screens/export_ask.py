"""What the screen shows, into a file: where to is asked first, the ending says how."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from console.engine.errors import ChargehandError
from console.engine.tasks import spawn
from console.screens.ask import AskScreen
from widgets.format import thousands

if TYPE_CHECKING:
    from console.app import ConsoleApp
    from console.engine.journal.rows import Row

Gather = Callable[[], Awaitable[Iterable["Row"]]]


def ask_where_to(console: ConsoleApp, name: str, words: str, gather: Gather) -> None:
    """Ask for a path (``name`` is proposed, ``words`` say what goes there), gather the rows and write them."""
    start = console.engine.data / "exports" / f"{name}.csv"

    def answered(answer: str | None) -> None:
        if answer:
            work = _write(console, Path(answer).expanduser(), gather)
            spawn(work, name=f"export {name}", owner=console.tasks)

    text = f"Where to? {words}; the ending says how: .csv or .jsonl"
    console.push_screen(AskScreen("Export", text, str(start), check=_check_path), answered)


async def _write(console: ConsoleApp, path: Path, gather: Gather) -> None:
    from console.engine.journal.export import write_rows

    try:
        rows = await gather()
        path.parent.mkdir(parents=True, exist_ok=True)
        count = await asyncio.to_thread(write_rows, path, rows)
    except ChargehandError as error:
        console.say(error.sentence, title=error.title, severity="error")
    except OSError as error:
        console.say(f"{path} cannot be written: {error.strerror}", severity="error")
    else:
        console.say(f"{thousands(count)} {'row' if count == 1 else 'rows'} written to {path}")


def _check_path(text: str) -> str | None:
    from console.engine.journal.export import check_ending

    if not text.strip():
        return "Say where to."
    try:
        check_ending(Path(text))
    except ChargehandError as error:
        return error.sentence
    return None
