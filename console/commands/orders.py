"""``chargehand orders``: what can be ordered, and what each order takes. It is read from the table; nobody is asked."""

from __future__ import annotations

from collections.abc import Iterator

from console.commands import tables
from console.commands.listing import print_lines
from console.engine.orders.argument import ALL, Argument
from console.engine.orders.catalogue import order_rows
from console.engine.orders.kind import OrderKind
from console.engine.orders.table import order_kind


def show_orders(order: str | None, *, as_json: bool) -> int:
    """All of them as a table, or one with every argument. Raises NoSuchOrder."""
    if order is not None and not as_json:
        for line in _about(order_kind(order)):
            tables.console().print(line, soft_wrap=True)
        return 0
    name = order_kind(order).id if order is not None else None
    rows = [row for row in order_rows() if name in (None, row["id"])]
    if as_json:
        print_lines(rows)
    else:
        tables.print_table(tables.ORDERS, rows, empty="There is no order.")
    return 0


def _about(kind: OrderKind) -> Iterator[str]:
    yield f"{kind.title}: chargehand call STATION {kind.id} {kind.usage().replace('–', '')}".rstrip()
    yield kind.help
    if kind.versions != ALL:
        yield f"OCPP {', '.join(kind.versions)} only."
    yield f"Done when: {kind.done_when}."
    width = max((len(one.name) for one in kind.arguments), default=0)
    for one in kind.arguments:
        yield f"  {one.name.ljust(width)}  {'; '.join(_facts(one, kind.versions))}".rstrip()


def _facts(one: Argument, versions: tuple[str, ...]) -> Iterator[str]:
    if one.required:
        yield "needed"
    if not set(versions) <= set(one.versions):
        yield f"OCPP {', '.join(one.versions)}"
    if one.kind == "bool":
        yield "true or false"
    elif choices := one.choices_for(None):
        yield ", ".join(choices)
    elif one.kind != "text":
        yield {"int": "a number", "time": "a time", "file": "a file", "json": "JSON"}.get(one.kind, one.kind)
    if one.default is not None:
        yield f"else {one.default}"
    if hint := one.hint_for(None) if one.hint else "":
        yield hint
