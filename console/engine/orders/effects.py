"""What an order will bring about, in a sentence, from the arguments that are known so far: shown before it is sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from console.engine.dialects import dialect

Given = Mapping[str, Any]


class Effect(Protocol):
    """What will happen, as a sentence. ``version``: the station's OCPP version, None where it is not known or several
    stations differ."""

    def __call__(self, given: Given, version: str | None = None, /) -> str: ...


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


_RESETS = {
    "soft": "restarts: OCPP 1.6 stops running transactions first, 2.x waits until none runs any more",
    "hard": "ends running transactions and restarts at once",
}


def reset(given: Given, version: str | None = None) -> str:
    if given.get("type") == "resume":
        return f"{_where(given)} restarts at once; running transactions go on after it."
    how = "hard" if given.get("type") == "hard" else "soft"
    does = _RESETS if version is None else dialect(version).resets
    return f"{_where(given)} {does[how]}."


def unlock(given: Given, version: str | None = None) -> str:
    does = "it does not start charging" if version is None else dialect(version).unlocking
    return f"the lock of {_where(given, 'the connector')} lets go of the cable; {does}."


def start(given: Given, _version: str | None = None) -> str:
    tag = given.get("tag")
    who = f"id tag {tag}" if tag else "the id tag"
    place = _where(given, "a connector that the station chooses")
    return f"a transaction starts for {who} on {place}; where no car is plugged in, the station waits for one."


def stop(given: Given, _version: str | None = None) -> str:
    what = f"transaction {given['transaction']}" if given.get("transaction") else "the transaction"
    where = "" if given.get("transaction") or _where(given, "") == "" else f" on {_where(given)}"
    return f"{what}{where} ends, and the cable can be unplugged."


def firmware(given: Given, _version: str | None = None) -> str:
    name = given.get("file") or given.get("url") or "the image"
    return f"the station downloads {name}, installs it and restarts; it may be out of service for minutes."


def diagnostics(given: Given, _version: str | None = None) -> str:
    what = "security log" if given.get("log") == "security" else "diagnostics log"
    return f"the station uploads its {what} to this console; charging goes on."


def trigger(given: Given, _version: str | None = None) -> str:
    return f"the station sends {given.get('message') or 'the message'} for {_where(given)}; nothing else changes."


def availability(given: Given, _version: str | None = None) -> str:
    place = _where(given, "the whole station")
    if takes_out(given):
        return f"{place} goes out of service, after a running transaction has ended; it stays so over a restart."
    return f"{place} goes back into service."


def get(given: Given, _version: str | None = None) -> str:
    name = given.get("key") or ".".join(str(given[one]) for one in ("component", "variable") if given.get(one))
    return f"the station tells {name or 'its whole configuration'}; nothing changes."


def set(given: Given, _version: str | None = None) -> str:
    name = given.get("key") or ".".join(str(given[one]) for one in ("component", "variable") if given.get(one))
    return f"{name or 'the setting'} is changed, and read back; some settings count only after a restart."


def clear_cache(_given: Given, _version: str | None = None) -> str:
    return "the station forgets which id tags it has seen; offline, it may refuse them until it has seen them again."


def data_transfer(given: Given, _version: str | None = None) -> str:
    return f"the station hands the data to what {given.get('vendor') or 'the vendor'} has made of it."


def raw(given: Given, _version: str | None = None) -> str:
    return f"{given.get('action') or 'the call'} is sent exactly as it stands; the answer is shown as it comes."


# The functional blocks beyond the core.


def says(sentence: str) -> Effect:
    """The same sentence whatever the arguments are."""
    return lambda _given, _version=None, /: sentence


def send_list(given: Given, _version: str | None = None) -> str:
    if given.get("update") == "empty":
        return "the station forgets every tag of its local list."
    tags = str(given.get("tags") or "those of the profile")
    if given.get("update") == "differential":
        return f"in the station's local list these tags are changed: {tags}."
    return f"the station's local list becomes these tags: {tags}."


def reserve(given: Given, _version: str | None = None) -> str:
    place = _where(given, "a connector that the station chooses")
    return f"{place} is kept for id tag {given.get('tag') or '…'}; others cannot charge there meanwhile."


def limit(given: Given, _version: str | None = None) -> str:
    amount = f"{given.get('limit') or '…'} {given.get('unit') or 'A'}"
    purpose = given.get("purpose")
    if purpose == "station":
        return f"the whole station draws at most {amount}."
    place = _where(given, "every connector")
    whose = "the session that runs there" if purpose == "session" else "every session there"
    return f"{place}: {whose} draws at most {amount}."


def customer(given: Given, _version: str | None = None) -> str:
    if str(given.get("clear", "")).casefold() in ("true", "yes", "on", "1"):
        return "the station forgets what it knows of that customer."
    return "the station tells what it knows; nothing changes."


def monitoring(given: Given, _version: str | None = None) -> str:
    if given.get("base"):
        return f"the station's monitors are set to {given['base']}; own monitors may go."
    return f"events of severity 0 to {given.get('level') or '…'} are told, no others."


def display(given: Given, _version: str | None = None) -> str:
    return f"the station shows: {given.get('text') or '…'}"


def publish(given: Given, _version: str | None = None) -> str:
    name = given.get("file") or given.get("url") or "the image"
    return f"the local controller downloads {name} and offers it to its stations; none of them updates by it."
