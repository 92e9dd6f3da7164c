"""What operators do beside orders, through the API of a running console: stations let in, alarms noted, messages marked,
sessions closed by hand, files brought and taken away."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from console.commands.client import Client
from console.commands.trouble import CommandFailed, complain

Row = dict[str, Any]

LONGEST_NOTE: Final = 1000  # characters; what is longer would be cut by the console


@contextmanager
def _asked(api: str | None) -> Iterator[Client]:
    client = Client.found(api)
    try:
        yield client
    finally:
        client.close()


def approve(station: str, accept: bool, *, api: str | None) -> int:
    """Let a station in, or keep it out."""
    with _asked(api) as client:
        client.act(f"/stations/{_within(station)}/approval", {"accept": accept})
    complain(f"{station} is {'accepted; it boots again' if accept else 'refused'}")
    return 0


def close(station: str, session: str | None, note: str, *, api: str | None) -> int:
    """Count a session as ended whose station never came back to end it."""
    body: Row = {"note": _note(note)}
    if session is not None:
        body["transaction"] = session
    with _asked(api) as client:
        row = client.act(f"/stations/{_within(station)}/close", body)
    complain(f"session {row.get('transaction_id') or row.get('id')} of {row.get('station')} is closed by hand")
    return 0


def mark(messages: Sequence[int], on: bool, *, api: str | None) -> int:
    """Mark messages by their numbers, or take the marks away."""
    with _asked(api) as client:
        for number in messages:
            client.act(f"/messages/{number}/mark", {"on": on})
    several = f"{len(messages)} messages are" if len(messages) != 1 else f"message {messages[0]} is"
    complain(f"{several} {'marked; is:marked finds them' if on else 'marked no more'}")
    return 0


def acknowledge(alarms: Sequence[int], note: str, *, api: str | None) -> int:
    """Take note of alarms."""
    body = {"note": _note(note)}
    with _asked(api) as client:
        for number in alarms:
            client.act(f"/alarms/{number}/acknowledge", body)
    complain(f"{len(alarms)} alarms are noted" if len(alarms) != 1 else f"alarm {alarms[0]} is noted")
    return 0


def _note(text: str) -> str:
    if len(text) > LONGEST_NOTE:
        raise CommandFailed(f"a note has at most {LONGEST_NOTE} characters.")
    return text


def _within(identity: str) -> str:
    return quote(identity, safe="")


# Files.


def files(*, api: str | None, as_json: bool) -> int:
    """Images that can be offered, and what stations have sent."""
    with _asked(api) as client:
        rows: list[Row] = [
            *({"kind": "image", "station": None, **row} for row in client.rows("/files")),
            *({"kind": "received", **row} for row in client.rows("/files/received")),
        ]
    if as_json:
        from console.commands.listing import print_lines

        print_lines(rows)
        return 0
    from console.commands import tables

    tables.print_table(tables.FILES, rows, empty="No file is kept here yet.")
    return 0


def send_file(path: Path, *, api: str | None) -> int:
    """Bring an image, to be offered to stations."""
    if not path.is_file():
        raise CommandFailed(f"{path}: there is no such file.")
    with _asked(api) as client:
        name = client.send_file(path)
    complain(f"{name} is kept; firmware file={name} offers it")
    return 0


def delete_file(name: str, station: str | None, *, api: str | None, sure: Callable[[str], bool]) -> int:
    """Delete an image, or what a station has sent, for good; ``sure``: asks whoever is there."""
    whose = f" of {station}" if station is not None else ""
    if not sure(f"Delete {name}{whose} for good?"):
        raise CommandFailed("nothing was deleted; --yes deletes without asking.")
    with _asked(api) as client:
        if station is None:
            client.act(f"/files/{_within(name)}", None, method="DELETE")
        else:
            client.act(f"/files/received/{_within(station)}/{_within(name)}", None, method="DELETE")
    complain(f"{name}{whose} is deleted")
    return 0
