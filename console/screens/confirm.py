"""A question that is answered with yes or no, where yes loses something: what is lost, and the keyboard on staying."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from widgets.safe import safe_content


class ConfirmScreen(ModalScreen[bool]):
    """``said`` are paragraphs that are safe already; ``sure`` and ``stay`` the words on the buttons, ``verb`` what ``y``
    does."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,n", "answer(False)", "Stay", show=False),
        Binding("y", "answer(True)", "Sure", show=False),
        Binding("left,right,up,down", "app.focus_next", "Other", show=False),
    ]

    def __init__(self, title: str, said: Sequence[Content], *, sure: str, verb: str, stay: str = "Cancel") -> None:
        super().__init__(classes="dialog-screen")
        self._title = title
        self._said = list(said)
        self._sure, self._verb, self._stay = sure, verb, stay

    def compose(self) -> ComposeResult:
        """What is lost; stay, or go on."""
        with Vertical(classes="dialog -danger") as dialog:
            dialog.border_title = safe_content(self._title)
            yield Static(Content("\n\n").join(self._said), classes="said")
            with Horizontal(classes="buttons"):
                yield Button(safe_content(self._stay), id="stay", variant="primary", compact=True)
                yield Button(safe_content(self._sure), id="sure", variant="error", compact=True)
                yield Static(safe_content(f"y {self._verb} · esc {_does(self._stay)}"), classes="keys")

    def on_mount(self) -> None:
        """The keyboard is on staying."""
        self.set_focus(self.query_one("#stay"))

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "sure")

    def action_answer(self, sure: bool) -> None:
        """The answer."""
        self.dismiss(sure)


def _does(word: str) -> str:
    return "leaves" if word == "Cancel" else f"{word.lower()}s"
