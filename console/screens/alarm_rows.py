"""How an alarm is told: as a row, and in sentences that say what it means and what one can try."""

from __future__ import annotations

from typing import Final

from console.engine.filter_alarms import severity_word, standing
from console.engine.fleet.model import Alarm
from console.screens.told import Line
from widgets.columns import Cell, Column, Row
from widgets.format import age, clock, date_clock
from widgets.tone import Tone

NS: Final = 1_000_000_000

COLUMNS: Final = (
    Column("severity", "SEVERITY", 11, 10),
    Column("station", "STATION", 18, 8),
    Column("text", "WHAT", 40, 32, weight=3),
    Column("state", "STATE", 24, 14),
    Column("since", "SINCE", 8, 6, align="right", priority=1),
    Column("count", "TIMES", 6, 5, align="right", priority=2),
)

# Kinds of alarms, in words: what it means, what one can try.
_HELP: Final[dict[str, tuple[str, str]]] = {
    "fault": (
        "The station says that a connector, or all of it, cannot charge.",
        "Look at the connector; reset the station (r) once the cause is gone.",
    ),
    "offline": (
        "The link was lost while a session ran. The station goes on and reports later, if it keeps a queue.",
        "See Connections for why it does not come back. Nothing is lost unless its queue is.",
    ),
    "reconnect": (
        "The station connects again and again: it dislikes an answer, or something on the way cuts the link.",
        "Open the last messages before each close; try a longer ping interval in the profile.",
    ),
    "identity": (
        "Two links claimed one identity, the older one still alive: two chargers share it, or someone poses as one.",
        "Give each charger an identity of its own; ask for passwords (security_profile = 1).",
    ),
    "clock": (
        "Times that this station sends are wrong by that much; both times are kept.",
        "A BootNotification or Heartbeat sets its clock; check its NTP setting and time zone.",
    ),
    "firmware": ("The update did not go through; the old firmware runs on.", "Check URL and file; send it again (f)."),
    "upload": (
        "The station could not send its log.",
        "Check that it reaches the file server's address; ask again (d).",
    ),
    "security": (
        "The station has noticed something that concerns its security.",
        "Open the message; compare with who worked on it.",
    ),
    "event": (
        "The station reports an event of its own monitoring.",
        "Open the message: it names component and variable.",
    ),
    "unanswered": (
        "The station does not answer calls, though its link is alive.",
        "Try a trigger (t); some stations answer one kind of call never.",
    ),
    "orphan": (
        "An end or readings came for a session that nobody saw begin. It was acknowledged and kept.",
        "Compare with the sessions of that connector; the start may have been lost by the station.",
    ),
    "sequence": (
        "Messages of a session are missing: their numbers have a gap.",
        "They may still come from the station's queue.",
    ),
}


def level(severity: int) -> tuple[str, str, Tone]:
    """Glyph, word and tone of a severity (OCPP 2.x: 0 danger … 9 debug)."""
    word = severity_word(severity)
    if severity <= 4:
        return "✖", word, "bad"
    return ("⚠", word, "warn") if severity <= 6 else ("○", word, "muted")


def rank(alarm: Alarm) -> tuple[int, int, int]:
    """The order of the table: open ones, then acknowledged ones, then cleared ones; worst first, newest first."""
    group = 2 if alarm.cleared is not None else (1 if alarm.acknowledged is not None else 0)
    return group, alarm.severity if group < 2 else 0, -(alarm.cleared or alarm.last)


def state(alarm: Alarm) -> tuple[str, Tone]:
    """Whether the cause stands, and whether a person has taken note."""
    word = standing(alarm)
    if alarm.cleared is not None:
        return f"○ {word}", "muted"
    if alarm.acknowledged is not None:
        return f"✓ {word}", "ok"
    return f"● {word}", level(alarm.severity)[2]


def row(alarm: Alarm, now_ns: int) -> Row:
    """The cells of one alarm, in the order of ``COLUMNS``."""
    glyph, word, tone = level(alarm.severity)
    quiet = alarm.cleared is not None or alarm.acknowledged is not None
    text, state_tone = state(alarm)
    return [
        Cell(f"{glyph} {word}", "muted" if quiet else tone),
        Cell(alarm.station or "the console", "muted" if quiet else "bold"),
        Cell(alarm.text, "muted" if alarm.cleared is not None else ""),
        Cell(text, state_tone),
        Cell(lasted(alarm, now_ns), "muted"),
        Cell("" if alarm.count == 1 else f"{alarm.count}×", "" if alarm.count < 5 else "warn"),
    ]


def lasted(alarm: Alarm, now_ns: int) -> str:
    """How long it has stood, or stood until it was cleared."""
    return age(((alarm.cleared if alarm.cleared is not None else now_ns) - alarm.raised) / NS)


def detail(alarm: Alarm, now_ns: int) -> list[Line]:
    """The alarm in sentences: what, since when, what it means, what one can try, who took note."""
    glyph, word, tone = level(alarm.severity)
    lines: list[Line] = [("", f"{glyph} {alarm.station or 'The console'}: {alarm.text}", f"bold {tone}")]
    again = f", {alarm.count} times, the last at {clock(alarm.last)}" if alarm.count > 1 else ""
    ended = f", cleared at {clock(alarm.cleared)}" if alarm.cleared is not None else ""
    lines.append(
        ("Since", f"{date_clock(alarm.raised)} UTC, {lasted(alarm, now_ns)}{again}{ended} · {word} · {alarm.kind}", "")
    )
    means, try_ = _HELP.get(alarm.kind, ("", ""))
    if means:
        lines.append(("Means", means, ""))
    if try_ and alarm.cleared is None:
        lines.append(("Try", try_, "accent"))
    if alarm.acknowledged is not None:
        note = f": {alarm.note}" if alarm.note else ", without a note"
        lines.append(
            ("Noted", f"by {alarm.acknowledged_by or '?'} at {date_clock(alarm.acknowledged)} UTC{note}", "ok")
        )
    return lines
