"""The certificate authority of a data directory: made on first use, under ``trust/``.

One RSA root signs everything: a person installs one certificate on a charger, and there is hardly a TLS stack that
cannot verify RSA. Server certificates are made for every local name and address, RSA and ECDSA, and again 30 days
before they end or when an address is new.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature

from console.engine.endpoint.tls import Pair
from console.engine.errors import TrustError
from console.engine.trust import certificates
from console.engine.trust.certificates import Private, utc_now
from console.engine.trust.files import locked, private_folder, write_durably

log = logging.getLogger("chargehand.trust")

ROOT_LASTS: Final = timedelta(days=3652)
SERVER_LASTS: Final = timedelta(days=397)  # what the strictest clients still take
STATION_LASTS: Final = timedelta(days=730)
RENEW: Final = timedelta(days=30)
ROOT_BITS: Final = 3072
SERVER_BITS: Final = 2048


class Issued(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate of this authority. ``kind``: ``root``, ``server`` or ``station``; times UTC."""

    kind: str
    name: str
    serial: str
    fingerprint: str
    starts: datetime
    ends: datetime
    path: Path
    pem: str
    names: tuple[str, ...] = ()


class Authority:
    """The authority in ``folder``. Its methods read and write files and compute: call them in a thread where that shows.

    All of them raise TrustError where the folder cannot be used.
    """

    def __init__(self, folder: Path, *, now: Callable[[], datetime] = utc_now) -> None:
        self.folder = folder
        self._now = now
        self._root: tuple[x509.Certificate, Private] | None = None

    # The root.

    @property
    def root_path(self) -> Path:
        """The root certificate, to install on chargers."""
        return self.folder / "root.pem"

    @property
    def exists(self) -> bool:
        """Whether a root was made already."""
        return self.root_path.is_file()

    def root(self) -> Issued:
        """The root; it is made where there is none."""
        certificate, _ = self._own()
        return _issued("root", certificate, self.root_path)

    def _own(self) -> tuple[x509.Certificate, Private]:
        if self._root is not None:
            return self._root
        key_path = self.folder / "root.key"
        if not self.root_path.exists():
            private_folder(self.folder)
            with locked(self.folder):
                if not self.root_path.exists():
                    self._make_root(key_path)
        try:
            certificate = x509.load_pem_x509_certificate(self.root_path.read_bytes())
            key = certificates.read_key(key_path.read_bytes())
            if certificate.public_key() != key.public_key():
                raise ValueError("root.key is not the key of root.pem")
        except (OSError, ValueError) as error:
            raise TrustError(
                f"The certificate authority in {self.folder} cannot be read: {_what(error)}. Put root.pem and root.key "
                "back from a backup, or take both away: a new root is made then, and every charger needs it."
            ) from None
        if certificate.not_valid_after_utc <= self._now():
            raise TrustError(
                f"The root certificate in {self.folder} ended on {certificate.not_valid_after_utc:%Y-%m-%d}. Move root.pem "
                "and root.key away: a new root is made then, and every charger needs it."
            )
        self._root = (certificate, key)
        return self._root

    def _make_root(self, key_path: Path) -> None:
        key = certificates.rsa_key(ROOT_BITS)
        now = self._now()
        # Two roots must not have one name: a charger finds an issuer by it.
        serial = x509.random_serial_number() & 0xFFFFFF
        root = certificates.make_root(key, f"chargehand root {now:%Y-%m-%d} {serial:06X}", now, ROOT_LASTS)
        # The key first: a root without its key would be found and never be usable.
        write_durably(key_path, certificates.key_pem(key))
        write_durably(self.root_path, certificates.pem(root), mode=0o644)
        log.info("a certificate authority was made in %s", self.folder)

    # Servers.

    def server_pairs(self, names: Sequence[str]) -> list[Pair]:
        """The RSA and the ECDSA server certificate for these names, made or renewed where that is due."""
        root, _ = self._own()
        pairs: list[Pair] = []
        with locked(self.folder):
            for kind in ("rsa", "ecdsa"):
                pair = Pair(self.folder / f"server-{kind}.pem", self.folder / f"server-{kind}.key")
                if not self._serves(pair, names, root):
                    self._make_server(kind, pair, names)
                pairs.append(pair)
        return pairs

    def _serves(self, pair: Pair, names: Sequence[str], root: x509.Certificate) -> bool:
        """Whether a server certificate can go on being used: ours, long enough, for every name."""
        try:
            certificate = x509.load_pem_x509_certificate(pair.certificate.read_bytes())
            key = certificates.read_key(pair.key.read_bytes())
            certificate.verify_directly_issued_by(root)
        except (OSError, ValueError, TypeError, InvalidSignature):
            return False
        if certificate.public_key() != key.public_key():
            return False  # the power went between the two files
        # A root near its own end cannot give more: then what there is must do.
        lasting = min(self._now() + RENEW, root.not_valid_after_utc)
        return certificate.not_valid_after_utc >= lasting and set(names) <= set(_names(certificate))

    def _make_server(self, kind: str, pair: Pair, names: Sequence[str]) -> None:
        root, root_key = self._own()
        key = certificates.rsa_key(SERVER_BITS) if kind == "rsa" else certificates.ec_key()
        made = certificates.make_server(key.public_key(), names, root, root_key, self._now(), SERVER_LASTS)
        write_durably(pair.key, certificates.key_pem(key))
        write_durably(pair.certificate, certificates.pem(made), mode=0o644)
        log.info("a server certificate (%s) was made for %s", kind, ", ".join(names))

    # Stations.

    def issue(self, identity: str) -> tuple[Issued, str]:
        """A station's certificate and its private key as PEM. The key is kept nowhere."""
        key = certificates.ec_key()
        return self._issue(identity, key.public_key()), certificates.key_pem(key).decode()

    def check(self, request: str) -> None:
        """Raises RequestError, which says why, where this signing request (PEM) cannot be granted."""
        certificates.read_request(request)

    def sign(self, identity: str, request: str) -> Issued:
        """A certificate for the key of a signing request. Raises RequestError."""
        return self._issue(identity, certificates.read_request(request))

    def _issue(self, identity: str, public: certificates.Public) -> Issued:
        root, root_key = self._own()
        made = certificates.make_station(public, identity, root, root_key, self._now(), STATION_LASTS)
        private_folder(self.folder / "stations")
        path = self.folder / "stations" / f"{_file_name(identity)}-{made.serial_number:040x}.pem"
        write_durably(path, certificates.pem(made), mode=0o644)
        return _issued("station", made, path)

    def all(self) -> list[Issued]:
        """Every certificate that was made and is kept: the root, the servers', the stations', by name and end."""
        found: list[Issued] = []
        for kind, pattern in (("root", "root.pem"), ("server", "server-*.pem"), ("station", "stations/*.pem")):
            of_kind: list[Issued] = []
            for path in self.folder.glob(pattern):
                try:
                    certificate = x509.load_pem_x509_certificate(path.read_bytes())
                except (OSError, ValueError):
                    log.warning("%s is no certificate", path)
                    continue
                of_kind.append(_issued(kind, certificate, path))
            found.extend(sorted(of_kind, key=lambda one: (one.name.casefold(), one.ends)))
        return found


def _issued(kind: str, certificate: x509.Certificate, path: Path) -> Issued:
    names = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return Issued(
        kind=kind,
        name=certificates.identity_in(certificate) or (str(names[0].value) if names else ""),
        serial=certificates.serial_text(certificate),
        fingerprint=certificates.fingerprint(certificate),
        starts=certificate.not_valid_before_utc,
        ends=certificate.not_valid_after_utc,
        path=path,
        pem=certificates.pem(certificate).decode(),
        names=_names(certificate) if kind == "server" else (),
    )


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    addresses = (str(one) for one in found.get_values_for_type(x509.IPAddress))
    return (*found.get_values_for_type(x509.DNSName), *addresses)


def _file_name(identity: str) -> str:
    """An identity as part of a file name: never a path, never hidden."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", identity)[:48] or "_"


def _what(error: Exception) -> str:
    return (error.strerror or str(error)) if isinstance(error, OSError) else str(error)[:120]
