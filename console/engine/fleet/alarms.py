"""Raising and clearing alarms, within the fold: an alarm is never raised twice for one cause."""

from __future__ import annotations

from console.engine.fleet.fleet import Fleet
from console.engine.fleet.model import Alarm, Station
from console.engine.masking import masked_text

DANGER, ERROR, WARNING, NOTICE = 0, 4, 5, 6
KEPT = 500  # alarms at hand; the oldest cleared ones go first
STANDING = 50  # of one station; what comes beyond is counted on one more
CROWDED = 20_000  # of all stations: who looks at all of them, twice a second, must not take long,
FEW = 3  # and from there on so many of one station
MORE = "more"
LONGEST_TEXT = 500  # characters
LONGEST_CAUSE = 200


def raise_alarm(
    fleet: Fleet, station: Station | None, kind: str, cause: str, text: str, severity: int, time: int, record: int
) -> Alarm:
    """Raise an alarm, or count one more on the one that stands for the same cause."""
    owner = station.id if station is not None else None
    # The frame has what the station said; an alarm stands on every screen.
    text, key = _cut(masked_text(text), LONGEST_TEXT), (owner, kind, _cut(cause, LONGEST_CAUSE))
    number = fleet.alarm_keys.get(key)
    most = STANDING if len(fleet.alarm_keys) < CROWDED else FEW
    if number is None and fleet.standing.get(owner, 0) >= most:
        text = _cut(f"more than {most} alarms stand; the last one: {text}", LONGEST_TEXT)
        kind, cause, key = MORE, "", (owner, MORE, "")
        number = fleet.alarm_keys.get(key)
    if number is not None:
        alarm = fleet.alarms[number]
        alarm.count += 1
        alarm.last = time
        alarm.text = text
        fleet.touch_alarm(alarm)
        return alarm
    alarm = Alarm(
        id=record * 8 + _slot(fleet, record),
        station=owner,
        kind=kind,
        cause=key[2],
        text=text,
        severity=severity,
        raised=time,
        last=time,
        exchange=record,
    )
    fleet.alarms[alarm.id] = alarm
    fleet.alarm_keys[key] = alarm.id
    fleet.standing[owner] = fleet.standing.get(owner, 0) + 1
    fleet.touch_alarm(alarm)
    if station is not None:
        fleet.touch(station)
    _trim(fleet)
    return alarm


def clear_alarm(fleet: Fleet, station: Station | None, kind: str, cause: str, time: int) -> None:
    """The cause is gone; nothing happens where no such alarm stands."""
    owner = station.id if station is not None else None
    if owner not in fleet.standing:
        return
    if fleet.alarm_keys.get((owner, kind, _cut(cause, LONGEST_CAUSE))) is None:
        return
    _clear(fleet, owner, kind, _cut(cause, LONGEST_CAUSE), time)
    if station is not None:
        fleet.touch(station)


def clear_all(fleet: Fleet, owner: str, time: int) -> None:
    """Every alarm of a station that is forgotten."""
    for _, kind, cause in [key for key in fleet.alarm_keys if key[0] == owner]:
        _clear(fleet, owner, kind, cause, time)


def _clear(fleet: Fleet, owner: str | None, kind: str, cause: str, time: int) -> None:
    alarm = fleet.alarms[fleet.alarm_keys.pop((owner, kind, cause))]
    alarm.cleared = time
    left = fleet.standing.get(owner, 1) - 1
    if left:
        fleet.standing[owner] = left
    else:
        del fleet.standing[owner]
    fleet.touch_alarm(alarm)


def standing(fleet: Fleet, station: Station) -> list[Alarm]:
    """The alarms of a station whose cause is not gone, worst first."""
    found = [one for one in fleet.alarms.values() if one.station == station.id and one.cleared is None]
    return sorted(found, key=lambda one: (one.severity, -one.raised))


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _slot(fleet: Fleet, record: int) -> int:
    # On from the last one: the start of a console alone may raise ten thousand.
    last, slot = fleet.last_slot
    slot = slot + 1 if last == record else 0
    while record * 8 + slot in fleet.alarms:
        slot += 1
    fleet.last_slot = record, slot
    return slot


def _trim(fleet: Fleet) -> None:
    if len(fleet.alarms) <= KEPT or len(fleet.alarms) == len(fleet.alarm_keys):
        return  # where all of them stand, there is none to let go
    done = [one.id for one in fleet.alarms.values() if one.cleared is not None]
    for number in done[: len(fleet.alarms) - KEPT]:
        del fleet.alarms[number]
