"""What a form of an order is made of. Plain data: widgets draw it."""

from __future__ import annotations

import msgspec

from console.engine.dialects import dialect


class FieldSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One field of a form. ``value`` is what stands in it at first; ``hint`` a few words; ``longest`` characters.

    ``offer``: what the station has that fits, in words: ``1 Available · 2 Charging``.
    """

    name: str
    kind: str
    label: str
    value: str = ""
    choices: tuple[str, ...] = ()
    required: bool = False
    hint: str = ""
    offer: str = ""
    longest: int | None = None


def callable_actions(version: str) -> list[str]:
    """The actions that we may call in that version, by name."""
    return sorted(dialect(version).callable)
