"""What operators do beside orders, as typer reads it. What each does stands in ``acting``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from console.commands.flags import ApiUrl, Json, Note, Station

Numbers = Annotated[list[int], typer.Argument(metavar="ID…", min=1, help="Their numbers, as in the tables.")]

files_app = typer.Typer(
    help="Files of a running console: list, send, delete.",
    no_args_is_help=True,
    short_help="Firmware images and uploads.",
)


def add_acts(app: typer.Typer) -> None:
    """Add the commands, in the order of the help."""
    app.command(short_help="Let a station in that waits for a person.")(accept)
    app.command(short_help="Keep a station out.")(refuse)
    app.command(short_help="Close a session by hand that never ended.")(close)
    app.command(short_help="Mark messages.")(mark)
    app.command(short_help="Take note of alarms.")(acknowledge)


def accept(station: Station, api: ApiUrl = None) -> int:
    """Let a station in that waits for a person (`:accept` on the screen)."""
    from console.commands.acting import approve

    return approve(station, True, api=api)


def refuse(station: Station, api: ApiUrl = None) -> int:
    """Keep a station out; its link is closed (`:refuse` on the screen)."""
    from console.commands.acting import approve

    return approve(station, False, api=api)


def close(
    station: Station,
    transaction: Annotated[
        str | None, typer.Argument(metavar="TRANSACTION", help="Its id on the wire; may be left out where one runs.")
    ] = None,
    note: Note = "",
    api: ApiUrl = None,
) -> int:
    """Count a session as ended whose station never came back to end it (`:close` on the screen).

    Nothing is sent. It ends with the last that the station told, and goes on should the station tell of it again.
    """
    from console.commands.acting import close as close_by_hand

    return close_by_hand(station, transaction, note, api=api)


def mark(
    messages: Numbers,
    off: Annotated[bool, typer.Option("--off", help="Take the marks away.")] = False,
    api: ApiUrl = None,
) -> int:
    """Mark messages, as b does on the screen; `chargehand messages is:marked` finds them."""
    from console.commands.acting import mark as set_marks

    return set_marks(messages, not off, api=api)


def acknowledge(alarms: Numbers, note: Note = "", api: ApiUrl = None) -> int:
    """Take note of alarms, as a does on the screen."""
    from console.commands.acting import acknowledge as take_note

    return take_note(alarms, note, api=api)


@files_app.command("list")
def files_list(api: ApiUrl = None, as_json: Json = False) -> int:
    """Images that can be offered to stations, and what stations have sent."""
    from console.commands.acting import files

    return files(api=api, as_json=as_json)


@files_app.command("send")
def files_send(file: Annotated[Path, typer.Argument(metavar="FILE", help="The image.")], api: ApiUrl = None) -> int:
    """Bring a firmware image; `call STATION firmware file=NAME` offers it then."""
    from console.commands.acting import send_file

    return send_file(file, api=api)


@files_app.command("delete")
def files_delete(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The file's name, as in the list.")],
    station: Annotated[
        str | None, typer.Option("--from", metavar="STATION", help="What this station has sent, not an image.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    api: ApiUrl = None,
) -> int:
    """Delete an image, or what a station has sent, for good."""
    from console.commands.acting import delete_file

    return delete_file(name, station, api=api, sure=lambda question: yes or _asked(question))


def _asked(question: str) -> bool:
    """Whether the person at the terminal says yes; nobody there says no."""
    if not sys.stdin.isatty():
        return False
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().casefold() in ("y", "yes")
