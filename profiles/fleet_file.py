"""Simulated fleets: TOML files that say which virtual stations a demo or a test has, and how they behave.

The shipped ones live in ``profiles/fleets/``; any other file can be named by its path.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from profiles.errors import ProfileError

FLEETS = Path(__file__).parent / "fleets"

OcppVersion = Literal["1.6", "2.0.1", "2.1"]
Positive = Annotated[float, msgspec.Meta(gt=0)]
NotNegative = Annotated[float, msgspec.Meta(ge=0)]
Span = tuple[NotNegative, NotNegative]


class ConnectorSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One outlet. ``power_kw`` is what it can deliver; ``evse`` groups outlets that share one power path (OCPP 2.x).

    ``type`` is a ConnectorEnumType of OCPP 2.x such as ``cType2`` or ``cCCS2``.
    """

    kind: Literal["AC", "DC"] = "AC"
    power_kw: Positive = 22.0
    phases: Annotated[int, msgspec.Meta(ge=1, le=3)] = 3
    type: str = "cType2"
    evse: Annotated[int, msgspec.Meta(ge=1)] | None = None


class StationSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One station, or ``count`` stations alike. ``{n}`` in identity and serial is the number within the group.

    ``subprotocols`` replaces the one that follows from ``ocpp``; an empty list offers none. ``odd_frames`` are raw
    texts that the station sends now and then in place of a proper message.
    """

    identity: Annotated[str, msgspec.Meta(min_length=1)]
    vendor: str
    model: str
    ocpp: OcppVersion = "1.6"
    count: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 1
    serial: str = ""
    firmware: str = "1.0.0"
    password: str = ""
    subprotocols: tuple[str, ...] | None = None
    connectors: Annotated[tuple[ConnectorSpec, ...], msgspec.Meta(min_length=1)] = (ConnectorSpec(),)
    fault_info: str = ""
    iccid: str = ""
    odd_frames: tuple[str, ...] = ()


class Behaviour(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a fleet lives. Minutes are those of real life and are divided by ``speed``; seconds are as they stand.

    ``speed`` also makes the cars' batteries smaller, so that energy stays power times time while the state of charge
    moves faster. A figure of 0 for ``fault_minutes``, ``offline_minutes`` or ``odd_frame_minutes`` means never.
    """

    speed: Positive = 1.0
    sessions: bool = True
    session_minutes: Span = (20.0, 90.0)
    idle_minutes: Span = (5.0, 60.0)
    busy_at_start: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.5
    fault_minutes: NotNegative = 0.0
    fault_seconds: Span = (20.0, 60.0)
    offline_minutes: NotNegative = 0.0
    offline_seconds: Span = (20.0, 60.0)
    odd_frame_minutes: NotNegative = 0.0
    meter_seconds: NotNegative = 10.0
    reboot_seconds: Span = (4.0, 9.0)
    transfer_seconds: NotNegative = 6.0
    install_seconds: NotNegative = 4.0
    unplug_seconds: Span = (3.0, 12.0)
    start_spread_seconds: NotNegative = 3.0
    redial_seconds: Positive = 2.0
    tags: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)] = ("04A1B2C3D4E580",)


class FleetFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A simulated fleet as its file says it; ``name`` is the file's stem."""

    title: str
    stations: Annotated[tuple[StationSpec, ...], msgspec.Meta(min_length=1)]
    description: str = ""
    behaviour: Behaviour = Behaviour()
    name: str = ""

    def expand(self, wanted: int | None = None) -> list[StationSpec]:
        """Every station by itself (``count`` = 1) with a distinct identity; ``wanted`` repeats or cuts the fleet."""
        single = [_numbered(spec, n) for spec in self.stations for n in range(1, spec.count + 1)]
        if wanted is None:
            return single
        chosen = [single[i % len(single)] for i in range(wanted)]
        rounds = [i // len(single) + 1 for i in range(wanted)]
        return [_again(spec, lap) for spec, lap in zip(chosen, rounds, strict=True)]


def _numbered(spec: StationSpec, n: int) -> StationSpec:
    identity = spec.identity.replace("{n}", f"{n:03d}")
    if spec.count > 1 and identity == spec.identity:
        identity = f"{spec.identity}-{n:03d}"
    return msgspec.structs.replace(spec, identity=identity, serial=spec.serial.replace("{n}", f"{n:03d}"), count=1)


def _again(spec: StationSpec, lap: int) -> StationSpec:
    if lap == 1:
        return spec
    serial = f"{spec.serial}-{lap}" if spec.serial else ""
    return msgspec.structs.replace(spec, identity=f"{spec.identity}-{lap}", serial=serial[:25])


def fleet_names() -> list[str]:
    """Names of the shipped fleets, sorted."""
    return sorted(path.stem for path in FLEETS.glob("*.toml"))


def load_fleet(name_or_path: str | Path) -> FleetFile:
    """The fleet of that name, or of that file.

    Raises ``ProfileError`` when there is none, or when the file is wrong; the sentence names file, line and key.
    """
    path = _find(name_or_path)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ProfileError(f"{path} cannot be read: {error}.", title="The fleet file cannot be read") from error
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ProfileError(f"{path}: {error}. Mend that place and try again.", title="Not a TOML file") from error
    raw.setdefault("name", path.stem)
    try:
        fleet = msgspec.convert(raw, FleetFile)
    except msgspec.ValidationError as error:
        raise ProfileError(_explain(path, text, str(error)), title="The fleet file is wrong") from error
    _check_identities(path, text, fleet)
    return fleet


def _find(name_or_path: str | Path) -> Path:
    shipped = FLEETS / f"{name_or_path}.toml"
    if isinstance(name_or_path, str) and re.fullmatch(r"[\w-]+", name_or_path) and shipped.is_file():
        return shipped
    path = Path(name_or_path).expanduser()
    if path.is_file():
        return path
    raise ProfileError(
        f"There is no fleet called {str(name_or_path)!r} and no such file. Shipped fleets: {', '.join(fleet_names())}.",
        title="No such fleet",
    )


def _check_identities(path: Path, text: str, fleet: FleetFile) -> None:
    seen: set[str] = set()
    for index, spec in enumerate(fleet.stations):
        for n in range(1, spec.count + 1):
            identity = _numbered(spec, n).identity.casefold()
            if identity in seen:
                line = _line_of(text, f"$.stations[{index}].identity")
                raise ProfileError(
                    f"{path}, line {line}, stations[{index}].identity: {spec.identity!r} is already taken by another "
                    "station of this fleet. Give it another identity.",
                    title="The fleet file is wrong",
                )
            seen.add(identity)


def _explain(path: Path, text: str, message: str) -> str:
    reason, _, where = message.partition(" - at `")
    where = where.removesuffix("`") or "$"
    unknown = re.search(r"unknown field `([^`]+)`", reason)
    missing = re.search(r"missing required field `([^`]+)`", reason)
    if named := unknown or missing:
        where = f"{where}.{named.group(1)}"
    key = where.removeprefix("$").removeprefix(".") or "the file"
    return f"{path}, line {_line_of(text, where)}, {key}: {reason[:1].lower()}{reason[1:]}."


def _line_of(text: str, where: str) -> int:
    """The line (from 1) where the key of a JSON-like path stands, or else the nearest line above it."""
    steps = re.findall(r"([A-Za-z_]\w*)|\[(\d+)]", where.removeprefix("$"))
    line, table = 1, ""
    wanted = [(name or None, int(index) if index else None) for name, index in steps]
    lines = text.splitlines()
    for position, (name, _) in enumerate(wanted):
        if name is None:
            continue
        index = wanted[position + 1][1] if position + 1 < len(wanted) else None
        dotted = f"{table}.{name}" if table else name
        header = _headers(lines, dotted)
        if header:
            line = header[min(index or 0, len(header) - 1)]
            table = dotted
        elif found := _assignment(lines, name, line):
            return found
    return line


def _headers(lines: list[str], dotted: str) -> list[int]:
    heading = re.compile(rf"\s*\[\[?\s*{re.escape(dotted)}\s*]]?\s*(#.*)?$")
    return [number for number, line in enumerate(lines, 1) if heading.match(line)]


def _assignment(lines: list[str], name: str, after: int) -> int | None:
    assigning = re.compile(rf"\s*(?:\"{re.escape(name)}\"|{re.escape(name)})\s*=")
    for number, line in _section(lines, after):
        if assigning.match(line) or re.search(rf"[{{,]\s*{re.escape(name)}\s*=", line):
            return number
    return None


def _section(lines: list[str], after: int) -> Iterator[tuple[int, str]]:
    """The lines from a heading (included) to the next heading."""
    for number, line in enumerate(lines[after - 1 :], after):
        if number > after and line.lstrip().startswith("["):
            return
        yield number, line
