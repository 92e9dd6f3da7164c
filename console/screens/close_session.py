"""Closing a session by hand, on the screen: why is asked first. The rule is ``console.engine.closing``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.engine import closing
from console.engine.errors import ChargehandError
from console.engine.tasks import spawn
from console.screens.ask import AskScreen
from widgets.format import age
from widgets.safe import safe_text

if TYPE_CHECKING:
    from console.app import ConsoleApp
    from console.engine.engine import Engine
    from console.engine.fleet.model import Transaction

KEY = "X"


def why_not_close(engine: Engine, session: Transaction | None) -> str | None:
    """A sentence why that session is not to be closed by hand; None where it is."""
    if session is None:
        return "Choose a session first."
    return closing.why_not_close(engine, session, instead="x asks it to stop")


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
        await closing.close_by_hand(console.engine, session.id, note)
    except ChargehandError as error:
        console.say(error.sentence, title=error.title, severity="error")
        return
    console.say(f"Session {session.wire or '—'} of {session.station} is closed by hand.")
