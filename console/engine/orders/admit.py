"""Whether an order may be given at all, and what it means on that station. Every "no" is a sentence."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from console.engine.dialects.base import TagInfo
from console.engine.errors import NoSuchStation, NotConnected, OrderError
from console.engine.fleet.model import Station
from console.engine.fleet.order import Order
from console.engine.orders.argument import nearest
from console.engine.orders.check import check_arguments
from console.engine.orders.follow import place_of, spoken
from console.engine.orders.port import OrderLink, Port
from console.engine.orders.table import OrderKind
from console.engine.orders.transfers import image_path
from console.engine.policies import tag_info
from console.engine.trust.credentials import wire_value

# What may be said to a station whose boot was answered with Pending (2.x B02.FR.01 and 02, 1.6 section 4.2).
WHILE_PENDING: Final = frozenset(("trigger", "get", "set"))
_PENDING_CALLS: Final = frozenset(
    (
        "TriggerMessage",
        "ExtendedTriggerMessage",
        "GetConfiguration",
        "ChangeConfiguration",
        "GetBaseReport",
        "GetReport",
        "GetVariables",
        "SetVariables",
        "CertificateSigned",
    )
)
_SAMPLE_URL: Final = "http://console.invalid:9081/0123456789abcdef0123456789abcdef/"


def find_station(port: Port, identity: str) -> tuple[Station, OrderLink]:
    """The station and its link. Raises NoSuchStation or NotConnected."""
    station = port.fleet.station(identity)
    link = port.links.get(identity)
    if station is None or station.removed:
        known = port.profile.station(identity)
        if known is not None:
            raise NotConnected(f"{known.id} stands in the profile, but has never connected.")
        every = [one.id for one in port.fleet.stations.values()]
        raise NoSuchStation(f"No station “{identity[:48]}” is known{nearest(identity, every)}")
    if link is None:
        raise NotConnected(f"{station.id} is not connected; it can be told nothing until it is back.")
    return station, link


def registered(port: Port, station: Station, kind: OrderKind, arguments: Mapping[str, Any]) -> None:
    """Raises OrderError where the station's registration forbids this order."""
    if station.registration == "Rejected" and station.approved is not True:
        raise OrderError(f"{station.id} was rejected: nothing is sent to it until it is accepted.")
    if station.registration not in ("Pending", "Rejected"):
        return
    if kind.id == "raw":
        if port.profile.strict and arguments.get("action") not in _PENDING_CALLS:
            raise OrderError(f"{station.id} is pending: only messages can be triggered and settings read or changed.")
    elif kind.id not in WHILE_PENDING:
        allowed = ", ".join(sorted(WHILE_PENDING))
        raise OrderError(f"{station.id} is pending: until it is accepted, only {allowed} can be ordered.")


async def admit(
    port: Port, identity: str, kind: OrderKind, raw: Mapping[str, Any], *, by: str, priority: int, local: bool
) -> tuple[Order, OrderLink, dict[str, Any]]:
    """Check an order for a station: (the order without its number, the link, what the dialect is given).

    ``local``: ``file=`` may be a path on this machine. Nothing has been recorded or sent when this returns or raises.
    """
    if port.read_only:
        raise OrderError("This console is read-only: it gives no orders. Start it without --read-only to give some.")
    station, link = find_station(port, identity)
    version = link.dialect.version
    arguments = check_arguments(kind, version, raw, now=port.clock())
    if kind.id == "set":
        _check_setting(port, arguments, hex_keys=link.dialect.hex_keys)
    registered(port, station, kind, arguments)
    given: dict[str, Any] = {}
    if kind.id == "start":
        _only_connector(station, arguments)
    elif kind.id in ("stop", "cost") or _of_a_session(kind, arguments):
        _running(port, station, arguments)
        given["transaction"] = arguments["transaction"]
    elif kind.id == "send-list":
        given["tags"], given["removed"] = _cards(port, arguments)
    elif kind.id == "raw":
        arguments.setdefault("payload", {})
    if kind.id in ("firmware", "publish") and "file" in arguments:
        given["path"], given["name"] = await image_path(port.files, arguments["file"], local=local)
    if kind.id == "publish" and "path" in given:
        given["checksum"] = await asyncio.to_thread(_md5, given["path"])
    order = Order(station=station.id, name=kind.id, arguments=arguments, originator=by, priority=priority)
    # Said once for nothing: what this version or station cannot be told is refused before anything is recorded.
    link.dialect.say(order, station, {"url": _SAMPLE_URL, **given})
    return order, link, given


def _check_setting(port: Port, arguments: dict[str, Any], *, hex_keys: bool) -> None:
    """Passwords as they go on the wire, and no security profile that nothing here could meet. Raises OrderError."""
    setting, value = str(arguments.get("key") or arguments.get("variable") or ""), str(arguments.get("value", ""))
    arguments["value"] = wire_value(setting, value, hex_keys=hex_keys, strict=port.profile.strict)
    if setting.casefold() != "securityprofile" or not value.isdigit():
        return
    offered = sorted({one.security_profile for one in port.profile.listen})
    if int(value) not in offered:
        raise OrderError(
            f"No listener here speaks security profile {value} (there is {', '.join(map(str, offered))}): the station could "
            "not come back. Add one to the profile first."
        )


def _of_a_session(kind: OrderKind, arguments: Mapping[str, Any]) -> bool:
    """Whether the order is about the transaction that runs at the place it names."""
    if kind.id == "limit":
        return arguments.get("purpose") == "session"
    return kind.id == "transaction-status" and any(name in arguments for name in ("transaction", "connector", "evse"))


def _cards(port: Port, arguments: Mapping[str, Any]) -> tuple[list[tuple[str, TagInfo]], list[str]]:
    """The tags of a local list as the profile judges them, and those that are taken off it."""
    wanted = _words(arguments.get("tags"))
    removed = _words(arguments.get("remove"))
    if removed and arguments.get("update") != "differential":
        raise OrderError("Tags are taken off a list by update=differential; a full list is sent without them.")
    if not wanted and not removed:
        wanted = [one.id for one in port.profile.tags.known]
    return [(tag, tag_info(port.profile, tag)) for tag in wanted], removed


def _words(said: Any) -> list[str]:
    return [word for word in (part.strip() for part in str(said or "").split(",")) if word]


def _md5(path: Path) -> str:
    """What OCPP calls the checksum of an image (L03); it is no signature."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _only_connector(station: Station, arguments: dict[str, Any]) -> None:
    if "connector" in arguments or "evse" in arguments:
        return
    every = station.connectors()
    if len(every) == 1 and every[0].connector == 1:
        arguments["connector"] = every[0].evse


def _running(port: Port, station: Station, arguments: dict[str, Any]) -> None:
    """Name the transaction that runs at the place the order names. Raises OrderError where none does."""
    if "transaction" in arguments:
        return
    place = place_of(arguments)
    running = port.fleet.active_on(station.id, place[0], place[1])
    if running is None:
        raise OrderError(f"No transaction runs on {spoken(place)} of {station.id}.")
    if running.wire is None:
        raise OrderError(
            f"The transaction on {spoken(place)} of {station.id} has no id on the wire: it began offline. It can be "
            "stopped at the station, or by a reset."
        )
    arguments["transaction"] = running.wire
