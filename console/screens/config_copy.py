"""A copy of a station's settings in a file, and what differs from one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from console.engine.journal.rows import iso

if TYPE_CHECKING:
    from console.engine.fleet.model import Station, Variable

Values = dict[str, str | None]


def setting_name(variable: Variable) -> str:
    """``HeartbeatInterval``; on 2.x ``OCPPCommCtrlr.HeartbeatInterval``, with EVSE and instance where there are any."""
    evse = "" if variable.evse is None else f"[EVSE {variable.evse}]"
    instance = f"[{variable.instance}]" if variable.instance else ""
    head = f"{variable.component}{evse}." if variable.component else ""
    return f"{head}{variable.variable}{instance}"


def setting_value(variable: Variable) -> str | None:
    """The actual value; where there is none, the first that is."""
    if variable.values.get("Actual") is not None:
        return variable.values["Actual"]
    return next((value for value in variable.values.values() if value is not None), None)


def values_of(station: Station) -> Values:
    """Every setting by its name."""
    return {setting_name(one): setting_value(one) for one in station.variables.values()}


def copy_name(station: Station, now_ns: int) -> str:
    """A file name that is safe whatever the identity is."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "_", station.id)[:60].strip(".") or "station"
    stamp = (iso(now_ns) or "")[:19].replace(":", "").replace("-", "")
    return f"{name}-{stamp}.json"


def write_copy(path: Path, station: Station, now_ns: int) -> int:
    """Write the settings; how many there were. Raises OSError."""
    values = values_of(station)
    document: dict[str, Any] = {
        "station": station.id,
        "version": station.version,
        "vendor": station.vendor,
        "model": station.model,
        "firmware": station.firmware,
        "saved": iso(now_ns),
        "settings": values,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n")
    return len(values)


def read_copy(path: Path) -> Values:
    """The settings of a copy. Raises ValueError with a sentence where the file holds none."""
    try:
        document = orjson.loads(path.read_bytes())
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from None
    except orjson.JSONDecodeError:
        raise ValueError(f"{path} is no copy of settings: it is not JSON.") from None
    found = document.get("settings") if isinstance(document, dict) else None
    if not isinstance(found, Mapping):
        raise ValueError(f"{path} is no copy of settings: it has no “settings”.")
    return {str(name): None if value is None else str(value) for name, value in found.items()}


def newest_copy(folder: Path, station: Station) -> Path | None:
    """The copy of this station that was saved last."""
    name = copy_name(station, 0).rpartition("-")[0]
    found = sorted(folder.glob(f"{name}-*.json")) if folder.is_dir() else []
    return found[-1] if found else None
