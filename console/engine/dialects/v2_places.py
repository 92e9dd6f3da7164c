"""Components of the 2.x device model as one text, both ways: ``Name``, ``Name[instance]``, ``Name#connector``.

The EVSE stands apart (``VariableSeen.evse``), but may be written too: ``Connector@1#2`` is connector 2 of EVSE 1.
"""

from __future__ import annotations

import re
from typing import Any, Final

from console.engine.dialects.reading import integer, obj, text

_SPELLING: Final = re.compile(r"([^\[\]@#]+)(?:\[([^\[\]]+)\])?(?:@(\d{1,6}))?(?:#(\d{1,6}))?")


def spelt(component: Any) -> tuple[str, int | None, int | None]:
    """A ComponentType as (text, EVSE, connector); the text is empty where it has no name."""
    if type(component) is not dict:
        return text(component) or "", None, None
    name = text(component.get("name")) or ""
    instance = text(component.get("instance"))
    if instance:
        name = f"{name}[{instance}]"
    place = component.get("evse")
    if place is None:
        return name, None, None
    place = obj(place)
    evse, connector = integer(place.get("id")), integer(place.get("connectorId"))
    return (name if connector is None else f"{name}#{connector}"), evse, connector


def component_of(spelling: str, evse: int | None) -> dict[str, Any] | None:
    """The ComponentType that a text means, ``evse`` beside it; None where the text is no component."""
    match = _SPELLING.fullmatch(spelling.strip())
    if match is None:
        return None
    name, instance, written, connector = match.groups()
    made: dict[str, Any] = {"name": name.strip()}
    if instance:
        made["instance"] = instance
    where = int(written) if written else evse
    if where is None:
        return made if connector is None else None
    made["evse"] = {"id": where}
    if connector is not None:
        made["evse"]["connectorId"] = int(connector)
    return made
