"""The colours of live tables and logs: tones, cursor, header; resolved once for a theme and kept."""

from __future__ import annotations

from typing import ClassVar

from rich.style import Style
from textual.scroll_view import ScrollView

from widgets.sized import Sized
from widgets.tone import Tone

TONES: tuple[Tone, ...] = ("ok", "busy", "warn", "bad", "idle", "muted", "accent")

PLAIN, CURSOR, MARKED = 0, 1, 2
"""How a row is drawn: bits that are or-ed."""


class StyledLines(Sized, ScrollView):
    """A line-API view whose cells name their style in words."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "line-view--header",
        "line-view--sorted",
        "line-view--cursor",
        "line-view--mark",
        "line-view--pill",
        "line-view--note",
        *(f"line-view--{tone}" for tone in TONES),
    }

    DEFAULT_CSS = """
    StyledLines {
        height: 1fr;
        background: $background;
        color: $foreground;
        scrollbar-size-vertical: 1;
        scrollbar-size-horizontal: 1;
        scrollbar-gutter: stable;
        scrollbar-background: $background;
        scrollbar-corner-color: $background;
        overflow-x: auto;
        overflow-y: auto;
        .line-view--header { color: $text-muted; background: $panel; text-style: bold; }
        .line-view--sorted { color: $text-accent; background: $panel; text-style: bold; }
        .line-view--cursor { background: $primary 25%; text-style: bold; }
        &:focus .line-view--cursor {
            background: $block-cursor-background; color: $block-cursor-foreground; text-style: bold;
        }
        .line-view--mark { color: $text-accent; text-style: bold; }
        .line-view--pill { color: $text; background: $warning 40%; text-style: bold; }
        .line-view--note { color: $text-muted; }
        .line-view--ok { color: $text-success; }
        .line-view--busy { color: $text-primary; }
        .line-view--warn { color: $text-warning; }
        .line-view--bad { color: $text-error; text-style: bold; }
        .line-view--idle, .line-view--muted { color: $text-muted; }
        .line-view--accent { color: $text-accent; }
        &:ansi .line-view--cursor { text-style: reverse; }
    }
    """

    def __init__(self, *, name: str | None = None, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self._style_of: dict[tuple[int, str], Style] = {}

    def forget_strips(self) -> None:
        """Styles or columns changed: nothing drawn before holds."""

    def notify_style_update(self) -> None:
        """A theme or the focus changed."""
        super().notify_style_update()
        self._style_of.clear()
        self.forget_strips()

    @property
    def base_style(self) -> Style:
        """Text on the widget's own background."""
        return self.style_for(PLAIN, "")

    def style_for(self, state: int, words: str) -> Style:
        """The Rich style of a row state and a cell's style words."""
        key = (state, words)
        style = self._style_of.get(key)
        if style is None:
            style = self._style_of[key] = self._make_style(state, words)
        return style

    def component(self, name: str) -> Style:
        """The style of one component class."""
        key = (-1, name)
        style = self._style_of.get(key)
        if style is None:
            style = self._style_of[key] = self.get_component_rich_style(name)
        return style

    def _make_style(self, state: int, words: str) -> Style:
        cursor = bool(state & CURSOR)
        bare = cursor and self.app.no_color
        style = self.component("line-view--cursor") if cursor and not bare else self.rich_style
        if bare:
            # Without colours a blue ground becomes a grey that hides its text; text on its own ground, turned round, is
            # as clear as it can be.
            style += Style(reverse=True, bold=True) if self.has_focus else Style(underline=True, bold=True)
        # On the strong cursor bar one colour of text is readable on every theme; glyph and word keep the state.
        coloured = not (cursor and self.has_focus)
        for word in words.split():
            if word in TONES:
                tone = self.component(f"line-view--{word}")
                # Without colours red is a dark grey: what is bad must not be harder to read than what is well.
                shown = coloured and (not self.app.no_color or word in ("muted", "idle"))
                style += Style(color=tone.color if shown else None, bold=tone.bold or None)
            elif word in ("bold", "italic", "underline", "reverse", "strike"):
                style += Style.parse(word)
        return style
