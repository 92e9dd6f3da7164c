"""One line of parts that fold away when it is narrow and can be clicked: header, sections and key hints are made of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rich.cells import cell_len
from textual import events
from textual.content import Content
from textual.widget import Widget

from widgets.safe import cut, safe_content, safe_text
from widgets.tone import tone_style

_MAX_CHARS = 300


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of the line.

    ``style`` is a tone name or a ``Content`` style. ``priority`` 0 never folds away; of the others the largest goes first.
    ``short`` is tried before the part goes, and stays for good with ``keep``. A part with a ``target`` can be clicked.
    ``lead`` is drawn before the text in a style of its own (a key before its label) and goes with it, ``tail`` behind it
    in the style of the text. ``least``: the text may be cut with … down to so many cells, before anything else gives way.
    """

    text: str
    style: str = ""
    target: str = ""
    priority: int = 0
    short: str = ""
    keep: bool = False
    lead: str = ""
    lead_style: str = ""
    tail: str = ""
    least: int = 0

    @property
    def width(self) -> int:
        """Cells it takes."""
        return cell_len(self.lead) + cell_len(self.text) + cell_len(self.tail)


def arrange(left: Sequence[Part], right: Sequence[Part], width: int) -> tuple[list[Part], list[Part]]:
    """The parts that fit in ``width`` cells: long texts first become short, then the least needed parts go."""
    sides = [list(left), list(right)]

    def used() -> int:
        return sum(part.width for side in sides for part in side) + (1 if sides[0] and sides[1] else 0)

    for parts in sides:
        for at, part in enumerate(parts):
            if part.least and used() > width:
                size = max(part.least, cell_len(part.text) - (used() - width))
                parts[at] = replace(part, text=cut(part.text, size))
    while used() > width:
        foldable = [
            (part.priority, side, at) for side in (0, 1) for at, part in enumerate(sides[side]) if part.priority
        ]
        if not foldable:
            break
        _, side, at = max(foldable)
        part = sides[side][at]
        if part.short:
            priority = 0 if part.keep else part.priority
            sides[side][at] = replace(part, text=part.short, short="", priority=priority)
        else:
            del sides[side][at]
    return sides[0], sides[1]


class BarLine(Widget):
    """One line; subclasses turn their state into parts and clicks into messages."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    BarLine {
        height: 1;
        background: $panel;
        color: $foreground;
        text-wrap: nowrap;
        text-overflow: clip;
    }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._left: tuple[Part, ...] = ()
        self._right: tuple[Part, ...] = ()
        self._zones: list[tuple[int, int, str]] = []

    def set_parts(self, left: Sequence[Part], right: Sequence[Part] = ()) -> None:
        """Show other parts; nothing is drawn where they are the same. Texts are made safe here."""
        safe_left, safe_right = tuple(map(_safe_part, left)), tuple(map(_safe_part, right))
        if (safe_left, safe_right) != (self._left, self._right):
            self._left, self._right = safe_left, safe_right
            self.refresh()

    def render(self) -> Content:
        """The line for the present width."""
        width = self.size.width
        left, right = arrange(self._left, self._right, width)
        gap = max(0, width - sum(part.width for part in (*left, *right)))
        self._zones = []
        x = 0
        pieces: list[Content] = []
        for part in (*left, Part(" " * gap), *right):
            size = part.width
            if part.target:
                self._zones.append((x, x + size, part.target))
            x += size
            pieces += [_styled(part.lead, part.lead_style), _styled(part.text + part.tail, part.style)]
        return Content("").join(pieces)

    def target_at(self, x: int) -> str:
        """What is under cell ``x``, or nothing."""
        return next((target for start, end, target in self._zones if start <= x < end), "")

    def on_click(self, event: events.Click) -> None:
        """Tell the subclass which part was clicked."""
        offset = event.get_content_offset(self)
        target = self.target_at(offset.x) if offset is not None else ""
        if target:
            self.clicked(target)

    def clicked(self, target: str) -> None:
        """A part with a target was clicked."""


def _styled(text: str, style: str) -> Content:
    style = tone_style(style) or ("" if style == "plain" else style)
    return safe_content(text, style, max_chars=_MAX_CHARS)


def _safe_part(part: Part) -> Part:
    text, short = safe_text(part.text, max_chars=_MAX_CHARS), safe_text(part.short, max_chars=_MAX_CHARS)
    lead = safe_text(part.lead, max_chars=_MAX_CHARS)
    if (text, short, lead) == (part.text, part.short, part.lead):
        return part
    return replace(part, text=text, short=short, lead=lead)
