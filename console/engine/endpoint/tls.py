"""TLS of a listener: which versions, suites and certificates it speaks, and in words why a handshake failed.

Sources: OCPP 1.6 security white paper and OCPP 2.x Part 2, A00.FR.312 to 318 (TLS 1.2 at least; the suites
ECDHE_ECDSA and RSA with AES-GCM).
"""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

import msgspec

from console.engine.endpoint.tls_hello import ClientHello
from console.engine.errors import ListenError

# The four suites that OCPP names, and ECDHE_RSA, which is what an RSA certificate is used with today.
SUITES: Final = (
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384:"
    "AES128-GCM-SHA256:AES256-GCM-SHA384"
)
_OURS: Final = frozenset((0x009C, 0x009D, 0xC02B, 0xC02C, 0xC02F, 0xC030, 0x1301, 0x1302, 0x1303))
_NEEDS: Final = "TLS 1.2 or 1.3 is needed (OCPP A00.FR.313)"
_INSTALL: Final = (
    "Install this console's root certificate on the charger: `chargehand trust root` writes it. Check the charger's "
    "clock as well: before its first boot is answered it may be years off."
)
_IDENTITY_URI: Final = "urn:chargehand:station:"
_WELL_KNOWN: Final = {"commonName": "CN", "organizationName": "O", "organizationalUnitName": "OU", "serialNumber": "SN"}


class Pair(msgspec.Struct, frozen=True):
    """A certificate with its chain, and the private key to it: PEM files."""

    certificate: Path
    key: Path


class Failure(msgspec.Struct, frozen=True):
    """Why there is no link, and what a person can change; ``status`` where something was answered in HTTP."""

    reason: str
    advice: str = ""
    status: int | None = None


def server_context(pairs: Sequence[Pair], *, client_ca: Sequence[Path] = ()) -> ssl.SSLContext:
    """A context that speaks with every pair (one RSA, one ECDSA: the peer's suites choose).

    ``client_ca``: PEM files; given, each station must show a certificate that one of them signed (security profile 3).
    Raises ListenError that names the file which cannot be used.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(SUITES)
    # No tickets: each connection shows its certificate or password anew, and nothing outlives a changed one.
    context.options |= ssl.OP_NO_TICKET | ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    context.num_tickets = 0
    load_pairs(context, pairs)
    for path in client_ca:
        try:
            context.load_verify_locations(cafile=path)
        except (OSError, ssl.SSLError) as error:
            raise ListenError(f"{path} cannot be used as the CA of the stations: {_what(error)}.") from None
    if client_ca:
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def load_pairs(context: ssl.SSLContext, pairs: Sequence[Pair]) -> None:
    """Give the context its certificates; those of a running listener change with the next handshake."""
    for pair in pairs:
        for path in (pair.certificate, pair.key):
            try:
                with path.open("rb"):
                    pass
            except OSError as error:
                raise ListenError(f"{path} cannot be read: {_what(error)}. TLS needs it.") from None
        try:
            # A key with a passphrase would ask on the terminal that the console draws on.
            context.load_cert_chain(pair.certificate, pair.key, password=_no_passphrase)
        except (OSError, ssl.SSLError, ValueError) as error:
            raise ListenError(
                f"{pair.certificate} and {pair.key} cannot be used for TLS: {_what(error)}. They must be PEM, belong to "
                "each other, and the key must have no passphrase."
            ) from None


def _no_passphrase() -> str:
    raise ValueError("the key has a passphrase")


def _what(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        return (error.reason or "no certificate in it").replace("_", " ").casefold()
    if isinstance(error, OSError):
        return (error.strerror or str(error)).casefold()
    return str(error)


# Who a client certificate speaks for.


def subject(certificate: dict[str, Any] | None) -> str | None:
    """The subject of a certificate as ``SSLObject.getpeercert`` gives it, on one line; None where there is none."""
    if not certificate:
        return None
    names = [pair for group in certificate.get("subject", ()) for pair in group]
    return ", ".join(f"{_WELL_KNOWN.get(key, key)}={value}" for key, value in names)[:256] or "a subject without names"


def identities(certificate: dict[str, Any] | None) -> tuple[str, ...]:
    """Every identity that a certificate may be used for: its common names, and its alternative names."""
    if not certificate:
        return ()
    found = [value for group in certificate.get("subject", ()) for key, value in group if key == "commonName"]
    for kind, value in certificate.get("subjectAltName", ()):
        if kind == "DNS":
            found.append(value)
        elif kind == "URI" and value.startswith(_IDENTITY_URI):
            found.append(unquote(value.removeprefix(_IDENTITY_URI)))
    return tuple(dict.fromkeys(found))


def serial(certificate: dict[str, Any] | None) -> str | None:
    """The serial number of a certificate in hex digits; None where there is none."""
    found = None if not certificate else certificate.get("serialNumber")
    return found if isinstance(found, str) else None


# Failures in words.


def not_tls(first: bytes) -> Failure:
    """Something that is no TLS came to a TLS port."""
    if first[:5] in (b"GET /", b"POST ", b"HEAD ", b"OPTIO", b"PUT /"):
        return Failure(
            "plain HTTP on a TLS port: the charger's URL begins with ws://",
            "Put wss:// into the charger's URL: this port speaks TLS only.",
            400,
        )
    if first[:1] >= b"\x80" and first[2:3] == b"\x01":
        return Failure(f"an SSL 2.0 handshake; {_NEEDS}", "Update the charger's firmware, or use another listener.")
    return Failure("what was sent is no TLS handshake", "Put wss:// into the charger's URL: this port speaks TLS only.")


def failure(error: Exception, hello: ClientHello | None) -> Failure:
    """Why OpenSSL gave a handshake up."""
    code = error.reason if isinstance(error, ssl.SSLError) else None
    if isinstance(error, ssl.SSLCertVerificationError):
        return _bad_client(error)
    if hello is not None and hello.versions and not any(one >= 0x0303 for one in hello.versions):
        return Failure(
            f"no common TLS version: the charger speaks {', '.join(hello.version_names)} at most; {_NEEDS}",
            "Update the charger's firmware. Until then it can only use a listener without TLS (security profile 1).",
        )
    if code in ("UNSUPPORTED_PROTOCOL", "VERSION_TOO_LOW", "WRONG_VERSION_NUMBER", "NO_PROTOCOLS_AVAILABLE"):
        offered = "" if hello is None else f": the charger offers {', '.join(hello.version_names)}"
        return Failure(f"no common TLS version{offered}; {_NEEDS}", "Update the charger's firmware.")
    if code == "NO_SHARED_CIPHER":
        return _no_cipher(hello)
    if code in ("NO_SHARED_SIGNATURE_ALGORITHMS", "NO_SUITABLE_SIGNATURE_ALGORITHM", "WRONG_SIGNATURE_TYPE"):
        return Failure(
            "no common signature algorithm for the certificate",
            "Give this listener an RSA and an ECDSA certificate, or let chargehand make them (no [listen.tls] files).",
        )
    if code == "PEER_DID_NOT_RETURN_A_CERTIFICATE":
        return Failure(
            "the charger showed no client certificate, and this listener (security profile 3) demands one",
            "Give the charger a certificate: trigger SignChargePointCertificate over another listener, or make one with "
            "`chargehand trust station IDENTITY`.",
        )
    if code is not None and "ALERT" in code:
        return _alert(code)
    if code == "HTTP_REQUEST":
        return not_tls(b"GET /")
    said = (code or str(error)).replace("_", " ").casefold()
    return Failure(f"the TLS handshake failed: {said}", "The row shows what the charger offers.")


def broken_off(hello: ClientHello | None, *, answered: bool) -> Failure:
    """The peer left in the middle of the handshake, without saying why."""
    if answered:
        return Failure(
            "the charger broke the handshake off after it saw our certificate, without an alert",
            f"It may not trust this server. {_INSTALL}",
        )
    if hello is None:
        return Failure("the TLS handshake was broken off before it was whole", "")
    return Failure("the charger broke the TLS handshake off", "The row shows what the charger offers.")


def unfinished(hello: ClientHello | None, reason: str) -> Failure:
    """We gave the handshake up, because it was not done in time or others needed the room."""
    where = "nothing came after the charger's first message" if hello is not None else "its first message is not whole"
    return Failure(
        f"{reason}: in the TLS handshake {where}",
        "A slow modem needs a longer open_timeout; a charger that lets a person decide about a certificate waits for that.",
    )


def _no_cipher(hello: ClientHello | None) -> Failure:
    reason = "no common cipher suite"
    if hello is not None:
        reason += f": the charger offers {', '.join(hello.suite_names[:6])}"
        reason += f" and {len(hello.suites) - 6} more" if len(hello.suites) > 6 else ""
        if any(one in _OURS for one in hello.suites):
            return Failure(
                reason,
                "The suite is known here, but the certificate does not fit: ECDHE_ECDSA needs an ECDSA certificate, "
                "RSA and ECDHE_RSA an RSA one. Give the listener both.",
            )
    return Failure(
        reason,
        "OCPP names TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, TLS_RSA_WITH_AES_128_GCM_SHA256 and their AES_256 kin; "
        "update the charger's firmware.",
    )


def _alert(code: str) -> Failure:
    words = code.replace("SSLV3_", "").replace("TLSV1_", "").replace("TLSV13_", "").replace("ALERT_", "")
    said = words.replace("_", " ").casefold()
    if words in ("UNKNOWN_CA", "BAD_CERTIFICATE", "CERTIFICATE_UNKNOWN", "UNSUPPORTED_CERTIFICATE", "DECRYPT_ERROR"):
        return Failure(f"the charger does not trust this server: it sent the alert “{said}”", _INSTALL)
    if words in ("CERTIFICATE_EXPIRED", "CERTIFICATE_REVOKED", "BAD_CERTIFICATE_STATUS_RESPONSE"):
        return Failure(
            f"the charger refuses this server's certificate: it sent the alert “{said}”",
            "Look at the charger's clock and at the certificate's dates (`chargehand trust list`).",
        )
    if words == "UNRECOGNIZED_NAME":
        return Failure("the charger expects another server name", "Use the name in the charger's URL that it asks for.")
    return Failure(f"the charger ended the handshake with the alert “{said}”", "The row shows what the charger offers.")


_VERIFY: Final = {
    9: ("is not valid yet", "Look at this computer's clock, and at the certificate's dates."),
    10: (
        "has expired",
        "Give the charger a new certificate: trigger SignChargePointCertificate over another listener.",
    ),
    18: ("is signed by itself", "Only certificates of this listener's CA are taken; let the charger ask for one."),
    19: ("comes from a CA that is not known here", "Name that CA as client_ca of [listen.tls]."),
    20: ("comes from a CA that is not known here", "Name that CA as client_ca of [listen.tls]."),
    21: ("comes from a CA that is not known here", "Name that CA as client_ca of [listen.tls]."),
    26: ("is not meant for clients", "The certificate's extended key usage must have clientAuth, or be left out."),
    7: ("has a signature that is wrong", "It was changed, or its CA has the same name as one known here."),
}


def _bad_client(error: ssl.SSLCertVerificationError) -> Failure:
    what, advice = _VERIFY.get(error.verify_code, (f"was refused: {error.verify_message}", ""))
    return Failure(f"the charger's certificate {what}", advice)
