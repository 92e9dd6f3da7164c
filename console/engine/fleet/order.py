"""What an order *is*: plain data. How it is said stands in the dialects, how it is run and followed in ``orders``."""

from __future__ import annotations

from typing import Any

import msgspec


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """An order to one station.

    ``id`` is the number of its audit row and serves as request id on the wire (unique, durable); ``name`` is the order's
    id in the table (``reset``, ``start``, …, ``raw``); ``arguments`` are checked values by name; ``deadline`` UTC ns.
    """

    id: int = 0
    station: str
    name: str
    arguments: dict[str, Any] = msgspec.field(default_factory=dict)
    originator: str = "operator"
    priority: int = 5
    deadline: int | None = None


class Saying(msgspec.Struct, frozen=True, kw_only=True):
    """An order in the words of one version: a call to make."""

    action: str
    payload: dict[str, Any]


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What a station's answer to an order means: was it accepted, with which word, and what a person may try next."""

    accepted: bool
    status: str
    hint: str | None = None
