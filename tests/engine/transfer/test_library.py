from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from console.engine.errors import TransferError
from console.engine.transfer.library import Library, safe_ending, safe_name, safe_station


async def stream(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


@pytest.fixture
def library(tmp_path: Path) -> Library:
    made = Library(tmp_path, max_bytes=1000)
    made.prepare()
    return made


async def test_a_stored_image_is_listed_under_a_safe_name(library: Library) -> None:
    stored = await library.store("../fw 1.bin", stream(b"ab", b"cd"))
    assert (stored.name, stored.size) == ("fw_1.bin", 4)
    assert stored.path.read_bytes() == b"abcd"
    assert [one.name for one in library.images()] == ["fw_1.bin"]
    assert library.image("fw_1.bin").path == stored.path


async def test_another_file_of_the_same_name_replaces_nothing_and_the_same_bytes_are_kept_once(
    library: Library,
) -> None:
    first = await library.store("fw.tar.gz", stream(b"one"))
    again = await library.store("fw.tar.gz", stream(b"one"))
    other = await library.store("fw.tar.gz", stream(b"two"))
    assert first.path == again.path
    assert other.name == "fw-2.tar.gz"
    assert first.path.read_bytes() == b"one"


async def test_an_image_that_is_too_large_leaves_nothing(library: Library) -> None:
    with pytest.raises(TransferError, match="larger"):
        await library.store("fw.bin", stream(bytes(600), bytes(600)))
    assert [path for path in library.images_folder.parent.rglob("*") if path.is_file()] == []


async def test_only_a_name_of_the_list_is_an_image(library: Library, tmp_path: Path) -> None:
    await library.store("fw.bin", stream(b"x"))
    (tmp_path / "secret").write_text("s")
    (library.images_folder / "link").symlink_to(tmp_path / "secret")
    for name in ("../secret", "link", "", ".", "fw.bin/", str(tmp_path / "secret")):
        with pytest.raises(TransferError, match=r"there are: fw\.bin"):
            library.image(name)


def test_half_received_files_of_an_earlier_run_are_thrown_away(library: Library) -> None:
    left = library.partial()
    left.write_bytes(b"half")
    library.prepare()
    assert not left.exists()


@pytest.mark.parametrize("text", ["", ".", "..", "/", "\\", "a/..", "nul", "COM1.txt", "\x00", "ž", "-rf", "a" * 500])
def test_a_safe_name_is_one_plain_segment(text: str) -> None:
    name = safe_name(text)
    assert name
    assert len(name) <= 100
    assert name[0] not in ".-"
    assert "/" not in name
    assert name.split(".")[0].lower() not in ("nul", "com1")
    assert name.isascii()


def test_an_ending_is_kept_only_where_it_is_short_and_plain() -> None:
    assert safe_ending("a.ZIP") == ".zip"
    assert safe_ending("a.tar.gz") == ".tar.gz"
    assert safe_ending("a.verylongending") == ".bin"
    assert safe_ending("a.b/c") == ".bin"
    assert safe_ending("noending") == ".bin"


def test_a_stations_folder_is_its_identity_where_that_is_plain() -> None:
    assert safe_station("CP-001") == "cp-001"
    assert safe_station("CP-001") == safe_station("cp-001")
    assert safe_station("a/b") != safe_station("a_b")


async def test_a_file_and_its_name_are_on_the_disk_when_it_counts_as_kept(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: set[tuple[int, int]] = set()

    def fsync(descriptor: int) -> None:
        facts = os.fstat(descriptor)
        synced.add((facts.st_dev, facts.st_ino))

    monkeypatch.setattr(os, "fsync", fsync)
    stored = await library.store("fw.bin", stream(b"x"))
    partial = library.partial()
    partial.write_bytes(b"log")
    received = library.settle(partial, "CP-1", "log.zip")
    for path in (stored.path, stored.path.parent, received.path, received.path.parent, library.received_folder):
        facts = path.stat()
        assert (facts.st_dev, facts.st_ino) in synced, path.name
