"""What operators do over the API, beside orders: stations let in, alarms noted, messages marked, sessions closed, files."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from console.engine.api.answers import as_json, as_rows
from console.engine.api.asked import object_of, who
from console.engine.api.problems import ApiProblem
from console.engine.closing import NOTE, close_by_hand, running_session
from console.engine.errors import NoSuchStation
from console.engine.journal.rows import iso, transaction_row
from console.engine.transfer.model import StoredFile
from console.engine.transfer.removal import delete_file

if TYPE_CHECKING:
    from console.engine.engine import Engine


class Acts:
    """The handlers for one engine."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    # Of stations, alarms, messages and sessions.

    async def approve(self, request: Request) -> Response:
        may_write(self.engine)
        accept = (await object_of(request)).get("accept")
        if not isinstance(accept, bool):
            raise ApiProblem(422, 'The body says {"accept": true} or {"accept": false}.')
        await self.engine.approve(request.path_params["id"], accept, by=who(request))
        return Response(status_code=204)

    async def acknowledge(self, request: Request) -> Response:
        may_write(self.engine)
        number = request.path_params["id"]
        if number not in self.engine.fleet.alarms:
            raise ApiProblem(404, f"There is no alarm {number}.")
        await self.engine.acknowledge(number, _note(await object_of(request)), by=who(request))
        return Response(status_code=204)

    async def revoke(self, request: Request) -> Response:
        may_write(self.engine)
        station = self.engine.fleet.station(request.path_params["id"])
        if station is None:
            raise NoSuchStation(f"No station {request.path_params['id']} is known here.")
        made = await self.engine.revoking.revoke(station.id, by=who(request), note=_note(await object_of(request)))
        return as_json([{"station": one.station, "serial": one.serial} for one in made])

    async def mark(self, request: Request) -> Response:
        may_write(self.engine)
        number = request.path_params["id"]
        on = (await object_of(request)).get("on", True)
        if not isinstance(on, bool):
            raise ApiProblem(422, 'The body says {"on": true} or {"on": false}.')
        if await self.engine.journal.message(number) is None:
            raise ApiProblem(404, f"There is no message {number}.")
        await self.engine.bookmark(number, on, by=who(request))
        return Response(status_code=204)

    async def close(self, request: Request) -> Response:
        """A session by our id."""
        may_write(self.engine)
        body = await object_of(request)
        return await self._close(request, request.path_params["id"], body)

    async def close_at(self, request: Request) -> Response:
        """The session of a station by its id on the wire, or the only one that runs there."""
        may_write(self.engine)
        body = await object_of(request)
        wire = body.get("transaction")
        session = running_session(self.engine, request.path_params["id"], "" if wire is None else str(wire))
        return await self._close(request, session.id, body)

    async def _close(self, request: Request, number: int, body: dict[str, Any]) -> Response:
        closed = await close_by_hand(self.engine, number, _note(body), by=who(request))
        return as_json(transaction_row(closed))

    # Files.

    async def files(self, request: Request) -> Response:
        images = await asyncio.to_thread(self.engine.files.images)
        return as_rows(request, [_file(one) for one in images])

    async def received(self, request: Request) -> Response:
        """What stations have sent, newest first."""
        found = await asyncio.to_thread(self.engine.files.received)
        return as_rows(request, [{"station": self._sender(one), **_file(one)} for one in found])

    async def store(self, request: Request) -> Response:
        may_write(self.engine)
        name = request.query_params.get("name", "")
        if not name:
            raise ApiProblem(400, "Say the file's name: POST /files?name=firmware.bin, with the file as the body.")
        stored = await self.engine.files.store(name, request.stream())
        return as_json(_file(stored), 201)

    async def delete(self, request: Request) -> Response:
        may_write(self.engine)
        name = request.path_params["name"]
        images = await asyncio.to_thread(self.engine.files.images)
        image = next((one for one in images if one.name == name), None)
        if image is None:
            raise ApiProblem(404, f"There is no image “{name[:80]}” here; GET /files lists them.", title="No such file")
        return await self._delete(request, image)

    async def delete_received(self, request: Request) -> Response:
        may_write(self.engine)
        station, name = request.path_params["station"], request.path_params["name"]
        found = await asyncio.to_thread(self.engine.files.received)
        file = next((one for one in found if one.name == name and self._sender(one) == station), None)
        if file is None:
            told = f"{station[:80]} has sent no “{name[:80]}”; GET /files/received lists what came."
            raise ApiProblem(404, told, title="No such file")
        return await self._delete(request, file)

    async def _delete(self, request: Request, file: StoredFile) -> Response:
        used = self.engine.files.in_use(file)
        if used is not None:
            raise ApiProblem(409, used, title="The file is in use")
        await delete_file(self.engine, file, by=who(request))
        return Response(status_code=204)

    def _sender(self, file: StoredFile) -> str:
        """The station of an upload as it is known; the name of its folder where it is not."""
        found = self.engine.fleet.station(file.station or "")
        return found.id if found is not None else file.station or ""


def _note(body: dict[str, Any]) -> str:
    """Why, in the words of whoever does it."""
    return str(body.get("note") or "")[:NOTE]


def _file(one: StoredFile) -> dict[str, Any]:
    return {"name": one.name, "size": one.size, "modified": iso(one.modified)}


def may_write(engine: Engine) -> None:
    """Raise ApiProblem where the console is read-only."""
    if engine.read_only:
        raise ApiProblem(403, "This console is read-only: it gives no orders and changes nothing.", title="Read-only")
