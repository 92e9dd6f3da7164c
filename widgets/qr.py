"""A QR code drawn with half blocks, full screen: the URL goes into the charger's app without typing."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Center, Middle
from textual.screen import ModalScreen
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Static

from widgets.safe import safe_content, safe_content_lines

QUIET = 4
"""Light modules around the code; readers need them (ISO/IEC 18004, 5.3.8)."""

_LIGHT_ON_DARK = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}
# Black on white whatever the theme: readers expect dark modules on a light ground.
_PAPER = Style.parse("#000000 on #ffffff")


def qr_lines(text: str, quiet: int = QUIET) -> list[str]:
    """The code as lines of half blocks, two rows of modules a line; dark modules are the drawn ones.

    Raises ValueError where the text is too long for any code.
    """
    # Not before it is asked for: the first paint does not wait for it.
    import segno

    # Level L: fewest modules, so that it fits a terminal; a screen does not get dirty.
    code = segno.make(text, error="l", micro=False, boost_error=False)
    rows = [[bool(module) for module in row] for row in code.matrix_iter(border=quiet)]
    if len(rows) % 2:
        rows.append([False] * len(rows[0]))
    return [
        "".join(_LIGHT_ON_DARK[pair] for pair in zip(rows[at], rows[at + 1], strict=True))
        for at in range(0, len(rows), 2)
    ]


class QrCode(Widget):
    """The code itself, as wide and high as it is."""

    DEFAULT_CSS = "QrCode { width: auto; height: auto; }"

    def __init__(self, lines: list[str]) -> None:
        super().__init__()
        self._lines = lines

    def get_content_width(self, container: object, viewport: object) -> int:
        """Modules across."""
        return len(self._lines[0]) if self._lines else 0

    def get_content_height(self, container: object, viewport: object, width: int) -> int:
        """Half of the modules down."""
        return len(self._lines)

    def render_line(self, y: int) -> Strip:
        """One line, black on white."""
        line = self._lines[y] if y < len(self._lines) else ""
        return Strip([Segment(line, _PAPER)], len(line))


class QrScreen(ModalScreen[None]):
    """A QR code over everything; any key or click closes it."""

    DEFAULT_CSS = """
    QrScreen {
        align: center middle; background: $background;
        Middle { height: auto; width: 100%; align: center middle; }
        Center { height: auto; }
        Static { width: 100%; height: auto; text-style: bold; text-align: center; }
        #qr-note { text-style: none; color: $text-muted; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "close", "Close", show=False)]

    def __init__(self, text: str, note: str = "Any key closes this.", *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._text = text
        self._note = note

    def compose(self) -> ComposeResult:
        """The code, what it says in letters, a note."""
        room = self.app.size
        try:
            fitting = next(
                (
                    lines
                    for quiet in (QUIET, 2, 1)
                    if len(lines := qr_lines(self._text, quiet)) + 2 <= room.height and len(lines[0]) <= room.width
                ),
                None,
            )
        except ValueError:
            fitting = None
        with Middle():
            if fitting is not None:
                with Center():
                    yield QrCode(fitting)
            yield Static(safe_content(self._text, max_chars=300))
            note = self._note if fitting is not None else f"The window is too small for the code.\n{self._note}"
            yield Static(safe_content_lines(note, max_lines=3), id="qr-note")

    def on_key(self, event: events.Key) -> None:
        """Any key closes."""
        event.stop()
        self.dismiss(None)

    def on_click(self) -> None:
        """A click closes."""
        self.dismiss(None)

    def action_close(self) -> None:
        """Esc closes."""
        self.dismiss(None)
