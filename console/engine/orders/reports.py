"""Following the orders that ask: what an answer tells, lists that come in parts, and what is read back after a change."""

from __future__ import annotations

from typing import Final

from console.engine.fleet.events import Event, FirmwareStage, ProfileLimit, Reported, Told
from console.engine.fleet.order import Order, Verdict
from console.engine.masking import masked_text
from console.engine.orders.argument import shown
from console.engine.orders.follow import Ask, Follower, place_of, spoken
from console.engine.orders.port import Port
from console.engine.orders.run import Run
from console.engine.orders.transfers import TransferFollower
from console.engine.wire.exchange import Exchange, Record

MOST_LINES: Final = 20_000
MOST_NAMED: Final = 10  # parts that are missing
_INT32: Final = 2**31 - 1

# What is listed, by order: the report's kind, and one of it in words.
_LISTS: Final = {
    "customer": ("customer information", "line"),
    "der-controls": ("DER controls", "control"),
    "displays": ("display messages", "message"),
    "limits": ("charging profiles", "profile"),
    "monitors": ("monitoring report", "monitor"),
}


def keep_lines(run: Run, record: Record, events: tuple[Event, ...]) -> None:
    """Keep with the run what the answers to its own calls tell."""
    if isinstance(record, Exchange) and record.direction == "out" and record.order == run.order.id:
        for event in events:
            if isinstance(event, Told):
                add_lines(run, event.lines)


def add_lines(run: Run, lines: tuple[str, ...]) -> None:
    """Lines without secrets, as far as there is room."""
    run.lines += [masked_text(line) for line in lines[: MOST_LINES - len(run.lines)]]


class AnswerFollower(Follower):
    """The answer itself tells what was asked for."""

    def accepted(self, exchange: Exchange, verdict: Verdict) -> None:
        lines = self.run.lines
        if 0 < len(lines) <= 2:
            self.found(shown("; ".join(lines), 300))
        elif lines:
            self.found(f"{len(lines)} told")
        elif verdict.status not in ("Accepted", "answered"):
            self.found(f"none: answered {verdict.status}")
        else:
            super().accepted(exchange, verdict)


class NumberedFollower(Follower):
    """An accepted answer is the effect; the number by which it is taken back is told with it."""

    def accepted(self, exchange: Exchange, verdict: Verdict) -> None:
        said = self.run.order.arguments.get("id")
        number = self.run.order.id & _INT32 if said is None else said
        what = "reservation" if self.run.kind.id == "reserve" else "message"
        self.found(f"{what} {number}: answered {verdict.status}")


class ReportFollower(Follower):
    """Until every part of a list has come, in whatever order. An answer that says "none" is the whole list."""

    def __init__(self, run: Run, port: Port) -> None:
        super().__init__(run, port)
        self.kind, self.one = _LISTS[run.kind.id]
        self.parts = 0
        self.seen: set[int] = set()
        self.last: int | None = None
        self.ended = False

    def accepted(self, exchange: Exchange, verdict: Verdict) -> None:
        if verdict.status != "Accepted":
            self.found(f"none: answered {verdict.status}")

    def see(self, record: Record, events: tuple[Event, ...]) -> None:
        for event in events:
            if (
                isinstance(event, Reported)
                and event.kind == self.kind
                and event.request in (None, self.run.order.id & _INT32)
            ):
                self._part(event)

    def _part(self, event: Reported) -> None:
        if event.sequence is not None and event.sequence in self.seen:
            return  # a part told twice is told once
        self.parts += 1
        self.take(event.lines)
        if event.sequence is not None:
            self.seen.add(event.sequence)
        if not event.more:
            self.ended, self.last = True, event.sequence
        if self.ended and not self._missing():
            self.whole()
        else:
            self.run.tell("told", f"part {self.parts}: {len(self.run.lines)} so far")

    def take(self, lines: tuple[str, ...]) -> None:
        """What one part tells."""
        add_lines(self.run, lines)

    def whole(self) -> None:
        """The last part has come."""
        count = len(self.run.lines)
        parts = f" in {self.parts} parts" if self.parts > 1 else ""
        self.found(f"{count} {self.one}{'' if count == 1 else 's'}{parts} {self.since()}" if count else "none")

    def _missing(self) -> list[int]:
        """The first numbers of parts that have not come; stations count from 0, some from 1. A station may say any number:
        what is missing is never counted to its end."""
        missing: list[int] = []
        if self.last is None or not self.seen:
            return missing
        due = min(1, min(self.seen))
        for one in sorted(self.seen):
            missing += range(due, min(one, self.last, due + MOST_NAMED))
            due = one + 1
        return missing[:MOST_NAMED]

    def lacking(self) -> str:
        if not self.parts:
            return "no report came"
        missing = self._missing()
        if not missing:
            return f"the list is not whole: its last part is missing, {self.parts} came"
        named = ", ".join(map(str, missing))
        return f"the list is not whole: part{'' if len(missing) == 1 else 's'} {named} did not come"


class CustomerFollower(ReportFollower):
    """One text in pieces of 512 characters, cut anywhere. Where no report is wanted, the answer is all."""

    def __init__(self, run: Run, port: Port) -> None:
        super().__init__(run, port)
        self.pieces: dict[int, str] = {}

    def accepted(self, exchange: Exchange, verdict: Verdict) -> None:
        if self.run.order.arguments.get("report") is False:
            self.found("the station has forgotten it, and reports nothing")

    def _part(self, event: Reported) -> None:
        if event.sequence not in self.seen:
            at = len(self.pieces) if event.sequence is None else event.sequence
            self.pieces[at] = "".join(event.lines)
        super()._part(event)

    def take(self, lines: tuple[str, ...]) -> None:
        """Only the whole can be broken into lines."""

    def whole(self) -> None:
        text = "".join(self.pieces[at] for at in sorted(self.pieces))
        add_lines(self.run, tuple(text.splitlines()))
        super().whole()


class ListFollower(Follower):
    """Until the local list's version reads back as it was sent."""

    lists = False

    def __init__(self, run: Run, port: Port) -> None:
        super().__init__(run, port)
        self.version: int | None = None

    def accepted(self, exchange: Exchange, verdict: Verdict) -> None:
        """An answer keeps nothing."""

    def see(self, record: Record, events: tuple[Event, ...]) -> None:
        if isinstance(record, Exchange) and record.order == self.run.order.id:
            for event in events:
                if isinstance(event, Told) and event.number is not None:
                    self.version = event.number

    async def after(self, ask: Ask) -> None:
        wanted = int(self.run.order.arguments["version"])
        exchange = await ask(Order(id=self.run.order.id, station=self.run.station, name="list-version"))
        if self.version is None:
            self.found(f"answered Accepted; the version is not told ({exchange.error_code or exchange.outcome})")
        elif self.version == wanted:
            self.found(f"the station has local list version {wanted}")
        elif self.version == 0 and self.run.order.arguments.get("update") == "empty":
            self.found("the station has no local list any more")
        else:
            self.failed(f"answered Accepted, but the station has local list version {self.version}, not {wanted}")

    def lacking(self) -> str:
        return "its version was not read back"


class LimitFollower(Follower):
    """Until the composite schedule tells the limit. A station that tells none is believed its answer."""

    lists = False

    def __init__(self, run: Run, port: Port) -> None:
        super().__init__(run, port)
        self.counts: ProfileLimit | None = None
        self.answered = False

    def accepted(self, exchange: Exchange, verdict: Verdict) -> None:
        """An answer limits nothing."""
        self.answered = True

    def see(self, record: Record, events: tuple[Event, ...]) -> None:
        if self.answered and isinstance(record, Exchange) and record.order == self.run.order.id:
            for event in events:
                if isinstance(event, ProfileLimit):
                    self.counts = event

    async def after(self, ask: Ask) -> None:
        said = self.run.order.arguments
        names = ("connector", "evse") if said.get("purpose") != "station" else ()
        unit = str(said.get("unit") or "A")
        arguments = {"unit": unit, **{name: said[name] for name in names if name in said}}
        order = Order(id=self.run.order.id, station=self.run.station, name="schedule", arguments=arguments)
        exchange = await ask(order)
        counts = self.counts
        if counts is None or counts.limit is None:
            status = exchange.response.get("status") if isinstance(exchange.response, dict) else None
            why = shown(str(status or exchange.error_code or exchange.outcome))
            self.found(f"answered Accepted; what counts now is not told ({why})")
            return
        place = spoken(place_of(said)) if names else "the station"
        told = f"{place} draws at most {counts.limit:g} {counts.unit or ''}".rstrip()
        later = "every" in said or said.get("from", 0) > self.port.clock()
        wanted = float(str(said["limit"]).split(",")[0])
        if counts.unit == unit and counts.limit > wanted and not later:
            self.failed(f"answered Accepted, but by its schedule {told}")
        else:
            self.found(told)

    def lacking(self) -> str:
        return "what counts now was not told"


class PublishFollower(TransferFollower):
    """Until Published, stage by stage."""

    FAILED: Final = frozenset(("downloadfailed", "invalidchecksum", "publishfailed"))

    def accepted(self, exchange: Exchange, verdict: Verdict) -> None:
        """An answer publishes nothing."""

    def see(self, record: Record, events: tuple[Event, ...]) -> None:
        if not isinstance(record, Exchange) or record.direction != "in":
            return
        places = [line for event in events if isinstance(event, Told) for line in event.lines]
        for event in events:
            if not isinstance(event, FirmwareStage) or not self._of_this(event.request):
                continue
            word = event.status.casefold()
            if word == "idle":
                continue
            self._stage(event.status)
            if word == "published":
                add_lines(self.run, tuple(places))
                where = f" at {shown(', '.join(places), 300)}" if places else ""
                self.found(f"Published {self.since()}{where}")
            elif word in self.FAILED:
                self.failed(f"the station says {event.status}")

    def lacking(self) -> str:
        return f"the last stage told is {self.stages[-1]}, not Published" if self.stages else "no stage was told"
