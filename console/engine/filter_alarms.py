"""The filter language over alarms: what the Alarms screen, ``chargehand alarms`` and the API can ask for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from console.engine.filter_rows import RowField, RowFilter, numbers, texts, times, words
from console.engine.fleet.model import Alarm


def severity_word(severity: int) -> str:
    """A severity in a word. Source: OCPP 2.0.1, EventNotification: 0 danger … 9 debug."""
    if severity <= 0:
        return "danger"
    if severity <= 3:
        return "critical"
    if severity == 4:
        return "error"
    return "warning" if severity <= 6 else "notice"


def standing(alarm: Alarm) -> str:
    """``standing``, ``noted by jo``, ``cleared, noted by jo``."""
    by = f" by {alarm.acknowledged_by}" if alarm.acknowledged_by else ""
    noted = f"noted{by}" if alarm.acknowledged is not None else ""
    if alarm.cleared is not None:
        return f"cleared, {noted}" if noted else "cleared"
    return noted or "standing"


def facts(alarm: Alarm) -> Iterable[str | None]:
    """What a filter looks at."""
    return (alarm.station, alarm.text, alarm.kind, severity_word(alarm.severity), standing(alarm), alarm.note)


_KINDS: Final = (
    "fault",
    "offline",
    "reconnect",
    "identity",
    "clock",
    "firmware",
    "upload",
    "security",
    "event",
    "unanswered",
    "orphan",
    "sequence",
)
_LEVELS: Final = ("danger", "critical", "error", "warning", "notice")
_STATES: Final = ("standing", "noted", "cleared", "open")

FIELDS: Final[dict[str, RowField[Alarm]]] = {
    "station": texts(lambda one: (one.station,), "station:CP-0*", "the station's identity"),
    "is": words(lambda one: states(one), _STATES, "is:standing", "standing, noted, cleared; open: not cleared"),
    "severity": words(lambda one: (severity_word(one.severity),), _LEVELS, "severity:danger|critical"),
    "kind": words(lambda one: (one.kind,), _KINDS, "kind:fault|offline"),
    "times": numbers(lambda one: one.count, "times:>5", "how often it came"),
    **times(lambda one: one.raised, lambda one: one.last),
    "id": numbers(lambda one: one.id, "id:1207", "the alarm's number"),
}
"""What the filter of alarms can ask for."""


def states(alarm: Alarm) -> tuple[str, ...]:
    """The words of ``is:`` that hold."""
    if alarm.cleared is not None:
        return ("cleared", "noted") if alarm.acknowledged is not None else ("cleared",)
    return ("open", "noted" if alarm.acknowledged is not None else "standing")


def alarm_filter(text: str, *, now_ns: int | None = None) -> RowFilter[Alarm]:
    """Understand a filter line. Raises FilterError."""
    return RowFilter(text, FIELDS, facts, now_ns=now_ns)
