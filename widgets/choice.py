"""One of a few words, all of them in sight: what a form asks most often needs one key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from widgets.safe import safe_text
from widgets.tone import tone_style

_NOTHING = "–"


class Choice(Widget, can_focus=True):
    """Left and right (or space) go on; a letter goes to the next word that begins with it.

    Where the words do not fit side by side, the chosen one is shown with its place among them. ``blank``: nothing may be
    chosen too; the value is then empty.
    """

    DEFAULT_CSS = """
    Choice { height: 1; width: 1fr; padding: 0 1; background: $surface; }
    Choice:focus { background: $primary 30%; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "step(-1)", "Before", show=False),
        Binding("right,space", "step(1)", "Next", show=False),
    ]

    class Changed(Message):
        """Another word was chosen."""

        def __init__(self, choice: Choice, value: str) -> None:
            super().__init__()
            self.choice = choice
            self.value = value

        @property
        def control(self) -> Choice:
            """The choice, for ``@on(…, "#id")``."""
            return self.choice

    def __init__(self, choices: Sequence[str], value: str = "", *, blank: bool = False, id: str | None = None) -> None:
        super().__init__(id=id)
        every = tuple(dict.fromkeys(choices))
        if value and value not in every:
            every = (value, *every)  # what is known to stand there is offered too, wrong as it may be
        self._choices = ("", *every) if blank or not every else every
        self._value = value if value in self._choices else self._choices[0]

    @property
    def value(self) -> str:
        """The chosen word; empty where none is."""
        return self._value

    def render(self) -> Content:
        """The words."""
        pieces = [
            Content.styled(
                f"{'●' if one == self._value else '○'} {safe_text(one, max_chars=60) or _NOTHING}   ",
                f"bold {tone_style('accent')}" if one == self._value else tone_style("muted"),
            )
            for one in self._choices
        ]
        line = Content("").join(pieces)
        if line.cell_length <= self.content_size.width + 3:
            return line
        at = self._choices.index(self._value) + 1
        return Content.assemble(
            ("‹ ", tone_style("accent")),
            (safe_text(self._value, max_chars=60) or _NOTHING, "bold"),
            (f" ›  {at} of {len(self._choices)}", tone_style("muted")),
        )

    def choose(self, value: str) -> None:
        """Take another word; one that is not offered changes nothing."""
        if value in self._choices and value != self._value:
            self._value = value
            self.refresh()
            self.post_message(self.Changed(self, value))

    def action_step(self, step: int) -> None:
        """The next word, or the one before."""
        at = self._choices.index(self._value)
        self.choose(self._choices[(at + step) % len(self._choices)])

    def on_key(self, event: events.Key) -> None:
        """A letter goes to the next word that begins with it."""
        letter = event.character
        if letter is None or not letter.isalnum():
            return
        at = self._choices.index(self._value)
        after = self._choices[at + 1 :] + self._choices[:at]
        found = next((one for one in after if one.casefold().startswith(letter.casefold())), None)
        if found is not None:
            event.stop()
            self.choose(found)

    def on_click(self) -> None:
        """A click goes on to the next word."""
        self.action_step(1)
