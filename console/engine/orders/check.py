"""Checking the arguments of an order before anything is sent: the sentences of a wrong command, form or request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from console.engine.errors import OrderError
from console.engine.orders.argument import Argument, listed, nearest, shown
from console.engine.orders.table import OrderKind


def check_arguments(
    kind: OrderKind, version: str | None, raw: Mapping[str, Any], *, now: int | None = None
) -> dict[str, Any]:
    """The values of the arguments, by name, in the order of the table.

    ``raw`` holds text from a command line or form, or JSON values; None and an empty text (but for the value of a setting,
    which may be empty) count as not given: the table's default holds then. ``version`` None accepts what any version does.
    ``now`` (UTC ns) is where spans such as ``2h`` are counted from. Raises OrderError with a sentence that names the
    argument.
    """
    if version is not None and version not in kind.versions:
        raise OrderError(f"{kind.id} is not known in OCPP {version}.")
    said: dict[str, Any] = {}
    for name, value in raw.items():
        argument = kind.argument(name, version)
        if argument is None:
            raise OrderError(_unknown(kind, version, name))
        if argument.name in said:
            raise OrderError(f"{kind.id}: {argument.name} is given twice.")
        blank = isinstance(value, str) and not value.strip() and argument.name != "value"
        if value is None or blank:
            continue
        said[argument.name] = argument.value(value, version, order=kind.id, now=now)
    for argument in kind.arguments_for(version):
        if argument.default is not None and not argument.required:
            said.setdefault(argument.name, argument.default)
    _complete(kind, version, said)
    order = dict.fromkeys(one.name for one in kind.arguments)
    return {name: said[name] for name in order if name in said}


def _unknown(kind: OrderKind, version: str | None, name: str) -> str:
    elsewhere = next((one for one in kind.arguments if one.name == name.casefold()), None)
    known = list(dict.fromkeys(one.name for one in kind.arguments_for(version)))
    takes = f"it takes {listed(known, 'and')}" if known else "it takes no arguments"
    if elsewhere is not None:
        return f"{kind.id} takes no {elsewhere.name} with OCPP {version}; {takes}."
    unknown = f"{kind.id} takes no “{shown(name)}”"
    meant = nearest(name, known)
    return f"{unknown}; {takes}." if meant == "." else f"{unknown}{meant} {takes[0].upper()}{takes[1:]}."


def _complete(kind: OrderKind, version: str | None, said: Mapping[str, Any]) -> None:
    if version is not None:
        missing = [one for one in kind.arguments_for(version) if one.required and one.name not in said]
        if missing:
            words = [_with_hint(one, version) for one in missing]
            raise OrderError(f"{kind.id} needs {listed(words, 'and')}.")
    for group in kind.one_of:
        usable = [one.name for one in kind.arguments_for(version) if one.name in group]
        if not any(name in said for name in usable):
            raise OrderError(f"{kind.id} needs {listed(usable)}.")
    for name, other in kind.needs.items():
        if name in said and other not in said:
            raise OrderError(f"{kind.id} needs {other} along with {name}.")
    for name, other in kind.instead.items():
        if name in said and other in said:
            raise OrderError(f"{kind.id} takes {other} or {name}, not both.")


def _with_hint(argument: Argument, version: str | None) -> str:
    """What is needed, and what to type: ``message=…`` may be chosen, the others have a few words of their own."""
    hint = argument.hint_for(version)
    return f"{argument.name} ({hint})" if hint else argument.name
