"""The URL to type into a charger, full screen: large, and as a QR code for whoever has a phone in hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import segno
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Center, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from widgets.safe import safe_text


def qr_content(text: str) -> Content:
    """The QR code of ``text`` in half blocks, dark on light whatever the theme, with its quiet zone of four cells."""
    rows = [bytearray(row) for row in segno.make(text, error="l", micro=False).matrix]
    border = 2
    width = len(rows[0]) + 2 * border
    blank = bytearray(width)
    grid = [blank] * border + [bytearray(border) + row + bytearray(border) for row in rows] + [blank] * border
    if len(grid) % 2:
        grid.append(blank)
    lines: list[Content] = []
    for upper, lower in zip(grid[::2], grid[1::2], strict=True):
        cells = "".join(" ▀▄█"[(1 if up else 0) + (2 if low else 0)] for up, low in zip(upper, lower, strict=True))
        lines.append(Content.styled(cells, "#000000 on #ffffff"))
    return Content("\n").join(lines)


class QrScreen(ModalScreen[None]):
    """Every address of the endpoint; any of the usual keys closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter,space", "leave", "Close", show=False),
        Binding("right,tab,n", "next", "Next address", show=False),
        Binding("y", "copy", "Copy", show=False),
    ]

    DEFAULT_CSS = """
    QrScreen { background: $background; align: center middle; }
    QrScreen VerticalScroll { height: 100%; align: center middle; }
    QrScreen Static { width: auto; height: auto; text-align: center; }
    QrScreen .url { text-style: bold; }
    """

    def __init__(self, urls: Sequence[str]) -> None:
        super().__init__()
        self._urls = list(urls)
        self._at = 0

    def compose(self) -> ComposeResult:
        """The URL, its code, what to do with it."""
        with VerticalScroll(can_focus=False):
            with Center():
                yield Static("", classes="url", markup=False)
            with Center():
                yield Static("", id="code", markup=False)
            with Center():
                yield Static("", id="note", markup=False)

    def on_mount(self) -> None:
        """The first address."""
        self._draw()

    def _draw(self) -> None:
        url = self._urls[self._at]
        self.query_one(".url", Static).update(
            Content.assemble((safe_text(url), "bold $text-accent"), ("<station id>", "$text-muted"))
        )
        self.query_one("#code", Static).update(qr_content(url))
        more = f" · → next of {len(self._urls)} addresses" if len(self._urls) > 1 else ""
        self.query_one("#note", Static).update(
            Content.styled(
                f"Type this into the charger as its central system (CSMS) URL · y copies · esc closes{more}",
                "$text-muted",
            )
        )

    def action_leave(self) -> None:
        """Back to work."""
        self.dismiss()

    def action_next(self) -> None:
        """The next address."""
        self._at = (self._at + 1) % len(self._urls)
        self._draw()

    def action_copy(self) -> None:
        """The URL to the clipboard."""
        self.app.copy_to_clipboard(self._urls[self._at])
        self.notify("Copied the URL.", markup=False)
