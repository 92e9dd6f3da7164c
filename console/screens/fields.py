"""The fields of a form: a line of text with a hint, and a choice that arrow keys or letters change."""

from __future__ import annotations

from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.suggester import SuggestFromList
from textual.visual import VisualType
from textual.widget import Widget
from textual.widgets import Input, Static

from console.engine.orders.schema_form import FieldSpec
from widgets.safe import safe_content, safe_text
from widgets.safe_input import SafeInput


class Choice(Widget, can_focus=True):
    """One of a few words. Left and right (or space) go on; a letter goes to the next word that begins with it."""

    DEFAULT_CSS = """
    Choice { height: 1; width: 1fr; }
    Choice:focus { background: $primary 25%; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "step(-1)", "Before", show=False),
        Binding("right,space", "step(1)", "Next", show=False),
    ]

    class Changed(Message):
        """Another word was chosen."""

    def __init__(self, choices: tuple[str, ...], value: str, *, optional: bool, id: str | None = None) -> None:
        super().__init__(id=id)
        self._choices = (("",) if optional else ()) + choices
        self.value = value if value in self._choices else self._choices[0]

    def render(self) -> VisualType:
        """All words side by side where they fit, otherwise the chosen one and how many there are."""
        pieces: list[tuple[str, str]] = []
        for one in self._choices:
            name = safe_text(one, max_chars=40) or "not said"
            on = one == self.value
            pieces.append((f"{'●' if on else '○'} {name}   ", "bold $text-accent" if on else "$text-muted"))
        line = Content.assemble(*pieces)
        if line.cell_length <= self.size.width:
            return line
        at = self._choices.index(self.value) + 1
        name = safe_text(self.value, max_chars=40) or "not said"
        return Content.assemble(
            ("‹ ", "$text-accent"), (name, "bold"), (f" ›  {at}/{len(self._choices)}", "$text-muted")
        )

    def set_value(self, value: str) -> None:
        """Choose a word."""
        if value in self._choices and value != self.value:
            self.value = value
            self.refresh()
            self.post_message(self.Changed())

    def action_step(self, step: int) -> None:
        """The next word, or the one before."""
        at = self._choices.index(self.value)
        self.set_value(self._choices[(at + step) % len(self._choices)])

    def on_key(self, event: events.Key) -> None:
        """A letter goes to the next word that begins with it."""
        letter = event.character
        if letter is None or not letter.isalnum():
            return
        at = self._choices.index(self.value)
        after = self._choices[at + 1 :] + self._choices[:at]
        found = next((one for one in after if one.casefold().startswith(letter.casefold())), None)
        if found is not None:
            event.stop()
            self.set_value(found)

    def on_click(self) -> None:
        """A click goes on to the next word."""
        self.action_step(1)


class Field(Horizontal):
    """One argument of an order: its name, where its value is written or chosen, and a few words about it."""

    DEFAULT_CSS = """
    Field { height: 1; margin-bottom: 1; }
    Field > .name { width: 14; color: $text-muted; }
    Field > Input { height: 1; width: 2fr; min-width: 18; border: none; padding: 0 1; background: $boost; }
    Field > Input:focus { border: none; background: $primary 25%; }
    Field > .hint { width: 3fr; color: $text-muted; padding-left: 1; }
    """

    def __init__(self, spec: FieldSpec) -> None:
        super().__init__()
        self.spec = spec

    def compose(self) -> ComposeResult:
        """Name, value, hint."""
        spec = self.spec
        name = safe_text(spec.label, max_chars=40)
        yield Static(safe_content(name), classes="name", markup=False)
        if spec.choices and spec.kind in ("choice", "bool"):
            yield Choice(spec.choices, spec.value, optional=not spec.required and not spec.value)
        else:
            suggester = SuggestFromList(spec.choices, case_sensitive=False) if spec.choices else None
            yield SafeInput(
                value=spec.value,
                placeholder="" if spec.required else "may be left out",
                max_length=spec.longest or 2_000,
                suggester=suggester,
                select_on_focus=False,
            )
            yield Static(safe_content(spec.hint), classes="hint", markup=False)

    @property
    def value(self) -> str:
        """What stands in it."""
        for box in self.query(Input):
            return box.value
        for choice in self.query(Choice):
            return choice.value
        return self.spec.value

    def take_focus(self) -> None:
        """The keyboard is this field's."""
        self.query_one("Input, Choice").focus()

    @on(Choice.Changed)
    def _changed(self, event: Choice.Changed) -> None:
        event.stop()
        self.post_message(self.Edited())

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Edited())

    class Edited(Message):
        """A value has changed."""
