"""One exchange in full: both frames exactly as they were sent, what is wrong with them, and what they belong to.

Opens over any section by its number in the journal. Where that record is no exchange (an alarm may be raised by a link
that closed) it says what befell instead.
"""

from __future__ import annotations

from asyncio import Task
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static

from console.engine.errors import ChargehandError
from console.engine.tasks import Owner, cancel_all, spawn
from console.engine.wire.exchange import Exchange, Happening
from console.screens.base import KeyHint, Section
from console.screens.exchange_facts import GAP, Belongs, happening_lines, headline, lines
from console.screens.exchange_frames import Frames
from console.screens.message_desk import desk_of, mark
from console.screens.send_again import send_again, why_not_again
from console.screens.summary import action
from console.screens.told import Told
from widgets.format import date_clock
from widgets.safe import safe_text
from widgets.tone import tone_style


class ExchangeSection(Section):
    """The detail of one exchange."""

    kind = "exchange"
    title = "Message"

    DEFAULT_CSS = """
    ExchangeSection #headline { height: 1; padding: 0 1; background: $panel; }
    ExchangeSection Told { max-height: 40%; background: $background; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left_square_bracket", "beside(-1)", "Before in the list", show=False),
        Binding("right_square_bracket", "beside(1)", "Next in the list", show=False),
        Binding("n", "related(1)", "Next of the transaction", show=False),
        Binding("N", "related(-1)", "Before of the transaction", show=False),
        Binding("b", "mark", "Mark", show=False),
        Binding("e", "again", "Edit and send again", show=False),
        Binding("h", "secrets", "Show what is hidden", show=False),
        Binding("i", "station", "Station", show=False),
        Binding("m", "session", "Session", show=False),
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.exchange: Exchange | None = None
        self.happening: Happening | None = None
        self._number: int | None = None
        self._belongs = Belongs()
        self._seen: object = None
        self._tasks: Owner = set()
        self._reading: Task[None] | None = None

    async def on_unmount(self) -> None:
        """Nothing is read for a screen that is gone."""
        await cancel_all(self._tasks)

    def compose(self) -> ComposeResult:
        """Headline, facts, call, answer."""
        yield Static("", id="headline", markup=False)
        yield Told()
        yield Frames()

    @property
    def frames(self) -> Frames:
        """Call and answer."""
        return self.query_one(Frames)

    # Which one.

    def opened(self, subject: str | int | None) -> None:
        """Show that record."""
        if isinstance(subject, int) and subject != self._number:
            self._number = subject
            found = next((one for one in reversed(self.engine.feed.rows) if one.id == subject), None)
            if found is not None:
                self._show(found)
            if self._reading is not None:
                self._reading.cancel()
            self._reading = spawn(self._load(subject), name="read message", owner=self._tasks)

    async def _load(self, number: int) -> None:
        journal = self.engine.journal
        try:
            await desk_of(self.engine).load()
            exchange = self.exchange if self.exchange is not None and self.exchange.id == number else None
            exchange = exchange or await journal.message(number)
            if exchange is None:
                befell = await journal.happenings(limit=1, before=number + 1)
                self._show_happening(befell[0] if befell and befell[0].id == number else None)
                return
            self._show(exchange)
            if exchange.order is not None and self._belongs.run is None:
                given = await journal.happenings(limit=1, before=exchange.order + 1)
                if given and given[0].id == exchange.order and self.exchange is exchange:
                    self._belongs = self._belongs._replace(given=given[0])
                    self._tell()
        except ChargehandError as error:
            self.host.say(error.sentence, title=error.title, severity="error")

    def _find(self, exchange: Exchange) -> Belongs:
        fleet, desk = self.engine.fleet, self.engine.desk
        number = None
        if exchange.transaction is not None:
            number = fleet.wires.get((exchange.station.casefold(), exchange.transaction))
        run = next((one for one in desk.runs if one.order.id == exchange.order), None) if exchange.order else None
        return Belongs(None if number is None else fleet.transactions.get(number), run)

    def _show(self, exchange: Exchange) -> None:
        self.exchange, self.happening = exchange, None
        self._belongs = self._find(exchange)
        self._tell()
        self.frames.show(exchange)

    def _show_happening(self, happening: Happening | None) -> None:
        self.exchange, self.happening = None, happening
        self.frames.show_happening(happening)
        if happening is None:
            self._put_headline("This record is gone", "retention has taken it", "", "muted")
            self.query_one(Told).show([("", "The journal keeps messages only as long as the profile says.", "muted")])
            return
        who = happening.station or ""
        self._put_headline(happening.kind, f"{who} · {date_clock(happening.time)} UTC".strip(" ·"), "", "muted")
        self.query_one(Told).show(happening_lines(happening))

    # Drawing.

    def pull(self, now_ns: int) -> None:
        """A run goes on, a mark is set, a transaction moves: the facts follow."""
        if self.exchange is None:
            return
        run, transaction = self._belongs.run, self._belongs.transaction
        seen = (
            self.exchange.id,
            run.changed if run is not None else 0,
            transaction.changed if transaction is not None else 0,
            desk_of(self.engine).changed,
            self.size.width,
        )
        if seen != self._seen:
            self._seen = seen
            self._tell()

    def _tell(self) -> None:
        exchange = self.exchange
        if exchange is not None:
            head = headline(exchange, marked=exchange.id in desk_of(self.engine).marks)
            about = head.fitting(self.size.width or self.app.size.width)
            self._put_headline(head.name, about, head.ended, head.tone)
            self.query_one(Told).show(lines(exchange, self._belongs))

    def _put_headline(self, name: str, about: str, ended: str, tone: str) -> None:
        self.query_one("#headline", Static).update(
            Content.assemble(
                (safe_text(name, max_chars=80), "bold"),
                (GAP, ""),
                (safe_text(ended, max_chars=60), tone_style(tone)),
                (GAP, ""),
                (safe_text(about, max_chars=200), tone_style("muted")),
            )
        )

    # What the frame asks.

    def crumb(self) -> str:
        """The action and its number."""
        if self.exchange is not None:
            return f"{safe_text(action(self.exchange), max_chars=40)} #{self.exchange.id}"
        return self.title if self._number is None else f"{self.title} #{self._number}"

    def hints(self) -> list[KeyHint]:
        """Keys of this exchange."""
        exchange = self.exchange
        none = "This record is no message." if exchange is None else None
        alone = none or (
            None if exchange is not None and exchange.transaction else "No transaction: n and N go along the station."
        )
        found = [
            KeyHint("v", "raw/tree"),
            KeyHint("left_square_bracket", "before"),
            KeyHint("right_square_bracket", "next"),
            KeyHint("n", "next of tx" if alone is None else "next of station", none),
            KeyHint("e", "edit & send", none or why_not_again(self.engine, exchange)),
            KeyHint(
                "b", "unmark" if exchange is not None and exchange.id in desk_of(self.engine).marks else "mark", none
            ),
            KeyHint("y", "copy"),
        ]
        if exchange is not None and self.frames.hides:
            found.append(KeyHint("h", "hide secrets" if self.frames.bare else "show secrets"))
        if self._belongs.transaction is not None:
            found.append(KeyHint("m", "session"))
        found.append(KeyHint("i", "station", none))
        return found

    def selected_station(self) -> str | None:
        """The station of the exchange."""
        if self.exchange is not None:
            return self.exchange.station
        return None if self.happening is None else self.happening.station

    def take_focus(self) -> None:
        """The keyboard goes to the frames."""
        self.frames.take_focus()

    def copied(self) -> tuple[str, str] | None:
        """The frames as they are shown."""
        return self.frames.copied()

    # Actions.

    async def action_beside(self, step: int) -> None:
        """``[`` and ``]``: along the list that it was opened from."""
        if self._number is None:
            return
        where = desk_of(self.engine).where
        if step < 0:
            found = await self.engine.messages(where, limit=1, before=self._number)
        else:
            found = await self.engine.messages(where, limit=1, after=self._number)
        if found:
            self.open_exchange(found[0].id)
        else:
            self.host.say("This is the first of the list." if step < 0 else "This is the newest of the list.")

    async def action_related(self, step: int) -> None:
        """``n`` and ``N``: along the transaction, or along the station where there is none."""
        exchange = self.exchange
        if exchange is None:
            return
        before, after = await self.engine.journal.neighbours(exchange)
        number = after if step > 0 else before
        if number is not None:
            self.open_exchange(number)
            return
        what = "transaction" if exchange.transaction is not None else "station"
        self.host.say(f"This is the {'newest' if step > 0 else 'first'} message of the {what}.")

    async def action_mark(self) -> None:
        """``b``: mark it, or take the mark away."""
        if self.exchange is not None:
            await mark(self.host, self.exchange)

    def action_again(self) -> None:
        """``e``: edit a call of ours and send it again."""
        if self.exchange is not None:
            send_again(self.host, self.exchange)

    def action_secrets(self) -> None:
        """``h``: show passwords and keys, or hide them again."""
        if self.exchange is not None:
            self.frames.show(self.exchange, bare=not self.frames.bare)

    def action_station(self) -> None:
        """``i``: open the station."""
        station = self.selected_station()
        if station is not None:
            self.open_station(station)

    def action_session(self) -> None:
        """``m``: open the transaction."""
        if self._belongs.transaction is not None:
            self.host.open_session(self._belongs.transaction.id)
        else:
            self.host.say("It belongs to no transaction at hand.")
