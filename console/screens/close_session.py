"""Closing a session by hand: its station never came back to say that it has ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.engine.errors import ChargehandError
from console.engine.tasks import spawn
from console.screens.ask import AskScreen
from console.screens.session_rows import silence
from widgets.format import age
from widgets.safe import safe_text

if TYPE_CHECKING:
    from console.app import ConsoleApp
    from console.engine.engine import Engine
    from console.engine.fleet.model import Station, Transaction

KEY = "X"
BY = "operator"


def why_not_close(engine: Engine, session: Transaction | None) -> str | None:
    """A sentence why that session is not to be closed by hand; None where it is."""
    if engine.read_only:
        return "This console is read-only: it closes no session."
    if session is None:
        return "Choose a session first."
    station = engine.fleet.station(session.station)
    if station is None or session.id not in station.active:
        return "This session is over already."
    if station.connected and silence(session, station, engine.clock()) is None and not _untold(session, station):
        return f"{safe_text(station.id, max_chars=48)} is connected and tells of this session: x asks it to stop."
    return None


def _untold(session: Transaction, station: Station) -> bool:
    """Whether the link came back and the station has not spoken of the session since."""
    return session.last_update < (station.link_opened or 0)


def ask_to_close(console: ConsoleApp, session: Transaction | None) -> None:
    """Ask why, and close it; or say why that does not apply."""
    why = why_not_close(console.engine, session)
    if why is not None or session is None:
        console.say(why or "", severity="warning")
        return
    quiet = age((console.now() - session.last_update) / 1e9)
    text = (
        f"{safe_text(session.station, max_chars=48)} last spoke of session {safe_text(session.wire or '—', max_chars=40)} "
        f"{quiet} ago. Nothing is sent: the console counts it as ended with its last word, until the station tells better. "
        "A note, if you like:"
    )

    def answered(note: str | None) -> None:
        if note is not None:
            spawn(_close(console, session, note), name="close a session by hand", owner=console.tasks)

    console.push_screen(AskScreen("Close by hand", text), answered)


async def _close(console: ConsoleApp, session: Transaction, note: str) -> None:
    try:
        await console.engine.happen(
            "transaction.closed", station=session.station, transaction=session.id, by=BY, note=note.strip()
        )
    except ChargehandError as error:
        console.say(error.sentence, title=error.title, severity="error")
        return
    console.say(f"Session {session.wire or '—'} of {session.station} is closed by hand.")
