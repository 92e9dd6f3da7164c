"""The ``/`` line: a filter that is red and says why while it can not be read, and completes names and values with tab."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Input

from widgets.completion import Completer, History, Offer, complete_with
from widgets.safe import safe_content
from widgets.safe_input import SafeInput
from widgets.tone import tone_style

DEBOUNCE_SECONDS = 0.15
_MOST_OFFERS = 40


def _never_wrong(_text: str) -> str | None:
    return None


class FilterLine(SafeInput):
    """One line over a table or log. ``check(text)`` answers ``None`` or a sentence about what is wrong.

    Hidden until ``open()``. Enter keeps the filter and closes; esc clears it and closes.
    """

    DEFAULT_CSS = """
    FilterLine {
        display: none; height: 3; border: round $primary; background: $background; padding: 0 1;
        border-title-color: $text-accent; border-subtitle-color: $foreground; border-subtitle-align: left;
        &:focus { border: round $accent; background: $background; }
        &.-shown { display: block; }
        &.-wrong, &.-wrong:focus { border: round $error; border-subtitle-color: $text-error; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "complete(1)", "Complete", show=False),
        Binding("shift+tab", "complete(-1)", "Complete backwards", show=False),
        Binding("up", "history(-1)", "Filter before", show=False),
        Binding("down", "history(1)", "Filter after", show=False),
        Binding("escape", "leave", "Clear and close", show=False),
    ]

    class Filtered(Message):
        """The filter can be read and differs from the last one told; empty means everything."""

        def __init__(self, line: FilterLine, text: str) -> None:
            super().__init__()
            self.line = line
            self.text = text

        @property
        def control(self) -> FilterLine:
            """The line, for ``@on(…, "#id")``."""
            return self.line

    class Closed(Message):
        """The line was left; keys go back to what it filters."""

        def __init__(self, line: FilterLine) -> None:
            super().__init__()
            self.line = line

        @property
        def control(self) -> FilterLine:
            """The line, for ``@on(…, "#id")``."""
            return self.line

    def __init__(
        self,
        check: Callable[[str], str | None] = _never_wrong,
        completer: Completer | None = None,
        *,
        title: str = "filter",
        hint: str = "",
        history: History | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes, select_on_focus=False)
        self._check = check
        self._completer = completer
        self._hint = hint
        self._history = history or History()
        self._told = ""
        self._error: str | None = None
        self._timer: Timer | None = None
        self._offers: list[Offer] = []
        self._offer_at = -1
        self._offer_base: tuple[str, int] = ("", 0)
        self._own_change = ""
        self.border_title = safe_content(title)

    @property
    def error(self) -> str | None:
        """What is wrong with the text, or ``None``."""
        return self._error

    @property
    def filter_text(self) -> str:
        """The last text that could be read: what is in force."""
        return self._told

    def open(self, text: str | None = None) -> None:
        """Show the line, with another text where given, and take the keys."""
        self.add_class("-shown")
        if text is not None:
            self.value = text
        self.cursor_position = len(self.value)
        self._subtitle()
        self.screen.set_focus(self)  # at once: the next key is already on its way

    def close(self) -> None:
        """Hide the line; the filter stays as it is."""
        self.remove_class("-shown")
        self.post_message(self.Closed(self))

    def on_input_changed(self, event: Input.Changed) -> None:
        """Look at the text; a good one is told when typing rests."""
        event.stop()
        if event.value != self._own_change:
            self._offers, self._offer_at = [], -1
            self._history.leave()
        self._own_change = ""
        self._error = self._check(event.value)
        self.set_class(self._error is not None, "-wrong")
        self._subtitle()
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        if self._error is None and event.value != self._told:
            self._timer = self.set_timer(DEBOUNCE_SECONDS, self._tell)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter: the filter stays, the line goes. A wrong one stays open."""
        event.stop()
        self._error = self._check(self.value)
        if self._error is None:
            self._history.add(self.value)
            self._tell()
            self.close()

    def _tell(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        if self.value != self._told and self._check(self.value) is None:
            self._told = self.value
            self.post_message(self.Filtered(self, self.value))

    def on_focus(self, event: events.Focus) -> None:
        """Show what can be written."""
        self._subtitle()

    def _subtitle(self) -> None:
        offers = self._offers or self._ask()
        if self._error is not None and not (offers and self._only_begun(offers[0])):
            self.border_subtitle = safe_content(f"✖ {self._error}", max_chars=300)
            return
        if not offers:
            self.border_subtitle = safe_content(self._hint)
            return
        lead = _shared_field(offers)
        pieces = [
            safe_content(offer.text[lead:].strip(), f"reverse {tone_style('accent')}" if at == self._offer_at else "")
            for at, offer in enumerate(offers[:_MOST_OFFERS])
        ]
        # What is chosen comes first, so that it is seen on a narrow screen too.
        first = max(0, self._offer_at)
        self.border_subtitle = Content("  ").join(pieces[first:] + pieces[:first])

    def _only_begun(self, offer: Offer) -> bool:
        """Whether nothing is wrong but the term at the cursor, which is not written to its end yet."""
        before = self.value[: offer.start]
        return self._check(before[: before.rfind(" ") + 1]) is None

    def _ask(self) -> list[Offer]:
        return list(self._completer(self.value, self.cursor_position)) if self._completer is not None else []

    def action_complete(self, step: int) -> None:
        """Take the next offer in the place of the last one taken."""
        if not self._offers:
            self._offers = self._ask()
            self._offer_base = (self.value, self.cursor_position)
            self._offer_at = -1 if step > 0 else 0
        if not self._offers:
            return
        self._offer_at = (self._offer_at + step) % len(self._offers)
        text, cursor = complete_with(*self._offer_base, self._offers[self._offer_at])
        only = len(self._offers) == 1
        self._own_change = text
        self.value = text
        self.cursor_position = cursor
        if only:
            # Nothing to choose from: the next tab goes on from here.
            self._offers, self._offer_at = [], -1

    def action_history(self, step: int) -> None:
        """A filter given before."""
        text = self._history.back(self.value) if step < 0 else self._history.forward(self.value)
        self._own_change = text
        self._offers, self._offer_at = [], -1
        self.value = text
        self.cursor_position = len(text)

    def action_leave(self) -> None:
        """Show everything again and close."""
        self.value = ""
        self._error = None
        self.remove_class("-wrong")
        self._tell()
        self.close()


def _shared_field(offers: Sequence[Offer]) -> int:
    """Characters of ``field:`` where all offers are values of the same one: it stands in the line already."""
    field = offers[0].text.partition(":")[0] + ":"
    same = all(one.text.startswith(field) and len(one.text) > len(field) for one in offers)
    return len(field) if same else 0


class Filtering:
    """Takes what a filter line within says: its filter as it rests, and the keyboard when it is left.

    Stands before the widget's class, which says how: ``set_filter`` and ``take_focus``.
    """

    @abstractmethod
    def set_filter(self, text: str) -> None:
        """Show only what passes."""

    @abstractmethod
    def take_focus(self) -> None:
        """The keyboard goes to what is filtered."""

    def on_filter_line_filtered(self, event: FilterLine.Filtered) -> None:
        """Another filter."""
        event.stop()
        self.set_filter(event.text)

    def on_filter_line_closed(self, event: FilterLine.Closed) -> None:
        """The line was left."""
        event.stop()
        self.take_focus()
