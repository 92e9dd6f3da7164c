"""The table of orders as rows for programs: ``chargehand orders --json`` and ``GET /orders``."""

from __future__ import annotations

from typing import Any

from console.engine.orders.table import ORDERS


def order_rows() -> list[dict[str, Any]]:
    """Every order with its arguments, when it is done, and what it does."""
    return [
        {"id": one.id, "title": one.title, "arguments": one.usage(), "done_when": one.done_when, "help": one.help}
        for one in ORDERS
    ]
