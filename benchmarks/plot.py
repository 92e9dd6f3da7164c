"""The figures as a picture, written by hand: ``python -m benchmarks.plot`` makes docs/performance.svg of the JSON."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, Final
from xml.sax.saxutils import escape

WIDTH: Final = 760
_LEFT, _RIGHT, _TOP = 244, 76, 62
_BAR, _GAP, _GROUP = 18, 8, 40
_GRID: Final = (20, 50, 100, 200, 500, 1000, 2000)
_NAMES: Final = {
    "ours": "chargehand, stored (FULL)",
    "ours-no-journal": "chargehand, not stored",
    "echo": "bare websockets echo",
    "ocpp-rpc": "npm ocpp-rpc, strict, not stored",
    "ocpp": "ocpp package's routing, not stored",
}
_STYLE: Final = """
  text { font: 12px system-ui, sans-serif; fill: #24292f }
  .title { font-size: 15px; font-weight: 600 } .small { font-size: 11px; fill: #57606a }
  .grid { stroke: #8c959f; stroke-width: 1; stroke-dasharray: 2 4; opacity: .5 }
  .bar { fill: #8c959f } .ours { fill: #1a7f64 } .page { fill: #ffffff }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .small { fill: #9198a1 } .page { fill: #0d1117 } .bar { fill: #656c76 } .ours { fill: #2fb08e }
  }
"""


def draw(throughput: dict[str, Any]) -> str:
    """CPU of a message in each server, on a logarithmic scale, one group for each version."""
    costs = {version: row["us_per_message"] for version, row in throughput.items()}
    every = [cost for row in costs.values() for cost in row.values()]
    low, high = min(10.0, *every), max(every) * 1.15
    lines: list[str] = []
    y = float(_TOP)
    for version, row in costs.items():
        lines.append(f'<text x="16" y="{y + 4:.0f}" font-weight="600">OCPP {escape(version)}</text>')
        y += 14
        for name, label in _NAMES.items():
            if name not in row:
                continue
            length = _place(row[name], low, high) - _LEFT
            kind = "ours" if name.startswith("ours") else "bar"
            middle = y + _BAR / 2 + 4
            lines += [
                f'<text x="{_LEFT - 8}" y="{middle:.0f}" text-anchor="end">{escape(label)}</text>',
                f'<rect class="{kind}" x="{_LEFT}" y="{y:.0f}" width="{length:.1f}" height="{_BAR}" rx="2"/>',
                f'<text x="{_LEFT + length + 6:.1f}" y="{middle:.0f}">{row[name]:.0f} µs</text>',
            ]
            y += _BAR + _GAP
        y += _GROUP - _GAP
    bottom = y - _GROUP + 12
    grid = [
        f'<line class="grid" x1="{_place(at, low, high):.1f}" x2="{_place(at, low, high):.1f}" y1="{_TOP - 4}" '
        f'y2="{bottom:.0f}"/><text class="small" x="{_place(at, low, high):.1f}" y="{bottom + 14:.0f}" '
        f'text-anchor="middle">{at}</text>'
        for at in _GRID
        if low < at < high
    ]
    height = bottom + 30
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" role="img" '
            f'aria-label="CPU time of one message in each server">',
            f"<style>{_STYLE}</style>",
            f'<rect class="page" width="{WIDTH}" height="{height:.0f}"/>',
            '<text class="title" x="16" y="24">CPU time of the server for one message</text>',
            '<text class="small" x="16" y="42">microseconds, medians, logarithmic; shorter is better</text>',
            *grid,
            *lines,
            "</svg>",
            "",
        )
    )


def _place(cost: float, low: float, high: float) -> float:
    share = math.log(cost / low) / math.log(high / low)
    return _LEFT + share * (WIDTH - _LEFT - _RIGHT)


def write(found: dict[str, Any], to: Path) -> bool:
    """Write the picture; False where there is nothing to draw."""
    part = found.get("throughput")
    if part is None:
        return False
    to.write_text(draw(part["found"]))
    return True


if __name__ == "__main__":
    write(json.loads(Path("bench-results/latest.json").read_text()), Path("docs/performance.svg"))
