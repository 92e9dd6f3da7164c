"""What is to be said of one exchange above its frames: when, who, how it ended, what was wrong, what it belongs to."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from rich.cells import cell_len

from console.engine.fleet.model import Transaction
from console.engine.orders.run import Run
from console.engine.wire.exchange import Exchange, Happening
from console.screens.summary import action, arrow, readings, summary, verdict
from console.screens.told import Line
from widgets.format import clock, date_clock, energy, latency

GAP: Final = "   "
_VIOLATIONS: Final = 40  # lines of violations; a payload can be wrong in a thousand places

_ENDINGS: Final = {
    "timeout": "The station did not answer in time. A late answer would be a row of its own.",
    "lost": "The link was lost before the answer came.",
    "none": "It was never answered: the link ended before its turn came.",
    "late": "The answer came after the console had given up waiting; it was kept and changed nothing.",
    "unsolicited": "An answer to a call that this console never made, or had forgotten.",
    "send": "A SEND (OCPP 2.1): it is never answered.",
}


class Belongs(NamedTuple):
    """What an exchange belongs to: the transaction, the order's run while it is at hand, its audit row otherwise."""

    transaction: Transaction | None = None
    run: Run | None = None
    given: Happening | None = None


class Headline(NamedTuple):
    """Arrow and action; how it ended, and the tone of that; who, when and how fast, from the longest way to say it on."""

    name: str
    ended: str
    tone: str
    about: tuple[str, ...]

    def fitting(self, width: int) -> str:
        """The longest ``about`` that there is room for, else the shortest."""
        room = width - cell_len(self.name) - cell_len(self.ended) - 2 * len(GAP) - 2
        return next((one for one in self.about if cell_len(one) <= room), self.about[-1])


def headline(exchange: Exchange, *, marked: bool) -> Headline:
    """The line above everything else."""
    ended = verdict(exchange)
    date, time = date_clock(exchange.time), clock(exchange.time, millis=True)
    took = _took(exchange.latency_ns)
    name = f"{'◆ ' if marked else ''}{arrow(exchange)} {action(exchange)}"
    word = ended.word or ("sent" if exchange.outcome == "send" else "answered")
    who, version = exchange.station, exchange.version
    about = (
        f"{who} · {date[:10]} {time} UTC · OCPP {version}{took}",
        f"{who} · {date[5:10]} {time} · OCPP {version}{took}",
        f"{who} · {time} · {version}{took}",
        f"{who} · {clock(exchange.time)}",
    )
    return Headline(name, f"{ended.glyph} {word}", ended.tone, about)


def _took(latency_ns: int | None) -> str:
    if latency_ns is None:
        return ""
    return " · <1 ms" if latency_ns < 1_000_000 else f" · {latency(latency_ns / 1_000_000)}"


def lines(exchange: Exchange, belongs: Belongs) -> list[Line]:
    """The facts, most needed first: what is wrong, what was put up with, what it belongs to, what it says."""
    found: list[Line] = []
    if exchange.outcome == "error":
        text = f"{exchange.error_code}: {exchange.error_description or 'no description'}"
        found.append(("Error", text, "bad"))
    elif exchange.outcome == "malformed" and exchange.error_description:
        found.append(("Broken", exchange.error_description, "bad"))
    elif exchange.outcome == "lost" and exchange.direction == "out" and exchange.raw_request is None:
        found.append(
            ("Ended", "The link was lost before the call could leave: the station knows nothing of it.", "warn")
        )
    elif exchange.outcome in _ENDINGS:
        found.append(("Ended", _ENDINGS[exchange.outcome], "muted" if exchange.outcome == "send" else "warn"))
    for one in exchange.violations[:_VIOLATIONS]:
        if exchange.outcome == "malformed" and one.message == exchange.error_description:
            continue
        side = "call" if one.side == "request" else "answer"
        found.append(("Violation", f"{side} {one.path} · {one.rule} · {one.message}", "warn"))
    if len(exchange.violations) > _VIOLATIONS:
        found.append(("", f"and {len(exchange.violations) - _VIOLATIONS} more violations", "warn"))
    found += [("Tolerated", _shortened(one, exchange), "warn") for one in exchange.tolerances]
    if belongs.transaction is not None:
        found.append(("Transaction", _transaction(belongs.transaction), ""))
    elif exchange.transaction is not None:
        found.append(("Transaction", f"{exchange.transaction} (not at hand any more)", "muted"))
    order = _order(exchange, belongs)
    if order:
        found.append(("Order", order, ""))
    said = readings(exchange) if exchange.action != "MeterValues" else ""
    unread = exchange.outcome == "unsolicited" or (exchange.outcome == "malformed" and exchange.direction == "in")
    line = "" if unread else summary(exchange)
    found += [("In short", one, "muted") for one in (line, said if said and said not in line else "") if one]
    return found


def _shortened(tolerance: str, exchange: Exchange) -> str:
    """A tolerance without the violation it names: that stands above it."""
    for one in exchange.violations:
        tolerance = tolerance.replace(f": {one.path} {one.message}", "").replace(f": {one.message}", "")
    return tolerance


def _transaction(one: Transaction) -> str:
    place = "" if one.evse is None else f" · connector {one.evse}"
    if one.connector not in (None, 1):
        place += f"/{one.connector}"
    tag = f" · tag {one.id_tag}" if one.id_tag else ""
    energy_wh = f" · {energy(one.energy_wh)}" if one.energy_wh is not None else ""
    return f"{one.wire or one.id}{place}{tag}{energy_wh} · {one.state}"


def _order(exchange: Exchange, belongs: Belongs) -> str:
    if exchange.order is None:
        return ""
    if belongs.run is not None:
        run = belongs.run
        effect = f": {run.effect.text}" if run.effect is not None else ""
        return f"{run.title}, given by {run.order.originator} · {run.state}{effect}"
    if belongs.given is not None:
        data = belongs.given.data
        return f"{data.get('order', 'order')}, given by {data.get('by', '?')} at {date_clock(belongs.given.time)} UTC"
    return f"#{exchange.order}"


_KINDS: Final = {
    "console.started": "The console was started",
    "link.opened": "A link was opened",
    "link.refused": "A connection was refused",
    "link.closed": "A link was closed",
    "station.accepted": "A person accepted the station",
    "station.refused": "A person refused the station",
    "order.given": "An order was given",
    "order.ended": "An order has ended",
    "alarm.acknowledged": "An alarm was acknowledged",
    "file.received": "A file was received",
    "file.offered": "A file was fetched",
    "file.deleted": "A file was deleted",
    "bookmark": "A message was marked",
}


def happening_lines(happening: Happening) -> list[Line]:
    """What befell, where the record behind an alarm is no exchange."""
    data: dict[str, Any] = happening.data
    found: list[Line] = [("", _KINDS.get(happening.kind, happening.kind), "")]
    for key in ("reason", "advice", "text", "note", "by", "peer"):
        if data.get(key):
            found.append((key.capitalize(), str(data[key]), ""))
    return found
