"""The two frames of an exchange beside or below each other: as sent, indented or as trees, secrets hidden or bare."""

from __future__ import annotations

from typing import ClassVar

import orjson
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical

from console.engine.masking import masked_payload, masked_raw
from console.engine.wire.exchange import Exchange, Happening
from console.screens.message_rows import broken_at
from widgets.format import bytes_
from widgets.json_tree import FrameView, Mark
from widgets.safe import safe_content, safe_text
from widgets.sized import Sized

SIDE_BY_SIDE = 120  # cells from which on the frames stand beside each other
_WAYS = {"raw": "as sent", "pretty": "indented", "tree": "as a tree"}

Raw = str | bytes | None


class Frames(Sized, Container):
    """Call and answer. ``bare``: secrets are shown; ``hides``: something is hidden now, or would be."""

    DEFAULT_CSS = """
    Frames { height: 1fr; layout: vertical; }
    Frames.-beside { layout: horizontal; }
    Frames .frame {
        border: round $panel-lighten-2; width: 1fr; height: 1fr; min-height: 4;
        border-title-color: $text-accent; border-title-style: bold; border-subtitle-color: $text-muted;
    }
    Frames .frame:focus-within { border: round $accent; }
    Frames.-lone #answer { display: none; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("tab", "other", "Other frame", show=False)]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.bare = False
        self.hides = False
        self._exchange: Exchange | None = None
        self._raws: tuple[Raw, Raw] = (None, None)
        self._hidden = (False, False)

    def compose(self) -> ComposeResult:
        """Call, answer."""
        with Vertical(id="call", classes="frame"):
            yield FrameView(id="request")
        with Vertical(id="answer", classes="frame"):
            yield FrameView(id="response")

    @property
    def views(self) -> tuple[FrameView, FrameView]:
        """The views of call and answer."""
        return self.query_one("#request", FrameView), self.query_one("#response", FrameView)

    def on_resize(self, event: events.Resize) -> None:
        """Beside each other where there is room."""
        self.set_class(event.size.width >= SIDE_BY_SIDE, "-beside")
        self.call_after_refresh(self._share)

    def _share(self) -> None:
        """Below each other, a frame that is short leaves its room to the other one."""
        call, answer = self.query_one("#call"), self.query_one("#answer")
        if self.has_class("-beside") or self.has_class("-lone"):
            call.styles.height = answer.styles.height = "1fr"
            return
        wanted = [max(view.row_count, 1) + 2 for view in self.views]  # 2: the border
        whole = self.size.height
        if wanted[1] <= max(whole - wanted[0], whole // 2):
            call.styles.height, answer.styles.height = "1fr", wanted[1]
        elif wanted[0] <= whole // 2:
            call.styles.height, answer.styles.height = wanted[0], "1fr"
        else:
            call.styles.height = answer.styles.height = "1fr"

    def show(self, exchange: Exchange, *, bare: bool = False) -> None:
        """Show the frames of an exchange."""
        self._exchange, self.bare = exchange, bare
        self._raws = (exchange.raw_request, exchange.raw_response)
        safe = [self._masked(raw) for raw in self._raws]
        self.hides = any(one != _readable(raw) for one, raw in zip(safe, self._raws, strict=True))
        shown = [_readable(raw) for raw in self._raws] if bare else safe
        self._hidden = (shown[0] != _readable(self._raws[0]), shown[1] != _readable(self._raws[1]))
        request, response = self.views
        column = broken_at(exchange)
        ours = exchange.direction == "out"
        unread = self._raws[1 if ours else 0]
        if column is not None and isinstance(unread, str) and not bare:
            column = len(self._masked(unread[:column]))
        # What stands in the place of a frame that is not there depends on who should have sent it.
        empty = ("nothing was sent", "nothing came") if ours else ("nothing came", "nothing was sent")
        for view, words in zip(self.views, empty, strict=True):
            view.set_empty([words])
        request.set_frame(shown[0], _marks(exchange, "request"), column=None if ours else column)
        response.set_frame(shown[1], _marks(exchange, "response"), column=column if ours else None)
        who = safe_text(exchange.station, max_chars=48)
        ways = (f"{who} → console", f"console → {who}")
        called, answered = ways if exchange.direction == "in" else ways[::-1]
        if exchange.outcome == "unsolicited":
            answered = ways[0]
        self._title("#call", f"call · {called}")
        self._title("#answer", f"answer · {answered}")
        self._subtitles()
        self.set_class(exchange.outcome == "send", "-lone")
        self.call_after_refresh(self._share)

    def show_happening(self, happening: Happening | None) -> None:
        """Show what was noted of something that is no exchange; None: nothing is left of it."""
        self._exchange, self._raws, self._hidden, self.hides = None, (None, None), (False, False), False
        self.add_class("-lone")
        self._title("#call", "what was noted")
        text = "" if happening is None else orjson.dumps(masked_payload(happening.data)).decode()
        self.views[0].set_frame(text)

    def take_focus(self) -> None:
        """The keyboard goes to the call; to the answer where there is no call."""
        lone_answer = self._raws[0] is None and self._raws[1] is not None
        self.screen.set_focus(self.views[1 if lone_answer else 0], scroll_visible=False)

    def copied(self) -> tuple[str, str] | None:
        """The answer where it has the keyboard, else both frames, as they are shown: what is hidden stays hidden."""
        request, response = self.views
        if response.has_focus and response.raw:
            return response.raw, "the answer"
        texts = [view.raw for view in (request, response) if view.raw]
        if not texts:
            return None
        return "\n".join(texts), "both frames" if len(texts) == 2 else "the frame"

    def action_other(self) -> None:
        """``tab``: the other frame."""
        request, response = self.views
        lone = self.has_class("-lone")
        (request if response.has_focus or lone else response).focus(scroll_visible=False)

    @on(FrameView.ModeChanged)
    def _mode_changed(self, event: FrameView.ModeChanged) -> None:
        event.stop()
        for view in self.views:
            view.set_mode(event.mode)
        self._subtitles()
        self.call_after_refresh(self._share)

    def _title(self, box: str, text: str) -> None:
        self.query_one(box).border_title = safe_content(text)

    def _subtitles(self) -> None:
        """How big each frame is and how it is looked at."""
        for box, view, raw, hidden in zip(("#call", "#answer"), self.views, self._raws, self._hidden, strict=True):
            size = "nothing"
            if raw is not None:
                size = bytes_(len(raw if isinstance(raw, bytes) else raw.encode("utf-8", "surrogatepass")))
            note = " · secrets hidden" if hidden else ""
            self.query_one(box).border_subtitle = safe_content(f"{size} · {_WAYS[view.mode]}{note}")

    def _masked(self, raw: Raw) -> str:
        exchange = self._exchange
        if not isinstance(raw, str) or exchange is None:
            return _readable(raw)
        return masked_raw(raw, exchange.request, exchange.response)


def _readable(raw: Raw) -> str:
    """A frame as text: bytes in hexadecimal."""
    if raw is None:
        return ""
    return raw if isinstance(raw, str) else raw.hex(" ")


def _marks(exchange: Exchange, side: str) -> list[Mark]:
    """Violations of one side by their JSON path; those of broken text have a column instead."""
    return [
        Mark(one.path, f"{one.rule}: {one.message}")
        for one in exchange.violations
        if one.side == side and " " not in one.path
    ]
