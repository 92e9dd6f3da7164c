"""Messages into a file: all that the filter line finds, secrets hidden."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from console.screens.export_ask import ask_where_to
from widgets.format import thousands

if TYPE_CHECKING:
    from console.app import ConsoleApp
    from console.engine.filter import Filter
    from console.engine.journal.rows import Row
    from console.engine.wire.exchange import Exchange

MOST: Final = 20_000  # that a screen writes; `chargehand export` knows no such end
_PAGE: Final = 1_000


def ask_to_export_messages(console: ConsoleApp, where: Filter, text: str) -> None:
    """Ask where to, and write the messages of that filter, oldest first. ``text`` is the filter as it was typed."""

    async def gather() -> Iterable[Row]:
        from console.engine.journal.rows import as_row

        found = await _found(console, where)
        return (as_row(one) for page in reversed(found) for one in page)

    what = "what the filter finds" if text else "all messages"
    ask_where_to(console, "messages", f"{what} (the newest {thousands(MOST)} at most), passwords hidden", gather)


async def _found(console: ConsoleApp, where: Filter) -> list[list[Exchange]]:
    """Pages, the newest first."""
    pages: list[list[Exchange]] = []
    left, before = MOST, None
    while left > 0:
        page = await console.engine.messages(where, limit=min(_PAGE, left), before=before)
        if not page:
            break
        pages.append(page)
        left -= len(page)
        before = page[0].id
    return pages
