"""The first message of a TLS handshake, read without taking part in it: what a charger offers, even where it is refused.

Read from RFC 5246 section 7.4.1.2, RFC 8446 section 4.1.2 (extensions: server_name, supported_versions). Nothing here
raises for anything that a peer can send; what cannot be read is left out.
"""

from __future__ import annotations

from typing import Final

import msgspec

LONGEST: Final = 16_384
"""Bytes in which a ClientHello must have come: real ones have 200 to 2000."""

_HANDSHAKE, _CLIENT_HELLO = 0x16, 1
_SERVER_NAME, _SUPPORTED_VERSIONS = 0, 43
_VERSIONS: Final = {
    0x0002: "SSL 2.0",
    0x0300: "SSL 3.0",
    0x0301: "TLS 1.0",
    0x0302: "TLS 1.1",
    0x0303: "TLS 1.2",
    0x0304: "TLS 1.3",
}
# What chargers offer in the field; any other suite is told by its number (IANA TLS parameters).
_SUITES: Final = {
    0x0005: "TLS_RSA_WITH_RC4_128_SHA",
    0x000A: "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
    0x002F: "TLS_RSA_WITH_AES_128_CBC_SHA",
    0x0033: "TLS_DHE_RSA_WITH_AES_128_CBC_SHA",
    0x0035: "TLS_RSA_WITH_AES_256_CBC_SHA",
    0x0039: "TLS_DHE_RSA_WITH_AES_256_CBC_SHA",
    0x003C: "TLS_RSA_WITH_AES_128_CBC_SHA256",
    0x003D: "TLS_RSA_WITH_AES_256_CBC_SHA256",
    0x0067: "TLS_DHE_RSA_WITH_AES_128_CBC_SHA256",
    0x006B: "TLS_DHE_RSA_WITH_AES_256_CBC_SHA256",
    0x008C: "TLS_PSK_WITH_AES_128_CBC_SHA",
    0x009C: "TLS_RSA_WITH_AES_128_GCM_SHA256",
    0x009D: "TLS_RSA_WITH_AES_256_GCM_SHA384",
    0x009E: "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256",
    0x009F: "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384",
    0x1301: "TLS_AES_128_GCM_SHA256",
    0x1302: "TLS_AES_256_GCM_SHA384",
    0x1303: "TLS_CHACHA20_POLY1305_SHA256",
    0x1304: "TLS_AES_128_CCM_SHA256",
    0x1305: "TLS_AES_128_CCM_8_SHA256",
    0xC008: "TLS_ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA",
    0xC009: "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
    0xC00A: "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
    0xC012: "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA",
    0xC013: "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
    0xC014: "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
    0xC023: "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
    0xC024: "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384",
    0xC027: "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256",
    0xC028: "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384",
    0xC02B: "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    0xC02C: "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    0xC02F: "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    0xC030: "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    0xC0AC: "TLS_ECDHE_ECDSA_WITH_AES_128_CCM",
    0xC0AE: "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8",
    0xCCA8: "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
    0xCCA9: "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
}
_SIGNALS: Final = frozenset((0x00FF, 0x5600))  # no suites: renegotiation info and fallback, told by a suite's number


class ClientHello(msgspec.Struct, frozen=True, kw_only=True):
    """What a client offers: versions newest first, suites in its order (both as numbers), and the name it asks for."""

    versions: tuple[int, ...]
    suites: tuple[int, ...]
    server_name: str | None = None

    @property
    def version_names(self) -> tuple[str, ...]:
        """``TLS 1.3``, ``TLS 1.2``, …"""
        return tuple(_VERSIONS.get(one, f"version 0x{one:04X}") for one in self.versions)

    @property
    def suite_names(self) -> tuple[str, ...]:
        """Names as IANA writes them."""
        return tuple(_SUITES.get(one, f"0x{one:04X}") for one in self.suites)

    def told(self) -> str:
        """The offer on one line, bounded."""
        shown = ", ".join(self.suite_names[:8]) or "none"
        more = f" and {len(self.suites) - 8} more" if len(self.suites) > 8 else ""
        name = f" for {self.server_name}" if self.server_name else ""
        return f"{', '.join(self.version_names)}{name}; cipher suites {shown}{more}"


def looks_like_tls(data: bytes) -> bool:
    """Whether these first bytes can be the start of a TLS handshake."""
    return data[:1] == b"\x16" and data[1:2] in (b"", b"\x03")


def whole(data: bytes) -> bool:
    """Whether a ClientHello has come as a whole, or will never be one that can be read."""
    message = _message(data)
    return message is None or len(message) >= 4 + int.from_bytes(message[1:4], "big") > 0


def client_hello(data: bytes) -> ClientHello | None:
    """The offer in the first bytes of a connection; None where they hold no ClientHello that can be read."""
    message = _message(data)
    if message is None or message[:1] != bytes((_CLIENT_HELLO,)):
        return None
    reader = _Reader(message[4 : 4 + int.from_bytes(message[1:4], "big")])
    legacy = reader.number(2)
    reader.take(32)
    reader.block(1)
    suites = _pairs(reader.block(2))
    reader.block(1)
    versions: tuple[int, ...] = ()
    name: str | None = None
    extensions = _Reader(reader.block(2))
    while not reader.short and extensions.left >= 4:
        kind, body = extensions.number(2), _Reader(extensions.block(2))
        if kind == _SUPPORTED_VERSIONS:
            versions = _pairs(body.block(1))
        elif kind == _SERVER_NAME:
            listed = _Reader(body.block(2))
            if listed.number(1) == 0:
                name = listed.block(2)[:255].decode("ascii", "replace") or None
    if reader.short and not suites:
        return None
    versions = tuple(sorted({one for one in versions if not _grease(one)}, reverse=True))
    return ClientHello(
        versions=versions or _up_to(legacy),
        suites=tuple(one for one in suites if not _grease(one) and one not in _SIGNALS),
        server_name=name,
    )


def _message(data: bytes) -> bytes | None:
    """The handshake bytes within the records; None where there is something else."""
    parts: list[bytes] = []
    at = 0
    while at + 5 <= len(data):
        if data[at] != _HANDSHAKE:
            return b"".join(parts) if parts else None
        size = int.from_bytes(data[at + 3 : at + 5], "big")
        parts.append(data[at + 5 : at + 5 + size])
        at += 5 + size
    return b"".join(parts) if parts or data[:1] == b"\x16" else None


def _up_to(legacy: int) -> tuple[int, ...]:
    """The versions of a client that names only its newest; older ones are its own affair, and not known here."""
    return (min(legacy, 0x0303),) if legacy >= 0x0300 else (legacy,)


def _grease(number: int) -> bool:
    return number & 0x0F0F == 0x0A0A and number >> 8 == number & 0xFF


def _pairs(data: bytes) -> tuple[int, ...]:
    return tuple(int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data) - 1, 2))


class _Reader:
    """Takes from the front; what is missing reads as zeros or nothing, and is noted in ``short``."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0
        self.short = False

    @property
    def left(self) -> int:
        return len(self._data) - self._at

    def take(self, size: int) -> bytes:
        found = self._data[self._at : self._at + size]
        self.short = self.short or len(found) < size
        self._at += len(found)
        return found

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")

    def block(self, size: int) -> bytes:
        return self.take(self.number(size))
