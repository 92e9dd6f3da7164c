"""Energy, power or state of charge of one session against time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual_plotext import PlotextPlot

from widgets.format import clock

if TYPE_CHECKING:
    from console.engine.fleet.model import Point, Transaction

METRICS: Final = ("energy", "power", "charge")
_NAMES: Final = {"energy": ("energy", "Wh"), "power": ("power", "W"), "charge": ("state of charge", "%")}
_TICKS = 4
_MARK = 12  # cells that a mark of the time axis needs


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
        # Of marks that touch, plotext leaves out one or the other by chance: there are only as many as have room.
        marks = min(_TICKS, max(2, self.size.width // _MARK))
        last = series[-1] if series else None
        shown = (one.id if one is not None else None, len(series), last, self.metric, marks)
        if shown == self._shown:
            return
        self._shown = shown
        points = [(point.time, value) for point in series if (value := _value(point, self.metric)) is not None]
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
        plot.plot(seconds, values, marker="braille", color="cyan")
        top = max(*values, 0.001)
        plot.ylim(min(0.0, *values), 100.0 if self.metric == "charge" else top * 1.08)
        span = seconds[-1] or 1.0
        ticks = [span * at / (marks - 1) for at in range(marks)]
        plot.xticks(ticks, [clock(begin + int(tick * 1e9)) for tick in ticks])
        plot.grid(False, False)
        self.refresh()


def _value(point: Point, metric: str) -> float | None:
    if metric == "charge":
        return point.soc
    return point.energy_wh if metric == "energy" else point.power_w
