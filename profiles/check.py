"""What types alone cannot say: addresses, identities, passwords, and settings that contradict each other."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Literal

from profiles.address import is_loopback, parse_address
from profiles.errors import ProfileError
from profiles.findings import Finding, nearest
from profiles.lines import KeyPath
from profiles.profile import HEARTBEAT_LIMITS, VERSIONS, KnownStation, Listen, Profile, Tls

PROFILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""A profile's name is a file's name too."""

EXAMPLE_PASSWORD = "change-me-please-16"

_IDENTIFIER = re.compile(r"[A-Za-z0-9*\-_=:+|@.]+")  # identifierString, OCPP 2.0.1 part 2, primitive datatypes
_HEX = re.compile(r"(?:[0-9a-fA-F]{2})+")
_LONGEST_IDENTITY = 48  # OCPP-J 2.0.1 part 4, 3.1.1

Level = Literal["error", "warning"]
Quirks = Callable[[], frozenset[str]]


def findings(profile: Profile, *, given_heartbeat: int | None = None, quirk_ids: Quirks | None = None) -> list[Finding]:
    """Everything wrong or doubtful in a profile. ``quirk_ids`` is asked only where a station names a quirk.

    ``given_heartbeat`` is the interval as the file has it, before it was held within its limits.
    """
    return [
        *_head(profile),
        *_listeners(profile),
        *_registration(given_heartbeat),
        *_services(profile),
        *_stations(profile),
        *_tags(profile),
        *_quirks(profile, quirk_ids),
    ]


def _head(profile: Profile) -> Iterator[Finding]:
    if profile.name and not PROFILE_NAME.fullmatch(profile.name):
        yield Finding(("name",), "a name has letters, digits, dots, dashes and underscores only, at most 64")
    for action, key in profile.keys.items():
        if not key.strip():
            yield Finding(("keys", action), "the key is empty")


def _listeners(profile: Profile) -> Iterator[Finding]:
    seen: dict[tuple[str, int], int] = {}
    for position, listener in enumerate(profile.listen):
        path: KeyPath = ("listen", position)
        try:
            address = parse_address(listener.address)
        except ProfileError as error:
            yield Finding((*path, "address"), error.sentence)
        else:
            if address[1] and address in seen:
                yield Finding((*path, "address"), f"{listener.address} is listened on twice")
            seen[address] = position
        yield from _versions(listener, path)
        yield from _security(profile, listener, path)


def _versions(listener: Listen, path: KeyPath) -> Iterator[Finding]:
    if not listener.versions:
        yield Finding((*path, "versions"), "the list is empty; name at least one of 1.6, 2.0.1, 2.1")
    for position, version in enumerate(listener.versions):
        if version not in VERSIONS:
            yield Finding((*path, "versions", position), _unknown_version(version))
    if listener.default_version not in VERSIONS:
        yield Finding((*path, "default_version"), _unknown_version(listener.default_version))
    elif listener.versions and listener.default_version not in listener.versions and not listener.require_subprotocol:
        yield Finding(
            (*path, "default_version"), f'"{listener.default_version}" is not among this listener\'s versions'
        )


def _security(profile: Profile, listener: Listen, path: KeyPath) -> Iterator[Finding]:
    level = listener.security_profile
    where: KeyPath = (*path, "security_profile")
    if listener.tls is not None:
        yield from _tls(profile, listener.tls, path)
    if level in (1, 2) and not any(station.secrets() for station in profile.stations if _hex_is_sound(station)):
        yield Finding(where, "no [[stations]] entry has a password, so no station can connect here", "warning")
    if level == 0 and _exposed(listener) and profile.name != "bench":
        yield Finding(
            where,
            f"anybody who reaches {listener.address} can connect without a password; "
            "chargehand starts such a profile only with --insecure",
            "warning",
        )


def _tls(profile: Profile, tls: Tls, path: KeyPath) -> Iterator[Finding]:
    """Without files the console's own certificate authority makes what is needed."""
    named = [key for key, _ in tls.files]
    certificates, keys = named.count("certificate"), named.count("key")
    if certificates != keys:
        which = "certificate" if certificates < keys else "key"
        yield Finding(
            (*path, "tls", which),
            f"every certificate needs its key: {certificates} certificates and {keys} keys are named. Leave both out, "
            "and chargehand makes them",
        )
    for key, file in tls.files:
        if not profile.path(file).is_file():
            yield Finding((*path, "tls", key), f"there is no file {profile.path(file)}", "warning")


def _registration(given_heartbeat: int | None) -> Iterator[Finding]:
    low, high = HEARTBEAT_LIMITS
    if given_heartbeat is not None and not low <= given_heartbeat <= high:
        held = min(max(given_heartbeat, low), high)
        yield Finding(
            ("registration", "heartbeat_interval"),
            f"{given_heartbeat} s is outside {low} to {high}; stations are told {held} s",
            "warning",
        )


def _services(profile: Profile) -> Iterator[Finding]:
    for table, address in (("files", profile.files.address), ("api", profile.api.address)):
        try:
            host, _ = parse_address(address)
        except ProfileError as error:
            yield Finding((table, "address"), error.sentence)
            continue
        if table == "api" and not is_loopback(host) and not profile.api.token:
            yield Finding(
                ("api", "address"), f"other machines can reach {address}: set [api] token, or listen on 127.0.0.1:9080"
            )
    if profile.api.token is not None and len(profile.api.token) < 16:
        yield Finding(("api", "token"), "a token has at least 16 characters")


def _stations(profile: Profile) -> Iterator[Finding]:
    seen: set[str] = set()
    authenticates = any(listener.authenticates for listener in profile.listen)
    for position, station in enumerate(profile.stations):
        path: KeyPath = ("stations", position)
        if station.id.casefold() in seen:
            yield Finding((*path, "id"), f'"{station.id}" is listed twice (upper and lower case are the same)')
        seen.add(station.id.casefold())
        yield from _identity(station.id, (*path, "id"), authenticates, profile.strict)
        yield from _password(station, path, profile.strict)
        if station.version is not None and station.version not in VERSIONS:
            yield Finding((*path, "version"), _unknown_version(station.version))


def _identity(identity: str, path: KeyPath, authenticates: bool, strict: bool) -> Iterator[Finding]:
    if not identity:
        yield Finding(path, "the identity is empty")
    elif len(identity) > _LONGEST_IDENTITY:
        yield Finding(path, f"an identity has at most {_LONGEST_IDENTITY} characters, this one has {len(identity)}")
    elif not identity.isprintable() or any(letter.isspace() or letter == "/" for letter in identity):
        yield Finding(path, "an identity has no spaces, slashes or control characters")
    elif ":" in identity and authenticates:
        yield Finding(path, 'a station with ":" in its identity cannot log in: Basic auth ends the user name there')
    elif not _IDENTIFIER.fullmatch(identity):
        odd = "".join(dict.fromkeys(letter for letter in identity if not _IDENTIFIER.fullmatch(letter)))
        level: Level = "error" if strict else "warning"
        yield Finding(
            path, f'"{odd}" is not allowed in an OCPP identity (letters, digits and * - _ = : + | @ .)', level
        )


def _password(station: KnownStation, path: KeyPath, strict: bool) -> Iterator[Finding]:
    doubt: Level = "error" if strict else "warning"
    if station.password is not None and station.password_hex is not None:
        yield Finding((*path, "password_hex"), "give password or password_hex, not both")
    if (password := station.password) is not None:
        where: KeyPath = (*path, "password")
        if not password:
            yield Finding(where, "the password is empty; leave the key out for a station without one")
        elif not password.isprintable():
            yield Finding(where, "the password has control characters; use password_hex for bytes")
        elif not 16 <= len(password) <= 40:
            yield Finding(where, f"OCPP asks for 16 to 40 characters, this password has {len(password)}", doubt)
        elif password == EXAMPLE_PASSWORD:
            yield Finding(where, "this is the example's password; give the station one of its own", "warning")
    if (digits := station.password_hex) is not None:
        where = (*path, "password_hex")
        if not _HEX.fullmatch(digits):
            yield Finding(where, "expected pairs of hexadecimal digits, such as 0A1B2C…")
        elif not 16 <= len(digits) // 2 <= 20:
            yield Finding(where, f"an AuthorizationKey has 16 to 20 bytes, this one has {len(digits) // 2}", doubt)


def _tags(profile: Profile) -> Iterator[Finding]:
    seen: set[str] = set()
    for position, tag in enumerate(profile.tags.known):
        if tag.id.casefold() in seen:
            yield Finding(("tags", "known", position, "id"), f'"{tag.id}" is listed twice')
        seen.add(tag.id.casefold())
    if profile.tags.policy == "known" and not profile.tags.known:
        yield Finding(
            ("tags", "policy"), "no tag is known, so nobody can charge; add [[tags.known]] entries", "warning"
        )


def _quirks(profile: Profile, quirk_ids: Quirks | None) -> Iterator[Finding]:
    if quirk_ids is None or not any(station.quirks for station in profile.stations):
        return
    known = quirk_ids()
    for position, station in enumerate(profile.stations):
        for index, switch in enumerate(station.quirks):
            if switch.removeprefix("-") not in known:
                message = f'there is no quirk "{switch}"{nearest(switch.removeprefix("-"), known)}'
                yield Finding(("stations", position, "quirks", index), message)


def _hex_is_sound(station: KnownStation) -> bool:
    return station.password_hex is None or bool(_HEX.fullmatch(station.password_hex))


def _exposed(listener: Listen) -> bool:
    try:
        return listener.exposed
    except ProfileError:
        return False  # the address was reported already


def _unknown_version(version: str) -> str:
    return f'expected one of "1.6", "2.0.1", "2.1", got "{version}"'
