"""A call of ours, edited and sent again: a small form with the action and the payload as JSON text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, cast

import orjson
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static, TextArea

from console.engine.errors import ChargehandError
from console.engine.orders.draft import judge_draft, read_draft
from console.engine.tasks import Owner, cancel_all, spawn
from console.engine.wire.exchange import Exchange
from console.screens.base import Host
from console.screens.summary import milliseconds, summary, verdict
from widgets.safe import safe_content, safe_text
from widgets.safe_input import SafeInput, SafeTextArea
from widgets.tone import tone_style

if TYPE_CHECKING:
    from textual.app import App

    from console.engine.engine import Engine


def why_not_again(engine: Engine, exchange: Exchange | None) -> str | None:
    """Why this exchange cannot be edited and sent again; None where it can."""
    if exchange is None:
        return "There is no message here."
    if exchange.direction == "in":
        return "The station sent this call. Only calls of this console can be edited and sent again."
    if engine.read_only:
        return "This console is read-only: it sends nothing."
    if engine.links.get(exchange.station) is None:
        return f"{safe_text(exchange.station, max_chars=48)} is not connected now."
    return None


def send_again(host: Host, exchange: Exchange) -> None:
    """Open the form for a call of ours; for others say why not."""
    why = why_not_again(host.engine, exchange)
    if why is not None:
        host.say(why, severity="warning")
        return
    cast("App[Any]", host).push_screen(SendAgain(exchange))


class SendAgain(ModalScreen[None]):
    """The form. What is wrong with the payload is said while it is typed; sending it all the same is allowed."""

    DEFAULT_CSS = """
    SendAgain TextArea, SendAgain TextArea:focus {
        height: 24vh; max-height: 14; border: none; padding: 0 1; background: $boost;
    }
    SendAgain Input, SendAgain Input:focus {
        height: 1; border: none; padding: 0 1; background: $boost; margin-bottom: 1;
    }
    SendAgain #verdict { height: auto; max-height: 4; margin: 1 0; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Leave", show=False, priority=True),
        Binding("ctrl+r,f5", "send", "Send", show=False, priority=True),
    ]

    def __init__(self, exchange: Exchange) -> None:
        super().__init__(classes="dialog-screen")
        self._exchange = exchange
        self._tasks: Owner = set()
        self._sending = False
        self.answer: Exchange | None = None

    @property
    def host(self) -> Host:
        """The console."""
        return cast("Host", self.app)

    def compose(self) -> ComposeResult:
        """Who, action, payload, what is wrong, send or leave."""
        payload = orjson.dumps(self._exchange.request or {}, option=orjson.OPT_INDENT_2).decode()
        with Vertical(classes="dialog -wide"):
            yield Static(safe_content(f"To {self._exchange.station} · OCPP {self._exchange.version}"), markup=False)
            yield SafeInput(self._exchange.action or "", placeholder="action", id="action", max_length=50)
            yield SafeTextArea(payload, id="payload", show_line_numbers=False, tab_behavior="focus")
            yield Static("", id="verdict", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                yield Button("Send", id="send", variant="primary", compact=True)
                yield Static("ctrl+r sends · esc leaves", classes="keys", markup=False)

    def on_mount(self) -> None:
        """The keyboard goes to the payload."""
        self.query_one(".dialog").border_title = Content("Edit and send again")
        self.set_focus(self.query_one(TextArea))
        self._judge()

    async def on_unmount(self) -> None:
        """Nothing waits for a form that is gone; the call itself goes on."""
        await cancel_all(self._tasks)

    @property
    def _written(self) -> tuple[str, str]:
        """Action and payload as they stand there."""
        return self.query_one("#action", Input).value, self.query_one(TextArea).text

    def _say(self, text: str, tone: str) -> None:
        self.query_one("#verdict", Static).update(safe_content(text, tone_style(tone), max_chars=600))

    @on(Input.Changed)
    @on(TextArea.Changed)
    def _judge(self) -> None:
        said = judge_draft(self._exchange.version, *self._written)
        self.query_one("#send", Button).disabled = said.tone == "bad"
        self._say(said.text, said.tone)

    def action_leave(self) -> None:
        """``esc``."""
        self.dismiss(None)

    @on(Button.Pressed, "#cancel")
    def _cancelled(self) -> None:
        self.dismiss(None)

    @on(Button.Pressed, "#send")
    def action_send(self) -> None:
        """Send it and wait for the answer."""
        if self._sending:
            return
        try:
            action, payload = read_draft(*self._written)
        except ValueError as error:
            self._say(str(error), "bad")
            return
        self._sending = True
        self._say("Sent; waiting for the answer …", "busy")
        spawn(self._send(action, payload), name=f"send {action} again", owner=self._tasks)

    async def _send(self, action: str, payload: Any) -> None:
        host = self.host
        try:
            answer = await host.engine.raw(self._exchange.station, action, payload)
        except ChargehandError as error:
            self._say(error.sentence, "bad")
            return
        finally:
            self._sending = False
        self.answer = answer
        ended = verdict(answer)
        self._say(f"{ended.text} · {milliseconds(answer)} ms · {summary(answer)}", ended.tone)
        self.query_one("#cancel", Button).label = Content("Close")
