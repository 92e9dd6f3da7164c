"""Errors of the API as problem details. Source: RFC 9457."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

import orjson
from starlette.responses import Response

from console.engine.errors import (
    ChargehandError,
    FilterError,
    JournalFull,
    NoSuchOrder,
    NoSuchSession,
    NoSuchStation,
    NotConnected,
    OrderError,
    SessionError,
    TransferError,
    TrustError,
)

log = logging.getLogger("chargehand.api")

# The first class that fits says the status: the more exact ones come first.
_STATUS: tuple[tuple[type[ChargehandError], int], ...] = (
    (NoSuchStation, 404),
    (NoSuchOrder, 404),
    (NotConnected, 409),
    (OrderError, 422),
    (NoSuchSession, 404),
    (SessionError, 409),
    (FilterError, 400),
    (TransferError, 422),
    (TrustError, 422),
    (JournalFull, 507),
    (ChargehandError, 500),
)


class ApiProblem(Exception):
    """A request that cannot be served: an HTTP status and a sentence."""

    def __init__(self, status: int, sentence: str, *, title: str | None = None, **more: Any) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence
        self.title = title or HTTPStatus(status).phrase
        self.more = more


def problem(status: int, title: str, sentence: str, **more: Any) -> Response:
    """The answer. ``more`` are members beside those of the RFC."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": sentence, **more}
    headers = {"www-authenticate": "Bearer"} if status == 401 else None
    return Response(
        orjson.dumps(body, default=str), status_code=status, headers=headers, media_type="application/problem+json"
    )


def problem_of(error: Exception) -> Response:
    """The answer to an error. One that nobody foresaw is logged; the caller is told no more than that."""
    if isinstance(error, ApiProblem):
        return problem(error.status, error.title, error.sentence, **error.more)
    if isinstance(error, ChargehandError):
        status = next(status for kind, status in _STATUS if isinstance(error, kind))
        more = {"column": error.column} if isinstance(error, FilterError) else {}
        return problem(status, error.title, error.sentence, error=type(error).__name__, **more)
    log.error("a request failed", exc_info=error)
    return problem(500, "An error of this console", "The request failed; the console's log tells more.")
