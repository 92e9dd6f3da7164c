"""Passwords that stations were given from here, as digests, and the change from one to the next.

A new secret is on the disk before the call that carries it leaves. Until the station has answered both are valid;
Accepted leaves the new one, any other answer the old one. Where no answer comes, both are valid until the station logs
in again: what it uses then is what it has. After RebootRequired both are, until it logs in with the new one.
Sources: OCPP 2.x A01.FR.02 to 04, 1.6 security white paper 3.2.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec
import orjson

from console.engine.errors import TrustError
from console.engine.tasks import Owner, spawn
from console.engine.trust.files import private_folder, write_durably
from profiles import KnownStation

log = logging.getLogger("chargehand.trust")

Forms = list[tuple[str, bytes]]
"""Every way in which a station may send a secret: (name of the way, bytes); see ``KnownStation.secrets``."""

PENDING: Final = 4  # changes of one station that may be open; more are forgotten oldest first
_MOST_FORMS: Final = 5  # that ``KnownStation.secrets`` gives
_COMPARED: Final = _MOST_FORMS * (1 + PENDING)  # digests that one password is held against, however many there are


class Digest(msgspec.Struct, frozen=True):
    """One form of a secret: its name, and the keyed digest of its bytes in hex."""

    form: str
    value: str


_NOBODYS: Final = Digest("", "-" * 64)  # as long as any, and like none


class Change(msgspec.Struct, kw_only=True):
    """A secret that was sent. ``state``: ``sent``, ``unanswered``, or ``accepted-later`` (RebootRequired)."""

    number: int
    digests: list[Digest]
    state: str = "sent"


class Entry(msgspec.Struct, kw_only=True):
    """What is kept of one station.

    ``accepted`` replaces the profile's password as long as that is the one it was when the station took the new one
    (``replaces``): who edits the profile later means it. ``floor`` is the least security profile, ``aim`` the one that
    the station was told to use and has not yet come with.
    """

    accepted: list[Digest] = []
    replaces: str = ""
    changes: list[Change] = []
    floor: int = 0
    aim: int = 0


_EMPTY: Final = Entry()


class Kept(msgspec.Struct, kw_only=True):
    """The whole file. ``key`` makes the digests useless without it."""

    key: str
    last: int = 0
    stations: dict[str, Entry] = {}


class Match(msgspec.Struct, frozen=True):
    """A password was right: in which form, and of which change (0: no change, the secret in force)."""

    form: str
    change: int


class Secrets:
    """The secrets in one file. Reads are immediate, in memory; ``propose`` returns when the disk has it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._kept = Kept(key=secrets.token_hex(32))
        self._writing = asyncio.Lock()
        self._tasks: Owner = set()

    def load(self) -> None:
        """Read the file, where there is one. Raises TrustError where it cannot be read: nobody is let in by chance."""
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            return
        except OSError as error:
            raise TrustError(f"{self.path} cannot be read: {error.strerror or error}.") from None
        try:
            self._kept = msgspec.json.decode(data, type=Kept)
            bytes.fromhex(self._kept.key)
        except (msgspec.DecodeError, ValueError) as error:
            raise TrustError(
                f"{self.path} cannot be understood: {error}. Put it back from a backup; without it, stations whose password "
                "was changed from here have to be set anew in the profile."
            ) from None
        for entry in self._kept.stations.values():
            for change in entry.changes:
                if change.state == "sent":
                    change.state = "unanswered"  # the console was killed before the answer came

    async def close(self) -> None:
        """Let what is due be written."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # Asking.

    def check(self, identity: str, known: KnownStation | None, password: bytes) -> Match | None:
        """Whether a password is right now.

        The same work for every identity and every password: as many digests are made and compared for a station that
        nobody knows, for one without a password and for one with changes on their way.
        """
        entry = self._kept.stations.get(identity.casefold(), _EMPTY)
        forms = [] if known is None else known.secrets()
        of_profile = self._digests([*forms, *[("", b"")] * (_MOST_FORMS - len(forms))])[: len(forms)]
        replaced = bool(entry.accepted) and entry.replaces == self._base(of_profile)
        wanted = [(one, 0) for one in (entry.accepted if replaced else of_profile)]
        wanted += [(one, change.number) for change in entry.changes for one in change.digests]
        wanted += [(_NOBODYS, 0)] * (_COMPARED - len(wanted))
        given = self._digest(password)
        found: Match | None = None
        for digest, number in wanted:
            if hmac.compare_digest(digest.value, given) and found is None:
                found = Match(digest.form, number)
        return found

    def floor(self, identity: str) -> int:
        """The least security profile that this station may come with; a lower one is a downgrade."""
        entry = self._kept.stations.get(identity.casefold())
        return 0 if entry is None else entry.floor

    # Changing a password.

    async def propose(self, identity: str, known: KnownStation | None, forms: Forms) -> int:
        """A secret is about to be sent; its number, once it is on the disk. Raises TrustError: then nothing may be sent."""
        entry = self._entry(identity)
        self._kept.last += 1
        change = Change(number=self._kept.last, digests=self._digests(forms))
        if not entry.accepted:
            entry.replaces = self._base(self._digests([] if known is None else known.secrets()))
        entry.changes = [*entry.changes, change][-PENDING:]
        try:
            await self._save()
        except TrustError:
            entry.changes = [one for one in entry.changes if one is not change]
            raise
        return change.number

    def settle(self, identity: str, number: int, known: KnownStation | None, forms: Forms, status: str) -> None:
        """The station has answered with this status; an answer that comes late counts as well."""
        entry = self._entry(identity)
        if status == "Accepted":
            self._accept(entry, known, self._digests(forms), number)
        elif status == "RebootRequired":
            self._mark(entry, number, "accepted-later")
        else:
            entry.changes = [one for one in entry.changes if one.number != number]
        self._save_soon()

    def unanswered(self, identity: str, number: int) -> None:
        """No answer came: whichever secret the station uses next is the one it has."""
        self._mark(self._entry(identity), number, "unanswered")
        self._save_soon()

    def logged_in(self, identity: str, known: KnownStation | None, match: Match | None, level: int) -> None:
        """A station was let in on a listener of security profile ``level``: what that settles."""
        entry = self._kept.stations.get(identity.casefold())
        if entry is None:
            return
        before = msgspec.json.encode(entry)
        change = next((one for one in entry.changes if match is not None and one.number == match.change), None)
        if change is not None:
            self._accept(entry, known, change.digests, change.number)
        elif match is not None:
            entry.changes = [one for one in entry.changes if one.state != "unanswered"]
        if entry.aim and level >= entry.aim:
            entry.floor, entry.aim = entry.aim, 0
        if msgspec.json.encode(entry) != before:
            self._save_soon()

    def aim(self, identity: str, level: int) -> None:
        """The station has accepted a security profile: once it has come with that, a lower one is refused."""
        entry = self._entry(identity)
        if level < entry.floor:
            entry.floor = level
        entry.aim = level
        self._save_soon()

    def _accept(self, entry: Entry, known: KnownStation | None, digests: list[Digest], number: int) -> None:
        entry.accepted = digests
        entry.replaces = self._base(self._digests([] if known is None else known.secrets()))
        entry.changes = [one for one in entry.changes if one.number > number]

    def _mark(self, entry: Entry, number: int, state: str) -> None:
        for change in entry.changes:
            if change.number == number:
                change.state = state

    def _entry(self, identity: str) -> Entry:
        return self._kept.stations.setdefault(identity.casefold(), Entry())

    # Digests and the file.

    def _digest(self, secret: bytes) -> str:
        return hashlib.blake2b(secret, key=bytes.fromhex(self._kept.key), digest_size=32).hexdigest()

    def _digests(self, forms: Iterable[tuple[str, bytes]]) -> list[Digest]:
        return [Digest(form, self._digest(value)) for form, value in forms]

    def _base(self, of_profile: list[Digest]) -> str:
        return of_profile[0].value if of_profile else ""

    async def _save(self) -> None:
        async with self._writing:
            data = orjson.dumps(orjson.loads(msgspec.json.encode(self._kept)), option=orjson.OPT_INDENT_2)
            await asyncio.to_thread(self._write, data)

    def _write(self, data: bytes) -> None:
        private_folder(self.path.parent)
        write_durably(self.path, data)

    def _save_soon(self) -> None:
        """What is lost with a write that fails here is only that a secret is no longer valid: both stay valid then."""
        spawn(self._saved(), name="write secrets", owner=self._tasks)

    async def _saved(self) -> None:
        try:
            await self._save()
        except TrustError as error:
            log.warning("%s", error.sentence)
