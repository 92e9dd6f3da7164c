"""The form of an order, already filled with what can be known: the only connector, the last id tag, the running
transaction, the newest image. Plain data for the widgets."""

from __future__ import annotations

from collections.abc import Sequence

from console.engine.fleet.fleet import Fleet
from console.engine.fleet.model import Station
from console.engine.orders.argument import Argument
from console.engine.orders.places import places
from console.engine.orders.schema_form import FieldSpec, callable_actions
from console.engine.orders.table import OrderKind
from console.engine.transfer.model import StoredFile

__all__ = ["FieldSpec", "form_for"]

_PLACES = ("connector", "evse")


def form_for(
    kind: OrderKind,
    station: Station | None,
    fleet: Fleet,
    version: str | None = None,
    *,
    images: Sequence[StoredFile] = (),
    evse: int | None = None,
    connector: int | None = None,
) -> list[FieldSpec]:
    """The fields of an order for a station (None: for several at once). ``version`` None takes the station's.

    ``evse`` and ``connector``: the connector that the screen points at, if it points at one.
    """
    version = version or (station.version if station is not None else None)
    known = _known(kind, station, fleet, images, evse, connector)
    fields: dict[str, FieldSpec] = {}
    for argument in kind.arguments_for(version):
        if argument.name in fields:
            continue
        there = places(station, argument.name) if station is not None and argument.name in _PLACES else []
        fields[argument.name] = FieldSpec(
            name=argument.name,
            kind=argument.kind,
            label=argument.name,
            value=known.get(argument.name, argument.default or ""),
            choices=tuple(place for place, _ in there) or _choices(kind, argument, version, station, images),
            required=argument.required,
            hint=argument.hint_for(version),
            offer=" · ".join(f"{place} {status}".rstrip() for place, status in there),
        )
    return list(fields.values())


def _known(
    kind: OrderKind,
    station: Station | None,
    fleet: Fleet,
    images: Sequence[StoredFile],
    evse: int | None,
    connector: int | None,
) -> dict[str, str]:
    found: dict[str, str] = {}
    if kind.id in ("firmware", "publish") and images:
        found["file"] = max(images, key=lambda one: one.modified).name
    if kind.id == "availability":
        found["operative"] = "true" if _out_of_service(station, evse, connector) else "false"
    if station is None:
        return found
    if kind.id in ("start", "reserve", "customer") and station.last_tag:
        found["tag"] = station.last_tag
    if kind.id in ("stop", "cost", "transaction-status"):
        running = fleet.active_on(station.id, evse, connector)
        if running is not None and running.wire is not None:
            return {"transaction": running.wire}
    # These are about the station unless a person says otherwise: a connector filled in would narrow what is asked for.
    if kind.id in (
        "get",
        "set",
        "reset",
        "transaction-status",
        "clear-limit",
        "limits",
        "monitor",
        "monitors",
        "display",
    ):
        return found
    return {**found, **_place(kind, station, evse, connector)}


def _place(kind: OrderKind, station: Station, evse: int | None, connector: int | None) -> dict[str, str]:
    """The connector that the screen points at, else the only one, in the words that the order takes."""
    if evse is None:
        every = station.connectors()
        if len(every) != 1 or kind.id == "availability":
            return {}
        evse, connector = every[0].evse, every[0].connector
    if connector in (None, 1):
        return {"connector": str(evse)}
    return {"evse": str(evse), "connector": str(connector)}


def _out_of_service(station: Station | None, evse: int | None, connector: int | None) -> bool:
    if station is None:
        return False
    every = [one for one in station.connectors() if evse is None or one.evse == evse]
    every = [one for one in every if connector is None or one.connector == connector]
    return bool(every) and all((one.status or "").casefold() in ("unavailable", "inoperative") for one in every)


def _choices(
    kind: OrderKind,
    argument: Argument,
    version: str | None,
    station: Station | None,
    images: Sequence[StoredFile],
) -> tuple[str, ...]:
    if argument.kind == "bool":
        return ("true", "false")
    if argument.kind == "file":
        return tuple(one.name for one in images)
    if argument.name == "action" and kind.id == "raw" and version is not None:
        return tuple(callable_actions(version))
    if station is not None and argument.name == "key":
        return tuple(sorted(one.variable for one in station.variables.values() if not one.component))
    if station is not None and argument.name == "component":
        return tuple(sorted({one.component for one in station.variables.values() if one.component}))
    return argument.choices_for(version)
