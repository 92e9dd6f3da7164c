"""The log of exchanges as a widget: columns that follow its width, marks, and what is copied of a row."""

from __future__ import annotations

from collections.abc import Callable

from textual import events

from console.engine.masking import masked_raw
from console.engine.wire.exchange import Exchange
from console.screens.message_rows import NARROW, cells, columns
from widgets.columns import CellLike
from widgets.line_log import LineLog
from widgets.line_styles import MARKED
from widgets.safe import safe_text


class MessageLog(LineLog[Exchange]):
    """The log itself: its columns follow its width, and marked exchanges carry a mark."""

    def __init__(self, *, all_stations: bool, marked: Callable[[int], bool], id: str | None = None) -> None:
        super().__init__(columns(NARROW, station=all_stations), self._row, id=id)
        self._all_stations = all_stations
        self._marked = marked
        self._narrow = False

    def _row(self, exchange: Exchange) -> list[CellLike]:
        room = self.column_width("summary")
        name = self.column_width("station") if self._all_stations else 0
        return list(cells(exchange, narrow=self._narrow, station=self._all_stations, room=room, name=name))

    def on_resize(self, event: events.Resize) -> None:
        """Other columns for another width."""
        width = self.view_size.width
        self._narrow = width < NARROW
        self.set_columns(columns(width, station=self._all_stations))

    def row_state(self, index: int) -> int:
        """The mark of an exchange that a person wants to find again."""
        state = super().row_state(index)
        key = self.key_at(index)
        return state | MARKED if isinstance(key, int) and self._marked(key) else state

    @property
    def chosen(self) -> Exchange | None:
        """The exchange the cursor stands on."""
        key = self.cursor_key
        return None if key is None else self.row_of(key)


def copied(exchange: Exchange) -> tuple[str, str]:
    """Both frames as they were sent, one a line, with secrets hidden; and what they are called."""
    frames = [one for one in (exchange.raw_request, exchange.raw_response) if one is not None]
    text = "\n".join(
        masked_raw(one, exchange.request, exchange.response) if isinstance(one, str) else one.hex() for one in frames
    )
    return (
        text,
        f"{safe_text(exchange.action or 'the frame', max_chars=40)} of {safe_text(exchange.station, max_chars=40)}",
    )
