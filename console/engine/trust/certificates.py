"""Making certificates, with the package ``cryptography``: roots, server and station certificates, and reading requests.

Sources: OCPP 2.x Part 2 A00.FR.501 to 512 and the 1.6 security white paper (key sizes, X.509 v3, ECDSA P-256 or RSA).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import quote, unquote

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from console.engine.errors import TrustError

Private = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
Public = rsa.RSAPublicKey | ec.EllipticCurvePublicKey

IDENTITY_URI: Final = "urn:chargehand:station:"
LONGEST_REQUEST: Final = 10_000  # characters; OCPP allows 5500
MINIMUM_RSA: Final = 2048  # A00.FR.505
_BACKDATED: Final = timedelta(days=1)  # a charger whose clock is a little behind
_LONGEST_NAME: Final = 64  # RFC 5280, ub-common-name; taken as bytes by some
_NO_IDENTITY: Final = "a charging station"  # blanks, which no identity has


class RequestError(TrustError):
    """A certificate signing request that cannot be granted."""

    title = "The certificate request is refused"


def rsa_key(size: int) -> Private:
    """A new RSA key; takes up to a second."""
    return rsa.generate_private_key(public_exponent=65537, key_size=size)


def ec_key() -> Private:
    """A new key on P-256."""
    return ec.generate_private_key(ec.SECP256R1())


def key_pem(key: Private) -> bytes:
    """PKCS #8, unencrypted: its file is readable by its owner only."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def read_key(data: bytes) -> Private:
    """A key of ours. Raises ValueError."""
    key = serialization.load_pem_private_key(data, password=None)
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise ValueError("neither RSA nor ECDSA")
    return key


def serial_text(certificate: x509.Certificate) -> str:
    """The serial number in whole bytes of hex digits, as TLS libraries and OpenSSL tell it: ``0A1B``."""
    digits = f"{certificate.serial_number:X}"
    return digits.zfill(len(digits) + len(digits) % 2)


def pem(certificate: x509.Certificate) -> bytes:
    """The certificate as PEM."""
    return certificate.public_bytes(serialization.Encoding.PEM)


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256, as people compare it: pairs of hex digits with colons."""
    return ":".join(f"{byte:02X}" for byte in certificate.fingerprint(hashes.SHA256()))


def make_root(key: Private, name: str, now: datetime, lasts: timedelta) -> x509.Certificate:
    """A root that signs itself, for server and station certificates, and no CA below it."""
    subject = _name(name)
    public = key.public_key()
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(now + lasts)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(sign=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .sign(key, hashes.SHA256())
    )


def make_server(
    public: Public, names: Sequence[str], root: x509.Certificate, root_key: Private, now: datetime, lasts: timedelta
) -> x509.Certificate:
    """A server certificate for host names and addresses; the common name is the first name that fits."""
    common = next((name for name in names if len(name) <= _LONGEST_NAME), "chargehand")
    alternatives: list[x509.GeneralName] = []
    for name in names:
        try:
            alternatives.append(x509.IPAddress(ipaddress.ip_address(name)))
        except ValueError:
            alternatives.append(x509.DNSName(name))
    return _issue(public, _name(common), alternatives, ExtendedKeyUsageOID.SERVER_AUTH, root, root_key, now, lasts)


def make_station(
    public: Public, identity: str, root: x509.Certificate, root_key: Private, now: datetime, lasts: timedelta
) -> x509.Certificate:
    """A certificate by which a station proves its identity: as URI, and as common name where that is long enough for it."""
    uri = x509.UniformResourceIdentifier(IDENTITY_URI + quote(identity, safe="*-_=+|@."))
    # Never a part of the identity: that may be another station's.
    common = identity if len(identity.encode()) <= _LONGEST_NAME else _NO_IDENTITY
    return _issue(public, _name(common), [uri], ExtendedKeyUsageOID.CLIENT_AUTH, root, root_key, now, lasts)


def identity_in(certificate: x509.Certificate) -> str | None:
    """The identity that ``make_station`` made a certificate for; None where it is another's."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return None
    found = names.get_values_for_type(x509.UniformResourceIdentifier)
    return next((unquote(one.removeprefix(IDENTITY_URI)) for one in found if one.startswith(IDENTITY_URI)), None)


def read_request(text: str) -> Public:
    """The public key of a PEM request, after its signature was verified. Raises RequestError for anything unusable.

    The subject that it asks for is not looked at: a station gets a certificate for the identity of its link.
    """
    if len(text) > LONGEST_REQUEST:
        raise RequestError(f"the request has {len(text)} characters")
    try:
        request = x509.load_pem_x509_csr(text.encode())
        valid = request.is_signature_valid
        key = request.public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion) as error:
        raise RequestError(f"this is no certificate request in PEM: {str(error)[:120]}") from None
    if not valid:
        raise RequestError("the request is not signed by the key in it")
    if isinstance(key, rsa.RSAPublicKey):
        if key.key_size < MINIMUM_RSA:
            raise RequestError(f"the RSA key has {key.key_size} bits, {MINIMUM_RSA} are the least")
        return key
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.key_size >= 256:
        return key
    raise RequestError("its key is neither RSA nor ECDSA on a curve of 256 bits or more")


def _issue(
    public: Public,
    subject: x509.Name,
    alternatives: list[x509.GeneralName],
    purpose: x509.ObjectIdentifier,
    root: x509.Certificate,
    root_key: Private,
    now: datetime,
    lasts: timedelta,
) -> x509.Certificate:
    end = min(now + lasts, root.not_valid_after_utc)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(root.subject)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(sign=False, encipher=isinstance(public, rsa.RSAPublicKey)), critical=True)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(_public(root)),
            critical=False,
        )
        .sign(root_key, hashes.SHA256())
    )


def _public(certificate: x509.Certificate) -> Public:
    key = certificate.public_key()
    if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        raise TrustError("The root's key is neither RSA nor ECDSA.")
    return key


def _name(common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "chargehand"),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def _usage(*, sign: bool, encipher: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=encipher,  # TLS_RSA_WITH_…, which OCPP names, encrypts with the certificate's key
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=sign,
        crl_sign=sign,
        encipher_only=False,
        decipher_only=False,
    )


def utc_now() -> datetime:
    """Now, without the microseconds that X.509 does not have."""
    return datetime.now(UTC).replace(microsecond=0)
