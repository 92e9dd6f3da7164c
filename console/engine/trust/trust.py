"""Trust as the engine sees it: contexts for TLS listeners, made when one is needed and renewed while it lives.

The authority, and with it ``cryptography``, is loaded with the first thing that asks for it.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from pathlib import Path
from typing import TYPE_CHECKING

from console.engine.endpoint import tls
from console.engine.endpoint.tls import Pair
from console.engine.errors import TrustError
from console.engine.trust.names import local_names
from profiles import Listen, Profile

if TYPE_CHECKING:
    from console.engine.trust.authority import Authority, Issued

log = logging.getLogger("chargehand.trust")

LOOK_S = 300.0  # between two looks at the certificates' ends and at this computer's addresses


class Trust:
    """The certificates of one data directory. ``folder`` is made when something is put there."""

    def __init__(self, profile: Profile, folder: Path) -> None:
        self.profile = profile
        self.folder = folder
        self._authority: Authority | None = None
        self._served: list[tuple[ssl.SSLContext, str]] = []  # contexts with certificates of our own, and their hosts
        self._names: tuple[str, ...] = ()
        self._pairs: list[tuple[Pair, bytes]] = []

    async def authority(self) -> Authority:
        """The certificate authority; its root is made where there is none. Raises TrustError."""
        return await asyncio.to_thread(self._load)

    def _load(self) -> Authority:
        if self._authority is None:
            from console.engine.trust.authority import Authority

            self._authority = Authority(self.folder)
        self._authority.root()
        return self._authority

    def issued_to(self, identity: str) -> list[Issued]:
        """The certificates that were made here for a station, ended ones too. Reads files. Raises TrustError."""
        if not (self.folder / "root.pem").is_file():
            return []
        wanted = identity.casefold()
        return [one for one in self._load().all() if one.kind == "station" and one.name.casefold() == wanted]

    async def context(self, listen: Listen) -> ssl.SSLContext:
        """The TLS context of a listener, by the profile's files or by the own authority. Raises ListenError, TrustError."""
        named = listen.tls
        files = [] if named is None else [Pair(*map(self.profile.path, pair)) for pair in named.pairs]
        pairs = files or await asyncio.to_thread(self._own_pairs, listen.host)
        authorities: list[Path] = []
        if listen.security_profile == 3:
            own = named is None or named.client_ca is None
            root = (await self.authority()).root_path if own else None
            authorities = [root if root is not None else self.profile.path((named.client_ca if named else None) or "")]
        context = await asyncio.to_thread(tls.server_context, pairs, client_ca=authorities)
        if not files:
            self._served.append((context, listen.host))
        return context

    @property
    def serves(self) -> bool:
        """Whether a listener shows certificates of the own authority, which have to be renewed."""
        return bool(self._served)

    @property
    def accepted(self) -> bool:
        """Whether a certificate of the own authority would be of use: no listener asks for those of another CA only."""
        mutual = [listen.tls for listen in self.profile.listen if listen.security_profile == 3]
        return not mutual or any(named is None or named.client_ca is None for named in mutual)

    def _own_pairs(self, *hosts: str) -> list[Pair]:
        more = [*hosts, *(host for _, host in self._served)]
        if self.profile.files.host is not None:
            more.append(self.profile.files.host.partition("://")[2] or self.profile.files.host)
        pairs = self._load().server_pairs(local_names(more))
        self._pairs = [(pair, pair.certificate.read_bytes()) for pair in pairs]
        return pairs

    async def renew(self) -> None:
        """Make new server certificates before they end, or for a new address, and let the listeners show them."""
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                await self.look()
            except Exception:
                # What lies in the folder may be anything; the next look may find it mended.
                log.exception("server certificates could not be renewed")

    async def look(self) -> bool:
        """Look once; whether there are new certificates. The next handshake shows them."""
        before = [content for _, content in self._pairs]
        try:
            pairs = await asyncio.to_thread(self._own_pairs)
        except (TrustError, OSError) as error:
            log.warning("server certificates could not be renewed: %s", error)
            return False
        if [content for _, content in self._pairs] == before:
            return False
        for context, _ in self._served:
            tls.load_pairs(context, pairs)
        return True
