"""The HTTP API of a running console: what the screen can do, for programs. ``make_app`` lists every path."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any

import orjson
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from console.engine.api import orders, views
from console.engine.api.metrics import CONTENT_TYPE, metrics
from console.engine.api.problems import ApiProblem, problem, problem_of
from console.engine.errors import NoSuchStation
from console.engine.filter import Filter, parse_filter
from console.engine.journal.rows import Row
from console.engine.transfer.removal import delete_file
from console.engine.visible import json_line
from profiles import is_loopback

if TYPE_CHECKING:
    from console.engine.api.events import EventStream
    from console.engine.engine import Engine

Handler = Callable[[Request], Awaitable[Response]]

MAX_BODY = 1_048_576
NDJSON = "application/x-ndjson"
_BATCH = 65_536
_CATCH_UP_SECONDS = 1.0


def make_app(engine: Engine, events: EventStream) -> Starlette:
    """The application for one engine. ``Guard`` stands before it."""
    api = _Api(engine, events)
    routes = [
        ("GET", "/health", api.health),
        ("GET", "/metrics", api.metrics),
        ("GET", "/events", api.events),
        ("GET", "/stations", api.stations),
        ("GET", "/connectors", api.connectors),
        ("GET", "/transactions", api.transactions),
        ("GET", "/messages", api.messages),
        ("GET", "/messages/{id:int}", api.message),
        ("GET", "/connections", api.connections),
        ("GET", "/alarms", api.alarms),
        ("POST", "/alarms/{id:int}/acknowledge", api.acknowledge),
        ("GET", "/orders", api.orders),
        ("GET", "/files", api.files),
        ("POST", "/files", api.store),
        ("DELETE", "/files/{name}", api.delete),
        # A station's identity may hold anything but a slash; ``path`` keeps an encoded one from naming another route.
        ("POST", "/stations/{id:path}/orders/{order}", api.order),
        ("POST", "/stations/{id:path}/raw/{action}", api.raw),
        ("POST", "/stations/{id:path}/approval", api.approve),
        ("GET", "/stations/{id:path}", api.station),
    ]
    return Starlette(
        routes=[Route(path, _told(engine, handler), methods=[method]) for method, path, handler in routes],
        exception_handlers={HTTPException: _http_problem},
    )


def _told(engine: Engine, handler: Handler) -> Handler:
    async def answer(request: Request) -> Response:
        try:
            if request.method == "GET":
                await _caught_up(engine)
            return await handler(request)
        except ClientDisconnect:
            return Response(status_code=400)
        except HTTPException:
            raise
        except Exception as error:
            return problem_of(error)

    return answer


async def _caught_up(engine: Engine) -> None:
    """Wait until what came before the request is stored and folded, so that whoever was answered reads of it here."""
    newest = engine.journal.last_id
    if engine.fleet.cursor >= newest:
        return
    there = asyncio.Event()
    unwatch = engine.watch(lambda record, _events: there.set() if record.id >= newest else None)
    try:
        async with asyncio.timeout(_CATCH_UP_SECONDS):  # a disk that refuses must not hold up the reading
            await there.wait()
    except TimeoutError:
        return
    finally:
        unwatch()


async def _http_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return problem(404, "Not Found", f"There is nothing at {request.url.path}.")
    if error.status_code == 405:
        answer = problem(405, "Method Not Allowed", f"{request.method} is not understood at {request.url.path}.")
        answer.headers.update(error.headers or {})
        return answer
    return problem(error.status_code, "The request failed", error.detail)


class _Api:
    def __init__(self, engine: Engine, events: EventStream) -> None:
        self.engine = engine
        self.stream = events

    # Of the console itself.

    async def health(self, request: Request) -> Response:
        failure = self.engine.failure
        body = {
            "status": "ok" if failure is None else "failing",
            "failure": failure,
            "read_only": self.engine.read_only,
        }
        return _json(body, 200 if failure is None else 503)

    async def metrics(self, request: Request) -> Response:
        return PlainTextResponse(metrics(self.engine), media_type=CONTENT_TYPE)

    async def events(self, request: Request) -> Response:
        said = request.headers.get("last-event-id") or request.query_params.get("after")
        if said is not None and not (said.isascii() and said.isdigit() and len(said) < 19):
            raise ApiProblem(400, "Last-Event-ID is the number of an event that was sent before.")
        after = None if said is None else int(said)
        where = _filter(request)
        return StreamingResponse(
            self.stream.follow(
                where if where is not None and not where.empty else None, after, secrets=_secrets(request)
            ),
            media_type="text/event-stream",
            headers={"cache-control": "no-cache", "x-accel-buffering": "no"},
        )

    # Of stations.

    async def stations(self, request: Request) -> Response:
        return _rows(request, views.stations(self.engine.fleet), limited=True)

    async def station(self, request: Request) -> Response:
        wanted = request.path_params["id"].casefold()
        for row in views.stations(self.engine.fleet):
            if str(row["id"]).casefold() == wanted:
                return _json(row)
        raise NoSuchStation(f"No station {request.path_params['id']} is known here.")

    async def connectors(self, request: Request) -> Response:
        return _rows(request, views.connectors(self.engine.fleet), limited=True)

    async def transactions(self, request: Request) -> Response:
        found = await views.transactions(self.engine.fleet, self.engine.journal, _filter(request), _limit(request))
        return _rows(request, found)

    async def messages(self, request: Request) -> Response:
        rows = views.messages(self.engine.journal, _filter(request), _limit(request), secrets=_secrets(request))
        lines = NDJSON in request.headers.get("accept", "")
        first = await anext(rows, None)  # what is wrong with the journal is told before the answer begins
        return StreamingResponse(_streamed(first, rows, lines), media_type=NDJSON if lines else "application/json")

    async def message(self, request: Request) -> Response:
        found = await self.engine.journal.message(request.path_params["id"])
        if found is None:
            raise ApiProblem(404, f"There is no message {request.path_params['id']}.")
        return _json(views.message(found, secrets=_secrets(request)))

    async def connections(self, request: Request) -> Response:
        return _rows(request, await views.connections(self.engine.journal, _limit(request)))

    async def alarms(self, request: Request) -> Response:
        return _rows(request, views.alarms(self.engine.fleet, _limit(request)))

    # What operators do.

    async def order(self, request: Request) -> Response:
        self._may_write()
        arguments = await _object(request)
        query = request.query_params
        wait = query.get("wait", "effect")
        if wait not in ("effect", "answer"):
            raise ApiProblem(400, "wait is effect or answer.")
        path = request.path_params
        told = await orders.give(
            self.engine,
            path["id"],
            path["order"],
            arguments,
            by=_by(request),
            timeout=_seconds(query.get("timeout")),
            wait=wait == "effect",
        )
        return _json(told)

    async def raw(self, request: Request) -> Response:
        self._may_write()
        payload = await _body(request, otherwise={})
        path = request.path_params
        timeout = _seconds(request.query_params.get("timeout"))
        row = await orders.raw(self.engine, path["id"], path["action"], payload, by=_by(request), timeout=timeout)
        return _json(row)

    async def approve(self, request: Request) -> Response:
        self._may_write()
        accept = (await _object(request)).get("accept")
        if not isinstance(accept, bool):
            raise ApiProblem(422, 'The body says {"accept": true} or {"accept": false}.')
        await self.engine.approve(request.path_params["id"], accept, by=_by(request))
        return Response(status_code=204)

    async def acknowledge(self, request: Request) -> Response:
        self._may_write()
        number = request.path_params["id"]
        if number not in self.engine.fleet.alarms:
            raise ApiProblem(404, f"There is no alarm {number}.")
        note = (await _object(request)).get("note", "")
        await self.engine.acknowledge(number, str(note)[:1000], by=_by(request))
        return Response(status_code=204)

    async def orders(self, request: Request) -> Response:
        from console.engine.orders.table import ORDERS

        rows = [
            {"id": one.id, "title": one.title, "arguments": one.usage(), "done_when": one.done_when, "help": one.help}
            for one in ORDERS
        ]
        return _rows(request, rows)

    # Files.

    async def files(self, request: Request) -> Response:
        images = await asyncio.to_thread(self.engine.files.images)
        return _json([{"name": one.name, "size": one.size} for one in images])

    async def store(self, request: Request) -> Response:
        self._may_write()
        name = request.query_params.get("name", "")
        if not name:
            raise ApiProblem(400, "Say the file's name: POST /files?name=firmware.bin, with the file as the body.")
        stored = await self.engine.files.store(name, request.stream())
        return _json({"name": stored.name, "size": stored.size}, 201)

    async def delete(self, request: Request) -> Response:
        self._may_write()
        name = request.path_params["name"]
        images = await asyncio.to_thread(self.engine.files.images)
        image = next((one for one in images if one.name == name), None)
        if image is None:
            raise ApiProblem(404, f"There is no image “{name[:80]}” here; GET /files lists them.", title="No such file")
        used = self.engine.files.in_use(image)
        if used is not None:
            raise ApiProblem(409, used, title="The file is in use")
        await delete_file(self.engine, image, by=_by(request))
        return Response(status_code=204)

    def _may_write(self) -> None:
        if self.engine.read_only:
            raise ApiProblem(403, "This console is read-only: it gives no orders.", title="Read-only")


def _json(body: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(body, default=str), status_code=status, media_type="application/json")


def _rows(request: Request, rows: list[Row], *, limited: bool = False) -> Response:
    if limited and (limit := _limit(request)) is not None:
        rows = rows[:limit]
    if NDJSON in request.headers.get("accept", ""):
        return Response(b"".join(map(json_line, rows)), media_type=NDJSON)
    return _json(rows)


async def _streamed(first: Row | None, rows: AsyncIterator[Row], lines: bool) -> AsyncIterator[bytes]:
    """Rows as a JSON array, or one a line, in pieces that are worth a system call."""
    write, between = (json_line, b"") if lines else (_compact, b",\n")
    buffer = bytearray(b"" if lines else b"[")
    if first is not None:
        buffer += write(first)
        async for row in rows:
            buffer += between
            buffer += write(row)
            if len(buffer) >= _BATCH:
                yield bytes(buffer)
                buffer.clear()
    yield bytes(buffer) + (b"" if lines else b"]")


def _compact(row: Row) -> bytes:
    return orjson.dumps(row, default=str)


def _filter(request: Request) -> Filter | None:
    text = request.query_params.get("filter", "")
    return parse_filter(text) if text.strip() else None


def _secrets(request: Request) -> bool:
    """Whether whole frames are asked for, with their passwords and PIN codes; they do not leave this machine."""
    said = request.query_params.get("secrets", "false").casefold()
    if said not in ("true", "false"):
        raise ApiProblem(400, "secrets is true or false.")
    if said == "false":
        return False
    if request.client is None or not is_loopback(request.client.host):
        raise ApiProblem(403, "Passwords, keys and PIN codes are given on this console's own machine only.")
    return True


def _limit(request: Request) -> int | None:
    said = request.query_params.get("limit")
    if said is None:
        return None
    if not (said.isascii() and said.isdigit() and len(said) < 10):
        raise ApiProblem(400, "limit is a whole number.")
    return int(said)


def _seconds(said: str | None) -> float | None:
    if said is None:
        return None
    try:
        seconds = float(said)
    except ValueError:
        seconds = -1.0
    if not 0 < seconds <= 86_400:
        raise ApiProblem(400, "timeout is a number of seconds, more than 0 and at most 86400.")
    return seconds


def _by(request: Request) -> str:
    """Who gives the order, for the audit row."""
    said = request.headers.get("x-operator", "").strip()
    peer = request.client.host if request.client is not None else "?"
    return f"api {said[:60]} ({peer})" if said else f"api ({peer})"


async def _body(request: Request, *, otherwise: Any) -> Any:
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MAX_BODY:
            raise ApiProblem(413, f"The body is larger than {MAX_BODY} bytes.")
    if not body.strip():
        return otherwise
    try:
        return orjson.loads(bytes(body))
    except orjson.JSONDecodeError as error:
        raise ApiProblem(400, f"The body is not JSON: {error.msg} at character {error.pos + 1}.") from None


async def _object(request: Request) -> dict[str, Any]:
    body = await _body(request, otherwise={})
    if not isinstance(body, dict):
        raise ApiProblem(400, "The body is a JSON object, with the arguments by name.")
    return body
