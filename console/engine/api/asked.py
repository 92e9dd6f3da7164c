"""What a request asks for, read out of it. All of it raises ApiProblem or FilterError where it cannot be understood."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

import orjson
from starlette.requests import Request

from console.engine.api.problems import ApiProblem
from console.engine.filter import Filter, parse_filter
from profiles import is_loopback

MAX_BODY = 1_048_576


def words_of(request: Request) -> str:
    """The filter line."""
    return request.query_params.get("filter", "")


def filter_of(request: Request, marks: Container[int] = ()) -> Filter | None:
    """The filter of messages that is asked for; None where none is. ``marks``: which live ones are marked."""
    text = words_of(request)
    return parse_filter(text, marked=marks.__contains__) if text.strip() else None


def secrets_of(request: Request) -> bool:
    """Whether whole frames are asked for, with their passwords and PIN codes; they do not leave this machine."""
    said = request.query_params.get("secrets", "false").casefold()
    if said not in ("true", "false"):
        raise ApiProblem(400, "secrets is true or false.")
    if said == "false":
        return False
    if request.client is None or not is_loopback(request.client.host):
        raise ApiProblem(403, "Passwords, keys and PIN codes are given on this console's own machine only.")
    return True


def limit_of(request: Request) -> int | None:
    """How many rows are asked for; None: all."""
    said = request.query_params.get("limit")
    if said is None:
        return None
    if not (said.isascii() and said.isdigit() and len(said) < 10):
        raise ApiProblem(400, "limit is a whole number.")
    return int(said)


def seconds_of(said: str | None) -> float | None:
    """How long to wait at most."""
    if said is None:
        return None
    try:
        seconds = float(said)
    except ValueError:
        seconds = -1.0
    if not 0 < seconds <= 86_400:
        raise ApiProblem(400, "timeout is a number of seconds, more than 0 and at most 86400.")
    return seconds


def who(request: Request) -> str:
    """Who gives the order, for the audit row."""
    said = request.headers.get("x-operator", "").strip()
    peer = request.client.host if request.client is not None else "?"
    return f"api {said[:60]} ({peer})" if said else f"api ({peer})"


async def body_of(request: Request, *, otherwise: Any) -> Any:
    """The body as JSON; ``otherwise`` where there is none."""
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


async def object_of(request: Request) -> dict[str, Any]:
    """The body as a JSON object; an empty one where there is none."""
    body = await body_of(request, otherwise={})
    if not isinstance(body, dict):
        raise ApiProblem(400, "The body is a JSON object, with the arguments by name.")
    return body
