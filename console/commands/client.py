"""The API of a running console, from the outside: found on this machine or named, asked, and its errors understood."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlsplit

import httpx
import orjson

from console.commands.trouble import NO_ANSWER, NO_STATION, OURS, CommandFailed
from console.engine.api.runtime import RunningConsole, find_console
from console.engine.errors import ApiError
from profiles import is_loopback

TOKEN_VARIABLE: Final = "CHARGEHAND_API_TOKEN"
Row = dict[str, Any]

_LINES: Final = {"accept": "application/x-ndjson"}
_CONNECT_SECONDS: Final = 10
_READ_SECONDS: Final = 60


class Refused(CommandFailed):
    """The API answered with an error. ``problem`` are the problem details as they came."""

    def __init__(self, status: int, problem: Row) -> None:
        name = problem.get("error")
        if status == 504:
            code = NO_ANSWER
        elif name in ("NoSuchStation", "NotConnected"):
            code = NO_STATION
        else:
            code = OURS
        sentence = str(problem.get("detail") or f"the API answers {status}")
        super().__init__(sentence, code=code, title=str(problem.get("title") or "The request failed"))
        self.status = status
        self.problem = problem


def find(api: str | None) -> tuple[str, str | None]:
    """URL and token of the console to ask. Raises CommandFailed where none or several could be meant."""
    token = os.environ.get(TOKEN_VARIABLE) or None
    running = find_console()
    if api is not None:
        url = _url(api)
        known = next((one for one in running if one.api == url), None)
        return url, token or (known.token if known is not None else None)
    if len(running) == 1:
        return running[0].api, token or running[0].token
    if not running:
        raise CommandFailed(
            "no console runs on this machine; start one with “chargehand” or “chargehand serve”, name one elsewhere "
            "with --api URL, or read a data directory with --data DIR."
        )
    raise CommandFailed("several consoles run here; say which one with --api URL: " + "; ".join(map(_named, running)))


def data_directory_of(url: str) -> Path | None:
    """The data directory of a console on this machine; None where the URL is no such one's."""
    return next((Path(one.data) for one in find_console() if one.api == url and one.data), None)


def _lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    # Not httpx's own lines: those end at U+0085 and U+2028 too, which stations may put into any text.
    rest = b""
    for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        yield from filter(None, lines)
    if rest:
        yield rest


def _named(one: RunningConsole) -> str:
    return f"{one.api} (profile {one.profile}, {', '.join(one.listen)}, process {one.pid})"


def _url(text: str) -> str:
    url = text if "://" in text else f"http://{text}"
    parts = urlsplit(url)
    try:
        good = parts.scheme in ("http", "https") and parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError:
        good = False
    if not good:
        raise CommandFailed(f"“{text}” is no URL of an API; it looks like http://127.0.0.1:9080.")
    return url.rstrip("/")


class Client:
    """One console's API. Every method raises CommandFailed with a sentence, ApiError where nobody answers."""

    def __init__(self, url: str, token: str | None) -> None:
        self.url = url
        headers = {"authorization": f"Bearer {token}"} if token else {}
        if user := os.environ.get("USER") or os.environ.get("USERNAME"):
            headers["x-operator"] = user.encode("ascii", "replace").decode()
        local = is_loopback(urlsplit(url).hostname or "")
        self._http = httpx.Client(
            base_url=url,
            headers=headers,
            trust_env=not local,  # a proxy of the environment cannot reach this machine
            timeout=httpx.Timeout(_READ_SECONDS, connect=_CONNECT_SECONDS),
        )

    @classmethod
    def found(cls, api: str | None) -> Client:
        """The console named, or the one that runs here."""
        return cls(*find(api))

    def close(self) -> None:
        """Let the connection go."""
        self._http.close()

    def rows(self, path: str, **query: str | int | None) -> Iterator[Row]:
        """The rows at a path, as they come."""
        params = {key: value for key, value in query.items() if value is not None}
        try:
            with self._http.stream("GET", path, params=params, headers=_LINES) as answer:
                if answer.status_code != 200:
                    answer.read()
                    raise _refused(answer)
                for line in _lines(answer.iter_bytes()):
                    yield orjson.loads(line)
        except httpx.HTTPError as error:
            raise self._gone(error) from None

    def order(
        self, station: str, order: str, arguments: Mapping[str, Any], *, timeout: float | None, wait: bool
    ) -> Row:
        """Give an order and wait for its effect, or for the answer only."""
        params: dict[str, str] = {"wait": "effect" if wait else "answer"}
        if timeout is not None:
            params["timeout"] = f"{timeout:g}"
        path = f"/stations/{quote(station, safe='')}/orders/{quote(order, safe='')}"
        # No limit on reading: the console ends the waiting itself.
        limits = httpx.Timeout(None, connect=_CONNECT_SECONDS)
        return self._send("POST", path, params=params, content=orjson.dumps(dict(arguments)), timeout=limits)

    def act(self, path: str, body: Mapping[str, Any] | None, *, method: str = "POST") -> Row:
        """Have something done at a path; what is answered, which may be nothing."""
        return self._send(method, path, content=None if body is None else orjson.dumps(dict(body)))

    def send_file(self, path: Path) -> str:
        """Send an image to the console; the name it is kept under."""

        def pieces() -> Iterator[bytes]:
            with path.open("rb") as file:
                while piece := file.read(262_144):
                    yield piece

        try:
            told = self._send("POST", "/files", params={"name": path.name}, content=pieces())
        except OSError as error:
            raise CommandFailed(f"{path} cannot be read: {error.strerror or error}.") from None
        return str(told["name"])

    def _send(self, method: str, path: str, **given: Any) -> Row:
        try:
            answer = self._http.request(method, path, **given)
        except httpx.HTTPError as error:
            raise self._gone(error) from None
        if answer.status_code >= 400:
            raise _refused(answer)
        if answer.status_code == 204:
            return {}
        try:
            told: Row = orjson.loads(answer.content)
        except orjson.JSONDecodeError:
            raise ApiError(f"{self.url} answers, but is no console.") from None
        return told

    def _gone(self, error: httpx.HTTPError) -> ApiError:
        if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
            return ApiError(f"nothing answers at {self.url}; is the console running?")
        if isinstance(error, httpx.TimeoutException):
            return ApiError(f"{self.url} did not answer in time.")
        return ApiError(f"the connection to {self.url} broke: {error}")


def _refused(answer: httpx.Response) -> Refused:
    try:
        problem = orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        problem = {}
    return Refused(answer.status_code, problem if isinstance(problem, dict) else {})
