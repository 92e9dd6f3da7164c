"""The ``:`` line: orders as text, with what can follow listed above and what went wrong said below."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from widgets.completion import Completer, History, Offer, complete_with
from widgets.safe import fit, safe_content, safe_content_lines, safe_text
from widgets.safe_input import SafeInput
from widgets.tone import tone_style

_MOST_OFFERS = 200
_OFFER_WIDTH = 28
_LIST_ROWS = 8  # as in the style below


class CommandInput(SafeInput):
    """The input of a command line; keys that choose and leave go to the line."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "line('take')", "Complete", show=False),
        Binding("up", "line('up')", "Up", show=False),
        Binding("down", "line('down')", "Down", show=False),
        Binding("escape", "line('leave')", "Leave", show=False),
    ]

    class Wanted(Message):
        """A key that the line acts on: ``take``, ``up``, ``down`` or ``leave``."""

        def __init__(self, what: str) -> None:
            super().__init__()
            self.what = what

    def action_line(self, what: str) -> None:
        """Hand a key on."""
        self.post_message(self.Wanted(what))


class CommandLine(Vertical):
    """Docked at the bottom, hidden until ``open()``. The text in messages has no ``:`` in front."""

    DEFAULT_CSS = """
    CommandLine {
        display: none; dock: bottom; height: auto; max-height: 14; background: $panel;
        &.-shown { display: block; }
        OptionList {
            height: auto; max-height: 8; border: none; padding: 0 1; background: $panel;
            scrollbar-size-vertical: 1; display: none; text-wrap: nowrap; text-overflow: ellipsis;
        }
        OptionList.-some { display: block; }
        #command-error { display: none; height: auto; max-height: 4; padding: 0 1; color: $text-error; text-style: bold; }
        #command-error.-some { display: block; }
        Horizontal { height: 1; }
        #command-colon { width: 2; color: $text-accent; text-style: bold; padding-left: 1; }
        CommandInput, CommandInput:focus { border: none; height: 1; padding: 0; background: $panel; width: 1fr; }
    }
    """

    class Submitted(Message):
        """Enter: the line as typed."""

        def __init__(self, line: CommandLine, text: str) -> None:
            super().__init__()
            self.line = line
            self.text = text

    class Closed(Message):
        """The line was left."""

        def __init__(self, line: CommandLine) -> None:
            super().__init__()
            self.line = line

    def __init__(
        self,
        completer: Completer | None = None,
        *,
        history: History | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._completer = completer
        self._history = history or History()
        self._offers: list[Offer] = []
        self._chosen = False
        self._own_change: str | None = None
        self._tallest = 0

    def compose(self) -> ComposeResult:
        """Offers above, the line, what went wrong below."""
        offers = OptionList(id="command-offers", markup=False)
        offers.can_focus = False
        yield offers
        with Horizontal():
            yield Static(Content(":"), id="command-colon")
            yield CommandInput(select_on_focus=False)
        yield Static(Content(""), id="command-error")

    @property
    def text(self) -> str:
        """What is typed."""
        return self._input.value

    @property
    def offers(self) -> tuple[str, ...]:
        """The texts that are offered now."""
        return tuple(offer.text for offer in self._offers)

    @property
    def _input(self) -> CommandInput:
        return self.query_one(CommandInput)

    @property
    def _list(self) -> OptionList:
        return self.query_one(OptionList)

    def set_completer(self, completer: Completer | None) -> None:
        """Complete differently (another screen, another station)."""
        self._completer = completer

    def open(self, text: str = "") -> None:
        """Show the line with a text and take the keys."""
        self.show_error("")
        self.add_class("-shown")
        self._tallest = 0
        self._write(text, len(text))
        self._look()
        self.screen.set_focus(self._input)  # at once: the next key is already on its way

    def close(self) -> None:
        """Hide the line."""
        self.remove_class("-shown")
        self.post_message(self.Closed(self))

    def show_error(self, sentence: str, *, column: int | None = None) -> None:
        """Say what is wrong with the line; an empty sentence takes it away. ``column``: where in the text as it was
        submitted; the cursor goes there."""
        error = self.query_one("#command-error", Static)
        error.set_class(bool(sentence), "-some")
        error.update(safe_content_lines(f"✖ {sentence}", max_lines=4) if sentence else Content(""))
        if column is not None:
            value = self._input.value
            self._input.cursor_position = min(len(value) - len(value.lstrip(" :")) + column, len(value))

    def _write(self, text: str, cursor: int) -> None:
        self._own_change = text
        self._input.value = text
        self._input.cursor_position = cursor

    def _look(self) -> None:
        text, cursor = self._input.value, self._input.cursor_position
        self._offers = list(self._completer(text, cursor))[:_MOST_OFFERS] if self._completer is not None else []
        self._chosen = False
        listed = self._list
        listed.clear_options()
        listed.add_options([Option(_prompt(offer)) for offer in self._offers])
        # While the line is open the list never gets lower: what stands above it would jump with every key.
        self._tallest = max(self._tallest, min(len(self._offers), _LIST_ROWS))
        listed.styles.min_height = self._tallest
        listed.set_class(self._tallest > 0, "-some")

    def on_input_changed(self, event: Input.Changed) -> None:
        """Typing: other offers, and the error is no longer about this text."""
        event.stop()
        if event.value != self._own_change:
            self._history.leave()
            self.show_error("")
        self._own_change = None
        self._look()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter takes the offer one walked to, otherwise gives the line."""
        event.stop()
        if self._chosen:
            self._take()
            return
        text = self._input.value.strip().removeprefix(":").strip()
        if text:
            self._history.add(text)
            self.post_message(self.Submitted(self, text))
        else:
            self.close()

    def on_command_input_wanted(self, event: CommandInput.Wanted) -> None:
        """Keys that choose an offer, walk through lines given before, or leave."""
        event.stop()
        if event.what == "leave":
            self.close()
        elif event.what == "take":
            self._take()
        elif self._offers and self._input.value and (self._chosen or event.what == "down"):
            self._walk(1 if event.what == "down" else -1)
        else:
            typed = self._input.value
            text = self._history.back(typed) if event.what == "up" else self._history.forward(typed)
            self._write(text, len(text))

    def _walk(self, step: int) -> None:
        at = self._list.highlighted
        following = 0 if at is None else at + step
        if following < 0:
            self._chosen = False
            self._list.highlighted = None
        else:
            self._chosen = True
            self._list.highlighted = min(following, len(self._offers) - 1)

    def _take(self) -> None:
        if not self._offers:
            return
        offer = self._offers[self._list.highlighted or 0]
        text, cursor = complete_with(self._input.value, self._input.cursor_position, offer)
        self._write(text, cursor)
        self._look()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """A click takes an offer."""
        event.stop()
        self._list.highlighted = event.option_index
        self._take()
        self._input.focus()


def _prompt(offer: Offer) -> Content:
    text = fit(safe_text(offer.text.strip(), max_chars=120), _OFFER_WIDTH)
    return Content(f"{text}  ") + safe_content(offer.meta, tone_style("muted"), max_chars=160)
