"""What a profile holds. Plain frozen facts with the defaults that docs/profiles.md lists.

Reading and checking is ``profiles.load``, writing ``profiles.save``. A struct made in code is not checked: give
its values to ``profiles.check.findings`` where that matters.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, field
from msgspec.structs import fields, force_setattr

from profiles.address import is_loopback, parse_address

VERSIONS = ("1.6", "2.0.1", "2.1")
"""The OCPP versions a listener can speak, as the profile spells them."""

HEARTBEAT_LIMITS = (10, 86_400)
"""Seconds between which a heartbeat interval is held: 0 and very long intervals are never sent to a station."""

Conduct = Literal["tolerant", "strict"]
UnknownStations = Literal["accept", "pending", "refuse"]
Section = Literal["fleet", "sessions", "messages", "connections", "alarms", "files"]
TagStatus = Literal["Accepted", "Blocked", "Expired", "Invalid", "ConcurrentTx", "NoCredit"]
Column = Literal[
    "station", "model", "firmware", "ocpp", "link", "connectors", "power", "energy", "seen", "note", "site"
]

Seconds = Annotated[float, Meta(ge=0, le=86_400)]
Timeout = Annotated[float, Meta(ge=0.1, le=86_400)]


class Tls(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Files of a ``wss://`` listener (PEM). Relative paths start at the profile's own folder.

    ``certificate`` and ``key`` are one file each, or as many of both: one RSA and one ECDSA certificate serve every
    charger. Left out, the console's own authority makes them. ``client_ca`` signs the stations' certificates (security
    profile 3); left out, that is the console's own authority too.
    """

    certificate: str | list[str] = []
    key: str | list[str] = []
    client_ca: str | None = None

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Certificate and key, pair by pair; empty where the console's own authority makes them."""
        return list(zip(_listed(self.certificate), _listed(self.key), strict=False))

    @property
    def files(self) -> list[tuple[str, str]]:
        """(name of the key, file) of every file that is named."""
        found = [("certificate", one) for one in _listed(self.certificate)]
        found += [("key", one) for one in _listed(self.key)]
        return found if self.client_ca is None else [*found, ("client_ca", self.client_ca)]


class Listen(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One address that stations connect to, and who is let in there. Times are seconds."""

    address: str = "0.0.0.0:9000"
    security_profile: Annotated[int, Meta(ge=0, le=3)] = 0
    unknown_stations: UnknownStations = "accept"
    versions: list[str] = field(default_factory=lambda: list(VERSIONS))
    default_version: str = "1.6"
    require_subprotocol: bool = False
    subprotocol_mismatch: Literal["reject", "spec"] = "reject"
    hide_unknown: bool = True
    allow_browsers: bool = False
    ping_interval: Seconds = 20
    ping_timeout: Timeout = 20
    open_timeout: Timeout = 10
    compression: Literal["auto", "off", "on"] = "auto"
    max_message_bytes: Annotated[int, Meta(ge=1024, le=67_108_864)] = 1_048_576
    max_links: Annotated[int, Meta(ge=1, le=1_000_000)] = 10_000
    tls: Tls | None = None

    @property
    def host(self) -> str:
        """The host to bind, without brackets. Raises ProfileError where the address cannot be read."""
        return parse_address(self.address)[0]

    @property
    def port(self) -> int:
        """The port to bind; 0 means any free one. Raises ProfileError where the address cannot be read."""
        return parse_address(self.address)[1]

    @property
    def authenticates(self) -> bool:
        """Whether a station must prove who it is (security profile 1 and above)."""
        return self.security_profile > 0

    @property
    def secure(self) -> bool:
        """Whether it speaks TLS (security profiles 2 and 3, or a ``[listen.tls]`` table)."""
        return self.security_profile >= 2 or self.tls is not None

    @property
    def exposed(self) -> bool:
        """Whether other machines can reach a listener that asks nobody who they are."""
        return not self.authenticates and not is_loopback(self.host)


class Registration(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a BootNotification is answered with, and what happens when none comes. Seconds."""

    heartbeat_interval: int = 300
    pending_interval: Annotated[int, Meta(ge=1, le=86_400)] = 30
    boot_grace: Seconds = 10

    def __post_init__(self) -> None:
        low, high = HEARTBEAT_LIMITS
        force_setattr(self, "heartbeat_interval", min(max(self.heartbeat_interval, low), high))


class Tag(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An id tag (1.6) or id token (2.x) that the console knows. ``expires`` is UTC; a time without zone is UTC.

    ``limit_kwh``, ``limit_minutes``, ``limit_cost``: how much one session of it may take (2.1 alone has words for it).
    """

    id: Annotated[str, Meta(min_length=1, max_length=255)]
    status: TagStatus = "Accepted"
    parent: str | None = None
    expires: datetime | None = None
    limit_kwh: Annotated[float, Meta(gt=0, le=1_000_000)] | None = None
    limit_minutes: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None
    limit_cost: Annotated[float, Meta(ge=0, le=1_000_000)] | None = None

    def __post_init__(self) -> None:
        if self.expires is not None and self.expires.tzinfo is None:
            force_setattr(self, "expires", self.expires.replace(tzinfo=UTC))


class Tags(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who may charge: everybody (``accept``, the known ones by their own status), or only the known (``known``)."""

    policy: Literal["accept", "known"] = "accept"
    known: list[Tag] = []


class Calls(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long the console waits for a station's answer, and then for what the order should bring about. Seconds."""

    timeout: Timeout = 30
    effect_timeout: Timeout = 120


class Files(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file server for firmware, diagnostics and logs. ``host`` is put in URLs instead of the address used."""

    address: str = "0.0.0.0:9081"
    max_upload_mb: Annotated[int, Meta(ge=1, le=1_000_000)] = 512
    host: str | None = None


class Api(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The HTTP API of the console. Off loopback it needs a token."""

    address: str = "127.0.0.1:9080"
    token: str | None = None

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("address", self.address)]

    def __repr__(self) -> str:
        return f"Api(address={self.address!r}, token={'***' if self.token else None})"


class Journal(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long messages are kept, in days; 0 keeps them for ever."""

    retention_days: Annotated[int, Meta(ge=0, le=36_500)] = 90


class Screen(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the console opens. ``columns`` picks and orders those of the fleet table; empty means all that fit."""

    theme: Literal["dark", "light", "auto"] = "dark"
    start: Section = "fleet"
    columns: list[Column] = []
    read_only: bool = False


class KnownStation(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A station the profile names: its identity, its secret and what is special about it.

    ``version`` pins the OCPP version, ``accepted`` says how its boot is answered (Accepted or Pending),
    ``security_profile`` is the least that it may come with: on a listener below that it is refused (a downgrade), and
    ``quirks`` switches quirks of ``profiles/chargers`` on, or off with a leading ``-``.
    """

    id: str
    password: str | None = None
    password_hex: str | None = None
    name: str | None = None
    site: str | None = None
    version: str | None = None
    accepted: bool = True
    security_profile: Annotated[int, Meta(ge=0, le=3)] | None = None
    quirks: list[str] = []

    def secrets(self) -> list[tuple[str, bytes]]:
        """Every form in which the station may send its password, as (name of the form, bytes), likeliest first.

        A 1.6 AuthorizationKey is set in hex; firmware sends the bytes, or the hex digits as text
        (steve-community/steve#1895). So both are tried, and the name says which one matched.
        """
        found: list[tuple[str, bytes]] = []
        if self.password_hex is not None:
            digits = self.password_hex
            found.append(("bytes of the hex key", bytes.fromhex(digits)))
            texts = dict.fromkeys((digits, digits.upper(), digits.lower()))
            found.extend(("hex digits as text", text.encode()) for text in texts)
        if self.password is not None:
            found.append(("text", self.password.encode()))
            if _is_hex_key(self.password):
                found.append(("bytes of the hex key", bytes.fromhex(self.password)))
        return found

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("id", self.id)]

    def __repr__(self) -> str:
        secret = "" if self.password is None and self.password_hex is None else ", password=***"
        return f"KnownStation(id={self.id!r}{secret})"


class Profile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, dict=True):
    """A whole profile: everything that a console is told before the first station connects.

    ``source`` is the file it was read from (None: made in code); it is no key of the file.
    """

    name: str = ""
    title: str = ""
    description: str = ""
    conduct: Conduct = "tolerant"
    site: str | None = None
    listen: Annotated[list[Listen], Meta(min_length=1)] = field(default_factory=lambda: [Listen()])
    registration: Registration = Registration()
    tags: Tags = Tags()
    calls: Calls = Calls()
    files: Files = Files()
    api: Api = Api()
    journal: Journal = Journal()
    screen: Screen = Screen()
    keys: dict[str, str] = {}
    stations: list[KnownStation] = []
    source: Path | None = None

    @property
    def strict(self) -> bool:
        """Whether the wire is answered exactly as the specification demands."""
        return self.conduct == "strict"

    @property
    def site_name(self) -> str:
        """The site that a station without one of its own belongs to: ``site``, else the profile's name."""
        return self.site or self.name

    @property
    def exposed_listeners(self) -> list[Listen]:
        """Listeners off loopback that ask for no password: allowed with ``bench`` or ``--insecure`` only."""
        return [listener for listener in self.listen if listener.exposed]

    def station(self, identity: str) -> KnownStation | None:
        """The known station with this identity, compared without case; None where the profile names none."""
        return self._by_identity.get(identity.casefold())

    def tag(self, id_tag: str) -> Tag | None:
        """The known tag with this id, compared without case (CiString / identifierString); None where unknown."""
        return self._by_tag.get(id_tag.casefold())

    def site_of(self, identity: str) -> str:
        """The name of the site that this station belongs to."""
        known = self.station(identity)
        return (known.site if known else None) or self.site_name

    def named(self, identity: str) -> tuple[str, str]:
        """What people call this station, and the site that was named for it; empty where the profile says nothing."""
        known = self.station(identity)
        if known is None:
            return "", self.site or ""
        return known.name or "", known.site or self.site or ""

    @cached_property
    def sites(self) -> frozenset[str]:
        """Every site that the profile names, for stations or for itself."""
        named = {station.site for station in self.stations if station.site}
        return frozenset(named | ({self.site} if self.site else set()))

    def path(self, text: str) -> Path:
        """A path written in the profile; a relative one starts at the profile's own folder."""
        path = Path(text).expanduser()
        return path if self.source is None or path.is_absolute() else self.source.parent / path

    @cached_property
    def _by_identity(self) -> dict[str, KnownStation]:
        return {station.id.casefold(): station for station in self.stations}

    @cached_property
    def _by_tag(self) -> dict[str, Tag]:
        return {tag.id.casefold(): tag for tag in self.tags.known}


def _listed(files: str | list[str]) -> list[str]:
    return [files] if isinstance(files, str) else files


def _is_hex_key(text: str) -> bool:
    return len(text) in range(32, 41, 2) and all(letter in "0123456789abcdefABCDEF" for letter in text)


def defaults(kind: type[Struct]) -> dict[str, Any]:
    """Name and default of every field that has one, for a reader that must tell "left out" from "said"."""
    found: dict[str, Any] = {}
    for item in fields(kind):
        if not item.required:
            found[item.name] = item.default_factory() if callable(item.default_factory) else item.default
    return found
