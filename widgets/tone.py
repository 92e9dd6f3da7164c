"""States as a glyph, a word and a tone: never colour alone.

A *tone* is what a colour means (``ok``, ``busy``, ``warn``, ``bad``, ``idle``); themes decide what it looks like.
Live tables take tone names in their cells; ``Content`` takes ``tone_style(tone)``.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from textual.content import Content

from widgets.safe import safe_text

Tone = Literal["ok", "busy", "warn", "bad", "idle", "muted", "accent", "plain"]

_STYLES: Final[dict[str, str]] = {
    "ok": "$text-success",
    "busy": "$text-primary",
    "warn": "$text-warning",
    "bad": "bold $text-error",
    # Not $text-muted: "auto" colours are not resolved inside Content.
    "idle": "$foreground 65%",
    "muted": "$foreground 65%",
    "accent": "$text-accent",
    "plain": "",
}


class Glyph(NamedTuple):
    """How one state is drawn. ``glyph`` may be two cells wide (⚡): measure with ``cell_len``, never with ``len``."""

    glyph: str
    tone: Tone


# Statuses of OCPP 1.6 (StatusNotification) and 2.x (ConnectorStatusEnumType, ChargingStateEnumType), in lower case.
_STATUS: Final[dict[str, Glyph]] = {
    "available": Glyph("○", "ok"),
    "preparing": Glyph("◔", "busy"),
    "charging": Glyph("⚡", "busy"),
    "suspendedev": Glyph("◐", "warn"),
    "suspendedevse": Glyph("◐", "warn"),
    "finishing": Glyph("◕", "busy"),
    "reserved": Glyph("◇", "accent"),
    "unavailable": Glyph("⊘", "idle"),
    "faulted": Glyph("✖", "bad"),
    "occupied": Glyph("●", "busy"),
    "evconnected": Glyph("◔", "busy"),
    "idle": Glyph("○", "idle"),
}
_UNKNOWN: Final = Glyph("?", "idle")

_VERDICTS: Final[dict[str, Glyph]] = {
    "ok": Glyph("✓", "ok"),
    "warn": Glyph("⚠", "warn"),
    "bad": Glyph("✖", "bad"),
    "wait": Glyph("…", "muted"),
}


def tone_style(tone: str) -> str:
    """The ``Content`` style of a tone, in theme colours that are readable on light and dark."""
    return _STYLES.get(tone, "")


def status_glyph(status: object) -> Glyph:
    """Glyph and tone of a status as the station said it; anything unknown is ``?`` and keeps its word beside it."""
    return _STATUS.get(status.lower(), _UNKNOWN) if isinstance(status, str) else _UNKNOWN


def status_text(status: object) -> str:
    """Glyph and word, safe to draw: ``⚡Charging``, ``?Error``; nothing known is ``—``."""
    if status is None or status == "":
        return "—"
    return f"{status_glyph(status).glyph}{safe_text(status, max_chars=40)}"


def status_content(status: object) -> Content:
    """Glyph and word in the colour of the state."""
    return Content.styled(status_text(status), tone_style(status_glyph(status).tone))


def link_glyph(connected: bool) -> Glyph:
    """● for a live link, ○ for none."""
    return Glyph("●", "ok") if connected else Glyph("○", "bad")


def verdict_glyph(verdict: str) -> Glyph:
    """✓ ``ok``, ⚠ ``warn``, ✖ ``bad``, … ``wait``."""
    return _VERDICTS.get(verdict, _UNKNOWN)
