"""A question with one line for an answer: where to save, a note, a word."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from widgets.safe import safe_content
from widgets.safe_input import SafeInput


class AskScreen(ModalScreen[str | None]):
    """``check`` answers None or a sentence about what is wrong; the dialog stays open then. None: left."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Leave", show=False)]

    DEFAULT_CSS = """
    AskScreen SafeInput { border: none; height: 1; padding: 0 1; background: $boost; }
    AskScreen SafeInput:focus { border: none; background: $primary 25%; }
    AskScreen #wrong { color: $text-error; height: auto; }
    """

    def __init__(
        self, title: str, text: str, value: str = "", *, check: Callable[[str], str | None] = lambda _: None
    ) -> None:
        super().__init__(classes="dialog-screen")
        self._title = title
        self._text = text
        self._start = value
        self._check = check

    def compose(self) -> ComposeResult:
        """What is asked, the line, what is wrong with it."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = safe_content(self._title)
            yield Static(safe_content(self._text), classes="who", markup=False)
            yield SafeInput(value=self._start, select_on_focus=False)
            yield Static("", id="wrong", markup=False)
            yield Static("enter · esc leaves", classes="keys", markup=False)

    def on_mount(self) -> None:
        """The line has the keyboard."""
        line = self.query_one(Input)
        line.cursor_position = len(line.value)
        self.set_focus(line)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        wrong = self._check(event.value)
        if wrong is None:
            self.dismiss(event.value)
        else:
            self.query_one("#wrong", Static).update(safe_content(f"✖ {wrong}"))

    @on(Input.Changed)
    def _changed(self) -> None:
        self.query_one("#wrong", Static).update(Content(""))

    def action_leave(self) -> None:
        """No answer."""
        self.dismiss(None)
