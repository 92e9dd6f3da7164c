"""The certificate that a peer has shown, also where Python cannot tell all of it.

``getpeercert`` gives up a whole certificate for one letter of a name that is no ASCII, in an address that is of no matter
here. Chargers have such certificates from their makers ("München" in Latin-1), and who is let in may not hang on it.
"""

from __future__ import annotations

import ssl
from typing import Any

Shown = dict[str, Any]
"""As ``SSLObject.getpeercert`` gives it."""


def shown(tls: ssl.SSLObject) -> Shown | None:
    """The peer's certificate; None where none was shown. What cannot be read of it is left out: nobody gets a name more
    by that. Never raises."""
    try:
        return tls.getpeercert()
    except (ssl.SSLError, ValueError):  # UnicodeDecodeError is a ValueError
        der = tls.getpeercert(binary_form=True)
    return None if der is None else read(der)


def read(der: bytes) -> Shown:
    """Serial number and subject of a certificate; its alternative names are those that cannot be read."""
    from cryptography import x509

    try:
        certificate = x509.load_der_x509_certificate(der)
        digits = f"{certificate.serial_number:X}"
        made: Shown = {"serialNumber": digits.zfill(len(digits) + len(digits) % 2)}
    except (ValueError, TypeError, x509.InvalidVersion):
        return {"subject": ()}
    try:
        names = [
            ("commonName" if one.oid == x509.NameOID.COMMON_NAME else one.rfc4514_attribute_name, one.value)
            for one in certificate.subject
        ]
        made["subject"] = tuple(((key, value),) for key, value in names if isinstance(value, str))
    except ValueError:
        made["subject"] = ()
    return made
