"""What is known of chargers by vendor, model and firmware: ``profiles/chargers/*.toml``, one file a vendor.

A quirk never hides anything: it tells the console what not to try, and the technician what to expect.
A file of the same name in the user's ``chargers`` folder stands in for a shipped one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct

from profiles.document import Document
from profiles.errors import ProfileError

CHARGERS = Path(__file__).parent / "chargers"
"""The vendors' files that ship with the program."""

_LONGEST = 100  # characters of a vendor's text that are looked at; OCPP allows 50 at most


class Quirk(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One way in which a charger differs. A switch that is None says nothing.

    ``what`` is the fact, ``handling`` what the console does about it, ``hint`` a sentence for the technician, shown
    with the orders named in ``orders`` where it names any. ``source`` is the issue it was seen in, if that is known.
    ``model`` and ``firmware`` narrow the vendor's match; a station that does not tell them is taken as affected.
    """

    id: Annotated[str, Meta(min_length=1)]
    what: str
    hint: str
    handling: str = ""
    source: str | None = None
    on: bool = True
    model: str | None = None
    firmware: str | None = None
    orders: list[str] = []
    ping: bool | None = None
    redials: bool | None = None
    boots: bool | None = None
    meters: bool | None = None
    call_before_boot: bool | None = None
    probe_config: bool | None = None
    max_config_keys: Annotated[int, Meta(ge=1)] | None = None
    get_config_without_keys: bool | None = None
    start_with_profile: bool | None = None
    station_availability: bool | None = None
    id_tag_suffix: str | None = None


class Charger(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A vendor's file. Its patterns are regular expressions, searched without case in what a boot says.

    ``model`` narrows the vendor's match. ``without_vendor`` is the model by which a charger is known that leaves the
    vendor empty.
    """

    name: str
    vendor: str
    quirks: Annotated[list[Quirk], Meta(min_length=1)]
    model: str | None = None
    without_vendor: str | None = None


class Quirks(Struct, frozen=True, kw_only=True):
    """Everything that applies to one station, merged. The defaults are those of a charger without quirks.

    ``ping``: it answers WebSocket pings. ``redials``: it comes back after a closed link. ``boots``: it sends
    BootNotification by itself. ``meters``: it sends MeterValues. ``call_before_boot``: it bears a call before its boot
    was answered. ``probe_config``: its configuration can be read at large. ``max_config_keys``: keys in one
    GetConfiguration (None: as the station reports). ``get_config_without_keys``: it answers GetConfiguration without
    keys. ``start_with_profile``: it takes a charging profile in RemoteStartTransaction. ``station_availability``: it
    bears ChangeAvailability for connector 0. ``id_tag_suffix``: a regular expression for the tail it adds to id tags.
    """

    chargers: tuple[str, ...] = ()
    quirks: tuple[Quirk, ...] = ()
    ping: bool = True
    redials: bool = True
    boots: bool = True
    meters: bool = True
    call_before_boot: bool = True
    probe_config: bool = True
    max_config_keys: int | None = None
    get_config_without_keys: bool = True
    start_with_profile: bool = True
    station_availability: bool = True
    id_tag_suffix: str | None = None

    def hints(self, order: str | None = None) -> list[str]:
        """Sentences for the technician: those of one order (its id), or all of them."""
        return [quirk.hint for quirk in self.quirks if order is None or order in quirk.orders]

    def id_tag(self, text: str) -> str:
        """The id tag without the tail that this charger adds; unchanged where it adds none."""
        return re.sub(f"(?:{self.id_tag_suffix})$", "", text) if self.id_tag_suffix else text


NO_QUIRKS = Quirks()
"""A charger of which nothing is known."""

_SWITCHES = tuple(
    name for name in Quirks.__struct_fields__ if name not in ("chargers", "quirks") and name in Quirk.__struct_fields__
)


def quirks_for(
    vendor: str | None, model: str | None = None, firmware: str | None = None, switches: Iterable[str] = ()
) -> Quirks:
    """What applies to a station that booted with these texts; cheap after the first call with the same ones.

    ``switches`` are the profile's ``quirks`` of that station: an id switches a quirk on wherever it is listed, an id
    with a leading ``-`` switches it off.
    """
    cut = (text[:_LONGEST] if text else "" for text in (vendor, model, firmware))
    return _merged(*cut, tuple(switches))


def all_chargers() -> tuple[Charger, ...]:
    """Every vendor's file, by file name. Raises ProfileError that names file, line and key."""
    from profiles.load import config_directory

    return _read_all(config_directory() / "chargers")


def quirk_ids() -> frozenset[str]:
    """The ids of all quirks."""
    return frozenset(quirk.id for charger in all_chargers() for quirk in charger.quirks)


def load_charger(path: Path) -> Charger:
    """One vendor's file. Raises ProfileError that names file, line and key."""
    document = Document.read(path)
    charger = document.convert(Charger)
    for where, pattern in _patterns(charger):
        try:
            re.compile(pattern)
        except re.error as error:
            line = document.line(where)
            raise ProfileError(
                f"{path.name}, line {line}, {document.key(where)}: not a regular expression: {error}"
            ) from None
    return charger


@lru_cache(maxsize=4)
def _read_all(own: Path) -> tuple[Charger, ...]:
    files = {path.name: path for folder in (CHARGERS, own) if folder.is_dir() for path in folder.glob("*.toml")}
    return tuple(load_charger(files[name]) for name in sorted(files))


@lru_cache(maxsize=1024)
def _merged(vendor: str, model: str, firmware: str, switches: tuple[str, ...]) -> Quirks:
    wanted = {switch for switch in switches if not switch.startswith("-")}
    refused = {switch[1:] for switch in switches if switch.startswith("-")}
    chargers: list[str] = []
    quirks: list[Quirk] = []
    for charger in all_chargers():
        matches = _is_made_by(charger, vendor, model)
        if matches:
            chargers.append(charger.name)
        for quirk in charger.quirks:
            applies = matches and quirk.on and _found(quirk.model, model) and _found(quirk.firmware, firmware)
            if quirk.id not in refused and (applies or quirk.id in wanted):
                quirks.append(quirk)
    if not chargers and not quirks:
        return NO_QUIRKS
    said = {name: value for quirk in quirks for name in _SWITCHES if (value := getattr(quirk, name)) is not None}
    return Quirks(chargers=tuple(chargers), quirks=tuple(quirks), **said)


def _is_made_by(charger: Charger, vendor: str, model: str) -> bool:
    if vendor:
        return _found(charger.vendor, vendor) and _found(charger.model, model)
    return bool(model) and charger.without_vendor is not None and _found(charger.without_vendor, model)


def _found(pattern: str | None, text: str) -> bool:
    return pattern is None or not text or re.search(pattern, text, re.IGNORECASE) is not None


def _patterns(charger: Charger) -> list[tuple[tuple[str | int, ...], str]]:
    found: list[tuple[tuple[str | int, ...], str | None]] = [
        (("vendor",), charger.vendor),
        (("model",), charger.model),
        (("without_vendor",), charger.without_vendor),
    ]
    for position, quirk in enumerate(charger.quirks):
        for key in ("model", "firmware", "id_tag_suffix"):
            found.append((("quirks", position, key), getattr(quirk, key)))
    return [(where, pattern) for where, pattern in found if pattern is not None]
