"""What an audit row may hold of an order's arguments: no passwords, keys or PIN codes (see ``console.engine.masking``)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from console.engine.masking import MASK, is_secret_setting, masked_payload, masked_url

__all__ = ["MASK", "masked", "masked_url"]


def masked(name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of the order ``name`` as its audit row may hold them."""
    found: dict[str, Any] = masked_payload(dict(arguments))
    setting = str(arguments.get("key") or arguments.get("variable") or "")
    if name == "set" and is_secret_setting(setting):
        found["value"] = MASK
    return found
