"""What a ClientHello says, and that nothing a peer sends upsets its reader."""

from __future__ import annotations

import ssl

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from console.engine.endpoint.tls_hello import ClientHello, client_hello, looks_like_tls, whole


def hello_of(name: str | None = "cs.example", **limits: ssl.TLSVersion) -> bytes:
    """The first flight of OpenSSL's own client."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    for limit, version in limits.items():
        setattr(context, limit, version)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(incoming, outgoing, server_hostname=name or "192.0.2.1")
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    return outgoing.read()


HELLO = hello_of()


def read(data: bytes) -> ClientHello:
    found = client_hello(data)
    assert found is not None
    return found


def test_versions_suites_and_server_name_are_read() -> None:
    found = read(HELLO)
    assert found.version_names == ("TLS 1.3", "TLS 1.2")
    assert found.server_name == "cs.example"
    assert "TLS_AES_128_GCM_SHA256" in found.suite_names
    assert "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256" in found.suite_names
    assert found.told().startswith("TLS 1.3, TLS 1.2 for cs.example; cipher suites TLS_")
    assert len(found.told()) < 1000


def test_a_client_of_one_version_and_by_address_has_neither_more_nor_a_name() -> None:
    found = read(hello_of(None, maximum_version=ssl.TLSVersion.TLSv1_2))
    assert found.version_names == ("TLS 1.2",)
    assert found.server_name is None


def test_a_hello_in_many_records_and_pieces_is_one() -> None:
    message = HELLO[5:]
    parts = [message[at : at + 100] for at in range(0, len(message), 100)]
    records = b"".join(b"\x16\x03\x01" + len(part).to_bytes(2, "big") + part for part in parts)
    assert read(records) == read(HELLO)
    for end in range(1, len(records)):
        assert not whole(records[:end])
    assert whole(records)


@pytest.mark.parametrize(
    ("first", "tls"), [(b"\x16", True), (b"\x16\x03\x01", True), (b"GET", False), (b"\x16\x07", False), (b"", False)]
)
def test_what_can_be_tls(first: bytes, tls: bool) -> None:
    assert looks_like_tls(first) is tls


@settings(max_examples=500, deadline=None)
@example(b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00")
@given(st.binary(max_size=300))
def test_no_bytes_upset_it(data: bytes) -> None:
    for one in (data, b"\x16\x03\x01" + len(data).to_bytes(2, "big") + data):
        whole(one)
        found = client_hello(one)
        assert found is None or found.told()


@settings(max_examples=500, deadline=None)
@given(st.integers(0, len(HELLO) - 1), st.binary(min_size=1, max_size=6), st.integers(0, len(HELLO)))
def test_no_change_to_a_real_one_upsets_it(at: int, put: bytes, end: int) -> None:
    data = (HELLO[:at] + put + HELLO[at + len(put) :])[:end]
    whole(data)
    found = client_hello(data)
    assert found is None or found.told()
