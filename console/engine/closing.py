"""Closing a session by hand, whose station never came back to end it. Screen, command and API share the rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from console.engine.errors import NoSuchSession, NoSuchStation, SessionError
from console.engine.silence import silence
from console.engine.visible import visible

if TYPE_CHECKING:
    from console.engine.engine import Engine
    from console.engine.fleet.model import Station, Transaction

NOTE: Final = 1000  # characters of a note that are kept
_SHOWN: Final = 48


def why_not_close(engine: Engine, session: Transaction, *, instead: str = "order stop instead") -> str | None:
    """A sentence why that session is not to be closed by hand; None where it is. ``instead``: how to stop it in earnest."""
    if engine.read_only:
        return "This console is read-only: it closes no session."
    station = engine.fleet.station(session.station)
    if station is None or session.id not in station.active:
        return "This session is over already."
    if station.connected and silence(session, station, engine.clock()) is None and not _untold(session, station):
        return f"{_name(station.id)} is connected and tells of this session: {instead}."
    return None


def _untold(session: Transaction, station: Station) -> bool:
    """Whether the link came back and the station has not spoken of the session since."""
    return session.last_update < (station.link_opened or 0)


def running_session(engine: Engine, station: str, wire: str) -> Transaction:
    """The session of that id on the wire which runs at a station, or, with ``""``, the only one that does.

    Raises NoSuchStation, NoSuchSession with a sentence that names those that run.
    """
    found = engine.fleet.station(station)
    if found is None:
        raise NoSuchStation(f"No station {_name(station)} is known here.")
    at_hand = engine.fleet.transactions
    running = [at_hand[number] for number in found.active if number in at_hand]
    named = [one for one in running if not wire or one.wire == wire]
    if len(named) == 1:
        return named[0]
    if not running:
        raise NoSuchSession(f"No session runs on {_name(found.id)}.")
    ids = ", ".join(_name(one.wire or "—") for one in running)
    raise NoSuchSession(f"Which session? {ids} {'run' if len(running) > 1 else 'runs'} on {_name(found.id)}.")


async def close_by_hand(engine: Engine, number: int, note: str = "", *, by: str = "operator") -> Transaction:
    """Count a session (our id) as ended with its last word, until its station tells better. Nothing is sent.

    Raises NoSuchSession, SessionError where the rule forbids it, JournalFull where it cannot be recorded.
    """
    session = engine.fleet.transactions.get(number)
    if session is None:
        if not await engine.journal.transactions(ids=[number]):
            raise NoSuchSession(f"There is no session {number} here.")
        raise SessionError("This session is over already.")
    why = why_not_close(engine, session)
    if why is not None:
        raise SessionError(why)
    await engine.happen(
        "transaction.closed", station=session.station, transaction=session.id, by=by, note=note.strip()[:NOTE]
    )
    return session


def _name(text: str) -> str:
    return visible(text[:_SHOWN])
