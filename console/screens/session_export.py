"""Sessions into a file: those of the table, or every sample of one of them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from console.engine.sample_rows import sample_rows
from console.screens.export_ask import ask_where_to

if TYPE_CHECKING:
    from console.app import ConsoleApp
    from console.engine.fleet.model import Transaction
    from console.engine.journal.rows import Row


def ask_to_export(console: ConsoleApp, what: Transaction | list[Transaction]) -> None:
    """Ask where to, and write them; one session is written sample by sample."""

    async def gather() -> Iterable[Row]:
        from console.engine.journal.rows import transaction_row

        if isinstance(what, list):
            return [transaction_row(one) for one in what]
        return sample_rows(what, await console.engine.samples(what.id))

    if isinstance(what, list):
        ask_where_to(console, "sessions", "the sessions of the table", gather)
    else:
        ask_where_to(console, _file_name(what), "every sample of this session", gather)


def _file_name(transaction: Transaction) -> str:
    words = f"{transaction.station}-{transaction.wire or transaction.id}"
    return f"session-{re.sub(r'[^A-Za-z0-9._-]+', '_', words)[:60]}"
