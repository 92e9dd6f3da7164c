"""The EVSEs and connectors of a station, in the words that the arguments ``evse`` and ``connector`` take."""

from __future__ import annotations

from console.engine.dialects import dialect
from console.engine.fleet.model import Station


def places(station: Station, name: str, evse: str | None = None) -> list[tuple[str, str]]:
    """What ``name`` (``evse`` or ``connector``) can be on that station, each with its status.

    ``evse``: the one that is named already; connectors count within it then. Elsewhere connector n of a station that
    consists of EVSEs is EVSE n, connector 1.
    """
    every = station.connectors()
    if name == "connector" and evse is not None and station.version is not None and dialect(station.version).evses:
        return [(str(one.connector), one.status or "") for one in every if str(one.evse) == evse]
    found: dict[str, str] = {}
    for one in every:
        if name == "evse" or one.connector == 1:
            found.setdefault(str(one.evse), one.status or "")
    return list(found.items())
