"""Energy, power or state of charge of one session against time."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

from textual.color import Color
from textual_plotext import PlotextPlot

from widgets.ticks import clock_ticks, room_for, value_ticks

if TYPE_CHECKING:
    from console.engine.fleet.model import Point, Transaction

METRICS: Final = ("energy", "power", "charge")
_NAMES: Final = {"energy": ("energy", "Wh"), "power": ("power", "W"), "charge": ("state of charge", "%")}
_TICKS = 6
_STEPS = 4  # of the value axis
_NONSENSE = 1e12  # one such reading would flatten everything else
# From so many times the usual pause on readings are missing, and sooner where it is known that some are.
_GAP, _GAP_KNOWN, _LEAST_GAP_S = 4.0, 1.7, 60.0


class SessionChart(PlotextPlot):
    """Drawn again only where the session has another point, or another metric is asked for."""

    DEFAULT_CSS = """
    SessionChart { height: 1fr; min-height: 6; }
    """

    def __init__(self, metric: str = "energy", *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.metric = metric
        self._shown: tuple[object, ...] = ()
        self._transaction: Transaction | None = None

    def on_mount(self) -> None:
        """Another theme has another colour for the line."""
        self.app.theme_changed_signal.subscribe(self, lambda _theme: self._draw())

    def on_resize(self) -> None:
        """Another width has room for another number of marks."""
        self._draw()

    def show(self, transaction: Transaction | None) -> None:
        """Draw this session (None: an empty chart)."""
        self._transaction = transaction
        self._draw()

    def turn(self) -> None:
        """The next metric."""
        self.metric = METRICS[(METRICS.index(self.metric) + 1) % len(METRICS)]
        self._draw()

    def _draw(self) -> None:
        one = self._transaction
        series = one.series if one is not None else []
        marks = room_for(self.size.width, _TICKS)
        last = series[-1] if series else None
        shown = (one.id if one is not None else None, len(series), last, self.metric, marks, self.app.theme)
        if shown == self._shown:
            return
        self._shown = shown
        values_at = ((point.time, _value(point, self.metric)) for point in series)
        points = [(time, value) for time, value in values_at if value is not None and abs(value) < _NONSENSE]
        plot = self.plt
        plot.clear_data()
        plot.clear_figure()
        name, unit = _NAMES[self.metric]
        if one is None or len(points) < 2:
            plot.title(f"{name} · {'no session runs' if one is None else 'waiting for readings'}")
            self.refresh()
            return
        begin = points[0][0]
        seconds = [(time - begin) / 1e9 for time, _ in points]
        values = [value for _, value in points]
        if self.metric != "charge" and max(map(abs, values)) >= 1000:
            unit, values = f"k{unit}", [value / 1000 for value in values]
        plot.title(f"{name}, {unit}")
        lost = _GAP_KNOWN if one.seq_gaps else _GAP
        for piece in pieces(list(zip(seconds, values, strict=True)), lost):
            plot.plot([at for at, _ in piece], [value for _, value in piece], marker="braille", color=self._colour())
        high = 100.0 if self.metric == "charge" else max(*values, 0.001)
        levels, labels = value_ticks(min(values), high, _STEPS)
        plot.ylim(levels[0], levels[-1])
        plot.yticks(levels, labels)
        plot.xticks(*clock_ticks(begin, seconds[-1] or 1.0, marks))
        plot.grid(False, False)
        self.refresh()

    def _colour(self) -> tuple[int, int, int]:
        return Color.parse(self.app.theme_variables["primary"]).rgb


def pieces(points: list[tuple[float, float]], gap: float) -> list[list[tuple[float, float]]]:
    """The line, cut where readings are missing: where ``gap`` times the usual pause passes between two of them."""
    steps = sorted(after[0] - before[0] for before, after in pairwise(points))
    longest = max(gap * steps[len(steps) // 2], _LEAST_GAP_S)
    found = [[points[0]]]
    for before, after in pairwise(points):
        if after[0] - before[0] > longest:
            found.append([])
        found[-1].append(after)
    return found


def _value(point: Point, metric: str) -> float | None:
    if metric == "charge":
        return point.soc
    return point.energy_wh if metric == "energy" else point.power_w
