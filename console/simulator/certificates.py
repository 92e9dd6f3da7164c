"""As much of certificates as a simulated station needs: it keeps them by a fingerprint and trusts what looks right."""

from __future__ import annotations

import hashlib
import re

_PEM = re.compile(r"-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----")

# a fixed request: the simulator has no keys, so nothing signed for it is ever used
CSR = (
    "-----BEGIN CERTIFICATE REQUEST-----\n"
    "MIHmMIGOAgEAMCwxFDASBgNVBAoMC1NpbXVsYXRpb25zMRQwEgYDVQQDDAtjaGFy\n"
    "Z2UtcGxhbjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABCi6G3m1u4d0b0q2YQJt\n"
    "-----END CERTIFICATE REQUEST-----\n"
)


def looks_like_certificate(text: str) -> bool:
    """Whether the text is PEM with at least one certificate frame."""
    return _PEM.search(text) is not None


def fingerprint(certificate: str) -> dict[str, str]:
    """A CertificateHashDataType. The hashes are of the text: the simulator does not take certificates apart."""
    digest = hashlib.sha256(certificate.encode()).hexdigest()
    return {
        "hashAlgorithm": "SHA256",
        "issuerNameHash": digest,
        "issuerKeyHash": hashlib.sha256(digest.encode()).hexdigest(),
        "serialNumber": digest[:16],
    }
