"""Errors that the engine raises on purpose. All of them carry a title and a sentence that says what to do next.

``ChargehandError`` (``profiles.errors``)
├── ``ProfileError``          a profile that cannot be used (``profiles.errors``)
└── ``EngineError``
    ├── ``ListenError``       an address cannot be listened on
    ├── ``JournalError``      the journal cannot be opened, read or written
    │   ├── ``JournalBusy``   another console has this data directory
    │   └── ``JournalFull``   the disk refuses
    ├── ``FilterError``       a filter line that cannot be understood
    ├── ``OrderError``        an order that cannot be given as it stands
    │   ├── ``NoSuchStation``
    │   ├── ``NotConnected``
    │   └── ``NoSuchOrder``
    ├── ``SessionError``      a session that is not to be closed by hand
    │   └── ``NoSuchSession``
    ├── ``TrustError``        a certificate, key or secret that cannot be read, made or kept
    ├── ``TransferError``     a file that cannot be offered or received
    └── ``ApiError``          a running console that cannot be reached or that refuses
"""

from __future__ import annotations

from profiles.errors import ChargehandError, ProfileError

__all__ = [
    "ApiError",
    "ChargehandError",
    "EngineError",
    "FilterError",
    "JournalBusy",
    "JournalError",
    "JournalFull",
    "ListenError",
    "NoSuchOrder",
    "NoSuchSession",
    "NoSuchStation",
    "NotConnected",
    "OrderError",
    "ProfileError",
    "SessionError",
    "TransferError",
    "TrustError",
]


class EngineError(ChargehandError):
    """The root of the engine's own errors."""


class ListenError(EngineError):
    """An address that cannot be listened on."""

    title = "The endpoint cannot listen"


class JournalError(EngineError):
    """A journal that cannot be opened, read or written."""

    title = "The journal cannot be used"


class JournalBusy(JournalError):
    """Another console has this data directory open."""

    title = "The data directory is in use"


class JournalFull(JournalError):
    """The disk refused a write; nothing was acknowledged."""

    title = "The disk refuses"


class FilterError(EngineError):
    """A filter line that cannot be understood; ``column`` is where, counted from 0."""

    title = "The filter is not understood"

    def __init__(self, sentence: str, *, column: int = 0) -> None:
        super().__init__(sentence)
        self.column = column


class OrderError(EngineError):
    """An order that cannot be given as it stands."""

    title = "The order cannot be given"


class NoSuchStation(OrderError):
    """No station of that identity is known."""

    title = "No such station"


class NotConnected(OrderError):
    """The station is known, but has no link now."""

    title = "The station is not connected"


class NoSuchOrder(OrderError):
    """No order of that name."""

    title = "No such order"


class SessionError(EngineError):
    """A session that is not to be closed by hand."""

    title = "The session is not closed"


class NoSuchSession(SessionError):
    """No session of that id, or none that runs."""

    title = "No such session"


class TransferError(EngineError):
    """A file that cannot be offered or received."""

    title = "The file cannot be moved"


class TrustError(EngineError):
    """A certificate, key or secret that cannot be read, made or kept."""

    title = "Certificates and secrets cannot be used"


class ApiError(EngineError):
    """A running console that cannot be reached, or that refuses."""

    title = "The console does not answer"
