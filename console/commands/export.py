"""``chargehand export``: messages or transactions as a file for other programs."""

from __future__ import annotations

from pathlib import Path

from console.commands.source import opened
from console.commands.trouble import CommandFailed, complain
from console.engine.journal.export import check_ending, write_rows


def export(
    kind: str,
    where: str,
    output: Path,
    *,
    api: str | None,
    data: Path | None,
    limit: int | None,
    secrets: bool = False,
) -> int:
    """Write the file; messages with their ``secrets``, where asked. Raises ChargehandError."""
    if kind not in ("messages", "transactions"):
        raise CommandFailed(f"“{kind}” cannot be exported: messages or transactions.")
    check_ending(output)
    with opened(api, data) as source:
        if kind == "messages":
            rows = source.messages(where, limit, secrets)
        else:
            rows = source.transactions(where, limit)
        count = write_rows(output, rows)
    complain(f"{count} {kind if count != 1 else kind.removesuffix('s')} written to {output}")
    return 0
