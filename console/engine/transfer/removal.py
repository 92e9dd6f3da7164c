"""Deleting a file that the console keeps: recorded, and refused while an order uses it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.engine.errors import TransferError
from console.engine.transfer.model import StoredFile

if TYPE_CHECKING:
    from console.engine.engine import Engine


def why_not_delete(engine: Engine, file: StoredFile) -> str | None:
    """A sentence why the file stays; None where it can be deleted."""
    if engine.read_only:
        return "This console is read-only: it deletes nothing."
    return engine.files.in_use(file)


async def delete_file(engine: Engine, file: StoredFile, *, by: str = "operator") -> None:
    """Delete an image or an upload for good. Who did it is recorded first.

    Raises TransferError where it is in use or the disk refuses, JournalFull where it cannot be recorded.
    """
    why = why_not_delete(engine, file)
    if why is not None:
        raise TransferError(why, title="The file stays")
    found = engine.fleet.station(file.station) if file.station is not None else None
    station = found.id if found is not None else file.station
    await engine.happen("file.deleted", station=station, name=file.name, bytes=file.size, by=by)
    await engine.files.remove(file)
