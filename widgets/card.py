"""A card for one EVSE or connector: its state large, what flows through it below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.content import Content
from textual.widgets import Static

from widgets import format as f
from widgets.safe import fit, safe_content, safe_text
from widgets.spark import bar
from widgets.tone import status_glyph, status_text, tone_style

_LABEL_WIDTH = 9
_BAR_WIDTH = 8


@dataclass(frozen=True, slots=True)
class CardState:
    """What a card says. ``None`` is not known and leaves the line out.

    ``power_w`` and ``power_limit_w`` in W, ``currents`` (by phase) and ``limit_a`` in A, ``voltage`` in V, ``soc`` in
    per cent, ``energy_wh`` in Wh, ``register_wh`` the meter itself, ``seconds`` since the session (or the state) began.
    ``live_age`` and ``register_age``: seconds since they were read, where that is worth telling; ``old``: they are of
    before the link was lost.
    """

    title: str
    status: str | None = None
    charging_state: str | None = None
    error_code: str | None = None
    cable: str | None = None
    id_tag: str | None = None
    power_w: float | None = None
    power_limit_w: float | None = None
    currents: Sequence[float | None] = ()
    voltage: float | None = None
    limit_a: float | None = None
    soc: float | None = None
    energy_wh: float | None = None
    register_wh: float | None = None
    register_age: float | None = None
    live_age: float | None = None
    old: bool = False
    seconds: float | None = None
    note: str = ""


def card_content(state: CardState) -> Content:
    """The lines of a card, labels aligned."""
    glyph = status_glyph(state.charging_state or state.status)
    big = tone_style(glyph.tone)
    words = status_text(state.status)
    if state.charging_state and state.charging_state != state.status:
        words = f"{words} · {status_text(state.charging_state)}" if state.status else status_text(state.charging_state)
    lines = [Content.styled(words, f"bold {big}".strip())]
    if state.error_code and state.error_code != "NoError":
        lines.append(safe_content(f"✖ {state.error_code}", tone_style("bad"), max_chars=80))
    power = state.power_w
    lively = "" if not state.old else tone_style("muted")
    if power is not None:
        share = power / state.power_limit_w if state.power_limit_w and abs(power) < 1e12 else None
        meter = f"  {bar(share, _BAR_WIDTH)}" if share is not None else ""
        strong = lively or "bold"
        flow = Content.styled(f.power(power), strong) + Content.styled(meter, lively or big)
        if state.energy_wh is not None:
            flow += Content.styled(f" · {f.energy(state.energy_wh)}", lively)
        lines.append(_line("power", flow))
    elif state.energy_wh is not None:
        lines.append(_line("energy", Content.styled(f.energy(state.energy_wh), lively)))
    if state.currents:
        amperes = " · ".join(f.thousands(ampere, 1) for ampere in state.currents)
        lines.append(_line("current", Content.styled(f"{amperes} A", lively)))
    if state.voltage is not None:
        lines.append(_line("voltage", Content.styled(f.voltage(state.voltage), lively)))
    if state.live_age is not None:
        lines.append(_line("measured", Content.styled(f"{f.age(state.live_age)} ago", tone_style("muted"))))
    if state.register_wh is not None:
        when = "" if state.register_age is None else f" · {f.age(state.register_age)} ago"
        # In kWh, as the meter on the charger shows it.
        meter_text = Content(f"{f.thousands(state.register_wh / 1000, 1)} kWh")
        lines.append(_line("meter", meter_text + Content.styled(when, tone_style("muted"))))
    if state.limit_a is not None:
        lines.append(_line("limit", Content(f.current(state.limit_a))))
    if state.soc is not None:
        share = state.soc / 100 if abs(state.soc) < 1e6 else None
        lines.append(_line("battery", Content(f"{f.percent(state.soc)}  {bar(share, _BAR_WIDTH)}")))
    for label, text in (("cable", state.cable), ("id tag", state.id_tag)):
        if text:
            lines.append(_line(label, safe_content(text, max_chars=60)))
    if state.seconds is not None:
        lines.append(_line("since", Content(f.duration(state.seconds))))
    if state.note:
        lines.append(safe_content(state.note, tone_style("warn"), max_chars=160))
    return Content("\n").join(lines)


def _line(label: str, value: Content) -> Content:
    return Content.styled(f"{fit(label, _LABEL_WIDTH)}", tone_style("muted")) + value


class ConnectorCard(Static):
    """A bordered card whose frame has the colour of the state."""

    DEFAULT_CSS = """
    ConnectorCard {
        height: auto; width: 1fr; min-width: 26; padding: 0 1; border: round $foreground 30%;
        border-title-style: bold; text-wrap: nowrap; text-overflow: ellipsis;
        &.-ok { border: round $success; }
        &.-busy { border: round $primary; }
        &.-warn { border: round $warning; }
        &.-bad { border: heavy $error; }
        &.-accent { border: round $accent; }
    }
    """

    def __init__(self, state: CardState | None = None, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(Content(""), id=id, classes=classes)
        self._state: CardState | None = None
        if state is not None:
            self.set_state(state)

    def set_state(self, state: CardState) -> None:
        """Show another state; nothing is drawn where it is the same."""
        if state == self._state:
            return
        self._state = state
        faulted = bool(state.error_code) and state.error_code != "NoError"
        tone = "bad" if faulted else status_glyph(state.charging_state or state.status).tone
        for name in ("ok", "busy", "warn", "bad", "accent"):
            self.set_class(name == tone, f"-{name}")
        self.border_title = safe_content(safe_text(state.title, max_chars=40))
        self.update(card_content(state))
