"""OCPP versions: one dialect each, and the table of them."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from console.engine.dialects.base import Dialect

VERSIONS: Final = ("1.6", "2.0.1", "2.1")

# Subprotocols as IANA has them; a version's name is how it stands in the journal, in filters and on the screen.
BY_SUBPROTOCOL: Final = {"ocpp1.6": "1.6", "ocpp2.0.1": "2.0.1", "ocpp2.1": "2.1"}


@lru_cache(maxsize=len(VERSIONS))
def dialect(version: str) -> Dialect:
    """The dialect of a version, made on first use and shared from then on. KeyError where there is no such version."""
    if version == "1.6":
        from console.engine.dialects.v16 import V16

        return V16()
    if version == "2.0.1":
        from console.engine.dialects.v201 import V201

        return V201()
    if version == "2.1":
        from console.engine.dialects.v21 import V21

        return V21()
    raise KeyError(version)
