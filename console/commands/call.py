"""``chargehand call``: an order through the API of a running console, followed to its effect."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson

from console.commands.client import Client, Refused, data_directory_of
from console.commands.listing import print_lines
from console.commands.trouble import NO_ANSWER, REJECTED, CommandFailed, complain
from console.engine.orders.grammar import command_words
from console.engine.orders.table import order_kind

EFFECT_SECONDS = 120.0


def call(
    station: str,
    order: str | None,
    words: Sequence[str],
    *,
    raw: tuple[str, str] | None,
    wait: bool,
    timeout: float | None,
    as_json: bool,
    api: str | None,
) -> int:
    """Give the order; the exit code. Raises ChargehandError with a sentence."""
    if timeout is not None and not 0 < timeout <= 86_400:
        raise CommandFailed("--timeout is a number of seconds, more than 0 and at most 86400.")
    if raw is not None:
        if order is not None:
            raise CommandFailed("give an order or --raw ACTION JSON, not both.")
        name, arguments, wait = "raw", _raw(*raw), False
    elif order is None:
        raise CommandFailed("say an order, such as reset type=soft, or --raw ACTION JSON.")
    else:
        name, arguments = _order(order, words)
        timeout = EFFECT_SECONDS if timeout is None else timeout
    client = Client.found(api)
    try:
        if name in ("firmware", "publish") and isinstance(path := arguments.get("file"), str):
            arguments["file"] = _sent(client, path)
        told = client.order(station, name, arguments, timeout=timeout, wait=wait)
    except Refused as error:
        if "exchange" not in error.problem:
            raise
        told = error.problem
        told["exit_code"] = NO_ANSWER
    finally:
        client.close()
    if name == "diagnostics" and not as_json:
        _at_home(told, data_directory_of(client.url))
    return _tell(station, name, told, as_json=as_json)


def _at_home(told: dict[str, Any], data: Path | None) -> None:
    """Give a person the whole path of an upload, where its console runs on this machine."""
    if data is not None:
        effect = told["effect"]
        effect["text"] = effect["text"].replace("saved as files/", f"saved as {data / 'files'}/")


def _order(order: str, words: Sequence[str]) -> tuple[str, dict[str, Any]]:
    kind = order_kind(order)
    arguments: dict[str, Any] = dict(command_words(words))
    if kind.id == "raw" and isinstance(payload := arguments.get("payload"), str):
        arguments["payload"] = _json(payload)
    return kind.id, arguments


def _raw(action: str, payload: str) -> dict[str, Any]:
    return {"action": action, "payload": _json(payload)}


def _json(text: str) -> Any:
    try:
        return orjson.loads(text.encode("utf-8", "surrogateescape"))
    except orjson.JSONDecodeError as error:
        raise CommandFailed(f"the payload is not JSON: {error.msg} at character {error.pos + 1}.") from None


def _sent(client: Client, text: str) -> str:
    """The name under which the console keeps the file; a bare name that is no file here is one it has already."""
    path = Path(text).expanduser()
    if path.is_file():
        return client.send_file(path)
    if path.is_dir():
        raise CommandFailed(f"{path} is a folder, not a file.")
    if path.name != text:
        raise CommandFailed(f"{path}: there is no such file.")
    return text


def _tell(station: str, order: str, told: dict[str, Any], *, as_json: bool) -> int:
    exchange, effect = told["exchange"], told["effect"]
    code = int(told.get("exit_code", NO_ANSWER))
    if as_json:
        out = {"exchange": exchange, "effect": {"seen": effect["seen"], "text": effect["text"]}}
        print_lines([out])
    if code:
        complain(_complaint(station, order, told, code))
        for hint in _hints(told):
            complain(f"hint: {hint}")
    elif not as_json:
        _show(station, order, told)
    return code


def _complaint(station: str, order: str, told: dict[str, Any], code: int) -> str:
    exchange, text = told["exchange"], told["effect"]["text"]
    what = exchange.get("action") if order == "raw" else order
    error = exchange.get("error")
    if code == REJECTED and error:
        said = f": {error['description']}" if error.get("description") else ""
        return f"{station} rejected {what}: CALLERROR {error['code']}{said}"
    if code == REJECTED:
        return f"{station} rejected {what}: {told.get('verdict') or text}"
    return f"{station}, {what}: {text}"


def _show(station: str, order: str, told: dict[str, Any]) -> None:
    from console.commands.tables import console
    from widgets.safe import safe

    exchange, effect = told["exchange"], told["effect"]
    screen = console()
    latency = exchange.get("latency_ms")
    after = "" if latency is None else f" after {latency:.0f} ms"
    status = told.get("verdict") or "answered"
    screen.print(safe(f"{station}: {exchange.get('action')} {status}{after}"), soft_wrap=True)
    values = told.get("values") or []
    if order in ("raw", "data-transfer") or (order == "get" and not values):
        answer = orjson.dumps(exchange.get("response"), option=orjson.OPT_INDENT_2).decode()
        for line in answer.split("\n"):
            screen.print(safe(line, max_chars=100_000), soft_wrap=True)
    for line in map(_setting, values if order == "get" and len(values) > 1 else ()):
        screen.print(safe(line, max_chars=10_000), soft_wrap=True)
    lines = told.get("lines") or []
    if order == "raw" or lines == [effect["text"]]:
        lines = []  # said by the answer itself, or by the end
    for line in lines:
        screen.print(safe(line, max_chars=10_000), soft_wrap=True)
    if effect["seen"] and order != "raw":
        screen.print(safe(f"done: {effect['text']}"), soft_wrap=True)


def _setting(one: dict[str, Any]) -> str:
    """``HeartbeatInterval = 300``, ``EVSE[1].Power (MaxSet) = 22000 (read only)``."""
    evse = "" if one.get("evse") is None else f"[{one['evse']}]"
    instance = f"[{one['instance']}]" if one.get("instance") else ""
    component = f"{one['component']}{evse}." if one.get("component") else ""
    attribute = "" if one.get("attribute") in (None, "Actual") else f" ({one['attribute']})"
    value = "not told" if one.get("value") is None else one["value"]
    fixed = " (read only)" if one.get("mutability") == "ReadOnly" else ""
    return f"{component}{one['variable']}{instance}{attribute} = {value}{fixed}"


def _hints(told: dict[str, Any]) -> Iterator[str]:
    """What to try next, without what the complaint has just said."""
    error = told["exchange"].get("error") or {}
    said = str(error.get("description") or "").rstrip(".")
    for hint in told.get("hints") or ():
        more = hint.removeprefix(said).lstrip(". –") if said else hint
        if more:
            yield more
