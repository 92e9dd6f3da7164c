"""Arguments of an order in the words of OCPP 2.x: what every saying of ``v2_sayings``, ``v2_blocks`` and ``v2_power`` takes.

Numbers and truth values may be text. ``connector`` alone means EVSE n, connector 1; 0 means the station.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from console.engine.dialects.reading import integer, items, stamp, text, when
from console.engine.dialects.reading import number as decimal_of
from console.engine.dialects.v2_answers import Limits
from console.engine.dialects.v2_places import component_of
from console.engine.errors import OrderError
from console.engine.fleet.order import Order

INT32: Final = 2**31 - 1
_ATTRIBUTES: Final = ("Actual", "Target", "MinSet", "MaxSet")


def word(order: Order, name: str) -> str | None:
    """An argument as text; None where it was not given or is empty."""
    return text(order.arguments.get(name)) or None


def number(order: Order, name: str) -> int | None:
    """A number from 0 on; None where it was not given. Raises OrderError for anything else."""
    said = order.arguments.get(name)
    if said is None or said == "":
        return None
    made = None if type(said) is bool else integer(said)
    if made is None or not 0 <= made <= INT32:
        raise OrderError(f"{name} is a number that counts from 0, not {said}.")
    return made


def place(order: Order) -> tuple[int | None, int | None]:
    """EVSE and connector. ``connector`` alone is EVSE n, connector 1; connector 0 alone is the station."""
    evse, connector = number(order, "evse"), number(order, "connector")
    if evse is None and connector is not None:
        return connector, 1 if connector else None
    return evse, connector or None


def time_of(order: Order, name: str) -> str | None:
    """A time as OCPP writes it; None where it was not given. Raises OrderError for anything else."""
    said = order.arguments.get(name)
    if said is None or said == "":
        return None
    at = said if type(said) is int else when(said)
    if at is None:
        raise OrderError(f"{name} is a time such as 2026-01-31T12:00:00Z, not {said}.")
    return stamp(at)


def url_of(order: Order, given: dict[str, Any], limits: Limits) -> str:
    """The address of a file, the one that the engine gives first. Raises OrderError."""
    url = text(given.get("url")) or word(order, "url")
    if not url:
        raise OrderError("There is no address for the file: give url=URL or a file.")
    if len(url) > limits.url:
        raise OrderError(f"An address has at most {limits.url} characters here; this one has {len(url)}.")
    return url


def request_id(order: Order) -> int:
    """The number under which reports and stages of this order come back."""
    return order.id & INT32


def component(order: Order, spelling: str | None) -> dict[str, Any]:
    """A ComponentType. Raises OrderError."""
    made = None if spelling is None else component_of(spelling, number(order, "evse"))
    if made is None or len(made["name"]) > 50 or len(made.get("instance", "")) > 50:
        raise OrderError("Say which component: component=NAME, NAME[instance], or NAME#connector with evse=N.")
    return made


def variable(order: Order, name: str) -> dict[str, Any]:
    """A VariableType. Raises OrderError."""
    made = {"name": name}
    instance = word(order, "instance")
    if instance:
        made["instance"] = instance
    if len(name) > 50 or len(instance or "") > 50:
        raise OrderError("The name of a variable, and its instance, have at most 50 characters.")
    return made


def attribute(order: Order) -> str | None:
    """An AttributeEnumType; None where none was given. Raises OrderError."""
    said = word(order, "attribute")
    if said is None:
        return None
    made = one_of(said, _ATTRIBUTES)
    if made is None:
        raise OrderError(f"An attribute is one of {', '.join(_ATTRIBUTES)}; not {said}.")
    return made


def one_of(word: str, names: Iterable[str]) -> str | None:
    """The name that ``word`` means, whatever its case."""
    wanted = word.casefold()
    return next((name for name in names if name.casefold() == wanted), None)


def chosen(order: Order, name: str, names: Iterable[str]) -> str | None:
    """One of ``names`` that an argument means; None where it was not given. Raises OrderError."""
    said = word(order, name)
    made = None if said is None else one_of(said, names)
    if said is not None and made is None:
        raise OrderError(f"{name} is one of {', '.join(names)}; not {said}.")
    return made


def decimal(order: Order, name: str) -> float | None:
    """A number that may have decimals; None where it was not given. Raises OrderError for anything else."""
    said = order.arguments.get(name)
    if said is None or said == "":
        return None
    made = None if type(said) is bool else decimal_of(said)
    if made is None:
        raise OrderError(f"{name} is a number, not {text(said)}.")
    return made


def numbers(order: Order, name: str) -> list[int]:
    """Numbers with commas. Raises OrderError where one is none."""
    said = order.arguments.get(name)
    parts = items(said) if isinstance(said, list) else str("" if said is None else said).split(",")
    found: list[int] = []
    for part in parts:
        if str(part).strip():
            made = integer(part)
            if made is None or not 0 <= made <= INT32:
                raise OrderError(f"{name} is one number, or several with commas; not {part}.")
            found.append(made)
    return found


def token(order: Order, limits: Limits, name: str = "tag", kind: str = "Central") -> dict[str, Any] | None:
    """An IdTokenType; ``type`` of the order tells its kind. None where it was not given. Raises OrderError."""
    tag = word(order, name)
    if tag is None:
        return None
    if len(tag) > limits.token:
        raise OrderError(f"An id token has at most {limits.token} characters here; this one has {len(tag)}.")
    return {"idToken": tag, "type": token_kind(word(order, "type") or kind, limits)}


def token_kind(kind: str, limits: Limits) -> str:
    """The type of an id token as this version spells it. Raises OrderError."""
    if limits.token_types is not None:
        known = one_of(kind, limits.token_types)
        if known is None:
            raise OrderError(f"An id token's type is one of {', '.join(limits.token_types)}; not {kind}.")
        return known
    if len(kind) > 20:
        raise OrderError("An id token's type has at most 20 characters.")
    return kind
