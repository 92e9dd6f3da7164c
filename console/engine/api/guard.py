"""Who may use the API: programs on this machine, or those that bring the token. Never a page in a browser.

A page anywhere can send requests to 127.0.0.1, and by DNS rebinding even read the answers. So without a token the Host
must be a loopback one, and a request that tells a foreign Origin is refused in any case.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from console.engine.api.problems import problem
from console.engine.transfer.web import App, Message, Receive, Send
from profiles import is_loopback

_OPEN = frozenset(("/health",))  # for whoever watches over the process; tells nothing of stations


class Guard:
    """Stands before the application. ``token`` None: none is asked for, and only this machine is served."""

    def __init__(self, app: App, *, token: str | None) -> None:
        self._app = app
        self._token = token

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        refusal = self._refusal(Request(scope))
        await (self._app if refusal is None else refusal)(scope, receive, send)

    def _refusal(self, request: Request) -> Response | None:
        headers = request.headers
        origin = headers.get("origin")
        if origin is not None and not _same(origin, headers):
            return problem(403, "Forbidden", "Pages of other sites cannot use this API.")
        if self._token is None:
            if not is_loopback(_host(headers)):
                return problem(
                    403,
                    "Forbidden",
                    "The Host of the request is not of this machine; use http://127.0.0.1 or localhost.",
                )
            return None
        if request.url.path in _OPEN:
            return None
        scheme, _, said = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and secrets.compare_digest(said.strip().encode(), self._token.encode()):
            return None
        return problem(401, "Unauthorized", "This API asks for the token of the profile: Authorization: Bearer TOKEN.")


def _host(headers: Mapping[str, str]) -> str:
    host = headers.get("host", "").strip()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


def _same(origin: str, headers: Mapping[str, str]) -> bool:
    return origin.partition("://")[2].rstrip("/").casefold() == headers.get("host", "").casefold() != ""
