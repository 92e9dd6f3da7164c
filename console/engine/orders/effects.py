"""What an order will bring about, in a sentence, from the arguments that are known so far: shown before it is sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Given = Mapping[str, Any]


def _where(given: Given, station: str = "the station") -> str:
    """The place an order is about, in words."""
    evse, connector = given.get("evse"), given.get("connector")
    if evse is not None and connector is not None:
        return f"EVSE {evse}, connector {connector}"
    if evse is not None:
        return f"EVSE {evse}" if str(evse) != "0" else station
    if connector is not None:
        return f"connector {connector}" if str(connector) != "0" else station
    return station


def takes_out(given: Given) -> bool:
    """Whether an availability order takes something out of service."""
    return str(given.get("operative", "")).casefold() in ("false", "no", "off", "0")


def reset(given: Given) -> str:
    place = _where(given)
    if given.get("type") == "hard":
        return f"{place} restarts at once, as after a power cut; running transactions end."
    return f"{place} stops running transactions in good order and restarts."


def unlock(given: Given) -> str:
    place = _where(given, "the connector")
    return f"the lock of {place} lets the cable go; it does not start or end a transaction, and frees no station."


def start(given: Given) -> str:
    tag = given.get("tag")
    who = f"id tag {tag}" if tag else "the id tag"
    place = _where(given, "a connector that the station chooses")
    return f"a transaction starts for {who} on {place}; where no car is plugged in, the station waits for one."


def stop(given: Given) -> str:
    what = f"transaction {given['transaction']}" if given.get("transaction") else "the transaction"
    where = "" if given.get("transaction") or _where(given, "") == "" else f" on {_where(given)}"
    return f"{what}{where} ends, and the cable can be unplugged."


def firmware(given: Given) -> str:
    name = given.get("file") or given.get("url") or "the image"
    return f"the station downloads {name}, installs it and restarts; it may be out of service for minutes."


def diagnostics(given: Given) -> str:
    what = "security log" if given.get("log") == "security" else "diagnostics log"
    return f"the station uploads its {what} to this console; charging goes on."


def trigger(given: Given) -> str:
    return f"the station sends {given.get('message') or 'the message'} for {_where(given)}; nothing else changes."


def availability(given: Given) -> str:
    place = _where(given, "the whole station")
    if takes_out(given):
        return f"{place} goes out of service, after a running transaction has ended; it stays so over a restart."
    return f"{place} goes back into service."


def get(given: Given) -> str:
    name = given.get("key") or ".".join(str(given[one]) for one in ("component", "variable") if given.get(one))
    return f"the station tells {name or 'its whole configuration'}; nothing changes."


def set(given: Given) -> str:
    name = given.get("key") or ".".join(str(given[one]) for one in ("component", "variable") if given.get(one))
    return f"{name or 'the setting'} is changed, and read back; some settings count only after a restart."


def clear_cache(_given: Given) -> str:
    return "the station forgets which id tags it has seen; offline, it may refuse them until it has seen them again."


def data_transfer(given: Given) -> str:
    return f"the station hands the data to what {given.get('vendor') or 'the vendor'} has made of it."


def raw(given: Given) -> str:
    return f"{given.get('action') or 'the call'} is sent exactly as it stands; the answer is shown as it comes."
