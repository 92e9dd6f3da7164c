"""The shapes of an answer: JSON, rows as an array or one a line, and rows as they come."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import Response

from console.engine.api.asked import limit_of
from console.engine.journal.rows import Row
from console.engine.visible import json_line

NDJSON: Final = "application/x-ndjson"
_BATCH: Final = 65_536


def as_json(body: Any, status: int = 200) -> Response:
    """A JSON answer."""
    return Response(orjson.dumps(body, default=str), status_code=status, media_type="application/json")


def as_rows(request: Request, rows: list[Row], *, limited: bool = False) -> Response:
    """Rows as a JSON array, or one a line where that is asked for; ``limited``: the first so many that are asked for."""
    if limited and (limit := limit_of(request)) is not None:
        rows = rows[:limit]
    if NDJSON in request.headers.get("accept", ""):
        return Response(b"".join(map(json_line, rows)), media_type=NDJSON)
    return as_json(rows)


async def streamed(first: Row | None, rows: AsyncIterator[Row], lines: bool) -> AsyncIterator[bytes]:
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
