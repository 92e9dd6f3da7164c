"""The HTTP API of a running console: what the screen can do, for programs. ``make_app`` lists every path."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.convertors import Convertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from console.engine.api import orders, views
from console.engine.api.acts import Acts, may_write
from console.engine.api.answers import NDJSON, as_json, as_rows, streamed
from console.engine.api.asked import body_of, filter_of, limit_of, object_of, seconds_of, secrets_of, who, words_of
from console.engine.api.metrics import CONTENT_TYPE, metrics
from console.engine.api.problems import ApiProblem, problem, problem_of
from console.engine.errors import NoSuchStation
from console.engine.filter_alarms import alarm_filter
from console.engine.filter_attempts import attempt_filter
from console.engine.filter_fleet import passing
from console.engine.filter_sessions import SessionFilter
from console.engine.journal.rows import transaction_row
from console.engine.sample_rows import sample_rows

if TYPE_CHECKING:
    from console.engine.api.events import EventStream
    from console.engine.engine import Engine
    from console.engine.fleet.model import Station

Handler = Callable[[Request], Awaitable[Response]]

_CATCH_UP_SECONDS = 1.0


class _Number(Convertor[int]):
    """A number as the journal has them. Starlette's ``int`` takes as many digits as fit into a path."""

    regex = "[0-9]{1,18}"

    def convert(self, value: str) -> int:
        return int(value)

    def to_string(self, value: int) -> str:
        return str(value)


register_url_convertor("number", _Number())


def make_app(engine: Engine, events: EventStream) -> Starlette:
    """The application for one engine. ``Guard`` stands before it."""
    api, acts = _Api(engine, events), Acts(engine)
    routes = [
        ("GET", "/health", api.health),
        ("GET", "/metrics", api.metrics),
        ("GET", "/events", api.events),
        ("GET", "/stations", api.stations),
        ("GET", "/connectors", api.connectors),
        ("GET", "/transactions", api.transactions),
        ("GET", "/transactions/{id:number}", api.transaction),
        ("GET", "/transactions/{id:number}/samples", api.samples),
        ("POST", "/transactions/{id:number}/close", acts.close),
        ("GET", "/messages", api.messages),
        ("GET", "/messages/{id:number}", api.message),
        ("POST", "/messages/{id:number}/mark", acts.mark),
        ("GET", "/connections", api.connections),
        ("GET", "/alarms", api.alarms),
        ("POST", "/alarms/{id:number}/acknowledge", acts.acknowledge),
        ("GET", "/orders", api.orders),
        ("GET", "/files", acts.files),
        ("GET", "/files/received", acts.received),
        ("POST", "/files", acts.store),
        ("DELETE", "/files/{name}", acts.delete),
        ("DELETE", "/files/received/{station}/{name}", acts.delete_received),
        # A station's identity may hold anything but a slash; ``path`` keeps an encoded one from naming another route.
        ("POST", "/stations/{id:path}/orders/{order}", api.order),
        ("POST", "/stations/{id:path}/raw/{action}", api.raw),
        ("POST", "/stations/{id:path}/approval", acts.approve),
        ("POST", "/stations/{id:path}/close", acts.close_at),
        ("POST", "/stations/{id:path}/revoke", acts.revoke),
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
        return as_json(body, 200 if failure is None else 503)

    async def metrics(self, request: Request) -> Response:
        return PlainTextResponse(metrics(self.engine), media_type=CONTENT_TYPE)

    async def events(self, request: Request) -> Response:
        said = request.headers.get("last-event-id") or request.query_params.get("after")
        if said is not None and not (said.isascii() and said.isdigit() and len(said) < 19):
            raise ApiProblem(400, "Last-Event-ID is the number of an event that was sent before.")
        after = None if said is None else int(said)
        await self.engine.marks.load(self.engine.journal)
        where = filter_of(request, self.engine.marks)
        return StreamingResponse(
            self.stream.follow(
                where if where is not None and not where.empty else None, after, secrets=secrets_of(request)
            ),
            media_type="text/event-stream",
            headers={"cache-control": "no-cache", "x-accel-buffering": "no"},
        )

    # Of stations.

    async def stations(self, request: Request) -> Response:
        return as_rows(request, views.stations(self.engine.fleet, self._passing(request)), limited=True)

    async def station(self, request: Request) -> Response:
        wanted = request.path_params["id"].casefold()
        for row in views.stations(self.engine.fleet):
            if str(row["id"]).casefold() == wanted:
                return as_json(row)
        raise NoSuchStation(f"No station {request.path_params['id']} is known here.")

    async def connectors(self, request: Request) -> Response:
        return as_rows(request, views.connectors(self.engine.fleet, self._passing(request)), limited=True)

    def _passing(self, request: Request) -> Callable[[Station], bool] | None:
        words = words_of(request)
        return passing(words, self.engine.fleet, self.engine.profile.named) if words.strip() else None

    async def transactions(self, request: Request) -> Response:
        engine = self.engine
        where = SessionFilter(words_of(request), engine.fleet.station, engine.profile.named, now_ns=engine.clock())
        return as_rows(request, await views.transactions(engine.fleet, engine.journal, where, limit_of(request)))

    async def transaction(self, request: Request) -> Response:
        engine = self.engine
        found = await views.transaction(engine.fleet, engine.journal, request.path_params["id"])
        return as_json(transaction_row(found))

    async def samples(self, request: Request) -> Response:
        """Every sampled value of a transaction, in order."""
        engine = self.engine
        found = await views.transaction(engine.fleet, engine.journal, request.path_params["id"])
        return as_rows(request, sample_rows(found, await engine.samples(found.id)))

    async def messages(self, request: Request) -> Response:
        rows = views.messages(self.engine.journal, filter_of(request), limit_of(request), secrets=secrets_of(request))
        lines = NDJSON in request.headers.get("accept", "")
        first = await anext(rows, None)  # what is wrong with the journal is told before the answer begins
        return StreamingResponse(streamed(first, rows, lines), media_type=NDJSON if lines else "application/json")

    async def message(self, request: Request) -> Response:
        found = await self.engine.journal.message(request.path_params["id"])
        if found is None:
            raise ApiProblem(404, f"There is no message {request.path_params['id']}.")
        return as_json(views.message(found, secrets=secrets_of(request)))

    async def connections(self, request: Request) -> Response:
        engine, where = self.engine, attempt_filter(words_of(request), now_ns=self.engine.clock())
        return as_rows(request, await views.connections(engine.fleet, engine.journal, where, limit_of(request)))

    async def alarms(self, request: Request) -> Response:
        where = alarm_filter(words_of(request), now_ns=self.engine.clock())
        return as_rows(request, views.alarms(self.engine.fleet, where, limit_of(request)))

    # What operators do.

    async def order(self, request: Request) -> Response:
        may_write(self.engine)
        arguments = await object_of(request)
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
            by=who(request),
            timeout=seconds_of(query.get("timeout")),
            wait=wait == "effect",
        )
        return as_json(told)

    async def raw(self, request: Request) -> Response:
        may_write(self.engine)
        payload = await body_of(request, otherwise={})
        path = request.path_params
        timeout = seconds_of(request.query_params.get("timeout"))
        row = await orders.raw(self.engine, path["id"], path["action"], payload, by=who(request), timeout=timeout)
        return as_json(row)

    async def orders(self, request: Request) -> Response:
        from console.engine.orders.catalogue import order_rows

        return as_rows(request, order_rows())
