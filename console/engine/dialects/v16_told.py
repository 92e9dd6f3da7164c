"""What answers of 1.6 tell beyond their status, one thing a line, as a person reads it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import orjson

from console.engine.dialects.charging import told_schedule
from console.engine.dialects.reading import integer, items, obj
from console.engine.dialects.told import Lines


def _list_version(response: dict[str, Any]) -> Iterable[str]:
    version = integer(response.get("listVersion"))
    return (
        {0: "no local list", -1: "local lists are not supported"}.get(version or 0, f"local list version {version}"),
    )


def _certificates(response: dict[str, Any]) -> Iterable[str]:
    return (orjson.dumps(obj(one)).decode() for one in items(response.get("certificateHashData")))


def _composite(response: dict[str, Any]) -> Iterable[str]:
    schedule = response.get("chargingSchedule")
    return () if schedule is None else (told_schedule(schedule),)


ANSWERS: Final[Mapping[str, Lines]] = {
    "GetCompositeSchedule": _composite,
    "GetInstalledCertificateIds": _certificates,
    "GetLocalListVersion": _list_version,
}
NUMBERS: Final = {"GetLocalListVersion": "listVersion"}
