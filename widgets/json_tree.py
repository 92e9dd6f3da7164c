"""One frame, three ways: its text exactly as sent, indented, and as a tree that folds. A megabyte does not hold it up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args

from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip

from widgets.json_model import JsonRows, Node, Number, pretty_lines, read_json, written
from widgets.line_styles import PLAIN
from widgets.line_view import LineView
from widgets.safe import fit, safe_text, wrap

Mode = Literal["raw", "pretty", "tree"]

_MOST_CHARS = 4_000_000
_LONGEST_LINE = 4_000


@dataclass(frozen=True, slots=True)
class Mark:
    """Something wrong at a JSON path of the payload: the rule, in words."""

    path: str
    message: str
    tone: str = "warn"


class FrameView(LineView):
    """A frame's text as lines. Keys: ``v`` another way of looking, left/right (or enter) fold in the tree."""

    HEADER_LINES = 0

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("v", "next_mode", "Raw, pretty or tree", show=False),
        Binding("left", "fold(False)", "Shut", show=False),
        Binding("right", "fold(True)", "Open", show=False),
        Binding("shift+left", "sideways(-8)", "Left", show=False),
        Binding("shift+right", "sideways(8)", "Right", show=False),
    ]

    class ModeChanged(Message):
        """The frame is looked at another way; see ``mode``."""

        def __init__(self, view: FrameView, mode: Mode) -> None:
            super().__init__()
            self.view = view
            self.mode = mode

        @property
        def control(self) -> FrameView:
            """The view, for ``@on(…, "#id")``."""
            return self.view

    def __init__(
        self, *, mode: Mode = "tree", name: str | None = None, id: str | None = None, classes: str | None = None
    ) -> None:
        super().__init__((), empty=["nothing was sent"], name=name, id=id, classes=classes)
        self._raw = ""
        self._marks: dict[str, Mark] = {}
        self._column: int | None = None
        self._wanted: Mode = mode
        self._value: Any = None
        self._trouble: str | None = None
        self._tree: JsonRows | None = None
        self._pretty: list[tuple[str, str]] | None = None
        self._wrapped: list[str] = []
        self._wrapped_for: int | None = None
        self._at_fault: tuple[int, int, int] | None = None

    # ------------------------------------------------------------------ what is shown

    @property
    def raw(self) -> str:
        """The text as it was sent, for copying."""
        return self._raw

    @property
    def mode(self) -> Mode:
        """How it is looked at: text that is no JSON can only be looked at raw."""
        return "raw" if self._trouble is not None or not self._raw else self._wanted

    def set_frame(self, raw: str, marks: Sequence[Mark] = (), *, column: int | None = None) -> None:
        """Show a frame. ``marks``: violations by path; ``column``: the character at which reading failed, from 0."""
        self._raw = raw[:_MOST_CHARS]
        self._marks = {}
        for mark in marks:
            known = self._marks.get(mark.path)
            self._marks[mark.path] = mark if known is None else Mark(mark.path, f"{known.message}; {mark.message}")
        self._column = column
        self._value, self._trouble = read_json(self._raw) if raw else (None, None)
        self._tree, self._pretty, self._wrapped_for = None, None, None
        self._cursor = 0
        self._prepare()
        self.scroll_to(0, 0, animate=False, immediate=True, force=True)
        if self._tree is not None:
            found = [at for path in self._marks if (at := self._tree.reveal(path)) is not None]
            if found:
                self.sync_size()
                self.set_cursor(min(found))
        self.refresh()

    def set_mode(self, mode: Mode) -> None:
        """Look at the frame another way."""
        if mode != self._wanted:
            self._wanted = mode
            self._cursor = 0
            self._prepare()
            self.scroll_to(0, 0, animate=False, immediate=True, force=True)
            self.refresh()
            self.post_message(self.ModeChanged(self, self.mode))

    def action_next_mode(self) -> None:
        """Raw, then pretty, then tree."""
        modes = get_args(Mode)
        self.set_mode(modes[(modes.index(self._wanted) + 1) % len(modes)])

    def _prepare(self) -> None:
        if self.mode == "tree" and self._tree is None:
            self._tree = JsonRows(self._value)
        elif self.mode == "pretty" and self._pretty is None:
            self._pretty = list(pretty_lines(self._value))
        elif self.mode == "raw":
            self._wrap(max(self.view_size.width - 1, 8))
        self.sync_size()

    def _wrap(self, width: int) -> None:
        if self._wrapped_for == width:
            return
        self._wrapped_for = width
        fault = self._column
        self._wrapped, self._at_fault = [], None
        at = 0
        pieces = self._raw.split("\n") if self._raw else []
        for number, piece in enumerate(pieces):
            shown = safe_text(piece, max_chars=_MOST_CHARS * 10) + ("\\n" if number < len(pieces) - 1 else "")
            start = -1
            if fault is not None and at <= fault <= at + len(piece):
                start = len(safe_text(piece[: fault - at], max_chars=_MOST_CHARS * 10))
            for line in wrap(shown, width):
                if 0 <= start <= len(line) and self._at_fault is None:
                    length = max(1, len(safe_text(piece[fault - at : fault - at + 1])) if fault is not None else 1)
                    self._at_fault = (len(self._wrapped), start, length)
                start -= len(line)
                self._wrapped.append(line)
            at += len(piece) + 1

    # ------------------------------------------------------------------ LineView

    @property
    def row_count(self) -> int:
        """Lines of the present mode."""
        if self.mode == "tree":
            return len(self._tree.rows) if self._tree is not None else 0
        if self.mode == "pretty":
            return len(self._pretty or ())
        return len(self._wrapped) + (1 if self._note else 0)

    @property
    def _note(self) -> str:
        """Said above a text that could not be read, where nobody has counted the column: else it is lit, and told."""
        return f"✖ {self._trouble}" if self._trouble is not None and self._raw and self._column is None else ""

    def sync_size(self) -> None:
        """Indented lines may be longer than the screen; wrapped ones never are."""
        width = self.view_size.width
        if self.mode != "raw":
            width = max(width, self._longest())
        size = Size(width, self.row_count)
        if size != self.virtual_size:
            self.virtual_size = size
            self._clamp_target()

    def _longest(self) -> int:
        # Cells are not counted for every line: characters tell well enough how far there is to scroll.
        if self.mode == "pretty":
            longest = max((len(line) for line, _ in self._pretty or ()), default=0)
        else:
            rows = self._tree.rows if self._tree is not None else []
            longest = max((_rough_length(node) for node in rows), default=0)
        return min(longest + 2, _LONGEST_LINE)

    def relayout(self) -> None:
        """Another width: raw text is wrapped anew."""
        self._prepare()
        super().relayout()

    def row_state(self, index: int) -> int:
        """Raw text has no cursor line: there is nothing to open."""
        return PLAIN if self.mode == "raw" else super().row_state(index)

    def row_strip(self, index: int, state: int) -> Strip:
        """One line of the present mode."""
        if self.mode == "tree" and self._tree is not None:
            pieces = self._tree_pieces(self._tree.rows[index])
        elif self.mode == "pretty" and self._pretty is not None:
            text, path = self._pretty[index]
            mark = self._marks.get(path) if path else None
            pieces = [(safe_text(text, max_chars=_LONGEST_LINE), mark.tone if mark else "")]
            pieces += _mark_pieces(mark)
        else:
            pieces = self._raw_pieces(index)
        base = self.style_for(state, "")
        segments = [Segment(" ", base)]
        segments += [Segment(text, self.style_for(state, words) if words else base) for text, words in pieces if text]
        strip = Strip(segments)
        return strip.extend_cell_length(max(self.virtual_size.width, self.view_size.width), base)

    def _raw_pieces(self, index: int) -> list[tuple[str, str]]:
        if self._note:
            if index == 0:
                return [(fit(safe_text(self._note), max(self.view_size.width - 1, 0)), "bad")]
            index -= 1
        line = self._wrapped[index]
        if self._at_fault is None or self._at_fault[0] != index:
            return [(line, "")]
        _, start, length = self._at_fault
        fault = line[start : start + length]
        return [(line[:start], ""), (fault or "◀", "bad reverse"), (line[start + length :], "")]

    def _tree_pieces(self, node: Node) -> list[tuple[str, str]]:
        arrow = ("▾ " if node.expanded else "▸ ") if node.foldable else "  "
        mark = self._marks.get(node.path) if node.path else None
        value = safe_text(written(node.value, longest=_LONGEST_LINE), max_chars=_LONGEST_LINE)
        if node.expanded:
            value = ""
        pieces = [
            ("  " * node.depth + arrow, "muted"),
            (safe_text(node.label, max_chars=200), "accent"),
            ("  " if value else "", ""),
            (value, mark.tone if mark else _value_tone(node.value)),
        ]
        return pieces + _mark_pieces(mark)

    # ------------------------------------------------------------------ folding

    def selected(self) -> None:
        """Open or shut the cursor's line."""
        if self.mode == "tree" and self._tree is not None:
            self._tree.toggle(self._cursor)
            self._folded()

    def action_fold(self, opening: bool) -> None:
        """Right opens; left shuts, and where there is nothing to shut goes to the line around it."""
        tree = self._tree
        if self.mode != "tree" or tree is None or not tree.rows:
            self.action_sideways(8 if opening else -8)
            return
        if opening:
            tree.open(self._cursor)
        elif tree.rows[self._cursor].expanded:
            tree.shut(self._cursor)
        else:
            self.set_cursor(tree.parent_of(self._cursor), by_user=True)
        self._folded()

    def _folded(self) -> None:
        self.sync_size()
        self.reveal_cursor()
        self.refresh()


def _mark_pieces(mark: Mark | None) -> list[tuple[str, str]]:
    return [(f"  ⚠ {safe_text(mark.message, max_chars=300)}", mark.tone)] if mark else []


def _value_tone(value: Any) -> str:
    if isinstance(value, Number):
        return "busy"
    if isinstance(value, str):
        return ""
    return "muted"


def _rough_length(node: Node) -> int:
    size = len(node.value) if isinstance(node.value, str) else 10
    return node.depth * 2 + len(node.label) + size + 8
