"""One argument in the form of an order: its name, and where its value is written or chosen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.suggester import SuggestFromList
from textual.widget import Widget
from textual.widgets import Input, Static, TextArea

from console.engine.orders.schema_form import FieldSpec
from widgets.choice import Choice
from widgets.safe import safe_content, safe_text
from widgets.safe_input import SafeInput, SafeTextArea

NAMES = frozenset(("action", "key", "component", "variable", "file"))
"""Fields whose proposals are names that exist: tab takes them. What is an id tag is for the person to say."""


class FormInput(SafeInput):
    """A line of a form. What stands in it is marked when the keyboard comes, so that typing replaces it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("tab", "take", "Complete", show=False)]

    def __init__(
        self, value: str, *, proposals: Sequence[str], completes: bool, placeholder: str, longest: int
    ) -> None:
        super().__init__(
            value=value,
            placeholder=placeholder,
            max_length=longest,
            suggester=SuggestFromList(proposals, case_sensitive=False) if proposals else None,
        )
        self._completes = completes

    def action_take(self) -> None:
        """Take the name that is proposed; without one go to the next field."""
        proposed = self._suggestion
        if self._completes and self.value and len(proposed) > len(self.value) and self.selection.is_empty:
            self.value = proposed
            self.cursor_position = len(proposed)
        else:
            self.screen.focus_next()


class Field(Horizontal):
    """One argument of an order: its name, where its value is written or chosen, and a few words about it."""

    DEFAULT_CSS = """
    Field { height: auto; }
    Field > .name { width: 14; color: $text-muted; }
    Field > SafeInput, Field > SafeInput:focus {
        height: 1; width: 1fr; border: none; padding: 0 1; background: $boost;
    }
    Field > SafeInput:focus { background: $primary 30%; }
    Field > SafeTextArea, Field > SafeTextArea:focus { height: 6; width: 1fr; border: none; background: $boost; }
    """

    def __init__(self, spec: FieldSpec) -> None:
        super().__init__()
        self.spec = spec
        self._control = self._make()

    def compose(self) -> ComposeResult:
        """Name and value."""
        spec = self.spec
        name = safe_text(spec.label, max_chars=40)
        yield Static(safe_content(name), classes="name", markup=False)
        yield self._control

    def _make(self) -> SafeInput | SafeTextArea | Choice:
        spec = self.spec
        if spec.choices and spec.kind in ("choice", "bool"):
            return Choice(spec.choices, spec.value, blank=not spec.required and not spec.value)
        if spec.kind == "json":
            return SafeTextArea(spec.value, show_line_numbers=False, tab_behavior="focus", placeholder="{ … }")
        # Textual draws a proposal as it is: only harmless ones are proposed.
        proposals = [one for one in spec.choices if safe_text(one) == one]
        return FormInput(
            spec.value,
            proposals=proposals,
            completes=spec.name in NAMES,
            placeholder=spec.offer if spec.required else "may be left out",
            longest=spec.longest or 2_000,
        )

    @property
    def hint(self) -> str:
        """A few words for whoever writes here. Of a field that is needed the offer stands in the field itself."""
        spec = self.spec
        words = spec.hint if spec.required else spec.offer or spec.hint
        completes = isinstance(self._control, FormInput) and spec.name in NAMES and spec.choices
        return f"{words} · tab completes" if words and completes else words

    @property
    def value(self) -> str:
        """What stands in it."""
        control = self._control
        return control.text if isinstance(control, SafeTextArea) else control.value

    def fill(self, text: str) -> None:
        """Put a text there."""
        if isinstance(self._control, SafeTextArea):
            self._control.text = text

    def say_empty(self, words: str) -> None:
        """What stands in it while nothing is typed."""
        if isinstance(self._control, SafeInput):
            self._control.placeholder = words

    def take_focus(self) -> None:
        """The keyboard is this field's."""
        self.screen.set_focus(self._control)

    @property
    def control(self) -> Widget:
        """What takes the keys."""
        return self._control

    @on(Choice.Changed)
    @on(Input.Changed)
    @on(TextArea.Changed)
    def _changed(self, event: Message) -> None:
        event.stop()
        self.post_message(self.Edited())

    class Edited(Message):
        """A value has changed."""
