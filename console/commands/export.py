"""``chargehand export``: messages, transactions or samples as a file for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from console.commands.source import opened
from console.commands.trouble import CommandFailed, complain
from console.engine.journal.export import check_ending, write_rows

_KINDS: Final = ("messages", "transactions", "samples")


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
    if kind not in _KINDS:
        raise CommandFailed(f"“{kind}” cannot be exported: {', '.join(_KINDS[:-1])} or {_KINDS[-1]}.")
    if kind == "samples" and not (where.isascii() and where.isdigit() and len(where) < 19):
        raise CommandFailed("say whose samples: export samples ID, the number that `chargehand transactions` tells.")
    check_ending(output)
    with opened(api, data) as source:
        if kind == "messages":
            rows = source.messages(where, limit, secrets)
        elif kind == "samples":
            rows = source.samples(int(where))
        else:
            rows = source.transactions(where, limit)
        count = write_rows(output, rows)
    complain(f"{count} {kind if count != 1 else kind.removesuffix('s')} written to {output}")
    return 0
