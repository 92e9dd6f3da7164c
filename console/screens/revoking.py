"""Taking a station's certificates back: asked for with a reason, because it cannot be undone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.engine.errors import ChargehandError
from console.engine.tasks import spawn
from console.screens.ask import AskScreen

if TYPE_CHECKING:
    from console.app import ConsoleApp

LONGEST = 200


def ask_to_revoke(console: ConsoleApp, word: str) -> None:
    """Ask why, and do it; or say why it cannot be done."""
    found = console.engine.fleet.station(word) if word and console.ready else None
    if found is None:
        console.say("Choose a station first.", severity="warning")
        return
    if console.engine.read_only:
        console.say("This console is read-only.", severity="warning")
        return
    station = found.id

    async def revoke(note: str) -> None:
        try:
            made = await console.engine.revoking.revoke(station, by="operator", note=note)
        except ChargehandError as error:
            console.say(error.sentence, title=error.title, severity="error")
            return
        count = f"{len(made)} certificates of {station} are" if len(made) != 1 else f"The certificate of {station} is"
        console.say(f"{count} revoked.")

    def answered(note: str | None) -> None:
        if note is not None:
            spawn(revoke(note.strip()[:LONGEST]), name=f"revoke the certificates of {station}", owner=console.tasks)

    console.push_screen(
        AskScreen(
            f"Revoke the certificates of {station}?",
            "A link that was opened with one is closed, and none of them lets it in again; this cannot be undone. Why?",
        ),
        answered,
    )
