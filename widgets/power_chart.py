"""Power against time for one session. plotext is imported when the first chart is shown, not before the first paint."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from textual.app import ComposeResult
from textual.color import Color
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from widgets.ticks import duration_ticks, room_for, value_ticks
from widgets.tone import tone_style

if TYPE_CHECKING:
    from textual_plotext import PlotextPlot

_MOST_POINTS = 2_000


class Sample(NamedTuple):
    """Seconds since the session began and power in W; ``None`` is a gap (a missing sequence number, an offline time)."""

    seconds: float
    watts: float | None


def runs(samples: Sequence[Sample]) -> list[list[tuple[float, float]]]:
    """Minutes and kW, cut into pieces at the gaps; of very many samples an even choice."""
    step = max(1, math.ceil(len(samples) / _MOST_POINTS))
    pieces: list[list[tuple[float, float]]] = [[]]
    for at, sample in enumerate(samples):
        if sample.watts is None or not _drawable(sample.watts) or not _drawable(sample.seconds):
            if pieces[-1]:
                pieces.append([])
        elif at % step == 0 or at == len(samples) - 1:
            pieces[-1].append((sample.seconds / 60, sample.watts / 1000))
    return [piece for piece in pieces if piece]


def _drawable(number: float) -> bool:
    # Beyond this a station sent nonsense, and one such sample would flatten everything else.
    return -1e9 < number < 1e9


class PowerChart(Vertical):
    """A line of kW over the time since the session began, with the limit where one is known."""

    DEFAULT_CSS = """
    PowerChart {
        height: 1fr; min-height: 6;
        #chart-empty { height: 1fr; content-align: center middle; }
        .-hidden { display: none; }
    }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._samples: tuple[Sample, ...] = ()
        self._limit: float | None = None
        self._plot: PlotextPlot | None = None

    def compose(self) -> ComposeResult:
        """A sentence until there is something to draw."""
        yield Static(Content.styled("no power samples yet", tone_style("muted")), id="chart-empty")

    def on_mount(self) -> None:
        """Draw what was set before there was a place for it, and again in another theme."""
        self.app.theme_changed_signal.subscribe(self, lambda _theme: self._draw())
        self._draw()

    def on_resize(self) -> None:
        """Another width has room for another number of marks."""
        self._draw()

    def set_samples(self, samples: Sequence[Sample], *, limit_w: float | None = None) -> None:
        """Show these samples; nothing is drawn where they are the same."""
        fresh = tuple(samples)
        if fresh == self._samples and limit_w == self._limit:
            return
        self._samples, self._limit = fresh, limit_w
        if self.is_mounted:
            self._draw()

    def _draw(self) -> None:
        pieces = runs(self._samples)
        empty = sum(map(len, pieces)) < 2
        self.query_one("#chart-empty").set_class(not empty, "-hidden")
        if self._plot is not None:
            self._plot.set_class(empty, "-hidden")
        if empty:
            return
        if self._plot is None:
            from textual_plotext import PlotextPlot

            self._plot = PlotextPlot()
            self.mount(self._plot)
        plot = self._plot.plt
        plot.clear_figure()
        end = pieces[-1][-1][0]
        line, limit_line = (self._colour("primary"), self._colour("warning"))
        for piece in pieces:
            plot.plot([minute for minute, _ in piece], [kw for _, kw in piece], marker="hd", color=line)
        top = max(kw for piece in pieces for _, kw in piece)
        if self._limit is not None and _drawable(self._limit):
            limit = self._limit / 1000
            plot.plot([0, end], [limit, limit], marker="braille", color=limit_line)
            top = max(top, limit)
        low = min(0.0, min(kw for piece in pieces for _, kw in piece))
        marks, labels = value_ticks(low, top if top > 0 or low < 0 else 1.0, 4)
        plot.ylim(marks[0], marks[-1])
        plot.xticks(*duration_ticks(end, room_for(self.size.width)))
        plot.yticks(marks, [*labels[:-1], f"kW {labels[-1]}"])
        self._plot.refresh()

    def _colour(self, name: str) -> tuple[int, int, int]:
        return Color.parse(self.app.theme_variables[name]).rgb
