"""Who is let in, and why not. Decided from the handshake request alone, before anything is written anywhere.

Sources: OCPP-J 1.6 section 3, OCPP 2.x Part 4 section 3, the security white paper (Basic auth). An
answer never tells whether an identity exists where the listener asks for a password.
"""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
from collections.abc import Callable, Sequence
from typing import Literal
from urllib.parse import unquote_to_bytes

import msgspec

from console.engine.dialects import BY_SUBPROTOCOL
from console.engine.endpoint.guesses import Guesses, Held
from console.engine.masking import masked_url
from console.engine.trust.revoked import Revoked
from console.engine.trust.secrets import Match, Secrets
from profiles import KnownStation, Listen

SUBPROTOCOLS = {version: name for name, version in BY_SUBPROTOCOL.items()}
MAX_IDENTITY = 48
_IDENTIFIER = re.compile(r"[A-Za-z0-9*\-_=:+|@.]+")
_HOST = re.compile(r"(?:[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?")


Concern = Held | Literal["revoked"]


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What admission looks at: the request target, and the headers that matter (None where absent).

    ``certified``: the identities that the client certificate may be used for; None where none was demanded. ``serial``:
    its serial number.
    """

    target: str
    peer: str
    subprotocols: tuple[str, ...] = ()
    authorization: str | None = None
    host: str | None = None
    origin: str | None = None
    agent: str | None = None
    browser: bool = False
    certified: tuple[str, ...] | None = None
    serial: str | None = None

    def __repr__(self) -> str:
        """Without the password, wherever a request may be printed."""
        sent = "nothing" if self.authorization is None else "***"
        return f"Request(target={masked_url(self.target)!r}, peer={self.peer!r}, authorization={sent})"


class Admission(msgspec.Struct, frozen=True, kw_only=True):
    """The verdict. ``status`` 101 lets the station in as ``identity`` with ``version``.

    ``subprotocol`` is what to answer with (None = no header); ``then_close`` is set where the handshake is completed only
    to be closed; ``match`` tells which password it was, where one was asked for; ``concern`` is set where a person should
    know: an ``address`` has sent too many wrong passwords, or many addresses for one ``identity``, or the certificate
    that was shown has been ``revoked``.
    """

    status: int
    reason: str
    advice: str = ""
    identity: str | None = None
    version: str | None = None
    subprotocol: str | None = None
    user: str | None = None
    badges: tuple[str, ...] = ()
    registration: str = "Accepted"
    authenticated: bool = False
    then_close: int | None = None
    concern: Concern = ""
    match: Match | None = None


def identity_of(target: str) -> tuple[str | None, str, tuple[str, ...]]:
    """The identity in a request target, what is wrong with it where it is None, and badges.

    The last path segment, percent-decoded once. A query string is no part of it.
    """
    badges: list[str] = []
    path, mark, _query = target.partition("?")
    if mark:
        badges.append("query string in the URL ignored")
    if "://" in path:
        path = path.split("://", 1)[1]
    segment = path.rsplit("/", 1)[-1]
    if not segment:
        return None, "the URL ends without a station identity", ()
    try:
        identity = unquote_to_bytes(segment).decode("utf-8")
    except UnicodeDecodeError:
        return None, "the identity in the URL is no UTF-8 text", ()
    if len(identity) > MAX_IDENTITY:
        return None, f"the identity has {len(identity)} characters, {MAX_IDENTITY} are allowed", ()
    if identity in (".", "..") or ".." in identity:
        return None, "the identity holds '..'", ()
    for character in identity:
        if character in "/\\ " or unicodedata.category(character)[0] in "CZ":
            return None, "the identity holds a control character, a space or a slash", ()
    if _IDENTIFIER.fullmatch(identity) is None:
        badges.append("identity has characters that OCPP does not allow")
    if path.count("//"):
        badges.append("double slash in the URL")
    return identity, "", tuple(badges)


def host_of(host: str | None) -> str | None:
    """The host name or address, without port, that the station used; None where the header is absent or odd."""
    if host is None or _HOST.fullmatch(host) is None:
        return None
    if host.startswith("["):
        return host[: host.index("]") + 1]
    return host.split(":", 1)[0] or None


class Door:
    """Decides for one listener. ``known`` finds a station of the profile, ``approved`` what the operator decided,
    ``came_from`` the address from which a station proved itself last, ``revoked`` why a serial number is refused."""

    def __init__(
        self,
        listen: Listen,
        *,
        strict: bool,
        known: Callable[[str], KnownStation | None],
        approved: Callable[[str], bool | None],
        seen_as: Callable[[str], str | None],
        secrets: Secrets,
        came_from: Callable[[str], str | None] = lambda _identity: None,
        revoked: Callable[[str | None], Revoked | None] = lambda _serial: None,
    ) -> None:
        self.listen = listen
        self.strict = strict
        self.guesses = Guesses()
        self._known = known
        self._approved = approved
        self._seen_as = seen_as
        self._came_from = came_from
        self._revoked = revoked
        self.secrets = secrets

    @property
    def asks_password(self) -> bool:
        """Whether this listener wants Basic auth (security profiles 1 and 2)."""
        return self.listen.security_profile in (1, 2)

    def decide(self, request: Request, now: int) -> Admission:
        """The verdict on a handshake. ``now``: nanoseconds of a clock that is never set."""
        identity, wrong, badges = identity_of(request.target)
        user, password = _credentials(request.authorization)
        if identity is None:
            status = 404 if "without" in wrong else 400
            advice = "Set the charger's URL to ws://ADDRESS:PORT/ followed by its identity."
            return Admission(status=status, reason=wrong, advice=advice, user=user)
        if request.browser and not self.listen.allow_browsers:
            # Any web page that the technician visits could otherwise pose as a charger and displace the real one.
            return Admission(
                status=403,
                reason=f"a web page ({request.origin or 'no origin told'}) in a browser, not a charger",
                advice="For a simulator that runs in a browser, set allow_browsers = true in the profile.",
                identity=identity,
            )
        if ":" in identity:
            if self.asks_password:
                reason = "the identity holds ':', which Basic auth cannot carry"
                return Admission(
                    status=400, reason=reason, advice="Give the charger an identity without ':'.", identity=identity
                )
            badges = (*badges, "identity holds ':'")
        refused, notes, match = self._authenticate(request, identity, user, password, now)
        badges = (*badges, *notes)
        refused = refused or self._downgraded(identity, user)
        if refused is not None:
            return refused
        registration = self._registration(identity)
        if registration is None:
            return Admission(
                status=404,
                reason="this identity is not known here",
                advice="Add the station to the profile, or set unknown_stations to pending or accept.",
                identity=identity,
                user=user,
            )
        seen = self._seen_as(identity)
        if seen is not None and seen != identity:
            badges = (*badges, f"identity differs in case from {seen}")
        if request.origin is not None:
            badges = (*badges, "sends an Origin header")
        known = self._known(identity)
        pinned = known.version if known is not None else None
        return self._version(request, identity, user, badges, registration, match, pinned)

    def _downgraded(self, identity: str, user: str | None) -> Admission | None:
        """A station that has to come with a higher security profile is refused below it (A05)."""
        known = self._known(identity)
        least = max(self.secrets.floor(identity), (known.security_profile or 0) if known is not None else 0)
        if self.listen.security_profile >= least:
            return None
        return _unauthorized(
            identity,
            user,
            f"a downgrade: this station comes with security profile {least}, and this listener has "
            f"{self.listen.security_profile}",
            f"Set the charger to security profile {least} and the URL of a listener that has it. If the way back is meant, "
            "change its security_profile in the profile, or set its key SecurityProfile from here.",
        )

    def _registration(self, identity: str) -> str | None:
        decided = self._approved(identity)
        known = self._known(identity)
        if decided is not None:
            return "Accepted" if decided else "Rejected"
        if known is not None:
            return "Accepted" if known.accepted else "Pending"
        return {"accept": "Accepted", "pending": "Pending", "refuse": None}[self.listen.unknown_stations]

    def _authenticate(
        self, request: Request, identity: str, user: str | None, password: bytes | None, now: int
    ) -> tuple[Admission | None, tuple[str, ...], Match | None]:
        if self.listen.security_profile == 3:
            return self._certified(request, identity)
        if not self.asks_password:
            notes = ("sent credentials that nobody asked for",) if user is not None else ()
            return None, notes, None
        if request.authorization is None or user is None or password is None:
            reason = "no user name and password were sent" if request.authorization is None else "not Basic auth"
            advice = "Set the charger to security profile 1: user name = its identity, and the password of the profile."
            return _unauthorized(identity, user, reason, advice), (), None
        known = self._known(identity)
        if known is None and not self.listen.hide_unknown:
            return (
                Admission(
                    status=404,
                    reason="this identity is not known here",
                    advice="Add the station to the profile, with its password.",
                    identity=identity,
                    user=user,
                ),
                (),
                None,
            )
        address = request.peer.rsplit(":", 1)[0]
        key, last = identity.casefold(), self._came_from(identity)
        held = self.guesses.held(address, key, now, known=known is not None, last=last)
        # Also where it is not looked at: who guesses must not be able to tell.
        matched = self.secrets.check(identity, known, password)
        same_user = user.casefold() == key
        if held or matched is None or not same_user:
            concern = held or self.guesses.wrong(address, key, now, known=known is not None, last=last)
            if held == "identity":
                reason = "too many wrong passwords for this identity from many addresses; this one is not looked at"
            elif held:
                reason = "too many wrong passwords from this address; this one is not looked at"
            elif not same_user:
                reason = "the user name is not the identity in the URL"
            else:
                reason = "wrong password, or an identity that the profile does not know"
            advice = "Check identity and password on the charger against the profile's [[stations]]."
            refused = _unauthorized(identity, user, reason, advice)
            return msgspec.structs.replace(refused, concern=concern), (), None
        self.guesses.right(address, key)
        notes = (f"password matched as {matched.form}",) if matched.form != "text" else ()
        if matched.change:
            notes = (*notes, "with the password that was sent to it, which it had not confirmed")
        return None, notes, matched

    def _certified(self, request: Request, identity: str) -> tuple[Admission | None, tuple[str, ...], Match | None]:
        """Mutual TLS: the certificate has been verified; is it this station's? (A00.FR.415)"""
        revoked = self._revoked(request.serial)
        if revoked is not None:
            refusal = Admission(
                status=403,
                reason=f"the charger's certificate was {revoked.said}",
                advice="If it may come back, give it a new one: `chargehand trust station IDENTITY`, or let it ask for one "
                "over another listener.",
                identity=identity,
                concern="revoked",
            )
            return refusal, (), None
        names = request.certified or ()
        if any(name.casefold() == identity.casefold() for name in names):
            return None, (), None
        shown = _listed(names) if names else "nobody"
        return (
            Admission(
                status=403,
                reason=f"the certificate is for {shown}, but the URL says {identity}",
                advice="Set the charger's identity to the common name of its certificate, or give it a certificate of its "
                "own: `chargehand trust station IDENTITY`.",
                identity=identity,
            ),
            (),
            None,
        )

    def _version(
        self,
        request: Request,
        identity: str,
        user: str | None,
        badges: tuple[str, ...],
        registration: str,
        match: Match | None,
        pinned: str | None,
    ) -> Admission:
        offered = request.subprotocols
        enabled = self.listen.versions if pinned is None else [pinned]
        for name in offered:
            version = BY_SUBPROTOCOL.get(name)
            if version in enabled:
                return Admission(
                    status=101,
                    reason="accepted",
                    identity=identity,
                    version=version,
                    subprotocol=name,
                    user=user,
                    badges=badges,
                    registration=registration,
                    authenticated=self.listen.authenticates,
                    match=match,
                )
        speaks = ", ".join(SUBPROTOCOLS[version] for version in enabled)
        # Case matters in a subprotocol; "OCPP1.6" is no offer that can be accepted by name.
        missing = all(name.casefold() in BY_SUBPROTOCOL and name not in BY_SUBPROTOCOL for name in offered)
        if missing and not self.strict and not self.listen.require_subprotocol:
            badge = "no subprotocol offered" if not offered else f"subprotocol {offered[0]} is misspelt"
            return Admission(
                status=101,
                reason="accepted",
                identity=identity,
                version=pinned or self.listen.default_version,
                user=user,
                badges=(*badges, f"{badge}; taken as OCPP {pinned or self.listen.default_version}"),
                registration=registration,
                authenticated=self.listen.authenticates,
                match=match,
            )
        what = "no subprotocol was offered" if not offered else f"no common subprotocol: {_listed(offered)} offered"
        spec = self.listen.subprotocol_mismatch == "spec" and bool(offered)
        return Admission(
            status=101 if spec else 400,
            reason=what,
            advice=f"Set the charger's OCPP version to one of: {speaks}.",
            identity=identity,
            user=user,
            badges=badges,
            then_close=1002 if spec else None,
        )


def _unauthorized(identity: str, user: str | None, reason: str, advice: str) -> Admission:
    return Admission(status=401, reason=reason, advice=advice, identity=identity, user=user)


def _credentials(authorization: str | None) -> tuple[str | None, bytes | None]:
    """User name and password bytes: split on the first ':'; the password may be anything but text."""
    if authorization is None:
        return None, None
    scheme, _, encoded = authorization.strip().partition(" ")
    if scheme.casefold() != "basic":
        return None, None
    try:
        decoded = base64.b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError):
        return None, None
    user, mark, password = decoded.partition(b":")
    if not mark:
        return None, None
    return user.decode("utf-8", "replace"), password


def _listed(offered: Sequence[str]) -> str:
    text = ", ".join(offered[:6])
    return text if len(text) <= 120 else text[:119] + "…"
