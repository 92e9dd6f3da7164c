from __future__ import annotations

from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.engine.transfer.multipart import FilePart, MultipartError, boundary

BODY = (
    b'--xyz\r\nContent-Disposition: form-data; name="id"\r\n\r\nCP-1\r\n'
    b'--xyz\r\nContent-Disposition: form-data; name="f"; filename="a.log"\r\nContent-Type: text/plain\r\n\r\n'
    b"line\r\n--xy\r\n\r\nend\r\n--xyz--\r\nafterwards"
)


def collect(part: FilePart, pieces: list[bytes]) -> bytes:
    out = b""
    for chunk in [*(chunk for piece in pieces for chunk in part.feed(piece)), *part.finish()]:
        out = chunk.data if chunk.restart else out + chunk.data
    return out


@given(st.lists(st.integers(0, len(BODY)), max_size=30))
def test_the_file_is_the_same_wherever_the_body_is_cut(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(BODY)]
    part = FilePart(b"xyz")
    assert collect(part, [BODY[low:high] for low, high in pairwise(edges)]) == b"line\r\n--xy\r\n\r\nend"
    assert part.name == "a.log"


@given(st.binary(max_size=2000))
def test_no_body_breaks_the_reader_but_with_its_own_error(data: bytes) -> None:
    for body in (data, b"--b\r\n" + data, b"--b\r\n\r\n" + data):
        part = FilePart(b"b")
        with suppress(MultipartError):
            assert len(collect(part, [body])) <= len(body)


@given(st.binary(max_size=2000).filter(lambda data: b"\r\n--b" not in b"\r\n" + data))
def test_any_file_comes_out_as_it_went_in(data: bytes) -> None:
    body = b'--b\r\nContent-Disposition: form-data; filename="x"\r\n\r\n' + data + b"\r\n--b--\r\n"
    assert collect(FilePart(b"b"), [body]) == data


@pytest.mark.parametrize(
    ("content_type", "mark"),
    [
        ("multipart/form-data; boundary=abc", b"abc"),
        ('Multipart/Form-Data; charset=x; Boundary="a b"', b"a b"),
        ("multipart/mixed;boundary=----WebKit", b"----WebKit"),
        ("multipart/form-data", None),
        ("application/octet-stream", None),
        (None, None),
    ],
)
def test_the_boundary_is_read_from_the_content_type(content_type: str | None, mark: bytes | None) -> None:
    assert boundary(content_type) == mark


def test_a_form_of_endless_parts_or_heads_is_refused() -> None:
    with pytest.raises(MultipartError, match="too many parts"):
        FilePart(b"b").feed(b"--b\r\n\r\n" + b"x\r\n--b\r\n\r\n" * 200)
    with pytest.raises(MultipartError, match="too long"):
        FilePart(b"b").feed(b"--b\r\n" + b"a" * 20_000)
